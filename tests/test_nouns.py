"""What a sentence says in general is tried with more than one instance."""

from __future__ import annotations

import importlib.util
import re
import sys
from types import ModuleType

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort
from lstm_spec.run.extent import Extent, Tried

NOUNS = {
    "(?i)any function": ("function",),
    "(?i)any number of units": ("units",),
    "any length": ("timesteps", "length"),
    r"\b[Aa]n initializer": ("initializer",),
    r"\b[Aa] regularizer": ("regularizer", "penalty"),
    r"\b[Aa] constraint": ("constraint",),
    r"\b[Aa]n optimizer": ("optimizer",),
    r"\b[Aa] loss\b": ("loss",),
    r"\b[Aa]n unknown name": ("name",),
    "(?i)integers and booleans": ("kind", "dtype"),
    "an activation": ("activation", "argument"),
}
"""By the words of a sentence: the names that its test may give to what it draws of them."""
HELD = {"time", "gates", "sequences", "symmetry", "shapes"}
"""The chapters that are held to it."""
DRAWN = 30


def apart(file: str) -> ModuleType:
    """Load a file of claims apart, so that its tests share no settings with those of others."""
    name = f"lstm_spec.nouns.{file.removesuffix('.py').replace('/', '.')}"
    spec = importlib.util.spec_from_file_location(name, catalog.CLAIMS / file)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawn(claim: catalog.Claim) -> Extent:
    """Draw the arguments of a claim's test, without running it, and return how wide they are."""
    test = getattr(apart(claim.file), claim.test)
    if not hasattr(test, "hypothesis"):
        return {}
    tried = Tried()
    test.hypothesis.inner_test = lambda **arguments: tried.add(arguments)
    effort(DRAWN, shrink=False)(test)()
    return tried.extent


def varies(extent: Extent, names: tuple[str, ...]) -> bool:
    """Say whether one of the values was drawn in more than one way."""
    return any(len(set(extent.get(name, []))) > 1 for name in names)


def test_general_nouns_are_tried_with_more_than_one_instance() -> None:
    claims = [claim for claim in catalog.claims() if claim.chapter in HELD]
    pairs = [
        (claim, names)
        for claim in claims
        for words, names in NOUNS.items()
        if re.search(words, claim.statement)
    ]
    assert pairs
    single = [claim.id for claim, names in pairs if not varies(drawn(claim), names)]
    assert single == []


def test_one_instance_is_seen() -> None:
    assert not varies({"units": [3, 3], "loss": ["mse"]}, ("units", "loss"))
    assert varies({"units": [3, 4]}, ("units",))
