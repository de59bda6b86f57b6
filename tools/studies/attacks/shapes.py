"""Attacks on the claims of the chapter `shapes`."""

import itertools
import warnings

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.draw_1 import LSTM, MASK, L, X, close, draw, twins
from tools.studies.attacks.draw_5 import refused


@attack("shapes.integers")
def integers():
    """In training with dropout a call on whole numbers is refused."""
    words = "accepted"
    try:
        keras.layers.LSTM(2, dropout=0.5)(np.ones((1, 3, 1), "int32"), training=True)
    except ValueError as error:
        words = str(error)
    assert "floating point" in words
    return "so"


@attack("shapes.known-feature-count")
def known_feature_count():
    """A stateful layer needs the batch size too."""
    words = "accepted"
    try:
        keras.layers.LSTM(2, stateful=True)(keras.Input((3, 1)))
    except ValueError as error:
        words = str(error)
    assert "batch size" in words
    return "so"


@attack("shapes.one-timestep")
@attack("shapes.same-call-twice")
def one_timestep():
    """A stateful layer recalls its last call."""
    lstm = keras.layers.LSTM(2, stateful=True)
    x = np.ones((1, 1, 3))
    assert not np.array_equal(lstm(x), lstm(x))
    return "so"


@attack("shapes.width")
@attack("shapes.any-sizes")
@attack("shapes.asked-units")
def widths():
    """300 units on one timestep, one on 1,000, every activation, without features: the width?"""
    seen = []
    for units, steps, features in ((300, 1, 1), (1, 1000, 3), (7, 7, 7), (5, 3, 100)):
        y = LSTM(units, return_state=True)(draw(2, steps, features))
        seen.append([tuple(part.shape) for part in y] == [(2, units)] * 3)
    names = ("relu", "elu", "softmax", "linear", "gelu", "exponential")
    return seen, [LSTM(300, activation=name)(draw(3, 3, 1)).shape[1] for name in names]


@attack("shapes.answered-example")
@attack("shapes.vector-size")
def counted_weights():
    """By implementation, dtype, unrolled, in RNN and Bidirectional: 180 and 60 weights?"""
    layers = [LSTM(5), LSTM(5, implementation=1), LSTM(5, unroll=True), L.RNN(L.LSTMCell(5))]
    layers += [LSTM(5, return_state=True, stateful=True), LSTM(5, dtype="float16")]
    seen = []
    for layer, steps in itertools.product(layers, (1, 30)):
        if not layer.built:
            layer.build((2, steps, 3))
        seen.append(layer.count_params())
    square = LSTM(3)
    square(draw(3, 3, 1))
    return set(seen), square.count_params()


@attack("shapes.targets")
def wide_targets():
    """By fit, evaluate, train_on_batch, eagerly and with return_sequences: refused?"""
    seen = {}
    for sequences, eager, columns in itertools.product((False, True), (False, True), (1, 2, 5)):
        model = keras.Sequential([keras.Input((5, 3)), LSTM(2, return_sequences=sequences)])
        model.compile("sgd", "mse", run_eagerly=eager)
        y = np.ones((3, 5, columns) if sequences else (3, columns))
        calls = model.fit, model.evaluate
        seen[sequences, eager, columns] = [
            refused(lambda c=c, t=y: c(X, t, verbose=0)) for c in calls
        ] + [refused(lambda m=model, t=y: m.train_on_batch(X, t))]
    return {key: value for key, value in seen.items() if set(value) != {key[2] == 5}}


@attack("shapes.return-state")
@attack("shapes.declared-output")
@attack("shapes.symbolic-output")
def declared():
    """By all flags, open sizes, NumPy sizes, lists: the shapes of a call, and None where open?"""
    bad = []
    flags = itertools.product((False, True), repeat=4)
    for sequences, state, backwards, unroll in flags:
        options = {"return_sequences": sequences, "return_state": state, "unroll": unroll}
        layer = LSTM(2, go_backwards=backwards, **options)
        y = [tuple(part.shape) for part in keras.tree.flatten(layer(X))]
        for shape in ((3, 5, 3), [3, 5, 3], tuple(np.array([3, 5, 3]))):
            declared_shapes = layer.compute_output_shape(shape)
            declared_shapes = declared_shapes if state else [declared_shapes]
            if [tuple(part) for part in declared_shapes] != y:
                bad.append((sequences, state, backwards, unroll, shape))
        for steps, batch in itertools.product((None, 5), (None, 3)):
            symbols = keras.tree.flatten(layer(keras.Input((steps, 3), batch_size=batch)))
            wanted = [(batch, steps, 2) if sequences else (batch, 2)] + [(batch, 2)] * 2 * state
            if [tuple(part.shape) for part in symbols] != wanted:
                bad.append((steps, batch, [part.shape for part in symbols]))
    return bad


@attack("shapes.rank")
def other_ranks():
    """0, 1, 2, 4 and 6 axes, of NumPy, TensorFlow, a symbol, in predict: how many, in words?"""
    seen = {}
    for axes in (0, 1, 2, 4, 6):
        x = np.ones((2,) * axes, "float32")
        calls = {
            "array": lambda v=x: LSTM(2)(v),
            "tensor": lambda v=x: LSTM(2)(tf.constant(v)),
            "built": lambda v=x: twins(draw(2, 2, 2))[0](v),
            "graph": lambda v=x: tf.function(LSTM(2))(v),
            "symbol": lambda n=axes: LSTM(2)(keras.Input(batch_shape=(2,) * n)),
            "predict": lambda v=x: keras.Sequential([LSTM(2)]).predict(v, verbose=0),
        }
        for name, call in calls.items():
            words = outcome(call)
            if f"found ndim={axes}" not in words and f"ndim={axes}" not in words:
                seen[axes, name] = words[:70]
    return seen


@attack("shapes.sizes-may-change")
def changing_sizes():
    """With masks, compiled, unrolled, in predict, after dropout: another size in each call?"""
    seen = {}
    sizes = ((3, 5), (1, 1), (7, 20))
    for name, option in {
        "loop": {},
        "unrolled": {"unroll": True},
        "drop": {"dropout": 0.5},
    }.items():
        layer = LSTM(2, **option)
        model = keras.Sequential([layer])
        kinds = {
            "call": lambda x, f=layer: f(x, training=True),
            "graph": tf.function(layer),
            "xla": tf.function(layer, jit_compile=True),
            "predict": lambda x, m=model: m.predict(x, verbose=0),
        }
        for kind, call in kinds.items():
            seen[name, kind] = [refused(lambda c=call, s=s: c(draw(*s, 3))) for s in sizes]
    return {key: value for key, value in seen.items() if any(value)}


@attack("shapes.sequential-length")
@attack("shapes.functional-length")
def other_lengths():
    """Called, in predict, fit, a graph, nested, unrolled, stateful: is another length refused?"""
    x = draw(3, 7, 3)
    seen = {}
    for name, option in {
        "loop": {},
        "unrolled": {"unroll": True},
        "kept": {"stateful": True},
    }.items():
        entry = keras.Input((5, 3), batch_size=3 if name == "kept" else None)
        sequential = keras.Sequential([entry, LSTM(2, **option)])
        entry = keras.Input((5, 3), batch_size=3 if name == "kept" else None)
        functional = keras.Model(entry, LSTM(2, **option)(entry))
        for model in (sequential, functional):
            model.compile("sgd", "mse")
            inner = keras.Sequential([model])
            calls = [
                lambda m=model: m(x),
                lambda m=model: m.predict(x, batch_size=3, verbose=0),
                lambda m=model: m.predict(x[:, :6], batch_size=3, verbose=0),
                lambda m=model: m.fit(x, np.ones((3, 2)), batch_size=3, verbose=0),
                lambda m=model: tf.function(m)(x),
                lambda m=inner: m(x),
                lambda m=model: keras.Sequential([keras.Input((None, 3), batch_size=3), m])(x),
                lambda m=model: m(keras.Input((7, 3), batch_size=3)),
            ]
            seen[name, type(model).__name__] = [refused(call) for call in calls]
    return seen


@attack("shapes.symbolic-feature-count")
def symbols_of_other_features():
    """Of a layer, in Bidirectional, a functional model, RNN: is another count refused?"""
    layers = [LSTM(2), L.Bidirectional(LSTM(2)), L.RNN(L.LSTMCell(2))]
    for layer in layers:
        layer.build(X.shape)
    return [refused(lambda f=layer: f(keras.Input((5, 4)))) for layer in layers]


@attack("shapes.no-features")
def without_features():
    """Unrolled, with dropout in training, by implementation, masked: bias and recurrence?"""
    x = np.zeros((3, 5, 0), "float32")
    seen = {}
    for option in ({}, {"unroll": True}, {"implementation": 1}, {"use_bias": False}):
        layer = LSTM(2, **option)
        wide = LSTM(2, **option)
        layer.build(x.shape)
        wide.build((3, 5, 1))
        wide.set_weights([np.zeros((1, 8)), *layer.get_weights()[1:]])
        zeros = np.zeros((3, 5, 1), "float32")
        seen[str(option)] = outcome(lambda f=layer, w=wide, z=zeros: close(f(x), w(z)))[:60]
    dropped = LSTM(2, dropout=0.5)
    return seen, outcome(lambda: dropped(x, training=True).shape)[:60]


@attack("shapes.empty-sequence")
def no_timesteps():
    """Called, in a graph, by XLA, in predict, with a mask, with return_sequences: refused?"""
    x = np.zeros((3, 0, 3), "float32")
    seen = {}
    for sequences, unroll in itertools.product((False, True), repeat=2):
        layer = LSTM(2, return_sequences=sequences, unroll=unroll)
        layer.build(X.shape)
        signature = [tf.TensorSpec((None, None, 3))]
        x_open = keras.Input((None, 3))
        calls = {
            "call": lambda f=layer: f(x),
            "mask": lambda f=layer: f(x, mask=np.ones((3, 0), bool)),
            "graph": lambda f=layer: tf.function(f)(x),
            "open": lambda f=layer: tf.function(f, input_signature=signature)(x),
            "xla": lambda f=layer: tf.function(f, jit_compile=True)(x),
            "predict": lambda f=layer: keras.Model(x_open, f(x_open)).predict(x, verbose=0),
            "symbol": lambda f=layer: f(keras.Input((0, 3))),
        }
        for name, call in calls.items():
            words = outcome(lambda c=call: tuple(c().shape))
            if words.startswith("("):
                seen[name, sequences, unroll] = words
    return seen


@attack("shapes.empty-batch")
def no_samples():
    """Called, in a graph, unrolled, stateful, masked, in predict, fit and Bidirectional: legal?"""
    x = np.zeros((0, 5, 3), "float32")
    seen = {}
    layers = {"loop": LSTM(2), "unrolled": LSTM(2, unroll=True), "both": L.Bidirectional(LSTM(2))}
    layers |= {"rows": LSTM(2, return_sequences=True), "kept": LSTM(2, stateful=True)}
    for name, layer in layers.items():
        model = keras.Sequential([layer])
        calls = {
            "call": lambda f=layer: f(x),
            "mask": lambda f=layer: f(x, mask=np.ones((0, 5), bool)),
            "graph": lambda f=layer: tf.function(f)(x),
            "predict": lambda m=model: m.predict(x, verbose=0),
        }
        for way, call in calls.items():
            seen[name, way] = outcome(lambda c=call: tuple(c().shape))[:60]
    return seen


@attack("shapes.lists")
@attack("shapes.unequal-lengths")
def lists():
    """Of one number, tuples, arrays, built, in a model: is a list or object array refused?"""
    rows = [[[1.0], [2.0]], [[3.0], [4.0]]]
    objects = np.empty(2, object)
    objects[:] = [[[1.0]], [[2.0], [3.0]]]
    deep = np.array(rows).astype(object)
    built = twins(draw(2, 2, 1))[0]
    given = {"rows": rows, "tuple": tuple(rows), "objects": objects, "deep": deep}
    seen = {}
    for name, x in given.items():
        calls = [lambda v=x: LSTM(2)(v), lambda v=x: built(v), lambda v=x: LSTM(2)(sequences=v)]
        calls += [lambda v=x: L.RNN(L.LSTMCell(2))(v), lambda v=x: L.Bidirectional(LSTM(2))(v)]
        seen[name] = [refused(call) for call in calls]
    return seen


@attack("shapes.whole-units")
def units_in_floating_point():
    """2.0, 2.5, NumPy's 2.0, a cell, up to the call: refused, and when?"""
    seen = []
    for units in (2.0, 2.5, np.float32(2), np.float64(2)):
        makers = LSTM, L.LSTMCell, lambda u: LSTM(u)(X)
        seen.append([refused(lambda m=make, u=units: m(u)) for make in makers])
    return seen


@attack("shapes.defaults")
def listed_defaults():
    """Of a layer, and after a round through its configuration: what is documented?"""
    config = LSTM(2).get_config()
    again = LSTM.from_config(LSTM(2).get_config()).get_config()
    names = ("activation", "recurrent_activation", "use_bias", "unit_forget_bias", "dropout")
    names += ("recurrent_dropout", "seed", "return_sequences", "return_state", "go_backwards")
    names += ("stateful", "unroll")
    return [config[name] for name in names], [n for n in names if config[n] != again[n]]


@attack("shapes.second-argument")
def second_of_a_call():
    """Of RNN, Bidirectional, TimeDistributed, a mask in its place: what is it taken for?"""
    state = [draw(3, 2), draw(2, 3).T]
    seen = {}
    for name, layer, states in (
        ("layer", LSTM(2), state),
        ("rnn", L.RNN(L.LSTMCell(2)), state),
        ("both", L.Bidirectional(LSTM(2)), state * 2),
    ):
        same = outcome(lambda f=layer, s=states: close(f(X, s), f(X, initial_state=s)))
        seen[name] = same[:20], outcome(lambda f=layer: f(X, MASK).shape)[:60]
    return seen


@attack("shapes.unknown-arguments")
def arguments_of_keras_two():
    """Of RNN, LSTMCell and Bidirectional too: which of eleven are refused by name?"""
    names = ("batch_input_shape", "time_major", "batch_shape", "batch_size", "input_length")
    names += ("ragged", "weights", "input_dim", "input_shape", "inputs", "num_units")
    seen = {}
    for name in names:
        makers = [LSTM, lambda u, **o: L.RNN(L.LSTMCell(u), **o), L.LSTMCell]
        words = [outcome(lambda m=m, n=name: m(2, **{n: 3})) for m in makers]
        seen[name] = [name in text and "Error" in text for text in words]
    return seen


@attack("shapes.input-shape")
def shapes_in_the_layer():
    """With batch_size, behind another layer, in RNN, as input_dim: built, with a warning?"""
    seen = {}
    for name, layer in {
        "first": lambda: keras.Sequential([LSTM(2, input_shape=(5, 3))]),
        "second": lambda: keras.Sequential([L.Masking(), LSTM(2, input_shape=(5, 3))]),
        "rnn": lambda: keras.Sequential([L.RNN(L.LSTMCell(2), input_shape=(5, 3))]),
        "dim": lambda: keras.Sequential([LSTM(2, input_dim=3)]),
        "both": lambda: keras.Sequential([L.Bidirectional(LSTM(2), input_shape=(5, 3))]),
        "inner": lambda: keras.Sequential([L.Bidirectional(LSTM(2, input_shape=(5, 3)))]),
    }.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            built = outcome(lambda f=layer: f().built)
        seen[name] = built[:50], any("Input" in str(w.message) for w in caught)
    return seen


@attack("shapes.empty-sequence")
def empty_in_predict():
    """A predict that was traced for an open length: does it refuse data without timesteps?"""
    model = keras.Sequential([keras.Input((None, 3)), LSTM(2)])
    for timesteps in (5, 4):
        model.predict(X[:, :timesteps], verbose=0)
    return outcome(lambda: np.any(model.predict(X[:, :0], verbose=0)))


@attack("shapes.sequential-length")
def length_behind_flatten():
    """A Dense behind Flatten in the model: another length?"""
    rows = LSTM(2, return_sequences=True)
    model = keras.Sequential([keras.Input((5, 3)), rows, L.Flatten(), L.Dense(1)])
    return refused(lambda: model(draw(2, 7, 3)))


@attack("shapes.functional-length")
def second_lengths():
    """By predict, fit and batches, after data of the right length: is another refused?"""
    inputs = keras.Input((5, 3))
    model = keras.Model(inputs, LSTM(2)(inputs))
    model.compile("sgd", "mse")
    y = np.ones((3, 2))
    calls = [lambda x: model.predict(x, verbose=0), model.predict_on_batch]
    calls += [lambda x: model.fit(x, y, verbose=0), lambda x: model.train_on_batch(x, y), model]
    seen = []
    for call in calls:
        call(X)
        seen.append(refused(lambda f=call: f(X[:, :4])))
    return seen


@attack("shapes.rank")
def nested_lists():
    """Rows in lists, arrays in a list, a number: how many axes, in words?"""
    given = [[1.0, 2.0], [3.0, 4.0]], [np.ones((5, 3)), np.ones((5, 3))], 3.0
    return [outcome(lambda v=x: LSTM(2)(v))[:90] for x in given]


@attack("shapes.rank")
def arrays_of_other_ranks_in_a_model():
    """Behind Input((5, 1)), arrays of two axes, and of four whose last is 1: which shapes?"""
    model = keras.Sequential([keras.Input((5, 1)), LSTM(2)])
    return [outcome(lambda s=shape: model(np.ones(s)).shape) for shape in ((2, 5), (2, 5, 1, 1))]


@attack("shapes.return-state")
def states_of_other_layers():
    """Of Bidirectional, RNN of two cells and GRU, with return_state=True: how many tensors?"""
    cells = [L.LSTMCell(2), L.LSTMCell(2)]
    both = L.Bidirectional(LSTM(2, return_state=True))
    layers = [LSTM(2, return_state=True), both, L.RNN(cells, return_state=True)]
    return [len(layer(X)) for layer in [*layers, L.GRU(2, return_state=True)]]


@attack("shapes.input-shape")
def input_shape_of_an_input_layer():
    """input_shape of an InputLayer: is it built, and of what does it warn?"""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = keras.Sequential([L.InputLayer(input_shape=(5, 3)), LSTM(2)])
    return model.built, [str(warning.message) for warning in caught]


@attack("shapes.double-precision")
def double_precision_with_dropout():
    """Two training calls with dropout and a seed: do float64 and float32 give the same?"""
    layer = LSTM(20, dropout=0.5, seed=1)
    x = X.astype("float64")
    return bool(np.array_equal(layer(x, training=True), layer(X, training=True)))


@attack("shapes.time-axis")
def vectors_on_the_batch_axis_of_two_calls():
    """Stateful, with vectors on the batch axis: does a second call start anew?"""
    layer = LSTM(2, stateful=True)
    series = np.ones((4, 1, 3))
    return bool(np.array_equal(layer(series), layer(series)))


@attack("shapes.no-features")
def two_samples_without_features():
    """Two samples in predict, and one by XLA: is there an output, and of the bias alone?"""
    options = {"kernel_initializer": "ones", "bias_initializer": "ones"}
    seen = []
    for samples, compiled in ((2, False), (1, True)):
        model = keras.Sequential([keras.Input((3, 0)), LSTM(2, **options)])
        model.compile(jit_compile=compiled)
        x = np.ones((samples, 3, 0), "float32")
        seen.append(close(model.predict(x, verbose=0), model.layers[0](x)))
    return seen
