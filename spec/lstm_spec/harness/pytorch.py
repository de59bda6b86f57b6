"""Tensors of PyTorch, as NumPy takes those of TensorFlow.

NumPy reads no tensor of PyTorch that has a gradient, is on a GPU, or is of bfloat16, and hands
its functions back to the tensor, which knows them by other arguments. That is no matter of an
LSTM, so claims and their examples need not tell of it.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np


def let_numpy_read(tensor: Any) -> None:
    """Let NumPy's functions take tensors of a class, and return arrays.

    Args:
        tensor: torch.Tensor.
    """
    read = tensor.__array__

    def array(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
        plain = self.detach().cpu()
        if str(plain.dtype) == "torch.bfloat16":  # a type that NumPy knows from ml_dtypes alone
            found = read(plain.float()).astype(importlib.import_module("ml_dtypes").bfloat16)
        else:
            found = read(plain)
        return np.array(found, dtype, copy=copy)

    def call(self: Any, function: Any, types: Any, arguments: Any, named: Any) -> Any:
        return function(*_arrays(arguments), **_arrays(named))

    def keep(self: Any, found: Any, *_: Any) -> Any:
        return found

    tensor.__array__, tensor.__array_function__ = array, call
    tensor.__array_wrap__ = keep  # PyTorch's makes a tensor of the array again


def _arrays(given: Any) -> Any:
    """Return what a function of NumPy is given, with arrays in place of tensors."""
    if isinstance(given, dict):
        return {name: _arrays(value) for name, value in given.items()}
    if isinstance(given, (list, tuple)):
        return type(given)(map(_arrays, given))
    return np.asarray(given) if hasattr(given, "detach") else given
