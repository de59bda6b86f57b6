"""NumPy takes tensors that refuse it as PyTorch's do; PyTorch itself is tried with the claims."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_spec.harness.subject import let_numpy_read


@pytest.fixture
def tensor():
    """Return a tensor that has a gradient, of a class that NumPy may read."""

    class Tensor:
        def __init__(self, dtype="torch.float32", gradient=True):
            self.dtype = dtype
            self.gradient = gradient

        def detach(self):
            return type(self)(self.dtype, gradient=False)

        def cpu(self):
            return self

        def float(self):
            return type(self)("torch.float32", self.gradient)

        def __array__(self):
            assert not self.gradient
            assert self.dtype == "torch.float32"
            return np.array([1.0, -2.0], "float32")

        def __array_wrap__(self, *_):
            return self

        def all(self):
            """Refuse the arguments that NumPy hands over."""

    let_numpy_read(Tensor)
    return Tensor()


def test_tensor_with_a_gradient_is_read(tensor) -> None:
    assert np.array(tensor).tolist() == [1.0, -2.0]
    assert np.asarray(tensor, "float64").dtype == "float64"


def test_tensor_of_bfloat16_is_read(tensor) -> None:
    assert np.array(type(tensor)("torch.bfloat16")).dtype.name == "bfloat16"


def test_functions_take_tensors_and_return_arrays(tensor) -> None:
    assert np.isnan(tensor).tolist() == [False, False]
    assert np.all(tensor)
    assert np.concatenate([tensor, tensor]).tolist() == [1.0, -2.0, 1.0, -2.0]
