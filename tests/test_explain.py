"""What is said of a constructor call is what Keras makes of it, and nothing ends in a traceback."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import keras
import msgspec
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lstm_spec import cli
from lstm_spec.answers.constructor import (
    CallError,
    constructor,
    declared,
    input_shape,
    layer,
    parse,
)
from lstm_spec.answers.explain import FORMATS, Explanation, explain
from lstm_spec.run import deviations

LAYERS = {"LSTM": keras.layers.LSTM, "Bidirectional": keras.layers.Bidirectional}
of_the_newest = pytest.mark.skipif(
    keras.__version__ != deviations.newest().version("keras"),
    reason="an older Keras is installed, which takes it",
)
REFUSALS = (TypeError, ValueError, tf.errors.InvalidArgumentError)

literals = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.tuples(inner),
    max_leaves=4,
)
values = literals | st.sampled_from(["tanh", "relu", "zeros", "l2", "float64", "auto"])
names = st.sampled_from([*constructor().by_name, "time_major", "layer", "merge_mode"])
wrappers = st.sampled_from(["LSTM({})", "keras.layers.LSTM({})", "Bidirectional(LSTM({}))"])
sizes = st.sampled_from(["3,1", "None,2", "1,0", "0,1", "3,None", "9,9"])


@st.composite
def calls(draw: st.DrawFn) -> str:
    positional = draw(st.lists(values, max_size=2))
    named = draw(st.dictionaries(names, values, max_size=3))
    given = [repr(value) for value in positional]
    given += [f"{name}={value!r}" for name, value in named.items()]
    return draw(wrappers).format(", ".join(given))


def explanation(call: str, size: str = "3,1") -> Explanation:
    return explain(layer(call, input_shape(size)))


def run(*words: str) -> tuple[int, str, str]:
    out = io.StringIO()
    err = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(["explain", *words])
    return status, out.getvalue(), err.getvalue()


@given(calls(), sizes, st.sampled_from(sorted(FORMATS)))
@settings(max_examples=100)
@example("LSTM(2, name='\\ud800')", "3,1", "text")
@example("LSTM(1e999)", "3,1", "text")
@example("LSTM(2, name='a\\nb')", "3,1", "text")
@example("LSTM(999999999)", "999999999,999999999", "json")
@example("Bidirectional(Bidirectional(LSTM(2)))", "3,1", "text")
@example("Bidirectional(LSTM(2), merge_mode=LSTM(2))", "3,1", "text")
def test_a_call_is_explained_or_refused_in_one_line(call: str, size: str, layout: str) -> None:
    status, out, err = run(call, "--input", size, "--format", layout)
    assert (status, len(err.splitlines())) in ((0, 0), (2, 1))
    assert bool(out) == (status == 0)
    (out + err).encode()


@given(st.text(max_size=60), st.text(max_size=9))
@example("(" * 300, "3,1")
@example("LSTM(2)\0", "3,1")
@example("LSTM(" + "-" * 1_900 + "1)", "3,1")
@example("LSTM(" + "9" * 1_900 + ")", "3,1")
@example("LSTM(2)", "3,1,2")
def test_any_text_is_explained_or_refused_in_one_line(call: str, size: str) -> None:
    status, out, err = run(f"{call}", f"--input={size}")
    assert (status, len(err.splitlines())) in ((0, 0), (2, 1))
    assert bool(out) == (status == 0)


@pytest.mark.parametrize(
    ("call", "size", "sentence"),
    [
        ("LSTM(2, kernel_regularizer=L2(0.01))", "3,1", "'L2(0.01)' is no literal, and nothing"),
        ("LSTM(open('f'))", "3,1", "is no literal, and nothing is evaluated; give a string"),
        ("LSTM(*[2])", "3,1", "unpacks its arguments; write each of them out"),
        ("LSTM(**{'units': 2})", "3,1", "unpacks its arguments; write each of them out"),
        ("LSTM(2", "3,1", "is not Python; give a call such as"),
        ("LSTM", "3,1", "'LSTM' is no call; give one such as"),
        ("GRU(2)", "3,1", "'GRU' is not explained; give LSTM(...) or Bidirectional(LSTM(...))"),
        ("torch.nn.LSTM(2)", "3,1", "'torch.nn.LSTM' is not explained"),
        ("LSTM()", "3,1", "LSTM() lacks units; give how many there are"),
        ("LSTM(2, units=2)", "3,1", "units is given twice"),
        ("LSTM(units=2, units=2)", "3,1", "'units' is given twice; give it once"),
        ("LSTM(2, name='a/b')", "3,1", "name='a/b' is refused by Keras; give a string without"),
        ("LSTM(2, dropout='x')", "3,1", "is refused by Keras; give a number from 0 to 1"),
        ("LSTM(2, dtype='half')", "3,1", "dtype='half' is no type of an LSTM; give one of"),
        ("Bidirectional(2)", "3,1", "Bidirectional(2) holds no LSTM"),
        ("LSTM(2)", "3", "'3' is no shape of an input; give the numbers of timesteps and of"),
        ("LSTM(2)", "2,3,1", "'2,3,1' is no shape of an input"),
        ("LSTM(2)", "None,None", "(shapes.known-feature-count). Give their number."),
        ("LSTM(2)", "0,1", "(shapes.empty-sequence)"),
        ("LSTM(2, timemajor=True)", "3,1", "(shapes.unknown-arguments)"),
        ("LSTM(output_dim=2)", "3,1", "(shapes.unknown-arguments). Give units."),
        ("x = 2", "3,1", "is no call; give one such as"),
        ("LSTM(2); LSTM(3)", "3,1", "is no call; give one such as"),
        ("model.add(GRU(2))", "3,1", "'GRU' is not explained"),
        ("LSTM(2, returnsequences=True)", "3,1", "Give another argument: return_sequences."),
        ("LSTM(2, activation='Tanh')", "3,1", "(errors.unknown-name). Give 'tanh' or 'hard_tanh'."),
    ],
)
def test_what_is_not_explained_is_told_with_what_to_write(
    call: str, size: str, sentence: str
) -> None:
    with pytest.raises(CallError) as error:
        explanation(call, size)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("call", "claim"),
    [
        ("LSTM(0)", "shapes.positive-units"),
        ("LSTM(2.0)", "shapes.whole-units"),
        ("LSTM('2')", "errors.units-of-text"),
        ("LSTM(3, 8)", "errors.second-argument-of-layer"),
        ("LSTM(2, activation='RELU')", "errors.unknown-name"),
        ("LSTM(2, kernel_initializer='l2')", "errors.unknown-name"),
        ("LSTM(2, kernel_regularizer=0.01)", "errors.number-for-function"),
        ("LSTM(2, seed=1.5)", "errors.seed-of-another-type"),
        ("LSTM(2, use_cudnn='yes')", "errors.use-cudnn-value"),
        ("LSTM(2, dtype='int32')", "errors.integer-dtype"),
        ("LSTM(2, batch_input_shape=(1, 3, 1))", "shapes.unknown-arguments"),
        ("LSTM(2, name=2)", "refused by Keras"),
        pytest.param("LSTM(2, trainable=1)", "refused by Keras", marks=of_the_newest),
        ("LSTM(2, dropout=None)", "refused by Keras"),
        ("Bidirectional(LSTM(2), merge_mode='add')", "wrappers.merge-mode-names"),
        ("Bidirectional(LSTM(2, go_backwards=True))", "wrappers.two-directions-needed"),
    ],
)
def test_what_is_refused_is_refused_by_keras_too(call: str, claim: str) -> None:
    with pytest.raises(CallError, match=claim):
        explanation(call)
    with pytest.raises(REFUSALS):
        eval(call, LAYERS).build((1, 3, 1))


def real(call: str, timesteps: int | None, features: int) -> tuple[list[tuple[Any, ...]], int]:
    layer = eval(call, LAYERS)
    y = layer(keras.Input((timesteps, features), batch_size=5))
    outputs = y if isinstance(y, (list, tuple)) else [y]
    return [tuple(output.shape) for output in outputs], layer.count_params()


@st.composite
def working(draw: st.DrawFn) -> str:
    flags = ("return_sequences", "return_state", "go_backwards", "use_bias", "stateful", "unroll")
    chosen = draw(st.dictionaries(st.sampled_from(flags), st.booleans(), max_size=4))
    named = "".join(f", {name}={value}" for name, value in chosen.items())
    return f"LSTM({draw(st.integers(1, 5))}{named})"


@given(working(), st.none() | st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=20)
@example("Bidirectional(LSTM(2, return_sequences=True, return_state=True))", None, 3)
@example("Bidirectional(LSTM(2), merge_mode='sum')", 3, 1)
@example("Bidirectional(LSTM(2, use_bias=False), merge_mode=None)", 3, 1)
@example("LSTM(2, use_bias='False')", 3, 2)
@example("LSTM(2)", 3, 0)
def test_shapes_and_parameters_are_those_of_keras(
    call: str, timesteps: int | None, features: int
) -> None:
    explained = explanation(call, f"{timesteps},{features}")
    rows = [
        row for row in explained.shapes if "output" in row.what or row.says.startswith("returned")
    ]
    words = {"batch": 5, "timesteps": None}
    shapes = [tuple(words.get(size, size) for size in row.shape) for row in rows]
    assert (shapes, explained.parameters) == real(call, timesteps, features)


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.sampled_from(["True", "False"]))
def test_parameters_add_up(units: int, features: int, biased: str) -> None:
    explained = explanation(f"LSTM({units}, use_bias={biased})", f"3,{features}")
    assert explained.parameters == sum(weight.numbers for weight in explained.weights)
    assert explained.parameters == eval(explained.sum.replace("x", "*"))


@pytest.mark.parametrize("call", ["LSTM(2)", "layers.LSTM(units=2)", "tf.keras.layers.LSTM(2,)"])
def test_modules_before_the_name_do_not_matter(call: str) -> None:
    assert explanation(call).parameters == 32
    assert parse(call).name == "LSTM"


@pytest.mark.parametrize(
    ("call", "size", "claims"),
    [
        ("LSTM(2)", "3,1", {"time.every-step", "sequences.last-row"}),
        ("LSTM(2, return_sequences=True, go_backwards=True)", "3,1", {"sequences.backwards-rows"}),
        ("LSTM(2, activation='relu')", "3,1", {"gates.relu-not-negative"}),
        ("LSTM(2, dropout=1.5)", "3,1", {"dropout.clipped", "dropout.inputs"}),
        ("LSTM(2, unroll=True)", "None,1", {"shapes.unroll-open-length"}),
        ("LSTM(2, stateful='False')", "3,1", {"errors.flag-of-text", "state.continues"}),
        ("Bidirectional(LSTM(2, return_state=True))", "3,1", {"wrappers.bidirectional-states"}),
        ("LSTM(2)", "1,4", {"time.rows-of-a-table"}),
    ],
)
def test_claims_are_those_of_the_arguments(call: str, size: str, claims: set[str]) -> None:
    assert claims <= {claim.id for claim in explanation(call, size).claims}


def test_claims_that_try_the_same_arguments_together_are_shown() -> None:
    together = explanation("LSTM(2, stateful=True, go_backwards=True)").claims
    apart = {
        claim.id
        for flag in ("stateful", "go_backwards")
        for claim in explanation(f"LSTM(2, {flag}=True)").claims
    }
    assert {claim.id for claim in together} - apart


def test_a_default_that_is_written_out_brings_no_claims() -> None:
    explained = explanation("LSTM(2, dropout=0.0)")
    assert explained.claims == explanation("LSTM(2)").claims
    assert [change.what for change in explained.changes] == ["units=2", "dropout=0.0"]


def test_where_a_claim_is_false_is_reported() -> None:
    claims = {claim.id: claim for claim in explanation("LSTM(2, dropout=1.0)").claims}
    assert claims["dropout.all-dropped"].broken
    assert claims["dropout.all-dropped"].says.startswith("Not on Keras 3.15.1: ")
    assert claims["dropout.inputs"].says == claims["dropout.inputs"].statement


def test_mistakes_are_those_that_the_shown_claims_correct() -> None:
    explained = explanation("LSTM(2)")
    assert {mistake.claim for mistake in explained.mistakes} <= {
        claim.id for claim in explained.claims
    }
    assert "time.every-step" in {mistake.claim for mistake in explained.mistakes}


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("3,1", "there are fewer units than timesteps"),
        ("2,1", "there are as many units as timesteps"),
        ("1,1", "there are more units than timesteps"),
        ("None,1", "there may be more or fewer timesteps"),
    ],
)
def test_units_and_timesteps_are_compared(size: str, words: str) -> None:
    assert words in explanation("LSTM(2)", size).reach


def test_json_holds_everything() -> None:
    explained = explanation("LSTM(2, return_state=True)", "None,3")
    read = msgspec.json.decode(FORMATS["json"](explained), type=Explanation)
    assert msgspec.to_builtins(read) == msgspec.to_builtins(explained)


@pytest.mark.parametrize("layout", ["text", "markdown"])
def test_layouts_show_every_claim_and_every_weight(layout: str) -> None:
    explained = explanation("LSTM(2, return_state=True)")
    shown = " ".join(FORMATS[layout](explained).split())
    assert all(claim.id in shown for claim in explained.claims)
    assert all(f"{weight.numbers}" in shown for weight in explained.weights)
    assert explained.sum in shown


@pytest.mark.parametrize(
    "written",
    [
        "model.add(LSTM(2, return_sequences=True))",
        "LSTM(2, return_sequences=True)(inputs)",
        "x = keras.layers.LSTM(2, return_sequences=True)(x)",
        "lstm = LSTM(2, return_sequences=True)",
    ],
)
def test_a_call_is_found_in_a_line_of_a_program(written: str) -> None:
    assert layer(written, (3, 1)) == layer("LSTM(2, return_sequences=True)", (3, 1))


def test_the_input_is_what_the_call_declares(capsys: pytest.CaptureFixture[str]) -> None:
    for call in ("LSTM(2, input_shape=(60, 5))", "Bidirectional(LSTM(2), input_shape=[60, 5])"):
        assert declared(call) == (60, 5)
    assert declared("LSTM(2, input_shape=(60,))") is None
    assert declared("LSTM(2, input_shape=60)") is None
    assert declared("LSTM(2)") is None
    cli.main(["explain", "LSTM(2, input_shape=(60, 5))"])
    assert "on input (batch, 60, 5)" in capsys.readouterr().out
    cli.main(["explain", "LSTM(2, input_shape=(60, 5))", "--input", "3,5"])
    assert "on input (batch, 3, 5)" in capsys.readouterr().out
