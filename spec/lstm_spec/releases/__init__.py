"""Other environments, and what differs between them."""
