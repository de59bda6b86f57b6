"""Attacks on the claims of the chapter `sequences`."""

import itertools
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, twins


@attack("sequences.last-row")
def last_row():
    """Unroll, go_backwards, zero_output_for_mask and a mask break it together."""
    options = {"unroll": True, "go_backwards": True, "zero_output_for_mask": True}
    x = np.ones((1, 3, 1))
    mask = np.array([[True, True, False]])
    last = keras.layers.LSTM(2, **options)
    sequence = keras.layers.LSTM(2, return_sequences=True, **options)
    last.build(x.shape)
    sequence.build(x.shape)
    sequence.set_weights(last.get_weights())
    assert np.any(last(x, mask=mask))
    assert not np.any(sequence(x, mask=mask)[:, -1])
    return "so"


@attack("sequences.output-is-h")
def output_is_h():
    """With return_sequences the output has another shape than h."""
    y, h, _ = keras.layers.LSTM(2, return_sequences=True, return_state=True)(np.ones((1, 3, 1)))
    assert tuple(y.shape) == (1, 3, 2)
    assert tuple(h.shape) == (1, 2)
    assert np.array_equal(y[:, -1], h)
    return "so"


@attack("sequences.row-per-timestep")
@attack("sequences.rows")
def rows_and_prefixes():
    """Masked, with zeros, unrolled, stateful, in training with dropout: row t of the sequence?"""
    seen = {}
    options = [{}, {"unroll": True}, {"zero_output_for_mask": True}, {"stateful": True}]
    options += [{"dropout": 0.5, "seed": 1}]
    for option in options:
        rows, last = twins(return_sequences=True, **option, other={"return_sequences": False})
        y = np.array(rows(X, mask=MASK, training=True))
        ends = []
        for t in range(5):
            ends.append(last(X[:, : t + 1], mask=MASK[:, : t + 1], training=True))
        seen[str(option)] = [close(y[:, t], ends[t]) for t in range(5)]
    return {key: value for key, value in seen.items() if not all(value)}


@attack("sequences.order-of-states")
def handed_back():
    """Of RNN, Bidirectional and predict: do the states fit as they are returned?"""
    layers = [LSTM(2, return_state=True), L.RNN(L.LSTMCell(2), return_state=True)]
    seen = []
    for layer in [*layers, L.Bidirectional(LSTM(2, return_state=True))]:
        whole = layer(X[:, :1])
        y = layer(X, initial_state=list(whole[1:]))
        seen.append(close(whole[1], whole[0][:, :2]) and len(y) == len(whole))
    return seen


@attack("sequences.returned-in-a-tuple")
def containers():
    """Called, on a symbol, compiled, unrolled, RNN, stateless_call, predict: which container?"""
    layer = LSTM(2, return_state=True)
    x = keras.Input((5, 3))
    model = keras.Model(x, layer(x))
    graph = tf.function(layer)
    results = [layer(X), layer(x), graph(X), LSTM(2, return_state=True, unroll=True)(X)]
    results += [L.RNN(L.LSTMCell(2), return_state=True)(X), model(X), model.predict_on_batch(X)]
    return [type(result).__name__ for result in results]


@attack("sequences.output-is-not-c")
def nearer_to_zero():
    """300 units, huge weights, tiny states, float16: is |h| below |c|?"""
    seen = {}
    for scale, dtype in itertools.product((1e-3, 1, 100), ("float16", "float32", "float64")):
        layer = LSTM(300, return_state=True, dtype=dtype)
        layer.build(X.shape)
        layer.set_weights([scale * w for w in layer.get_weights()])
        _, h, c = (np.abs(np.array(part, "float64")) for part in layer(X))
        seen[scale, dtype] = bool(np.all((h < c) | (c == 0)))
    return seen


@attack("sequences.backwards")
@attack("sequences.backwards-rows")
@attack("sequences.backwards-reads-all")
def reversed_input():
    """Masked, unrolled, with zeros, a state, stateful, dropout: as on x[:, ::-1]?"""
    seen = {}
    options = [{}, {"unroll": True}, {"zero_output_for_mask": True}, {"stateful": True}]
    options += [{"unroll": True, "zero_output_for_mask": True}, {"dropout": 0.5, "seed": 1}]
    for option in options:
        keep = {"return_sequences": True, "return_state": True, **option}
        first, other = twins(go_backwards=True, **keep, other={"go_backwards": False})
        y = first(X, mask=MASK, training=True)
        z = other(X[:, ::-1], mask=MASK[:, ::-1], training=True)
        seen[str(option)] = close(y, z)
    return [key for key, same in seen.items() if not same]


@attack("sequences.stacking")
def stacked_without():
    """In a list of layers, as a symbol, with return_state, in Bidirectional: refused?"""
    seen = {}
    for name, below in {
        "plain": LSTM(2),
        "both": L.Bidirectional(LSTM(2)),
        "backwards": LSTM(2, go_backwards=True),
        "stack": L.RNN([L.LSTMCell(2)] * 2),
        "states": LSTM(2, return_state=True),
    }.items():
        model = keras.Sequential([below, LSTM(2)])
        seen[name] = outcome(lambda m=model: m(X).shape)[:90]
    return seen


@attack("sequences.stack-in-step")
def stacks_in_step():
    """Masked, stateful, the upper one backwards: is row t what the upper one reads at t?"""
    lower = LSTM(3, return_sequences=True)
    upper = LSTM(2, return_sequences=True)
    model = keras.Sequential([L.Masking(), lower, upper])
    x = np.where(MASK[:, :, None], X, np.float32(0))
    y = model(x)
    rows = np.array(lower(x, mask=MASK))
    changed = rows.copy()
    changed[:, 3:] = 0
    z = np.array(upper(changed, mask=MASK))
    return close(upper(rows, mask=MASK), y), close(z[:, :3], np.array(y)[:, :3])


@attack("sequences.no-states-in-sequential")
def layers_behind_states():
    """Dense, LSTM, Flatten, Dropout, Activation, Lambda, Concatenate behind: refused?"""
    behind = [L.Dense(2), LSTM(2), L.Flatten(), L.Dropout(0.5), L.Activation("relu")]
    behind += [L.Lambda(lambda tensors: tensors[0]), L.Concatenate(), L.TimeDistributed(L.Dense(2))]
    seen = {}
    for layer in behind:
        model = keras.Sequential([LSTM(2, return_state=True), layer])
        seen[layer.name] = outcome(lambda m=model: type(m(X)).__name__)[:50]
    return seen


@attack("sequences.dense-per-timestep")
def dense_rows():
    """softmax, use_bias=False, one timestep, a mask, in predict: each row by itself?"""
    rows = LSTM(4, return_sequences=True)
    seen = []
    for dense in (L.Dense(2), L.Dense(3, "softmax"), L.Dense(2, use_bias=False)):
        model = keras.Sequential([keras.Input((None, 3)), rows, dense])
        y = rows(X)
        wanted = np.stack([np.array(dense(y[:, t])) for t in range(5)], axis=1)
        both = [model.predict(X, verbose=0), L.TimeDistributed(dense)(y)]
        seen.append(all(close(part, wanted) for part in both))
    return seen


@attack("sequences.backwards-reads-all")
def zeros_for_the_first_timestep():
    """With zero_output_for_mask, the first timestep masked: does the output show the others?"""
    mask = np.ones(X.shape[:2], bool)
    mask[:, 0] = False
    layer = LSTM(2, go_backwards=True, zero_output_for_mask=True)
    return bool(np.any(layer(X, mask=mask)))


@attack("sequences.output-is-not-c")
def remembered_besides_c():
    """The same c, and another h: does the next output differ, so is h remembered too?"""
    layer = LSTM(2)
    c = np.ones((len(X), 2), "float32")
    return not close(layer(X, initial_state=[c, c]), layer(X, initial_state=[0 * c, c]))


@attack("sequences.dense-per-timestep")
def penalties_of_dense():
    """A penalty on the output of Dense, alone and in TimeDistributed: how many losses?"""
    counts = []
    for wrap in (lambda layer: layer, L.TimeDistributed):
        dense = L.Dense(2, activity_regularizer="l2")
        wrap(dense)(LSTM(4, return_sequences=True)(X))
        counts.append(len(dense.losses))
    return counts


@attack("sequences.returned-in-a-tuple")
def containers_of_loaded_models():
    """Of functional models from a configuration, a .keras and an .h5 file: which container?"""
    x = keras.Input((5, 3))
    model = keras.Model(x, LSTM(2, return_state=True)(x))
    models = [model, keras.Model.from_config(model.get_config())]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("model.keras", "model.h5"):
            path = Path(folder) / name
            model.save(path)
            models.append(keras.models.load_model(path, compile=False))
    return [type(model.predict_on_batch(X)).__name__ for model in models]
