"""The processor's time goes into what is under test."""

from __future__ import annotations

import msgspec
import pytest

from tools.studies.our_cost import BESIDE, PAGE, SEEN, Beside, Seen, count, page

OURS = "<module> (pytest:8);test_axis (lstm_spec/claims/time.py:9);wrapped (hypothesis/core.py:1)"


@pytest.mark.parametrize(
    ("frames", "part"),
    [
        ("noise (lstm_spec/harness/strategies.py:108)", "the claims and their harness"),
        ("lstm (lstm_spec/harness/subject.py:65);call (keras/src/layers/layer.py:9)", "Keras"),
        ("call (keras/src/layers/layer.py:9);mean (numpy/_core/fromnumeric.py:3)", "Keras"),
        ("add (keras/src/ops/numpy.py:5);add (tensorflow/python/ops.py:7)", "TensorFlow"),
        ("getstate (random.py:3)", "Hypothesis"),
        ("_find_and_load (<frozen importlib._bootstrap>:9);x (keras/__init__.py:1)", "imports"),
    ],
)
def test_look_belongs_to_the_innermost_part(frames: str, part: str) -> None:
    assert count([f"{OURS};{frames} 3\n"]) == {part: 3}


def test_stack_of_nothing_known_is_other() -> None:
    assert count(["run (threading.py:9) 2\n"]) == {"other": 2}


def test_four_fifths_after_the_imports_are_inside_keras_and_tensorflow() -> None:
    assert recorded().inside > 0.8


def test_page_is_made_from_what_was_seen() -> None:
    beside = msgspec.json.decode(BESIDE.read_bytes(), type=list[Beside])
    assert PAGE.read_text(encoding="utf-8") == page(recorded(), beside)


def test_imports_do_not_count_for_the_share() -> None:
    seen = Seen({}, {"imports": 50, "Keras": 2, "TensorFlow": 6, "Hypothesis": 2})
    assert seen.inside == 0.8


def recorded() -> Seen:
    return msgspec.json.decode(SEEN.read_bytes(), type=Seen)
