"""Drawn models are what claims may rely on, and the oracle agrees with what was known of them."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis.strategies import SearchStrategy, data, just

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort
from lstm_spec.claims.models import running
from lstm_spec.harness import model_oracle, model_ways
from lstm_spec.harness.masks import MASKS
from lstm_spec.harness.model_drawing import models, sizes, trials
from lstm_spec.harness.model_tensors import PLAIN, follow, traits_of
from lstm_spec.harness.model_words import AROUND_LSTM, WORDS
from lstm_spec.harness.models import (
    BATCH,
    EXPRESSION,
    EXPRESSIONS,
    FORMS,
    LENGTHS,
    Model,
    Sizes,
    arrays,
    padding,
)
from lstm_spec.run import script
from tools.studies.models import page as mining

DRAWN = 3300
LEAST = 50


def several(strategy: SearchStrategy[Any], number: int) -> list[Any]:
    """Draw models, or trials of them, always the same."""
    listed: list[Any] = []

    @settings(max_examples=number, suppress_health_check=list(HealthCheck))
    @given(strategy)
    def draw(value: Any) -> None:
        listed.append(value)

    draw()
    return listed


@cache
def drawn() -> list[Model]:
    return several(models(), DRAWN)


def test_each_word_of_the_vocabulary_is_drawn_often() -> None:
    counted = Counter(word for model in drawn() for word in {node.word for node in model.nodes})
    assert {word: counted[word] for word in WORDS if counted[word] < LEAST} == {}
    assert len(WORDS) >= 30


def test_every_model_has_an_lstm_and_an_output() -> None:
    around = [any(node.word in AROUND_LSTM for node in m.nodes) for m in drawn()]
    assert all(around)
    assert all(model.outputs and model.sources for model in drawn())


def test_each_form_is_drawn_often_and_sequential_models_are_chains() -> None:
    forms = Counter(model.form for model in drawn())
    assert min(forms[form] for form in FORMS) > DRAWN // 6
    for model in drawn():
        if model.form == "Sequential":
            tensors = [model.sources[0].name, *(node.makes[0] for node in model.nodes)]
            assert [node.reads for node in model.nodes] == [(name,) for name in tensors[:-1]]


@settings(max_examples=150)
@given(data())
def test_what_was_known_while_drawing_is_what_the_oracle_computes(data) -> None:
    plain = data.draw(just(True) | just(False))
    model = data.draw(models(plain=plain))
    for size in data.draw(sizes(model)):
        tensors = model_oracle.compute(model, arrays(model, size, seed=1))
        for name, known in follow(model).items():
            value, mask = tensors[name]
            assert value.shape == (size.batch, *known.shapes[LENGTHS.index(size.length)])
            assert np.all(np.isfinite(value))
            assert (mask is not None) == bool(known.mask)
            assert mask is None or mask.shape == value.shape[:2]


@settings(max_examples=100)
@given(models(plain=False))
def test_program_is_python_that_names_every_layer(model: Model) -> None:
    text = model_ways.program(model, arrays(model, Sizes(BATCH, LENGTHS[0]), seed=1))
    compile(text, "program", "exec")
    kinds = {node.layer.kind for node in model.nodes} - {EXPRESSION, "Functional"}
    assert [kind for kind in kinds if f"{kind}(" not in text] == []


def test_program_builds_what_keras_before_3_4_leaves_unbuilt() -> None:
    """Weights are set of layers that have some: a model of slices is built by its first call."""
    listed = several(models(forms=("Sequential",), containing=("TimeDistributed Sequential",)), 20)
    texts = [model_ways.program(model) for model in listed]
    of_slices = [text for text in texts if "TimeDistributed(layer=keras.Sequential(" in text]
    assert of_slices
    built = [text.partition("  # builds its layers")[2] for text in of_slices]
    assert all(".set_weights(" in text for text in built)


def test_model_shrinks_to_few_layers() -> None:
    assert len(find(models(), lambda _: True).nodes) <= 3


def test_plain_models_have_none_of_what_has_claims_of_its_own() -> None:
    assert [traits_of(model) for model in drawn() if traits_of(model)] == []


def test_what_is_not_plain_is_drawn_too() -> None:
    listed = several(models(plain=False), 800)
    assert set().union(*map(traits_of, listed)) == set(PLAIN)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("shape", [(1, 4), (3, 7)])
def test_no_sample_is_all_padding_and_some_timesteps_are(shape, seed) -> None:
    padded = padding(shape, seed)
    assert not padded.all(axis=1).any()
    assert padded.any() or padded.size < 5


def test_every_rule_for_masks_is_known_for_what_is_drawn() -> None:
    kinds = {node.layer.kind for model in drawn() for node in model.nodes}
    assert kinds - {EXPRESSION, *model_ways.OWN} <= set(MASKS)


def test_every_expression_has_its_operation() -> None:
    assert set(model_oracle.EXPRESSED) == set(EXPRESSIONS)


@pytest.mark.parametrize("form", FORMS)
def test_program_with_expected_outputs_runs_and_fails_where_they_differ(form: str) -> None:
    """It is what a refuted claim is written as; it needs the Keras that is installed."""
    drawn_trials = several(trials(forms=(form,), nodes=just(1)), 20)
    trial = next(trial for trial in drawn_trials if len(trial.model.outputs) == 1)
    text = script.script(model_ways.check, {"trial": trial}, "models.called: it is refuted")
    exec(compile(text, "program", "exec"), {"__name__": "program"})
    inputs = trial.inputs[0]
    wrong = [1.0 + array for array in model_oracle.outputs(trial.model, inputs)]
    with pytest.raises(AssertionError):
        exec(model_ways.program(trial.model, inputs, wrong), {"__name__": "program"})


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("models.every-way", model_ways.ALIKE),
        ("models.made-again", model_ways.MADE_AGAIN),
        ("models.graphs", ["in a graph", "jitted"]),
        ("models.exported", ["exported"]),
    ],
)
def test_each_way_is_run_twenty_times_by_default(
    name: str, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    monkeypatch.setattr(running, "check", lambda way, trial: runs.append(way))
    stated = catalog.find(name)
    effort(stated.tries("default"), shrink=False)(getattr(running, stated.test))()
    assert set(runs) == set(ways)
    assert min(Counter(runs).values()) >= 20


def test_page_of_drawn_models_is_made_from_the_record() -> None:
    assert mining.PAGE.read_text(encoding="utf-8") == mining.page()
