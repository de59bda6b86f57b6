"""What a training step makes of a model.

It takes the gradient of what its layers say.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis.strategies import integers

from lstm_spec.claims import claim
from lstm_spec.harness import model_steps
from lstm_spec.harness.model_drawing import trials
from lstm_spec.harness.model_ways import make, trained
from lstm_spec.harness.models import Trial
from lstm_spec.harness.strategies import seeds, whole
from lstm_spec.harness.tolerance import ROUNDING, assert_close

STEPS = ("eagerly", "compiled")
"""How a training step is run."""
OTHER_IN_TRAINING = ("dropout", "noise", "batchnormalization")
"""What stands in the names of layers and arguments that compute something else in training."""


def same_in_training(trial):
    """Return whether every layer of a model computes in training what it does outside."""
    described = str(trial.model.nodes).lower()
    return not any(word in described for word in OTHER_IN_TRAINING)


def check_step(how: str, trial: Trial, seed: int) -> None:
    """Assert that a training step takes from a model's weights what its layers say.

    What is taken is known to the rounding of each weight, or of its derivative where this is
    larger, and is rounded as often as errors of the layers grow.

    Args:
        how: a name of STEPS.
        trial: the model, and what it is given, of which the first size is taken.
        seed: what the targets are made of.

    Raises:
        AssertionError: it does not.
    """
    model = trial.model
    inputs = trial.inputs[0]
    targets = model_steps.targets(model, inputs, seed)
    parts = trained(make(model), inputs, targets, how == "eagerly")
    slope = sum(float(np.sum(d * taken)) for d, taken in parts)
    size = sum(float(np.sum(np.abs(d) * np.maximum(1.0, np.abs(taken)))) for d, taken in parts)
    exact = model_steps.slope(model, inputs, seed)
    bound = ROUNDING * max(model_steps.growth(model, inputs, seed, exact), size)
    assert_close(np.array([slope], np.float32), np.array([exact]), bound)


@claim(
    "models.training-step",
    derived="models.called and the chain rule",
    cases=2,
    needs="keras.Model.fit",
)
@given(trials(nodes=integers(0, 2)).filter(same_in_training), whole(STEPS), seeds)
def test_a_training_step_takes_the_gradient_of_what_the_layers_say(trial, how, seed):
    """
    In fit a step of SGD(1.0) takes from a plain float32 model's unconstrained weights the gradient
    its layers' equations give.

    With the mean squared error, from the trainable weights, eagerly and in a graph, but without
    penalties, Dropout, noise, Batch- and SpectralNormalization, which compute something else in
    training. Masked timesteps do not count in the loss of a masked output.

    >>> import keras, numpy as np
    >>> dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    >>> model = keras.Sequential([keras.Input((None, 1)), keras.layers.LSTM(2), dense])
    >>> x = np.array([[[1.0], [2.0]]])  # (batch, timesteps, features)
    >>> h, y = model.layers[0](x), model(x)
    >>> model.compile(keras.optimizers.SGD(1.0), "mse")
    >>> loss = model.fit(x, np.zeros((1, 1)), verbose=0)
    >>> bool(np.allclose(1 - dense.get_weights()[0][:, 0], 2 * y * h, atol=1e-5))
    True
    """
    check_step(how, trial, seed)
