"""The Keras under test, and how a case becomes a layer.

All that differs between Keras 2, Keras 3 and the backends of Keras 3 is dealt with here.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from packaging.version import Version

from lstm_spec.harness import tolerance
from lstm_spec.harness.strategies import AVOIDED, Case
from lstm_spec.harness.trainer import Net


def _complete(module: ModuleType, public: ModuleType) -> None:
    """Add to a module, and to those in it, what its public counterpart has beside it."""
    for name, value in vars(public).items():
        if inspect.ismodule(value) and inspect.ismodule(getattr(module, name, None)):
            _complete(getattr(module, name), value)
        elif not hasattr(module, name):
            setattr(module, name, value)


def let_numpy_read(tensor: Any) -> None:
    """Let NumPy's functions take tensors of a class, and return arrays.

    NumPy reads no tensor of PyTorch that has a gradient, is on a GPU, or is of bfloat16, and hands
    its functions back to the tensor, which knows them by other arguments. That is no matter of an
    LSTM, so claims and their examples need not tell of it.

    Args:
        tensor: torch.Tensor.
    """
    read = tensor.__array__

    def array(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        plain = self.detach().cpu()
        if str(plain.dtype) == "torch.bfloat16":  # a type that NumPy knows from ml_dtypes alone
            values = read(plain.float()).astype(importlib.import_module("ml_dtypes").bfloat16)
        else:
            values = read(plain)
        return np.array(values, dtype, copy=copy)

    def call(self: Any, function: Any, types: Any, arguments: Any, named: Any) -> Any:
        return function(*_arrays(arguments), **_arrays(named))

    def keep(self: Any, array: Any, *_: Any) -> Any:
        return array

    tensor.__array__ = array
    tensor.__array_function__ = call
    tensor.__array_wrap__ = keep  # PyTorch's makes a tensor of the array again


def _arrays(given: Any) -> Any:
    """Return what a function of NumPy is given, with arrays in place of tensors."""
    if isinstance(given, dict):
        return {name: _arrays(value) for name, value in given.items()}
    if isinstance(given, (list, tuple)):
        return type(given)(map(_arrays, given))
    return np.asarray(given) if hasattr(given, "detach") else given


if os.environ.get("TF_USE_LEGACY_KERAS") == "1":  # TensorFlow's own switch back to Keras 2
    sys.modules["keras"] = importlib.import_module("tf_keras")

import keras  # noqa: E402 - what is under test is settled above

if Version(keras.__version__) < Version("2.13"):  # `import keras` gives a part of tf.keras there
    _complete(keras, importlib.import_module("keras.api._v2.keras"))

if keras.backend.backend() == "torch":
    let_numpy_read(importlib.import_module("torch").Tensor)

_AVOIDED = {
    "jax": {"leading mask"},
    "numpy": {"leading mask", "float64"},
    "openvino": {"float64"},
}
"""Before the first valid timestep loops put out the initial h there; float64 is float32 on two.

Claims of `masking`, `precision` and `wrappers` say so; to all others it would be the same deviation
again. So it would be that Keras before 2.14 makes all states in float32, where a layer of another
type fails, and that in a graph Keras 3 before 3.9 compares the mask of a TimeDistributed with its
input, and fails: see `models.slices-in-a-graph`.
"""
AVOIDED.update(_AVOIDED.get(keras.backend.backend(), ()))
if keras.backend.backend() == "openvino":
    tolerance.NARROWER.add(tolerance.BFLOAT16)
if Version(keras.__version__) < Version("2.14"):
    AVOIDED.add("stateful float64")
if hasattr(keras, "ops") and Version(keras.__version__) < Version("3.9"):
    AVOIDED.add("masked slices")

UNDRAWN = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
"""The weights are set in any case; to draw orthogonal ones first takes a quarter of building."""

FAMILY = (
    *("LSTM", "LSTMCell", "RNN", "StackedRNNCells"),
    *("Bidirectional", "TimeDistributed", "Masking"),
)
"""LSTM and the layers around it whose documentation and arguments are looked at."""


def lstm(case: Case, **options: Any) -> Any:
    """Build keras.layers.LSTM for a case, with the case's weights.

    Args:
        case: gives the units, the weights and the arguments.
        **options: arguments that replace those of the case.
    """
    arguments = {**UNDRAWN, **case.options, **options}
    return with_weights(keras.layers.LSTM(case.units, **arguments), case)


def lstm_without_cudnn(case: Case, **options: Any) -> Any:
    """Build it so that it never turns to cuDNN, if this Keras lets one choose."""
    return lstm(case, **_never_cudnn(), **options)


def _never_cudnn() -> dict[str, bool]:
    return {"use_cudnn": False} if takes("LSTM", "use_cudnn") else {}


def fresh(arguments: Mapping[str, Any], seed: int) -> Any:
    """Make keras.layers.LSTM without cuDNN; its first call draws its weights by the seed."""
    keras.utils.set_random_seed(seed)
    return keras.layers.LSTM(**{**arguments, **_never_cudnn()})


def with_weights(layer: Any, case: Case) -> Any:
    """Build any layer that has an LSTM's weights for the case's input, and set them."""
    layer.build(case.x.shape)
    layer.set_weights(case.weights)
    return layer


def network(net: Net, form: str, layer: Any = None) -> Any:
    """Build a model of an LSTM and a Dense layer, with the weights of a net.

    Padding is marked by the number PADDING, if the net has a mask.

    Args:
        net: gives the weights and the arguments.
        form: one of FORMS.
        layer: the LSTM, if it is made already.
    """
    layers = [layer or lstm(net.case), dense(net)]
    if net.case.mask is not None:
        layers = [keras.layers.Masking(PADDING), *layers]
    counted = net.case.options.get("unroll") and keras_2()  # which cannot unroll None
    timesteps = net.case.timesteps if counted else None
    return FORMS[form](layers, keras.Input((timesteps, net.case.features)))


def dense(net: Net) -> Any:
    """Build the Dense layer of a net, with its weights."""
    layer = keras.layers.Dense(net.head.shape[1])
    layer.build((None, net.case.units))
    layer.set_weights(net.weights[-2:])
    return layer


def padded(net: Net) -> Any:
    """Return the samples of a net, with PADDING where its mask is False."""
    mask = net.case.mask
    return net.case.x if mask is None else np.where(mask[:, :, None], net.case.x, PADDING)


class Chain(keras.Model):  # type: ignore[misc]  # Keras has no types
    """A subclassed model: layers, one after the other."""

    def __init__(self, layers: list[Any]) -> None:
        """Keep the layers."""
        super().__init__()
        self.chain = layers

    def call(self, x: Any) -> Any:
        """Call the layers, one after the other."""
        for layer in self.chain:
            x = layer(x)
        return x


def _functional(layers: list[Any], inputs: Any) -> Any:
    x = inputs
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x)


PADDING = np.float32(9.0)
"""A number that no sample holds."""
FORMS: dict[str, Callable[[list[Any], Any], Any]] = {
    "Sequential": lambda layers, inputs: keras.Sequential([inputs, *layers]),
    "functional": _functional,
    "subclassed": lambda layers, inputs: Chain(layers),
}
"""The ways to make a model of layers, one after the other."""


def embedding(table: Any, **options: Any) -> Any:
    """Build an Embedding that masks the id 0, with a table: a row for each id."""
    layer = keras.layers.Embedding(*table.shape, mask_zero=True, **options)
    layer.build((None,))
    layer.set_weights([table])
    return layer


def cloned(model: Any) -> Any:
    """Return a clone of a model, with its weights."""
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    return clone


def tf_data(*arrays: Any) -> Any:
    """Return a tf.data.Dataset of arrays in batches of two."""
    import tensorflow

    return tensorflow.data.Dataset.from_tensor_slices(arrays).batch(2)


def export(model: Any, path: Any, **options: Any) -> None:
    """Export a model, without a word where this Keras lets one ask for that."""
    quiet = {"verbose": False} if "verbose" in inspect.signature(model.export).parameters else {}
    model.export(path, **quiet, **options)


def from_json(kept: Any) -> Any:
    """Return an object of Keras as it is made again from its configuration in JSON."""
    written = json.dumps(keras.saving.serialize_keras_object(kept))
    return keras.saving.deserialize_keras_object(json.loads(written))


def policy(name: str) -> Any:
    """Return a dtype policy; its name before Keras 3.4, where configurations hold no more."""
    old = Version(keras.__version__) < Version("3.4")
    return name if old else keras.dtype_policies.DTypePolicy(name)


@contextmanager
def global_policy(name: str) -> Iterator[None]:
    """Set the global dtype policy, and put back what was there."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def as_states(states: Any, dtype: str = "float32") -> Any:
    """Return initial states as this Keras takes them.

    Args:
        states: arrays, in lists and tuples, or symbols.
        dtype: what the layer computes in; Keras 2 takes tensors of that type only.
    """
    if isinstance(states, (list, tuple)):
        return type(states)(as_states(part, dtype) for part in states)
    if hasattr(keras, "ops") or not isinstance(states, np.ndarray):
        return states
    return keras.backend.constant(states, dtype=dtype)


def passed(case: Case) -> dict[str, Any]:
    """Return what a call of the case's layer is given beside the input: its mask, its state."""
    dtype = case.options.get("dtype", "float32")
    mask = {} if case.mask is None else {"mask": case.mask}
    return mask if case.h is None else {**mask, "initial_state": as_states(case.state, dtype)}


def reset(layer: Any) -> None:
    """Reset the state of a stateful layer; Keras 2 knows the method by an older name only."""
    if hasattr(layer, "reset_state"):
        layer.reset_state()
    else:
        layer.reset_states()


def names(variables: list[Any]) -> list[str]:
    """Return the names of variables; Keras 2 puts the layers' before them, TensorFlow a number."""
    return [variable.name.rpartition("/")[2].partition(":")[0] for variable in variables]


def to_numpy(tensor: Any) -> Any:
    """Return a tensor of any backend as an array, a list of tensors as a list of arrays."""
    if isinstance(tensor, (list, tuple)):
        return [to_numpy(part) for part in tensor]
    return np.asarray(keras.ops.convert_to_numpy(tensor) if hasattr(keras, "ops") else tensor)


def flatten(structure: Any) -> list[Any]:
    """Return the tensors in lists and tuples of lists and tuples, in one list."""
    if isinstance(structure, (list, tuple)):
        return [leaf for part in structure for leaf in flatten(part)]
    return [structure]


def shapes(structure: Any) -> Any:
    """Return the shapes of tensors, in the lists and tuples in which the tensors are."""
    if isinstance(structure, (list, tuple)):
        return type(structure)(map(shapes, structure))
    return tuple(structure.shape)


def total(tensor: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the sum of a tensor's elements, as a tensor; along an axis, if one is given."""
    if hasattr(keras, "ops"):
        return keras.ops.sum(tensor, axis=axis, keepdims=keepdims)
    return keras.backend.sum(tensor, axis=axis, keepdims=keepdims)


def cast(tensor: Any, dtype: str) -> Any:
    """Return an array or a tensor as a tensor of a type."""
    if hasattr(keras, "ops"):
        return keras.ops.cast(tensor, dtype)
    return keras.backend.cast(tensor, dtype)


def kind(tensor: Any) -> str:
    """Return the name of the type of a tensor or a variable of any backend."""
    if hasattr(keras, "ops"):
        return str(keras.backend.standardize_dtype(tensor.dtype))
    return str(tensor.dtype.name)


def call() -> None:
    """Call an LSTM once."""
    keras.layers.LSTM(1)(np.zeros((1, 1, 1), "float32"))


def release() -> str:
    """Return the release of Keras."""
    return str(keras.__version__)


def keras_2() -> bool:
    """Return whether this is Keras 2."""
    return release().startswith("2.")


def backend() -> str:
    """Return the name of what computes for Keras."""
    return str(keras.backend.backend())


def gpus() -> list[str]:
    """Return the names of the GPUs that Keras' backend finds."""
    library = importlib.import_module(backend())
    count = 0
    if backend() == "tensorflow":
        count = len(library.config.list_physical_devices("GPU"))
    elif backend() == "jax":
        count = sum(device.platform == "gpu" for device in library.devices())
    elif backend() == "torch":
        count = library.cuda.device_count()
    return [f"gpu:{number}" for number in range(count)]


def has(part: str) -> bool:
    """Return whether Keras has a part, such as `ops` or `layers.LSTM.stateless_call`."""
    try:
        attrgetter(part)(keras)
    except AttributeError:
        return False
    return True


def takes(owner: str, argument: str) -> bool:
    """Return whether a constructor or method of a layer, Model or optimizer takes an argument.

    So does a function or class of a full name, as `keras.models.clone_model`.
    """
    if owner.startswith("keras."):
        function = attrgetter(owner.removeprefix("keras."))(keras)
        called = function.__init__ if inspect.isclass(function) else function
        return argument in inspect.signature(called).parameters
    name, _, method = owner.partition(".")
    places = (keras.layers, keras.optimizers, keras)
    owners = [getattr(place, name) for place in places if hasattr(place, name)]
    classes = inspect.getmro(owners[0])
    methods = [getattr(owned, method or "__init__", object.__init__) for owned in classes]
    return any(argument in inspect.signature(owned).parameters for owned in methods)


def docstrings() -> dict[str, str]:
    """Return the docstrings of LSTM and of the layers around it, and of methods of theirs.

    A method counts if it has a docstring that is not the one of keras.layers.Layer.
    """
    texts = {name: str(getattr(keras.layers, name).__doc__) for name in FAMILY}
    for name in FAMILY:
        for member, value in inspect.getmembers(getattr(keras.layers, name), callable):
            inherited = getattr(keras.layers.Layer, member, None)
            if not member.startswith("_") and value.__doc__ not in (None, inherited.__doc__):
                texts[f"{name}.{member}"] = value.__doc__
    return texts


def family() -> dict[str, type]:
    """Return the layers and cells that the specification is about, by name."""
    return {name: getattr(keras.layers, name) for name in (*FAMILY, "Embedding", "Layer")}


def lacking(gpu: bool, needs: str | tuple[str, ...]) -> str:
    """Say what is lacking here of what a claim needs; nothing, if it can be tried.

    Args:
        gpu: whether it needs a GPU.
        needs: what else it needs, as `claim` takes it.
    """
    if gpu and not gpus():
        return "needs a GPU, and Keras finds none here"
    reasons = map(_lacking, (needs,) if isinstance(needs, str) else needs)
    return next(filter(None, reasons), "")


def _lacking(need: str) -> str:
    owner, _, argument = need.rstrip(")").partition("(")
    keras_here = f"Keras {release()}"
    if need == "CPU":
        return "needs Keras to compute on a CPU, and it finds a GPU here" if gpus() else ""
    if need.startswith("/"):
        return "" if Path(need).exists() else f"needs the file {need}, which is not here"
    if argument:
        lacks = f"needs the argument {argument} of {owner}, which {keras_here} does not have"
        return "" if takes(owner, argument) else lacks
    if need.startswith("keras."):
        return "" if _has(need) else f"needs {need}, which {keras_here} does not have here"
    return "" if find_spec(need) else f"needs the module {need}, which is not installed here"


def _has(part: str) -> bool:
    if part == "keras.Model.fit":
        return backend() not in ("numpy", "openvino")  # there it only raises an error
    return has(part.removeprefix("keras."))


def heard(call: Callable[[], Any]) -> tuple[Any, str]:
    """Return what a call returns, and the text of all warnings that it gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call()
    return result, "\n".join(str(warning.message) for warning in caught)
