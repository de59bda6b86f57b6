"""What is drawn: cases, and the numbers in them. Nothing here imports Keras.

Hypothesis draws sizes, flags and a seed; the seed makes the numbers. So a case shrinks
in a few steps to a small one, and is the same on every Python and NumPy, because
NumPy promises never to change the stream of RandomState (NEP 19).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Size = int | st.SearchStrategy[int]

seeds = st.integers(0, 2**16)
picks = st.integers(0, 2**16)
"""A whole number from which a claim takes a position: `pick % case.timesteps`."""


@dataclass(frozen=True)
class Case:
    """One LSTM and one input, as plain data.

    Shapes: B samples, T timesteps, F features, U units. The four gates lie side by side
    along the last axis of the weights, in the order i, f, g, o.
    """

    x: Array
    """The input, (B, T, F)."""
    kernel: Array
    """(F, 4U)."""
    recurrent_kernel: Array
    """(U, 4U)."""
    bias: Array | None
    """(4U,), or None with use_bias=False."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of keras.layers.LSTM beside `units`."""
    h: Array | None = None
    """The initial h, (B, U), where the claim draws one."""
    c: Array | None = None
    """The initial c, (B, U), where the claim draws one."""
    mask: NDArray[np.bool_] | None = None
    """(B, T), True where a timestep counts, where the claim draws one."""

    @property
    def batch(self) -> int:
        """B, the number of samples."""
        return int(self.x.shape[0])

    @property
    def timesteps(self) -> int:
        """T, the number of timesteps."""
        return int(self.x.shape[1])

    @property
    def features(self) -> int:
        """F, the number of features in a timestep."""
        return int(self.x.shape[2])

    @property
    def units(self) -> int:
        """U, the number of units."""
        return int(self.recurrent_kernel.shape[0])

    @property
    def weights(self) -> list[Array]:
        """What Keras' set_weights takes: kernel, recurrent kernel and, if any, bias."""
        weights = [self.kernel, self.recurrent_kernel, self.bias]
        return [weight for weight in weights if weight is not None]

    @property
    def state(self) -> list[Array]:
        """What Keras' initial_state takes: h, then c."""
        assert self.h is not None, "drawn with cases(state=True)"
        assert self.c is not None, "drawn with cases(state=True)"
        return [self.h, self.c]


def noise(shape: tuple[int, ...], seed: int, scale: float = 1.0) -> Array:
    """Return distinct non-zero numbers between -scale and scale, in float32.

    They have three decimals (more for large arrays), so that a case reads well in print;
    none is subnormal, because TensorFlow's kernels flush subnormal numbers to zero.
    """
    size = int(np.prod(shape))
    grid = 10 ** max(3, len(str(2 * size)))
    drawn = np.random.RandomState(seed).permutation(2 * grid)[:size] - grid
    numbers = (drawn + (drawn >= 0)) * (scale / grid)
    return np.reshape(numbers, shape).astype(np.float32)


def permutation(size: int, seed: int) -> NDArray[np.int64]:
    """Return the whole numbers below size in an order made by the seed."""
    return np.random.RandomState(seed).permutation(size)


@st.composite
def cases(
    draw: st.DrawFn,
    /,
    *,
    batch: Size = st.integers(1, 3),
    timesteps: Size = st.integers(1, 4),
    features: Size = st.integers(1, 3),
    units: Size = st.integers(1, 4),
    state: bool = False,
    masked: bool = False,
    use_bias: bool | st.SearchStrategy[bool] = True,
    **options: Any,
) -> Case:
    """Draw a case. Sizes and options are values or strategies.

    Args:
        draw: given by Hypothesis.
        batch: B.
        timesteps: T.
        features: F.
        units: U.
        state: whether to draw an initial state.
        masked: whether to draw a mask; any pattern, rows without a valid step included.
        use_bias: whether the layer has a bias.
        **options: further arguments of keras.layers.LSTM.
    """

    def value(given: Any) -> Any:
        return draw(given) if isinstance(given, st.SearchStrategy) else given

    b, t, f, u = (value(size) for size in (batch, timesteps, features, units))
    biased = value(use_bias)
    chosen = {name: value(option) for name, option in options.items()}
    weights = noise((f + u + 1, 4 * u), draw(seeds))
    x, h, c = np.split(noise((b, t * f + 2 * u), draw(seeds), scale=2.0), [t * f, t * f + u], 1)
    bits = draw(st.integers(0, 2 ** (b * t) - 1)) if masked else 0
    mask = np.array([bits >> k & 1 for k in range(b * t)], bool).reshape(b, t)
    return Case(
        x=x.reshape(b, t, f),
        kernel=weights[:f],
        recurrent_kernel=weights[f : f + u],
        bias=weights[-1] if biased else None,
        options=chosen if biased else {**chosen, "use_bias": False},
        h=h if state else None,
        c=c if state else None,
        mask=mask if masked else None,
    )


def small(**options: Any) -> Case:
    """Return a case of three features and two units with a mask and a state, always the same."""
    weights, (h, c) = noise((6, 8), 1), noise((2, 2, 2), 2)
    return Case(
        x=noise((2, 2, 3), 3),
        kernel=weights[:3],
        recurrent_kernel=weights[3:5],
        bias=weights[5],
        options=options,
        h=h,
        c=c,
        mask=np.array([[True, False], [False, True]]),
    )
