"""One check on several hosts: on loopback, and by `tox run -e hosts` in network namespaces too.

What runs on a host is a gateway of execnet, as docs/machines.md shows it; the Redis server is a
real one.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis.database import InMemoryExampleDatabase

from lstm_spec import catalog, cli
from lstm_spec.harness.shared_database import Found
from lstm_spec.run import check, hosts, report
from lstm_spec.run.hosts import UselessDatabaseError, forbid_useless_database, workers

FAULTS = Path(__file__).parent / "faults"
CHECK = (sys.executable, "-m", "lstm_spec.cli", "check")
FILE = "lstm-spec-report.jsonl"
CLAIMS = ("time.prefix", "time.order", "time.every-step", "time.causality", "state.zero-start")


@dataclass(frozen=True)
class Host:
    """A host: where it is, and the words before a command that is to run on it."""

    address: str
    enter: tuple[str, ...] = ()


@contextmanager
def two_namespaces() -> Iterator[list[Host]]:
    """Make two hosts: network namespaces that reach each other over a bridge, and the bridge."""
    bridge = f"br{os.getpid()}"
    net = f"10.{os.getpid() % 200 + 20}.{os.getpid() // 200 % 200}"
    names = [f"{bridge}a", f"{bridge}b"]
    links = [["link", "add", bridge, "type", "bridge"], ["link", "set", bridge, "up"]]
    links.append(["address", "add", f"{net}.1/24", "dev", bridge])
    for number, name in enumerate(names, 2):
        inside = ["netns", "exec", name, "ip"]
        links += [
            ["netns", "add", name],
            ["link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name],
            ["link", "set", name, "master", bridge, "up"],
            [*inside, "address", "add", f"{net}.{number}/24", "dev", "eth0"],
            *([*inside, "link", "set", device, "up"] for device in ("lo", "eth0")),
        ]
    try:
        for words in links:
            subprocess.run(["ip", *words], check=True, capture_output=True)
        enter = [("ip", "netns", "exec", name) for name in names]
        yield [Host(f"{net}.1"), *(Host(f"{net}.{k}", at) for k, at in enumerate(enter, 2))]
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"`ip netns` makes no network namespaces here: {error}")
    finally:
        for words in [["netns", "del", name] for name in names] + [["link", "del", bridge]]:
            with suppress(OSError):
                subprocess.run(["ip", *words], check=False, capture_output=True)


takes_long = pytest.mark.skipif(
    "NAMESPACES" not in os.environ, reason="takes a minute: tox run -e hosts"
)
PLACES = ["loopback", *(["namespaces"] if os.environ.get("NAMESPACES") else [])]


@pytest.fixture(params=PLACES)
def network(request: pytest.FixtureRequest) -> Iterator[list[Host]]:
    """Return the host of the Redis server, and two more."""
    if request.param == "loopback":
        yield [Host("127.0.0.1")] * 3
        return
    with two_namespaces() as addresses:
        yield addresses


@pytest.fixture
def begin() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Begin a command on a host; end it, and what it began, after the test."""
    begun: list[subprocess.Popen[bytes]] = []

    def run(host: Host, *words: str, cwd: Path, **variables: str) -> subprocess.Popen[bytes]:
        with (cwd / "log").open("ab") as log:
            process = subprocess.Popen(
                [*host.enter, *words],
                cwd=cwd,
                env={**os.environ, **variables},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        begun.append(process)
        return process

    yield run
    for process in begun:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it began."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("", 0))
        return int(listening.getsockname()[1])


def answers(host: Host, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host.address, port), 1):
        return True
    return False


# What one host found


@pytest.fixture
def redis(
    network: list[Host], begin: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> str:
    """Start a Redis server on the first host; return its address."""
    pytest.importorskip("redis", reason="what hosts share is kept by redis: pip install redis")
    if not shutil.which("redis-server"):
        pytest.skip("there is no redis-server on PATH")
    address = network[0].address
    port = free_port()
    options = ("--bind", address, "--port", str(port), "--save", "", "--protected-mode", "no")
    begin(network[0], "redis-server", *options, cwd=tmp_path)
    until(lambda: answers(network[0], port))
    return f"redis://{address}:{port}"


def until(true: Callable[[], bool], seconds: float = 300) -> None:
    """Wait until something is true.

    Raises:
        AssertionError: it did not become true.
    """
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)


def calls_before_a_wrong_one(host: Host, folder: Path, *words: str) -> int:
    """Check a claim on a host whose LSTM is wrong on one shape in 36; count the calls before it."""
    folder.mkdir()
    variables = {"PYTHONPATH": str(FAULTS / "rare"), "CALLS": str(folder / "calls")}
    # Where these tests run on a worker themselves, all that they begin would count as workers.
    outside = {k: v for k, v in os.environ.items() if k != "PYTEST_XDIST_WORKER"}
    done = subprocess.run(
        [*host.enter, *CHECK, "time.prefix", "--effort", "500", *words],
        cwd=folder,
        env={**outside, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert report.read(folder / FILE).verdicts == {"refuted": 1}
    return (folder / "calls").read_text(encoding="utf-8").split().index("wrong")


def test_what_one_host_found_is_tried_first_by_the_other(
    network: list[Host], redis: str, tmp_path: Path
) -> None:
    _, first, other = network
    assert calls_before_a_wrong_one(first, tmp_path / "1", "--seed=1", "--database", redis) > 10
    # The claim calls a layer twice in a case, first with fewer timesteps.
    assert calls_before_a_wrong_one(other, tmp_path / "2", "--seed=2", "--database", redis) == 1


# Hosts that die


MACHINES = Path(__file__).parents[1] / "docs/machines.md"
SERVE = re.search("```python\n(import os.+?)```", MACHINES.read_text("utf-8"), re.DOTALL)[1]
"""The gateway that the page shows."""


@pytest.fixture
def gateway(
    begin: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> Callable[..., tuple[str, subprocess.Popen[bytes]]]:
    """Start a gateway on a host; return its specification and its process."""

    def start(host: Host, **variables: str) -> tuple[str, subprocess.Popen[bytes]]:
        port = free_port()
        folder = tmp_path / f"gateway {port}"
        folder.mkdir()
        serve = (sys.executable, "-u", "-c", SERVE, f"{host.address}:{port}")
        process = begin(host, *serve, cwd=folder, **variables)
        until(lambda: "Entering Accept" in (folder / "log").read_text(encoding="utf-8"))
        return f"socket={host.address}:{port}", process

    return start


Gateway = Callable[..., "tuple[str, subprocess.Popen[bytes]]"]


def check_on(folder: Path, *specs: str) -> subprocess.Popen[str]:
    """Begin to check CLAIMS on gateways."""
    command = [*CHECK, *CLAIMS, "--effort", "20", *(f"--tx={spec}" for spec in specs)]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, **piped)


def recorded(folder: Path) -> list[report.Record]:
    begun = (folder / FILE).exists() and (folder / FILE).stat().st_size
    return report.read(folder / FILE).records if begun else []


def all_held_after_a_kill(folder: Path, specs: list[str], kill: Callable[[], None]) -> str:
    """Check on gateways, kill after the first record, and return what was said on stderr."""
    process = check_on(folder, *specs)
    until(lambda: bool(recorded(folder)) or process.poll() is not None)
    before = recorded(folder)
    kill()
    printed, wrong = process.communicate(timeout=300)
    assert process.returncode == 0, printed + wrong
    assert len(before) < len(CLAIMS)
    assert recorded(folder)[: len(before)] == before
    assert sorted(record.claim for record in recorded(folder)) == sorted(CLAIMS)
    assert report.read(folder / FILE).verdicts == {"held": len(CLAIMS)}
    return wrong


@takes_long
def test_claims_of_a_host_that_dies_are_tried_on_the_other(
    network: list[Host], gateway: Gateway, tmp_path: Path
) -> None:
    first, _ = gateway(network[1])
    other, host = gateway(network[2])
    errors = all_held_after_a_kill(tmp_path, [first, other], lambda: end(host))
    assert errors.startswith(f"lstm-spec: {other} does not answer: ConnectionRefusedError")


@takes_long
def test_claims_of_an_interpreter_that_is_killed_are_tried_again(
    gateway: Gateway, tmp_path: Path
) -> None:
    first, _ = gateway(Host("127.0.0.1"))
    other, host = gateway(Host("127.0.0.1"))

    def kill() -> None:
        children = Path(f"/proc/{host.pid}/task/{host.pid}/children").read_text(encoding="utf-8")
        os.kill(int(children.split()[0]), signal.SIGKILL)

    assert all_held_after_a_kill(tmp_path, [first, other], kill) == ""


@takes_long
def test_host_with_another_backend_is_refused_and_others_finish_its_run(
    gateway: Gateway, tmp_path: Path
) -> None:
    other, _ = gateway(Host("127.0.0.1"), KERAS_BACKEND="numpy")
    process = check_on(tmp_path, other)
    _, wrong = process.communicate(timeout=300)
    assert process.returncode == 3
    assert "has backend numpy, not tensorflow" in wrong
    same, _ = gateway(Host("127.0.0.1"))
    command = [*CHECK, "--resume", "--tx", same]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# What needs no host


def test_claim_whose_worker_dies_whenever_it_is_tried_is_recorded_at_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs = []

    def attempt(plan: check.Plan, left: list[catalog.Claim], again: bool) -> Iterator[Any]:
        runs.append((len(left), again))
        if len(left) == 2:
            plan.report.append(report.Record(left[1].id, "held", 1.0))
        elif not again:
            plan.report.append(report.Record(left[0].id, "crashed", 1.0))
        yield from ()

    monkeypatch.setattr(check, "_attempt", attempt)
    with report.writer(tmp_path / FILE) as file:
        claims = catalog.claims()[:2]
        list(check.run(check.Plan(claims, "smoke", None, 1, 60, file, hosts=("ssh=h1",))))
    assert runs == [(2, True), (1, True), (1, False)]
    assert report.read(tmp_path / FILE).footer.verdicts == {"held": 1, "crashed": 1}


def test_no_host_that_answers_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hosts, "PATIENCE", 0)
    spec = f"socket=127.0.0.1:{free_port()}"
    with (
        report.writer(tmp_path / FILE) as file,
        pytest.raises(check.StoppedError, match="no host answers; give others with --tx"),
    ):
        check._places(check.Plan([], "smoke", None, 1, 60, file, hosts=(f"2*{spec}",)))
    printed = capsys.readouterr().err
    assert printed.startswith(f"lstm-spec: 2*{spec} does not answer: ConnectionRefusedError: ")


def test_facts_of_a_host_are_told_where_they_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.node", lambda: "h7")
    hosts.forbid_other(None)
    hosts.forbid_other(hosts.facts())
    with pytest.raises(pytest.UsageError) as error:
        hosts.forbid_other({**hosts.facts(), "Python": "3.9.1", "jax": "1"})
    version = hosts.facts()["Python"]
    assert str(error.value) == f"host h7 has Python {version}, not 3.9.1; jax absent, not 1"


def test_workers_are_counted() -> None:
    assert workers(["ssh=h1", "16*ssh=h2//python=p", "socket=h3:8888"]) == 18


@pytest.mark.parametrize(
    ("url", "seed", "complaint"),
    [
        ("redis://127.0.0.1:1", None, "give a --seed"),
        ("redis://127.0.0.1:1", 3, "no Redis server answers at redis://127.0.0.1:1: "),
        ("file:here", 3, "no Redis server answers at file:here: "),
    ],
)
def test_database_that_cannot_be_used_is_refused(
    url: str, seed: int | None, complaint: str
) -> None:
    pytest.importorskip("redis", reason="what hosts share is kept by redis: pip install redis")
    with pytest.raises(UselessDatabaseError, match=complaint):
        forbid_useless_database(url, seed)


def test_without_redis_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(UselessDatabaseError, match="run `pip install redis`"):
        forbid_useless_database("redis://127.0.0.1", 3)


def test_claims_are_tried_without_a_server_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = InMemoryExampleDatabase()
    database = Found(kept, ConnectionError)
    database.save(b"a claim", b"a case")
    assert list(database.fetch(b"a claim")) == [b"a case"]

    def lost(*_: bytes) -> None:
        raise ConnectionError

    for name in ("fetch", "save", "delete"):
        monkeypatch.setattr(kept, name, lost)
    assert list(database.fetch(b"a claim")) == []
    database.save(b"a claim", b"another")
    database.delete(b"a claim", b"a case")


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["--workers", "2"], "leave out --workers"),
        (["--with", "keras"], "leave out --with"),
        (["--python", "3.12"], "leave out --python"),
    ],
)
def test_workers_are_placed_once(
    words: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--tx", "ssh=h1", *words]) == 2
    assert advice in capsys.readouterr().err
