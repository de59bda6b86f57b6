"""The words that claims are written in."""
