"""The reference is right: by hand, by finite differences, and against ONNX's own evaluator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import booleans, sampled_from
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from lstm_spec.harness.activations import ACTIVATIONS
from lstm_spec.harness.reference import Run, equations, gradients
from lstm_spec.harness.strategies import Case, cases, noise

ONE = np.ones((1, 1), "float32")


def one_unit(x: list[float], bias: list[float], **options: object) -> Case:
    """Return a unit that reads one feature into its candidate only, and has no recurrence."""
    kernel = np.array([[0, 0, 1, 0]], "float32")
    inputs = np.array(x, "float32")[None, :, None]
    return Case(inputs, kernel, 0 * kernel, np.array(bias, "float32"), options)


def test_one_step_from_zero_by_hand() -> None:
    run = equations(one_unit([0.5], [0.0, 0.0, 0.0, 0.0]))
    c = 0.5 * np.tanh(0.5)  # i = 1/2, g = tanh(x)
    np.testing.assert_allclose([run.c[0, 0], run.h[0, 0]], [c, 0.5 * np.tanh(c)], rtol=1e-15)


def test_zero_weights_halve_the_cell_state() -> None:
    case = replace(one_unit([0.0] * 5, [0.0] * 4), h=0 * ONE, c=3 * ONE)
    assert equations(case).c == 3 / 2**5


def test_saturated_gates_sum_a_linear_candidate() -> None:
    run = equations(one_unit([1, 2, 3], [99, 99, 0, 99], activation="linear"))
    np.testing.assert_allclose(run.outputs[0, :, 0], [1, 3, 6], rtol=1e-15)


def test_each_gate_reads_its_own_block() -> None:
    case = one_unit([0.0], [0.1, 0.2, 0.3, 0.4])
    run = equations(replace(case, h=0 * ONE, c=ONE))
    i, f, o = (1 / (1 + np.exp(-b)) for b in np.float32([0.1, 0.2, 0.4]).astype(float))
    c = f * 1 + i * np.tanh(float(np.float32(0.3)))
    np.testing.assert_allclose([run.c[0, 0], run.h[0, 0]], [c, o * np.tanh(c)], rtol=1e-15)


def test_recurrence_reads_h_and_not_c() -> None:
    recurrent = np.array([[0, 0, 1, 0]], "float32")
    case = replace(one_unit([0.0], [0.0] * 4), recurrent_kernel=recurrent, h=ONE, c=0 * ONE)
    assert equations(case).c == 0.5 * np.tanh(1.0)


def test_masked_steps_repeat_the_last_output_and_keep_the_state() -> None:
    mask = np.array([[False, True, False]])
    run = equations(replace(one_unit([7, 1, 7], [0.0] * 4), mask=mask))
    alone = equations(one_unit([1], [0.0] * 4))
    assert run.c == alone.c
    np.testing.assert_array_equal(run.outputs[0, :, 0], [0, alone.h[0, 0], alone.h[0, 0]])


def test_backwards_reads_the_last_step_first() -> None:
    run = equations(one_unit([1, 2, 3], [99, -99, 0, 99], activation="linear", go_backwards=True))
    np.testing.assert_allclose(run.outputs[0, :, 0], [3, 2, 1], rtol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slope_is_the_derivative_of_the_activation(name: str) -> None:
    z = np.linspace(-4, 4, 97) + 1e-3  # no sample lies on a corner of a piecewise function
    step = 1e-6
    activation = ACTIVATIONS[name]
    difference = (activation.value(z + step) - activation.value(z - step)) / (2 * step)
    np.testing.assert_allclose(activation.slope(z), difference, rtol=1e-7, atol=1e-8)


SMOOTH = ["tanh", "sigmoid", "softplus", "gelu"]


@given(
    cases(
        state=True,
        masked=True,
        go_backwards=booleans(),
        activation=sampled_from(SMOOTH),
        recurrent_activation=sampled_from(SMOOTH),
    )
)
@settings(max_examples=50)
def test_gradients_are_the_finite_differences_of_the_loss(case: Case) -> None:
    shape = (case.batch, case.timesteps, case.units)
    weights = Run(noise(shape, 1), noise((shape[0], shape[2]), 2), noise((shape[0], shape[2]), 3))

    def loss(at: Case) -> float:
        return sum(float(np.sum(w * part)) for w, part in zip(weights, equations(at), strict=True))

    computed = gradients(case, *(weight.astype(float) for weight in weights))
    for part in ("x", "kernel", "recurrent_kernel", "bias", "h", "c"):
        value = getattr(case, part).astype(float)
        towards = noise(value.shape, 4).astype(float)
        ahead, behind = (replace(case, **{part: value + s * towards}) for s in (1e-6, -1e-6))
        slope = (loss(ahead) - loss(behind)) / 2e-6
        assert abs(slope - np.sum(getattr(computed, part) * towards)) < 1e-7 * (1 + abs(slope)), (
            part
        )


def onnx_lstm(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Run the ONNX operator LSTM, whose gates stand in the order i, o, f, g, in float64."""

    def blocks(weight: np.ndarray) -> np.ndarray:
        i, f, g, o = np.split(weight.astype(float), 4, axis=-1)
        return np.concatenate([i, o, f, g], axis=-1).T[None]

    bias = blocks(np.stack([case.bias, 0 * case.bias])).transpose(0, 2, 1).reshape(1, -1)
    feeds = {
        "X": case.x.astype(float).transpose(1, 0, 2),
        "W": blocks(case.kernel),
        "R": blocks(case.recurrent_kernel),
        "B": bias,
        "lens": None,
        "h": case.h.astype(float)[None],
        "c": case.c.astype(float)[None],
    }
    inputs = [name if value is not None else "" for name, value in feeds.items()]
    node = helper.make_node("LSTM", inputs, ["Y", "Yh", "Yc"], hidden_size=case.units)
    given = {name: value for name, value in feeds.items() if value is not None}
    double = TensorProto.DOUBLE
    values = [helper.make_tensor_value_info(name, double, v.shape) for name, v in given.items()]
    results = [helper.make_tensor_value_info(name, double, None) for name in ("Y", "Yh", "Yc")]
    model = helper.make_model(helper.make_graph([node], "lstm", values, results))
    outputs, h, c = ReferenceEvaluator(model).run(None, given)
    return outputs[:, 0].transpose(1, 0, 2), h[0], c[0]


@given(cases(state=True))
@settings(max_examples=100)
def test_agrees_with_the_evaluator_of_onnx(case: Case) -> None:
    for ours, theirs in zip(equations(case), onnx_lstm(case), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-14)


def test_gradients_have_the_shapes_of_what_they_belong_to() -> None:
    case = one_unit([1, 2], [0.0] * 4)
    computed = gradients(case, np.ones((1, 2, 1)), 0 * ONE, 0 * ONE)
    for part in ("x", "kernel", "recurrent_kernel", "bias"):
        assert getattr(computed, part).shape == getattr(case, part).shape


def test_unknown_activation_is_named() -> None:
    with pytest.raises(KeyError, match="tanhh"):
        equations(one_unit([1], [0.0] * 4, activation="tanhh"))
