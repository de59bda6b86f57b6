"""How a drawn model is made, and the ways to run it."""

from __future__ import annotations

import itertools
import linecache
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lstm_spec.harness import model_oracle, model_program
from lstm_spec.harness.masks import MASKS
from lstm_spec.harness.models import Model, Trial
from lstm_spec.harness.subject import backend, export, flatten, has, to_numpy
from lstm_spec.harness.tolerance import ROUNDING, assert_close, right_if

import keras  # isort: skip - which one is settled above

Run = Callable[[list[Any]], list[Any]]
"""Returns the outputs of a model, as arrays, for what it is given."""

_programs = itertools.count()


@dataclass(frozen=True)
class Made:
    """A model of Keras."""

    drawn: Model
    model: Any
    names: dict[str, Any]
    """What the program defines: layers, tensors, and classes of its own."""

    @property
    def own(self) -> dict[str, Any]:
        """What Keras must be told to make it again."""
        own = {name: self.names[name] for name in model_program.OWN if name in self.names}
        return {**own, "Model": self.names["Model"]} if "Model" in self.names else own


def make(drawn: Model) -> Made:
    """Make a model by running its program."""
    text = model_program.program(drawn)
    if not has("ops"):  # Keras 2
        text = text.replace("keras.ops.", "keras.backend.")
    names: dict[str, Any] = {"__name__": f"drawn{next(_programs)}"}
    text = text.replace("import keras\n", "", 1)
    names["keras"] = keras
    file = f"<{names['__name__']}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), names)
    return Made(drawn, names["model"], names)


def given(inputs: list[Any]) -> Any:
    """Return what a model is called on: an array, or a list of several."""
    return inputs[0] if len(inputs) == 1 else inputs


def called(made: Made) -> Run:
    """Call it."""
    return lambda inputs: outputs(made.model(given(inputs)))


def outputs(tensors: Any) -> list[Any]:
    """Return the outputs of a model in a list, as arrays."""
    return [to_numpy(tensor) for tensor in flatten(tensors)]


def in_a_graph(made: Made) -> Run:
    """Call it in a tf.function whose signature leaves open what the model leaves open."""
    import tensorflow as tf  # only here: other backends have none

    signature = [
        tf.TensorSpec((made.drawn.batch, *s.shape), "int32" if s.ids else "float32")
        for s in made.drawn.sources
    ]
    function = tf.function(lambda *inputs: made.model(given(list(inputs))), signature)
    return lambda inputs: outputs(function(*inputs))


def jitted(made: Made) -> Run:
    """Call it in a tf.function that XLA compiles."""
    import tensorflow as tf

    function = tf.function(lambda *inputs: made.model(given(list(inputs))), jit_compile=True)
    return lambda inputs: outputs(function(*inputs))


def predict(made: Made) -> Run:
    """Predict, in batches of two samples where the model does not declare their number."""
    size = made.drawn.batch or 2

    def run(inputs: list[Any]) -> list[Any]:
        return outputs(_listed(made.model.predict(given(inputs), batch_size=size, verbose=0)))

    return run


def predict_on_batch(made: Made) -> Run:
    """Predict a batch."""
    return lambda inputs: outputs(_listed(made.model.predict_on_batch(given(inputs))))


def _listed(arrays: Any) -> Any:
    return arrays if isinstance(arrays, (list, tuple)) else [arrays]


def cloned(made: Made) -> Run:
    """Call what keras.models.clone_model makes of it, with its weights."""
    with keras.utils.custom_object_scope(made.own):
        clone = keras.models.clone_model(made.model)
    return _with_weights(made, clone)


def from_configuration(made: Made) -> Run:
    """Call what its class makes of its configuration, with its weights."""
    with keras.utils.custom_object_scope(made.own):
        again = type(made.model).from_config(made.model.get_config())
    return _with_weights(made, again)


def _with_weights(made: Made, again: Any) -> Run:
    if made.drawn.form == "subclassed":
        zeros = [
            np.zeros((made.drawn.batch or 1, *_axes(s)), _dtype(s)) for s in made.drawn.sources
        ]
        again(given(zeros))
    again.set_weights(made.model.get_weights())
    return lambda inputs: outputs(again(given(inputs)))


def _axes(source: Any) -> tuple[int, ...]:
    return tuple(axis or 4 for axis in source.shape)


def _dtype(source: Any) -> str:
    return "int32" if source.ids else "float32"


def from_file(made: Made) -> Run:
    """Call what is loaded from the file to which it is saved."""
    with tempfile.TemporaryDirectory() as folder, keras.utils.custom_object_scope(made.own):
        file = Path(folder, "model.keras" if has("ops") else "model.h5")
        made.model.save(file)
        loaded = keras.models.load_model(file, **({"safe_mode": False} if has("ops") else {}))
    return lambda inputs: outputs(loaded(given(inputs)))


def exported(made: Made) -> Run:
    """Call what TensorFlow loads from the SavedModel to which it is exported."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        if hasattr(made.model, "export"):
            export(made.model, folder)
        else:
            tf.saved_model.save(made.model, folder)
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
WAYS = {**ALIKE, **MADE_AGAIN, **(IN_GRAPHS if backend() == "tensorflow" else {})}
"""All ways that there are here, by name."""


NONE_LEFT = {**MASKS, **{name: "ends" for name, rule in MASKS.items() if rule == "any"}}
INSTEAD = {"merges lose every mask": NONE_LEFT}
"""Other rules for masks, which released Keras has or had, by what they say."""


def check(way: str, trial: Trial) -> None:
    """Assert that a way to run a model gives what the oracle says, at each of the sizes.

    Args:
        way: a name of WAYS.
        trial: the model, and what it is given.

    Raises:
        AssertionError: another number of outputs, another shape, or a number that differs.
    """
    run = WAYS[way](make(trial.model))
    for inputs in trial.inputs:
        compare(run(inputs), trial.model, inputs)


def compare(actual: Sequence[Any], drawn: Model, inputs: list[Any]) -> None:
    """Assert that the outputs of a model are what the oracle says.

    Nothing is compared at masked timesteps of an output that has a mask.

    Raises:
        AssertionError: they are not; the message ends with the model as a program.
    """
    tensors = model_oracle.compute(drawn, inputs)
    masks = [tensors[name].mask for name in drawn.outputs]
    expected = _counted([tensors[name].value for name in drawn.outputs], masks)
    counted, limit = _counted(actual, masks), bound(drawn, inputs)
    try:
        assert_close(counted, expected, limit)
    except AssertionError as error:
        instead = {
            reason: _counted(model_oracle.outputs(drawn, inputs, rules), masks)
            for reason, rules in INSTEAD.items()
        }
        told = f"{right_if(counted, instead, limit)}{error}"
        raise AssertionError(f"{told}\n\n{model_program.program(drawn, inputs)}") from None


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
