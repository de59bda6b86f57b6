"""Training on several devices at once."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import Any

import numpy as np

from lstm_spec.claims import claim
from lstm_spec.claims.trainer import RATE, SEVERAL, assert_epochs, fit, single, trainee
from lstm_spec.harness.strategies import Array, Case, noise
from lstm_spec.harness.subject import lstm
from lstm_spec.harness.tolerance import assert_close, assert_differs
from lstm_spec.harness.trainer import Net, in_order, sgd, train

PROGRAM = """
import tensorflow
cpu = tensorflow.config.list_physical_devices("CPU")[0]
halves = [tensorflow.config.LogicalDeviceConfiguration()] * 2
tensorflow.config.set_logical_device_configuration(cpu, halves)
import lstm_spec.harness.subject  # first: it may make tf_keras what `import keras` gives
from lstm_spec.claims.trainer.distribution import train_mirrored
train_mirrored()
"""
"""What trains on a CPU that TensorFlow takes for two; it has to be said before it begins."""
TARGET = noise((6, 1), 4)
PENALTY = 0.5
"""What the L2 regularizer of the kernel multiplies its squares by, where there is one."""
OWN = "each device takes steps of its own"
ADDED = "the steps of both devices are added up"
"""What an older Keras does in place of taking the mean of both."""


def plain() -> Net:
    """Return the model and the samples."""
    weights = noise((5, 8), 1)
    case = Case(noise((6, 3, 2), 2, scale=2.0), weights[:2], weights[2:4], weights[4])
    return Net(case, noise((3, 1), 3))


def train_mirrored() -> None:
    """Train over two devices, in batches of 4, and print what is reported and the new weights.

    Of six samples the second batch has two, of five it has a single one. A model whose kernel is
    penalized trains on four, a batch for each epoch.
    """
    import keras
    import tensorflow

    net = plain()
    strategy = tensorflow.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        plainly = trainee(net, ("functional", False))
        layer = lstm(net.case, kernel_regularizer=keras.regularizers.L2(PENALTY))
        penalized = trainee(net, ("functional", False), layer=layer)
    for model, count in ((plainly, 6), (plainly, 5), (penalized, 4)):
        model.set_weights(net.weights)
        part = net.of(np.arange(count))
        target = TARGET[:count]
        losses = fit(model, part, target, batch_size=4, epochs=2)["loss"]
        weights = [weight.tolist() for weight in model.get_weights()]
        print(json.dumps({"losses": losses, "weights": weights}))


def on_the_first_device(net: Net) -> list[Array]:
    """Return the weights of the first device if it trains by itself: on half of each batch."""
    halves = [np.array([0, 1]), np.array([4])]
    return train(net, TARGET, sgd(RATE), halves * 2).weights


@cache
def mirrored() -> list[dict[str, Any]]:
    """Return what `train_mirrored` prints, in a process of its own, of each training."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-1000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def penalized_epochs(net: Net) -> tuple[list[float], list[Array]]:
    """Return the losses of two epochs of four samples with a penalized kernel, and the weights."""
    losses = []
    for _ in range(2):
        kernel = net.weights[0].astype(float)
        trained = train(net, TARGET[:4], sgd(RATE), in_order(4, 4))
        losses.append(trained.losses[0] + PENALTY * np.sum(kernel**2))
        moved = trained.weights[0] - 2 * RATE * PENALTY * kernel
        net = net.with_weights([moved, *trained.weights[1:]])
    return losses, net.weights


@claim(
    "trainer.mirrored",
    promised="tf.distribute.MirroredStrategy: one step over all replicas, as on one device",
    corrects="Each replica takes steps of its own, or the loss is that of one of them.",
    needs=("keras.Model.fit", "tensorflow"),
)
def test_two_devices_train_as_one_does():
    """
    Without masks, state, random layers or BatchNormalization MirroredStrategy trains even batches
    by mse and SGD as one device.

    Even is a batch that divides evenly among the devices: batch_size is that of all together. The
    penalty of a weight counts once, not for each device. The example names one CPU; name several
    devices where there are some.

    >>> import keras, numpy as np
    >>> import tensorflow
    >>> with tensorflow.distribute.MirroredStrategy(["CPU:0"]).scope():
    ...     model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])
    ...     model.compile("sgd", "mse")
    >>> x, y = np.random.rand(4, 3, 1), np.random.rand(4, 2)
    >>> bool(np.isclose(model.evaluate(x, y, verbose=0), np.mean((model(x) - y) ** 2)))
    True
    """
    net = plain()
    seen, _, penalized = mirrored()
    trained = train(net, TARGET, sgd(RATE), in_order(6, 4, 2))
    weights = [single(weight) for weight in seen["weights"]]
    doubled = train(net, TARGET, sgd(2 * RATE), in_order(6, 4, 2))
    instead = {OWN: on_the_first_device(net), ADDED: doubled.weights}
    assert_close(weights, trained.weights, bound=SEVERAL, instead=instead)
    losses, sizes = (numbers.reshape(2, -1) for numbers in (trained.losses, trained.sizes))
    squared = {"a batch counts by the square of its size": np.average(losses, 1, sizes**2)}
    assert_epochs(seen["losses"], trained, 2, bound=SEVERAL, instead=squared)
    epochs, ends = penalized_epochs(net.of(np.arange(4)))
    assert_close(single(penalized["losses"]), epochs, bound=SEVERAL)
    assert_close([single(weight) for weight in penalized["weights"]], ends, bound=SEVERAL)


def with_rates(net: Net, rates: list[float]) -> list[Array]:
    """Return the weights of five samples' training, with a rate for each batch of an epoch."""
    for rows, rate in zip(in_order(5, 4, 2), rates * 2, strict=True):
        net = train(net, TARGET[:5], sgd(rate), [rows]).net
    return net.weights


@claim(
    "trainer.mirrored-remainder",
    observed="Keras 3, TensorFlow, CPU",
    corrects="MirroredStrategy trains as one device does, whatever the number of samples.",
    needs=("keras.Model.fit", "keras.ops", "tensorflow"),
)
def test_a_sample_without_a_partner_counts_by_half():
    """
    With mse, plain SGD and no penalties MirroredStrategy on two devices moves an LSTM half a step
    on a last batch of one sample.

    Each device takes the mean of its own samples, and the mean of both is the step, though one
    device has none. Drop the remainder, or choose batches that divide evenly; the first must.

    >>> import keras, numpy as np
    >>> mse, x = keras.losses.MeanSquaredError(), np.zeros((1, 1))
    >>> losses = [np.sum(mse(part, part + 3.0)).item() for part in (x, x[:0])]  # of two devices
    >>> losses, np.mean(losses).item()
    ([9.0, 0.0], 4.5)
    """
    net = plain().of(np.arange(5))
    _, seen, _ = mirrored()
    weights = [single(weight) for weight in seen["weights"]]
    instead = {OWN: on_the_first_device(net), ADDED: with_rates(net, [2 * RATE, RATE])}
    assert_close(weights, with_rates(net, [RATE, RATE / 2]), bound=SEVERAL, instead=instead)
    exact = train(net, TARGET[:5], sgd(RATE), in_order(5, 4, 2)).weights
    assert_differs(weights[-1], exact[-1])
