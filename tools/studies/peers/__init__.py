"""What the same LSTM costs in Keras and elsewhere: what is measured, and the record of it.

All peers get the same weights and the same input, in float32, and return h after each timestep.
One thread and one core each; the time is processor time, which a busy machine disturbs least.

`python -m tools.studies.peers [AXIS ...]` measures and records.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import quantiles
from typing import Literal, NamedTuple

import msgspec

from lstm_spec.run.text import one_line

FILE = Path(__file__).with_name("record.jsonl")
PACKAGES = ("tensorflow", "keras", "jax", "torch", "onnxruntime", "ai-edge-litert", "numpy")
Pass = Literal["forward", "training"]
"""Training is forward and backward: the gradients of the weights, without an optimizer."""


class Point(msgspec.Struct, frozen=True, order=True):
    """The sizes of an LSTM and of its input."""

    timesteps: int = 64
    units: int = 64
    batch: int = 16
    features: int = 16

    def __str__(self) -> str:
        """Return the sizes as they are called in the equations."""
        return f"T={self.timesteps} U={self.units} B={self.batch} F={self.features}"


BASE = Point()
AXES: dict[str, tuple[int, ...]] = {
    "timesteps": (4, 16, 64, 256),
    "units": (4, 16, 64, 256),
    "batch": (1, 4, 16, 64, 256),
}
"""Along each axis one size varies, and the others are those of BASE."""


class Peer(NamedTuple):
    """A way to run an LSTM."""

    name: str
    library: Literal["tensorflow", "jax", "torch", "numpy"]
    """The process that it runs in, and there Keras' backend."""
    only: tuple[Point, ...] = ()
    """The points at which it is tried; all, if none is named."""

    def at(self, point: Point) -> bool:
        """Return whether it is tried at a point."""
        return not self.only or point in self.only


PEERS = (
    Peer("Keras on TensorFlow, eager", "tensorflow"),
    Peer("Keras on TensorFlow, tf.function", "tensorflow"),
    Peer("Keras on TensorFlow, XLA", "tensorflow"),
    Peer("Keras on JAX, eager", "jax"),
    Peer("Keras on JAX, jax.jit", "jax"),
    Peer("Keras on PyTorch, eager", "torch"),
    # The loop is unrolled before it is compiled, which takes about a minute for 64 timesteps.
    Peer("Keras on PyTorch, torch.compile", "torch", only=(Point(4), Point(16), Point(64))),
    Peer("torch.nn.LSTM", "torch"),
    Peer("ONNX Runtime", "numpy"),
    Peer("LiteRT", "tensorflow"),
    Peer("NumPy", "numpy"),
)
GEMM, COPY = "product of matrices", "copy"
"""What is timed beside the peers, to know what the machine can do."""


class Machine(msgspec.Struct, frozen=True, tag="machine", tag_field="kind"):
    """The first line: where it was measured."""

    made: str
    """The date."""
    python: str
    processor: str
    packages: dict[str, str]


class Timing(msgspec.Struct, frozen=True, tag="timing", tag_field="kind"):
    """What one peer took at one point."""

    peer: str
    point: Point
    does: Pass
    first: float
    """Seconds that it took to build the peer and to run it once: tracing, compiling."""
    error: float
    """The largest error against the equations in float64, in units of rounding."""
    seconds: list[float]
    """Processor time of a call, once for each round."""
    wall: list[float]
    """The time that passed in the meantime."""

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The lower quartile, the median and the upper quartile of the seconds."""
        low, middle, high = quantiles(self.seconds, n=4, method="inclusive")
        return low, middle, high


class Refusal(msgspec.Struct, frozen=True, tag="refusal", tag_field="kind"):
    """A peer that was not timed at a point: it failed, or what it computes is wrong."""

    peer: str
    point: Point
    does: Pass
    why: str


Line = Machine | Timing | Refusal


class Record(NamedTuple):
    """All that was measured on one machine."""

    machine: Machine
    timings: list[Timing]
    refusals: list[Refusal]


class UnreadableRecordError(ValueError):
    """A file that is no record; the message says why."""


def load(path: Path = FILE) -> Record:
    """Return a record.

    Raises:
        OSError: the file cannot be read.
        UnreadableRecordError: a line is damaged, or the first line describes no machine.
    """
    try:
        lines = [msgspec.json.decode(line, type=Line) for line in path.read_bytes().splitlines()]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableRecordError(f"{path}: no record of peers: {one_line(error)}") from None
    if not lines or not isinstance(lines[0], Machine):
        raise UnreadableRecordError(f"{path}: no record of peers: the first line is no machine")
    timings = [line for line in lines if isinstance(line, Timing)]
    return Record(lines[0], timings, [line for line in lines if isinstance(line, Refusal)])


def append(path: Path, lines: Iterable[Line]) -> None:
    """Add lines to a file.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("ab") as file:
        file.writelines(msgspec.json.encode(line) + b"\n" for line in lines)


def points(axes: Iterable[str]) -> list[Point]:
    """Return the points along some axes, each once.

    Raises:
        KeyError: there is no such axis.
    """
    chosen = [msgspec.structs.replace(BASE, **{axis: size}) for axis in axes for size in AXES[axis]]
    return list(dict.fromkeys(chosen))
