"""Known deviations count where their conditions say, and an entry that cannot be true is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from lstm_spec.evidence import deviations
from lstm_spec.evidence.deviations import Deviation, DeviationError
from lstm_spec.evidence.place import Place

KNOWN = Deviation("time.causality", "seven", "It is seven.", "an issue")
HERE = Place({"keras": "3.15.1", "tensorflow-cpu": "2.21.0"}, "3.11.7")
NIGHTLY = Place({"keras-nightly": "3.16.0.dev2026102704", "tf-nightly": "2.23.0.dev1"}, "3.13.0")
OLD = Place({"keras": "2.15.0", "tensorflow": "2.15.1"}, "3.10.13")
JAX = Place({"keras": "3.15.1"}, "3.12.1", "jax")
GPU = Place({"keras": "3.15.1", "tensorflow": "2.21.0"}, "3.11.7", device="gpu")

HEAD = """
[newest]
packages = { keras = "3.15.1" }
python = "3.11.7"
"""
ENTRY = """
[[deviation]]
claim = "a.b"
says = "seven"
instead = "It is seven."
concerns = "an issue"
"""
UPSTREAM = """
[deviation.upstream]
title = "Seven"
script = "print(7)"
prints = "7"
expected = "8"
"""


def at(**condition: object) -> Deviation:
    return structs.replace(KNOWN, **condition)


def written(path: Path, text: str) -> Path:
    path = path / "deviations.toml"
    path.write_text(text, encoding="utf-8")
    return path


# Conditions


@pytest.mark.parametrize(
    ("condition", "places"),
    [
        ({}, [HERE, NIGHTLY, OLD, JAX, GPU]),
        ({"keras": ">=3"}, [HERE, NIGHTLY, JAX, GPU]),
        ({"keras": "<3"}, [OLD]),
        ({"keras": "==3.15.*"}, [HERE, JAX, GPU]),
        ({"keras": ">3.15.1"}, [NIGHTLY]),
        ({"tensorflow": ">=2"}, [HERE, NIGHTLY, OLD, GPU]),
        ({"tensorflow": "==2.21.0"}, [HERE, GPU]),
        ({"tensorflow": ">2.21"}, [NIGHTLY]),
        ({"python": "<3.11"}, [OLD]),
        ({"backend": "jax"}, [JAX]),
        ({"backend": ["jax", "torch"]}, [JAX]),
        ({"backend": "tensorflow", "keras": ">=3"}, [HERE, NIGHTLY, GPU]),
        ({"device": "gpu"}, [GPU]),
        ({"device": ["cpu", "gpu"], "python": ">=3.12"}, [NIGHTLY, JAX]),
        ({"device": "gpu", "keras": "<3"}, []),
    ],
)
def test_entry_matches_where_all_its_conditions_are_met(condition, places) -> None:
    everywhere = [HERE, NIGHTLY, OLD, JAX, GPU]
    assert [place for place in everywhere if at(**condition).matches(place)] == places


def test_condition_is_told_as_it_is_written() -> None:
    assert at().condition == "everywhere"
    assert at(keras="<3", backend=["jax"]).condition == "keras <3, backend ['jax']"


@pytest.mark.parametrize("other", ["<3", ">=3.999"])
def test_entry_for_other_places_is_not_known_here(monkeypatch: pytest.MonkeyPatch, other) -> None:
    monkeypatch.setattr(deviations, "load", lambda: [at(keras=other), at(keras=">=3,<3.999")])
    assert deviations.known("time.causality").keras == ">=3,<3.999"


# What cannot be true


def test_claim_that_is_none_is_named() -> None:
    with pytest.raises(DeviationError, match=r"lists what is no claim: time\.causality"):
        deviations.forbid_stale([KNOWN], {"time.every-step"})


def test_two_entries_for_one_place_are_named() -> None:
    listed = [at(keras=">=3"), at(backend="jax")]
    deviations.forbid_ambiguous(listed, [HERE, OLD])
    with pytest.raises(DeviationError, match=r"causality: two match keras 3\.15\.1, Python 3.*jax"):
        deviations.forbid_ambiguous(listed, [HERE, JAX])


def test_entries_of_two_claims_may_match_one_place() -> None:
    deviations.forbid_ambiguous([KNOWN, at(claim="time.every-step")], [HERE])


def test_entry_for_a_place_that_is_never_tried_is_named() -> None:
    listed = [at(keras=">=3"), at(keras="==3.1.*", backend="torch")]
    with pytest.raises(DeviationError, match=r"matches time.causality \(keras ==3.1.\*, backend"):
        deviations.forbid_unmatched(listed, [HERE, JAX])


# The file


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (HEAD + "[[deviation]]\nclaim = 'a.b'", "a.b: .*missing required field `says`"),
        (HEAD + "[[deviatoin]]\nclaim = 'a.b'", "unknown field `deviatoin`"),
        (HEAD + ENTRY + "keras = '=3'", "a.b: Invalid specifier: '=3'"),
        (HEAD + ENTRY + "backend = 'tensrflow'", "a.b: Invalid enum value 'tensrflow'"),
        (HEAD + ENTRY + "device = ['tpu']", "a.b: Invalid enum value 'tpu'"),
        (HEAD + ENTRY + "os = 'linux'", "a.b: .*unknown field `os`"),
        (HEAD + ENTRY.replace("seven", "", 1), r"a.b: .*length >= 1 - at `\$.says`"),
        (HEAD + ENTRY + UPSTREAM.replace("prints", "says"), "a.b: .*unknown field `says`"),
        (ENTRY, "missing required field `newest`"),
        ("[[deviation", "deviations.toml: "),
    ],
)
def test_file_that_cannot_be_used_is_told_with_its_entry(tmp_path: Path, text, error) -> None:
    with pytest.raises(DeviationError, match=error):
        deviations.load(written(tmp_path, text))


def test_file_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + ENTRY + "keras = '<3'\ndevice = 'cpu'" + UPSTREAM)
    assert deviations.newest(file) == Place({"keras": "3.15.1"}, "3.11.7")
    (one,) = deviations.load(file)
    assert (one.condition, one.upstream.prints) == ("keras <3, device cpu", "7")
