"""What a claim needs is looked for in the Keras under test."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest

from lstm_spec.harness import subject
from lstm_spec.harness import subject as needed


@pytest.mark.parametrize(
    "needs",
    [
        (),
        "numpy",
        "LSTM(dropout)",
        "LSTM(name)",
        "LSTM.call(initial_state)",
        "Bidirectional(backward_layer)",
        ("numpy", "LSTM(units)"),
    ],
)
def test_what_is_there_is_not_lacking(needs) -> None:
    assert needed.lacking(False, needs) == ""


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ("nonesuch", "needs the module nonesuch, which is not installed here"),
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
def test_what_is_lacking_is_told(monkeypatch: pytest.MonkeyPatch, needs, reason: str) -> None:
    monkeypatch.setattr(keras, "__version__", "2.8.0")
    assert needed.lacking(False, needs) == reason


def test_gpu_that_keras_does_not_find_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "gpus", list)
    assert needed.lacking(True, ()) == "needs a GPU, and Keras finds none here"


def test_cpu_is_lacking_where_keras_finds_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "gpus", list)
    assert needed.lacking(False, "CPU") == ""
    monkeypatch.setattr(subject, "gpus", lambda: ["gpu:0"])
    reason = "needs Keras to compute on a CPU, and it finds a GPU here"
    assert needed.lacking(False, "CPU") == reason


def test_file_that_is_not_there_is_lacking(tmp_path: Path) -> None:
    assert needed.lacking(False, str(tmp_path)) == ""
    file = str(tmp_path / "none")
    assert needed.lacking(False, file) == f"needs the file {file}, which is not here"


@pytest.mark.parametrize(("backend", "trains"), [("torch", True), ("openvino", False)])
def test_training_is_lacking_on_backends_that_only_predict(monkeypatch, backend, trains) -> None:
    monkeypatch.setattr(subject, "backend", lambda: backend)
    assert (needed.lacking(False, "keras.Model.fit") == "") is trains
