"""The place where claims are tried is found without an import of Keras."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from lstm_spec.run import environment
from lstm_spec.run.environment import Place, installed


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which Keras looks for its settings."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


def test_without_settings_the_backend_is_tensorflow(home: Path) -> None:
    assert installed().backend == "tensorflow"


@pytest.mark.parametrize("text", ["{}", "[", "[]"])
def test_settings_without_a_backend_leave_it(home: Path, text: str) -> None:
    (home / "keras.json").write_text(text, encoding="utf-8")
    assert installed().backend == "tensorflow"


def test_settings_name_the_backend(home: Path) -> None:
    (home / "keras.json").write_text('{"backend": "jax"}', encoding="utf-8")
    assert installed().backend == "jax"


def test_environment_variable_overrules_the_settings(home: Path, monkeypatch) -> None:
    (home / "keras.json").write_text('{"backend": "jax"}', encoding="utf-8")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert installed().backend == "torch"


def test_keras_two_has_no_other_backend(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(environment, "versions", lambda names: {"keras": "2.15.0"})
    assert installed().backend == "tensorflow"


def test_gpus_are_looked_for_if_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_gpus", lambda: ["gpu:0"])
    assert installed().device == "cpu"
    assert installed(look_for_gpus=True).device == "gpu"


@pytest.mark.parametrize("name", ["tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu"])
def test_tensorflow_is_found_by_each_of_its_names(name: str) -> None:
    assert Place({"keras": "3.15.1", name: "2.21.0"}, "3.11").version("tensorflow") == "2.21.0"


def test_package_that_is_not_installed_has_no_version() -> None:
    assert Place({}, "3.11").version("keras") is None


def test_neither_keras_nor_tensorflow_is_imported() -> None:
    program = "import sys; from lstm_spec.run import environment; print(environment.installed())"
    program += "; assert not {'keras', 'tensorflow', 'numpy'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert f"keras {metadata.version('keras')}" in done.stdout, done.stderr


FOUND = "from lstm_spec.run import environment as e; print(e.installed().packages, e.origin())"


def packages_of(folder: Path, *paths: str) -> str:
    """Return the packages, and where Keras comes from, in a process with folders before all."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    variables.pop("TF_USE_LEGACY_KERAS", None)
    command = [sys.executable, "-c", FOUND]
    return subprocess.check_output(command, cwd=folder, env=variables, text=True).strip()


def test_keras_of_pythonpath_is_the_one_that_counts(tmp_path: Path) -> None:
    source = tmp_path / "tree" / "keras"
    (source / "src").mkdir(parents=True)
    (source / "__init__.py").touch()
    assert packages_of(tmp_path, "tree") == f"{installed().packages} {source}"
    (source / "src" / "version.py").write_text('__version__ = "3.99.0"\n', encoding="utf-8")
    assert "'keras': '3.99.0'" in packages_of(tmp_path, "tree")
    assert packages_of(tmp_path, "tree").endswith(str(source))


def test_address_from_which_keras_was_installed_is_reported(tmp_path: Path) -> None:
    info = tmp_path / "keras-3.99.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: keras\nVersion: 3.99.0\n", encoding="utf-8")
    (tmp_path / "keras").mkdir()
    (tmp_path / "keras" / "__init__.py").touch()
    for recorded, shown in [
        ('{"url": "file:///a%20b/keras.whl"}', " /a b/keras.whl"),
        ('{"url": "https://h/keras", "vcs_info": {"commit_id": "c0"}}', " https://h/keras@c0"),
        ("{}", "}"),
        ("[", "}"),
    ]:
        (info / "direct_url.json").write_text(recorded, encoding="utf-8")
        assert packages_of(tmp_path, str(tmp_path)).endswith(shown)
    assert "'keras': '3.99.0'" in packages_of(tmp_path, str(tmp_path))
