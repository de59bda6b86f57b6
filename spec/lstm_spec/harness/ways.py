"""The ways in which people run a layer, each drawn like any other part of a trial.

A claim about what a layer computes draws a way together with its case:

    @given(*with_ways(cases(masked=True)), picks)
    def test_...(case, way, pick):
        run = way(lstm(case))
        assert_close(run(case.x, mask=case.mask), equations(case).h)

`run` takes and returns what a call of the layer does: the input, and by name `mask`,
`initial_state` and `training`. Make a new one after you change the layer: some ways run a copy.
What a claim asks of a way is read from its case: a mask, an initial state, `return_state`,
`stateful`, a function as activation. Name what the case does not show:
`with_ways(cases(), "mask", "training")`. A way that cannot do it is not drawn: see WAYS.
Where a claim needs the layer itself, keep `layer = lstm(case)`, and run `way(layer)`.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from packaging.version import Version

from lstm_spec.harness import subject
from lstm_spec.harness.strategies import Case, whole

import keras  # isort: skip - which one is settled above

Run = Callable[..., Any]

NEEDS = {
    "mask": "a mask, given to the call",
    "initial_state": "an initial state, given to the call",
    "mask with initial_state": "a mask and an initial state in one call",
    "mask with return_sequences": "a mask with `return_sequences=True`",
    "mask with go_backwards": "a mask with `go_backwards=True`",
    "return_state with stateful": "`return_state=True` with `stateful=True`",
    "return_sequences": "an output for each timestep",
    "return_state": "the final h and c beside the output",
    "go_backwards": "`go_backwards=True`",
    "training": "a call with `training=True`",
    "stateful": "a state that is kept from one call to the next",
    "unroll": "`unroll=True`",
    "dropout": "`dropout` or `recurrent_dropout`",
    "zeros": "`zero_output_for_mask=True`",
    "function": "a function of one's own as activation",
    "linear": '`activation="linear"`',
    "float64": "input whose digits float32 does not hold",
    "whole numbers": "an input of whole numbers or booleans",
}
"""What a claim may ask of a way."""
FLAGS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")


FUSES = "Keras 2.9 to 2.13"
"""Whose TensorFlow makes one operation of i * g, though it is not what it takes it for."""


@dataclass(frozen=True)
class Way:
    """A way of running a layer, as plain data: a key of WAYS."""

    name: str

    def __call__(self, layer: Any) -> Run:
        """Return what runs a built layer in this way."""
        return WAYS[self.name].run(layer)


@dataclass(frozen=True)
class Limit:
    """What a way cannot do."""

    need: str
    """A key of NEEDS."""
    reason: str
    where: str = ""
    """"Keras 2", FUSES, or a backend; everywhere, if it is empty."""


@dataclass(frozen=True)
class Kind:
    """What a way is, and what it cannot do."""

    run: Callable[[Any], Run]
    what: str
    """What is done, as a sentence."""
    limits: tuple[Limit, ...] = ()
    missing: Callable[[], str] = lambda: ""
    """Says why the way does not exist here, or is known to round; nothing, if neither."""
    weight: int = 6
    """How often it is drawn; a way that compiles a graph takes some tens of times as long."""


def with_ways(
    cases: st.SearchStrategy[Case], *needs: str, without: Collection[str] = ()
) -> tuple[st.SearchStrategy[Case], st.SearchStrategy[Way]]:
    """Return what draws a case, and what draws a way that can serve that case.

    Args:
        cases: draws the case.
        *needs: keys of NEEDS that the claim asks for and the case does not show.
        without: names of ways that the claim says nothing of.

    Raises:
        KeyError: a need is not in NEEDS.
    """
    for need in needs:
        NEEDS[need]
    same = st.shared(cases)

    def able_ways(drawn: tuple[Case, tuple[str, ...]]) -> st.SearchStrategy[Way]:
        case, group = drawn
        able_here = _weighted(asked(case) | set(needs))
        possible = [way for way in able_here if way.name not in without]
        return st.sampled_from([way for way in possible if way.name in group] or possible)

    return same, st.tuples(same, whole(GROUPS)).flatmap(able_ways)


def ways() -> st.SearchStrategy[Way]:
    """Return what draws a way for a claim without a case."""
    return st.sampled_from(_weighted(set()))


def asked(case: Case) -> set[str]:
    """Return the needs that a case shows."""
    options = case.options
    flags = {name for name in FLAGS if options.get(name)}
    functions = [options.get("activation"), options.get("recurrent_activation")]
    shown = {
        "mask": case.mask is not None,
        "initial_state": case.h is not None,
        "dropout": bool(options.get("dropout") or options.get("recurrent_dropout")),
        "zeros": bool(options.get("zero_output_for_mask")),
        "function": any(map(callable, functions)),
        "linear": options.get("activation") == "linear",
        "float64": case.x.dtype == np.float64,
        "whole numbers": not np.issubdtype(case.x.dtype, np.floating),
    }
    return flags | {name for name, needed in shown.items() if needed}


def able(needs: set[str]) -> list[str]:
    """Return the names of the ways that exist here and can do all that is needed."""
    together = {need for need in NEEDS if set(need.split(" with ")) <= needs}
    return [
        name
        for name, kind in WAYS.items()
        if not kind.missing() and together.isdisjoint(_limited(kind))
    ]


def _limited(kind: Kind) -> set[str]:
    """Return the needs that a way cannot serve here."""
    fuses = Version("2.9") <= Version(subject.release()) < Version("2.14")
    here = {"", subject.backend(), "Keras 2" if subject.keras_2() else "", FUSES if fuses else ""}
    return {limit.need for limit in kind.limits if limit.where in here}


def _weighted(needs: set[str]) -> list[Way]:
    """Return the ways to draw from, the first the simplest, each as often as its weight says."""
    names = able(needs)
    rounds = range(max(WAYS[name].weight for name in names))
    return [Way(name) for k in rounds for name in names if k < WAYS[name].weight]


# A layer like another one.


def again(layer: Any, **changes: Any) -> Any:
    """Return a layer with the arguments and the weights of another.

    Args:
        layer: a built LSTM.
        **changes: arguments that are different.
    """
    return _alike(type(layer)(**{**_arguments(layer), **changes}), layer)


def _alike(copy: Any, layer: Any) -> Any:
    """Build a layer as another one is built, and give it the other's weights."""
    copy.build(_input_shape(layer, None))
    copy.set_weights(layer.get_weights())
    return copy


def _input_shape(layer: Any, timesteps: int | None) -> tuple[int | None, ...]:
    """Return the shape of a layer's input; the batch size is open, unless a state is kept."""
    batch = layer.states[0].shape[0] if layer.stateful else None
    return (batch, timesteps, layer.cell.kernel.shape[0])


def _arguments(layer: Any) -> dict[str, Any]:
    """Return the arguments of a layer; functions as they are, not in Keras' words for them."""
    live = {
        "activation": layer.activation,
        "recurrent_activation": layer.recurrent_activation,
        "dtype": layer.dtype_policy,
        "implementation": layer.cell.implementation,
    }
    return {**layer.get_config(), **live}


# The ways. Each takes a built layer, and returns what takes its input.


def _called(layer: Any) -> Run:
    return layer  # type: ignore[no-any-return]  # a layer is called


def _in_graph(layer: Any) -> Run:
    tf = importlib.import_module("tensorflow")
    graphs: dict[Any, Any] = {}

    def run(x: Any, *, training: Any = None, **tensors: Any) -> Any:
        given = tf.nest.map_structure(tf.convert_to_tensor, [x, tensors])
        batch = len(x) if getattr(layer, "stateful", False) else None  # wrappers have none
        key = (batch, training, given[0].dtype, *sorted(tensors))
        if key not in graphs:
            signature = tf.nest.map_structure(lambda tensor: _open(tensor, batch), given)

            def traced(x: Any, tensors: Any) -> Any:
                return layer(x, training=training, **tensors)

            graphs[key] = tf.function(traced, input_signature=signature)
        return graphs[key](*given)

    return run


def _open(tensor: Any, batch: int | None) -> Any:
    """Return the type of a tensor, with a batch size or None, and open timesteps if it has any."""
    tf = importlib.import_module("tensorflow")
    timesteps = () if tensor.dtype != tf.bool and len(tensor.shape) == 2 else (None,)
    return tf.TensorSpec([batch, *timesteps, *tensor.shape[2 if timesteps else 1 :]], tensor.dtype)


def _jitted(layer: Any) -> Run:
    if subject.backend() == "jax":
        return _jitted_by_jax(layer)
    tf = importlib.import_module("tensorflow")
    graphs: dict[Any, Any] = {}

    def run(x: Any, *, training: Any = None, **tensors: Any) -> Any:
        if training not in graphs:

            def traced(x: Any, tensors: Any) -> Any:
                return layer(x, training=training, **tensors)

            graphs[training] = tf.function(traced, jit_compile=True)
        return graphs[training](*tf.nest.map_structure(tf.convert_to_tensor, [x, tensors]))

    return run


def _jitted_by_jax(layer: Any) -> Run:
    jax = importlib.import_module("jax")

    def run(x: Any, *, training: Any = None, **tensors: Any) -> Any:
        def traced(weights: Any, others: Any, x: Any, tensors: Any) -> Any:
            return layer.stateless_call(weights, others, x, training=training, **tensors)

        weights = layer.trainable_variables
        others = layer.non_trainable_variables
        values = [[variable.value for variable in part] for part in (weights, others)]
        outputs, changed = jax.jit(traced)(*values, np.asarray(x), tensors)
        for variable, value in zip(others, changed, strict=True):
            variable.assign(value)
        return outputs

    return run


def _functional(layer: Any) -> Run:
    return _through(layer, lambda model, arrays: model(arrays))


def _predict(layer: Any) -> Run:
    def predict(model: Any, arrays: Any) -> Any:
        samples = len(arrays[0] if isinstance(arrays, list) else arrays)
        batch = samples if layer.stateful else None  # a kept state is of one batch
        return model.predict(arrays, batch_size=batch, verbose=0)

    return _through(layer, predict)


def _predict_on_batch(layer: Any) -> Run:
    return _through(layer, lambda model, arrays: model.predict_on_batch(arrays))


def _nested(layer: Any) -> Run:
    def nest(model: Any) -> Any:
        inputs = [keras.Input(batch_shape=part.shape, dtype=part.dtype) for part in model.inputs]
        given = inputs if len(inputs) > 1 else inputs[0]
        return keras.Model(given, model(given))

    return _through(layer, lambda model, arrays: model(arrays), nest)


def _from_keras_file(layer: Any) -> Run:
    def saved(model: Any) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder, "model.keras"))
            return keras.models.load_model(Path(folder, "model.keras"))

    called: list[Any] = []

    def use(model: Any, arrays: Any) -> Any:
        """Call a model; it goes on from the state that the last one kept, of another input."""
        copy = model.get_layer(layer.name)
        if called and layer.stateful:
            for state, variable in zip(called[-1].states, copy.states, strict=True):
                variable.assign(state)
        called.append(copy)
        return model(arrays)

    return _through(layer, use, saved)


def _from_weights_file(layer: Any) -> Run:
    copy = again(layer)
    inputs = keras.Input(batch_shape=_input_shape(layer, 1))
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "model.weights.h5"))
        _plain(layer, inputs).save_weights(file)
        copy.set_weights([0 * weight for weight in layer.get_weights()])
        _plain(copy, inputs).load_weights(file)
    return copy  # type: ignore[no-any-return]  # a layer is called


def _plain(layer: Any, inputs: Any) -> Any:
    return keras.Model(inputs, layer(inputs))


def _through(
    layer: Any,
    use: Callable[[Any, Any], Any],
    change: Callable[[Any], Any] = lambda model: model,
) -> Run:
    """Return what runs a layer in functional models, one for each kind of input.

    Args:
        layer: the layer.
        use: calls a model.
        change: makes the model that is called of the one with the layer.
    """
    models: dict[Any, Any] = {}

    def run(x: Any, *, mask: Any = None, initial_state: Any = None, training: Any = None) -> Any:
        states = [] if initial_state is None else list(initial_state)
        arrays = [np.asarray(part) for part in (x, *([] if mask is None else [mask]), *states)]
        batch = len(x) if layer.stateful else None
        timesteps = arrays[0].shape[1] if layer.unroll else None
        key = (batch, timesteps, training, mask is None, len(arrays), arrays[0].dtype)
        if key not in models:
            masked = mask is not None
            pair = type(initial_state or [])
            model = _model(layer, arrays, (batch, timesteps), masked, training, pair)
            models[key] = change(model)
        return use(models[key], arrays if len(arrays) > 1 else arrays[0])

    return run


def _model(
    layer: Any,
    arrays: list[Any],
    sizes: tuple[Any, Any],
    masked: bool,
    training: Any,
    pair: type,
) -> Any:
    """Return a functional model of a layer.

    Args:
        layer: the layer.
        arrays: what the model will be given: the input, the mask, the states.
        sizes: the batch size and the number of timesteps, or None.
        masked: whether the second array is a mask.
        training: what the layer is given, or None.
        pair: in which type of container the states are.
    """
    x = keras.Input(batch_shape=(*sizes, arrays[0].shape[2]), dtype=arrays[0].dtype.name)
    masks = [keras.Input(batch_shape=sizes, dtype="bool")] if masked else []
    states = [
        keras.Input(batch_shape=(sizes[0], part.shape[1]), dtype=part.dtype.name)
        for part in (arrays[2:] if masked else arrays[1:])
    ]
    given = {
        **({"mask": masks[0]} if masked else {}),
        **({"initial_state": pair(states)} if states else {}),
        **({} if training is None else {"training": training}),
    }
    inputs = [x, *masks, *states]
    return keras.Model(inputs if len(inputs) > 1 else x, layer(x, **given))


def _unrolled(layer: Any) -> Run:
    return again(layer, unroll=True)  # type: ignore[no-any-return]  # a layer is called


def _looped_cell(layer: Any) -> Run:
    arguments = _arguments(layer)
    of_cell = {name: value for name, value in arguments.items() if subject.takes("LSTMCell", name)}
    names = {"dtype", "zero_output_for_mask", *FLAGS} & set(arguments)
    of_loop = {name: arguments[name] for name in names}
    loop = keras.layers.RNN(keras.layers.LSTMCell(**of_cell), **of_loop)
    return _alike(loop, layer)  # type: ignore[no-any-return]  # a layer is called


def _same(layer: Any) -> Any:
    """Return a layer that changes nothing and hands masks on."""
    return keras.layers.Activation("linear", dtype=layer.dtype_policy)


def _in_sequential(layer: Any) -> Run:
    return keras.Sequential([_same(layer), layer])  # type: ignore[no-any-return]  # it is called


def _in_subclassed(layer: Any) -> Run:
    class Model(keras.Model):  # type: ignore[misc]  # without type information
        def __init__(self) -> None:
            super().__init__(dtype=layer.dtype_policy)
            self.layer = layer

        def call(
            self, x: Any, training: Any = None, mask: Any = None, initial_state: Any = None
        ) -> Any:
            return self.layer(x, training=training, mask=mask, initial_state=initial_state)

    return Model()


def _in_slices(layer: Any) -> Run:
    wrappers: dict[Any, Any] = {}

    def run(x: Any, *, mask: Any = None, training: Any = None) -> Any:
        slices = np.stack([np.zeros_like(x), x], axis=1)
        given = {} if mask is None else {"mask": np.stack([mask, mask], axis=1)}
        # In Keras 2 the first call decides how many timesteps there are in a slice.
        key = slices.shape[2:] if subject.keras_2() else ()
        if key not in wrappers:
            wrappers[key] = keras.layers.TimeDistributed(layer, dtype=layer.dtype_policy)
        return wrappers[key](slices, training=training, **given)[:, 1]

    return run


def _forward_half(layer: Any) -> Run:
    both = keras.layers.Bidirectional(layer, merge_mode=None, dtype=layer.dtype_policy)
    both.build(_input_shape(layer, None))
    both.forward_layer.set_weights(layer.get_weights())
    both.backward_layer.set_weights([-weight for weight in layer.get_weights()])

    def run(x: Any, *, initial_state: Any = None, **given: Any) -> Any:
        states = {} if initial_state is None else {"initial_state": [*initial_state] * 2}
        forward, _, *states = both(x, **given, **states)
        return (forward, *states[:2]) if layer.return_state else forward

    return run


def _from_config(layer: Any) -> Run:
    copy = type(layer).from_config(layer.get_config())
    return _alike(copy, layer)  # type: ignore[no-any-return]  # a layer is called


def _second_call(layer: Any) -> Run:
    def run(x: Any, **given: Any) -> Any:
        layer(np.zeros_like(x), **given)
        return layer(x, **given)

    return run


def _other_sizes(layer: Any) -> Run:
    def run(x: Any, **given: Any) -> Any:
        batch, timesteps, features = np.shape(x)
        layer(np.ones((batch + 1, timesteps + 2, features), np.asarray(x).dtype))
        return layer(x, **given)

    return run


def _in_training(layer: Any) -> Run:
    def run(x: Any, *, training: Any = None, **given: Any) -> Any:
        return layer(x, training=True, **given)

    return run


def _training_in_graph(layer: Any) -> Run:
    return _in_training(_in_graph(layer))


def _stateful(layer: Any) -> Run:
    copies: dict[int, Any] = {}

    def run(x: Any, **given: Any) -> Any:
        if len(x) in copies:
            subject.reset(copies[len(x)])
        else:
            copy = type(layer)(**{**_arguments(layer), "stateful": True})
            copy.build(np.shape(x))
            copy.set_weights(layer.get_weights())
            copies[len(x)] = copy
        return copies[len(x)](x, **given)

    return run


def _above_masking(layer: Any) -> Run:
    masking = keras.layers.Masking(mask_value=-7.5, dtype=layer.dtype_policy)

    def run(x: Any, *, mask: Any = None, **given: Any) -> Any:
        if mask is not None:
            x = subject.to_numpy(x)
            x = np.where(mask[:, :, None], x, np.asarray(-7.5, x.dtype))
        return layer(masking(x), **given)

    return run


def _above_embedding(layer: Any) -> Run:
    def run(x: Any, *, mask: Any = None, **given: Any) -> Any:
        batch, timesteps, features = np.shape(x)
        rows = np.reshape(x, (-1, features))
        rows = np.concatenate([np.ones((1, features), rows.dtype), rows])
        # Before Keras 3.13 a mask is lost where a tensor is cast to another type.
        table = subject.embedding(rows, dtype=layer.dtype_policy)
        numbers = np.arange(1, len(rows)).reshape(batch, timesteps)
        return layer(table(numbers if mask is None else numbers * mask), **given)

    return run


def _without_tensorflow() -> str:
    return "" if subject.backend() == "tensorflow" else "only TensorFlow has tf.function"


def _without_compiler() -> str:
    compiled = subject.backend() in ("tensorflow", "jax")
    return "" if compiled else "only TensorFlow and JAX compile by XLA"


def _rounding() -> str:
    rounds = subject.backend() == "openvino"
    return "OpenVINO predicts in bfloat16 on processors that have it" if rounds else ""


def _without_typed_states() -> str:
    release = Version(subject.release())
    typed = Version("2.14") <= release < Version("3") or release >= Version("3.8")
    return "" if typed else "Keras before 2.14, and 3.0 to 3.7, makes states in float32 only"


def _without_keras_files() -> str:
    old = Version(subject.release()) < Version("2.12")
    return "Keras before 2.12 knows no .keras files" if old else ""


OPEN = Limit("unroll", "the timesteps are open, and cannot be counted to unroll them")
NO_STATE = Limit("initial_state", "it takes no initial state")
CALLED_TWICE = Limit("stateful", "a call before it leaves a state")
SERIALIZED = Limit("function", "a configuration holds no function without a name")
LOST = Limit("mask with initial_state", "Keras loses an attached mask where a state is given")
FORGOTTEN = Limit("stateful", "a compiled function forgets the state", "jax")
SWISH = Limit("linear", "i * g is computed as a swish of i: `modes.linear-in-a-graph`", FUSES)
UNSETTLED = Limit("dropout", "a seed does not settle what recurrent_dropout drops", "Keras 2")
ROUNDED = "it rounds float64 arrays to float32"

WAYS: dict[str, Kind] = {
    "called": Kind(_called, "The layer is called."),
    "second call": Kind(_second_call, "It is called on zeros, then on the input.", (CALLED_TWICE,)),
    "after other sizes": Kind(
        _other_sizes,
        "It is called on one more sample and two more timesteps, then on the input.",
        (CALLED_TWICE,),
    ),
    "in training": Kind(
        _in_training,
        "It is called with `training=True`.",
        (Limit("dropout", "in training it drops"),),
    ),
    "stateful": Kind(
        _stateful,
        "A layer with `stateful=True` and its weights is called, each time from a state of zeros.",
        (Limit("stateful", "it begins anew with each call"),),
        _without_typed_states,
    ),
    "unrolled": Kind(
        _unrolled,
        "A layer with `unroll=True` and its weights is called.",
        (
            Limit("mask with go_backwards", "the mask cannot be turned", "torch"),
            Limit("zeros", "unrolled, it ignores the argument", "jax"),
            Limit("zeros", "unrolled, it ignores the argument", "numpy"),
        ),
    ),
    "RNN(LSTMCell)": Kind(
        _looped_cell,
        "An RNN around an LSTMCell with its weights is called.",
        (Limit("float64", ROUNDED, "torch"),),
    ),
    "from configuration": Kind(
        _from_config,
        "A layer that is made of its configuration, and has its weights, is called.",
        (SERIALIZED,),
    ),
    "Sequential": Kind(
        _in_sequential,
        "A Sequential model, built by its first call, whose last layer it is.",
        (
            NO_STATE,
            Limit("float64", ROUNDED),
            Limit("return_state", "its layers have one output", "Keras 2"),
        ),
    ),
    "subclassed": Kind(_in_subclassed, "A subclass of Model that calls it."),
    "functional": Kind(_functional, "A functional model of open sizes with it."),
    "nested": Kind(_nested, "A functional model in which a functional model with it is called."),
    "above Masking": Kind(
        _above_masking,
        "It is called on what a Masking returns, which attaches the mask.",
        (
            LOST,
            Limit("whole numbers", "no number is left that marks a timestep as masked"),
            Limit("float64", ROUNDED, "torch"),
        ),
    ),
    "above Embedding": Kind(
        _above_embedding,
        "It is called on what an Embedding returns, which attaches the mask.",
        (
            LOST,
            Limit("whole numbers", "what an Embedding returns are no whole numbers"),
            Limit("float64", ROUNDED, "torch"),
        ),
    ),
    "TimeDistributed": Kind(
        _in_slices,
        "A TimeDistributed applies it to two slices, the second of which is the input.",
        (
            NO_STATE,
            Limit("return_state", "it returns one tensor"),
            Limit("stateful", "the slice before it leaves a state"),
        ),
    ),
    "Bidirectional": Kind(
        _forward_half,
        "The forward half of a Bidirectional with `merge_mode=None`.",
        (
            SERIALIZED,
            Limit("go_backwards", "its layer must go forwards"),
            Limit("mask with return_sequences", "it sets `zero_output_for_mask`"),
            Limit("return_state with stateful", "its compute_mask fails"),
        ),
    ),
    "from weights file": Kind(
        _from_weights_file, "A layer whose weights were loaded from a .weights.h5 file.", weight=3
    ),
    "from keras file": Kind(
        _from_keras_file,
        "A model with it that was saved in a .keras file, and loaded.",
        (SERIALIZED,),
        _without_keras_files,
        weight=3,
    ),
    "tf.function": Kind(
        _in_graph,
        "It is called in a `tf.function` of open timesteps and, unless stateful, batch size.",
        (OPEN, SWISH, UNSETTLED),
        _without_tensorflow,
        weight=3,
    ),
    "in training, tf.function": Kind(
        _training_in_graph,
        "It is called with `training=True` in such a `tf.function`, as in `fit`.",
        (OPEN, SWISH, Limit("dropout", "in training it drops")),
        _without_tensorflow,
        weight=2,
    ),
    "predict": Kind(
        _predict,
        "`predict` of a functional model of open sizes with it.",
        (Limit("float64", ROUNDED), FORGOTTEN, SWISH),
        _rounding,
        weight=2,
    ),
    "predict_on_batch": Kind(
        _predict_on_batch,
        "`predict_on_batch` of such a model.",
        (Limit("float64", ROUNDED, "Keras 2"), FORGOTTEN, SWISH),
        _rounding,
        weight=2,
    ),
    "jitted": Kind(
        _jitted,
        "It is called in a function that XLA compiles: `jit_compile=True`, or `jax.jit`.",
        (FORGOTTEN, UNSETTLED),
        _without_compiler,
        weight=1,
    ),
}
"""Every way, the simplest first."""

COPIES = (
    "stateful",
    "unrolled",
    "RNN(LSTMCell)",
    "from configuration",
    "from weights file",
    "from keras file",
    "Bidirectional",
)
"""The ways that run a copy of the layer, with its weights, and not the layer itself."""

DIRECT = ("called", "second call", "after other sizes", "from configuration", "RNN(LSTMCell)")
MODELS = ("Sequential", "subclassed", "functional", "nested", "above Masking", "above Embedding")
WRAPPERS = ("TimeDistributed", "Bidirectional")
FILES = ("from weights file", "from keras file")
TRACED = ("tf.function", "in training, tf.function", "jitted")
PREDICTED = ("predict", "predict_on_batch")
OPTIONS = (("in training",), ("stateful",), ("unrolled",))
GROUPS = (DIRECT, *OPTIONS, MODELS, WRAPPERS, FILES, TRACED, PREDICTED)
"""A claim at `default` effort tries a way of each group that can serve its cases."""

LAYER = [
    Way(name)
    for name in ("called", "second call", "in training", "tf.function")
    if not WAYS[name].missing()
]
layer_ways = whole(LAYER)
"""Draws the ways that serve any layer or model, not an LSTM alone."""
eager_ways = whole([way for way in LAYER if way.name != "tf.function"])
"""Draws those of them that leave no length open."""
