"""Environments are made by the real uv, from the real registry, of packages that are small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from lstm_spec.evidence import matrix, venv
from lstm_spec.evidence.request import Request, UnusableRequirementError

SMALL = Request(("iniconfig==2.0.0",))


@pytest.fixture(scope="module")
def packages() -> str:
    """Return the folder in which uv keeps packages on this machine."""
    return subprocess.check_output([find_uv_bin(), "cache", "dir"], text=True).strip()


@pytest.fixture(autouse=True)
def _cache(packages: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep environments in a folder of each test, and packages where uv has them anyway."""
    monkeypatch.setenv("UV_CACHE_DIR", packages)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def registry() -> None:
    """Skip a test where packages cannot be asked for."""
    try:
        venv.resolve(SMALL, Path(sys.executable))
    except venv.UnmadeError as error:
        pytest.skip(f"needs the package registry: {error}")


def kept() -> set[str]:
    return {path.name for path in venv.cache().iterdir()}


@pytest.mark.usefixtures("registry")
def test_environment_is_made_once(capsys: pytest.CaptureFixture[str]) -> None:
    made, again = venv.make(SMALL), venv.make(SMALL)
    assert made == again
    assert kept() == {made.parent.parent.name}
    assert capsys.readouterr().err == "lstm-spec: installs iniconfig==2.0.0\n"
    shown = "from importlib.metadata import version; print(version('iniconfig'))"
    assert subprocess.check_output([made, "-c", shown], text=True) == "2.0.0\n"
    subprocess.run([made, "-c", "import pytest, hypothesis, msgspec"], check=True)


@pytest.mark.usefixtures("registry")
def test_environment_whose_python_is_gone_is_made_again() -> None:
    made = venv.make(SMALL)
    made.unlink()
    assert venv.make(SMALL).exists()


@pytest.mark.usefixtures("registry")
def test_numpy_1_is_taken_for_a_tensorflow_that_was_built_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[str]] = []

    def compiled(words: list[str], *target: str) -> str:
        asked.append(words)
        return "numpy==2.2.6\ntensorflow==2.10.1\n"

    monkeypatch.setattr(venv, "_compile", compiled)
    venv.resolve(SMALL, Path(sys.executable))
    assert [("numpy<2" in words) for words in asked] == [False, True]


@pytest.mark.parametrize("entry", matrix.load().impossible, ids=lambda entry: entry.why)
@pytest.mark.usefixtures("registry")
def test_what_the_matrix_calls_impossible_is(entry: matrix.Impossible) -> None:
    with pytest.raises(venv.UnmadeError, match=r"unsatisfiable|incompatible"):
        venv.resolve(Request(entry.requirements), Path(sys.executable), version=entry.python)


@pytest.mark.usefixtures("registry")
def test_packages_that_own_the_same_files_are_refused() -> None:
    with pytest.raises(UnusableRequirementError, match="keras and keras-nightly own the same"):
        venv.make(Request(("keras", "keras-nightly")))


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (("keras-nightly", "tensorflow==2.21.0"), "keras-nightly==3.16\ntensorflow==2.21.0\n"),
        (("tensorflow==2.21.0",), "keras==3.15.1\nkeras-nightly==3.16\ntensorflow==2.21.0\n"),
        (("keras", "keras-nightly"), "keras==3.15.1\nkeras-nightly==3.16\ntensorflow==2.21.0\n"),
    ],
)
def test_nightly_that_is_asked_for_takes_the_place_of_what_a_package_needs(asked, left) -> None:
    pins = "keras==3.15.1\nkeras-nightly==3.16\ntensorflow==2.21.0\n"
    assert venv.without_stand_ins(Request(asked), pins) == left


@pytest.mark.usefixtures("registry")
def test_release_that_does_not_exist_is_said_in_a_sentence() -> None:
    with pytest.raises(venv.UnmadeError) as error:
        venv.make(Request(("iniconfig==99",)))
    assert "there is no version of iniconfig==99" in str(error.value)
    assert "\n" not in str(error.value)
    assert kept() == set()


def test_python_that_does_not_exist_is_said_in_a_sentence(monkeypatch) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    with pytest.raises(venv.UnmadeError, match=r"No interpreter found for Python 3\.99"):
        venv.make(Request(SMALL.requirements, "3.99"))


def test_registry_out_of_reach_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(venv.UnmadeError, match="Failed to fetch") as error:
        venv.make(SMALL)
    assert "\n" not in str(error.value)
