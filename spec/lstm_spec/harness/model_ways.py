"""How a drawn model is made, and the ways to run it."""

from __future__ import annotations

import linecache
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lstm_spec.harness import model_oracle
from lstm_spec.harness.masks import MASKS
from lstm_spec.harness.models import EXPRESSION, LENGTHS, Layer, Model, Node, Source, Trial
from lstm_spec.harness.subject import backend, export, flatten, has, to_numpy
from lstm_spec.harness.tolerance import ROUNDING, assert_close, right_if

import keras  # isort: skip - which one is settled above


HEAD = '''\
import keras
import numpy as np


def noise(shape, seed):
    """Return distinct numbers between -1 and 1."""
    size = int(np.prod(shape))
    grid = 10 ** max(3, len(str(2 * size)))
    drawn = np.random.RandomState(seed).permutation(2 * grid)[:size] - grid
    return np.reshape((drawn + (drawn >= 0)) / grid, shape).astype("float32")
'''

OWN = {
    "Halve": """\
class Halve(keras.layers.Layer):
    def call(self, inputs):
        return inputs / 2.0

    def compute_output_shape(self, input_shape):
        return input_shape
""",
    "MaskedHalve": """\
class MaskedHalve(keras.layers.Layer):
    def call(self, inputs):
        return inputs / 2.0

    def compute_mask(self, inputs, mask=None):
        return mask

    def compute_output_shape(self, input_shape):
        return input_shape
""",
    "double": """\
def double(x):
    return 2.0 * x
""",
    "backwards": """\
def backwards(x):
    return x[:, ::-1]
""",
    "mask_of_input": """\
def mask_of_input(inputs, mask):
    return mask
""",
}
"""What a program defines for itself, by name."""


def program(model: Model, arrays: Sequence[Any] = (), expected: Sequence[Any] = ()) -> str:
    """Return a program of plain Keras that makes a model, and runs it on arrays if given.

    Args:
        model: the model.
        arrays: what it is called on, if it is.
        expected: what its outputs then must be.
    """
    first = _first(model)
    names = {node.makes[0]: _name(node) for node in first}
    body = _FORMS[model.form](model, first, names)
    lines = [
        HEAD,
        *(f"\n{OWN[name]}" for name in OWN if _uses(model, name)),
        "",
        *body,
        f"for layer, seed in {_seeded(model)}:",
        "    drawn = [noise(weight.shape, seed + k) for k, weight in enumerate(layer.weights)]",
        '    positive = type(layer).__name__ == "BatchNormalization"',
        "    layer.set_weights([np.abs(weight) for weight in drawn] if positive else drawn)",
        *_given(model, arrays),
        *_expected(expected),
    ]
    text = "\n".join(lines) + "\n"
    # Tensors of PyTorch and OpenVINO take no negative step.
    flipped = "keras.ops.flip(x, axis=1)"
    return text.replace("x[:, ::-1]", flipped) if backend() in ("torch", "openvino") else text


def program_of_step(
    model: Model, arrays: Sequence[Any], targets: Sequence[Any], slope: float, eager: bool
) -> str:
    """Return the program that trains a model by a step, as `trained` does.

    Args:
        model: the model.
        arrays: what it is trained on.
        targets: a target for each output.
        slope: the sum of what must be taken from the weights, each times its direction.
        eager: whether it is run eagerly.
    """
    inputs, listed = ([np.asarray(array) for array in part] for part in (arrays, targets))
    written = [f"np.array({_short(array)}, {array.dtype.name!r})" for array in [*inputs, *listed]]
    x = _list(written[: len(inputs)])
    y = ", ".join(written[len(inputs) :])
    lines = [
        f"before = [(layer, layer.get_weights(), seed) for layer, seed in {_seeded(model)}]",
        f"losses = {['mse'] * len(listed)}",
        f"model.compile(keras.optimizers.SGD(1.0), losses, run_eagerly={eager})",
        f"model.fit({x}, [{y}], batch_size={len(inputs[0])}, verbose=0)",
        "taken = [",
        "    np.sum(noise(old.shape, seed + 50 + k) * (old - new))",
        "    for layer, weights, seed in before",
        "    for k, (old, new) in enumerate(zip(weights, layer.get_weights()))",
        "]",
        f"np.testing.assert_allclose(sum(taken), {slope}, rtol=1e-3, atol=1e-3)",
    ]
    return program(model) + "\n".join(lines) + "\n"


def _first(model: Model) -> list[Node]:
    """Return the nodes that make a layer."""
    return [node for node in model.nodes if not node.again and node.layer.kind != EXPRESSION]


def _seeded(model: Model) -> str:
    """Return the layers, each with what its weights are made of, as an expression."""
    prefix = "model." if model.form == "subclassed" else ""
    listed = [f"({prefix}{_name(node)}, {node.seed})" for node in _first(model)]
    return f"[{', '.join(listed)}]"


def _given(model: Model, arrays: Sequence[Any]) -> list[str]:
    if not arrays:
        return []
    listed = [
        f"{source.name} = np.array({_short(array)}, {array.dtype.name!r})"
        for source, array in zip(model.sources, arrays, strict=True)
    ]
    names = [source.name for source in model.sources]
    return [*listed, f"outputs = model({_list(names)})", "print(outputs)"]


def _expected(arrays: Sequence[Any]) -> list[str]:
    listed = [f"np.array({_short(array.astype('float32'))})" for array in arrays]
    outputs = ["outputs"] if len(listed) == 1 else [f"outputs[{k}]" for k in range(len(listed))]
    return [
        f"np.testing.assert_allclose({output}, {array}, rtol=1e-3, atol=1e-4)"
        for output, array in zip(outputs, listed, strict=True)
    ]


def _short(array: Any) -> Any:
    """Return an array as lists of numbers with no more digits than they need."""
    if array.ndim:
        return [_short(part) for part in array]
    return int(array) if array.dtype.kind == "i" else float(str(array)) + 0.0


def _uses(model: Model, name: str) -> bool:
    return any(name == part for node in model.nodes for part in _parts(node.layer))


def _parts(value: Any) -> list[Any]:
    """Return the classes and the names in a layer's description."""
    if isinstance(value, Layer):
        return [value.kind, *(p for v in value.options.values() for p in _parts(v))]
    if isinstance(value, list):
        return [part for v in value for part in _parts(v)]
    return [value]


def _name(node: Node) -> str:
    return f"{node.layer.kind.lower()}_{node.makes[0]}"


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def source(given: Source, batch: int | None) -> str:
    """Return an Input as an expression."""
    kind = ', dtype="int32"' if given.ids else ""
    known = "" if batch is None else f", batch_size={batch}"
    return f'keras.Input({given.shape!r}{known}{kind}, name="{given.name}")'


def layer(described: Layer) -> str:
    """Return the making of a layer as an expression."""
    kind = described.kind
    options = described.options
    if kind == "Sequential":
        return f"keras.Sequential([{', '.join(map(layer, options['layers']))}])"
    if kind == "Functional":
        return f"nested(keras.Input({options['shape']!r}), [{_list_of(options['layers'])}])"
    owner = "" if kind in OWN else "keras.layers."
    arguments = ", ".join(f"{name}={_value(name, value)}" for name, value in options.items())
    return f"{owner}{kind}({arguments})"


def _list_of(layers: Sequence[Layer]) -> str:
    return ", ".join(map(layer, layers))


def _value(name: str, value: Any) -> str:
    if isinstance(value, Layer):
        return layer(value)
    if isinstance(value, list) and isinstance(value[0], Layer):
        return f"[{_list_of(value)}]"
    return str(value) if name in ("function", "mask") else repr(value)


def call(node: Node, names: dict[str, str], prefix: str = "") -> str:
    """Return a call of a layer as an expression."""
    if node.layer.kind == EXPRESSION:
        return str(node.layer.options["text"]).format(*node.reads)
    called = prefix + names[node.again or node.makes[0]]
    first, *states = node.reads
    if node.layer.kind == "LSTM" and states:
        return f"{called}({first}, initial_state=[{', '.join(states)}])"
    if node.layer.kind == "MultiHeadAttention":
        return f"{called}({', '.join(node.reads)})"
    return f"{called}({_list(node.reads)})"


NESTED = """\
def nested(x, layers):
    y = x
    for layer in layers:
        y = layer(y)
    return keras.Model(x, y)


"""


def _functional(model: Model, first: list[Node], names: dict[str, str]) -> list[str]:
    lines = [f"{s.name} = {source(s, model.batch)}" for s in model.sources]
    lines += [f"{names[node.makes[0]]} = {layer(node.layer)}" for node in first]
    lines += [f"{', '.join(node.makes)} = {call(node, names)}" for node in model.nodes]
    sources = [s.name for s in model.sources]
    lines.append(f"model = keras.Model({_list(sources)}, {_list(model.outputs)})")
    return [*_nested(model), *lines]


def _nested(model: Model) -> list[str]:
    return [NESTED] if _uses(model, "Functional") else []


def _sequential(model: Model, first: list[Node], names: dict[str, str]) -> list[str]:
    lines = [f"{names[node.makes[0]]} = {layer(node.layer)}" for node in first]
    (entrance,) = model.sources
    listed = [source(entrance, model.batch), *names.values()]
    lines.append(f"model = keras.Sequential([{', '.join(listed)}])")
    if _uses(model, "TimeDistributed") and _uses(model, "Sequential"):  # before Keras 3.4
        lines.append(f"model({_zeros(entrance, model.batch)})  # builds its layers")
    return [*_nested(model), *lines]


def _without_input(model: Model, first: list[Node], names: dict[str, str]) -> list[str]:
    (entrance,) = model.sources
    return [
        *_nested(model),
        *(f"{names[node.makes[0]]} = {layer(node.layer)}" for node in first),
        f"model = keras.Sequential([{', '.join(names.values())}])",
        f"model({_zeros(entrance, model.batch)})  # builds its layers",
    ]


def _subclassed(model: Model, first: list[Node], names: dict[str, str]) -> list[str]:
    sources = [s.name for s in model.sources]
    layers = [f"        self.{names[node.makes[0]]} = {layer(node.layer)}" for node in first]
    calls = [
        f"        {', '.join(node.makes)} = {call(node, names, 'self.')}" for node in model.nodes
    ]
    zeros = [_zeros(s, model.batch) for s in model.sources]
    return [
        *_nested(model),
        "class Model(keras.Model):",
        "    def __init__(self, **options):",
        "        super().__init__(**options)",
        *layers,
        "",
        "    def call(self, inputs):",
        f"        {', '.join(sources)} = inputs",
        *calls,
        f"        return {_list(model.outputs)}",
        "",
        "",
        "model = Model()",
        f"model({_list(zeros)})  # builds its layers",
    ]


def _zeros(given: Source, batch: int | None) -> str:
    return f"np.zeros({_some_shape(given, batch)!r}, {_dtype(given)!r})"


def _some_shape(given: Source, batch: int | None) -> tuple[int, ...]:
    """Return a shape that fits an Input: one sample and four timesteps, where these are open."""
    return (batch or 1, *(axis or LENGTHS[0] for axis in given.shape))


def _dtype(given: Source) -> str:
    return "int32" if given.ids else "float32"


_FORMS = {
    "functional": _functional,
    "Sequential": _sequential,
    "Sequential without Input": _without_input,
    "subclassed": _subclassed,
}


Run = Callable[[list[Any]], list[Any]]
"""Returns the outputs of a model, as arrays, for what it is given."""


@dataclass(frozen=True)
class Made:
    """A model of Keras."""

    drawn: Model
    model: Any
    names: dict[str, Any]
    """What the program defines: layers, tensors, and classes of its own."""

    @property
    def own(self) -> dict[str, Any]:
        """What Keras must be given to make it again."""
        own = {name: self.names[name] for name in OWN if name in self.names}
        return {**own, "Model": self.names["Model"]} if "Model" in self.names else own

    @property
    def seeded(self) -> list[tuple[Any, int]]:
        """Its layers, each with what its weights are made of."""
        listed = [(self.names.get(_name(node)), node) for node in _first(self.drawn)]
        return [(layer or getattr(self.model, _name(node)), node.seed) for layer, node in listed]


def make(drawn: Model) -> Made:
    """Make a model by running its program."""
    text = program(drawn)
    if not has("ops"):  # Keras 2
        text = text.replace("keras.ops.", "keras.backend.")
    # One name for one program: Hypothesis tells errors apart by the file and the line.
    names: dict[str, Any] = {"__name__": f"drawn_{zlib.crc32(text.encode()):08x}"}
    text = text.replace("import keras\n", "", 1)
    names["keras"] = keras
    file = f"<{names['__name__']}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), names)
    return Made(drawn, names["model"], names)


def given(inputs: list[Any]) -> Any:
    """Return what a model is called on: an array, or a list of several."""
    return inputs[0] if len(inputs) == 1 else inputs


def called(built: Made) -> Run:
    """Call it."""
    return lambda inputs: outputs(built.model(given(inputs)))


def trained(
    built: Made, inputs: list[Any], targets: list[Any], eager: bool
) -> list[tuple[Any, Any]]:
    """Train a model by a step of gradient descent at rate 1, on all samples.

    Returns:
        The direction of each array of weights, and what the step took from it.
    """
    before = [(layer, layer.get_weights(), seed) for layer, seed in built.seeded]
    losses = ["mse"] * len(targets)
    built.model.compile(keras.optimizers.SGD(1.0), losses, run_eagerly=eager)
    built.model.fit(given(inputs), targets, batch_size=len(inputs[0]), verbose=0)
    return [
        (towards.astype(float), old.astype(float) - new)
        for layer, weights, seed in before
        for old, new, towards in zip(
            weights, layer.get_weights(), model_oracle.direction(weights, seed), strict=True
        )
    ]


def outputs(tensors: Any) -> list[Any]:
    """Return the outputs of a model in a list, as arrays."""
    return [to_numpy(tensor) for tensor in flatten(tensors)]


def in_a_graph(built: Made) -> Run:
    """Call it in a tf.function whose signature leaves open what the model leaves open."""
    import tensorflow as tf  # only here: other backends have none

    drawn = built.drawn
    signature = [tf.TensorSpec((drawn.batch, *s.shape), _dtype(s)) for s in drawn.sources]
    function = tf.function(lambda *inputs: built.model(given(list(inputs))), signature)
    return lambda inputs: outputs(function(*inputs))


def jitted(built: Made) -> Run:
    """Call it in a tf.function that XLA compiles."""
    import tensorflow as tf

    function = tf.function(lambda *inputs: built.model(given(list(inputs))), jit_compile=True)
    return lambda inputs: outputs(function(*inputs))


def predict(built: Made) -> Run:
    """Predict, in batches of two samples where the model does not declare their number."""
    size = built.drawn.batch or 2

    def run(inputs: list[Any]) -> list[Any]:
        return outputs(_listed(built.model.predict(given(inputs), batch_size=size, verbose=0)))

    return run


def predict_on_batch(built: Made) -> Run:
    """Predict a batch."""
    return lambda inputs: outputs(_listed(built.model.predict_on_batch(given(inputs))))


def _listed(arrays: Any) -> Any:
    return arrays if isinstance(arrays, (list, tuple)) else [arrays]


def cloned(built: Made) -> Run:
    """Call what keras.models.clone_model makes of it, with its weights."""
    with keras.utils.custom_object_scope(built.own):
        clone = keras.models.clone_model(built.model)
    return _with_weights(built, clone)


def from_configuration(built: Made) -> Run:
    """Call what its class makes of its configuration, with its weights."""
    with keras.utils.custom_object_scope(built.own):
        again = type(built.model).from_config(built.model.get_config())
    return _with_weights(built, again)


def _with_weights(built: Made, again: Any) -> Run:
    if built.drawn.form == "subclassed":
        shapes = [(_some_shape(s, built.drawn.batch), _dtype(s)) for s in built.drawn.sources]
        again(given([np.zeros(*shape) for shape in shapes]))
    again.set_weights(built.model.get_weights())
    return lambda inputs: outputs(again(given(inputs)))


def from_file(built: Made) -> Run:
    """Call what is loaded from the file to which it is saved."""
    with tempfile.TemporaryDirectory() as folder, keras.utils.custom_object_scope(built.own):
        file = Path(folder, "model.keras" if has("ops") else "model.h5")
        built.model.save(file)
        loaded = keras.models.load_model(file, **({"safe_mode": False} if has("ops") else {}))
    return lambda inputs: outputs(loaded(given(inputs)))


def exported(built: Made) -> Run:
    """Call what TensorFlow loads from the SavedModel to which it is exported."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        if hasattr(built.model, "export"):
            export(built.model, folder)
        else:
            tf.saved_model.save(built.model, folder)
        loaded = tf.saved_model.load(folder)

    def run(inputs: list[Any]) -> list[Any]:
        function = loaded.serve if hasattr(loaded, "serve") else loaded
        return outputs(function(given([tf.constant(array) for array in inputs])))

    return run


ALIKE: dict[str, Callable[[Made], Run]] = {
    "called": called,
    "predict": predict,
    "predict_on_batch": predict_on_batch,
}
"""Ways to run a model as it is, on every backend."""
MADE_AGAIN: dict[str, Callable[[Made], Run]] = {
    "cloned": cloned,
    "from its configuration": from_configuration,
    "from a file": from_file,
}
"""Ways that make it again."""
IN_GRAPHS: dict[str, Callable[[Made], Run]] = {
    "in a graph": in_a_graph,
    "jitted": jitted,
    "exported": exported,
}
"""Ways that only TensorFlow has."""
RUNS = {**ALIKE, **MADE_AGAIN, **(IN_GRAPHS if backend() == "tensorflow" else {})}
"""All ways that there are here, by name."""
WAYS = {"called": called, **MADE_AGAIN} if backend() == "openvino" else RUNS
"""Those that do not round: OpenVINO predicts in bfloat16 on processors that have it."""


NONE_LEFT = {**MASKS, **{name: "ends" for name, rule in MASKS.items() if rule == "any"}}
UNMASKED = {**MASKS, "Masking": "ends"}
INSTEAD = {"merges lose every mask": NONE_LEFT, "Masking makes no mask": UNMASKED}
"""Other rules for masks, which released Keras has or had, by what they say."""


def check(way: str, trial: Trial) -> None:
    """Assert that a way to run a model gives what the oracle says, at each of the sizes.

    Args:
        way: a name of RUNS.
        trial: the model, and what it is given.

    Raises:
        AssertionError: another number of outputs, another shape, or a number that differs.
    """
    trial = _exportable(trial) if way == "exported" else trial
    run = RUNS[way](make(trial.model))
    for inputs in trial.inputs:
        compare(run(inputs), trial.model, inputs)


def _exportable(trial: Trial) -> Trial:
    """Return a trial of a model that can be exported.

    A subclass is exported for the length of its first call, and for numbers: never for ids.
    """
    if trial.model.form != "subclassed":
        return trial
    if any(source.ids for source in trial.model.sources):
        return replace(trial, model=replace(trial.model, form="functional"))
    return replace(trial, sizes=tuple(s._replace(length=LENGTHS[0]) for s in trial.sizes))


def compare(
    actual: Sequence[Any],
    drawn: Model,
    inputs: list[Any],
    mistaken: Mapping[str, list[Any]] | None = None,
) -> None:
    """Assert that the outputs of a model are what the oracle says.

    Nothing is compared at masked timesteps of an output that has a mask.

    Args:
        actual: the outputs.
        drawn: the model.
        inputs: what it was given.
        mistaken: what it may have taken its inputs for, by how.

    Raises:
        AssertionError: they are not; the message ends with the model as a program.
    """
    tensors = model_oracle.compute(drawn, inputs)
    masks = [tensors[name].mask for name in drawn.outputs]
    expected = _counted([tensors[name].value for name in drawn.outputs], masks)
    counted = _counted(actual, masks)
    limit = bound(drawn, inputs)
    try:
        assert_close(counted, expected, limit)
    except AssertionError as error:
        instead = {
            reason: _counted(model_oracle.outputs(drawn, inputs, rules), masks)
            for reason, rules in INSTEAD.items()
        } | {
            reason: _counted(model_oracle.outputs(drawn, taken), masks)
            for reason, taken in (mistaken or {}).items()
        }
        difference = f"{right_if(counted, instead, limit)}{error}"
        raise AssertionError(f"{difference}\n\n{program(drawn, inputs)}") from None


def _counted(arrays: Sequence[Any], masks: Sequence[Any]) -> list[Any]:
    """Return arrays with zeros at masked timesteps."""
    return [
        array if mask is None or array.shape[:2] != mask.shape else _zeroed(array, mask)
        for array, mask in zip(arrays, masks, strict=False)
    ]


def _zeroed(array: Any, mask: Any) -> Any:
    return np.where(mask.reshape(mask.shape + (1,) * (array.ndim - 2)), array, np.zeros_like(array))


def bound(drawn: Model, inputs: list[Any]) -> float:
    """Return how many units of rounding may lie between a model's outputs and the oracle's."""
    return ROUNDING * max(1.0, model_oracle.growth(drawn, inputs))
