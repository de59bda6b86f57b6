"""Wrong LSTMs whose fault shows under a condition only: how many are refuted.

A pair is a wrong LSTM of tests/teeth that changes what a call of LSTM, of RNN or of their cells
computes, and a guard: it is wrong where the guard is true, and right elsewhere. The pairs come in
the order of their hashes with a fixed seed. Each is tried by the claims that it must fail, and then
in turn by one of its chapters that draws ways, by one of the guard's chapter, and by one of all
that draw ways, chapter after chapter, each with its lists and its example, until one refutes it or
LIMIT seconds of the processor's time are over.

`tox run -e guarded -- NUMBER` goes on until NUMBER pairs are tried, and makes
docs/measured/guarded.md. It can be stopped at any time. The results are kept in seen.jsonl, a line
a pair; a line is dropped when the wrong LSTM's code changes. A pair that nothing refuted is tried
again when a claim has changed, and its last line counts.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import inspect
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import zip_longest
from pathlib import Path
from typing import Any

import keras
import msgspec
import pytest

from lstm_spec import catalog
from lstm_spec.claims.conftest import lacking
from lstm_spec.run import deviations
from teeth import Put, all_wrong
from tools.studies.guards import GUARDS, guard_calls
from tools.studies.misses import load
from tools.studies.mutants.suites import try_whole
from tools.studies.searches import keep, keep_only, kept

SEEN = Path(__file__).with_name("seen.jsonl")
SEED = 15
PAIRS = 500
LIMIT = 120.0
"""Seconds of the processor's time for a pair."""
CLAIMS = {claim.id: claim for claim in catalog.claims()}
COMPUTING = {"call", "inner_loop", "get_initial_state", "get_dropout_mask"}
COMPUTING |= {"get_recurrent_dropout_mask", "_compute_carry_and_output"}
COMPUTING |= {"_compute_carry_and_output_fused"}
"""The methods that a call of an LSTM runs. What changes others only is no fault of a call."""
OWNERS = {
    keras.layers.LSTM,
    keras.layers.LSTMCell,
    keras.layers.RNN,
    keras.layers.StackedRNNCells,
}
"""The classes whose methods run within a call that a guard decides about."""

CHAPTERS = {
    "only unrolled": "modes",
    "only in a graph": "modes",
    "only masked": "masking",
    "only stateful": "state",
    "only in training": "training",
}
"""The chapter that is about what a guard asks, where there is one."""
DRAWS_A_WAY = re.compile(r"^def \w+\([^)]*\bway\b", re.MULTILINE)
wrong_now: ContextVar[bool] = ContextVar("wrong_now", default=False)
"""Whether the call of an LSTM that runs is one in which the guard is true."""


class Line(msgspec.Struct):
    """How one pair was met."""

    wrong: str
    guard: str
    code: str
    """A digest of the wrong LSTM."""
    refuted_by: str
    """The claim that refuted it; empty, if none did."""
    tried: int
    """How many claims were tried."""
    seconds: float
    """Of the processor's time."""
    in_vain: str = ""
    """A digest of all claims, if none of those that were tried refuted it."""


class Guarded:
    """A monkeypatch that puts methods in place which are wrong only where the guard is true."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Keep the monkeypatch, and what is put in place."""
        self.patch = patch
        self.put: list[tuple[Any, str]] = []

    def setattr(self, owner: Any, name: str, value: Any, raising: bool = True) -> None:
        """Put a method in place that takes the original where the guard is false."""
        original = getattr(owner, name)
        self.put.append((owner, name))

        @functools.wraps(original)
        def either(*args: Any, **arguments: Any) -> Any:
            return (value if wrong_now.get() else original)(*args, **arguments)

        self.patch.setattr(owner, name, either)


def guard_faults(patch: pytest.MonkeyPatch, guard: str) -> None:
    """Let a guard decide, at the begin of each call, whether what a Guarded put there is wrong."""

    @contextmanager
    def decided(*call: Any) -> Iterator[None]:
        token = wrong_now.set(GUARDS[guard](*call))
        try:
            yield
        finally:
            wrong_now.reset(token)

    guard_calls(patch, decided)


@functools.cache
def computing() -> dict[str, tuple[Put, list[str]]]:
    """Return the wrong LSTMs that change only what a call computes, with the claims they fail."""
    chosen: dict[str, tuple[Put, list[str]]] = {}
    for wrong in all_wrong():
        name = f"{wrong.put.__module__.rpartition('.')[2]}.{wrong.put.__name__}"
        if name.startswith("speed."):  # it computes the same, and takes its time
            continue
        if name in chosen:
            chosen[name][1].append(wrong.claim)
            continue
        with pytest.MonkeyPatch.context() as patch:
            guarded = Guarded(patch)
            try:
                wrong.put(guarded)  # type: ignore[arg-type]
            except AttributeError:  # it asks more of a monkeypatch than to set an attribute
                continue
            methods = guarded.put
            if methods and all(o in OWNERS and name in COMPUTING for o, name in methods):
                chosen[name] = (wrong.put, [wrong.claim])
    return chosen


def pairs() -> list[tuple[str, str]]:
    """Return all pairs of a wrong LSTM and a guard, in an order that one more leaves as it is."""
    every = [(name, guard) for name in computing() for guard in GUARDS]
    return sorted(every, key=lambda pair: hashlib.sha256(f"{SEED} {pair}".encode()).digest())


def claims_for(named: list[str], guard: str) -> list[str]:
    """Return the claims to be tried: first those named, then others of all chapters in turn."""
    chapters = {CLAIMS[claim].chapter for claim in named}
    wide = [claim for claim in CLAIMS.values() if DRAWS_A_WAY.search(claim.text)]
    near = [claim.id for claim in wide if claim.chapter in chapters]
    about = [claim.id for claim in CLAIMS.values() if claim.chapter == CHAPTERS.get(guard)]
    by_chapter: dict[str, list[str]] = defaultdict(list)
    for claim in wide:
        by_chapter[claim.chapter].append(claim.id)
    return [
        claim
        for claim in dict.fromkeys([*named, *in_turn(near, about, in_turn(*by_chapter.values()))])
        if CLAIMS[claim].chapter != "speed"
        and not lacking(load(claim))
        and not deviations.known(claim)
    ]


def in_turn(*queues: list[str]) -> list[str]:
    """Return the first of each queue, then the second of each, and so on."""
    return [name for row in zip_longest(*queues) for name in row if name]


def meet(put: Put, named: list[str], guard: str) -> tuple[str, int, float]:
    """Try claims on a pair; return the one that refutes it, how many were tried, and seconds."""
    start = time.process_time()
    tried = 0
    for claim in claims_for(named, guard):
        if time.process_time() - start > LIMIT:
            break
        tried += 1
        random.seed(SEED)  # Keras takes from it the seeds of what no case holds
        with pytest.MonkeyPatch.context() as patch:
            put(Guarded(patch))  # type: ignore[arg-type]
            guard_faults(patch, guard)
            try:
                try_whole(importlib.import_module(CLAIMS[claim].module), load(claim))
            except Exception:
                return claim, tried, round(time.process_time() - start, 1)
    return "", tried, round(time.process_time() - start, 1)


def digest(put: Put) -> str:
    """Return a digest of the code of a wrong LSTM."""
    return hashlib.sha256(inspect.getsource(put).encode()).hexdigest()[:16]


def of_claims() -> str:
    """Return a digest of the texts of all claims."""
    texts = "".join(claim.text for claim in CLAIMS.values())
    return hashlib.sha256(texts.encode()).hexdigest()[:16]


def last_lines(file: Path = SEEN) -> list[Line]:
    """Return the last line of each pair in a file."""
    return list({(line.wrong, line.guard): line for line in kept(file, Line)}.values())


def search(number: int, file: Path = SEEN) -> Iterator[Line]:
    """Drop the lines of what has changed, try more, then what was in vain, and keep each line."""
    wrongs = computing()
    codes = {name: digest(put) for name, (put, _) in wrongs.items()}
    now = of_claims()
    lines = [line for line in last_lines(file) if codes.get(line.wrong) == line.code]
    keep_only(file, lines)
    seen = {(line.wrong, line.guard): line for line in lines}
    again = [pair for pair, line in seen.items() if not line.refuted_by and line.in_vain != now]
    more = [pair for pair in pairs() if pair not in seen][: max(number - len(seen), 0)]
    for name, guard in [*more, *again]:
        put, named = wrongs[name]
        line = Line(name, guard, codes[name], *meet(put, named, guard))
        line.in_vain = "" if line.refuted_by else now
        keep(file, line)
        yield line
