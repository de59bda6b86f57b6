"""Attacks on the claims of the chapter `saving`."""

import copy
import pickle
import tempfile
from pathlib import Path

import keras
import numpy as np

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import Own, reloaded

LSTM = keras.layers.LSTM
X = np.random.RandomState(0).randn(8, 30, 5).astype("float32")


def model_of(**options):
    """Return a Sequential model of one LSTM."""
    return keras.Sequential([keras.Input((30, 5)), LSTM(40, **options)])


def half(z):
    """Halve z: an activation that is not registered."""
    return z * 0.5


def same(model, other):
    """Say whether two models give the same bits."""
    return bool(np.array_equal(model(X), other(X)))


@attack("saving.same-function")
def first_implementation():
    """A layer with implementation=1 from its configuration and weights: the same bits?"""
    layer = LSTM(40, implementation=1)
    y = np.array(layer(X))
    twin = LSTM.from_config(layer.get_config())
    twin.build(X.shape)
    twin.set_weights(layer.get_weights())
    return bool(np.array_equal(twin(X), y))


@attack("saving.keras-file")
def first_implementation_in_files():
    """implementation=1 in a .keras file, an .h5 file, a pickle, a copy: the same bits?"""
    model = model_of(implementation=1)
    others = [reloaded(model), reloaded(model, "lstm.h5")]
    others += [pickle.loads(pickle.dumps(model)), copy.deepcopy(model)]
    return [same(model, other) for other in others]


@attack("saving.config-keeps-arguments")
def functions_of_one_s_own():
    """Functions as activation, initializer and constraint: does from_config find them?"""
    options = [
        {"activation": half},
        {"kernel_initializer": lambda shape, dtype=None: keras.ops.ones(shape, dtype)},
        {"kernel_constraint": lambda weight: weight},
    ]
    return [outcome(lambda o=o: LSTM.from_config(LSTM(2, **o).get_config())) for o in options]


@attack("saving.clone-model")
def clone_with_a_seed():
    """An initializer with a seed: has the clone the same kernel?"""
    model = model_of(kernel_initializer=keras.initializers.GlorotUniform(seed=1))
    clone = keras.models.clone_model(model)
    return bool(np.array_equal(clone.get_weights()[0], model.get_weights()[0]))


@attack("saving.training-goes-on")
def dropout_goes_on():
    """A step after loading, with dropout: the weights of a model that was not saved?"""
    model = model_of(dropout=0.5)
    y = np.ones((8, 40))
    model.compile("adam", "mse")
    model.train_on_batch(X, y)
    loaded = reloaded(model)
    for trained in (model, loaded):
        trained.train_on_batch(X, y)
    return bool(np.array_equal(model.get_weights()[0], loaded.get_weights()[0]))


@attack("saving.unregistered-activation")
def other_ways_of_naming_it():
    """custom_object_scope in place of custom_objects; compile=False; safe_mode=False."""
    model = model_of(activation=half)
    with keras.utils.custom_object_scope({"half": half}):
        scoped = same(model, reloaded(model))
    return [
        scoped,
        outcome(lambda: reloaded(model, compile=False)),
        outcome(lambda: reloaded(model, safe_mode=False)),
    ]


@attack("saving.weights-fit-other-options")
def other_sizes():
    """Into other features, other units, and without a bias."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "lstm.weights.h5")
        model_of().save_weights(file)
        others = [
            keras.Sequential([keras.Input((30, 4)), LSTM(40)]),
            keras.Sequential([keras.Input((30, 5)), LSTM(41)]),
            model_of(use_bias=False),
        ]
        return [outcome(lambda m=m: m.load_weights(file))[:12] for m in others]


@attack("saving.deepcopy")
def copy_of_a_layer_without_weights():
    """A layer that is not built: computes the copy the same?"""
    layer = LSTM(40)
    twin = copy.deepcopy(layer)
    return bool(np.allclose(layer(X), twin(X)))


@attack("saving.needs-extension")
def other_names():
    """Names that end in .txt, in .v1 and in a slash; what is written."""
    with tempfile.TemporaryDirectory() as folder:
        names = ["lstm.txt", "lstm.v1", "lstm/"]
        outcomes = [outcome(lambda n=n: model_of().save(f"{folder}/{n}"))[:10] for n in names]
        return outcomes, [path.name for path in Path(folder).iterdir()]


@attack("saving.training-goes-on")
def frozen_cell():
    """A cell that was frozen by itself: how many weights does the loaded model train?"""
    model = model_of()
    model.layers[0].cell.trainable = False
    return len(model.trainable_weights), len(reloaded(model).trainable_weights)


@attack("saving.shared")
def three_calls_and_two_models():
    """A layer that two models share, one of which holds the other: copied, the same?"""
    layer = LSTM(4, return_sequences=True)
    a = keras.Input((30, 4))
    inner = keras.Model(a, layer(layer(a)))
    b = keras.Input((30, 4))
    model = keras.Model(b, layer(inner(inner(b))))
    twin = keras.Model.from_config(model.get_config())
    x = X[:, :, :4]
    return (
        len(model.weights),
        outcome(lambda: twin.set_weights(model.get_weights())),
        outcome(lambda: bool(np.allclose(twin(x), model(x)))),
    )


@attack("saving.clone-function")
def layers_in_layers():
    """Layers in wrappers, and a model in TimeDistributed: is the function called for them?"""
    inner = keras.Sequential([keras.Input((30, 4)), LSTM(4)])
    listed = []

    def clone(layer):
        listed.append(type(layer).__name__)
        return type(layer).from_config(layer.get_config())

    wrapped = keras.layers.TimeDistributed(inner)
    model = keras.Sequential([keras.Input((2, 30, 4)), wrapped])
    keras.models.clone_model(model, clone_function=clone, recursive=True)
    return listed


@attack("saving.each-argument")
def arguments_of_every_layer():
    """`autocast`, which every layer takes: is it in the configuration?"""
    return "autocast" in keras.layers.Dense(2, autocast=False).get_config()


@attack("saving.layers-read-again")
def other_formats_of_each_layer():
    """In `.h5`: which layers are read again?"""
    seen = {}
    given = keras.Input((30, 5))
    for layer in (
        keras.layers.Attention(use_scale=True),
        keras.layers.AdditiveAttention(),
        keras.layers.Dot(axes=(2, 2)),
        keras.layers.Concatenate(),
    ):
        model = keras.Model(given, layer([given, given]))
        model.set_weights([np.full(w.shape, 0.5) for w in model.get_weights()])
        same = outcome(lambda m=model: bool(np.allclose(reloaded(m, "lstm.h5")(X), m(X))))
        seen[type(layer).__name__] = same
    return seen


@attack("saving.layers-in-structures")
def layers_in_other_structures():
    """In an attribute of an attribute, a set, and in `.keras` files: are the weights there?"""

    class Kept(keras.Model):
        def __init__(self, kept, first):
            super().__init__()
            self.kept = kept
            self.first = first

        def call(self, x):
            return self.first(self.kept)(x)

    class Holder:
        def __init__(self):
            self.layer = LSTM(2)

    models = {
        "an object": Kept(Holder(), lambda kept: kept.layer),
        "a set": Kept({LSTM(2)}, lambda kept: next(iter(kept))),
        "a list in a list": Kept([[LSTM(2)]], lambda kept: kept[0][0]),
    }
    for model in models.values():
        model(X)
    return {name: len(model.weights) for name, model in models.items()}


@attack("saving.training-goes-on")
def losses_as_objects():
    """Huber by name, and as an object of delta 0.1: is it trained on as if never saved?"""
    seen = {}
    y = 5 * np.ones((2, 2), "float32")
    x = X[:2, :1]
    for name, loss in {"name": "huber", "object": keras.losses.Huber(0.1)}.items():
        model = keras.Sequential([keras.Input((1, 5)), LSTM(2)])
        model.compile("sgd", loss, run_eagerly=True)
        model.train_on_batch(x, y)
        loaded = reloaded(model)
        loaded.run_eagerly = True
        for other in (model, loaded):
            other.train_on_batch(x, y)
        seen[name] = bool(np.array_equal(loaded.get_weights()[0], model.get_weights()[0]))
    return seen


@attack("saving.unregistered-activation")
def activations_of_other_kinds():
    """A layer of Keras, a function named as a loss, a lambda in custom objects: what loads?"""

    def mean_squared_error(z):
        return z * 0.5

    def halved(z):
        return z * 0.5

    named = {"<lambda>": lambda z: z * 0.5}
    seen = {}
    for name, activation, given in (
        ("layer", keras.layers.LeakyReLU(0.25), {}),
        ("named as a loss", mean_squared_error, {}),
        ("lambda", named["<lambda>"], named),
        ("function", halved, {}),
    ):
        model = keras.Sequential([keras.Input((3, 5)), LSTM(2, activation=activation)])
        seen[name] = outcome(
            lambda m=model, g=given: reloaded(m, custom_objects=g).layers[0].cell.activation
        ).split(" at ")[0][:60]
    return seen


@attack("saving.encoder-decoder")
def masked_in_legacy_files():
    """A mask of Masking before the encoder, of Masking before the decoder, of an Input, in .h5?"""
    seen = {}
    for place in ("encoder", "decoder", "input"):
        x = keras.Input((3, 5))
        z = keras.Input((3, 5))
        mask = keras.Input((3,), dtype="bool")
        masked = {"encoder": x, "decoder": z}.get(place)
        hidden = masked if masked is None else keras.layers.Masking()(masked)
        _, *states = LSTM(2, return_state=True)(hidden if place == "encoder" else x)
        options = {"mask": mask} if place == "input" else {}
        y = LSTM(2)(hidden if place == "decoder" else z, initial_state=states, **options)
        model = keras.Model([x, z, *options.values()], y)
        seen[place] = outcome(lambda m=model: len(reloaded(m, "lstm.h5").weights))[:40]
    return seen


@attack("saving.clone-function")
def classes_and_operations():
    """A subclassed model inside, and operations on symbols: what is the function called for?"""
    inner = Own()
    inner(X[:, :1])
    x = keras.Input((1, 5))
    outer = keras.Model(x, keras.ops.tanh(inner(x) * 2))
    called = []

    def clone(layer):
        called.append(type(layer).__name__)
        return layer

    keras.models.clone_model(outer, clone_function=clone, recursive=True)
    return called


@attack("saving.keras-file")
def class_of_one_s_own():
    """A subclassed model of an LSTM, not registered: is it loaded?"""
    model = Own()
    model(X[:, :1])
    return outcome(lambda: reloaded(model).built)[:40]
