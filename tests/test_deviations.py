"""Known deviations count where their conditions say, and an entry that cannot be true is named."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from msgspec import structs
from packaging.version import Version

from lstm_spec.releases import matrix
from lstm_spec.run import deviations
from lstm_spec.run.deviations import Deviation, DeviationError
from lstm_spec.run.environment import DISTRIBUTIONS, Place
from tools import published

KNOWN = Deviation("time.causality", "It is seven.", "an issue", says="seven")
HERE = Place({"keras": "3.15.1", "tensorflow-cpu": "2.21.0"}, "3.11.7")
NIGHTLY = Place({"keras-nightly": "3.16.0.dev2026102704", "tf-nightly": "2.23.0.dev1"}, "3.13.0")
OLD = Place({"keras": "2.15.0", "tensorflow": "2.15.1"}, "3.10.13")
JAX = Place({"keras": "3.15.1", "jax": "0.12.0"}, "3.12.1", "jax")
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


def at(**condition: object) -> Deviation:
    return structs.replace(KNOWN, **condition)


def written(path: Path, text: str) -> Path:
    path = path / "deviations.toml"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
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
        ({"jax": "<0.6"}, []),
        ({"jax": ">=0.6"}, [JAX]),
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


@pytest.mark.parametrize(
    ("words", "explained"),
    [
        ("ev", True),
        (["six", "seven"], False),
        (["is", "seven"], True),
        ([], False),
        ([["six", "seven"], "is"], True),
        ([["six", "eight"], "is"], False),
    ],
)
def test_failure_is_explained_by_all_of_the_words(words, explained) -> None:
    example = f"ExampleError: {deviations.EXAMPLE}: It is seven."
    assert at(says=words, example="six").explains("It is seven.") is explained
    assert at(says="six", example=words).explains(example) is explained


# What cannot be true


def test_claim_that_is_none_is_named() -> None:
    with pytest.raises(DeviationError, match=r"lists what is no claim: time\.causality"):
        deviations.forbid_stale([KNOWN], {"time.every-step"})


def test_two_entries_for_one_place_are_named() -> None:
    listed = [at(keras=">=3"), at(backend="jax")]
    deviations.forbid_ambiguous(listed, [HERE, OLD])
    with pytest.raises(DeviationError, match=r"causality: two match keras 3\.15\.1, jax 0.*jax"):
        deviations.forbid_ambiguous(listed, [HERE, JAX])


@pytest.mark.parametrize("version", ["head", "9" * 5_000])
def test_what_is_no_version_meets_no_specifier(version: str) -> None:
    assert not at(keras=">=3").matches(Place({"keras": version}, "3.11.7"))


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
        (HEAD + "[[deviation]]\nclaim = 'a.b'", "a.b: .*missing required field `instead`"),
        (HEAD + "[[deviatoin]]\nclaim = 'a.b'", "unknown field `deviatoin`"),
        (HEAD + ENTRY + "keras = '=3'", "a.b: Invalid specifier: '=3'"),
        (HEAD + ENTRY + f"keras = '<{'9' * 5_000}'", "a.b: Exceeds the limit"),
        (HEAD + ENTRY + f"keras = '>=3,<{'9' * 5_000}'", "a.b: Exceeds the limit"),
        (HEAD + ENTRY.replace("a.b", r"a\nb") + "os = 1", "a b: .*unknown field `os`"),
        (HEAD + "a = '\udcff'", "deviations.toml: 'utf-8' codec can't decode byte 0xff"),
        (HEAD + f"a = {'[' * 5_000}", "deviations.toml: "),
        (HEAD + f"a = {'9' * 5_000}", "deviations.toml: Exceeds the limit"),
        (HEAD + ENTRY + "backend = 'tensrflow'", "a.b: Invalid enum value 'tensrflow'"),
        (HEAD + ENTRY + "device = ['tpu']", "a.b: Invalid enum value 'tpu'"),
        (HEAD + ENTRY + "os = 'linux'", "a.b: .*unknown field `os`"),
        (HEAD + ENTRY + "fixed = 'later'", r"a.b: Expected `str` matching .* at `\$.fixed`"),
        (HEAD + ENTRY.replace('"a.b"', "[]"), r"Expected `str`, got `array` - at `\$.claim`"),
        (HEAD + ENTRY.replace('claim = "a.b"', ""), "no claim: .*missing required field `claim`"),
        (HEAD + ENTRY.replace("seven", "", 1), r"a.b: .*length >= 1 - at `\$.says`"),
        (HEAD + ENTRY.replace('says = "seven"', ""), "a.b: neither `says` nor `example`"),
        (ENTRY, "missing required field `newest`"),
        ("[[deviation", "deviations.toml: "),
    ],
)
def test_file_that_cannot_be_used_is_told_with_its_entry(tmp_path: Path, text, error) -> None:
    with pytest.raises(DeviationError, match=error):
        deviations.load(written(tmp_path, text))


def test_file_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + ENTRY + "keras = '<3'\ndevice = 'cpu'")
    assert deviations.newest(file) == Place({"keras": "3.15.1"}, "3.11.7")
    (deviation,) = deviations.load(file)
    assert deviation.condition == "keras <3, device cpu"


def test_entry_may_list_several_claims(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + ENTRY.replace('"a.b"', '["a.b", "a.c"]'))
    first, second = deviations.load(file)
    assert (first.claim, second.claim) == ("a.b", "a.c")
    assert structs.replace(first, claim="a.c") == second


# What the file says


def matrix_place(entry: matrix.Entry) -> Place:
    """Return an environment of the matrix as a place; TensorFlow up to 2.15 brings its Keras."""
    packages = dict(text.split("==") for text in entry.requirements if "==" in text)
    if not {"keras", "tf-keras"} & set(packages):
        packages["keras"] = packages["tensorflow"].rpartition(".")[0] + ".0"
    return Place(packages, f"{entry.python}.0", entry.backend)


LISTED = deviations.load()
TRIED = [trial.place for trial in matrix.load().tried]
PLACES = [*map(matrix_place, matrix.load().environment), *TRIED]
PUBLISHED = [
    dataclasses.replace(where, packages={**where.packages, "numpy": "2.4.6", "jax": jax})
    for where in published.places(published.load())
    for jax in (("0.5.3", "0.12.0.1") if where.backend == "jax" else ("0.12.0.1",))
]
BY_CLAIM = {deviation.claim: deviations.of(deviation.claim) for deviation in LISTED}
FIXES = [
    (deviation, package.lower(), fix)
    for deviation in LISTED
    if deviation.fixed
    for package, fix in [deviation.fixed.split()[-2:]]
]


def deviates(claim: str, where: Place) -> bool:
    return any(deviation.matches(where) for deviation in BY_CLAIM[claim])


def moved(where: Place, package: str, version: str) -> Place:
    """Return the place with another version of a package."""
    kept = {name: v for name, v in where.packages.items() if name not in DISTRIBUTIONS[package]}
    return dataclasses.replace(where, packages={**kept, package: version})


def test_each_entry_matches_the_matrix_and_nowhere_together_with_another() -> None:
    deviations.forbid_unmatched(LISTED, PLACES)
    deviations.forbid_ambiguous(LISTED, PLACES)


def test_no_two_entries_match_one_place_that_published_releases_make() -> None:
    deviations.forbid_ambiguous(LISTED, PUBLISHED)


def bounds(deviation: Deviation, package: str) -> list[Version]:
    """Return the releases of a package that a condition names, without the ends of its periods."""
    texts = [text for text in getattr(deviation, package).split(",") if text]
    return [Version(text.lstrip("<>=!")) for text in texts if not text.endswith(".*")]


def test_conditions_begin_and_end_at_published_releases() -> None:
    releases = {Version(release.version) for release in published.load()["keras"]}
    unknown = [
        f"{deviation.claim}, {deviation.condition}"
        for deviation in LISTED
        for version in bounds(deviation, "keras")
        if version > Version("3") and version not in releases
    ]
    assert unknown == []


def test_claim_holds_in_the_release_that_fixed_it() -> None:
    for deviation, package, fix in FIXES:
        moved_places = [moved(where, package, fix) for where in PLACES if deviation.matches(where)]
        still = [where for where in moved_places if deviates(deviation.claim, where)]
        assert not still, (
            f"{deviation.claim}, {deviation.condition}: fixed in {deviation.fixed}, "
            f"listed for {still}"
        )


def test_claim_deviates_in_each_release_up_to_the_fix() -> None:
    offenders = []
    for deviation, package, fix in FIXES:
        alike = structs.replace(deviation, **{package: ">0"})
        tried = [
            (Version(where.version(package)), where) for where in PLACES if alike.matches(where)
        ]
        first = min(version for version, where in tried if deviation.matches(where))
        between = [where for version, where in tried if first <= version < Version(fix)]
        free = [where for where in between if not deviates(deviation.claim, where)]
        if free:
            offenders.append(
                f"{deviation.claim}, {deviation.condition}: fixed in {deviation.fixed}, "
                f"free on {free[0]}"
            )
    assert offenders == []


def test_what_deviates_in_the_newest_release_is_not_fixed() -> None:
    assert [deviation.claim for deviation in deviations.current() if deviation.fixed] == []


def test_addresses_are_those_of_issues_and_pull_requests() -> None:
    given = re.findall(r"https:[^\s,;]*\w", "\n".join(deviation.concerns for deviation in LISTED))
    good = re.compile(r"https://github\.com/[\w-]+/[\w-]+/(issues|pull)/\d+")
    assert [address for address in given if not good.fullmatch(address)] == []
