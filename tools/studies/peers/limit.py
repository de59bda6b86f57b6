"""What a machine needs at least for an LSTM: the time of its matrix products, and of its bytes.

B, T, F, U are as in the equations. The gates' functions are left out, and so is all memory that
is used in between, so that nothing can be faster on one core.
"""

from __future__ import annotations

from typing import NamedTuple

from tools.studies.peers import COPY, GEMM, Pass, Point, Record

SIDE = 1024
"""The rows and columns of the matrices by whose product the rate is measured."""
COPIED = 2**26
"""The bytes that are copied to measure the bandwidth: more than caches hold."""
FLOAT = 4
"""The bytes of a number."""


class Rates(NamedTuple):
    """What one core does in a second."""

    products: float
    """Multiplications and additions in a product of matrices."""
    bytes: float
    """Bytes that are read or written."""


class Limit(NamedTuple):
    """The seconds that a pass takes at least."""

    products: float
    bytes: float

    @property
    def seconds(self) -> float:
        """The larger of both, for they can go on at the same time."""
        return max(self.products, self.bytes)


def rates(record: Record) -> Rates:
    """Return the best rates that were seen while a record was made.

    Raises:
        ValueError: the record does not hold them.
    """
    best = {
        name: min(min(timing.seconds) for timing in record.timings if timing.peer == name)
        for name in (GEMM, COPY)
    }
    return Rates(2 * SIDE**3 / best[GEMM], 2 * COPIED / best[COPY])


def operations(point: Point, does: Pass) -> int:
    """Return the multiplications and additions in the matrix products of a pass.

    Forward x_t @ W and h @ R, for each sample and timestep. Backward the same two again, for the
    derivatives of W and R, and one by R, for that of the h before. That of x is not asked for.
    """
    columns = 4 * point.units
    rows = point.features + point.units
    if does == "training":
        rows = 2 * point.features + 3 * point.units
    return 2 * point.batch * point.timesteps * rows * columns


def traffic(point: Point, does: Pass) -> int:
    """Return the bytes that must be read and written at least once.

    Forward x, the weights and the outputs; in training x, the weights, the derivative of the
    loss by each output, and the gradients, which are as many as the weights.
    """
    steps = point.batch * point.timesteps
    weights = 4 * point.units * (point.features + point.units + 1)
    numbers = steps * (point.features + point.units) + weights * (1 + (does == "training"))
    return FLOAT * numbers


def limit(point: Point, does: Pass, rates: Rates) -> Limit:
    """Return the least time of a pass at given rates."""
    return Limit(operations(point, does) / rates.products, traffic(point, does) / rates.bytes)
