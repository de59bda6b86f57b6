"""What a claim needs is looked for in the Keras under test."""

from __future__ import annotations

import keras
import pytest

from lstm_spec.harness import subject


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
    assert subject.lacking(False, needs) == ""


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
    assert subject.lacking(False, needs) == reason


def test_gpu_that_keras_does_not_find_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "gpus", list)
    assert subject.lacking(True, ()) == "needs a GPU, and Keras finds none here"


@pytest.mark.parametrize(("backend", "trains"), [("torch", True), ("openvino", False)])
def test_training_is_lacking_on_backends_that_only_predict(monkeypatch, backend, trains) -> None:
    monkeypatch.setattr(subject, "backend", lambda: backend)
    assert (subject.lacking(False, "keras.Model.fit") == "") is trains
