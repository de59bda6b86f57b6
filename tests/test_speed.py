"""Two environments are timed in turns, and told apart only where noise cannot have done it."""

from __future__ import annotations

import io
import itertools
import json
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import numpy as np
import pytest
from hypothesis import given
from rich.console import Console

import slowed
from lstm_spec import cli
from lstm_spec.releases import benchmarks, environments, speed, tables, worker
from lstm_spec.releases.environments import UnusableRequirementError
from lstm_spec.releases.speed import DeadError, Plan, Side, Speeds, interval, side, timing
from lstm_spec.releases.worker import Answer, Ask, Ready
from lstm_spec.run.text import as_json

FAULTS = Path(__file__).parent / "faults"
COMPARE = (sys.executable, "-m", "lstm_spec.cli", "compare", "--speed")
HERE = (Side("here", None), Side("here", None))
magnitudes = st.lists(st.floats(0.01, 100), min_size=1, max_size=8, unique=True)


# The interval


@given(magnitudes, st.floats(0.001, 0.9))
def test_interval_misses_the_centre_as_seldom_as_it_says(sizes: list[float], error: float) -> None:
    signs = itertools.product((-1, 1), repeat=len(sizes))
    intervals = [interval(np.multiply(sizes, sign), error) for sign in signs]
    missed = np.mean([not low <= 0 <= high for low, _, high in intervals])
    assert missed <= error
    assert (missed > 0) == (error / 2 >= 0.5 ** len(sizes))


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.floats(-10, 10))
def test_interval_moves_with_the_differences(differences: list[float], by: float) -> None:
    moved = interval(np.add(differences, by), 0.1)
    np.testing.assert_allclose(moved, np.add(interval(differences, 0.1), by), atol=1e-9)
    low, centre, high = interval(differences, 0.1)
    np.testing.assert_allclose(interval(np.negative(differences), 0.1), (-high, -centre, -low))


def test_interval_does_not_follow_an_outlier() -> None:
    differences = [*np.linspace(-1, 1, 80)]
    low, centre, high = interval([*differences, 1e9], 0.001)
    assert -1 < low < centre < high < 1


# What is said


def verdict_of(ratios: Sequence[float], error: float = speed.ERROR / 8) -> str:
    return timing(Plan("eager", 1, len(ratios)), [(1.0, ratio) for ratio in ratios], error).verdict


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(1.05, "slower"), (0.95, "faster"), (1.0, "same"), (1.03, "unsettled"), (0.97, "unsettled")],
)
def test_verdict_is_of_the_whole_interval(ratio: float, verdict: str) -> None:
    noise = np.exp(np.random.default_rng(0).normal(0, 0.01, 80))
    assert verdict_of(ratio * noise) == verdict


def test_few_rounds_say_nothing() -> None:
    assert verdict_of([2.0] * 13) == "unsettled"
    assert verdict_of([2.0] * 14) == "slower"


def test_swapped_environments_give_the_inverse_ratio() -> None:
    rounds = [(draw.gauss(1, 0.1), draw.gauss(2, 0.1)) for draw in [random.Random(0)] * 80]
    plan = Plan("eager", 3, 80)
    forward, back = (timing(plan, pairs, 0.001) for pairs in (rounds, [r[::-1] for r in rounds]))
    assert (forward.verdict, back.verdict) == ("slower", "faster")
    assert (forward.then, forward.now) == (back.now, back.then)
    np.testing.assert_allclose([forward.low, forward.ratio], [1 / back.high, 1 / back.ratio])


def test_noise_alone_is_never_called_slower() -> None:
    draw = np.random.default_rng(0)
    for _ in range(400):
        assert verdict_of(np.exp(0.1 * draw.standard_t(2, 80))) in {"unsettled", "same"}


# The turns


@dataclass
class Clock:
    """Stands for an interpreter: each call takes its cost, give or take a hundredth."""

    costs: dict[str, float]
    failing: str = ""
    asked: list[Ask] = field(default_factory=list)
    word: str = "clock"
    backend: str = "tensorflow"

    def ready(self) -> Ready:
        return Ready(list(self.costs), {"keras": str(len(self.costs))}, "3.11", self.backend)

    def ask(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        if ask.work == self.failing:
            return Answer(failed="ValueError: no")
        return Answer(ask.calls * self.costs[ask.work] * random.gauss(1, 0.01))


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> list[Clock]:
    """Put two clocks in the place of two interpreters."""
    held = [Clock({"a": 1e-3, "b": 0.2, "c": 1e-3}), Clock({"a": 1e-3, "b": 0.3, "c": 5e-4})]

    @contextmanager
    def opened(sides: object) -> Iterator[list[Clock]]:
        yield held

    monkeypatch.setattr(speed, "opened", opened)
    return held


def test_both_do_the_same_in_turns(clocks: list[Clock]) -> None:
    speeds = speed.race(HERE)
    assert {timing.work: timing.verdict for timing in speeds.timings} == {
        "a": "same",
        "b": "slower",
        "c": "faster",
    }
    assert speeds.worse == ["b"]
    assert clocks[0].asked == clocks[1].asked
    calls = {ask.work: ask.calls for ask in clocks[0].asked}
    assert (calls["a"], calls["b"], calls["c"]) == (12, 1, 16)
    assert {timing.work: timing.rounds for timing in speeds.timings} == {"a": 80, "b": 25, "c": 80}


def test_what_one_cannot_do_is_told_and_the_rest_is_timed(clocks: list[Clock]) -> None:
    clocks[0].failing = "a"
    clocks[1].backend = "jax"
    del clocks[1].costs["c"]
    speeds = speed.race(HERE)
    assert [timing.work for timing in speeds.timings] == ["b"]
    assert [(timing.what, timing.then, timing.now) for timing in speeds.untimed] == [
        ("a", "ValueError: no", "done"),
        ("c", "done", "not on jax"),
    ]
    assert [change.what for change in speeds.environment] == ["keras", "backend"]
    assert "ValueError: no" in tables.markdown(speeds)


def test_nothing_to_time_is_reported(
    clocks: list[Clock], capsys: pytest.CaptureFixture[str]
) -> None:
    clocks[0].costs = {"a": 1.0}
    clocks[1].costs = {"b": 1.0}
    assert cli.main(["compare", "--speed", "here", "here"]) == 3
    assert "no benchmark can be done in both: not on tensorflow" in capsys.readouterr().err


@pytest.mark.parametrize(("cost", "status"), [(1e-3, 0), (2e-3, 1)])
@pytest.mark.parametrize("layout", ["table", "markdown", "json"])
def test_status_and_every_format_tell_what_is_slower(
    clocks: list[Clock], cost: float, status: int, layout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clocks[0].costs = {"a": 1e-3}
    clocks[1].costs = {"a": cost}
    assert cli.main(["compare", "--speed", "here", "here", "--format", layout]) == status
    captured = capsys.readouterr()
    assert ("slower" in captured.out.split("Environment")[0].replace("Slower", "")) or not status
    assert captured.err == ""


def test_json_is_read_as_it_was_written(clocks: list[Clock]) -> None:
    speeds = speed.race(HERE)
    assert msgspec.json.decode(as_json(speeds), type=Speeds) == speeds


@pytest.mark.parametrize("width", [40, 80, 200])
def test_table_fits_the_terminal(clocks: list[Clock], width: int) -> None:
    console = Console(file=io.StringIO(), width=width)
    tables.table(speed.race(HERE), console)
    assert max(map(len, console.file.getvalue().splitlines())) <= width


def test_sentence_says_what_got_slower(clocks: list[Clock]) -> None:
    assert tables.speed_sentence(speed.race(HERE)) == (
        "1 benchmark got slower between the two environments; "
        "of the others 1 faster, 1 same, 0 unsettled."
    )


# The environments


def test_environments_are_named_as_in_the_matrix_or_by_requirements(tmp_path: Path) -> None:
    assert side("keras-3.5").request.requirements == ("keras==3.5.0", "tensorflow==2.16.2")
    assert side("keras-3.5", "3.12").request.python == "3.12"
    assert side("keras==3.0.0").request.requirements == ("keras==3.0.0", "tensorflow")
    two = side("tensorflow==2.16.2  keras==3.0.0", "3.11").request
    assert (two.requirements, two.python) == (("tensorflow==2.16.2", "keras==3.0.0"), "3.11")
    assert side("here").request is None
    wheel = tmp_path / "in a folder"
    wheel.mkdir()
    (wheel / "keras-9-py3-none-any.whl").touch()
    [built, _] = side(str(wheel / "keras-9-py3-none-any.whl")).request.requirements
    assert built.startswith("keras @ file://")


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("keras-3.99", "the matrix has no 'keras-3.99'; did you mean keras-3.9"),
        ("", "'' names no environment; give an environment of the matrix like"),
        ("report.jsonl", "'report.jsonl' is a file, and no environment"),
        ("keras == 3.0", "'==' is no requirement; give one like 'tensorflow==2.21.0'"),
        ("odd.whl", "there is no wheel odd.whl"),
    ],
)
def test_word_that_names_no_environment(
    word: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("report.jsonl").touch()
    with pytest.raises(UnusableRequirementError) as error:
        side(word)
    assert sentence in str(error.value)


def test_environment_that_cannot_be_made_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unmade(request: object) -> Path:
        raise environments.UnmadeError("the environment cannot be made: there is no keras==99")

    monkeypatch.setattr(environments, "make", unmade)
    assert cli.main(["compare", "--speed", "here", "keras==99"]) == 3
    assert "there is no keras==99" in capsys.readouterr().err


# The interpreters


@pytest.mark.parametrize("work", benchmarks.WORK)
def test_every_benchmark_can_be_repeated(work: str) -> None:
    asks = b"".join(msgspec.json.encode(Ask(work, calls)) + b"\n" for calls in (1, 2))
    out = io.BytesIO()
    worker.main(io.BytesIO(asks), out)
    ready, *answers = map(json.loads, out.getvalue().splitlines())
    assert work in ready["work"]
    assert [answer["failed"] for answer in answers] == ["", ""]
    assert all(answer["seconds"] > 0 for answer in answers)


def test_failure_of_a_benchmark_is_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(benchmarks.WORK, "eager", lambda: 1 / 0)
    answer = worker._answer(Ask("eager", 1), {})
    assert answer == Answer(failed="ZeroDivisionError: division by zero")


@pytest.mark.parametrize("work", ["tf.function", "train_on_batch", "predict"])
def test_only_the_first_call_traces(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    traced = []
    original = benchmarks.keras.layers.LSTM.call

    def call(self, sequences, initial_state=None, mask=None, training=False):
        traced.append(self)
        return original(self, sequences, initial_state, mask, training)

    monkeypatch.setattr(benchmarks.keras.layers.LSTM, "call", call)
    again = benchmarks.WORK[work]()
    again()
    first = len(traced)
    worker.burst(again, 5)
    assert len(traced) == first > 0


def running(process: subprocess.Popen[str]) -> list[Path]:
    """Return the processes of an interrupted comparison's interpreters (Linux only)."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    places = [Path("/proc", child) for child in children]
    module = worker.__name__.encode()
    return [place for place in places if module in (place / "cmdline").read_bytes()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupt_ends_both_interpreters(sent: signal.Signals, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
    process = subprocess.Popen(
        [*COMPARE, "here", "here"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGINT, before)
    until = time.monotonic() + 60
    while len(held := running(process)) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    assert len(held) == 2
    process.send_signal(sent)
    _, wrong = process.communicate(timeout=300)
    if sent is not signal.SIGKILL:
        assert (process.returncode, wrong) == (130, "lstm-spec: interrupted\n")
    while any(place.exists() for place in held) and time.monotonic() < until + 60:
        time.sleep(0.1)
    assert not any(place.exists() for place in held)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (
            "unimportable",
            "here: Keras cannot be imported: ImportError: libsomething.so.1: cannot open",
        ),
        ("missing", "here: Keras cannot be imported: ModuleNotFoundError: "),
        ("fatal", "here: Python ended with status -6: "),
    ],
)
def test_interpreter_that_dies_is_said_in_a_sentence(
    fault: str, sentence: str, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(FAULTS / fault))
    assert cli.main(["compare", "--speed", "here", "here"]) == 3
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert (len(captured.err.splitlines()), captured.out) == (1, "")


def test_interpreter_that_says_nothing_is_ended(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(speed, "LIMIT", 0.2)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        speed._started(HERE[0], command, tmp_path, tmp_path / "log") as held,
        pytest.raises(DeadError, match="here: Python ended with status -9: no output"),
    ):
        held.ready()


# Real Keras


@pytest.fixture
def slower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Side:
    """Return an environment with a wheel of Keras whose LSTM.call takes half longer."""
    wheel = slowed.wheel(tmp_path, 0.5)
    zipfile.ZipFile(wheel).extractall(tmp_path / "content")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    [packages] = (tmp_path / "venv").glob("lib/python3.*/site-packages")
    paths = [str(tmp_path / "content"), *(path for path in sys.path if "site-packages" in path)]
    (packages / "paths.pth").write_text("\n".join(paths), encoding="utf-8")
    monkeypatch.setattr(environments, "make", lambda request: tmp_path / "venv/bin/python")
    return side(str(wheel))


def test_slower_keras_is_found_and_what_it_does_not_touch_is_not(slower: Side) -> None:
    speeds = speed.race((HERE[0], slower), rounds=25)
    assert set(speeds.worse) >= {"eager", "eager, unrolled"}
    assert set(speeds.worse).isdisjoint({"tf.function", "tf.function, wide", "predict", "build"})
    [keras] = [change for change in speeds.environment if change.what == "keras"]
    assert keras.now == f"{keras.then}+slowed"
