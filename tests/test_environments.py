"""What is asked for is understood, and made by the real uv, from the real registry, if small."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

from lstm_spec.releases import environments, matrix
from lstm_spec.releases.environments import Request, UnusableRequirementError, parse, source, wheels

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
        environments.resolve(SMALL, Path(sys.executable))
    except environments.UnmadeError as error:
        pytest.skip(f"needs the package registry: {error}")


def kept() -> set[str]:
    return {path.name for path in environments.cache().iterdir()}


@pytest.mark.usefixtures("registry")
def test_environment_is_made_once(capsys: pytest.CaptureFixture[str]) -> None:
    first = environments.make(SMALL)
    again = environments.make(SMALL)
    assert first == again
    assert kept() == {first.parent.parent.name}
    assert capsys.readouterr().err == "lstm-spec: installs iniconfig==2.0.0\n"
    shown = "from importlib.metadata import version; print(version('iniconfig'))"
    assert subprocess.check_output([first, "-c", shown], text=True) == "2.0.0\n"
    subprocess.run([first, "-c", "import pytest, hypothesis, msgspec"], check=True)


def test_environment_that_another_check_made_meanwhile_is_left(tmp_path: Path) -> None:
    older = tmp_path / "made"
    fresh = tmp_path / "fresh"
    for folder in (older, fresh):
        environments.python(folder).parent.mkdir(parents=True)
        environments.python(folder).write_text(folder.name, encoding="utf-8")
    environments._keep(fresh, older)
    assert environments.python(older).read_text(encoding="utf-8") == "made"
    environments.python(older).unlink()
    environments._keep(fresh, older)
    assert environments.python(older).read_text(encoding="utf-8") == "fresh"


@pytest.mark.usefixtures("registry")
def test_environment_whose_python_is_gone_is_made_again() -> None:
    folder = environments.make(SMALL)
    folder.unlink()
    assert environments.make(SMALL).exists()


@pytest.mark.usefixtures("registry")
def test_numpy_1_is_taken_for_a_tensorflow_that_was_built_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[str]] = []

    def compiled(words: list[str], *target: str) -> str:
        asked.append(words)
        return "numpy==2.2.6\ntensorflow==2.10.1\n"

    monkeypatch.setattr(environments, "_compile", compiled)
    environments.resolve(SMALL, Path(sys.executable))
    assert [("numpy<2" in words) for words in asked] == [False, True]


@pytest.mark.parametrize("entry", matrix.load().impossible, ids=lambda entry: entry.why)
@pytest.mark.usefixtures("registry")
def test_what_the_matrix_calls_impossible_is(entry: matrix.Impossible) -> None:
    with pytest.raises(environments.UnmadeError, match=r"unsatisfiable|incompatible"):
        environments.resolve(
            Request(entry.requirements), Path(sys.executable), version=entry.python
        )


@pytest.mark.usefixtures("registry")
def test_packages_that_own_the_same_files_are_refused() -> None:
    with pytest.raises(UnusableRequirementError, match="keras and keras-nightly own the same"):
        environments.make(Request(("keras", "keras-nightly")))


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
    assert environments.without_stand_ins(Request(asked), pins) == left


def test_uv_of_the_path_does_where_none_is_installed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    advice = "are made by uv, and there is none here; install it by `python -m pip install uv`"
    with pytest.raises(environments.UnmadeError, match=advice):
        environments.make(SMALL)
    program = tmp_path / ("uv.exe" if os.name == "nt" else "uv")
    program.symlink_to(find_uv_bin())
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    with pytest.raises(environments.UnmadeError, match=r"Python 3\.99"):
        environments.make(Request(SMALL.requirements, "3.99"))


@pytest.mark.usefixtures("registry")
def test_release_that_does_not_exist_is_said_in_a_sentence() -> None:
    with pytest.raises(environments.UnmadeError) as error:
        environments.make(Request(("iniconfig==99",)))
    assert "there is no version of iniconfig==99" in str(error.value)
    assert "\n" not in str(error.value)
    assert kept() == set()


def test_python_that_does_not_exist_is_said_in_a_sentence(monkeypatch) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    advice = r"No interpreter found for Python 3\.99.*; install Python 3\.99, or leave out --python"
    with pytest.raises(environments.UnmadeError, match=advice) as error:
        environments.make(Request(SMALL.requirements, "3.99"))
    assert "\n" not in str(error.value)


def test_registry_out_of_reach_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(environments.UnmadeError, match="Failed to fetch") as error:
        environments.make(SMALL)
    assert "\n" not in str(error.value)


BACKEND = """
import zipfile

def build_wheel(folder, settings=None, metadata=None):
    name = "sample-1.0-py3-none-any.whl"
    text = "Metadata-Version: 2.1\\nName: sample\\nVersion: 1.0\\n"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        for file in ("sample.py", "build/left.py"):
            if __import__("os").path.exists(file):
                wheel.write(file)
        wheel.writestr("sample-1.0.dist-info/METADATA", text)
        wheel.writestr("sample-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("sample-1.0.dist-info/RECORD", "")
    return name
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a source tree that is built without any other package."""
    folder = tmp_path / "tree"
    folder.mkdir()
    system = 'requires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (folder / "pyproject.toml").write_text(f"[build-system]\n{system}", encoding="utf-8")
    (folder / "backend.py").write_text(BACKEND, encoding="utf-8")
    (folder / "sample.py").write_text("one = 1\n", encoding="utf-8")
    return folder


def test_source_tree_is_built_as_it_is_now(tree: Path) -> None:
    files = sorted(tree.rglob("*"))
    first = environments.wheel(tree)
    assert environments.wheel(tree) == first
    (tree / "sample.py").write_text("one = 2\n", encoding="utf-8")
    other = environments.wheel(tree)
    assert other != first
    assert zipfile.ZipFile(other).read("sample.py") == b"one = 2\n"
    assert sorted(tree.rglob("*")) == files  # nothing is left there
    (tree / "build").mkdir()
    (tree / "build" / "left.py").touch()
    assert environments.wheel(tree) == other  # nor does what is left there count


def test_source_tree_is_asked_for_beside_packages(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tree.parent)
    sample, *packages = environments.ask(["./tree", "keras==3.9.2"]).requirements
    assert sample.startswith("sample @ file:///")
    assert packages == ["keras==3.9.2", "tensorflow"]
    assert capsys.readouterr().err == "lstm-spec: builds tree\n"
    assert environments.ask(["tree"]).requirements == ("tree", "tensorflow")
    assert "takes tree for a package; for the folder write ./tree" in capsys.readouterr().err


def test_source_tree_that_cannot_be_built_is_said_in_a_sentence(tree: Path) -> None:
    (tree / "backend.py").write_text("raise RuntimeError('no backend')\n", encoding="utf-8")
    with pytest.raises(
        environments.UnmadeError, match=r"tree cannot be built: RuntimeError: no backend$"
    ) as error:
        environments.wheel(tree)
    assert "\n" not in str(error.value)


# What a user's words ask for


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


def test_tracebacks_of_a_check_elsewhere_parse_no_code(tmp_path: Path) -> None:
    """Python 3.11.7 raises a SystemError where two threads do so at once."""
    variables = environments.variables(parse(["keras==3.0.5"]), "/copy")
    code = "import traceback\ntry: [0][1 + 2]\nexcept IndexError: traceback.print_exc()"
    (tmp_path / "broken.py").write_text(code, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "broken.py")]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert "[0][1 + 2]" in done.stderr
    assert "^" not in done.stderr
