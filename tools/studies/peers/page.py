"""The page of peers: what the same LSTM costs in Keras and elsewhere, and what a machine needs.

Run as `python -m tools.studies.peers.page` it makes docs/measured/peers.md of what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from lstm_spec.run.text import escape, markdown_table
from tools import MEASURED
from tools.site.curves import Curve, Curves, duration
from tools.studies import peers
from tools.studies.peers import AXES, BASE, PEERS, Pass, Point, Record, Timing, points
from tools.studies.peers.limit import Limit, limit, rates

PAGE = MEASURED / "peers.md"
LIMIT = "limit"
PASSES: dict[Pass, str] = {"forward": "forward pass", "training": "training step"}
SHORT = {
    "Keras on TensorFlow, eager": ("TensorFlow eager", "eager"),
    "Keras on TensorFlow, tf.function": ("tf.function", "compiled"),
    "Keras on TensorFlow, XLA": ("TensorFlow XLA", "compiled"),
    "Keras on JAX, eager": ("JAX eager", "eager"),
    "Keras on JAX, jax.jit": ("jax.jit", "compiled"),
    "Keras on PyTorch, eager": ("PyTorch eager", "eager"),
    "Keras on PyTorch, torch.compile": ("torch.compile", "compiled"),
    "torch.nn.LSTM": ("torch.nn.LSTM", "other"),
    "ONNX Runtime": ("ONNX Runtime", "other"),
    "LiteRT": ("LiteRT", "other"),
    "NumPy": ("NumPy", "other"),
    LIMIT: (LIMIT, "limit"),
}
"""By the name of a peer: its label in a drawing, and its kind."""
STYLES = {"compiled": "solid", "eager": "dashed", "other": "coloured", "limit": "dotted"}
"""How the curve of each kind is drawn."""

HEAD = """# What an LSTM costs, and what would be faster

The same LSTM in Keras and elsewhere: the same weights, the same input, float32, h after each
timestep. T is the number of timesteps, U of units, B the batch size, F the number of features.
The limit is what a machine needs at least, however the layer is written.
"""

MADE = """## How it was measured

Made by `tox run -e peers` on {made}, on one core of {processor}, with Python {python},
{packages}.

- A peer is timed only where its outputs, and its gradients, agree with the equations in float64.
- Each peer has one thread, and all of them the same core. The time is processor time: the median of
  {rounds} rounds, in each of which all peers came in another random order, with the quartiles. By
  the clock the same calls took {wall:.2f} times as long in the quietest round.
- A training step is forward and backward, up to the gradients of the weights. ONNX Runtime, LiteRT
  and NumPy have none here.
- The first call builds the peer, traces or compiles it, and runs it once.
- torch.compile unrolls the loop before it compiles it, which takes long: it is tried at three
  points alone. The other Keras layers run as they are, with `unroll=False`.
- Called eagerly on JAX, Keras' layer compiles its loop anew at each call, so that it takes as long
  for 4 timesteps as for 256.
- The limit is the time of the matrix products alone, at {rate:.0f} billion multiplications and
  additions a second, or of the bytes that must be read and written at least, at {bandwidth:.1f}
  billion a second, whichever is longer. Both rates are the best that were seen on this core
  meanwhile, in a product of two large matrices and in a large copy.
"""


@dataclass(frozen=True)
class Costs:
    """A record, by what is asked of it."""

    record: Record

    @cached_property
    def timings(self) -> dict[tuple[str, Point, Pass], Timing]:
        """The timings of the peers."""
        return {(timing.peer, timing.point, timing.does): timing for timing in self.record.timings}

    def limit(self, point: Point, does: Pass) -> Limit:
        """Return what the machine needs at least."""
        return limit(point, does, rates(self.record))

    def median(self, peer: str, point: Point, does: Pass) -> float | None:
        """Return the median time of a peer, or the limit; None, if it was not timed there."""
        if peer == LIMIT:
            return self.limit(point, does).seconds
        timing = self.timings.get((peer, point, does))
        return timing.quartiles[1] if timing else None

    def peers(self, point: Point, does: Pass) -> list[str]:
        """Return the peers that were timed at a point, the fastest first."""
        known = [peer.name for peer in PEERS if (peer.name, point, does) in self.timings]
        return sorted(known, key=lambda name: self.timings[name, point, does].quartiles[1])


def page(record: Record, draw: Callable[[Curves], str] = lambda _: "") -> str:
    """Return the page as Markdown.

    Args:
        record: what was measured.
        draw: returns what stands for a drawing; by default none is shown.
    """
    costs = Costs(record)
    parts = [HEAD, *(line for does in PASSES for line in _finding(costs, does)), *_base(costs)]
    for axis in AXES:
        parts += [f"## Time against {_named(axis)}\n"]
        for does in PASSES:
            parts += [*filter(None, [draw(curves(costs, axis, does))]), *_table(costs, axis, does)]
    return "\n".join([*parts, _origin(costs), *_refused(record)])


def _origin(costs: Costs) -> str:
    machine = costs.record.machine
    machine_rates = rates(costs.record)
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    return MADE.format(
        made=escape(machine.made),
        processor=escape(machine.processor),
        python=escape(machine.python),
        packages=escape(packages),
        rounds=max(len(timing.seconds) for timing in costs.record.timings),
        wall=median(min(timing.wall) / min(timing.seconds) for timing in costs.record.timings),
        rate=machine_rates.products / 1e9,
        bandwidth=machine_rates.bytes / 1e9,
    )


def _base(costs: Costs) -> Iterator[str]:
    yield f"## At {BASE}\n"
    passes = [column for does in PASSES for column in (PASSES[does], "times the limit")]
    least = [duration(costs.limit(BASE, does).seconds) for does in PASSES]
    rows: list[tuple[str, ...]] = [(LIMIT, least[0], "1", least[1], "1", "")]
    for name in costs.peers(BASE, "forward"):
        cells = [cell for does in PASSES for cell in _cells(costs, name, does)]
        first = duration(costs.timings[name, BASE, "forward"].first)
        rows.append((name, *cells, first))
    yield markdown_table(("peer", *passes, "first call"), rows)
    yield ""


def _cells(costs: Costs, name: str, does: Pass) -> tuple[str, str]:
    timing = costs.timings.get((name, BASE, does))
    if timing is None:
        return "", ""
    low, middle, high = timing.quartiles
    ratio = middle / costs.limit(BASE, does).seconds
    return f"{duration(middle)} ({duration(low)} to {duration(high)})", f"{ratio:.3g}"


def _finding(costs: Costs, does: Pass) -> Iterator[str]:
    """Say in words what the table says of a pass."""
    order = costs.peers(BASE, does)
    compiled, eager = ([n for n in order if SHORT[n][1] == kind] for kind in ("compiled", "eager"))
    if not compiled or not eager:
        return
    times = {name: costs.timings[name, BASE, does].quartiles[1] for name in order}
    best = times[compiled[0]]
    least = costs.limit(BASE, does).seconds
    yield f"At {BASE} the fastest {PASSES[does]} of a Keras layer is that of {compiled[0]}, at"
    yield f"{best / least:.3g} times the limit; the fastest of all is that of {order[0]}, at"
    yield f"{times[order[0]] / least:.3g}. A layer that is called eagerly takes so many times as"
    ratios = [f"{times[name] / best:.3g} on {_backend(name)}" for name in eager]
    yield f"long as the former: {', '.join(ratios)}.\n"


def _backend(name: str) -> str:
    return name.partition(" on ")[2].partition(",")[0]


def _named(axis: str) -> str:
    return "batch size" if axis == "batch" else axis


def curves(costs: Costs, axis: str, does: Pass) -> Curves:
    """Return the times along an axis, of all peers that were timed at more than one point of it."""
    by_peer = {}
    for name, (short, kind) in SHORT.items():
        medians = {getattr(p, axis): costs.median(name, p, does) for p in points([axis])}
        seen = {size: seconds for size, seconds in medians.items() if seconds}
        if len(seen) > 1:
            by_peer[short] = Curve(STYLES[kind], seen)
    title = f"Time of a {PASSES[does]} against {_named(axis)}"
    description = f"Times by {_named(axis)}."
    return Curves(
        title,
        _named(axis),
        by_peer,
        description,
        written=duration,
        height=300,
        key=f"{axis}-{does}-",
    )


def _table(costs: Costs, axis: str, does: Pass) -> Iterator[str]:
    sizes = [f"{_named(axis)} {size}" for size in AXES[axis]]
    rows = []
    for name in SHORT:
        medians = [costs.median(name, point, does) for point in points([axis])]
        if any(medians):
            cells = [duration(seconds) if seconds else "" for seconds in medians]
            rows.append((name, *cells))
    yield markdown_table((f"{PASSES[does]} of", *sizes), rows)
    yield ""


def _refused(record: Record) -> Iterator[str]:
    if record.refusals:
        yield "## Not timed\n"
        yield from (
            f"- {escape(refusal.peer)}, {PASSES[refusal.does]}, {refusal.point}: "
            f"{escape(refusal.why)}"
            for refusal in record.refusals
        )
        yield ""


if __name__ == "__main__":
    PAGE.write_text(page(peers.load()), encoding="utf-8")
