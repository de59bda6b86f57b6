"""How it is shown that something is refused: by the type of the error and stable words of it.

Releases and backends say the same in other words; the tables hold what each of them says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

OF_THE_BACKEND = (
    "IndexError",
    "InvalidArgumentError",  # TensorFlow
    "OperatorNotAllowedInGraphError",
    "OutOfRangeError",
    "RuntimeError",  # PyTorch, OpenVINO
    "TypeError",
    "ValueError",
)
"""The types of the errors that Keras leaves to its backends; the words tell them from slips."""
MISFIT = (
    "ncompatible shapes",  # TensorFlow, JAX
    "size-incompatible",  # TensorFlow
    "must be broadcastable",
    "Number of ways to split",
    "types for broadcasting",  # JAX
    "contracting dimensions",
    "equal division",
    "could not be broadcast",  # NumPy
    "non-broadcastable",
    "mismatch in its core dimension",
    "not aligned",
    "must match",  # PyTorch
    "match the broadcast shape",
    "is not divisible by",
    "cannot be multiplied",
    "expanded size",
    "not enough values to unpack",
    "failed at src",  # OpenVINO
    "is incompatible with the layer",  # Keras 2
)
"""What the errors say of arrays whose shapes do not fit together, in the words of each backend."""
TOO_FEW_STATES = (
    "index out of range",
    "was passed 1 initial states",  # Keras 2
    "values to unpack",  # PyTorch
)
"""What the errors say of an initial state without c."""
THREE_STATES = (
    "leaves",  # TensorFlow
    "had 3 atoms",
    "same structure",
    "same nested structure",
    "was passed 3 initial states",  # Keras 2
    "Expected a symbolic tensor instance",
    "carry",  # JAX
)
"""What the errors say of an initial state of three arrays."""
ANOTHER_BATCH = (
    "batch size",
    "ncompatible shapes",  # TensorFlow
    "Specified a list with shape",
    "as a Python `bool`",
    "inplace operation",  # PyTorch, in training
    "StaticMemory",  # OpenVINO
    "match the broadcast shape",  # NumPy, PyTorch
)
"""What the errors say of a batch of another size than that of the kept state."""
ANY_ERROR = {"", "Exception", "BaseException"}
"""What no refusal is recognised by."""
Words = str | tuple[str, ...]
"""Text; of several, one suffices: where releases or backends differ, each has its own."""


def assert_refused(call: Callable[[], Any], error: Words, word: Words, *more: Words) -> None:
    """Assert that a call raises an exception of a type, whose text contains all the words.

    Args:
        call: a function without arguments.
        error: the name of the exception's type, or of one that it derives from.
        word: a stable part of the message.
        *more: other parts of it.

    Raises:
        AssertionError: nothing was raised, or an exception of another type or with other words.
        TypeError: any error is of such a type, or has such words.
    """
    for words in (error, word, *more):
        if not _listed(words) or not ANY_ERROR.isdisjoint(_listed(words)):
            raise TypeError(f"any error would do for {words!r}")
    try:
        result = call()
    except Exception as raised:
        message = f"{type(raised).__name__}: {raised}"
        kinds = [kind.__name__ for kind in type(raised).__mro__]
        missing = [] if _any(error, kinds) else [error]
        missing += [words for words in (word, *more) if not _any(words, message)]
        assert not missing, f"the error does not say {missing}: {message}"
    else:
        raise AssertionError(f"accepted, not refused: the call returned {result!r}")


def _any(words: Words, text: str | list[str]) -> bool:
    return any(word in text for word in _listed(words))


def _listed(words: Words) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else words
