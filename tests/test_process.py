"""A child process says what it says, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lstm_spec.run import process

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
child.wait()
"""


def ends(pid: int) -> bool:
    """Say whether a process ends within seconds; one that nobody waits for may stay a zombie."""
    status = Path(f"/proc/{pid}/stat")
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_run_returns_what_a_process_printed() -> None:
    program = "import sys; print(input()); print('a\\nb', file=sys.stderr); sys.exit(5)"
    done = process.run([sys.executable, "-c", program], given="é\n")
    assert (done.status, done.output, done.errors) == (5, "é\n", "a\nb\n")
    assert done.last_error == "b"


def test_a_process_reads_nothing_that_is_not_given() -> None:
    program = "import sys; print(repr(sys.stdin.read()))"
    assert process.run([sys.executable, "-c", program]).output == "''\n"


def test_a_process_that_takes_too_long_is_ended_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        process.run([sys.executable, "-c", PARENT], seconds=1)
    assert time.monotonic() - began < 10


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_what_a_process_began_ends_with_it() -> None:
    with process.begun([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
    assert ends(child)


def test_an_interrupt_while_a_process_begins_ends_it(monkeypatch) -> None:
    processes = []

    class Interrupted(subprocess.Popen):
        def __init__(self, *words, **streams) -> None:
            super().__init__(*words, **streams)
            processes.append(self)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), process.begun([sys.executable, "-c", PARENT]):
            pytest.fail("it went on")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, handler)
    assert processes[0].returncode == -signal.SIGKILL


@pytest.mark.parametrize(("text", "line"), [("", "no output"), ("a\n b\n\n", "b")])
def test_last_line_is_the_last_that_is_not_blank(text: str, line: str) -> None:
    assert process.last_line(text) == line
