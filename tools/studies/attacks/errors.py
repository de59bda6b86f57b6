"""Attacks on the claims of the chapter `errors`."""

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome

LSTM = keras.layers.LSTM
ONES = np.ones((4, 3, 1), "float32")


@attack("errors.units-of-text")
def units():
    """Units of other kinds: an array, a dictionary, a set, a complex number, NaN."""
    return [outcome(lambda u=u: LSTM(u)) for u in (np.array([8]), {}, {8}, 1j, np.nan, b"8")]


@attack("errors.numpy-units")
def numpy_units():
    """np.int64(3) in a subclassed model, Bidirectional, RNN(LSTMCell), Sequential without Input."""

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = LSTM(np.int64(3))

        def call(self, x):
            return self.inner(x)

    inputs = keras.Input((3, 1))
    return (
        outcome(lambda: Model().predict(ONES, verbose=0).shape),
        outcome(lambda: keras.layers.Bidirectional(LSTM(np.int64(3)))(inputs).shape),
        outcome(lambda: keras.layers.RNN(keras.layers.LSTMCell(np.int64(3)))(inputs).shape),
        outcome(lambda: keras.Sequential([LSTM(np.int64(3))])(ONES).shape),
        [outcome(lambda k=k: LSTM(k(3))(inputs))[:30] for k in (np.int8, np.uint64, np.intp)],
    )


@attack("errors.unknown-name")
def names():
    """Names in other cases, with spaces, empty, of other kinds."""
    names = (
        "",
        "sigmoid_v2",
        " tanh",
        "TanH",
        "keras.activations.tanh",
        "L2",
        "l1_l2",
        "gates",
        "None",
    )
    return {
        n: [
            a
            for a in (
                "activation",
                "kernel_initializer",
                "kernel_regularizer",
                "kernel_constraint",
                "activity_regularizer",
            )
            if "Could not" not in outcome(lambda: LSTM(2, **{a: n}))
        ]
        for n in names
    }


@attack("errors.number-for-function")
def numbers():
    """0, False, NaN, np.float32 and an array where a function is expected."""
    arguments = (
        "activation",
        "kernel_initializer",
        "kernel_regularizer",
        "kernel_constraint",
        "activity_regularizer",
    )
    return {
        str(n): [outcome(lambda a=a: LSTM(2, **{a: n}))[:40] for a in arguments]
        for n in (0, False, np.nan, np.float32(1), np.ones(2))
    }


@attack("errors.seed-of-another-type")
def seeds():
    """None, True, a negative and a huge integer, a SeedGenerator, a NumPy boolean."""
    return [
        outcome(lambda s=s: LSTM(2, seed=s, dropout=0.5)(ONES, training=True).shape)[:60]
        for s in (None, True, -1, 2**40, 2**70, keras.random.SeedGenerator(1), np.True_)
    ]


@attack("errors.use-cudnn-value")
def cudnn():
    """1, 0, 1.0, a NumPy boolean, "AUTO" as use_cudnn."""
    return [
        outcome(lambda v=v: LSTM(2, use_cudnn=v))[:50] for v in (1, 0, 1.0, np.False_, "AUTO", [])
    ]


@attack("errors.integer-dtype")
def integers():
    """Integer layers with initializers of zeros and ones; dtype "int8" to "uint64"."""
    results = [
        outcome(
            lambda: LSTM(
                2,
                dtype="int32",
                kernel_initializer="ones",
                recurrent_initializer="ones",
                bias_initializer="ones",
            ).build((1, 2, 3))
        )[:60]
    ]
    for kind in (
        "int8",
        "int16",
        "uint16",
        "uint32",
        "uint64",
        "bool",
        "float8_e4m3fn",
        "complex64",
    ):
        results.append(
            (
                kind,
                outcome(lambda: LSTM(2, dtype=kind))[:50],
                outcome(lambda: LSTM(2, dtype=kind).build((1, 2, 3)))[:60],
            )
        )
    return results


@attack("errors.unknown-implementation")
def implementations():
    """1.0, True, NaN: which is computed?"""
    return [LSTM(2, implementation=i).cell.implementation == 1 for i in (1.0, True, np.nan, "1")]


@attack("errors.read-only")
def set_later():
    """seed, implementation, kernel and others set later, and the activation of the cell."""
    results = []
    for name in (
        "seed",
        "implementation",
        "kernel",
        "activity_regularizer",
        "dtype",
        "trainable",
        "return_sequences",
        "use_cudnn",
    ):
        layer = LSTM(2)
        results.append((name, outcome(lambda: setattr(layer, name, "other"))[:60]))
    layer = LSTM(2)
    y = np.array(layer(ONES))
    layer.cell.activation = keras.activations.relu
    results.append(bool(np.array_equal(layer(ONES), y)))
    return results


@attack("errors.stateful-set-later")
def set_after_a_trace():
    """stateful = True after predict was traced: does predict fail? After a tf.function was?"""
    layer = LSTM(2)
    model = keras.Sequential([keras.Input((3, 1), batch_size=4), layer])
    model.predict(ONES, verbose=0)
    layer.stateful = True
    return (
        outcome(lambda: model.predict(ONES, verbose=0).shape),
        outcome(lambda: layer(ONES)),
        outcome(lambda: model(ONES)),
    )


@attack("errors.before-it-is-built")
def set_nothing():
    """set_weights([]) before it is built."""
    return outcome(lambda: LSTM(2).set_weights([]))


@attack("errors.built-twice")
def built_twice():
    """A stateful layer built a second time: its state; a call on the other features."""
    layer = LSTM(2, stateful=True)
    layer(ONES)
    before = np.array(layer.states[0])
    layer.build((4, 3, 5))
    return bool(np.array_equal(layer.states[0], before)), outcome(
        lambda: layer(np.ones((4, 3, 5))).shape
    )[:60]


@attack("errors.table-for-one-feature")
def tables():
    """A table to call, predict, fit and evaluate of models of each kind."""

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = LSTM(2)

        def call(self, x):
            return self.inner(x)

    inputs = keras.Input((3, 1))
    results = []
    for model in (
        keras.Model(inputs, LSTM(2)(inputs)),
        keras.Sequential([inputs, LSTM(2)]),
        keras.Sequential([LSTM(2)]),
        Model(),
    ):
        model.compile("sgd", "mse")
        table = ONES[:, :, 0]
        y = np.ones((4, 2))
        calls = (
            lambda: model(table),
            lambda: model.predict(table, verbose=0),
            lambda: model.fit(table, y, verbose=0),
            lambda: model.evaluate(table, y, verbose=0),
        )
        results.append(["Error" not in outcome(call) for call in calls])
    return results


@attack("errors.input-in-a-list")
def lists():
    """[x] in an unbuilt layer; symbols; RNN; in a model."""
    return (
        outcome(lambda: LSTM(2)([ONES]))[:80],
        outcome(lambda: LSTM(2)([keras.Input((3, 1))]))[:80],
        outcome(lambda: keras.Sequential([keras.Input((3, 1)), LSTM(2)])([ONES]).shape)[:80],
    )


@attack("errors.state-with-three-axes")
def four_samples():
    """Four samples, one unit, one timestep, and a state of shape (4, 1, 1); and more of both."""
    results = {}
    for batch in (2, 3, 4, 8, 12):
        for units in (1, 2, 3, 4, 8):
            for timesteps in (1, 2):
                state = np.ones((batch, 1, units), "float32")
                text = outcome(
                    lambda: (
                        LSTM(units)(
                            np.ones((batch, timesteps, 1), "float32"), initial_state=[state, state]
                        ).shape
                    )
                )
                if text.startswith("("):
                    results[batch, units, timesteps] = text
    return results


@attack("errors.narrow-cell-state")
def narrow():
    """A c of one column in a tf.function, looped and unrolled; with a mask."""
    results = []
    h = np.zeros((4, 2), "float32")
    c = np.ones((4, 1), "float32")
    for unroll in (False, True):
        layer = LSTM(2, unroll=unroll)
        results.append(
            outcome(lambda: tf.function(lambda x: layer(x, initial_state=[h, c]))(ONES).shape)[:60]
        )
        results.append(
            outcome(lambda: layer(ONES, initial_state=[h, c], mask=np.ones((4, 3), bool)).shape)[
                :60
            ]
        )
    return results


@attack("errors.mask-of-another-batch")
def masks():
    """A mask of more and of fewer rows, of one row; looped, unrolled, in a graph."""
    results = {}
    for rows in (1, 2, 3, 8):
        mask = np.ones((rows, 3), bool)
        for unroll in (False, True):
            layer = LSTM(2, unroll=unroll)
            run = tf.function(lambda x, m: layer(x, mask=m))
            results[rows, unroll] = (
                outcome(lambda: layer(ONES, mask=mask).shape)[:40],
                outcome(lambda: run(ONES, mask).shape)[:40],
            )
    return results


@attack("errors.refused-call")
def refused_first():
    """An unbuilt layer refuses a call for its mask; then it is called on other features."""
    layer = LSTM(2)
    first = outcome(lambda: layer(np.ones((4, 3, 5)), mask=[[True]]))[:60]
    return first, outcome(lambda: layer(ONES).shape)[:60]


@attack("errors.moment-of-stacking")
def stacking():
    """Without an Input: build(shape); with input_shape; summary; predict."""
    model = keras.Sequential([LSTM(2), LSTM(2)])
    other = keras.Sequential([LSTM(2), LSTM(2)])
    return (
        outcome(lambda: model.build((None, 3, 1)))[:90],
        outcome(lambda: keras.Sequential([LSTM(2, input_shape=(3, 1)), LSTM(2)]))[:90],
        outcome(lambda: other.summary())[:40],
        outcome(lambda: other.predict(ONES, verbose=0))[:60],
    )


@attack("errors.first-input-sticks")
def sticking():
    """A Sequential model that refused its first input in predict, in fit; for its features."""
    results = []
    for first in ("predict", "fit"):
        model = keras.Sequential([LSTM(2)])
        model.compile("sgd", "mse")
        arguments = [ONES[:, :, 0]] if first == "predict" else [ONES[:, :, 0], np.ones((4, 2))]
        results.append(outcome(lambda: getattr(model, first)(*arguments, verbose=0))[:50])
        results.append(outcome(lambda: model(ONES))[:50])
    return results


@attack("errors.trained-before-refusal")
def last_of_one():
    """A last batch of one sample in fit of a stateful model of three."""
    model = keras.Sequential([keras.Input((3, 1), batch_size=3), LSTM(1, stateful=True)])
    model.compile("sgd", "mse")
    return outcome(lambda: model.fit(np.ones((4, 3, 1)), np.ones((4, 1)), batch_size=3, verbose=0))[
        :60
    ]


@attack("errors.sizes-of-a-cell")
def sizes():
    """A cell whose state_size is ["3"], (), [], (3, "3"), True, np.int64(3)."""

    class Sized(keras.layers.Layer):
        def __init__(self, size):
            super().__init__()
            self.state_size = size

        def call(self, inputs, states):
            return inputs, states

    return [
        outcome(lambda s=s: keras.layers.RNN(Sized(s)))[:50]
        for s in (["3"], (), [], (3, "3"), True, np.int64(3))
    ]


@attack("errors.rnn-needs-a-cell")
def cells():
    """A function, a list of numbers, the class LSTMCell, a dictionary for a cell."""
    return [
        outcome(lambda c=c: keras.layers.RNN(c))[:60]
        for c in (lambda x, states: (x, states), [5], [], {}, keras.layers.LSTMCell)
    ]


@attack("errors.embedding-of-minus-one")
def minus_one():
    """The id -1, and one that is too large, jitted, in a tf.function, in predict."""
    layer = keras.layers.Embedding(5, 2, mask_zero=True)
    ids = np.array([[-1, 4, 0]])
    layer(ids)
    model = keras.Sequential([keras.Input((3,), dtype="int32"), layer])
    runs = (
        tf.function(layer),
        tf.function(layer, jit_compile=True),
        lambda x: model.predict(x, verbose=0),
    )
    return [
        outcome(lambda r=r: bool(np.array_equal(np.array(r(ids))[0, 0], np.array(r(ids))[0, 1])))
        for r in runs
    ], [outcome(lambda r=r: np.array(r(ids + 5)).ravel().tolist())[:60] for r in runs]


@attack("errors.time-distributed-axes")
def three_axes():
    """TimeDistributed(LSTM(2)) on arrays of three axes, in a model, with return_sequences."""
    return [
        outcome(
            lambda: (
                keras.layers.TimeDistributed(LSTM(2, return_sequences=r))(
                    np.ones((4, n, 3), "float32")
                ).shape
            )
        )[:80]
        for r in (False, True)
        for n in (1, 5)
    ]


@attack("errors.layer-for-a-cell")
def layers_for_cells():
    """RNN(LSTM) called on an Input."""
    return outcome(lambda: keras.layers.RNN(LSTM(8))(keras.Input((3, 1))).shape)[:90], outcome(
        lambda: keras.layers.RNN([LSTM(8)])(keras.Input((3, 1))).shape
    )[:90]


@attack("errors.cell-without-states")
def cell_alone():
    """A cell called on a symbol, with None, with an empty list."""
    cell = keras.layers.LSTMCell(8)
    return (
        outcome(lambda: cell(keras.Input((1,))))[:60],
        outcome(lambda: keras.layers.LSTMCell(8)(np.ones((4, 1)), None))[:60],
        outcome(lambda: keras.layers.LSTMCell(8)(np.ones((4, 1)), []))[:60],
    )


@attack("errors.any-number-of-samples")
def remainders():
    """1 to 7 samples in batches of 3: rows of predict, of an unrolled layer in a loop of fit."""
    model = keras.Sequential([keras.Input((3, 1)), LSTM(2, unroll=True)])
    model.compile("sgd", "mse")
    return [
        outcome(
            lambda: (
                model.fit(np.ones((n, 3, 1)), np.ones((n, 2)), batch_size=3, verbose=0)
                and model.predict(np.ones((n, 3, 1)), batch_size=3, verbose=0).shape
            )
        )
        for n in (1, 2, 4, 7)
    ]


@attack("errors.flag-of-text")
def other_flags():
    """use_bias, unit_forget_bias, trainable and zero_output_for_mask of the text "False"."""
    return [
        len(LSTM(2, use_bias="False").cell.__dict__) > 0,
        outcome(lambda: LSTM(2, trainable="False").trainable),
        outcome(lambda: LSTM(2, zero_output_for_mask="False")(ONES).shape),
        outcome(lambda: LSTM(2, use_bias="False", unit_forget_bias="False")(ONES).shape),
    ]


@attack("errors.reset-without-state")
def resets():
    """reset_state of a Bidirectional and an RNN that keep no state."""
    return outcome(lambda: keras.layers.RNN(keras.layers.LSTMCell(2)).reset_state()), outcome(
        lambda: keras.layers.Bidirectional(LSTM(2)).reset_states()
    )


@attack("errors.refused-layer-stays")
def refused_for_other_reasons():
    """Refused for its name, its type, or a mismatch of features: how many layers remain?"""
    counts = []
    same = keras.layers.Dense(2, name="twin")
    for layer in (same, "text", keras.layers.LSTM, keras.Input((3,)), keras.layers.Conv1D(2, 9)):
        model = keras.Sequential(
            [keras.Input((3, 1)), keras.layers.LSTM(2, return_sequences=True, name="twin")]
        )
        refused = "Error" in outcome(lambda m=model, x=layer: m.add(x))
        counts.append((refused, len(model.layers)))
    return counts


@attack("errors.unknown-call-argument")
def unknown_arguments_of_other_layers():
    """Of LSTMCell, RNN, Bidirectional and a model: is `states` refused?"""
    x = np.ones((2, 3, 4), "float32")
    states = [np.zeros((2, 2), "float32")] * 2
    calls = [
        lambda: keras.layers.LSTMCell(2)(x[:, 0], states=states),
        lambda: keras.layers.RNN(keras.layers.LSTMCell(2))(x, states=states),
        lambda: keras.layers.Bidirectional(keras.layers.LSTM(2))(x, states=states),
        lambda: keras.Sequential([keras.layers.LSTM(2)])(x, states=states),
    ]
    return ["Error" in outcome(call) for call in calls]


@attack("errors.inputs-by-name")
def names_of_other_layers():
    """By which name do LSTM, RNN, LSTMCell and Bidirectional take their input?"""
    x = np.ones((2, 3, 4), "float32")
    layers = [
        keras.layers.LSTM(2),
        keras.layers.RNN(keras.layers.LSTMCell(2)),
        keras.layers.Bidirectional(keras.layers.LSTM(2)),
        keras.layers.TimeDistributed(keras.layers.Dense(2)),
    ]
    return [
        ["Error" not in outcome(lambda k=k, n=n: k(**{n: x})) for n in ("sequences", "inputs")]
        for k in layers
    ]


@attack("errors.remainder-in-fit")
def remainders_of_one():
    """A last batch of one sample, two of three, and in evaluate: refused?"""
    outcomes = []
    for count in (5, 7):
        layers = [keras.Input(batch_shape=(4, 3, 1)), keras.layers.LSTM(2, stateful=True)]
        model = keras.Sequential(layers)
        model.compile("sgd", "mse")
        x = np.ones((count, 3, 1))
        y = np.ones((count, 2))
        for method in (model.fit, model.evaluate):
            outcomes.append("Error" in outcome(lambda f=method, x=x, y=y: f(x, y, 4, verbose=0)))
    return outcomes


@attack("errors.units-true")
def true_in_other_layers():
    """True and numpy's True, in LSTMCell and Bidirectional: refused, and where?"""
    x = np.ones((2, 3, 4), "float32")
    return [
        outcome(lambda u=u, w=w: w(keras.layers.LSTM(u))(x).shape)[:40]
        for u in (True, np.True_)
        for w in (lambda k: k, keras.layers.Bidirectional)
    ]


@attack("errors.batch-in-input-shape")
def batches_in_other_shapes():
    """By batch_shape of four axes, in Bidirectional, and by a cell in RNN: the same words?"""
    layers = [
        keras.layers.LSTM(2),
        keras.layers.Bidirectional(keras.layers.LSTM(2)),
        keras.layers.RNN(keras.layers.LSTMCell(2)),
        keras.layers.LSTM(2, stateful=True),
    ]
    return ["found ndim=4" in words_of_error(k) for k in layers]


def words_of_error(layer):
    """Return all words of the error of a layer on an Input of four axes."""
    try:
        layer(keras.Input((8, 3, 4)))
    except Exception as error:
        return str(error)
    return "accepted"


@attack("errors.class-for-a-layer")
def classes_of_other_kinds():
    """A Dense class, a function, a cell, None: refused by both?"""
    kinds = [keras.layers.Dense, len, keras.layers.LSTMCell(2), None]
    return [
        ["Error" in outcome(lambda w=w, k=k: w(k)) for k in kinds]
        for w in (keras.layers.Bidirectional, keras.layers.TimeDistributed)
    ]


@attack("errors.unit-mask-unrolled")
def masks_of_units():
    """Of numbers, for one sample, one unit, compiled, backwards, in a stack: refused unrolled?"""
    seen = {}
    for units, backwards in ((1, False), (2, False), (2, True), (64, False)):
        layer = LSTM(units, unroll=True, go_backwards=backwards)
        mask = np.ones((4, 3, units), bool)
        calls = [lambda f=layer, m=mask: f(ONES, mask=m).shape]
        calls += [lambda f=layer, m=mask: tf.function(f)(ONES, mask=m).shape]
        calls += [lambda f=layer, m=mask: tf.function(f, jit_compile=True)(ONES, mask=m).shape]
        seen[units, backwards] = [outcome(call)[:40] for call in calls]
    return seen


@attack("errors.refused-call-with-dropout")
def trained_after_refusals():
    """A refused mask, state or input; in fit: does a layer with dropout take another batch?"""
    seen = {}
    refusals = {
        "state": {"initial_state": [np.ones((4, 3))] * 2},
        "mask": {"mask": [[True]]},
        "short": {"mask": np.ones((4, 1), bool)},
    }
    for name, given in refusals.items():
        layer = LSTM(2, dropout=0.5)
        layer.build(ONES.shape)
        error = outcome(lambda f=layer, g=given: f(ONES, training=True, **g))[:12]
        seen[name] = error, outcome(lambda f=layer: f(ONES[:3], training=True).shape)[:40]
    return seen


@attack("errors.stacked-cells-of-one")
def stacks_of_one():
    """A cell, an LSTM, a number, a tuple, a generator, a stack: what is taken?"""
    cell = keras.layers.LSTMCell
    given = {"cell": cell(2), "layer": LSTM(2), "number": 3, "tuple": (cell(2), cell(3))}
    given |= {"list": [cell(2)], "stack": keras.layers.StackedRNNCells([cell(2)]), "none": []}
    return {
        name: outcome(lambda v=value: type(keras.layers.StackedRNNCells(v)).__name__)[:40]
        for name, value in given.items()
    }


@attack("errors.id-out-of-range")
def ids_beyond():
    """Ids of other types, of 2**32 + 1, in evaluate, in TimeDistributed: refused?"""
    words = keras.layers.Embedding(5, 2, mask_zero=True)
    model = keras.Sequential([keras.Input((3,), dtype="int32"), words, LSTM(2)])
    model.compile("sgd", "mse")
    ids = np.array([[1, 5, 2]])
    runs = {
        "evaluate": lambda: model.evaluate(ids, np.ones((1, 2)), verbose=0),
        "TimeDistributed": lambda: keras.layers.TimeDistributed(words)(ids[None]).shape,
        "5.0": lambda: words(ids.astype("float32")).shape,
        "uint8": lambda: words(ids.astype("uint8")).shape,
        "int64": lambda: words(np.array([[2**32 + 1]])).shape,
        "int64 in a model": lambda: model(np.array([[1, 2**32 + 1, 2]])).shape,
    }
    return {name: outcome(run)[:60] for name, run in runs.items()}


@attack("errors.ragged-tensor")
def ragged():
    """Equal rows; behind Masking, in Bidirectional, GRU, RNN, a graph; unrolled: refused?"""
    x = tf.ragged.constant([[[1.0], [7.0]], [[3.0], [4.0]]], ragged_rank=1)
    layers = {
        "LSTM": LSTM(2),
        "unrolled": LSTM(2, unroll=True),
        "Masking": keras.Sequential([keras.layers.Masking(), LSTM(2)]),
        "Bidirectional": keras.layers.Bidirectional(LSTM(2)),
        "RNN": keras.layers.RNN(keras.layers.LSTMCell(2)),
        "GRU": keras.layers.GRU(2),
        "graph": tf.function(LSTM(2)),
    }
    return {
        name: outcome(lambda layer=layer: layer(x).shape)[:80] for name, layer in layers.items()
    }


@attack("errors.no-recurrent")
def names_of_old_layers():
    """Other names and modules of Keras 1: are they gone, and what derives from RNN?"""
    names = ("Recurrent", "recurrent", "TimeDistributedDense", "Merge", "ConvRNN2D")
    kinds = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
    return (
        {name: hasattr(keras.layers, name) for name in names},
        {kind: issubclass(getattr(keras.layers, kind), keras.layers.RNN) for kind in kinds},
    )


@attack("errors.symbols-to-numpy")
def symbols():
    """Of Input, in a loss, a cell, vectorized_map and as states: refused, and in which words?"""
    lstm = LSTM(2, return_state=True)

    def loss(y, p):
        return np.mean(p)

    def trained():
        model = keras.Sequential([keras.Input((3, 1)), LSTM(2)])
        model.compile("sgd", loss)
        model.train_on_batch(ONES, np.ones((4, 2)))

    runs = {
        "Input": lambda: np.array(lstm(keras.Input((3, 1)))[0]),
        "loss": trained,
        "state": lambda: tf.function(lambda x: np.sum(lstm(x)[2]))(ONES),
        "map": lambda: tf.map_fn(lambda x: np.abs(lstm(x[None])[0]), ONES).shape,
        "shape": lambda: tf.function(lambda x: np.ones(np.shape(lstm(x)[0])))(ONES).shape,
        "concatenate": lambda: tf.function(lambda x: np.concatenate([lstm(x)[0]]))(ONES),
    }
    return {name: outcome(run)[-200:] for name, run in runs.items()}


@attack("errors.misspelt-argument")
def misspelt():
    """Names that a layer has, but not as an argument: states, built, weights, cell, call."""
    names = ("states", "built", "weights", "cell", "call", "input_spec", "autocast", "input_dim")
    return [outcome(lambda n=n: LSTM(2, **{n: None}))[:60] for n in names]


@attack("errors.flatten-of-open-length")
def flattened():
    """A Sequential model, a called one without Input, open features, one timestep."""
    layers = keras.layers

    def sequential(*shape):
        inputs = [keras.Input(shape)] if shape else []
        return keras.Sequential([*inputs, layers.Flatten(), layers.Dense(1)])

    return (
        outcome(lambda: sequential(None, 3)),
        outcome(lambda: sequential(1, None)),
        outcome(lambda: sequential(None, None)),
        outcome(lambda: sequential()(ONES).shape),
    )


@attack("errors.input-length-of-embedding")
def embedded():
    """Lengths of zero, of text, of two axes; Flatten and Dense behind; a configuration."""
    inputs = keras.Input((4,))
    return (
        [
            outcome(lambda n=n: keras.layers.Embedding(5, 2, input_length=n)(inputs).shape)
            for n in (0, -1, "3", (2, 3))
        ],
        outcome(
            lambda: "input_length" in keras.layers.Embedding(5, 2, input_length=3).get_config()
        ),
    )


@attack("errors.batch-in-input-shape")
def batch_elsewhere():
    """A batch in batch_shape, and one in a shape that has no features: is it refused?"""
    inputs = keras.Input(batch_shape=(32, 7, 4)), keras.Input((32, 7))
    return [outcome(lambda x=x: LSTM(2)(x).shape) for x in inputs]


@attack("errors.flatten-of-open-length")
def flat_of_what_has_a_length():
    """Behind an LSTM's last output, behind pooling, and by a Dense that is built before."""
    built = keras.layers.Dense(1)
    built.build((None, 8))

    def flat(inside, dense):
        x = keras.Input((None, 3))
        return outcome(lambda: dense(keras.layers.Flatten()(inside(x))).shape)

    rows = LSTM(2, return_sequences=True)
    return (
        flat(LSTM(2), keras.layers.Dense(1)),
        flat(keras.layers.GlobalMaxPooling1D(), keras.layers.Dense(1)),
        flat(rows, built),
    )


@attack("errors.number-for-function")
def numbers_elsewhere():
    """Lambda(mask=5), compile(metrics=0) and compile(loss=0.5), before fit."""
    model = keras.Sequential([keras.Input((3, 1)), LSTM(2)])
    return (
        outcome(lambda: keras.layers.Lambda(keras.activations.relu, mask=5).name),
        outcome(lambda: model.compile("sgd", "mse", metrics=0)),
        outcome(lambda: model.compile("sgd", 0.5)),
    )


@attack("errors.narrow-cell-state")
def narrow_hidden_state():
    """An h of one unit by three under recurrent dropout, after a call that was refused."""
    lstm = LSTM(3, recurrent_dropout=0.5)
    c = np.ones((4, 3), "float32")
    wrong = c[:, :1], np.ones((4, 5), "float32")
    refused = outcome(lambda: lstm(ONES, initial_state=[c, wrong[1]], training=True).shape)
    return refused, outcome(lambda: lstm(ONES, initial_state=[wrong[0], c], training=True).shape)


@attack("errors.read-only")
def set_on_other_layers():
    """Set the activation of RNN(LSTMCell) and the dropout of Bidirectional: is it refused?"""
    rnn = keras.layers.RNN(keras.layers.LSTMCell(2))
    both = keras.layers.Bidirectional(LSTM(2))
    return (
        outcome(lambda: setattr(rnn, "activation", "relu")),
        rnn.cell.activation.__name__,
        outcome(lambda: setattr(both, "dropout", 0.5)),
        both.forward_layer.dropout,
    )


@attack("errors.rnn-needs-a-cell")
def classes_and_layers_for_a_cell():
    """An LSTM, a class that has a state_size of its own, and an empty list: are they refused?"""

    class Own(keras.layers.Layer):
        state_size = 1

        def call(self, x, states):
            return x, states

    return [outcome(lambda c=c: keras.layers.RNN(c).name) for c in (LSTM(2), Own, [])]


@attack("errors.state-with-three-axes")
def three_axes_elsewhere():
    """Under recurrent dropout, which sets implementation 1, and on symbols: is it refused?"""
    h = np.ones((4, 1, 2), "float32")
    symbols = [keras.Input((1, 2)), keras.Input((1, 2))]
    return (
        outcome(lambda: LSTM(2, recurrent_dropout=0.5)(ONES, initial_state=[h, h]).shape),
        outcome(lambda: LSTM(2)(keras.Input((3, 1)), initial_state=symbols).shape),
    )


@attack("errors.unit-mask-unrolled")
def unit_mask_of_symbols():
    """A call on symbols: is the mask refused there?"""
    mask = keras.Input((3, 2), dtype="bool")
    return outcome(lambda: LSTM(2, unroll=True)(keras.Input((3, 1)), mask=mask).shape)


@attack("errors.numpy-units")
def numpy_units_of_other_layers():
    """np.int64(3) as units of GRU and Dense: do they compute?"""
    kinds = keras.layers.GRU, keras.layers.Dense
    return [outcome(lambda k=k: k(np.int64(3))(ONES).shape)[:60] for k in kinds]


@attack("errors.seed-of-another-type")
def seeds_of_other_things():
    """A SeedGenerator for an initializer and an LSTM; negative seeds of 32, 64 and 71 bits."""
    kinds = keras.initializers.GlorotUniform, lambda seed: LSTM(2, seed=seed).cell.seed
    generators = [outcome(lambda k=k: k(seed=keras.random.SeedGenerator(1)))[:30] for k in kinds]
    seeds = -1, -(2**31) - 1, -(2**63), -(2**70)
    return generators, [outcome(lambda s=s: LSTM(2, seed=s).cell.seed)[:40] for s in seeds]


@attack("errors.stateful-set-later")
def built_again():
    """Built again after stateful = True: does a call fail, and is the state kept?"""
    layer = LSTM(2)
    layer(ONES)
    layer.stateful = True
    failed = outcome(lambda: layer(ONES).shape)[:20]
    layer.build(ONES.shape)
    first = np.array(layer(ONES))
    return failed, bool(np.allclose(first, layer(ONES)))


@attack("errors.stateful-set-later")
def wrapper_set_later():
    """Bidirectional with stateful = True after a call: does the next call fail?"""
    layer = keras.layers.Bidirectional(LSTM(2))
    layer(ONES)
    layer.stateful = True
    return outcome(lambda: layer(ONES).shape)


@attack("errors.names-the-layer")
def axes_of_states_and_masks():
    """A state of three axes, a mask of one: does the error name the layer?"""
    layer = LSTM(2, name="encoder")
    states = [np.ones((4, 3, 2), "float32")] * 2
    calls = {"initial_state": states}, {"mask": np.ones(4, bool)}
    named = []
    for given in calls:
        try:
            layer(ONES, **given)
        except Exception as error:
            named.append("encoder" in str(error))
    return named


@attack("errors.refused-call")
def half_refused():
    """A stateful Bidirectional whose backward half refuses its state: is the forward one's kept?"""
    both = keras.layers.Bidirectional(LSTM(2, stateful=True))
    both(ONES)
    before = [state.numpy() for state in both.forward_layer.states]
    states = [np.ones((4, 2), "float32")] * 2 + [np.ones((3, 2), "float32")] * 2
    refused = outcome(lambda: both(ONES, initial_state=states).shape)[:20]
    after = [state.numpy() for state in both.forward_layer.states]
    return refused, bool(np.array_equal(before, after))


@attack("errors.refused-layer-stays")
def added_after_a_refusal():
    """A layer that fits, one of the same name, a number: which words does add refuse with?"""
    model = keras.Sequential([keras.Input((3, 1)), LSTM(2, name="lower")])
    kinds = LSTM(2, name="upper"), keras.layers.Dense(2), LSTM(2, name="lower"), 5
    return [outcome(lambda k=k: model.add(k))[:60] for k in kinds]


class Declaring(keras.layers.Layer):
    """A cell of one state of 3 numbers, which declares a size of its output."""

    def __init__(self, output_size):
        """Keep the declared size."""
        super().__init__()
        self.state_size = 3
        self.output_size = output_size


@attack("errors.sizes-of-a-cell")
def declared_sizes():
    """None, a number of NumPy, a float, text and a tuple as output_size: declared as what?"""
    sizes = None, np.int64(3), 3.0, "3", (3,)
    layers = [keras.layers.RNN(Declaring(size)) for size in sizes]
    return [outcome(lambda a=a: a.compute_output_shape((1, 2, 3))) for a in layers]
