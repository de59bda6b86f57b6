"""Which claims are about what a model has: what Keras breaks of them, and what changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import msgspec

from lstm_spec import catalog
from lstm_spec.answers.constructor import constructor
from lstm_spec.answers.network import Custom, Layer
from lstm_spec.answers.release import release
from lstm_spec.answers.standing import false_at, named
from lstm_spec.run import arguments, deviations, packages
from lstm_spec.run.packages import Place
from lstm_spec.run.text import one_line

COMMON = {"units", "name", "trainable", "seed", "input_shape", "input_dim", "autocast"}
"""Arguments that every layer has, or that change nothing that a claim is about."""
AROUND = ("Bidirectional", "RNN", "TimeDistributed", "StackedRNNCells", "Masking")
"""Layers around an LSTM: a claim that tries one is about models that have it."""

Item = tuple[str, str]
"""An argument, and its value or the kind of its value."""


class Touched(msgspec.Struct, frozen=True):
    """A claim that Keras breaks, about something that a model has."""

    claim: str
    layer: str
    instead: str
    """What happens instead."""


class Changed(msgspec.Struct, frozen=True):
    """A claim about something that a model has, which is true on one of two releases only."""

    claim: str
    says: str
    then: str
    """What is true of it here."""
    now: str
    """What is true of it there."""


def here() -> Place:
    """Return the Keras that is installed; if there is none, the newest release."""
    found = packages.installed()
    return found if found.version("keras") else deviations.newest()


def touched(layers: Iterable[Layer]) -> list[Touched]:
    """Return what Keras is known to do otherwise with layers that a model has.

    Only claims that concern certain arguments count: all else would be about every model.
    """
    made, where = list(layers), here()
    found = []
    for known in deviations.at(where):
        items, kinds = _about().get(known.claim, (frozenset(), frozenset()))
        owner = next((layer for layer in made if items and items <= _items(layer.core)), None)
        if owner is not None and not known.holds and kinds <= _kinds(made):
            found.append(Touched(known.claim, one_line(owner.title), known.instead))
    return found


def changed(layers: Iterable[Layer], to: str) -> list[Changed]:
    """Return what is otherwise on another release, of the claims about what a model has.

    Args:
        layers: the model's.
        to: the release, like keras==3.9.2.

    Raises:
        UnknownReleaseError: nothing is known of it.
    """
    made, then = list(layers), here()
    now, _ = release(to)
    chosen = sorted({claim for claim, about in _about().items() if _is_about(about, made)})
    differing = []
    for claim in chosen:
        before, after = false_at(claim, then), false_at(claim, now)
        if (before is None) is not (after is None):
            differing.append((claim, before, after))
    return [
        Changed(
            claim,
            catalog.find(claim).statement,
            f"{named(then)}: {before.instead if before else 'it holds.'}",
            f"{named(now)}: {after.instead if after else 'it holds.'}",
        )
        for claim, before, after in differing
    ]


def _is_about(about: tuple[frozenset[Item], frozenset[str]], made: list[Layer]) -> bool:
    items, kinds = about
    return kinds <= _kinds(made) and any(
        items <= _items(layer.core) for layer in made if layer.core.kind == "LSTM"
    )


@cache
def _about() -> dict[str, tuple[frozenset[Item], frozenset[str]]]:
    """Return what each claim always gives to an LSTM, and the layers that it puts around it."""
    items: dict[str, frozenset[Item]] = {}
    kinds: dict[str, set[str]] = {}
    for call in arguments.load().calls:
        given = frozenset(one for one in call.arguments.items() if one[0] not in COMMON)
        for claim in call.claims:
            if call.object == "LSTM":
                items[claim] = items.get(claim, given) & given
            if call.object in AROUND:
                kinds.setdefault(claim, set()).add(call.object)
    return {claim: (given, frozenset(kinds.get(claim, ()))) for claim, given in items.items()}


def _items(layer: Layer) -> frozenset[Item]:
    """Return the arguments of a layer that are no defaults, as the claims' are recorded."""
    return frozenset(_differing(layer)) if layer.kind == "LSTM" else frozenset()


def _differing(layer: Layer) -> Iterator[Item]:
    by_name = constructor().by_name
    for name, value in layer.arguments.items():
        if isinstance(value, Custom):
            yield name, "function"
        elif _is_plain(value) and name in by_name.keys() - COMMON and by_name[name].differs(value):
            yield name, arguments.describe(value)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (int, float, str))


def _kinds(layers: Iterable[Layer]) -> frozenset[str]:
    return frozenset(layer.kind for layer in layers)
