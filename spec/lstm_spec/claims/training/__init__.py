"""Training: which gradient a loss sends back through time, and what a training step changes.

To learn, a layer must know how the loss depends on each of its weights. As an LSTM uses its weights
at every timestep, their gradient is a sum over all timesteps, and it is computed from the last to
the first. This is called backpropagation through time. Keras computes it whole: it is cut off
nowhere within a call, and clipped only if the optimizer is told so.

On its way back a gradient is multiplied at each timestep. Along the cell state the factor is the
forget gate: close to 1 it leaves something over hundreds of timesteps, at 1/2 nothing is left after
a few dozen. Along h the factors come from the recurrent kernel, and a gradient may fade there, or
grow beyond all bounds. The two figures show both.

Nothing here is special to one optimizer. A step of plain gradient descent at rate 1 subtracts
the gradient from each weight, so that what a step takes away is the gradient itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
from hypothesis.strategies import integers, just, one_of, sampled_from

from lstm_spec.harness.reference import Gradients
from lstm_spec.harness.strategies import VARIED, Array, Case, booleans, noise, some_large, whole
from lstm_spec.harness.subject import cast, kind, lstm, to_numpy, total

SIZED = {
    "batch": some_large(integers(1, 3), 17),
    "timesteps": one_of(integers(1, 4), just(7)),
    "units": one_of(integers(1, 4), just(17)),
    "implementation": VARIED["implementation"],
}
"""Sizes at which the rounding of a gradient stays within the default bound; half of them large, for
these claims draw few cases."""
OPEN = {
    **SIZED,
    "masked": booleans(),
    "unroll": booleans(),
    "stateful": booleans(),
    "dtype": sampled_from(["float32", "float64"]),
}
"""What the sentences about exact gradients leave open."""


def pulls(case: Case, seed: int) -> tuple[Array, Array, Array]:
    """Return derivatives of a loss by the outputs (B, T, U), the final h and the final c (B, U)."""
    drawn = noise((case.batch, case.timesteps + 2, case.units), seed)
    return drawn[:, :-2], drawn[:, -2], drawn[:, -1]


def weighted_sum(target: Any, output: Any) -> Any:
    """Return a loss whose derivative by the output is the target."""
    return total(target * output)


class Pulled(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A layer whose input and initial states are weights, under a loss of given derivatives."""

    def __init__(
        self, layer: Any, starts: list[Array], derivatives: list[Array], mask: Any
    ) -> None:
        """Make weights of the input and the initial states, in this order."""
        super().__init__(dtype=layer.dtype_policy)
        self.layer = layer
        self.derivatives = derivatives
        self.mask = mask
        zeros = {"initializer": "zeros"}
        self.starts = [self.add_weight(shape=start.shape, **zeros) for start in starts]
        for weight, start in zip(self.starts, starts, strict=True):
            weight.assign(start)

    def call(self, _: Any, training: bool) -> None:
        """Run the layer and add up what its outputs and final states are pulled by."""
        x, *states = [1.0 * weight for weight in self.starts]
        mask = None if self.mask is None else cast(self.mask, "bool")
        y, h, c = self.layer(x, initial_state=states, mask=mask, training=training)
        d_y, d_h, d_c = (cast(array, kind(y)) for array in self.derivatives)
        self.add_loss(total(d_y * y) + total(d_h * h) + total(d_c * c))


eagerly = whole([True, False])
"""Whether a step of training runs eagerly, or compiled."""


def backpropagate(
    case: Case, d_outputs: Array, d_h: Array, d_c: Array, eager: bool = True
) -> Gradients:
    """Return the gradients that Keras finds, for what `reference.gradients` takes.

    Keras has no function for gradients that all its backends share. So the input and both
    initial states become weights too, and a step of gradient descent at rate 1 takes the
    gradient away from every weight.

    What is found is off by the rounding of the weights, which lie within [-2, 2], and of the
    sums over time: by 5.9 units at most in 600 cases of the sizes drawn here, so the default
    bound of 16 units holds. A gradient of zero is found as zero exactly.
    """
    zeros = np.zeros((case.batch, case.units), case.x.dtype)
    states = [zeros if state is None else state for state in (case.h, case.c)]
    layer = lstm(case, return_sequences=True, return_state=True)
    model = Pulled(layer, [case.x, *states], [d_outputs, d_h, d_c], case.mask)
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=eager)
    model.train_on_batch(np.zeros(1))
    old = [case.x, *case.weights, *states]
    x, *states = to_numpy(model.starts)
    new = [x, *layer.get_weights(), *states]
    return Gradients(*(one - other for one, other in zip(old, new, strict=True)))


def trainer(layer: Any, loss: Any = "mse", rate: float = 1.0, **options: Any) -> Any:
    """Return a model of a built layer whose training step subtracts rate times the gradient."""
    model = keras.Sequential([keras.Input((None, layer.cell.kernel.shape[0])), layer])
    model.compile(keras.optimizers.SGD(rate, **options), loss, run_eagerly=True)
    return model


def with_biases(case: Case, i: float, f: float, g: float, o: float) -> Case:
    """Return the case with one bias for all units of each gate."""
    return replace(case, bias=np.repeat([i, f, g, o], case.units).astype(case.x.dtype))
