"""The picture of a layer: how it is unrolled, and how strong its connections are."""

from __future__ import annotations

from lstm_spec.evidence.sensitivity import UnmeasuredError, measure
from lstm_spec.publish.call import CallError
from lstm_spec.publish.layer import Layer
from lstm_spec.publish.layouts import shape
from lstm_spec.publish.picture import Picture, shown

OPEN = 3
"""So many timesteps are drawn where there may be any number."""
LONGEST = 80
"""So many characters of the call are drawn."""


def picture(made: Layer) -> Picture:
    """Return the picture of a layer, with strengths where Keras can be imported.

    Raises:
        CallError: it is no LSTM alone.
    """
    if made.directions == 2:
        raise CallError("Bidirectional is explained, and not drawn; give --draw the LSTM in it")
    timesteps = made.timesteps or OPEN
    steps = (t for t in shown(timesteps) if t is not None)
    places = [(t, f) for t in steps for f in shown(made.features) if f is not None]
    strengths, said = None, ""
    try:
        strengths = measure(made.given, timesteps, made.features, places)
        said = _measured(max((max(values) for values in strengths.values()), default=0.0))
    except UnmeasuredError as error:
        said = f"All strokes are equally strong, for nothing was measured: {error}."
    rows = (made.length,) if made.on("return_sequences") else ()
    call = str(made.call)
    return Picture(
        title=call if len(call) <= LONGEST else f"{call[:LONGEST]}…",
        subtitle=f"{shape(('batch', made.length, made.features))} → "
        f"{shape(('batch', *rows, made.units))}",
        timesteps=timesteps,
        features=made.features,
        units=made.units,
        sequences=made.on("return_sequences"),
        backwards=made.on("go_backwards"),
        start="kept h, c" if made.on("stateful") else "",
        end=_end(made),
        strengths=strengths,
        notes=tuple(note for note in (*_notes(made), said) if note),
    )


def _end(made: Layer) -> str:
    if made.on("return_state"):
        return "returned h, c"
    return "kept h, c" if made.on("stateful") else ""


def _notes(made: Layer) -> list[str]:
    start = "" if made.on("stateful") else "It starts from h and c of zeros."
    many = f"Any number of timesteps; {OPEN} are drawn." if made.timesteps is None else ""
    return [many, start]


def _measured(most: float) -> str:
    return (
        "The stronger a stroke from a feature, the more the final output of the unit depends on "
        f"it: its absolute derivative, here up to {most:.2g}, in a new layer that Keras built in "
        "float64."
    )
