"""What a claim needs is looked for in the Keras under test; NumPy takes tensors of any backend."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from lstm_spec.harness import subject
from lstm_spec.harness.subject import let_numpy_read


@pytest.mark.parametrize(
    "needs",
    [
        (),
        "numpy",
        "LSTM(dropout)",
        "LSTM(name)",
        "LSTM.call(initial_state)",
        "Bidirectional(backward_layer)",
        "keras.models.clone_model(clone_function)",
        ("numpy", "LSTM(units)"),
    ],
)
def test_what_is_there_is_not_lacking(needs) -> None:
    assert subject.lacking(False, needs) == ""


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ("nonesuch", "needs the module nonesuch, which is not installed here"),
        (
            "keras.models.clone_model(gates)",
            "needs the argument gates of keras.models.clone_model, which Keras 2.8.0 does not have",
        ),
        ("LSTM(gates)", "needs the argument gates of LSTM, which Keras 2.8.0 does not have"),
        (
            ("numpy", "RNN.call(constants)"),
            "needs the argument constants of RNN.call, which Keras 2.8.0 does not have",
        ),
        (
            "LSTM.forget(at)",
            "needs the argument at of LSTM.forget, which Keras 2.8.0 does not have",
        ),
    ],
)
def test_what_is_lacking_is_reported(monkeypatch: pytest.MonkeyPatch, needs, reason: str) -> None:
    monkeypatch.setattr(keras, "__version__", "2.8.0")
    assert subject.lacking(False, needs) == reason


def test_gpu_that_keras_does_not_find_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "gpus", list)
    assert subject.lacking(True, ()) == "needs a GPU, and Keras finds none here"


def test_cpu_is_lacking_where_keras_finds_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "gpus", list)
    assert subject.lacking(False, "CPU") == ""
    monkeypatch.setattr(subject, "gpus", lambda: ["gpu:0"])
    reason = "needs Keras to compute on a CPU, and it finds a GPU here"
    assert subject.lacking(False, "CPU") == reason


def test_file_that_is_not_there_is_lacking(tmp_path: Path) -> None:
    assert subject.lacking(False, str(tmp_path)) == ""
    file = str(tmp_path / "none")
    assert subject.lacking(False, file) == f"needs the file {file}, which is not here"


@pytest.mark.parametrize(("backend", "trains"), [("torch", True), ("openvino", False)])
def test_training_is_lacking_on_backends_that_only_predict(monkeypatch, backend, trains) -> None:
    monkeypatch.setattr(subject, "backend", lambda: backend)
    assert (subject.lacking(False, "keras.Model.fit") == "") is trains


# Tensors of PyTorch


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


def test_a_chapter_by_itself_is_of_the_keras_under_test() -> None:
    program = (
        "import contextlib, sys\n"
        "with contextlib.suppress(ModuleNotFoundError):\n"  # tf_keras may be missing
        "    import lstm_spec.claims.trainer\n"
        "assert sys.modules.get('keras') is sys.modules.get('tf_keras'), sys.modules['keras']\n"
    )
    variables = {**os.environ, "TF_USE_LEGACY_KERAS": "1"}
    subprocess.run([sys.executable, "-c", program], env=variables, check=True)
