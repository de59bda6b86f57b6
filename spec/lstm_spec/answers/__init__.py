"""What is said of the claims: cite, answer, explain, upstream."""
