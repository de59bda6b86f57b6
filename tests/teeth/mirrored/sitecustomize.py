"""In every process, losses that are not divided among the devices."""

from keras.src.losses import loss

loss.scale_loss_for_distribution = lambda value: value
