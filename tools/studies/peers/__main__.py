"""Measure the peers and record what is seen: `python -m tools.studies.peers [AXIS ...]`."""

from __future__ import annotations

import argparse
import platform
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from lstm_spec.releases import worker
from lstm_spec.run import environment
from tools.studies.peers import (
    AXES,
    COPY,
    FILE,
    GEMM,
    PACKAGES,
    PEERS,
    Line,
    Machine,
    Peer,
    Point,
    Refusal,
    Timing,
    UnreadableRecordError,
    append,
    load,
    points,
)

ROUNDS = 7
"""How often each peer is timed at each point, all of them in another order each time."""
SERVE = "from tools.studies.peers.worker import serve; serve(channel)"
ONE_THREAD = {
    **worker.ONE_THREAD,
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
    "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1",
}
Workers = Mapping[str, Any]
"""A channel for each library."""


@contextmanager
def opened(peers: Sequence[Peer], serve: str = SERVE) -> Iterator[Workers]:
    """Open a process for each library of the peers, and close all of them at the end.

    Each builds a peer of one unit, so that nobody's first call holds the import of a library.

    Args:
        peers: who is timed.
        serve: the code that each process runs.
    """
    import execnet  # pytest-xdist brings it; it starts threads

    group = execnet.Group()
    folder = tempfile.mkdtemp()
    # In the cache of an earlier run PyTorch finds what the compiler made: it takes half the time.
    common = {**ONE_THREAD, "TORCHINDUCTOR_CACHE_DIR": folder, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        channels: dict[str, Any] = {}
        for library in sorted({"numpy", *(peer.library for peer in peers)}):
            variables = {**common, "KERAS_BACKEND": library}
            given = "".join(f"//env:{name}={value}" for name, value in variables.items())
            gateway = group.makegateway(f"popen//python={sys.executable}//id={library}{given}")
            channels[library] = gateway.remote_exec(serve)
        for peer in {peer.library: peer for peer in reversed(peers)}.values():
            ask(channels[peer.library], "build", peer.name, (1, 1, 1, 1))
        yield channels
    finally:
        group.terminate(timeout=5)
        shutil.rmtree(folder, ignore_errors=True)


def ask(channel: Any, method: str, *arguments: Any) -> Any:
    """Ask a process for something, and wait for the answer.

    Raises:
        execnet.RemoteError: the process raised; the message holds its traceback.
    """
    channel.send((method, *arguments))
    return channel.receive()


def measure(
    point: Point, peers: Sequence[Peer], workers: Workers, rounds: int = ROUNDS
) -> list[Line]:
    """Time peers at a point, those alone whose results are right.

    Args:
        point: the sizes.
        peers: who is timed.
        workers: those that were opened for the peers.
        rounds: how often each is timed; in each round they come in another order.
    """
    for channel in workers.values():
        ask(channel, "forget")
    ask(workers["numpy"], "machine")
    timed = {
        (name, "forward"): (workers["numpy"], Timing(name, point, "forward", 0, 0, [], []))
        for name in (GEMM, COPY)
    }
    refusals: list[Refusal] = []
    for peer in peers:
        for line in _built(point, peer, workers[peer.library]):
            if isinstance(line, Refusal):
                refusals.append(line)
            else:
                timed[peer.name, line.does] = workers[peer.library], line
    order = random.Random(0)
    for _ in range(rounds):
        for name, does in order.sample(list(timed), len(timed)):
            channel, line = timed[name, does]
            spent, passed = ask(channel, "time", name, does)
            line.seconds.append(float(f"{spent:.4g}"))
            line.wall.append(float(f"{passed:.4g}"))
    return [*refusals, *(line for _, line in timed.values())]


def _built(point: Point, peer: Peer, channel: Any) -> Iterator[Timing | Refusal]:
    """Yield for each pass of a peer what is to be filled in, or why it is not timed."""
    sizes = (point.timesteps, point.units, point.batch, point.features)
    for does, why, first, error in ask(channel, "build", peer.name, sizes):
        if why:
            yield Refusal(peer.name, point, does, why)
        else:
            yield Timing(peer.name, point, does, round(first, 3), round(error, 2), [], [])


def this_machine() -> Machine:
    """Return what this machine is and what is installed on it."""
    today = datetime.now(timezone.utc).date().isoformat()
    packages = environment.versions(PACKAGES)
    return Machine(today, platform.python_version(), environment.processor(), packages)


def begin(path: Path, machine: Machine, again: Sequence[Point]) -> None:
    """Begin a record, and keep of an older one what was measured on the same machine.

    Args:
        path: the file.
        machine: this one.
        again: the points that are measured again, and so are not kept.

    Raises:
        OSError: the file cannot be read or written.
    """
    kept: list[Line] = []
    try:
        old = load(path)
        same = (old.machine.python, old.machine.processor, old.machine.packages)
        if same == (machine.python, machine.processor, machine.packages):
            lines: list[Timing | Refusal] = [*old.timings, *old.refusals]
            kept += [line for line in lines if line.point not in again]
    except (FileNotFoundError, UnreadableRecordError):
        pass
    path.unlink(missing_ok=True)
    append(path, [machine, *kept])


def main(words: Sequence[str] | None = None) -> int:
    """Measure along the axes that are named, or all of them, and return the exit status."""
    parser = argparse.ArgumentParser("python -m tools.studies.peers", description=__doc__)
    parser.add_argument("axes", nargs="*", metavar="AXIS", help=f"of {', '.join(AXES)}")
    axes = parser.parse_args(words).axes or list(AXES)
    if unknown := sorted(set(axes) - set(AXES)):
        parser.error(f"no such axis: {', '.join(unknown)}; there are {', '.join(AXES)}")
    where = points(axes)
    begin(FILE, this_machine(), where)
    with opened(PEERS) as workers:
        for point in where:
            lines = measure(point, [peer for peer in PEERS if peer.at(point)], workers)
            append(FILE, lines)
            refused = [line.peer for line in lines if isinstance(line, Refusal)]
            print(f"{point}: {len(lines) - len(refused)} timings", *refused, sep="; ", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
