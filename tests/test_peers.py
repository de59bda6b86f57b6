"""What an LSTM costs is measured of right ones alone, and told as it was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tools.site import curves
from tools.site.curves import Curve, Curves
from tools.studies import peers
from tools.studies.peers import AXES, BASE, COPY, GEMM, PEERS, Peer, Point, Timing, points
from tools.studies.peers import __main__ as race
from tools.studies.peers.libraries import BUILDERS, in_numpy, keras_on_tensorflow
from tools.studies.peers.limit import Rates, limit, operations, rates, traffic
from tools.studies.peers.lstms import Task, task
from tools.studies.peers.page import PAGE, PASSES, SHORT, Costs, page
from tools.studies.peers.page import curves as drawn
from tools.studies.peers.worker import Worker

SVG = "{http://www.w3.org/2000/svg}"
RECORD = peers.load()
SMALL = Point(timesteps=3, units=2, batch=2, features=2)
SIZES = structs.astuple(SMALL)
HERE = [
    peer
    for peer in PEERS
    if peer.library == "numpy" or (peer.library == "tensorflow" and peer.name != "LiteRT")
]
"""Those that need nothing but what the tests need, and ONNX Runtime where it is installed."""


# What is right is timed, and nothing else.


@pytest.mark.parametrize("peer", PEERS, ids=[peer.name for peer in PEERS])
def test_peer_computes_an_lstm(peer: Peer) -> None:
    needs = {"ONNX Runtime": "onnxruntime", "LiteRT": "ai_edge_litert"}
    pytest.importorskip(needs.get(peer.name, "numpy"))
    if peer.library in ("jax", "torch"):
        pytest.skip("a process has one of Keras' backends, and here that is TensorFlow")
    answers = Worker(BUILDERS).build(peer.name, SIZES)
    assert [(why, error < 2) for _, why, _, error in answers] == [("", True)] * len(answers)
    assert len(answers) == 1 + peer.name.startswith("Keras")


def with_gates(task: Task, order: tuple[int, ...]) -> Task:
    """Return a task whose weights hold the gates in another order."""

    def ordered(weights: Any) -> Any:
        return np.concatenate([np.split(weights, 4, axis=-1)[k] for k in order], axis=-1)

    kernel, recurrent, bias = map(ordered, task.case.weights)
    case = replace(task.case, kernel=kernel, recurrent_kernel=recurrent, bias=bias)
    return task._replace(case=case)


@pytest.mark.parametrize("order", [o for o in permutations(range(4)) if o != (0, 1, 2, 3)], ids=str)
def test_wrong_order_of_the_gates_is_refused(order: tuple[int, ...]) -> None:
    worker = Worker({"wrong": lambda task: in_numpy(with_gates(task, order))})
    ((_, why, _, _),) = worker.build("wrong", SIZES)
    assert why.startswith("AssertionError: off by")
    assert worker.runs == {}


def test_gradients_that_are_wrong_by_a_thousandth_are_refused() -> None:
    def wrong(task: Task) -> Any:
        return keras_on_tensorflow(task._replace(d_outputs=task.d_outputs * np.float32(1.001)))

    worker = Worker({"wrong": wrong})
    forward, training = worker.build("wrong", structs.astuple(BASE))
    assert forward[1] == ""
    assert training[1].startswith("AssertionError: off by")
    assert list(worker.runs) == [("wrong", "forward")]


def test_peer_that_cannot_be_built_is_reported() -> None:
    def broken(task: Task) -> Any:
        raise RuntimeError("no\ncompiler")

    assert Worker({"a": broken}).build("a", SIZES) == [
        ("forward", "RuntimeError: no compiler", 0, 0)
    ]


def test_task_is_the_same_each_time_and_differs_by_its_weights() -> None:
    first = task(SMALL)
    other = task(SMALL)
    assert all(map(np.array_equal, first.case.weights, other.case.weights))
    weights = np.concatenate([np.ravel(weight) for weight in first.case.weights])
    assert len(set(weights.tolist())) == weights.size


# The race.

WRONG = """
from dataclasses import replace
from tools.studies.peers.libraries import in_numpy
from tools.studies.peers.worker import serve

def backwards(task):
    return in_numpy(task._replace(case=replace(task.case, kernel=task.case.kernel[:, ::-1])))

serve(channel, {"NumPy": backwards})
"""


def test_race_times_every_pass_of_every_peer_on_one_core() -> None:
    chosen = [peer for peer in HERE if peer.name != "ONNX Runtime"]
    with race.opened(chosen) as workers:
        lines = race.measure(SMALL, chosen, workers, rounds=3)
    keras = [peer.name for peer in chosen if peer.library == "tensorflow"]
    expected = {(name, does) for name in keras for does in PASSES}
    expected |= {(name, "forward") for name in ("NumPy", GEMM, COPY)}
    assert {(line.peer, line.does) for line in lines if isinstance(line, Timing)} == expected
    assert len(lines) == len(expected)
    for line in lines:
        assert isinstance(line, Timing)
        assert len(line.seconds) == len(line.wall) == 3
        assert 0 < sum(line.seconds) < 1.2 * sum(line.wall)  # two threads would take twice as much


def test_race_does_not_time_a_wrong_peer() -> None:
    chosen = [peer for peer in PEERS if peer.name == "NumPy"]
    with race.opened(chosen, WRONG) as workers:
        lines = race.measure(SMALL, chosen, workers, rounds=1)
    (refusal,) = (line for line in lines if isinstance(line, peers.Refusal))
    assert refusal.why.startswith("AssertionError: off by")
    assert {line.peer for line in lines if isinstance(line, Timing)} == {GEMM, COPY}


def test_axis_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        race.main(["depth"])
    assert "no such axis: depth; there are timesteps, units, batch" in capsys.readouterr().err


# The limit.


def test_operations_and_bytes_are_those_counted_by_hand() -> None:
    point = Point(timesteps=2, units=1, batch=3, features=5)
    # Six rows of 5 + 1 numbers meet 4 columns: 144 multiplications, and as many additions.
    assert operations(point, "forward") == 288
    # Backward: 6 * 4 * 5 for W and 6 * 4 * 1 for R, and 6 * 4 * 1 for the h before.
    assert operations(point, "training") == 288 + 2 * (120 + 24 + 24)
    # 30 numbers of x, 28 weights, 6 outputs, or 6 derivatives and 28 gradients.
    assert traffic(point, "forward") == 4 * (30 + 28 + 6)
    assert traffic(point, "training") == 4 * (30 + 28 + 6 + 28)


def test_limit_is_the_longer_of_products_and_bytes() -> None:
    point = Point(timesteps=2, units=1, batch=3, features=5)
    least = limit(point, "forward", Rates(products=100.0, bytes=1024.0))
    assert (least.products, least.bytes, least.seconds) == (2.88, 0.25, 2.88)
    assert limit(point, "forward", Rates(products=288e3, bytes=16.0)).seconds == 16.0


def test_rates_are_the_best_that_were_seen() -> None:
    seen = [
        Timing(name, SMALL, "forward", 0, 0, seconds, seconds)
        for name, seconds in ((GEMM, [4.0, 2.0]), (COPY, [2.0, 4.0]), (GEMM, [3.0]))
    ]
    best = rates(RECORD._replace(timings=seen))
    assert best == (1024**3, 2**26)  # of 2 * 1024**3 operations, and of 2 * 2**26 bytes, in 2 s


# The record.


def test_record_has_every_peer_at_every_point() -> None:
    seen = {(line.peer, line.point) for line in (*RECORD.timings, *RECORD.refusals)}
    tried = {(peer.name, point) for peer in PEERS for point in points(AXES) if peer.at(point)}
    assert seen == tried | {(name, point) for name in (GEMM, COPY) for point in points(AXES)}


def test_nothing_that_was_recorded_is_faster_than_the_limit() -> None:
    best = rates(RECORD)
    for line in RECORD.timings:
        if line.peer not in (GEMM, COPY):
            assert min(line.seconds) > limit(line.point, line.does, best).seconds


def test_eager_jax_compiles_at_each_call_so_that_time_hardly_counts() -> None:
    costs = Costs(RECORD)
    few, many = (costs.median("Keras on JAX, eager", Point(t), "forward") for t in (4, 256))
    assert many < 1.5 * few  # compiled once it grows by a factor of 30


def test_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    peers.append(file, [RECORD.machine, *RECORD.timings])
    peers.append(file, RECORD.refusals)
    assert peers.load(file) == RECORD


@pytest.mark.parametrize("text", ["", "no", "[]", '{"kind":"timing"}', '{"kind":"other"}'])
def test_file_that_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "record.jsonl"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(peers.UnreadableRecordError, match="no record of peers"):
        peers.load(file)


@pytest.mark.parametrize(("facts", "kept"), [({}, 1), ({"python": "2.7"}, 0)])
def test_points_of_the_same_machine_are_kept(
    tmp_path: Path, facts: dict[str, str], kept: int
) -> None:
    file = tmp_path / "record.jsonl"
    lines = [Timing("NumPy", point, "forward", 0, 0, [1.0], [1.0]) for point in (SMALL, BASE)]
    peers.append(file, [structs.replace(RECORD.machine, **facts), *lines])
    race.begin(file, RECORD.machine, [BASE])
    assert peers.load(file) == (RECORD.machine, lines[:kept], [])


# What is told.


def test_page_is_made_from_the_record() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(RECORD)


def test_every_peer_has_a_name_in_the_drawings() -> None:
    assert list(SHORT) == [*(peer.name for peer in PEERS), "limit"]


def test_page_tells_medians_and_how_many_times_the_limit_they_are() -> None:
    seconds = {GEMM: [2.0], COPY: [0.001], "NumPy": [0.5, 0.3, 0.2, 0.1, 0.4]}
    timings = [
        Timing(name, BASE, "forward", 1.5, 0, seen * (1 if len(seen) > 1 else 2), seen)
        for name, seen in seconds.items()
    ]
    least = operations(BASE, "forward") / 2**30
    row = f"| NumPy | 300 ms (200 ms to 400 ms) | {0.3 / least:.3g} |  |  | 1.50 s |"
    assert row in page(RECORD._replace(timings=timings))


def test_refusals_are_told_without_markup() -> None:
    refusal = peers.Refusal("NumPy", SMALL, "forward", "<b>|`x`")
    lines = page(RECORD._replace(refusals=[refusal])).splitlines()
    assert r"- NumPy, forward pass, T=3 U=2 B=2 F=2: &lt;b&gt;\|\`x\`" in lines


times = st.floats(1e-7, 1e3)


@st.composite
def drawings(draw: st.DrawFn) -> Curves:
    sizes = sorted(draw(st.sets(st.integers(1, 1000), min_size=2, max_size=5)))
    seen = st.dictionaries(st.sampled_from(sizes), times, min_size=1)
    names = st.sets(st.text('abc<&"', min_size=1), min_size=1, max_size=12)
    by_name = {name: Curve("coloured", draw(seen)) for name in draw(names)}
    return Curves("t", "units", by_name, "", written=curves.duration)


@given(drawings())
def test_every_time_is_drawn_within_the_drawing_and_told(given: Curves) -> None:
    root = ElementTree.fromstring(curves.draw(given))
    dots = list(root.iter(f"{SVG}circle"))
    texts = [str(dot.findtext(f"{SVG}title")).rpartition(": ")[2] for dot in dots]
    seconds = [s for curve in given.curves.values() for _, s in sorted(curve.values.items())]
    assert texts == [curves.duration(time) for time in seconds]
    assert all(text in str(root.findtext(f"{SVG}desc")) for text in texts)
    for part in root.iter():
        for axis, most in (("x", curves.WIDTH), ("y", given.height)):
            assert 0 <= float(part.get(axis, part.get(f"c{axis}", 0))) <= most


def all_drawn() -> Iterator[Curves]:
    for axis in AXES:
        for does in PASSES:
            yield drawn(Costs(RECORD), axis, does)


def test_no_names_overlap() -> None:
    for drawing in all_drawn():
        root = ElementTree.fromstring(curves.draw(drawing))
        texts = [text for text in root.iter(f"{SVG}text") if text.get("class") == "peer"]
        assert len(texts) == len(drawing.curves) >= 8
        assert all(float(text.get("x", 0)) + 6.5 * len(text.text or "") <= 328 for text in texts)
        heights = sorted(float(text.get("y", 0)) for text in texts)
        assert all(below - above >= 12 for above, below in pairwise(heights))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.0, "1.00 s"),
        (0.99951, "1.00 s"),
        (0.0123, "12.3 ms"),
        (4.56e-4, "456 µs"),
        (9.996e-6, "10.0 µs"),
        (123.4, "123 s"),
    ],
)
def test_time_is_shown_with_three_digits(seconds: float, text: str) -> None:
    assert curves.duration(seconds) == text


def test_a_time_ten_times_as_long_stands_a_decade_higher() -> None:
    given = Curves("", "units", {"a": Curve("solid", {1: 1e-3, 10: 1e-2, 100: 1e-1})}, "")
    single, ten, hundred = (given.at(size, size * 1e-3) for size in (1, 10, 100))
    assert ten.x - single.x == pytest.approx(hundred.x - ten.x)
    assert single.y - ten.y == pytest.approx(ten.y - hundred.y)
    assert single.y > ten.y
