"""Attacks on the claims of the chapter `time`."""

import itertools

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack
from tools.studies.attacks.draw_1 import LSTM, L, X, close, draw
from tools.studies.attacks.draw_5 import refused


@attack("time.causality")
@attack("time.prefix")
def causality():
    """A layer that goes backwards reads the last timestep first."""
    x = np.array([[[1.0], [7.0], [2.0]]])
    other = np.array([[[1.0], [7.0], [-9.0]]])
    lstm = keras.layers.LSTM(2, return_sequences=True, go_backwards=True)
    assert not np.array_equal(lstm(x)[:, :1], lstm(other)[:, :1])
    assert not np.allclose(lstm(x[:, :2]), lstm(x)[:, :2])
    return "so"


@attack("time.every-step")
def every_step():
    """Over 1,000 timesteps float32 rounds the first one's part away."""
    lstm = keras.layers.LSTM(3)
    x = np.ones((1, 1000, 1), "float32")
    other = x.copy()
    other[:, 0] = 2.0
    assert np.array_equal(lstm(x), lstm(other))
    return "so"


@attack("time.order")
def order():
    """A palindrome, and the running sum, have the same output reversed."""
    lstm = keras.layers.LSTM(2)
    x = np.array([[[1.0], [7.0], [1.0]]])
    assert np.array_equal(lstm(x), lstm(x[:, ::-1]))

    total = keras.layers.LSTM(1, activation="linear")
    x = np.array([[[1.0], [7.0], [2.0]]])
    total.build(x.shape)
    kernel = np.array([[0.0, 0.0, 1.0, 0.0]])
    total.set_weights([kernel, 0 * kernel, np.array([200.0, 200.0, 0.0, 200.0])])
    assert float(total(x)[0, 0]) == float(total(x[:, ::-1])[0, 0]) == 10.0
    return "so"


@attack("time.splitting")
def splitting():
    """With a mask, outputs of masked timesteps at the cut differ; the states do not."""
    lstm = keras.layers.LSTM(2, return_sequences=True, return_state=True)
    x = np.array([[[1.0], [7.0], [2.0]]])
    mask = np.array([[True, False, True]])
    whole, h, c = lstm(x, mask=mask)
    _, *between = lstm(x[:, :1], mask=mask[:, :1])
    rest, h_2, c_2 = lstm(x[:, 1:], mask=mask[:, 1:], initial_state=between)
    assert np.allclose(h, h_2)
    assert np.allclose(c, c_2)
    assert not np.allclose(whole[:, 1], rest[:, 0])
    assert not np.any(rest[:, 0])
    return "so"


@attack("time.axis-one")
def exchanged_axes():
    """In Bidirectional, with a Masking, as a symbol: is a table with exchanged axes refused?"""
    x = draw(2, 7, 3)
    seen = []
    for layer in (LSTM(2), L.Bidirectional(LSTM(2))):
        seen.append(refused(lambda f=layer: f(np.swapaxes(x, 1, 2))))
    return seen, LSTM(2, return_sequences=True)(np.swapaxes(x, 1, 2)).shape


@attack("time.rows-of-a-table")
def rows_of_tables():
    """In Bidirectional, a stateful layer, BatchNormalization in front: what does a row see?"""
    table = draw(5, 3)
    other = draw(5, 3)
    other[0] += 1
    seen = {}
    for name, layer in {
        "plain": LSTM(2, return_sequences=True),
        "both": L.Bidirectional(LSTM(2, return_sequences=True)),
        "backwards": LSTM(2, return_sequences=True, go_backwards=True),
    }.items():
        whole = [np.array(layer(t[None]))[0, 1] for t in (table, other)]
        many = [np.array(layer(t[:, None]))[1, 0] for t in (table, other)]
        seen[name] = not close(*whole), close(*many, atol=0)
    return seen


@attack("time.fewer-or-more-units")
def three_timesteps():
    """From ten drawings of weights, with a mask: does each timestep reach every unit?"""
    x = np.arange(1, 10, dtype="float32").reshape(3, 3, 1)
    bad = []
    for _, (units, activation) in itertools.product(
        range(10), ((2, "tanh"), (3, "elu"), (300, "tanh"))
    ):
        layer = LSTM(units, activation=activation)
        y = np.array(layer(x))
        for t in range(3):
            moved = x.copy()
            moved[:, t] -= 0.5
            reached = np.mean(np.array(layer(moved)) != y)
            if reached < 1:
                bad.append((units, t, float(reached)))
    return bad


@attack("time.cell-by-cell")
def cells_by_hand():
    """Backwards, stateful, mixed, with implementation 1, 100 timesteps: what the layer does?"""
    x = draw(3, 100, 3)
    seen = {}
    options = [{}, {"go_backwards": True}, {"implementation": 1}, {"dtype": "mixed_float16"}]
    for option in options:
        layer = LSTM(4, **option)
        y = layer(x)
        states = layer.cell.get_initial_state(3)
        for t in range(100):
            out, states = layer.cell(x[:, t], states)
        seen[str(option)] = close(out, y, atol=1e-3)
    return seen


@attack("time.any-length")
def lengths():
    """From 5 to 1 and 3,000 timesteps, in XLA, unrolled, in predict: read?"""
    seen = {}
    for unroll in (False, True):
        model = keras.Sequential([keras.Input((None, 3)), LSTM(2, unroll=unroll)])
        xla = tf.function(model.layers[0], jit_compile=True)
        for steps in (5, 1, 20 if unroll else 3000):
            x = draw(1, steps, 3)
            calls = [lambda: model(x), lambda: xla(x), lambda: model.predict(x, verbose=0)]
            seen[unroll, steps] = [refused(call) for call in calls]
    return seen


@attack("time.both-states")
def without_c():
    """Of one unit, 300 units, relu: is h enough to go on?"""
    seen = {}
    for units, activation in itertools.product((1, 300), ("tanh", "relu")):
        layer = LSTM(units, activation=activation, return_state=True)
        _, h, c = layer(X[:, :3])
        ends = [layer(X[:, 3:], initial_state=[h, s])[0] for s in (c, tf.zeros_like(c))]
        seen[units, activation] = not close(*ends)
    return seen


@attack("time.fading")
def first_and_last():
    """From twenty drawings of weights and 1, 8 and 100 units: does the last move it more?"""
    bad = []
    for units, _ in itertools.product((1, 8, 100), range(7)):
        layer = LSTM(units)
        x = 2 * np.random.uniform(-1, 1, (1, 40, 3)).astype("float32")
        y = np.array(layer(x))
        moved = []
        for t in (0, 39):
            z = x.copy()
            z[:, t] = -z[:, t]
            moved.append(np.abs(np.array(layer(z)) - y).max())
        if not moved[0] < moved[1]:
            bad.append((units, moved))
    return bad


@attack("time.causality")
@attack("time.prefix")
def prefixes():
    """Stateful, in training with dropout, masked, in a stack: the first outputs of the whole?"""
    seen = {}
    options = [{}, {"stateful": True}, {"dropout": 0.5}, {"dropout": 0.5, "seed": 1}]
    for option in options:
        layer = LSTM(4, return_sequences=True, **option)
        y, z = (np.array(layer(x, training=True)) for x in (X, X[:, :3]))
        seen[str(option)] = close(y[:, :3], z)
    return seen


@attack("time.fewer-or-more-units")
def three_rounded_timesteps():
    """How many of 300 units do not change with a timestep: in float16, and by larger numbers."""
    kept = {}
    for dtype, size in (("float32", 1.0), ("float32", 30.0), ("float16", 1.0)):
        lstm = LSTM(300, kernel_initializer=keras.initializers.GlorotUniform(0), dtype=dtype)
        x = size * np.arange(1.0, 10.0).reshape(3, 3, 1)
        y = np.array(lstm(x))
        others = [np.array(lstm(x + step[:, None])) for step in np.eye(3)]
        kept[f"{dtype}, to {9 * size:.0f}"] = sum(int(np.sum(z == y)) for z in others)
    return kept


@attack("time.fewer-or-more-units")
def three_timesteps_without_weights():
    """A layer whose weights are all set to zero: does a timestep reach a unit?"""
    layer = LSTM(2, dtype="float64")
    layer.build((3, 3, 1))
    layer.set_weights([0 * weight for weight in layer.get_weights()])
    x = np.arange(1.0, 10.0).reshape(3, 3, 1)
    return bool(np.any(np.array(layer(x + 1)) != np.array(layer(x))))
