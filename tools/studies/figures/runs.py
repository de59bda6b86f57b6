"""What layers of real Keras do over time, for the figures.

All numbers are drawn by SEED. Layers compute in float64, so that what is seen is the same on any
machine; only where rounding is to be seen they compute in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lstm_spec.answers.picture import derivatives
from lstm_spec.harness import subject
from lstm_spec.harness.reference import equations
from lstm_spec.harness.strategies import Case, noise
from lstm_spec.harness.tolerance import rounding_error
from tools.studies.figures import Series

SEED = 1
DIGITS, DECIMALS = 4, 6
"""How many digits of a number are recorded, without further decimals."""
OPEN = 200.0
"""As a bias it opens a gate, and closes it with a minus."""
MASKED = [2, 3, 6]
LENGTHS = [2**k for k in range(10)]


def every_step() -> Series:
    """Differentiate the final output of three units by two features of five timesteps."""
    places = [(t, f) for f in range(2) for t in range(5)]
    slopes = derivatives({"units": 3}, 5, 2, places).reshape(2, 5, 3)
    return series(
        {f"unit {u + 1} by feature {f + 1}": slopes[f, :, u] for u in range(3) for f in range(2)}
    )


def causality() -> Series:
    """Differentiate the output at each timestep by the input at each timestep."""
    arguments = {"units": 1, "return_sequences": True}
    slopes = derivatives(arguments, 6, 1, [(t, 0) for t in range(6)])
    return series({f"after timestep {k + 1}": slopes[:, k, 0] for k in range(6)})


def mask() -> Series:
    """Read a sequence with masked timesteps in it."""
    case = _cell(8)
    valid = np.array([[t not in MASKED for t in range(case.timesteps)]])
    h, c = _states(replace(case, mask=valid))
    return series({"input": case.x, "output h": h, "cell state c": c}, masked=MASKED)


def counter() -> Series:
    """Count with all gates open and the candidate at 1."""
    h, c = _states(_cell(8, i=OPEN, f=OPEN, g=OPEN, o=OPEN))
    return series({"cell state c": c, "output h": h})


def memory() -> Series:
    """Hold a cell state with the forget gate open and the input gate closed."""
    case = _cell(8, i=-OPEN, f=OPEN)
    h, c = _states(replace(case, h=np.array([[0.5]]), c=np.array([[0.7]])))
    return series({"input": case.x, "cell state c": c, "output h": h})


def delay_line() -> Series:
    """Hand the input from one linear unit to the next."""
    kernel = np.zeros((1, 12))
    recurrent = np.zeros((3, 12))
    kernel[0, 6] = recurrent[0, 7] = recurrent[1, 8] = 1.0
    bias = np.repeat([OPEN, -OPEN, 0.0, OPEN], 3)
    x = np.array([1.0, 7, 2, 5, 3, 8, 4, 6]).reshape(1, -1, 1)
    h, _ = _states(Case(x, kernel, recurrent, bias, {"activation": "linear"}))
    return series({"input": x, **{f"unit {u + 1}": h[:, u] for u in range(3)}})


def halves() -> Series:
    """Read one impulse from both ends, with the same weights in both directions."""
    impulse = np.eye(9)[[4]].reshape(1, 9, 1)
    case = replace(_cell(9), x=impulse, bias=np.array([0.0, 1.0, 0.0, 0.0]))
    layer = subject.lstm(case, return_sequences=True, dtype="float64")
    both = subject.family()["Bidirectional"](layer, dtype="float64")
    both.build(case.x.shape)
    both.set_weights([*case.weights, *case.weights])
    y = subject.to_numpy(both(case.x))
    return series({"input": case.x, "forward half": y[..., 0], "backward half": y[..., 1]})


def long_sequences() -> Series:
    """Compare layers in float32 with the equations, after more and more timesteps."""
    x = noise((20, LENGTHS[-1], 3), SEED, scale=2.0)
    new = subject.fresh({"units": 8}, SEED)
    new.build(x.shape)
    rows = {"a new layer": Case(x, *new.get_weights()), "large weights": _random(LENGTHS[-1], 16)}
    errors = {}
    for name, case in rows.items():
        y, z = _outputs(case)
        errors[name] = [rounding_error(y[:, t - 1], z[:, t - 1]) for t in LENGTHS]
    return series({**errors, "one each timestep": LENGTHS}, LENGTHS)


def chaos() -> Series:
    """Count the digits that are right in float32, with small weights and with large ones."""
    rows = {}
    for scale in (1, 16):
        y, z = _outputs(_random(40, scale))
        wrong = np.abs(y - z).max(axis=(0, 2))
        rows[f"weights up to {scale}"] = -np.log10(np.clip(wrong, 1e-9, 1))
    return series(rows)


RUNS: dict[str, Callable[[], Series]] = {
    "time.every-step": every_step,
    "time.causality": causality,
    "masking.carries-state": mask,
    "gates.counter": counter,
    "gates.memory": memory,
    "gates.delay-line": delay_line,
    "wrappers.halves-aligned": halves,
    "precision.long-sequences": long_sequences,
    "precision.chaos": chaos,
}
"""By the claim that the figure shows."""


def series(
    rows: Mapping[str, Any], places: Sequence[Any] = (), masked: Sequence[int] = ()
) -> Series:
    """Return rows of rounded numbers; without places they belong to the timesteps."""
    recorded = {name: [_rounded(value) for value in np.ravel(row)] for name, row in rows.items()}
    steps = range(1, len(next(iter(recorded.values()))) + 1)
    return Series([str(place) for place in places or steps], recorded, list(masked))


def _rounded(value: float) -> float:
    return float(f"{round(float(value), DECIMALS):.{DIGITS}g}") + 0.0


def _cell(timesteps: int, **bias: float) -> Case:
    """Return a case of one unit and one feature, with numbers added to the biases of its gates."""
    kernel, recurrent, b = np.split(noise((3, 4), SEED).astype(float), 3)
    shift = [bias.get(gate, 0.0) for gate in "ifgo"]
    return Case(noise((1, timesteps, 1), SEED).astype(float), kernel, recurrent, b[0] + shift)


def _random(timesteps: int, scale: int) -> Case:
    """Return a case of 32 units with random weights up to a number, in float32."""
    kernel, recurrent, _ = np.split(np.float32(scale) * noise((34, 128), SEED), [1, 33])
    return Case(noise((1, timesteps, 1), SEED, scale=2.0), kernel, recurrent, None)


def _outputs(case: Case) -> tuple[Any, Any]:
    """Return the outputs at every timestep, of the layer and of the equations."""
    layer = subject.lstm(case, return_sequences=True, use_bias=case.bias is not None)
    return subject.to_numpy(layer(case.x)), equations(case).outputs


def _states(case: Case) -> tuple[Any, Any]:
    """Return h and c after each timestep, (T, U): the final states of ever longer beginnings."""
    layer = subject.lstm(case, return_state=True, dtype="float64")
    start = None if case.h is None else subject.as_states(case.state, "float64")
    states = []
    for t in range(1, case.timesteps + 1):
        mask = None if case.mask is None else case.mask[:, :t]
        _, h, c = subject.to_numpy(layer(case.x[:, :t], mask=mask, initial_state=start))
        states.append((h[0], c[0]))
    h, c = zip(*states, strict=True)
    return np.array(h), np.array(c)
