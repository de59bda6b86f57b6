"""How a claim stands on a Keras is said in English, and truly."""

from __future__ import annotations

import re

import pytest

from lstm_spec import catalog
from lstm_spec.answers.standing import UnknownReleaseError, named, release, standing, where
from lstm_spec.releases import ledger
from lstm_spec.run import deviations
from lstm_spec.run.deviations import Deviation


@pytest.mark.parametrize(
    ("conditions", "sentence"),
    [
        ({}, "everywhere"),
        ({"keras": "<3"}, "before Keras 3"),
        ({"keras": ">=3"}, "since Keras 3"),
        ({"keras": ">=3,<3.3"}, "on Keras 3.0 to 3.2"),
        ({"keras": ">=3,<3.3.3"}, "on Keras 3.0 to 3.3.2"),
        ({"keras": ">=3.3,<3.3.3"}, "on Keras 3.3.0 to 3.3.2"),
        ({"keras": ">=3.9,<3.10"}, "on Keras 3.9"),
        ({"keras": ">=3.9.1,<3.10"}, "on Keras 3.9 from 3.9.1 on"),
        ({"keras": ">=2.13,<3"}, "on Keras 2 from 2.13 on"),
        ({"keras": ">=2,<3"}, "on Keras 2"),
        ({"keras": ">=2.13,<4"}, "on Keras 2.13 to 3"),
        ({"keras": ">=3.1,<=3.15.1"}, "on Keras 3.1 to 3.15.1"),
        ({"keras": "<=2.12.0"}, "on Keras 2.12.0 and before"),
        ({"keras": "==2.12.*"}, "on Keras 2.12"),
        ({"keras": "==3.14.1"}, "on Keras 3.14.1"),
        ({"keras": "~=3.1"}, "on Keras ~=3.1"),
        ({"keras": ">=3,!=3.12.*,!=3.13.*"}, "since Keras 3, except 3.12 and 3.13"),
        ({"backend": ["jax", "numpy"]}, "with the JAX or NumPy backend"),
        (
            {"keras": ">=3,!=3.1.*", "backend": "torch"},
            "since Keras 3, except 3.1, with the PyTorch backend",
        ),
        (
            {"keras": ">=3.13,<3.15", "tensorflow": "<2.17"},
            "on Keras 3.13 to 3.14 with TensorFlow before 2.17",
        ),
        ({"tensorflow": ">=2.18,<2.20", "device": "gpu"}, "on TensorFlow 2.18 to 2.19 on a GPU"),
        ({"python": "<3.11"}, "before Python 3.11"),
        ({"jax": "<0.6", "backend": "jax"}, "before JAX 0.6 with the JAX backend"),
    ],
)
def test_conditions_are_told_in_english(conditions: dict[str, object], sentence: str) -> None:
    known = Deviation("a.b", "instead", "concerns", says="says", **conditions)
    assert where(known) == sentence


def test_every_recorded_condition_is_told_without_signs() -> None:
    sentences = {where(deviation) for deviation in deviations.load()}
    assert [words for words in sentences if re.search(r"[<>=!~*\[\]]", words)] == []


def test_what_happens_instead_does_not_say_that_the_claim_holds() -> None:
    agreement = re.compile(r"It holds|As said|It is .* as said|They agree", re.IGNORECASE)
    known = [deviation for deviation in deviations.load() if agreement.match(deviation.instead)]
    assert [
        (deviation.claim, deviation.instead) for deviation in known if not deviation.holds
    ] == []
    assert [deviation.claim for deviation in known if re.match("It holds", deviation.instead)] == []


def test_newest_release_breaks_what_deviates_there() -> None:
    """What holds with a difference is no bug, and no issue is printed for it."""
    assert [deviation.claim for deviation in deviations.current() if deviation.holds] == []


@pytest.mark.parametrize(
    ("text", "backend", "name"),
    [
        ("keras==3.9.2", "", "Keras 3.9.2 with TensorFlow 2.16.2"),
        ("keras-3.9", "", "Keras 3.9.2 with TensorFlow 2.16.2"),
        ("keras==3.15.1", "", "Keras 3.15.1"),
        ("keras==3.15.0", "", "Keras 3.15.0"),
        ("keras==2.12.0", "", "Keras 2.12.0 with TensorFlow 2.12.1"),
        ("tf-keras==2.17.0", "", "Keras 2.17.0 with TensorFlow 2.17.1"),
        ("tensorflow-2.15", "", "Keras 2.15.0 with TensorFlow 2.15.1"),
        ("tensorflow==2.15.0", "", "Keras 2.15.0 with TensorFlow 2.15.0"),
        ("tensorflow==2.17.0 keras==3.5.0", "", "Keras 3.5.0 with TensorFlow 2.17.0"),
        ("backend-jax", "", "Keras 3.15.1 with the JAX backend"),
        ("keras==3.9.2", "torch", "Keras 3.9.2 with the PyTorch backend"),
        ("keras==3.9.2", "tensorflow", "Keras 3.9.2 with TensorFlow 2.16.2"),
    ],
)
def test_release_is_found_by_requirements_and_by_names_of_the_ledger(
    text: str, backend: str, name: str
) -> None:
    assert named(release(text, backend)[0]) == name


def test_tensorflow_is_named_where_it_matters() -> None:
    says = standing(catalog.find("saving.litert"))
    assert says.caution == "Not on Keras 3.15.1 with TensorFlow 2.21.0"


@pytest.mark.parametrize(
    ("text", "backend", "message"),
    [
        ("", "", "'' is no release; give a release like keras==3.9.2"),
        ("nonsense", "", "'nonsense' is no release; give a release like"),
        ("keras>=3", "", "'keras>=3' is no release; give"),
        ("keras==3.*", "", "'keras==3.*' is no release; give"),
        ("numpy==2.0", "", "'numpy==2.0' is no release; give"),
        ("keras==4.0", "", "nothing is known of keras 4.0: the ledger has keras-3.0 to keras-3.15"),
        ("backend-jax", "torch", "backend-jax has a backend of its own; leave out torch"),
        ("keras==2.12.0", "jax", "keras 2.12.0 has no backend jax; give a release like"),
        ("tensorflow==2.21.0", "jax", "tensorflow 2.21.0 has no backend jax; give"),
    ],
)
def test_words_that_name_no_release_are_refused(text: str, backend: str, message: str) -> None:
    with pytest.raises(UnknownReleaseError) as error:
        release(text, backend)
    assert str(error.value).startswith(message)


def test_report_of_a_release_is_found_only_where_it_is_of_that_very_release() -> None:
    assert release("keras==3.9.2")[1] is not None
    assert release("keras==3.9.1")[1] is None


def test_each_recorded_deviation_is_said_first_where_the_ledger_saw_it() -> None:
    claims = {claim.id: claim for claim in catalog.claims()}
    lost = []
    for name in ("tensorflow-2.8", "keras-3.0", "backend-numpy", "tensorflow-2.21"):
        report = ledger.find(name)
        place = ledger.place(report)
        for record in report.records:
            claim = claims[record.claim]
            listed = [
                deviation for deviation in deviations.of(claim.id) if deviation.matches(place)
            ]
            deviates = record.verdict == "deviates" and not any(
                deviation.holds for deviation in listed
            )
            if deviates and report.header.code[claim.id] == claim.code:
                stands = standing(claim, place)
                lost += [(name, record.claim)] if not stands.broken else []
    assert lost == []
