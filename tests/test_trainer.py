"""Our own training loop: its gradients, optimizers and means, against other means than Keras."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import booleans, integers, sampled_from

from lstm_spec.harness import trainer
from lstm_spec.harness.strategies import Array, noise, seeds
from lstm_spec.harness.trainer import LOSSES, Net, Update, in_order, nets, sgd


def slope(net: Net, place: int, index: tuple[int, ...], loss, target: Array, weight) -> float:
    """Return the central difference of the loss by one number of the weights."""

    def at(change: float) -> float:
        weights = [array.astype(float) for array in net.weights]
        weights[place][index] += change
        return trainer.batch_loss(net.with_weights(weights), target, loss, weight)

    return (at(1e-5) - at(-1e-5)) / 2e-5


@pytest.mark.parametrize("loss", LOSSES)
@settings(max_examples=10, derandomize=True, deadline=None)
@given(nets(outputs=integers(1, 3), masked=True, return_sequences=booleans()), seeds)
def test_gradient_is_that_of_finite_differences(loss: str, net: Net, seed: int) -> None:
    target = np.abs(noise(net.output_shape, seed))
    weight = noise((net.samples,), seed + 1)
    slopes = trainer.slopes(net, target, loss, weight)
    for place, array in enumerate(net.weights):
        index = np.unravel_index(seed % array.size, array.shape)
        expected = slope(net, place, index, loss, target, weight)
        assert slopes[place][index] == pytest.approx(expected, abs=1e-8)


@settings(max_examples=10, derandomize=True, deadline=None)
@given(nets(batch=3, return_sequences=booleans(), use_bias=booleans()), sampled_from(list(LOSSES)))
def test_batch_is_the_mean_of_its_samples(net: Net, loss: str) -> None:
    target = np.abs(noise(net.output_shape, 1))
    parts = [trainer.slopes(net.of([k]), target[[k]], loss) for k in range(3)]
    means = [np.mean(arrays, axis=0) for arrays in zip(*parts, strict=True)]
    for mean, whole in zip(means, trainer.slopes(net, target, loss), strict=True):
        np.testing.assert_allclose(whole, mean, atol=1e-12)


def test_mask_divides_by_the_valid_timesteps_and_nothing_valid_costs_nothing() -> None:
    net = Net(_case(mask=[[True, False], [False, False]]), np.ones((2, 1)))
    target = np.zeros((2, 2, 1))
    first = LOSSES["mse"].value(target, trainer.outputs(net))[0, 0]
    assert trainer.batch_loss(net, target) == pytest.approx(first)
    assert trainer.batch_loss(net.of([1]), target[[1]]) == 0.0


def _case(mask):
    weights = noise((3, 4), 1)
    options = {"return_sequences": True}
    return trainer.Case(
        noise((2, 2, 1), 2), weights[:1], weights[1:2], weights[2], options, mask=np.array(mask)
    )


def run(update: Update, slopes: list[float], weight: float = 1.0) -> list[float]:
    """Return a weight after each of some steps."""
    weights = [np.array([weight])]
    seen = []
    for number in slopes:
        weights = update(weights, [np.array([number])])
        seen.append(float(weights[0][0]))
    return seen


@pytest.mark.parametrize(
    ("update", "slopes", "expected"),
    [
        (sgd(0.5), [1, -2], [0.5, 1.5]),
        (sgd(0.5, momentum=0.5), [1, 1], [0.5, -0.25]),
        (sgd(0.5, momentum=0.5, nesterov=True), [1, 1], [0.25, -0.625]),
        (trainer.adam(0.5, epsilon=0.0), [3, 3], [0.5, 0.0]),
        (trainer.rmsprop(0.5, rho=0.75, epsilon=0.0), [1], [0.0]),
        (trainer.adagrad(0.5, start=0.0, epsilon=0.0), [3, 4], [0.5, 0.1]),
        (trainer.decayed(sgd(0.5), 0.5, 0.5), [0, 1], [0.75, 0.0625]),
        (trainer.accumulated(sgd(0.5), 2), [1, 3, 1], [1.0, 0.0, 0.0]),
        (trainer.changed(sgd(1.0), trainer.clip_norms(0.25)), [1, -0.125], [0.75, 0.875]),
    ],
)
def test_optimizer_by_hand(update: Update, slopes: list[float], expected: list[float]) -> None:
    assert run(update, slopes) == pytest.approx(expected)


def test_global_norm_is_of_all_arrays_and_the_other_of_each() -> None:
    slopes = [np.array([3.0]), np.array([4.0])]
    np.testing.assert_allclose(trainer.clip_norms(1.0)(slopes), [[1.0], [1.0]])
    np.testing.assert_allclose(trainer.clip_global_norm(1.0)(slopes), [[0.6], [0.8]])


def test_epoch_counts_a_small_batch_less() -> None:
    net = Net(_case(mask=[[True, True], [True, True]]), np.ones((2, 1)))
    trained = trainer.Trained(net, np.array([1.0, 4.0, 2.0, 5.0]), np.array([2.0, 1.0, 2.0, 1.0]))
    assert trained.epoch_losses(2).tolist() == [2.0, 3.0]
    assert [rows.tolist() for rows in in_order(3, 2, 2)] == [[0, 1], [2], [0, 1], [2]]
