"""The picture of a layer: how it is unrolled, and how strong its connections are."""

from __future__ import annotations

from lstm_spec.answers.call import CallError
from lstm_spec.answers.layer import Layer
from lstm_spec.answers.layouts import shape
from lstm_spec.answers.picture import Picture, shown
from lstm_spec.answers.sensitivity import Place, UnmeasuredError, measure

OPEN = 3
"""So many timesteps are drawn where there may be any number."""
LONGEST = 80
"""So many characters of the call are drawn."""
KEPT, RETURNED = "kept h, c", "returned h, c"
MEASURED = (
    "The stronger a stroke from a feature, the more the final output of the unit depends on it: "
    "its absolute derivative, here up to {:.2g}, in a new layer that Keras built in float64."
)


def picture(made: Layer, *, measured: bool = False) -> Picture:
    """Return the picture of a layer.

    Args:
        made: the layer.
        measured: whether a stroke is as strong as what it stands for, where Keras can be imported.

    Raises:
        CallError: it is no LSTM alone.
    """
    if made.directions == 2:
        raise CallError("Bidirectional is explained, and not drawn; give --draw the LSTM in it")
    timesteps, call = made.timesteps or OPEN, str(made.call)
    strengths, note = _strengths(made, timesteps) if measured else (None, "")
    rows = (made.length,) if made.on("return_sequences") else ()
    before, after = ("batch", made.length, made.features), ("batch", *rows, made.units)
    return Picture(
        title=call if len(call) <= LONGEST else f"{call[:LONGEST]}…",
        subtitle=f"{shape(before)} → {shape(after)}",
        timesteps=timesteps,
        features=made.features,
        units=made.units,
        sequences=made.on("return_sequences"),
        backwards=made.on("go_backwards"),
        start=KEPT if made.on("stateful") else "",
        end=_end(made),
        strengths=strengths,
        notes=(*_notes(made), *([note] if note else [])),
    )


def _strengths(made: Layer, timesteps: int) -> tuple[dict[Place, list[float]] | None, str]:
    """Measure how strong the drawn connections are; return that, and what is said of it."""
    steps = (t for t in shown(timesteps) if t is not None)
    places = [(t, f) for t in steps for f in shown(made.features) if f is not None]
    try:
        strengths = measure(made.given, timesteps, made.features, places)
    except UnmeasuredError as error:
        return None, f"All strokes are equally strong, for nothing was measured: {error}."
    return strengths, MEASURED.format(max(map(max, strengths.values())))


def _end(made: Layer) -> str:
    if made.on("return_state"):
        return RETURNED
    return KEPT if made.on("stateful") else ""


def _notes(made: Layer) -> list[str]:
    many = f"Any number of timesteps; {OPEN} are drawn."
    start = "It starts from h and c of zeros."
    return [many] * (made.timesteps is None) + [start] * (not made.on("stateful"))
