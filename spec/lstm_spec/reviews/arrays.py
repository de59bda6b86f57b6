"""What NumPy, pandas and scikit-learn make of the arrays in a posted program: their shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lstm_spec.reviews.network import UNKNOWN, Shape, Size, Tensor, fill, known, size_of
from lstm_spec.reviews.values import (
    DEEPEST,
    FRAME,
    Arguments,
    Array,
    Batches,
    Listing,
    Number,
    Path,
    as_tuple,
    from_items,
    is_number,
    items_of,
    shape_of,
    sizes,
)

RESHAPES_FRAME = ("drop", "reset_index", "set_index", "rename", "join", "merge", "assign")
"""Methods of a table of pandas that may change its rows and columns."""


OF_TEXTS = "texts_to_sequences"
"""The method of Keras' Tokenizer that makes ids of words."""


def ids() -> Listing:
    """Return a list of sequences of ids, of any number and length."""
    return Listing(None, each=Listing(None, each=Number()))


PICTURES = ((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))
DATA_SETS: dict[str, tuple[Shape, ...]] = {
    "mnist": PICTURES,
    "fashion_mnist": PICTURES,
    "cifar10": ((50_000, 32, 32, 3), (50_000, 1), (10_000, 32, 32, 3), (10_000, 1)),
}
"""The shapes of data that come with Keras: x and y to train with, x and y to test with."""
TEXTS = {"imdb": (25_000, 25_000), "reuters": (8_982, 2_246)}
"""How many texts come with Keras, each as a sequence of ids, to train and to test with."""


def data_set(name: str, call: Arguments) -> Any:
    """Return the arrays of data that come with Keras, as load_data returns them."""
    parts: list[Any] = [Array(shape) for shape in DATA_SETS.get(name, ())]
    if name in TEXTS:
        whole = call.whole and not {"maxlen", "test_split"} & {*call.named}
        for count in TEXTS[name]:
            parts += [ids(), Array((count if whole and len(call.given) < 4 else UNKNOWN,))]
    return (tuple(parts[:2]), tuple(parts[2:])) if parts else UNKNOWN


WINDOWS = {"TimeseriesGenerator": "length", "timeseries_dataset_from_array": "sequence_length"}
"""What cuts windows of an array, and how it calls the number of timesteps."""


def windows(name: str, call: Arguments) -> Batches:
    """Return what cuts windows of an array, with the shape of a batch of them."""
    data = from_items(call.get(0, "data"))
    steps = call.get(2, WINDOWS[name])
    old = name == "TimeseriesGenerator"
    rate = call.get(3, "sampling_rate", default=1) if old else 1
    size = 128 if old else call.get(5, "batch_size", default=128)
    unknown = not call.whole or size is UNKNOWN or not known(steps, rate) or rate < 1
    if unknown or data.shape is None:
        return Batches(Array(None))
    batch = () if size is None else (UNKNOWN,)
    return Batches(Array((*batch, -(-steps // rate), *data.shape[1:])))


KEEPING = ("cache", "prefetch", "repeat", "shuffle", "skip", "take", "with_options")
"""Methods of a tf.data.Dataset after which its elements have the same shapes."""


def slices(call: Arguments) -> Batches:
    """Return what yields the rows of arrays, as Dataset.from_tensor_slices does."""
    given = call.first if isinstance(call.first, tuple) else (call.first,)
    shapes = [from_items(part).shape for part in given]
    rows = [Array(None if shape is None else shape[1:]) for shape in shapes]
    return Batches(*rows[:2]) if rows else Batches(Array(None))


def method_of_batches(batches: Batches, name: str) -> Any:
    """Return what a method of a tf.data.Dataset returns."""
    if name == "batch":
        parts = (batches.inputs.shape, batches.targets.shape)
        return Batches(*(Array(None if part is None else (UNKNOWN, *part)) for part in parts))
    return batches if name in KEEPING else UNKNOWN


def broadcast(left: Any, right: Any) -> Array:
    """Return what arithmetic makes of two arrays, or of an array and something else."""
    shapes = [side.shape for side in (left, right) if isinstance(side, Array)]
    plain = any(isinstance(side, (int, float, Number)) for side in (left, right))
    origins = [getattr(side, "origin", "") for side in (left, right)]
    if plain or (len(shapes) == 2 and shapes[0] == shapes[1]):
        return Array(shapes[0], next((kept for kept in (FRAME, "step") if kept in origins), ""))
    return Array(None)


def array_attribute(array: Array, name: str) -> Any:
    """Return an attribute of an array; None, if it is a method or nothing that is known."""
    shape = array.shape
    if name == "shape":
        return UNKNOWN if shape is None else shape
    if name == "values" and array.origin == FRAME:
        return Array(shape)
    if name == "iloc" and array.origin == FRAME:
        return array
    if name == "T":
        return Array(None if shape is None else shape[::-1])
    if name == "ndim":
        return UNKNOWN if shape is None else len(shape)
    return UNKNOWN if name in ("size", "dtype", "values", "loc", "columns", "index") else None


def indexed(array: Array, key: Any) -> Any:
    """Return a part of an array."""
    keys = key if isinstance(key, tuple) else (key,)
    if array.origin == FRAME and (isinstance(key, str) or _is_names(key)):
        columns = () if isinstance(key, str) else (len(key.items),)
        return Array((UNKNOWN, *columns), FRAME)
    if array.shape is None:
        return replace(array, axes=())
    if array.shape and len(keys) == 1 and _selects(keys[0]):
        return Array((_selected(keys[0]), *array.shape[1:]))
    shape = _shape_of_part(array.shape, keys)
    if shape is None:
        return Array(None)
    if not shape:
        return Number()
    rows = len(keys) == 2 and len(shape) == 3 and isinstance(keys[0], slice)
    alone = rows and shape[1] == 1 and _is_newaxis(keys[1])
    origin = _as_rows(array) if alone else array.origin
    step = len(array.shape) == 3 and len(shape) == 2 and not isinstance(keys[0], (int, Number))
    return replace(array, shape=shape, origin="step" if step else origin, axes=())


def _as_rows(array: Array) -> str:
    """Return how samples of one timestep were made: of the rows of a table, or of a sequence."""
    return "step" if array.origin == "step" else "rows"


def _shape_of_part(shape: Shape, keys: Sequence[Any]) -> Shape | None:
    """Return the shape of a part of an array; None, if it is not known."""
    rest = list(shape)
    taking = sum(part is not ... and not _is_newaxis(part) for part in keys)
    kept: list[Size] = []
    for part in keys:
        if _is_newaxis(part):
            kept.append(1)
        elif part is ...:
            skipped = max(0, len(rest) - taking)
            kept += rest[:skipped]
            rest = rest[skipped:]
        elif not rest:
            return None
        else:
            size = rest.pop(0)
            taking -= 1
            if isinstance(part, slice):
                kept.append(_cut(size, part))
            elif not known(part) and not isinstance(part, Number):
                return None
    return (*kept, *rest)


def _is_names(key: Any) -> bool:
    """Return whether an index is a list of names of columns."""
    items = key.items if isinstance(key, Listing) else None
    return bool(items) and all(isinstance(item, str) for item in items or [])


def _selects(key: Any) -> bool:
    """Return whether an index selects rows."""
    if isinstance(key, Listing):
        return key.items is not None and known(*key.items)
    return isinstance(key, Array) and key.shape is not None and len(key.shape) == 1


def _selected(key: Any) -> Size:
    """Return how many rows an index selects."""
    return len(key.items) if isinstance(key, Listing) and key.items else UNKNOWN


def _is_newaxis(key: Any) -> bool:
    return key is None or getattr(key, "name", "") == "numpy.newaxis"


def _cut(size: Size, part: slice) -> Size:
    plain = all(bound is None or known(bound) for bound in (part.start, part.stop, part.step))
    if (part.start, part.stop) == (None, None) and part.step in (None, 1, -1):
        return size
    if isinstance(part.start, Number) and isinstance(part.stop, Number) and part.step is None:
        between = part.stop.plus - part.start.plus
        last = part.stop.base.largest
        short = isinstance(size, int) and last is not None and last + part.stop.plus > size
        fits = part.start.base is part.stop.base and between >= 0 and not short
        return between if fits else UNKNOWN
    if not known(size) or not plain or part.step == 0:
        return UNKNOWN
    return len(range(size)[part])  # type: ignore[arg-type]


def array_method(array: Array, name: str, call: Arguments) -> Any:
    """Return what a method of an array returns."""
    given = call.given
    if name == "reshape":
        shape = given[0] if len(given) == 1 and not known(given[0]) else tuple(given)
        axes = call.axes("0", "*") if len(given) > 1 else call.axes("0")
        return reshaped(array, shape if shape else call.named.get("shape"), axes)
    if array.origin == FRAME and array.shape is not None:
        named = call.get(0, "items")
        chosen = name == "filter" and _is_names(named)
        return indexed(array, named) if chosen else _of_frame(array.shape, name, call)
    if name in ("astype", "copy", "round", "clip", "numpy"):
        return array
    if name == "cumsum":
        return array if call.get(0, "axis") is not None else Array((_count(array.shape),))
    if name in ("flatten", "ravel"):
        return Array((_count(array.shape),))
    if name in ("mean", "sum", "max", "min", "std", "argmax", "argmin", "var"):
        return reduced(array, call.get(0, "axis"), call.named.get("keepdims"))
    if name == "transpose":
        order = given[0] if len(given) == 1 else tuple(given)
        return transposed(array, order if given else None)
    if name == "squeeze":
        return Array(None)
    return ids() if name == OF_TEXTS else UNKNOWN


def _of_frame(shape: Shape, name: str, call: Arguments) -> Any:
    """Return what a method of a table of pandas, or of a column, returns."""
    if name == "to_numpy":
        return Array(shape)
    if name in ("copy", "astype", "fillna", "ffill", "bfill", "interpolate", "sort_index"):
        return Array(shape, FRAME)
    if name in ("dropna", "head", "tail", "sample", "sort_values"):
        return Array((UNKNOWN, *shape[1:]), FRAME)
    if name not in RESHAPES_FRAME:
        return UNKNOWN
    if len(shape) == 2:
        return Array((UNKNOWN, UNKNOWN), FRAME)
    stays = name != "reset_index" or call.named.get("drop") is True
    return Array((UNKNOWN,), FRAME) if stays else UNKNOWN


def reshaped(array: Array, shape: Any, axes: Sequence[str]) -> Array:
    """Return an array of another shape."""
    items = getattr(shape, "items", shape)
    items = (items,) if known(items) else items
    if not isinstance(items, (tuple, list)) or len(items) > DEEPEST:
        return Array(None)
    total = _count(array.shape)
    new = fill(tuple(items), total)
    rows = len(new) == 3 and new[1] == 1 and array.shape is not None and len(array.shape) == 2
    origin = _as_rows(array) if rows else array.origin
    if array.shape is not None and _exchanges(array.shape, new):
        origin = "mixed"
    return replace(array, shape=new, origin=origin, axes=tuple(axes))


def _exchanges(old: Shape, new: Shape) -> bool:
    """Return whether a reshape gives the sizes of time and features in the other order."""
    if len(old) != 3 or len(new) != 3 or old[0] != new[0] or not known(*old[1:]):
        return False
    return 1 not in old[1:] and old[1] != old[2] and old[1:] == new[:0:-1]


def reduced(array: Array, axis: Any, keepdims: Any) -> Any:
    """Return an array without an axis."""
    if array.shape is None or keepdims is not None:
        return Array(None) if axis is not None else UNKNOWN
    if axis is None:
        return UNKNOWN
    axes = axis if isinstance(axis, tuple) else (axis,)
    if not known(*axes):
        return Array(None)
    places = {place % len(array.shape) for place in axes if array.shape}
    left = tuple(size for place, size in enumerate(array.shape) if place not in places)
    return Array(left) if left else UNKNOWN


def transposed(array: Array, axes: Any) -> Array:
    """Return an array with its axes in another order."""
    axes = getattr(axes, "items", axes)
    if array.shape is None:
        return Array(None)
    if axes is None:
        return Array(array.shape[::-1])
    if not isinstance(axes, (tuple, list)) or sorted(map(str, axes)) != sorted(
        map(str, range(len(array.shape)))
    ):
        return Array(None)
    return Array(tuple(array.shape[axis] for axis in axes))


def _count(shape: Shape | None) -> Size:
    total = 1
    for size in shape if shape is not None else (UNKNOWN,):
        if not known(size):
            return UNKNOWN
        total *= size  # type: ignore[operator]
    return total


def array_function(name: str, call: Arguments) -> Any:
    """Return what a function of NumPy, Keras or scikit-learn returns; UNKNOWN of another."""
    short = name.rpartition(".")[2]
    if short == "train_test_split":
        return tuple(part for array in call.given for part in _split(array) * 2) or UNKNOWN
    rule = FUNCTIONS.get(name) or FUNCTIONS.get(short)
    if rule is None:
        return UNKNOWN
    try:
        return rule(call)
    except (TypeError, ValueError, IndexError, OverflowError):  # NumPy would refuse it
        return UNKNOWN


def keeps_tensors(name: str) -> bool:
    """Return whether a function makes a symbolic tensor of one, and it is known which."""
    return name.rpartition(".")[2] in (*SAME, *RESHAPING, *REDUCING)


def tensor_function(name: str, call: Arguments) -> Tensor:
    """Return what a function of Keras or TensorFlow makes of a symbolic tensor."""
    tensor = call.first
    array = Array(tensor.shape)
    result = UNKNOWN
    if tensor.shape is not None and name.rpartition(".")[2] in REDUCING:
        result = reduced(array, call.get(1, "axis"), call.named.get("keepdims"))
    elif tensor.shape is not None:
        result = array_function(name, replace(call, given=[array, *call.given[1:]]))
    shape = result.shape if isinstance(result, Array) else None
    return Tensor(shape, None if tensor.mask is None else UNKNOWN, derived=True)


def _split(array: Any) -> list[Any]:
    if isinstance(array, Listing) and array.items is None:
        return [array]
    if not isinstance(array, Array) or array.shape is None:
        return [Array(None)]
    return [replace(array, shape=(UNKNOWN, *array.shape[1:]))]


def _filled(call: Arguments) -> Any:
    return Array(sizes(as_tuple(call.get(0, "shape"))), axes=call.axes("0", "shape"))


def _rand(call: Arguments) -> Any:
    return Array(sizes(tuple(call.given)), axes=call.axes("*")) if call.given else UNKNOWN


def _sized(place: int) -> Callable[[Arguments], Any]:
    """Return the rule of a function whose argument at a place is the size."""

    def rule(call: Arguments) -> Any:
        size = as_tuple(call.get(place, "size", "shape"))
        axes = call.axes(str(place), "size", "shape")
        return UNKNOWN if size is None else Array(sizes(size), axes=axes)

    return rule


def _like(call: Arguments) -> Any:
    if "shape" in call.named:  # as zeros_like has it
        return Array(sizes(as_tuple(call.named["shape"])))
    return Array(call.first.shape) if isinstance(call.first, Array) else UNKNOWN


def _array(call: Arguments) -> Any:
    if isinstance(call.first, Tensor):
        return Array(call.first.shape)  # as an array it carries no mask
    array = from_items(call.first)
    least = call.named.get("ndmin", 0)
    if array.shape is None or not known(least):
        return Array(None)
    if least > len(array.shape):
        return Array((*(1,) * (least - len(array.shape)), *array.shape))
    return Array(array.shape) if array.origin == FRAME else array


def _arange(call: Arguments) -> Any:
    given = call.given[:3]
    if given and known(*given) and (len(given) < 3 or given[2]):
        return Array((len(range(*given)),))
    return Array((UNKNOWN,))


def _generator(call: Arguments) -> Any:
    return Path("numpy.random")


def _permuted(call: Arguments) -> Any:
    return Array((call.first,)) if known(call.first) else _like(call)


def _scaler(call: Arguments) -> Any:
    return Path("scaler")


def _scaled(call: Arguments) -> Any:
    return Array(from_items(call.first).shape)


def _frame(call: Arguments) -> Any:
    several = {"squeeze", "chunksize", "iterator"} & {*call.named}
    return UNKNOWN if several else Array((UNKNOWN, UNKNOWN), FRAME)


def _linspace(call: Arguments) -> Any:
    return Array((size_of(call.get(2, "num", default=50)),))


def _expand(call: Arguments) -> Any:
    first = call.first
    axis = call.get(1, "axis")
    if not isinstance(first, Array) or first.shape is None or not known(axis):
        return Array(None)
    place = axis % (len(first.shape) + 1)
    shape = (*first.shape[:place], 1, *first.shape[place:])
    origin = _as_rows(first) if len(shape) == 3 and place == 1 else first.origin
    return replace(first, shape=shape, origin=origin, axes=())


def _reshape(call: Arguments) -> Any:
    shape = call.get(1, "newshape", "shape")
    return reshaped(from_items(call.first), shape, call.axes("1", "newshape"))


def _join(call: Arguments) -> Any:
    return _joined(_parts(call), call.get(1, "axis", default=0))


def _parts(call: Arguments) -> list[Any] | None:
    """Return what is in a list or a tuple of arrays; None, if that is not known."""
    parts = getattr(call.first, "items", call.first)
    return list(parts) if isinstance(parts, (tuple, list)) else None


def _joined(parts: Sequence[Any] | None, axis: Any) -> Array:
    if parts is None or not known(axis):
        return Array(None)
    shapes = [part.shape if isinstance(part, Array) else None for part in parts]
    if not shapes or any(shape is None or len(shape) != len(shapes[0] or ()) for shape in shapes):
        return Array(None)
    whole = [shape for shape in shapes if shape]
    column = [shape[axis] for shape in whole]
    total: Size = sum(column) if known(*column) else UNKNOWN
    place = axis % len(whole[0])
    return Array((*whole[0][:place], total, *whole[0][place + 1 :]))


def _beside(call: Arguments) -> Any:
    """Return what hstack and column_stack make of arrays: of single columns, if need be."""
    parts = _parts(call) or []
    tables = [part for part in parts if isinstance(part, Array) and len(part.shape or ()) == 2]
    return _joined(parts, 1) if len(tables) == len(parts) else Array(None)


def _stack(call: Arguments) -> Any:
    parts = _parts(call)
    axis = call.get(1, "axis", default=0)
    if not parts or not known(axis):
        return Array(None)
    shapes = [part.shape if isinstance(part, Array) else None for part in parts]
    if any(shape is None or shape != shapes[0] for shape in shapes):
        return Array(None)
    base = shapes[0] or ()
    place = axis % (len(base) + 1)
    return Array((*base[:place], len(parts), *base[place:]))


def _categorical(call: Arguments) -> Any:
    shape = from_items(call.first).shape
    if shape is None:
        return Array(None)
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return Array((*shape, size_of(call.get(1, "num_classes"))))


def _pad(call: Arguments) -> Any:
    parts = _parts(call)
    inner = _inner(call.first, typed=len(call.given) > 2 or "dtype" in call.named)
    count: Size = UNKNOWN if parts is None else len(parts)
    value = call.get(5, "value", default=0.0)
    padding = float(value) if is_number(value) else None
    origin = "padded" if padding == 0 else ""
    shape = None if inner is None else (count, size_of(call.get(1, "maxlen")), *inner)
    return Array(shape, origin, padding=padding)


def _inner(sequences: Any, typed: bool) -> Shape | None:
    """Return the shape of what stands at a timestep of sequences; None, if it is not known.

    Args:
        sequences: a list of sequences.
        typed: whether a type is given for them: else they are whole numbers, as ids are.
    """
    parts = _all_or_each(sequences)
    steps = [_all_or_each(part) for part in parts]
    shapes = {
        () if step is UNKNOWN and not typed else shape_of(step)
        for part in steps
        for step in part[:100]
    }
    return shapes.pop() if all(steps) and len(shapes) == 1 else None


def _all_or_each(value: Any) -> list[Any]:
    """Return the items of a list, or what each of them is like; nothing, if it is none."""
    if isinstance(value, Array) and value.shape:
        return [Array(value.shape[1:])]
    items = items_of(value)
    if items is None and isinstance(value, Listing) and value.each is not None:
        return [value.each]
    return items or []


def _transpose(call: Arguments) -> Any:
    axes = call.get(1, "axes", "perm")
    return transposed(call.first, axes) if isinstance(call.first, Array) else Array(None)


def _swap(call: Arguments) -> Any:
    array, *axes = call.given
    if not isinstance(array, Array) or array.shape is None or not known(*axes[:2]):
        return Array(None)
    shape = list(array.shape)
    shape[axes[0]], shape[axes[1]] = shape[axes[1]], shape[axes[0]]
    return Array(tuple(shape))


def _eye(call: Arguments) -> Any:
    rows = call.get(0, "N", "num_rows")
    columns = call.get(1, "M", "num_columns")
    columns = rows if columns is None else columns
    batched = len(call.given) > 2 or "batch_shape" in call.named
    return Array(None if batched else (size_of(rows), size_of(columns)))


def _identity(call: Arguments) -> Any:
    return Array((size_of(call.first), size_of(call.first)))


def _cumsum(call: Arguments) -> Any:
    """Return running sums; without an axis they are flat in NumPy, and not in TensorFlow."""
    if not isinstance(call.first, Array):
        return UNKNOWN
    shape = call.first.shape
    keeps = call.get(1, "axis") is not None or (shape is not None and len(shape) == 1)
    return Array(shape if keeps else None)


def _power(call: Arguments) -> Any:
    return broadcast(call.first, call.get(1, "x2", "y")) if len(call.given) > 1 else UNKNOWN


SAME = (
    *("sin", "cos", "exp", "log", "abs", "sqrt", "tanh", "square", "round", "flip"),
    *("zeros_like", "ones_like", "nan_to_num", "cast", "log1p", "clip"),
)
RESHAPING = ("expand_dims", "reshape", "transpose", "swapaxes", "cumsum", "power")
REDUCING = tuple(
    f"{how}{name}" for how in ("", "reduce_") for name in ("mean", "sum", "max", "min")
)
FUNCTIONS: dict[str, Callable[[Arguments], Any]] = {
    **dict.fromkeys(SAME, _like),
    **dict.fromkeys(("zeros", "ones", "empty", "full", "fill"), _filled),
    **dict.fromkeys(("random.rand", "random.randn"), _rand),
    **dict.fromkeys(("random.random", "random.random_sample", "random.ranf"), _sized(0)),
    **dict.fromkeys(("random.normal", "random.uniform", "random.randint"), _sized(2)),
    **dict.fromkeys(("random.binomial", "random.integers"), _sized(2)),
    **dict.fromkeys(("random.choice", "random.poisson", "random.exponential"), _sized(1)),
    **dict.fromkeys(("random.standard_normal",), _sized(0)),
    **dict.fromkeys(("tensorflow.random.normal", "tensorflow.random.uniform"), _sized(0)),
    **dict.fromkeys(("keras.random.normal", "keras.random.uniform"), _sized(0)),
    **dict.fromkeys(("random.default_rng", "random.RandomState"), _generator),
    "random.permutation": _permuted,
    **dict.fromkeys(("MinMaxScaler", "StandardScaler", "RobustScaler", "MaxAbsScaler"), _scaler),
    **dict.fromkeys(("scaler.fit_transform", "scaler.transform"), _scaled),
    "scaler.inverse_transform": _scaled,
    **dict.fromkeys(("pandas.read_csv", "pandas.read_excel", "pandas.DataFrame"), _frame),
    **dict.fromkeys(("array", "asarray", "constant", "convert_to_tensor"), _array),
    **dict.fromkeys(("concatenate", "concat"), _join),
    **dict.fromkeys(("hstack", "column_stack"), _beside),
    "arange": _arange,
    "linspace": _linspace,
    "expand_dims": _expand,
    "reshape": _reshape,
    "stack": _stack,
    "to_categorical": _categorical,
    "pad_sequences": _pad,
    "transpose": _transpose,
    "swapaxes": _swap,
    "eye": _eye,
    "identity": _identity,
    "cumsum": _cumsum,
    "power": _power,
}
