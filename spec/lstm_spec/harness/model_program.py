"""A model as a program of plain Keras and NumPy, which anyone can paste.

The program makes the model, with its weights, under the name `model`. It is what the claims run
too: there is no other way from a drawn model to a layer of Keras.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lstm_spec.harness.models import EXPRESSION, Layer, Model, Node, Source

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
    "same": """\
def same(inputs, mask):
    return mask
""",
}
"""What a program defines for itself, by name."""


def program(model: Model, arrays: Sequence[Any] = (), expected: Sequence[Any] = ()) -> str:
    """Return the program.

    Args:
        model: the model.
        arrays: what it is called on, if it is.
        expected: what its outputs then must be.
    """
    first = [node for node in model.nodes if not node.again and node.layer.kind != EXPRESSION]
    names = {node.makes[0]: _name(node) for node in first}
    body = _FORMS[model.form](model, first, names)
    seeds = [f"({names[node.makes[0]]}, {node.seed})" for node in first]
    prefix = "model." if model.form == "subclassed" else ""
    listed = ", ".join(f"({prefix}{text[1:]}" for text in seeds)
    lines = [
        HEAD,
        *(f"\n{OWN[name]}" for name in OWN if _uses(model, name)),
        "",
        *body,
        f"for layer, seed in [{listed}]:",
        "    drawn = [noise(weight.shape, seed + k) for k, weight in enumerate(layer.weights)]",
        '    positive = type(layer).__name__ == "BatchNormalization"',
        "    layer.set_weights([np.abs(weight) for weight in drawn] if positive else drawn)",
        *_given(model, arrays),
        *_expected(expected),
    ]
    return "\n".join(lines) + "\n"


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
    kind, options = described.kind, described.options
    if kind == "Sequential":
        return f"keras.Sequential([{', '.join(map(layer, options['layers']))}])"
    if kind == "Functional":
        return f"nested(keras.Input({options['shape']!r}), [{_listed(options['layers'])}])"
    owner = "" if kind in OWN else "keras.layers."
    arguments = ", ".join(f"{name}={_value(name, value)}" for name, value in options.items())
    return f"{owner}{kind}({arguments})"


def _listed(layers: Sequence[Layer]) -> str:
    return ", ".join(map(layer, layers))


def _value(name: str, value: Any) -> str:
    if isinstance(value, Layer):
        return layer(value)
    if isinstance(value, list) and isinstance(value[0], Layer):
        return f"[{_listed(value)}]"
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
    listed = [source(model.sources[0], model.batch), *names.values()]
    return [*_nested(model), *lines, f"model = keras.Sequential([{', '.join(listed)}])"]


def _subclassed(model: Model, first: list[Node], names: dict[str, str]) -> list[str]:
    sources = [s.name for s in model.sources]
    made = [f"        self.{names[node.makes[0]]} = {layer(node.layer)}" for node in first]
    calls = [
        f"        {', '.join(node.makes)} = {call(node, names, 'self.')}" for node in model.nodes
    ]
    zeros = [_zeros(s, model.batch) for s in model.sources]
    return [
        *_nested(model),
        "class Model(keras.Model):",
        "    def __init__(self, **options):",
        "        super().__init__(**options)",
        *made,
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
    shape = (batch or 1, *(axis or 4 for axis in given.shape))
    return f"np.zeros({shape!r}, {'int32' if given.ids else 'float32'!r})"


_FORMS = {"functional": _functional, "Sequential": _sequential, "subclassed": _subclassed}
