"""Further attacks on the claims of the chapter `modes`, one at least for each claim."""

import sys
import timeit
import warnings
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import MASK, X, alike, close, masked_model, model_of, ones, runs

LSTM, Cell = keras.layers.LSTM, keras.layers.LSTMCell


def with_gpu(call):
    """Run a call where Keras finds a GPU, and cuDNN's operation runs nothing."""
    rnn = sys.modules["keras.src.backend.tensorflow.rnn"]

    def operation(**given):
        h = given["input_h"]
        c = given["input_c"]
        return h + 0.0 * given["input"][:, :, :1], h, c, None, None

    with (
        mock.patch.object(rnn, "_is_gpu_available", return_value=True),
        mock.patch.object(tf.raw_ops, "CudnnRNNV3", side_effect=operation) as counted,
    ):
        result = outcome(call)
    return counted.called, result


@attack("modes.cudnn-requirements")
def other_arguments_for_cudnn():
    """float64, bfloat16, stateful, states, tanh of one's own, keras.ops.tanh: is it asked?"""
    options = [
        {"dtype": "float64"},
        {"dtype": "mixed_bfloat16"},
        {"stateful": True},
        {"return_state": True},
        {"activation": lambda z: keras.ops.tanh(z)},
        {"activation": keras.ops.tanh},
    ]
    return [with_gpu(lambda o=o: LSTM(2, **o)(X)[0].shape)[0] for o in options]


@attack("modes.cudnn-mask")
def masks_of_one_row_for_cudnn():
    """A mask of one row that pads at the end, and one of numbers: is cuDNN asked?"""
    row = np.array([[True, True, False, False]])
    return [with_gpu(lambda m=m: LSTM(2)(X, mask=m).shape) for m in (row, 0.5 * np.float32(row))]


@attack("modes.cudnn-in-a-graph")
def cudnn_in_a_function():
    """In a tf.function, plainly and compiled by XLA: is cuDNN asked?"""
    layer = LSTM(2)
    layer.build(X.shape)
    call = lambda x: layer(x)  # noqa: E731
    functions = [tf.function(call), tf.function(call, jit_compile=True)]
    return [with_gpu(lambda f=f: f(X).shape) for f in functions]


@attack("modes.cell-without-cudnn")
def looped_cells_on_a_gpu():
    """Of a list of cells, and in Bidirectional: is cuDNN asked?"""
    rnn = keras.layers.RNN([Cell(2)])
    both = keras.layers.Bidirectional(keras.layers.RNN(Cell(2)))
    return [with_gpu(lambda a=a: a(X).shape)[0] for a in (rnn, both)]


@attack("modes.cudnn-mask-in-predict")
def layers_that_loop_on_a_gpu():
    """predict with padding in front: by default, relu, recurrent_dropout, no bias, run eagerly."""
    data = [X, ~MASK]
    results = []
    for options in ({}, {"activation": "relu"}, {"recurrent_dropout": 0.5}, {"use_bias": False}):
        model = masked_model(LSTM(2, **options))
        results.append(with_gpu(lambda m=model: m.predict_on_batch(data).shape)[1][:20])
    model = masked_model(LSTM(2))
    model.compile(run_eagerly=True)
    return *results, with_gpu(lambda: model.predict_on_batch(data).shape)[1][:20]


@attack("modes.without-cudnn")
def bits_in_other_ways():
    """By XLA, and with a mask: the same bits?"""
    auto, never = alike(LSTM(2), LSTM(2, use_cudnn=False))
    call = [lambda x, a=a: a(x, mask=MASK) for a in (auto, never)]
    y = [tf.function(c, jit_compile=True)(X) for c in call]
    return bool(np.array_equal(*y)), bool(np.array_equal(call[0](X), call[1](X)))


@attack("modes.cudnn-forbids-xla")
def what_else_allows_xla():
    """On a GPU: does XLA compile a layer with relu, unrolled, RNN(LSTMCell)?"""

    def compiled(layer):
        model = model_of(layer())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.compile(jit_compile=True)
        return bool(model.jit_compile)

    layers = [
        lambda: LSTM(2, activation="relu"),
        lambda: LSTM(2, unroll=True),
        lambda: keras.layers.RNN(Cell(2)),
        lambda: keras.layers.Bidirectional(LSTM(2, use_cudnn=False)),
    ]
    return [with_gpu(lambda a=a: compiled(a))[1] for a in layers]


@attack("modes.mask-in-a-list")
def other_collections_of_masks():
    """A tuple, [None, mask], an empty list; and in Bidirectional: which mask counts?"""
    layer = LSTM(2)
    both = keras.layers.Bidirectional(LSTM(2))
    y = layer(X, mask=MASK)
    plain = layer(X)
    return [
        outcome(lambda: close(layer(X, mask=(MASK, None)), y)),
        outcome(lambda: close(layer(X, mask=[None, MASK]), plain)),
        outcome(lambda: layer(X, mask=[]).shape),
        outcome(lambda: close(both(X, mask=[MASK, None]), both(X, mask=MASK))),
    ]


@attack("modes.stateless-call-of-stateful")
def stateless_call_in_a_function():
    """In a tf.function: is the new state lost too?"""
    layer = LSTM(2, stateful=True)
    layer(X)
    given = layer.trainable_variables, layer.non_trainable_variables
    before = np.array(layer.states[0])
    tf.function(lambda x: layer.stateless_call(*given, x)[0])(X)
    return bool(np.array_equal(layer.states[0], before))


@attack("modes.unrolled-runs")
def unrolled_runs_otherwise():
    """Unrolled: on a symbol, in predict, in predict again, on one timestep: how many runs?"""
    model = keras.Sequential([keras.Input((4, 3)), LSTM(2, unroll=True)])
    layer = LSTM(2, unroll=True)
    calls = [
        lambda: layer(keras.Input((4, 3))),
        lambda: model.predict_on_batch(X),
        lambda: model.predict_on_batch(X),
        lambda: layer(X[:, :1]),
    ]
    return [runs(call) for call in calls]


@attack("modes.run-eagerly")
def eager_runs_of_a_gpu():
    """run_eagerly=True on a GPU, by default and unrolled: how often does the cell run?"""
    results = []
    for unroll in (False, True):
        model = keras.Sequential([keras.Input((4, 3)), LSTM(2, unroll=unroll)])
        model.compile(run_eagerly=True)
        with_gpu(lambda m=model: results.append(runs(lambda: m.predict_on_batch(X))))
    return results


@attack("modes.xla")
def xla_on_other_numbers():
    """relu, hard_sigmoid and tanh on NaN and infinity; float16; 1,000 timesteps; dropout."""
    x = X.copy()
    x[0, 1] = np.nan
    x[1, 1] = np.inf
    long = np.random.RandomState(1).randn(1, 1000, 3).astype("float32")
    trials = [
        ({}, x, {}),
        ({"activation": "relu"}, x, {}),
        ({"recurrent_activation": "hard_sigmoid"}, x, {}),
        ({}, long, {}),
        ({"dtype": "float16"}, X, {}),
        ({"dropout": 0.5, "seed": 1}, X, {"training": True}),
        ({}, X, {"mask": MASK}),
        ({"unroll": True}, X, {"mask": MASK}),
    ]
    results = []
    for options, data, arguments in trials:
        plain, jitted = alike(*(LSTM(2, return_sequences=True, **options) for _ in "ab"))
        call = lambda x, a=jitted, k=arguments: a(x, **k)  # noqa: E731
        y = plain(data, **arguments)
        z = tf.function(call, jit_compile=True)(data)
        results.append(bool(np.allclose(y, z, atol=1e-3, equal_nan=True)))
    return results


@attack("modes.xla-training")
def xla_training_with_masks_and_dropout():
    """A step with XLA and one without: with a mask, with each dropout of one seed."""
    results = []
    for options in ({}, {"dropout": 0.5, "seed": 1}, {"recurrent_dropout": 0.5, "seed": 1}):
        trained = []
        for layer, jit in zip(
            alike(*(LSTM(2, **options) for _ in "ab")), (True, False), strict=True
        ):
            model = masked_model(layer)
            model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=jit)
            model.train_on_batch([X, MASK], ones(2, 2))
            trained.append(model.get_weights()[0])
        results.append(close(*trained))
    return results


@attack("modes.shape-in-a-graph")
def shapes_with_other_arguments():
    """Of a batch left open, with masks, states, return_state, unrolled: the output's shape."""
    spec = tf.TensorSpec((None, 4, 3))
    state = [ones(1, 2)] * 2
    trials = [
        ({}, {}),
        ({"return_sequences": True}, {"mask": MASK}),
        ({"return_sequences": True, "unroll": True}, {}),
        ({"unroll": True}, {"mask": MASK}),
        ({"return_sequences": True, "go_backwards": True}, {}),
        ({"return_sequences": True}, {"initial_state": state}),
        ({"return_state": True}, {}),
    ]
    results = []
    for options, arguments in trials:
        layer = LSTM(2, **options)
        layer.build((None, 4, 3))
        call = tf.function(lambda x, a=layer, k=arguments: a(x, **k))
        results.append(outcome(lambda c=call: c.get_concrete_function(spec).output_shapes))
    return results


@attack("modes.unrolled-graph")
def graphs_with_other_arguments():
    """Operations of a loop and of an unrolled layer at 2, 3 and 6 timesteps."""
    results = []
    for options in ({}, {"go_backwards": True}, {"use_bias": False}):
        for unroll in (False, True):
            layer = LSTM(2, unroll=unroll, **options)
            layer.build((1, 4, 3))
            sizes = []
            for t in (2, 3, 6):
                spec = tf.TensorSpec((1, t, 3))
                call = tf.function(lambda x, a=layer: a(x))
                sizes.append(len(call.get_concrete_function(spec).graph.get_operations()))
            results.append(sizes)
    return results


@attack("modes.weights-are-read")
def new_weights_elsewhere():
    """Weights assigned one by one, in Bidirectional, compiled by XLA: are they read?"""
    layer = LSTM(2)
    model = model_of(keras.layers.Bidirectional(layer))
    model.compile(jit_compile=True)
    model.predict_on_batch(X)
    for weight in model.weights:
        weight.assign(0 * weight)
    return not np.any(model.predict_on_batch(X))


@attack("modes.implementations")
def products_with_dropout():
    """Products a timestep with implementation 1 and 2: without and with dropout, at inference."""
    results = []
    ops = sys.modules["keras.src.ops"]
    for options in ({}, {"dropout": 0.5}):
        for k in (1, 2):
            layer = LSTM(2, implementation=k, unroll=True, **options)
            layer.build(X.shape)
            with mock.patch.object(ops, "matmul", wraps=keras.ops.matmul) as matmul:
                layer(X)
            results.append(matmul.call_count / 4)
    return results


@attack("modes.quantize-refused")
def other_modes_of_quantizing():
    """int8, int4, float8, gptq; a layer that is not built: refused?"""
    built = LSTM(2)
    built.build(X.shape)
    calls = [lambda m=m: built.quantize(m) for m in ("int8", "int4", "float8", "gptq")]
    calls += [lambda: LSTM(2).quantize("int8")]
    return [outcome(call)[:24] for call in calls]


@attack("modes.predict-is-call")
def stateful_in_predict():
    """A stateful layer: does predict after a call return the same?"""
    layer = LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), layer])
    y = np.array(model(X))
    return close(model.predict(X, batch_size=2, verbose=0), y)


@attack("modes.predict-is-call")
def bits_of_predict():
    """Of 64 units on 100 timesteps: the same bits as of a call?"""
    x = np.random.RandomState(1).randn(8, 100, 3).astype("float32")
    layer = LSTM(64)
    model = model_of(layer)
    y = np.array(layer(x))
    return [bool(np.array_equal(f(x), y)) for f in (model.predict_on_batch, model.predict)], bool(
        np.array_equal(model.predict(x, batch_size=3, verbose=0), y)
    )


@attack("modes.predict-on-batch")
def stateful_on_batch():
    """A stateful layer: is predict_on_batch what the call before it returned?"""
    layer = LSTM(2, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), layer])
    y = np.array(model(X))
    return close(model.predict_on_batch(X), y)


@attack("modes.inputs-of-two-lengths")
def two_lengths_in_other_ways():
    """In predict: in a loop, of Bidirectional, unrolled: as if each alone?"""
    results = []
    for layer, length in ((LSTM(2), None), (keras.layers.Bidirectional(LSTM(2)), None)):
        a = keras.Input((length, 3))
        b = keras.Input((length, 3))
        model = keras.Model([a, b], [layer(a), layer(b)])
        y, z = model.predict_on_batch([X, X[:, :2]])
        results.append(close(y, layer(X)) and close(z, layer(X[:, :2])))
    unrolled = LSTM(2, unroll=True)
    a = keras.Input((4, 3))
    b = keras.Input((2, 3))
    model = keras.Model([a, b], [unrolled(a), unrolled(b)])
    y, _ = model.predict_on_batch([X, X[:, :2]])
    return *results, close(y, unrolled(X))


@attack("modes.stateless-call")
def stateless_call_with_dropout():
    """With dropout, twice: the same numbers, the layer's seed kept, the returned one equal?"""
    layer = LSTM(2, dropout=0.5, seed=1)
    layer.build(X.shape)
    given = layer.trainable_variables, layer.non_trainable_variables
    before = [np.array(v) for v in layer.non_trainable_variables]
    (y, new), (z, _) = (layer.stateless_call(*given, X, training=True) for _ in range(2))
    kept = [
        bool(np.array_equal(v, b))
        for v, b in zip(layer.non_trainable_variables, before, strict=True)
    ]
    return close(y, z), kept, [bool(np.array_equal(v, b)) for v, b in zip(new, before, strict=True)]


@attack("modes.arrays-and-tensors")
def other_types_of_numbers():
    """In float64, float16 and int32: are array, tensor and Variable taken alike?"""
    layer = LSTM(2)
    results = []
    layer.build(X.shape)
    for dtype in ("float64", "float16", "int32"):
        x = (4 * X).astype(dtype)
        data = [x, keras.ops.convert_to_tensor(x), keras.Variable(x, dtype=dtype), tf.Variable(x)]
        results.append([outcome(lambda d=d: round(float(layer(d)[0, 0]), 5))[:14] for d in data])
    return results


@attack("modes.dataset")
def datasets_of_other_forms():
    """Of pairs with targets, and of samples without batches: does predict read it?"""
    model = model_of(LSTM(2))
    results = []
    pairs = tf.data.Dataset.from_tensor_slices((X, ones(2, 2))).batch(1)
    unbatched = tf.data.Dataset.from_tensor_slices(X)
    for data in (pairs, unbatched):
        results.append(outcome(lambda d=data: close(model.predict(d, verbose=0), model(X))))
    return results


@attack("modes.ragged-sequences")
def lengths_in_other_ways():
    """Run eagerly, with return_state, in batches of two sizes: what is returned?"""
    results = []
    for options, eager in (({}, True), ({"return_state": True}, False)):
        x = keras.Input((None, 3))
        model = keras.Model(x, LSTM(2, return_sequences=True, **options)(x))
        model.compile(run_eagerly=eager)
        batches = ((ones(b, t, 3),) for b, t in ((1, 2), (3, 4)))
        y = model.predict(batches, steps=2, verbose=0)
        results.append([type(part).__name__ for part in (y if isinstance(y, list) else [y])])
    return results


@attack("modes.generator-of-tuples")
def what_else_a_generator_may_yield():
    """Tensors, lists, dictionaries: accepted?"""
    model = model_of(LSTM(2))
    items = [keras.ops.convert_to_tensor(X), [X], {"x": X}]
    return [
        outcome(lambda i=i: model.predict((i for _ in "ab"), steps=2, verbose=0).shape)[:24]
        for i in items
    ]


@attack("modes.cost-of-predict")
def long_batch_in_predict():
    """One sample of 2,000 timesteps, 8 units: how many times as long does predict take?"""
    model = model_of(LSTM(8))
    x = ones(1, 2000, 3)
    model.predict(x, verbose=0)
    times = [
        min(timeit.repeat(lambda f=f: f(x), number=1, repeat=5))
        for f in (lambda x: model.predict(x, verbose=0), model.predict_on_batch)
    ]
    return round(times[0] / times[1], 1)


@attack("modes.any-arguments")
def arguments_of_training():
    """Many arguments at once, with tanh, softmax and linear: as a layer without them?"""
    options = {
        "kernel_constraint": "non_neg",
        "kernel_regularizer": "l2",
        "activity_regularizer": "l1",
        "dropout": 1.0,
        "recurrent_dropout": 1.0,
        "seed": 3,
        "stateful": True,
        "unroll": True,
    }
    return [
        close(*(a(X) for a in alike(LSTM(2, activation=f), LSTM(2, activation=f, **options))))
        for f in ("tanh", "softmax", "linear")
    ]


@attack("modes.predict-on-batch")
def attached_mask_on_batch():
    """An input with an attached mask, in a call and in predict_on_batch."""
    model = model_of(LSTM(2))
    masked = keras.layers.Masking()(np.where(MASK[:, :, None], X, np.float32(0)))
    return close(model.predict_on_batch(masked), model(masked))


@attack("modes.stateless-call")
def attached_mask_of_a_stateless_call():
    """An input with an attached mask, in a call and in stateless_call, of a layer and a model."""
    lstm = LSTM(2)
    masked = keras.layers.Masking()(np.where(MASK[:, :, None], X, np.float32(0)))
    both = lstm, model_of(lstm)
    expected = [callee(masked) for callee in both]
    variables = [(callee.trainable_variables, callee.non_trainable_variables) for callee in both]
    calls = [
        callee.stateless_call(*pair, masked)[0]
        for callee, pair in zip(both, variables, strict=True)
    ]
    return [close(y, z) for y, z in zip(calls, expected, strict=True)]


@attack("modes.losses-of-stateless-call")
def activity_of_the_layer_itself():
    """Count losses of an LSTM's activity, by stateless_call of the layer and of a model."""
    lstm = LSTM(2, activity_regularizer="l2")
    counts = []
    for callee in (lstm, model_of(lstm)):
        callee(X)
        ordinary = len(callee.losses)
        variables = callee.trainable_variables, callee.non_trainable_variables
        *_, losses = callee.stateless_call(*variables, X, return_losses=True)
        counts.append((ordinary, len(losses)))
    return counts


@attack("modes.unrolled-second-length")
def compiled_for_another_length():
    """Predict on a second length after compile(), and after make_predict_function(force=True)."""
    model = model_of(LSTM(2, unroll=True))
    shapes = [outcome(lambda: model.predict(X, verbose=0).shape)]
    for renew in (model.compile, lambda: model.make_predict_function(force=True)):
        shapes.append(outcome(lambda: model.predict(X[:, len(shapes) :], verbose=0).shape)[:40])
        renew()
        shapes.append(outcome(lambda: model.predict(X[:, len(shapes) - 1 :], verbose=0).shape))
    return shapes


@attack("modes.xla-training")
def noise_by_xla():
    """GaussianNoise of one seed, and an id that is too large, by a step with XLA and without."""
    weights = []
    ids = []
    for jit in (True, False):
        model = model_of(keras.layers.GaussianNoise(0.5, seed=1), LSTM(2, seed=1))
        model.set_weights([np.full(w.shape, 0.5) for w in model.get_weights()])
        model.compile("sgd", "mse", jit_compile=jit)
        model.train_on_batch(X, ones(2, 2))
        weights.append(model.get_weights()[0])
        words = keras.Sequential([keras.Input((3,)), keras.layers.Embedding(5, 2), LSTM(2)])
        words.compile("sgd", "mse", jit_compile=jit)
        ids.append(outcome(lambda m=words: m.train_on_batch(np.array([[1, 2, 7]]), ones(1, 2))))
    return close(*weights), ids


@attack("modes.ragged-sequences")
def sequences_below_the_output():
    """With return_sequences below another LSTM, and below pooling: a RaggedTensor?"""
    kinds = []
    for above in (LSTM(2), keras.layers.GlobalMaxPooling1D(), keras.layers.Dense(1)):
        model = model_of(LSTM(2, return_sequences=True), above)
        batches = ((ones(1, timesteps, 3),) for timesteps in (1, 3))
        kinds.append(type(model.predict(batches, steps=2, verbose=0)).__name__)
    return kinds


@attack("modes.evaluate-loss")
def loss_that_a_layer_adds():
    """A layer that calls add_loss: does evaluate report the loss of a call?"""

    class Adding(keras.layers.Layer):
        def call(self, x):
            self.add_loss(keras.ops.mean(x * x))
            return x

    model = model_of(LSTM(2), Adding())
    model.compile(loss="mse")
    return close(
        model.evaluate(X, np.zeros((2, 2)), verbose=0), np.mean(np.square(np.array(model(X))))
    )


@attack("modes.cost-of-predict")
def cost_of_larger_models():
    """Five LSTMs run eagerly, and one of 2048 units: how many times as long does predict take?"""
    stack = [LSTM(64, return_sequences=True) for _ in range(5)]
    factors = []
    for inside, eagerly in ((stack, True), ([LSTM(2048)], False)):
        model = model_of(*inside)
        model.compile(run_eagerly=eagerly)
        x = ones(2, 3, 3)
        slow = timeit.repeat(lambda m=model, x=x: m.predict(x, verbose=0), number=1, repeat=4)
        fast = timeit.repeat(lambda m=model, x=x: m.predict_on_batch(x), number=1, repeat=4)
        factors.append(round(min(slow) / min(fast), 1))
    return factors


@attack("modes.attributes-are-frozen")
def attribute_of_a_wrapper():
    """go_backwards set on Bidirectional and on an LSTM: do their calls change?"""
    layers = keras.layers.Bidirectional(LSTM(2)), LSTM(2)
    before = [np.array(layer(X)) for layer in layers]
    for layer in layers:
        layer.go_backwards = True
    return [not close(layer(X), y) for layer, y in zip(layers, before, strict=True)]


@attack("modes.batch-size")
def samples_that_meet():
    """Behind an LSTM, Softmax over the batch: the same in batches of one and of two?"""
    models = [model_of(LSTM(2)), model_of(LSTM(2), keras.layers.Softmax(axis=0))]
    return [
        close(model.predict(X, batch_size=1, verbose=0), model.predict(X, batch_size=2, verbose=0))
        for model in models
    ]


def not_a_number(layer, **options):
    """Return how many NaN are put out for an input with one by a call and by a tf.function."""
    x = np.where(np.arange(4)[:, None] == 1, np.nan, X).astype("float32")
    compiled = tf.function(lambda x: layer(x), **options)
    return [int(np.isnan(y).sum()) for y in (layer(x), compiled(x))]


@attack("modes.compiled")
def nan_in_a_function():
    """NaN and hard gates and outputs, in a graph and by XLA: as many NaN as of a call?"""
    layer = LSTM(2, activation="hard_tanh", recurrent_activation="hard_sigmoid")
    layer.build(X.shape)
    return [not_a_number(layer), not_a_number(layer, jit_compile=True)]


@attack("modes.predict-is-call")
def nan_in_predict():
    """NaN and hard gates, by default and by XLA: as many NaN from predict as from a call?"""
    model = model_of(LSTM(2, activation="hard_tanh", recurrent_activation="hard_sigmoid"))
    x = np.where(np.arange(4)[:, None] == 1, np.nan, X).astype("float32")
    counts = [int(np.isnan(model(x)).sum()), int(np.isnan(model.predict(x, verbose=0)).sum())]
    model.compile(jit_compile=True)
    return [*counts, int(np.isnan(model.predict(x, verbose=0)).sum())]


@attack("modes.eager-runs")
def loops_over_stacks():
    """RNN over two cells, four timesteps: how often does each of them run?"""
    layer = keras.layers.RNN([Cell(2), Cell(2)])
    layer.build(X.shape)
    return runs(lambda: layer(X)) / 2


@attack("modes.unrolled-runs")
def unrolled_stacks():
    """An unrolled RNN over two cells, four timesteps: how often does each of them run?"""
    layer = keras.layers.RNN([Cell(2), Cell(2)], unroll=True)
    layer.build(X.shape)
    return runs(lambda: layer(X)) / 2


@attack("modes.python-runs-twice")
def traced_stacks():
    """RNN over two cells: how often does each run when traced, and in a second call?"""
    layer = keras.layers.RNN([Cell(2), Cell(2)])
    layer.build(X.shape)
    call = tf.function(lambda x: layer(x))
    return [runs(lambda: call(X)) / 2 for _ in range(2)]


@attack("modes.generator")
def generated_for_fixed_lengths():
    """Lengths 4, 3 and 2 for a model of four timesteps, and for one with Flatten: taken?"""
    fixed = keras.Sequential([keras.Input((4, 3)), LSTM(2)])
    flat = [LSTM(2, return_sequences=True), keras.layers.Flatten(), keras.layers.Dense(1)]
    models = fixed, keras.Sequential([keras.Input((4, 3)), *flat])
    return [
        outcome(
            lambda model=model: (
                model.predict(
                    ((X[:, :timesteps],) for timesteps in (4, 3, 2)), steps=3, verbose=0
                ).shape
            )
        )[:12]
        for model in models
    ]


@attack("modes.retraced")
def open_and_unrolled():
    """A function of open length around a looped and an unrolled LSTM: taken?"""
    outcomes = []
    for unroll in (False, True):
        layer = LSTM(2, unroll=unroll)
        layer.build(X.shape)
        call = tf.function(
            lambda x, layer=layer: layer(x), input_signature=[tf.TensorSpec((None, None, 3))]
        )
        outcomes.append(outcome(lambda call=call: call(X).shape)[:10])
    return outcomes


@attack("modes.symbolic-call")
def symbols_to_blocks():
    """A layer of one's own around an LSTM, on keras.Input: how often does the cell run?"""

    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = LSTM(2)

        def call(self, x):
            return self.inner(x)

    return runs(lambda: Block()(keras.Input((4, 3))))


@attack("modes.cudnn-in-a-graph")
def other_arguments_in_a_graph():
    """In a graph of TensorFlow 1: by default, without use_cudnn, unrolled, relu: is cuDNN asked?"""
    asked = []
    for options in ({}, {"use_cudnn": False}, {"unroll": True}, {"activation": "relu"}):
        with tf.Graph().as_default():
            asked.append(with_gpu(lambda o=options: LSTM(2, **o)(tf.constant(X)).shape)[0])
    return asked


def monte_carlo(functional):
    """Return a model that calls an LSTM with dropout with training=True."""
    layer = LSTM(8, dropout=0.5)
    if functional:
        x = keras.Input((4, 3))
        return keras.Model(x, layer(x, training=True))

    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = layer

        def call(self, x):
            return self.inner(x, training=True)

    return Model()


@attack("modes.predict-is-call")
def dropout_in_predict():
    """Called with training=True in a functional model: do a call and predict drop out?"""
    model = monte_carlo(functional=True)
    plain = model(X, training=False)
    return [not close(y, plain) for y in (model(X), model.predict(X, verbose=0))]


@attack("modes.batch-size")
def dropout_in_batches():
    """Called with training=True in a model, functional and not: one output by any batch size?"""
    models = [monte_carlo(functional) for functional in (True, False)]
    return [
        close(*[model.predict(X, batch_size=size, verbose=0) for size in (1, 2)])
        for model in models
    ]


@attack("modes.unrolled-open-length")
def open_timesteps_of_an_unrolled_layer():
    """With a mask, in training, in a Bidirectional, by XLA; and opened by reduce_retracing=True."""
    layer = LSTM(2, unroll=True)
    x = tf.constant(ones(2, 3, 1))
    kinds = {
        "mask": tf.function(lambda x: layer(x, mask=x[:, :, 0] > 0)),
        "training": tf.function(lambda x: layer(x, training=True)),
        "Bidirectional": tf.function(keras.layers.Bidirectional(LSTM(2, unroll=True))),
        "XLA": tf.function(layer, jit_compile=True),
    }
    signature = tf.TensorSpec((None, None, 1))
    opened = {
        name: outcome(lambda kind=kind: kind.get_concrete_function(signature).name)
        for name, kind in kinds.items()
    }
    retraced = tf.function(LSTM(2, unroll=True), reduce_retracing=True)
    lengths = [outcome(lambda t=t: tuple(retraced(x[:, :t]).shape)) for t in (3, 2)]
    return opened, lengths


@attack("modes.failed-first-trace")
def layers_that_a_failed_trace_has_built():
    """In a Bidirectional, a model, an RNN and a Dense: the next call, plain and in a graph."""
    makers = {
        "Bidirectional": lambda: keras.layers.Bidirectional(LSTM(2)),
        "Sequential": lambda: keras.Sequential([LSTM(2)]),
        "RNN": lambda: keras.layers.RNN(Cell(2)),
        "Dense": lambda: keras.layers.Dense(2),
    }

    def fails(x):
        raise ValueError(layer(x).shape)

    seen = {}
    for name, make in makers.items():
        layer = make()
        first = outcome(lambda: tf.function(fails)(ones(2, 3, 1)))
        later = [
            outcome(lambda run=run: tuple(run(ones(2, 3, 1)).shape))
            for run in (layer, tf.function(layer))
        ]
        seen[name] = [first, *later]
    return seen
