"""What a review says of the examples and guides of keras.io that use recurrent layers."""
