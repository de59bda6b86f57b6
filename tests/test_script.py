"""Programs for refuted claims run by themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_spec.harness import subject
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import Case, noise
from lstm_spec.harness.tolerance import assert_close, assert_same
from lstm_spec.run.script import UnwritableError, for_this_keras, literal, script

CASE = Case(
    x=noise((1, 2, 1), 0),
    kernel=noise((1, 4), 1),
    recurrent_kernel=noise((1, 4), 2),
    bias=noise((4,), 3),
    options={"activation": "gelu", "go_backwards": True},
    mask=np.array([[True, False]]),
)


def reference_against_itself(case, offset):
    """Say nothing."""
    result = equations(case)
    assert_close(result.h + np.array(offset, "float64"), result.h)


@pytest.mark.parametrize(("offset", "status"), [(0.0, 0), (0.5, 1)])
def test_program_with_the_whole_reference_runs_alone(
    tmp_path: Path, offset: float, status: int
) -> None:
    arguments = {"case": CASE, "offset": offset}
    file = tmp_path / "program.py"
    text = script(reference_against_itself, arguments, "a.b: A statement.")
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    assert ("units of rounding" in done.stderr) == bool(status)
    assert "lstm_spec" not in text


def test_program_says_which_backend_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "backend", lambda: "jax")
    assert for_this_keras("# a.b\nimport keras\n") == (
        '# a.b\nimport os\nos.environ["KERAS_BACKEND"] = "jax"\n\nimport keras\n'
    )


def test_program_imports_the_keras_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "release", lambda: "2.8.0")
    program = for_this_keras("# a.b\nimport keras, numpy as np\n")
    assert program == "# a.b\nfrom tensorflow import keras\nimport numpy as np\n"
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")
    assert for_this_keras("# a.b\nimport keras\n") == (
        '# a.b\nimport os\nos.environ["TF_USE_LEGACY_KERAS"] = "1"\n\nimport tf_keras as keras\n'
    )


VALUES = [
    np.float32([0.1, np.nan, np.inf, -np.inf]),
    np.zeros((0, 3), "float32"),
    np.array([[True, False]]),
    np.arange(5000),
    noise((3, 2), 5),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value.dtype}{value.shape}")
def test_arrays_survive_being_written(value: np.ndarray) -> None:
    back = eval(literal(value), {"np": np})
    assert back.dtype == value.dtype
    assert_same(back, value)


@pytest.mark.parametrize(
    "value", [None, True, -3, 0.1, "it's", [1, [2.5]], (1,), (), [], {"a": [None]}]
)
def test_plain_values_survive_being_written(value: object) -> None:
    assert eval(literal(value)) == value


@pytest.mark.parametrize("value", [np.float16(0.1), np.float32(-np.inf), np.int64(3), np.True_])
def test_numbers_of_numpy_keep_their_type(value: np.generic) -> None:
    back = eval(literal(value), {"np": np})
    assert (type(back), back) == (type(value), value)


def test_what_cannot_be_written_is_named() -> None:
    with pytest.raises(UnwritableError, match="a value of type function cannot be written"):
        literal(noise)
