"""What is drawn: cases, and the numbers in them. Nothing here imports Keras.

Hypothesis draws sizes, flags and a seed; the seed makes the numbers. So a case shrinks
in a few steps to a small one, and is the same on every Python and NumPy, because
NumPy promises never to change the stream of RandomState (NEP 19).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Size = int | st.SearchStrategy[int]

Element = TypeVar("Element")

AVOIDED: set[str] = set()
"""What a backend is known to do otherwise, and only claims about it draw.

"leading mask": a mask that is False where a layer that may have a state begins to read;
"float64": a layer of that type;
"stateful float64": one of that type that keeps its state.
"""

seeds = st.integers(0, 2**16)
picks = st.integers(0, 2**16)
"""A whole number from which a claim takes a position: `pick % case.timesteps`."""


@dataclass
class Listed:
    """A finite list that a claim draws from: what of it was drawn, and what must be drawn now."""

    size: int
    tried: set[int] = field(default_factory=set)
    forced: int | None = None

    @property
    def untried(self) -> list[int]:
        """The positions that were never drawn."""
        return [k for k in range(self.size) if k not in self.tried]

    @contextlib.contextmanager
    def force(self, k: int) -> Iterator[None]:
        """Let nothing but the element at a position be drawn."""
        self.forced = k
        try:
            yield
        finally:
            self.forced = None


listed: list[Listed] = []
"""The lists that were drawn from since the claims' conftest emptied this, before each claim."""


def whole(elements: Sequence[Element]) -> st.SearchStrategy[Element]:
    """Draw an element of a finite list, every one of which is tried at `default` effort.

    What chance leaves out is tried by the claims' conftest after the drawn cases.
    """
    seen = Listed(len(elements))

    @st.composite
    def element(draw: st.DrawFn) -> Element:
        drawn = draw(st.integers(0, len(elements) - 1))
        k = drawn if seen.forced is None else seen.forced
        if not any(other is seen for other in listed):
            seen.tried.clear()
            listed.append(seen)
        seen.tried.add(k)
        return elements[k]

    return element()


def booleans() -> st.SearchStrategy[bool]:
    """Draw False or True, both of which are tried at `default` effort."""
    return whole([False, True])


def some_large(small: st.SearchStrategy[int], *large: int) -> st.SearchStrategy[int]:
    """Draw a small size, and in one of eight cases a large one.

    Of a single large size Hypothesis would draw nothing, and fewer draws are simpler to it, so that
    it would shrink to that size.
    """
    one_in_eight = [small] * 7 + [st.sampled_from(large if len(large) > 1 else large * 2)]
    return st.integers(0, 7).flatmap(one_in_eight.__getitem__)


A_FEW_OR_SEVEN = some_large(st.integers(1, 4), 7)
A_FEW_OR_SEVENTEEN = some_large(st.integers(1, 4), 17)


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


def weights_of(features: int, units: int, seed: int) -> dict[str, Any]:
    """Return the weights of an LSTM by their names in a Case.

    They are smaller in a wide layer, so that a rounding error does not grow from timestep to
    timestep.
    """
    size = features + units
    drawn = noise((size + 1, 4 * units), seed, scale=min(1.0, 12.0 / size))
    return {"kernel": drawn[:features], "recurrent_kernel": drawn[features:-1], "bias": drawn[-1]}


def permutation(size: int, seed: int) -> NDArray[np.int64]:
    """Return the whole numbers below size in an order made by the seed."""
    return np.random.RandomState(seed).permutation(size)


@st.composite
def cases(
    draw: st.DrawFn,
    /,
    *,
    batch: Size = st.integers(1, 3),
    timesteps: Size = A_FEW_OR_SEVEN,
    features: Size = st.integers(1, 3),
    units: Size = A_FEW_OR_SEVENTEEN,
    state: bool | st.SearchStrategy[bool] = False,
    masked: bool | st.SearchStrategy[bool] = False,
    use_bias: bool | st.SearchStrategy[bool] = True,
    **options: Any,
) -> Case:
    """Draw a case. Sizes and options are values or strategies.

    Sizes are small, so that a failure is easy to read, and at times larger than what a fault of
    long sequences or of many units needs to show.

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
    with_state = value(state)
    with_mask = value(masked)
    chosen = {name: value(option) for name, option in options.items()}
    drawn = isinstance(options.get("dtype"), st.SearchStrategy)
    if drawn and "stateful float64" in AVOIDED and chosen.get("stateful"):
        chosen["dtype"] = "float32"
    weights = weights_of(f, u, draw(seeds))
    x, h, c = np.split(noise((b, t * f + 2 * u), draw(seeds), scale=2.0), [t * f, t * f + u], 1)
    bits = draw(st.integers(0, 2 ** (b * t) - 1)) if with_mask else 0
    mask = np.array([bits >> k & 1 for k in range(b * t)], bool).reshape(b, t)
    if "leading mask" in AVOIDED and (with_state or chosen.get("stateful")):
        mask[:, -1 if chosen.get("go_backwards") else 0] = True
    return Case(
        x=x.reshape(b, t, f),
        **(weights if biased else {**weights, "bias": None}),
        options=chosen if biased else {**chosen, "use_bias": False},
        h=h if with_state else None,
        c=c if with_state else None,
        mask=mask if with_mask else None,
    )


def _not_avoided(dtype: str) -> str:
    return "float32" if dtype in AVOIDED else dtype


VARIED: dict[str, st.SearchStrategy[Any]] = {
    "batch": some_large(st.integers(1, 3), 33),
    "timesteps": some_large(st.integers(1, 4), 7, 30),
    "features": some_large(st.integers(1, 3), 20),
    "units": some_large(st.integers(1, 4), 17, 65),
    "state": booleans(),
    "masked": booleans(),
    "use_bias": whole([True, False]),
    "return_sequences": booleans(),
    "return_state": booleans(),
    "go_backwards": booleans(),
    "stateful": booleans(),
    "implementation": st.sampled_from([2, 1]),
    "dtype": st.sampled_from(["float32", "float64"]).map(_not_avoided),
}
"""What a claim's sentence leaves open, by the argument of `cases`; the default comes first."""
several = some_large(st.integers(2, 4), 7, 30)
"""Two timesteps or more."""
SIZES = ("batch", "timesteps", "features", "units")


def varied(*names: str) -> dict[str, st.SearchStrategy[Any]]:
    """Return arguments of `cases` that let vary what a sentence does not fix.

    As in `cases(**varied(*SIZES, "use_bias", "implementation"), masked=True)`.
    """
    return {name: VARIED[name] for name in names}


def small(**options: Any) -> Case:
    """Return a case of three features and two units with a mask and a state, always the same."""
    h, c = noise((2, 2, 2), 2)
    return Case(
        x=noise((2, 2, 3), 3),
        **weights_of(features=3, units=2, seed=1),
        options=options,
        h=h,
        c=c,
        mask=np.array([[True, False], [False, True]]),
    )
