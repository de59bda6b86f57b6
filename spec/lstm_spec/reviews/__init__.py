"""What is said of a program that somebody posted, or of a model: read, and never run."""
