"""What layers of real Keras return, keep and refuse, for the figures of the chapters.

Numbers are drawn and layers compute as in runs.py.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
from msgspec import structs

from lstm_spec.answers.picture import derivatives
from lstm_spec.harness import subject
from lstm_spec.harness.strategies import Case, noise
from tools.studies import peers
from tools.studies.figures import Series
from tools.studies.figures.runs import LENGTHS, OPEN, SEED, series

GATES = ["i", "f", "g", "o"]
STEP = 1e-5
COMPILED, EAGER = "Keras on TensorFlow, tf.function", "Keras on TensorFlow, eager"


def layer(**arguments: Any) -> Any:
    """Return a new layer in float64."""
    return subject.fresh({"dtype": "float64", **arguments}, SEED)


def draws(*shape: int) -> Any:
    """Return an input."""
    return noise(shape, SEED, scale=2.0).astype(float)


def numbers(tensor: Any) -> Any:
    """Return what a layer returned as an array."""
    return subject.to_numpy(tensor)


def by_hand(x: Any, kernel: float = 0.0, start: Any = None, **bias: float) -> tuple[Any, Any]:
    """Return h and c of one unit after each timestep; its weights are zero but those given.

    Args:
        x: the input.
        kernel: what the candidate reads of the input.
        start: h and c at the start.
        **bias: those of the gates, by their letters.
    """
    weights = np.array([[0, 0, kernel, 0]]), np.zeros((1, 4))
    case = Case(x, *weights, np.array([bias.get(gate, 0.0) for gate in GATES]))
    lstm = subject.lstm(case, return_state=True, dtype="float64", activation="linear")
    states = [np.full((1, 1), value) for value in start or (0.0, 0.0)]
    pairs = []
    for t in range(x.shape[1]):
        states = lstm(x[:, t : t + 1], initial_state=states)[1:]
        pairs.append([float(numbers(state)[0, 0]) for state in states])
    h, c = np.array(pairs).T
    return h, c


def width() -> Series:
    return series(
        {
            f"LSTM({units})": [layer(units=units)(draws(1, t, 1)).shape[-1] for t in LENGTHS]
            for units in (2, 3, 300)
        },
        LENGTHS,
    )


def rank() -> Series:
    axes = range(1, 6)
    return series({"accepted": [float(_accepts(np.ones((2,) * count))) for count in axes]}, axes)


def _accepts(x: Any) -> bool:
    try:
        layer(units=2)(x)
    except ValueError:
        return False
    return True


def parameters() -> Series:
    units = (1, 2, 4, 8, 16, 32)
    counts = {}
    for features, name in ((16, "16 features"), (1, "1 feature")):
        lstms = [layer(units=size) for size in units]
        for lstm in lstms:
            lstm.build((None, None, features))
        counts[name] = [lstm.count_params() for lstm in lstms]
    return series(counts, units)


def initial_bias() -> Series:
    lstm = layer(units=2)
    lstm.build((None, None, 1))
    bias = lstm.get_weights()[2].reshape(4, 2)
    return series({f"bias of unit {u + 1}": bias[:, u] for u in range(2)}, GATES)


def recurrent_rows() -> Series:
    lstm = layer(units=4)
    lstm.build((None, None, 1))
    products = np.abs(lstm.get_weights()[1] @ lstm.get_weights()[1].T)
    return series({f"row {k + 1}": products[k] for k in range(4)}, range(1, 5))


def kernel_range() -> Series:
    units = (1, 2, 4, 8, 16, 32, 64)
    largest = []
    for size in units:
        lstm = layer(units=size)
        lstm.build((None, None, 8))
        largest.append(np.abs(lstm.get_weights()[0]).max())
    bound = [np.sqrt(6 / (8 + 4 * size)) for size in units]
    return series({"largest weight": largest, "bound": bound}, units)


def saturation() -> Series:
    scales = [2**k for k in range(10)]
    lstm = layer(units=2)
    x = draws(1, 1, 2)
    outputs = np.array([numbers(lstm(x * scale))[0] for scale in scales])
    return series({f"unit {u + 1}": outputs[:, u] for u in range(2)}, scales)


def halving() -> Series:
    h, c = by_hand(draws(1, 8, 1), start=(0.0, 1.0))
    return series({"cell state c": c, "output h": h})


def settling() -> Series:
    rows = {}
    for forget in (0.5, 0.8, 0.95):
        x = np.ones((1, 20, 1))
        bias = {"i": OPEN, "f": np.log(forget / (1 - forget)), "o": OPEN}
        rows[f"f = {forget}"] = by_hand(x, kernel=1.0, **bias)[1]
    return series(rows)


def hard_sigmoid() -> Series:
    z = np.arange(-5, 6)
    functions = keras.activations.sigmoid, keras.activations.hard_sigmoid
    sigmoid, hard = (
        numbers(function(keras.ops.convert_to_tensor(z * 1.0))) for function in functions
    )
    return series({"sigmoid": sigmoid, "hard_sigmoid": hard}, z.tolist())


def closed_output() -> Series:
    x = draws(1, 8, 1)
    h, c = by_hand(x, kernel=1.0, i=OPEN, f=OPEN, o=-OPEN)
    return series({"input": x, "cell state c": c, "output h": h})


def accumulator() -> Series:
    x = np.array([1.0, 0, 2, -1, 3, 0, -2, 1]).reshape(1, 8, 1)
    h, _ = by_hand(x, kernel=1.0, i=OPEN, f=OPEN, o=OPEN)
    return series({"input": x, "output h": h})


def own_c() -> Series:
    return series(*_of_states("c"))


def every_h() -> Series:
    return series(*_of_states("h"))


def _of_states(name: str) -> tuple[dict[str, Any], range]:
    """Differentiate the next output of three units by each unit of an initial state."""
    lstm = layer(units=3)
    x = draws(1, 1, 1)
    start = {"h": np.full((1, 3), 0.3), "c": np.full((1, 3), 0.3)}
    rows = {}
    for unit in range(3):
        ends = []
        for sign in (1, -1):
            moved = {**start, name: start[name] + sign * STEP * np.eye(3)[[unit]]}
            ends.append(numbers(lstm(x, initial_state=[moved["h"], moved["c"]]))[0])
        rows[f"initial {name} of unit {unit + 1}"] = np.abs(ends[0] - ends[1]) / (2 * STEP)
    return rows, range(1, 4)


def order() -> Series:
    lstm = layer(units=1, return_sequences=True)
    x = draws(1, 8, 1)
    return series({"read forwards": lstm(x), "reversed": lstm(x[:, ::-1])})


def fading() -> Series:
    places = [(t, 0) for t in range(40)]
    largest = derivatives({"units": 8}, 40, 1, places).max(axis=1)
    return series({"largest derivative of the final output": largest})


def not_c() -> Series:
    lstm = layer(units=1, return_state=True)
    x = draws(1, 8, 1)
    states = [lstm(x[:, : t + 1])[1:] for t in range(8)]
    h, c = zip(*states, strict=True)
    return series({"cell state c": c, "output h": h})


def last_row() -> Series:
    lengths = range(1, 9)
    every, last = (
        [numbers(layer(units=1, return_sequences=flag)(draws(1, t, 1))).size for t in lengths]
        for flag in (True, False)
    )
    return series({"return_sequences": every, "by default": last}, lengths)


def continued() -> Series:
    x = draws(1, 8, 1)
    whole = layer(units=1, return_sequences=True)
    stateful = layer(units=1, return_sequences=True, stateful=True)
    pieces = [numbers(lstm(x[:, k : k + 4])) for lstm in (stateful, whole) for k in (0, 4)]
    return series(
        {
            "in one call": whole(x),
            "stateful": np.concatenate(pieces[:2], axis=1),
            "not stateful": np.concatenate(pieces[2:], axis=1),
        }
    )


def started() -> Series:
    lstm = layer(units=1, return_sequences=True)
    x = draws(1, 12, 1)
    rows = {
        f"from c = {c:g}": lstm(x, initial_state=[np.zeros((1, 1)), np.full((1, 1), c)])
        for c in (-5.0, 0.0, 5.0)
    }
    return series(rows)


def padded() -> Series:
    lstm = layer(units=1)
    x = draws(1, 4, 1)
    counts = range(9)
    inputs = [np.concatenate([x, np.zeros((1, count, 1))], axis=1) for count in counts]
    masks = [np.arange(4 + count)[None] < 4 for count in counts]
    return series(
        {
            "without a mask": [numbers(lstm(sequence))[0, 0] for sequence in inputs],
            "with a mask": [
                numbers(lstm(sequence, mask=mask))[0, 0]
                for sequence, mask in zip(inputs, masks, strict=True)
            ],
        },
        counts,
    )


def zero_output() -> Series:
    x = draws(1, 8, 1)
    mask = np.array([[True, True, False, False, True, True, False, True]])
    rows = {
        f"zero_output_for_mask={zero}": layer(
            units=1, return_sequences=True, zero_output_for_mask=zero
        )(x, mask=mask)
        for zero in (False, True)
    }
    return series(rows, masked=np.flatnonzero(~mask[0]).tolist())


def merged() -> Series:
    x = draws(1, 8, 1)
    rows = {}
    names = {None: "", "sum": "sum", "ave": "ave", "mul": "mul"}
    for mode, name in names.items():
        both = subject.family()["Bidirectional"](
            layer(units=1, return_sequences=True), merge_mode=mode, dtype="float64"
        )
        keras.utils.set_random_seed(SEED)
        both.build(x.shape)
        both.set_weights([noise(w.shape, k, 1.0).astype(float) for k, w in enumerate(both.weights)])
        outputs = both(x)
        halves = (
            {"forward": outputs[0], "backward": outputs[1]} if mode is None else {name: outputs}
        )
        rows.update(halves)
    return series(rows)


def future() -> Series:
    x = draws(1, 8, 1)
    both = subject.family()["Bidirectional"](layer(units=1, return_sequences=True), dtype="float64")
    first = numbers(both(x))
    changed = x.copy()
    changed[0, -1] += 1.0
    moved = np.abs(numbers(both(changed)) - first)
    return series({"forward half": moved[..., 0], "backward half": moved[..., 1]})


def dropped() -> Series:
    """Read ones with dropout, by units of which each shows one feature as it was read."""
    kernel = np.zeros((4, 16))
    kernel[:, 8:12] = np.eye(4)
    bias = np.repeat([OPEN, -OPEN, 0.0, OPEN], 4)
    case = Case(np.ones((1, 6, 4)), kernel, np.zeros((4, 16)), bias, {"activation": "linear"})
    lstm = subject.lstm(case, return_sequences=True, dtype="float64", dropout=0.5, seed=SEED)
    read = numbers(lstm(case.x, training=True))[0]
    return series({f"feature {f + 1}": read[:, f] for f in range(4)})


def mean_of_masks() -> Series:
    x = draws(1, 10, 4)
    rates = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    many = np.repeat(x, 400, axis=0)
    means = []
    for rate in rates:
        lstm = layer(units=1, dropout=rate, seed=SEED)
        means.append(numbers(lstm(many, training=True)).mean())
    return series(
        {"in training": means, "at inference": [numbers(lstm(x))[0, 0]] * len(rates)}, rates
    )


def forgotten() -> Series:
    """Let two cell states that differ by 1 forget, and see what is left of the difference."""
    rows = {}
    for forget in (0.5, 0.9, 0.99):
        bias = {"i": -OPEN, "f": float(np.log(forget / (1 - forget))), "o": OPEN}
        x = np.zeros((1, 20, 1))
        high, low = (by_hand(x, start=(0.0, c), **bias)[1] for c in (1.0, 0.0))
        rows[f"f = {forget}"] = high - low
    return series(rows)


def exploding() -> Series:
    """Differentiate h by the initial h, with a recurrent weight below, at and above 1."""
    rows = {}
    for weight in (0.5, 1.0, 1.2):
        recurrent = np.array([[0, 0, weight, 0]])
        case = Case(
            np.zeros((1, 1, 1)), np.zeros((1, 4)), recurrent, np.array([OPEN, -OPEN, 0, OPEN])
        )
        lstm = subject.lstm(case, return_state=True, dtype="float64", activation="linear")
        h = 1.0
        states = []
        for _ in range(12):
            start = [np.full((1, 1), h), np.zeros((1, 1))]
            h = float(numbers(lstm(case.x, initial_state=start)[1])[0, 0])
            states.append(h)
        rows[f"weight {weight:g}"] = states
    return series(rows)


def masked_gradient() -> Series:
    lstm = layer(units=4)
    x = draws(1, 8, 1)
    mask = np.array([[True, True, False, True, False, False, True, True]])
    slopes = []
    for t in range(8):
        step = STEP * np.eye(8)[[t]].reshape(1, 8, 1)
        up, down = (numbers(lstm(x + sign * step, mask=mask)) for sign in (1, -1))
        slopes.append(np.abs(up - down).max() / (2 * STEP))
    return series(
        {"largest derivative of the final output": slopes}, masked=np.flatnonzero(~mask[0]).tolist()
    )


def epoch_loss() -> Series:
    keras.utils.set_random_seed(SEED)
    model = keras.Sequential([keras.Input((6, 1)), keras.layers.LSTM(4), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    x = noise((64, 6, 1), SEED, scale=2.0)
    y = x.mean(axis=1)
    losses = [float(model.train_on_batch(x[k : k + 8], y[k : k + 8])) for k in range(0, 64, 8)]
    model.set_weights(model.get_weights())
    totals = list(accumulate(losses))
    return series(
        {
            "of the batch": losses,
            "in the progress bar": [total / (k + 1) for k, total in enumerate(totals)],
        }
    )


def way_of_a_mask() -> Series:
    """Follow the mask of an Embedding through layers."""
    words = np.array([[5, 3, 8, 0, 0]])
    tensor = keras.layers.Embedding(9, 4, mask_zero=True)(words)
    rows = {"Embedding": _mask(tensor)}
    lstm = keras.layers.LSTM(4, return_sequences=True)
    dropout = keras.layers.Dropout(0.5)
    for shown, next_layer in (
        ("then Dropout", dropout),
        ("then LSTM", lstm),
        ("then Dense", keras.layers.Dense(4)),
        ("then Conv1D", keras.layers.Conv1D(4, 1)),
        ("then another LSTM", keras.layers.LSTM(4, return_sequences=True)),
    ):
        tensor = next_layer(tensor)
        rows[shown] = _mask(tensor)
    return series(rows)


def _mask(tensor: Any) -> list[float]:
    """Return which timesteps count: all of them, where there is no mask."""
    mask = getattr(tensor, "_keras_mask", None)
    return [1.0] * 5 if mask is None else numbers(mask)[0].astype(float).tolist()


def predicted() -> Series:
    lstm = layer(units=1, return_sequences=True)
    x = draws(1, 8, 1)
    model = keras.Sequential([keras.Input((None, 1), dtype="float64"), lstm])
    return series({"a call": lstm(x), "predict": model.predict(x, verbose=0)})


def after_loading() -> Series:
    keras.utils.set_random_seed(SEED)
    stateful = keras.layers.LSTM(1, return_sequences=True, stateful=True, dtype="float64")
    model = keras.Sequential([keras.Input(batch_shape=(1, None, 1), dtype="float64"), stateful])
    x = draws(1, 8, 1)
    first = numbers(model(x[:, :4]))
    with TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        loaded = keras.models.load_model(f"{folder}/model.keras")
    rows = {
        "in memory": np.concatenate([first, model(x[:, 4:])], axis=1),
        "loaded": np.concatenate([first, loaded(x[:, 4:])], axis=1),
    }
    return series(rows)


def narrow_state() -> Series:
    lstm = layer(units=3)
    x = draws(2, 1, 1)
    h = np.zeros((2, 3))
    starts = {"c of shape (2, 1)": np.full((2, 1), 0.8), "c of shape (2, 3)": np.full((2, 3), 0.8)}
    return series(
        {name: np.abs(numbers(lstm(x, initial_state=[h, c]))[0]) for name, c in starts.items()},
        range(1, 4),
    )


def cost_of_timesteps() -> Series:
    """Take the times of the record of peers, which `tox run -e peers` measures."""
    return _milliseconds("timesteps")


def cost_of_units() -> Series:
    return _milliseconds("units")


def cost_of_samples() -> Series:
    return _milliseconds("batch")


def _milliseconds(axis: str) -> Series:
    record = peers.load()
    sizes = peers.AXES[axis]
    known = {
        (timing.peer, timing.point, timing.does): timing.quartiles[1] for timing in record.timings
    }
    points = [structs.replace(peers.BASE, **{axis: size}) for size in sizes]
    rows = {
        name.partition(", ")[2]: [1000 * known[name, point, "forward"] for point in points]
        for name in (EAGER, COMPILED)
    }
    return series(rows, sizes)


RUNS: dict[str, Callable[[], Series]] = {
    "shapes.width": width,
    "shapes.rank": rank,
    "weights.parameter-count": parameters,
    "weights.initial-bias": initial_bias,
    "weights.recurrent-rows": recurrent_rows,
    "weights.kernel-range": kernel_range,
    "gates.tanh-bounds-output": saturation,
    "gates.zero-weights-halve": halving,
    "gates.constant-input-settles": settling,
    "gates.hard-sigmoid": hard_sigmoid,
    "gates.closed-output-gate": closed_output,
    "gates.accumulator": accumulator,
    "symmetry.own-c": own_c,
    "symmetry.every-h": every_h,
    "time.order": order,
    "time.fading": fading,
    "sequences.output-is-not-c": not_c,
    "sequences.last-row": last_row,
    "state.continues": continued,
    "state.any-value": started,
    "masking.zeros-are-read": padded,
    "masking.zero-output": zero_output,
    "wrappers.merge-modes": merged,
    "wrappers.sees-the-future": future,
    "dropout.whole-call": dropped,
    "dropout.not-the-mean": mean_of_masks,
    "training.forgotten-gradient": forgotten,
    "training.exploding-gradient": exploding,
    "training.masked-timestep": masked_gradient,
    "trainer.epoch-loss": epoch_loss,
    "models.keeps-mask": way_of_a_mask,
    "modes.predict-is-call": predicted,
    "saving.state-is-lost": after_loading,
    "errors.narrow-cell-state": narrow_state,
    "speed.timesteps": cost_of_timesteps,
    "speed.units": cost_of_units,
    "speed.compiled": cost_of_samples,
}
"""By the claim that the figure shows."""
