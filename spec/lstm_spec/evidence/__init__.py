"""What was seen when the claims were tried."""
