"""Other machines: pytest-xdist runs its workers there, over gateways of execnet."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from lstm_spec import catalog
from lstm_spec.errors import UsageError
from lstm_spec.run import environment
from lstm_spec.run.environment import installed
from lstm_spec.run.text import one_line, reason

TIMES = re.compile(r"^(\d+)\*")
"""How many workers a gateway has, as pytest-xdist's --tx takes it."""
PLACES = ("ssh", "socket", "vagrant_ssh")
"""The keys of such a specification that name a host."""
PATIENCE = 20
"""Seconds in which a host starts a new interpreter after one has crashed."""


class UselessDatabaseError(UsageError):
    """A database that cannot be used; the message says why, and what to do."""


class UnknownGatewayError(UsageError):
    """A --tx that names no way to a worker."""


def forbid_unknown(specs: Iterable[str]) -> None:
    """Forbid what pytest-xdist could make no worker of.

    Raises:
        UnknownGatewayError: one is of no kind that there is.
    """
    for spec in specs:
        parts = dict(part.partition("=")[::2] for part in TIMES.sub("", spec).split("//"))
        if "" in parts or not ("popen" in parts or any(map(parts.get, PLACES))):
            hint = "give ssh=HOST//python=PYTHON, socket=HOST:PORT or popen"
            raise UnknownGatewayError(f"{one_line(spec)!r} names no worker; {hint}")


def workers(specs: Iterable[str]) -> int:
    """Return how many workers the gateways have."""
    matches = [TIMES.match(spec) for spec in specs]
    return sum(int(times[1]) if times else 1 for times in matches)


def reachable(specs: Sequence[str]) -> list[str]:
    """Return the gateways that answer within PATIENCE, and say on standard error which do not.

    Args:
        specs: as pytest-xdist's --tx takes them, such as "4*ssh=HOST//python=PYTHON".
    """
    import execnet

    group = execnet.Group()
    end = time.monotonic() + PATIENCE
    silent = {spec: error for spec in specs if (error := _error(group, spec))}
    while silent and time.monotonic() < end:
        time.sleep(1)
        silent = {spec: error for spec in silent if (error := _error(group, spec))}
    group.terminate(timeout=5)
    for spec, error in silent.items():
        print(f"lstm-spec: {spec} does not answer: {error}", file=sys.stderr, flush=True)
    return [spec for spec in specs if spec not in silent]


def _error(group: Any, spec: str) -> str:
    """Return what a connection meets; nothing, if the gateway answers."""
    try:
        group.makegateway(TIMES.sub("", spec)).exit()
    except Exception as error:  # whatever it is, the host does not answer
        return reason(error)
    return ""


def forbid_useless_database(url: str, seed: int | None) -> None:
    """Forbid the address of a database that cannot be used.

    Args:
        url: the address; an empty one is none.
        seed: by which cases are drawn; None: the same on every run.

    Raises:
        UselessDatabaseError: nothing answers there, or the cases are the same on every run.
    """
    if not url:
        return
    if seed is None:
        raise UselessDatabaseError("--database is for other cases on each machine; give a --seed")
    from lstm_spec.harness import shared_database

    try:
        shared_database.database(url)
    except shared_database.UnreachableError as error:
        raise UselessDatabaseError(str(error)) from None


def facts() -> dict[str, str]:
    """Return what must be the same on all hosts of a run: versions, and the claims."""
    code = "".join(claim.code for claim in catalog.claims())
    return {
        **environment.versions(environment.PACKAGES),
        "Python": platform.python_version(),
        "backend": installed().backend,
        "claims": hashlib.sha256(code.encode()).hexdigest()[:16],
    }


def forbid_other(expected: dict[str, str] | None) -> None:
    """Forbid a worker on a host that differs from the host that records.

    Args:
        expected: the facts of the host that records; None for a worker on that host.

    Raises:
        pytest.UsageError: a fact is another here.
    """
    if expected is None:
        return
    here = facts()
    differing = [
        f"{name} {here.get(name, 'absent')}, not {expected.get(name, 'absent')}"
        for name in sorted({*here, *expected})
        if here.get(name) != expected.get(name)
    ]
    if differing:
        raise pytest.UsageError(f"host {platform.node()} has {'; '.join(differing)}")
