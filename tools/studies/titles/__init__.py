"""How well the questions of strangers are answered."""
