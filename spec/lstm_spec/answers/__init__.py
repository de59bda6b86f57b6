"""What is said of the claims to people who ask."""
