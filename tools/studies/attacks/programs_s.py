"""Attacks on five claims of training, each in a case that its sentence named and its test not."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import X, farthest, model_of, numbers, ones


def square_sum(weight):
    """Return the sum of the squares of a weight."""
    return keras.ops.sum(keras.ops.square(weight))


def twos(shape, dtype=None):
    """Return an initial weight of twos."""
    return 2 * keras.ops.ones(shape, dtype)


@attack("trainer.callables")
def functions_in_wrappers():
    """Functions that nobody registered, of an LSTM alone, in TimeDistributed and Bidirectional."""
    roles = {
        "regularizer": {"kernel_regularizer": square_sum},
        "constraint": {"kernel_constraint": keras.ops.abs},
        "initializer": {"kernel_initializer": twos},
    }
    wrappers = {
        "alone": lambda layer: layer(X),
        "TimeDistributed": lambda layer: layers.TimeDistributed(layer)(X[None]),
        "Bidirectional": lambda layer: layers.Bidirectional(layer)(X),
    }
    return {
        f"{role}, {place}": outcome(
            lambda call=call, options=options: call(layers.LSTM(2, **options)).shape
        )
        for role, options in roles.items()
        for place, call in wrappers.items()
    }


@attack("trainer.compiled-anew")
def dropout_after_a_fit():
    """A model compiled anew after a fit, and a new one of its weights: how far fit parts them."""

    def parted(**options):
        def fresh():
            keras.utils.set_random_seed(1)
            return model_of(layers.LSTM(2, **options), layers.Dense(2))

        used = fresh()
        used.compile("sgd", "mse", run_eagerly=True)
        used.fit(X, ones(2, 2), verbose=0)
        new = fresh()
        new.set_weights(used.get_weights())
        for model in (used, new):
            model.compile("adam", "mse", run_eagerly=True)
            model.fit(X, ones(2, 2), verbose=0, shuffle=False)
        return farthest(used.get_weights(), new.get_weights())

    return {"without": parted(), "dropout": parted(dropout=0.5, seed=1)}


@attack("trainer.first-steps")
def steps_without_a_batch_size():
    """How many of 40 samples predict takes by `steps`, without batch_size and with 32."""
    model = model_of(layers.LSTM(1))
    x = numbers(40, 2, 3)
    return {
        f"batch_size={size}, steps={steps}": len(
            model.predict(x, batch_size=size, steps=steps, verbose=0)
        )
        for size in (None, 32)
        for steps in (1, 2)
    }


@attack("trainer.penalty-frozen")
def an_lstm_frozen_after_it_is_wrapped():
    """The penalty of an LSTM that is frozen after a wrapper has taken it, before compile()."""
    penalties = {}
    for wrapper in (layers.Bidirectional, layers.TimeDistributed):
        lstm = layers.LSTM(2, kernel_regularizer="l2")
        shape = (2, 4, 3) if wrapper is layers.TimeDistributed else (4, 3)
        model = model_of(wrapper(lstm), shape=shape)
        lstm.trainable = False
        model.compile("sgd", "mse", run_eagerly=True)
        x = np.zeros((2, *shape), "float32")
        loss = model.evaluate(x, model.predict(x, verbose=0), verbose=0)
        penalties[wrapper.__name__] = loss > 0
    return penalties


@attack("trainer.averaged-weights")
def the_mean_of_a_second_fit():
    """How far a second fit ends from the mean of its own steps, and of those of both fits."""
    model = model_of(layers.LSTM(2))
    optimizer = keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9)
    model.compile(optimizer, "mse", run_eagerly=True)
    fits = []
    for _ in range(2):
        steps = []

        def note(batch, logs, steps=steps):
            steps.append(model.get_weights())

        spy = keras.callbacks.LambdaCallback(on_train_batch_end=note)
        model.fit(X, ones(2, 2), batch_size=1, callbacks=[spy], verbose=0)
        fits.append(steps)

    def mean_of(steps):
        mean = steps[0]
        for weights in steps[1:]:
            mean = [0.9 * a + 0.1 * b for a, b in zip(mean, weights, strict=True)]
        return mean

    return {
        "of its steps": farthest(model.get_weights(), mean_of(fits[1])),
        "of both": farthest(model.get_weights(), mean_of(fits[0] + fits[1])),
    }
