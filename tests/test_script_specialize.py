"""A claim's test becomes straight code for one case."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from lstm_spec.claims import speed
from lstm_spec.harness.reference import equations
from lstm_spec.harness.refusals import assert_refused
from lstm_spec.harness.strategies import Case
from lstm_spec.harness.subject import lstm
from lstm_spec.harness.tolerance import assert_close
from lstm_spec.run.script import SEEDED, UnwritableError, specialize

CASE = Case(np.float32([[[1]]]), np.float32([[1, 2, 3, 4]]), np.float32([[5, 6, 7, 8]]), None)


def lines(test, **arguments) -> list[str]:
    """Return the statements of a test's program."""
    text = specialize.program(test, arguments, "a.b: A statement.")
    exec(compile(text, "program", "exec"), {})
    return text.partition("\n\n")[2].splitlines()


def compares(case):
    layer = lstm(case, use_bias=False) if case.timesteps == 1 else None
    assert_close(layer(case.x), equations(case).h)


def test_reference_becomes_a_number_and_a_branch_the_side_that_is_taken() -> None:
    assert lines(compares, case=CASE) == [
        "layer = keras.layers.LSTM(1, use_bias=False)",
        "layer.build((1, 1, 1))",
        "kernel = np.array([[1.0, 2.0, 3.0, 4.0]], 'float32')",
        "recurrent_kernel = np.array([[5.0, 6.0, 7.0, 8.0]], 'float32')",
        "layer.set_weights([kernel, recurrent_kernel])",
        "x = np.array([[[1.0]]], 'float32')",
        "expected = np.array([[0.610320297]])",
        "np.testing.assert_allclose(layer(x), expected, rtol=0, atol=1.9e-06)",
    ]


def loops(sizes):
    kept = []
    for size in sizes:
        kept.append(keras.layers.Dense(size))
    assert [layer.units for layer in kept] == list(sizes)


def test_loop_becomes_its_rounds_and_an_assertion_says_both_sides() -> None:
    assert lines(loops, sizes=[1, 2]) == [
        SEEDED,
        "kept = keras.layers.Dense(1)",
        "kept_2 = keras.layers.Dense(2)",
        "assert [kept.units, kept_2.units] == [1, 2]",
    ]


def counts(units):
    calls = []
    layer = keras.layers.Dense(units, activation=lambda z: (calls.append(units), z)[1])
    layer(np.ones((1, 1)))
    assert len(calls) == 1


def test_what_keras_changes_is_not_taken_for_known() -> None:
    assert lines(counts, units=2) == [
        SEEDED,
        "calls = []",
        "layer = keras.layers.Dense(2, activation=lambda z: (calls.append(2), z)[1])",
        "layer(np.array([[1.0]]))",
        "assert len(calls) == 1",
    ]


def keeps_its_history(units):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(units)])
    model.compile("sgd", "mse")
    model.fit(np.ones((1, 1)), np.ones((1, units)), verbose=0)
    history = model.history
    model.evaluate(np.ones((1, 1)), np.ones((1, units)), verbose=0)
    assert model.history is history


def test_what_a_call_may_change_is_read_before_the_call() -> None:
    written = lines(keeps_its_history, units=1)
    read = written.index("history = model.history")
    assert written[read + 1].startswith("model.evaluate(")
    assert written[-1].startswith("assert model.history is history")


def makes_a_class(units):
    wide = type("Wide", (keras.layers.Dense,), {"name_of": lambda self: "wide"})
    assert wide(units).name_of() == "wide"


def test_class_may_be_made_by_type() -> None:
    assert lines(makes_a_class, units=2)[-1].startswith("assert ")


def refuses(units):
    assert_refused(lambda: keras.layers.LSTM(units), "ValueError", "positive")


def test_refusal_names_the_words_of_the_error() -> None:
    assert lines(refuses, units=-1) == [
        "try:",
        "    keras.layers.LSTM(-1)",
        "except Exception as error:",
        "    message = f'{type(error).__name__}: {error}'",
        "    assert all((word in message for word in ['ValueError', 'positive'])), message",
        "else:",
        '    raise AssertionError("accepted, not refused by an error that says '
        "['ValueError', 'positive']\")",
    ]


def fails(units):
    layer = keras.layers.Dense(units)
    assert layer.units == 3, f"{layer.units}"
    raise RuntimeError("this line is not reached")


def test_program_ends_at_the_failure() -> None:
    text = specialize.program(fails, {"units": 2}, "a.b: A statement.")
    assert text == (
        "# a.b: A statement.\nimport keras\n\n"
        "keras.utils.set_random_seed(0)\nlayer = keras.layers.Dense(2)\n"
        "assert layer.units == 3, f'{layer.units}, expected 3'\n"
    )
    with pytest.raises(AssertionError, match=r"^2, expected 3$"):
        exec(compile(text, "program", "exec"), {})


def raises(units):
    layer = keras.layers.Dense(units)
    layer.build(3)


def test_error_of_keras_is_raised_by_the_last_line() -> None:
    text = specialize.program(raises, {"units": 2}, "a.b: A statement.")
    assert text.splitlines()[-1] == "layer.build(3)"


def test_what_takes_time_or_memory_to_measure_is_refused() -> None:
    with pytest.raises(UnwritableError, match="what a call costs"):
        specialize.program(
            speed.test_four_times_the_timesteps_take_two_to_eight_times_as_long, {}, "a.b: A."
        )


def unwritable(units):
    while units:
        units -= 1


def test_what_is_not_understood_is_refused() -> None:
    with pytest.raises(UnwritableError, match="a statement While"):
        specialize.program(unwritable, {"units": 1}, "a.b: A statement.")
