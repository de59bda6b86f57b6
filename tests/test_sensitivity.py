"""How strongly an output depends on an input is measured on a real layer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_spec.answers.picture import LARGEST, SEED, UnmeasuredError, measure

CUBE = {
    "units": 1, "activation": None, "recurrent_activation": None, "use_bias": False,
    "kernel_initializer": "ones",
}  # fmt: skip


def test_a_derivative_that_is_known() -> None:
    """Without activations, from zeros, h is x ** 3 if all weights are one."""
    x = np.random.RandomState(SEED).uniform(-1, 1)
    assert measure(CUBE, 1, 1, [(0, 0)])[0, 0] == pytest.approx([3 * x**2], rel=1e-6)


def test_every_timestep_counts_for_every_unit() -> None:
    places = [(t, f) for t in range(3) for f in range(2)]
    measured = measure({"units": 2}, 3, 2, places)
    assert list(measured) == places
    assert all(value > 0 for values in measured.values() for value in values)


def test_nothing_counts_with_a_kernel_of_zeros() -> None:
    assert measure({"units": 2, "kernel_initializer": "zeros"}, 1, 1, [(0, 0)]) == {(0, 0): [0, 0]}


def test_flags_of_what_is_returned_do_not_matter() -> None:
    flags = {"return_sequences": True, "return_state": True, "stateful": True, "name": "a"}
    places = [(0, 0), (1, 0)]
    assert measure({"units": 2, **flags}, 2, 1, places) == measure({"units": 2}, 2, 1, places)


@pytest.mark.parametrize(
    ("arguments", "places", "why"),
    [
        ({"units": 1}, [], "there are no features"),
        ({"units": LARGEST}, [(0, 0)], "too large"),
        ({"units": 1, "dtype": "float32", "activation": "Tanh"}, [(0, 0)], "Keras raises ValueErr"),
    ],
)
def test_what_cannot_be_measured(
    arguments: dict[str, object], places: list[tuple[int, int]], why: str
) -> None:
    with pytest.raises(UnmeasuredError, match=why):
        measure(arguments, 1, 1, places)


def test_without_keras_the_picture_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.svg"
    program = "import sys; sys.modules['keras'] = None; from lstm_spec import cli;"
    program += (
        f"sys.exit(cli.main(['explain', 'LSTM(2)', '--input=3,1', '--draw={file}', '--strengths']))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert "nothing was measured: there is no module keras" in file.read_text(encoding="utf-8")
