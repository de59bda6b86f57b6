"""Attacks on claims of modes and saving that were read in order by one who wanted them false."""

import pickle
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import (
    BLANK,
    LSTM,
    X,
    alike,
    close,
    model_of,
    ones,
    runs,
    under,
)


def read_again(model, name="lstm.keras"):
    """Save a model under a name and load it again."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(Path(folder, name))
        return keras.models.load_model(Path(folder, name))


def survives(model, x, name):
    """Say whether a model computes the same after it is saved and loaded."""
    return outcome(lambda: close(read_again(model, name)(x), model(x)))[:80]


def batches(*lengths):
    """Yield batches of two samples of these lengths."""
    return ((ones(2, timesteps, 3),) for timesteps in lengths)


@attack("modes.use-cudnn-refused")
def demanded_and_loaded():
    """With use_cudnn=True, called, in Bidirectional, and loaded from a file: does it run?"""
    model = model_of(LSTM(2, use_cudnn=True))
    both = layers.Bidirectional(LSTM(2, use_cudnn=True))
    loaded = read_again(model)
    return [outcome(lambda f=f: f(X).shape)[:12] for f in (model, both, loaded)]


@attack("modes.stateless-call-of-stateful")
def new_state_in_a_stateless_call():
    """With return_state=True and with initial_state: is the new state returned, the kept read?"""
    layer = LSTM(2, stateful=True, return_state=True)
    layer(X)
    given = layer.trainable_variables, layer.non_trainable_variables
    kept = [np.array(state) for state in layer.states]
    (_, *new), _ = layer.stateless_call(*given, X)
    (y, *_), _ = layer.stateless_call(*given, X, initial_state=[ones(2, 2)] * 2)
    plain = alike(layer, LSTM(2))[1]
    return {
        "new": not close(new[0], kept[0]),
        "initial_state": close(y, plain(X, initial_state=[ones(2, 2)] * 2)),
    }


@attack("modes.predict-traces-twice")
def two_inputs_of_lengths():
    """Of two inputs, (1, 2), (3, 2), (3, 4) and (5, 6) timesteps: how often do the cells run?"""
    layer = LSTM(2)
    a = keras.Input((None, 3))
    b = keras.Input((None, 3))
    model = keras.Model([a, b], [layer(a), layer(b)])
    pairs = [[ones(2, s, 3), ones(2, t, 3)] for s, t in ((1, 2), (3, 2), (3, 4), (5, 6))]
    return [runs(lambda pair=pair: model.predict(pair, verbose=0)) for pair in pairs]


@attack("modes.unrolled-second-length")
def second_length_of_another_type():
    """Unrolled, four timesteps, then three of whole numbers, then two of either: refused?"""
    model = model_of(LSTM(2, unroll=True))
    whole = (4 * X).astype(int)
    data = X, whole[:, :3], whole[:, :2], X[:, :2]
    return [outcome(lambda x=x: model.predict(x, verbose=0).shape)[:12] for x in data]


@attack("modes.retraced")
def met_length_of_another_batch():
    """Two lengths, then the first in a batch of another size and of another type: traced?"""
    layer = LSTM(2)
    layer.build(X.shape)
    call = tf.function(lambda x: layer(x))
    data = X, X[:, :2], X, X[:1], X.astype("float64")
    return [runs(lambda x=x: call(x)) for x in data]


@attack("modes.xla-training")
def kink_of_a_loss():
    """A step by XLA and without, of mae, whose targets are the outputs: the same weights?"""
    trained = []
    for jit in (True, False):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((1, 3)), LSTM(16, unroll=True, use_cudnn=False)])
        y = model(X[:, :1])
        model.compile(keras.optimizers.SGD(1.0), "mae", jit_compile=jit)
        model.train_on_batch(X[:, :1], y)
        trained.append(model.get_weights()[0])
    return close(*trained)


@attack("modes.xla")
def ids_by_xla():
    """An id that is too large for its Embedding, in predict without XLA and with: taken?"""
    seen = []
    for jit in (False, True):
        model = keras.Sequential([keras.Input((3,)), layers.Embedding(5, 2), LSTM(2)])
        model.compile(jit_compile=jit)
        seen.append(outcome(lambda m=model: m.predict_on_batch(np.array([[1, 2, 7]])).shape)[:20])
    return seen


@attack("modes.weights-are-read")
def weights_of_normalization():
    """set_weights of an adapted Normalization: does predict use them?"""
    layer = layers.Normalization()
    layer.adapt(X)
    model = model_of(layer)
    y = model.predict_on_batch(X)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    return not close(model.predict_on_batch(X), y)


@attack("modes.predict-is-call")
def attached_mask_in_predict():
    """A tensor with an attached mask: does predict return what a call does?"""
    model = model_of(LSTM(2))
    masked = layers.Masking()(BLANK)
    return close(model.predict(masked, verbose=0), model(masked))


@attack("modes.predict-on-batch")
def dropout_on_batch():
    """Called with training=True in a functional model: what a call returns?"""
    x = keras.Input((4, 3))
    model = keras.Model(x, LSTM(8, dropout=0.5)(x, training=True))
    return close(model.predict_on_batch(X), model(X))


@attack("modes.kinds-of-model")
def axis_that_is_missing():
    """Input without the axis of its only feature: does a model take it, and its layer?"""
    layer = LSTM(2)
    model = keras.Sequential([keras.Input((4, 1)), layer])
    return [outcome(lambda f=f: f(ones(2, 4)).shape)[:12] for f in (model, layer)]


@attack("modes.inputs-of-two-lengths")
def weights_for_each_timestep():
    """PReLU, which has a weight for each timestep, on two lengths in one model."""
    layer = layers.PReLU()
    return [outcome(lambda t=timesteps: layer(ones(2, t, 3)).shape)[:12] for timesteps in (4, 5)]


@attack("modes.bidirectional")
def halves_that_are_merged():
    """By merge_mode: the shape, which holds two halves by default."""
    modes = ("concat", "sum", None)
    both = [layers.Bidirectional(LSTM(2), merge_mode=mode) for mode in modes]
    return [str(np.shape(model_of(layer).predict_on_batch(X))) for layer in both]


@attack("modes.ragged-sequences")
def types_and_pooled_lengths():
    """Lengths 2 and 6 of bfloat16, and behind pooling by 2: what is returned?"""
    kinds = {}
    small = LSTM(2, return_sequences=True, dtype="mixed_bfloat16")
    pooled = [LSTM(2, return_sequences=True), layers.MaxPooling1D(2)]
    for name, inside in (("bfloat16", [small]), ("pooled", pooled)):
        model = model_of(*inside)
        kinds[name] = outcome(
            lambda m=model: [
                len(row) for row in m.predict(batches(2, 6), steps=2, verbose=0).to_list()
            ]
        )[:40]
    return kinds


@attack("modes.ragged-rows")
def sequences_with_turned_axes():
    """Behind Permute: the shape of the RaggedTensor."""
    model = model_of(LSTM(2, return_sequences=True), layers.Permute((2, 1)))
    return str(model.predict(batches(2, 6), steps=2, verbose=0).shape)


@attack("modes.quantize-refused")
def other_modes_of_quantizing():
    """int4 and float8: the types of an LSTM's weights afterwards."""
    types = {}
    for mode in ("int4", "float8"):
        lstm = LSTM(2)
        model = model_of(lstm, layers.Dense(2))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.quantize(mode)
        types[mode] = sorted({w.dtype for w in lstm.weights})
    return types


@attack("saving.same-function")
def layer_with_a_vocabulary():
    """TextVectorization: do its configuration and weights make one that computes the same?"""
    layer = layers.TextVectorization()
    layer.adapt(["a b"])
    twin = type(layer).from_config(layer.get_config())
    twin.set_weights(layer.get_weights())
    return outcome(lambda: twin(["a"]))[:24]


@attack("saving.keeps-implementation")
def masks_of_both_implementations():
    """Of one seed, with `dropout` and recurrent_dropout in training: are the masks the same?"""
    seen = {}
    for argument in ("dropout", "recurrent_dropout"):
        options = {argument: 0.5, "seed": 1, "use_cudnn": False}
        pair = alike(*(LSTM(9, implementation=k, **options) for k in (1, 2)))
        seen[argument] = close(*(layer(X, training=True) for layer in pair))
    seen["by default"] = outcome(
        lambda: LSTM(2, implementation=1, dropout=0.5)(X, training=True).shape
    )[:24]
    return seen


@attack("saving.clone-model")
def clone_of_a_state():
    """A stateful model that has read something: does its clone compute the same?"""
    model = keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), LSTM(2, stateful=True)])
    model(X)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    return close(clone(X), model(X))


@attack("saving.each-argument")
def further_lost_arguments():
    """activity_regularizer of a SimpleRNN, and sparse of a CategoryEncoding: are they kept?"""
    return {
        "SimpleRNN": layers.SimpleRNN(2, activity_regularizer="l2")
        .get_config()
        .get("activity_regularizer"),
        "CategoryEncoding": layers.CategoryEncoding(3, sparse=True).get_config().get("sparse"),
    }


@keras.utils.register_keras_serializable("attacks")
class Holding(layers.Layer):
    """A layer of one's own that makes an LSTM."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = LSTM(2)

    def build(self, shape):
        """Build the LSTM."""
        self.inner.build(shape)

    def call(self, x):
        """Call the LSTM."""
        return self.inner(x)


@attack("saving.dtype-policy")
def policy_of_what_a_class_makes():
    """An LSTM, by itself and in a class of one's own, loaded where float16 is the default."""
    types = []
    for model in (model_of(LSTM(2)), model_of(Holding())):
        types.append(under("float16", lambda m=model: read_again(m))(X).dtype.name)
    return types


@attack("saving.legacy-file")
def weights_of_two_bytes():
    """Weights of float16 and of bfloat16, in .keras and in .h5: loaded?"""
    return {
        (dtype, name): survives(
            model_of(LSTM(2, dtype=dtype, recurrent_initializer="glorot_uniform")), X, name
        )
        for dtype in ("float16", "bfloat16")
        for name in ("lstm.keras", "lstm.h5")
    }


@attack("saving.legacy-mask")
def mask_in_a_part():
    """Masking and LSTM in a functional model, and in a Sequential that it calls, from .h5."""
    x = keras.Input((4, 3))
    part = keras.Sequential([keras.Input((4, 3)), layers.Masking(), LSTM(2)])
    models = keras.Model(x, LSTM(2)(layers.Masking()(x))), keras.Model(x, part(x))
    return [survives(model, BLANK, "lstm.h5")[:40] for model in models]


@attack("saving.state-is-lost")
def checkpoint_of_a_state():
    """A tf.train.Checkpoint of a stateful model, restored into another: has it the state?"""
    models = [
        keras.Sequential([keras.Input(batch_shape=(2, 4, 3)), LSTM(2, stateful=True)])
        for _ in range(2)
    ]
    models[0](X)
    with tempfile.TemporaryDirectory() as folder:
        path = tf.train.Checkpoint(model=models[0]).save(str(Path(folder, "lstm")))
        tf.train.Checkpoint(model=models[1]).restore(path)
    return close(*(model.layers[0].states[0] for model in models))


@attack("saving.dropout-starts-again")
def weights_loaded_in_between():
    """A file of weights, loaded into the model itself: does its dropout begin anew?"""
    model = model_of(LSTM(9, dropout=0.5, seed=7))
    first = model(X, training=True)
    with tempfile.TemporaryDirectory() as folder:
        model.save_weights(Path(folder, "lstm.weights.h5"))
        model.load_weights(Path(folder, "lstm.weights.h5"))
    return close(model(X, training=True), first)


def twice(x):
    """Return twice x: a function that is not registered."""
    return 2.0 * x


@attack("saving.layers-read-again")
@attack("saving.legacy-layers")
def functions_of_a_lambda():
    """A Lambda of a function that is not registered, and a vocabulary: read again?"""
    seen = {}
    words = layers.StringLookup()
    words.adapt(np.array([["a", "b"]]))
    text = keras.Input((2,), dtype="string")
    x = keras.Input((4, 3))
    for name, model, data in (
        ("function", keras.Model(x, layers.Lambda(twice)(x)), X),
        ("lambda", keras.Model(x, layers.Lambda(lambda x: 2 * x)(x)), X),
        ("vocabulary", keras.Model(text, words(text)), np.array([["a", "c"]])),
    ):
        seen[name] = [survives(model, data, file)[:30] for file in ("lstm.keras", "lstm.h5")]
    return seen


@attack("saving.structure")
def outputs_in_lists():
    """A functional model whose outputs are a tensor, a list of it, and of two: what is returned?"""
    x = keras.Input((4, 3))
    y = LSTM(2)(x)
    return [type(keras.Model(x, outputs)(X)).__name__ for outputs in (y, [y], [y, y])]


def exported(model):
    """Export a model as a SavedModel and load it as a layer."""
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        return layers.TFSMLayer(folder, call_endpoint="serve")


@attack("saving.structure")
def optional_input():
    """An optional input, given None, of a clone and of a model from the configuration: taken?"""
    x = keras.Input((4, 3))
    z = keras.Input((4, 3), optional=True)
    model = keras.Model({"x": x, "z": z}, LSTM(2)(x))
    copies = keras.models.clone_model(model), keras.Model.from_config(model.get_config())
    return [outcome(lambda m=copied: m({"x": X, "z": None}).shape)[:10] for copied in copies]


@attack("saving.weights-file-of-other-class")
def layers_as_attributes():
    """In a model of one's own, an LSTM and an RNN of a cell by the same name: are they loaded?"""

    class Attribute(keras.Model):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, x):
            return self.inner(x)

    models = Attribute(LSTM(2)), Attribute(layers.RNN(layers.LSTMCell(2)))
    y, _ = (model(X) for model in models)
    with tempfile.TemporaryDirectory() as folder:
        models[0].save_weights(Path(folder, "lstm.weights.h5"))
        models[1].load_weights(Path(folder, "lstm.weights.h5"))
    return close(models[1](X), y)


@attack("saving.export")
def whole_numbers_for_a_saved_model():
    """Fractions of two types, whole numbers and booleans: does the SavedModel take them?"""
    loaded = exported(model_of(LSTM(2)))
    data = X, X.astype("float64"), (4 * X).astype(int), X > 0
    return [outcome(lambda x=x: loaded(x).shape)[:10] for x in data]


@attack("saving.export-structure")
def numbers_as_keys():
    """Inputs and outputs by number, and by text with a space: exported?"""
    x = keras.Input((4, 3))
    y = LSTM(2)(x)
    models = [keras.Model({key: x}, {key: y}) for key in ("a b", 0)]
    return [outcome(lambda m=model: exported(m))[:12] for model in models]


def halved(y_true, y_pred):
    """Return half the squares: a loss that is not registered."""
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1) / 2


@attack("saving.keras-file")
def compiled_with_a_function():
    """A model compiled with a loss of its own, by default and with compile=False: loaded?"""
    model = model_of(LSTM(2))
    model.compile("sgd", halved)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "lstm.keras")
        model.save(file)
        return [
            outcome(lambda c=compiled: keras.models.load_model(file, compile=c))[:24]
            for compiled in (True, False)
        ]


@attack("saving.pickle")
def first_implementation_pickled():
    """A large layer with implementation=1: the same bits?"""
    layer = LSTM(40, implementation=1)
    x = np.random.RandomState(0).randn(8, 30, 5).astype("float32")
    y = np.array(layer(x))
    twin = pickle.loads(pickle.dumps(layer))
    return bool(np.array_equal(twin(x), y))


@attack("modes.losses-of-stateless-call")
def activity_of_a_model():
    """A model of one's own with an activity regularizer: how many losses, of both calls?"""

    class Penalized(keras.Model):
        def __init__(self):
            super().__init__(activity_regularizer="l2")
            self.inner = LSTM(2)

        def call(self, x):
            return self.inner(x)

    model = Penalized()
    model(X)
    ordinary = len(model.losses)
    variables = model.trainable_variables, model.non_trainable_variables
    *_, losses = model.stateless_call(*variables, X, return_losses=True)
    return ordinary, len(losses)


@attack("saving.arrays-in-a-call")
def arrays_of_other_types():
    """Arrays of whole numbers, of float64, lists, and a tensor: does the model come back?"""
    states = {
        "whole": np.ones((2, 2), int),
        "float64": np.full((2, 2), 0.1),
        "lists": [[0.5, 0.5]] * 2,
        "tensor": tf.ones((2, 2)),
    }
    ends = {}
    for name, state in states.items():
        x = keras.Input(batch_shape=X.shape)
        layer = LSTM(2)
        for ending in (".keras", ".h5"):
            ends[name + ending] = outcome(
                lambda s=state, x=x, layer=layer, e=ending: close(
                    read_again(keras.Model(x, layer(x, initial_state=[s, s])), f"lstm{e}")(X),
                    layer(X, initial_state=[np.array(s), np.array(s)]),
                )
            )
    return ends


@keras.saving.register_keras_serializable("attacks")
class Namesake(LSTM):
    """A subclass of LSTM."""


@attack("saving.subclass")
def a_subclass_in_a_wrapper():
    """In Bidirectional and in a nested model: is the class there in the loaded model?"""
    model = model_of(layers.Bidirectional(Namesake(2)))
    nested = model_of(model_of(Namesake(2)))
    kinds = {}
    for ending in (".keras", ".h5"):
        wrapped = read_again(model, f"lstm{ending}").layers[0].backward_layer
        inner = read_again(nested, f"lstm{ending}").layers[0].layers[0]
        kinds[ending] = [type(wrapped).__name__, type(inner).__name__]
    return kinds


@attack("saving.weights-file-of-subclass")
def names_that_make_the_same_folder():
    """A subclass Lstm, one of LSTM in Bidirectional: does the file of the LSTM load?"""

    def loads(source, target):
        path = Path(tempfile.mkdtemp()) / "lstm.weights.h5"
        source.save_weights(path)
        return outcome(lambda: target.load_weights(path))[:60]

    other = type("Lstm", (LSTM,), {})
    wrapper = layers.Bidirectional
    return {
        "Lstm": loads(model_of(LSTM(2)), model_of(other(2))),
        "wrapped": loads(model_of(wrapper(LSTM(2))), model_of(wrapper(Namesake(2)))),
    }


@attack("saving.by-name")
def names_in_a_nested_model():
    """Are layers of a nested model found by name, if the model bears its name too?"""

    def nested(name, units):
        inner = keras.Sequential([keras.Input((4, 3)), LSTM(2, name="a")], name=name)
        return model_of(inner, layers.Dense(units, name=f"dense_{units}"), shape=(4, 3))

    path = Path(tempfile.mkdtemp()) / "old.h5"
    old = nested("inner", 2)
    old.save(path)
    ends = {}
    for name in ("inner", "other"):
        new = nested(name, 5)
        new.load_weights(path, by_name=True)
        ends[name] = close(new.layers[0](X), old.layers[0](X))
    return ends


@attack("saving.clone-on-tensors")
def a_tensor_in_the_middle_of_a_model():
    """Can a clone be built on what a Dense puts out, and does it hold that Dense?"""
    x = keras.Input((None, 7))
    clone = keras.models.clone_model(model_of(LSTM(2)), input_tensors=layers.Dense(3)(x))
    return [type(layer).__name__ for layer in clone.layers], clone.input_shape


@attack("saving.clone-on-a-list")
def a_model_of_a_list_of_one():
    """A functional model of [x], given the tensor itself, a list and a tuple: which is taken?"""
    x = keras.Input((4, 3))
    model = keras.Model([x], LSTM(2)(x))
    t = keras.Input((None, 3))
    forms = {"itself": t, "list": [t], "tuple": (t,)}
    return {
        name: outcome(
            lambda form=form: keras.models.clone_model(model, input_tensors=form).input_shape
        )
        for name, form in forms.items()
    }


@attack("saving.checkpoint-of-lists")
def layers_in_a_list_and_in_attributes():
    """Does a checkpoint restore an LSTM that is in a list, and in an attribute too?"""

    class Both(keras.Model):
        def __init__(self):
            super().__init__()
            self.lower = LSTM(2)
            self.layers_of_mine = [self.lower]

        def call(self, x):
            return self.layers_of_mine[0](x)

    model, twin = (Both() for _ in range(2))
    y = model(X)
    twin(X)
    restored(twin, tf.train.Checkpoint(model=model))
    return close(twin(X), y)


@attack("saving.checkpoint-of-training")
def checkpoints_of_frozen_and_averaged_models():
    """Frozen, with averaged weights and with accumulated gradients: does training go on alike?"""
    options = {
        "frozen": {},
        "averaged": {"use_ema": True},
        "accumulated": {"gradient_accumulation_steps": 2},
    }
    seen = {}
    for name, chosen in options.items():
        models = [model_of(LSTM(2, trainable=name != "frozen"), layers.Dense(1)) for _ in range(2)]
        for model in models:
            model.compile(keras.optimizers.Adam(**chosen), "mse", run_eagerly=True)
        first, second = models
        first.train_on_batch(X, ones(len(X), 1))
        restored(second, tf.train.Checkpoint(model=first, optimizer=first.optimizer))
        for model in models:
            model.train_on_batch(X, ones(len(X), 1))
        seen[name] = close(*(model(X) for model in models))
    return seen


def restored(model, checkpoint):
    """Save a checkpoint, and restore it into a model and the optimizer that it may have."""
    parts = {"optimizer": model.optimizer} if getattr(model, "optimizer", None) else {}
    path = checkpoint.save(str(Path(tempfile.mkdtemp(), "checkpoint")))  # read until training
    tf.train.Checkpoint(model=model, **parts).restore(path)


@attack("saving.weights-of-unbuilt")
def weights_of_layers_that_are_built():
    """A Sequential that is not built, of an LSTM that is: are its weights saved?"""
    layer = LSTM(2)
    layer.build(X.shape)
    model = keras.Sequential([layer])
    with tempfile.TemporaryDirectory() as folder:
        saved = outcome(lambda: model.save_weights(Path(folder, "lstm.weights.h5")))
    return model.built, len(model.weights), saved[:60]
