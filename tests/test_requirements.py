"""What a user's words ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lstm_spec.releases.environments import UnusableRequirementError, parse, source, wheels

WHEEL = "keras-3.15.1-py3-none-any.whl"


@pytest.mark.parametrize(
    ("words", "backend", "asked"),
    [
        (["tensorflow==2.21.0"], "tensorflow", ["tensorflow==2.21.0"]),
        (["keras==3.9.2"], "tensorflow", ["keras==3.9.2", "tensorflow"]),
        (["tf-nightly", "keras-nightly"], "tensorflow", ["tf-nightly", "keras-nightly"]),
        (["keras-nightly"], "tensorflow", ["keras-nightly", "tf-nightly"]),
        (["keras_nightly"], "jax", ["keras_nightly", "jax"]),
        ([], "numpy", ["keras", "jax", "scipy"]),
        (["openvino==2026.4.1"], "openvino", ["openvino==2026.4.1", "keras", "scipy"]),
    ],
)
def test_newest_is_taken_of_what_is_left_out(
    words: list[str], backend: str, asked: list[str]
) -> None:
    assert list(parse(words, backend=backend).requirements) == asked


def test_wheel_is_asked_for_by_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / WHEEL).touch()
    monkeypatch.chdir(tmp_path)
    request = parse([WHEEL])
    assert request.requirements == (f"keras @ {(tmp_path / WHEEL).as_uri()}", "tensorflow")
    assert wheels(request) == [tmp_path / WHEEL]


def test_keras_is_told_its_backend_and_whether_keras_2_is_meant() -> None:
    variables = parse(["tf-keras==2.18.0"]).variables
    assert variables == {"KERAS_BACKEND": "tensorflow", "TF_USE_LEGACY_KERAS": "1"}
    assert parse([], backend="jax").variables["KERAS_BACKEND"] == "jax"


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("-r secrets.txt", "'-r secrets.txt' is no requirement; give one like"),
        ("--index-url=x", "'--index-url=x' is no requirement"),
        ("keras\n-e .", "is no requirement"),
        ("", "'' is no requirement"),
        (WHEEL, f"there is no wheel {WHEEL}"),
        ("/tmp/none/odd.whl", "there is no wheel /tmp/none/odd.whl"),
        ("odd\n.whl", "there is no wheel odd .whl"),
        (f"{'x' * 5_000}.whl", "there is no wheel x"),
        (f"keras>=3,<{'9' * 5_000}", "is no requirement; give one like"),
        ("keras; os_name == '\"\\ud800\"'", "is no requirement; give one like"),
        (rf"keras; os_name == '{chr(92) * 8}0'", "is no requirement; give one like"),
    ],
)
def test_other_words_are_refused(word: str, sentence: str) -> None:
    with pytest.raises(UnusableRequirementError) as error:
        parse([word])
    assert sentence in str(error.value)


def test_wheel_under_another_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.whl").touch()
    with pytest.raises(UnusableRequirementError, match=r"odd\.whl is no wheel's name"):
        parse([str(tmp_path / "odd.whl")])


@pytest.mark.parametrize(
    ("words", "moved"),
    [
        (["keras==3.9.2"], {"keras"}),
        (["tensorflow-cpu==2.20.0"], {"tensorflow"}),
        (["tf-nightly", "keras-nightly"], {"tensorflow", "keras"}),
        (["numpy<2"], set()),
    ],
)
def test_request_knows_what_was_asked_for(words: list[str], moved: set[str]) -> None:
    assert parse(words).moved == moved


def test_folder_of_a_source_tree_is_named_by_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("keras").mkdir()
    Path("keras/pyproject.toml").touch()
    Path("empty").mkdir()
    assert source("keras") is None  # it is the package
    assert source("keras @ https://example.org/keras.whl") is None
    assert source("./missing") is None
    assert source("./keras") == Path("./keras")
    assert source(f"keras @ {(tmp_path / 'keras').as_uri()}") == tmp_path / "keras"
    with pytest.raises(UnusableRequirementError, match=r"\./empty has no pyproject.toml or setup"):
        source("./empty")
