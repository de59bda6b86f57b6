"""An executable specification of how Keras' LSTM behaves."""
