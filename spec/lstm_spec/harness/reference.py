"""The LSTM in float64 NumPy: its equations, and their gradients. It shares no code with Keras.

Legend. Rows are samples; * multiplies element by element, @ is the matrix product.

    B, T, F, U   samples, timesteps, features, units
    x            input                    (B, T, F)
    W, R, b      kernel, recurrent kernel (F, 4U), (U, 4U), and bias (4U,)
    z            what the four gates see  (B, 4U), side by side in the order i, f, g, o
    i, f, o      input, forget and output gate     (B, U)
    g            candidate                         (B, U)
    c, h         cell state and output             (B, U)
    s, a         recurrent_activation and activation

    z = x_t @ W + h @ R + b
    i, f, o = s(z_i), s(z_f), s(z_o)      g = a(z_g)
    c' = f * c + i * g                    h' = o * a(c')

A masked timestep leaves h and c as they are. Going backwards reads the timesteps, with their
mask, from the last to the first; row k of the outputs then belongs to the k-th timestep read.

Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000, in the gate
order that https://keras.io/api/layers/recurrent_layers/lstm/ implies and the weights show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_spec.harness.activations import ACTIVATIONS, Activation, Array

if TYPE_CHECKING:  # at run time the oracle needs no Hypothesis
    from lstm_spec.harness.strategies import Case

Float = NDArray[np.floating[Any]]


class Run(NamedTuple):
    """What an LSTM computes."""

    outputs: Array
    """h after each timestep read, (B, T, U)."""
    h: Array
    """The final h, (B, U)."""
    c: Array
    """The final c, (B, U)."""


class Gradients(NamedTuple):
    """Derivatives of one number, the loss, each in the shape of what it is taken by."""

    x: Array
    kernel: Array
    recurrent_kernel: Array
    bias: Array
    h: Array
    c: Array


class Step(NamedTuple):
    """One timestep as it was computed: all that backpropagation needs."""

    t: int
    valid: NDArray[np.bool_]
    z: Array
    h: Array
    c: Array
    c_new: Array


def equations(case: Case) -> Run:
    """Apply the equations to a case: its initial state (default zeros), its mask, its options.

    The options `activation`, `recurrent_activation` (names, or an Activation), `use_bias` and
    `go_backwards` count; `return_sequences` and `return_state` do not: outputs, h and c are
    always returned.
    Before the first valid timestep the outputs are zero, as they are in Keras on TensorFlow,
    even where the initial h is not: see the claim `masking.zeros-before-first-step`.

    Raises:
        KeyError: an activation is not in ACTIVATIONS.
    """
    steps, h, c = _forward(case)
    outputs = np.zeros((case.batch, case.timesteps, case.units))
    last = np.zeros_like(h)
    following = [step.h for step in steps[1:]] + [h]
    for k, (step, h_new) in enumerate(zip(steps, following, strict=True)):
        last = np.where(step.valid, h_new, last)
        outputs[:, k] = last
    return Run(outputs, h, c)


def returned(case: Case) -> Any:
    """Return what a call of a case's layer returns: an array, or one and the final states."""
    outputs, h, c = equations(case)
    output = outputs if case.options.get("return_sequences") else outputs[:, -1]
    return [output, h, c] if case.options.get("return_state") else output


def step(
    x: Array, h: Array, c: Array, W: Array, R: Array, b: Array, a: Activation, s: Activation
) -> tuple[Array, Array, Array]:
    """Compute one timestep: from x (B, F), h and c (B, U) to z (B, 4U) and the new h and c."""
    z = x @ W + h @ R + b
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=1)
    i = s.value(z_i)
    f = s.value(z_f)
    o = s.value(z_o)
    g = a.value(z_g)
    c = f * c + i * g
    h = o * a.value(c)
    return z, h, c


def activations(case: Case) -> tuple[Activation, Activation]:
    """Return the activation and the recurrent activation of a case; None means linear."""
    named = (
        case.options.get("activation", "tanh"),
        case.options.get("recurrent_activation", "sigmoid"),
    )
    a, s = (
        function if isinstance(function, Activation) else ACTIVATIONS[function or "linear"]
        for function in named
    )
    return a, s


def _initial(state: Float | None, case: Case) -> Array:
    return np.zeros((case.batch, case.units)) if state is None else state.astype(float)


def _forward(case: Case) -> tuple[list[Step], Array, Array]:
    h = _initial(case.h, case)
    c = _initial(case.c, case)
    mask = np.ones((case.batch, case.timesteps), bool) if case.mask is None else case.mask
    W = case.kernel.astype(float)
    R = case.recurrent_kernel.astype(float)
    b = np.zeros(4 * case.units) if case.bias is None else case.bias.astype(float)
    a, s = activations(case)
    order = range(case.timesteps)
    steps = []
    for t in reversed(order) if case.options.get("go_backwards") else order:
        valid = mask[:, t, None]
        z, h_new, c_new = step(case.x[:, t].astype(float), h, c, W, R, b, a, s)
        steps.append(Step(t, valid, z, h, c, c_new))
        h = np.where(valid, h_new, h)
        c = np.where(valid, c_new, c)
    return steps, h, c


def gradients(case: Case, d_outputs: Float, d_h: Float, d_c: Float) -> Gradients:
    """Backpropagate through time.

    The loss is any function of the outputs and the final state. A masked timestep only hands
    on what it was given, and its output repeats the last one.

    Args:
        case: the LSTM and its input.
        d_outputs: derivative of the loss by each output, (B, T, U), in reading order.
        d_h: derivative of the loss by the final h, (B, U).
        d_c: derivative of the loss by the final c, (B, U).
    """
    steps, _, _ = _forward(case)
    a, s = activations(case)
    kernel = case.kernel.astype(float)
    recurrent = case.recurrent_kernel.astype(float)
    d_x = np.zeros(case.x.shape)
    d_kernel = 0.0 * kernel
    d_recurrent = 0.0 * recurrent
    d_bias = np.zeros(4 * case.units)
    to_h = d_h.astype(float)
    to_c = d_c.astype(float)
    to_last = np.zeros(d_h.shape)
    for k in reversed(range(case.timesteps)):
        t = steps[k].t
        valid = steps[k].valid
        to_last = to_last + d_outputs[:, k]
        d_h_new = np.where(valid, to_h + to_last, 0.0)
        d_z, d_c_before = _step_back(steps[k], d_h_new, to_c * valid, a, s)
        d_x[:, t] = d_z @ kernel.T
        d_kernel += case.x[:, t].astype(float).T @ d_z
        d_recurrent += steps[k].h.T @ d_z
        d_bias += d_z.sum(axis=0)
        to_h = np.where(valid, d_z @ recurrent.T, to_h)
        to_c = np.where(valid, d_c_before, to_c)
        to_last = np.where(valid, 0.0, to_last)
    return Gradients(d_x, d_kernel, d_recurrent, d_bias, to_h, to_c)


def _step_back(
    at: Step, d_h: Array, d_c: Array, a: Activation, s: Activation
) -> tuple[Array, Array]:
    """Return the derivatives by z (B, 4U) and by the cell state before the step (B, U)."""
    z_i, z_f, z_g, z_o = np.split(at.z, 4, axis=1)
    d_c = d_c + d_h * s.value(z_o) * a.slope(at.c_new)
    d_i = d_c * a.value(z_g) * s.slope(z_i)
    d_f = d_c * at.c * s.slope(z_f)
    d_g = d_c * s.value(z_i) * a.slope(z_g)
    d_o = d_h * a.value(at.c_new) * s.slope(z_o)
    return np.concatenate([d_i, d_f, d_g, d_o], axis=1), d_c * s.value(z_f)
