"""What is known of each thing that a program or a model does, by name: what findings look at.

A fact that is not known is left out, and no finding looks at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from lstm_spec.reviews.building import RUNS
from lstm_spec.reviews.facts import comments, layers, models
from lstm_spec.reviews.facts.layers import Facts
from lstm_spec.reviews.facts.models import of_saved
from lstm_spec.reviews.network import UNKNOWN, Event
from lstm_spec.reviews.program import Program

__all__ = ["EVENTS", "Facts", "of_events", "of_program", "of_saved"]

EVENTS: dict[str, Callable[[Event], Iterator[Facts]]] = {
    "layer": layers.of_layer,
    "call": layers.of_call,
    "input": layers.of_input,
    **dict.fromkeys(RUNS, models.of_run),
    "model": models.of_method,
    "load": models.of_loading,
    "get": layers.of_attribute,
    "set": models.of_assignment,
    "unpack": layers.of_unpacking,
    "slice": layers.of_slice,
    "repeated": layers.of_repetition,
    "method": layers.of_method,
    "callback": models.of_callback,
    "step": models.of_step,
}


def of_program(read: Program) -> list[tuple[int, Facts]]:
    """Return the facts of all that a program does, each with its line."""
    return _known([*of_events(read.events), *comments.of_comments(read)])


def of_events(events: Sequence[Event]) -> list[tuple[int, Facts]]:
    """Return the facts of all that is done, each with its line."""
    listed: list[tuple[int, Facts]] = []
    for place, event in enumerate(events):
        gather = EVENTS.get(event.kind)
        if gather is not None:
            listed += [(event.line, facts) for facts in gather(event)]
        if event.kind == "set" and listed:
            listed[-1][1]["settled"] = _settled(event, events[place + 1 :])
    return _known(listed)


def _known(listed: Iterable[tuple[int, Facts]]) -> list[tuple[int, Facts]]:
    return [(line, {k: v for k, v in facts.items() if v is not UNKNOWN}) for line, facts in listed]


def _settled(event: Event, later: Iterable[Event]) -> bool:
    """Return whether what is set counts: the model is compiled again, or never trained after it."""
    for other in later:
        same = other.about.get("identity") == event.about.get("identity")
        if same and other.kind in ("fit", "train_on_batch"):
            return False
        if same and other.about.get("method") == "compile":
            return True
    return True
