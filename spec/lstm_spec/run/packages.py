"""The packages that matter: their names, which are here, and what each backend needs."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.version import Version

DISTRIBUTIONS = {
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu"),
    "keras": ("keras", "keras-nightly", "tf-keras"),
    "numpy": ("numpy",),
    "jax": ("jax",),
}
"""The names under which a package is distributed."""


@dataclass(frozen=True)
class Place:
    """A Keras, and what it runs on."""

    packages: dict[str, str]
    """Versions by distribution name."""
    python: str
    backend: str = "tensorflow"
    device: str = "cpu"

    def version(self, package: str) -> str | None:
        """Return the version of a package of DISTRIBUTIONS; None, if it is not there."""
        names = DISTRIBUTIONS[package]
        return next((self.packages[name] for name in names if name in self.packages), None)

    def __str__(self) -> str:
        """Say where it is, as part of a sentence."""
        packages = ", ".join(f"{name} {version}" for name, version in self.packages.items())
        return f"{packages}, Python {self.python}, {self.backend} backend on {self.device}"


def installed(look_for_gpus: bool = False) -> Place:
    """Return the place where this runs; without GPUs no heavy module is imported.

    Args:
        look_for_gpus: whether to ask Keras for GPUs; otherwise the device is "cpu".
    """
    packages = versions(name for names in DISTRIBUTIONS.values() for name in names)
    place = Place(packages, platform.python_version())
    device = "gpu" if look_for_gpus and _gpus() else "cpu"
    return Place(packages, place.python, _backend(place.version("keras")), device)


def aside() -> str:
    """Return the Keras that may be installed but is not meant; TensorFlow's switch decides."""
    return "keras" if os.environ.get("TF_USE_LEGACY_KERAS") == "1" else "tf-keras"


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of those packages that are here, and meant.

    Of a Keras that comes before the installed one, as by PYTHONPATH, it is that which its source
    names.
    """
    meant = [name for name in names if name != aside()]
    installed = {name: _distribution(name) for name in meant}
    there = {name: package.version for name, package in installed.items() if package}
    folder = _before_installed()
    if version := folder and _written(folder):
        there = {name: old for name, old in there.items() if name not in DISTRIBUTIONS["keras"]}
        named = "tf-keras" if aside() == "keras" else "keras"
        there |= {named: version} if named in meant else {}
    return there


def origin() -> str:
    """Return where Keras comes from, unless it is a release that a registry gave.

    A folder; or the wheel or the address from which it was installed.
    """
    if folder := _before_installed():
        return str(folder)
    for name in DISTRIBUTIONS["keras"]:
        package = _distribution(name) if name != aside() else None
        text = package.read_text("direct_url.json") if package else None
        if text:
            return _address(text)
    return ""


def _address(text: str) -> str:
    """Return from where a package was installed, as PEP 610 records it."""
    try:
        recorded = json.loads(text)
        url, commit = recorded["url"], recorded.get("vcs_info", {}).get("commit_id")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    local = urlsplit(url)
    if local.scheme == "file":
        return url2pathname(local.path)
    return f"{url}@{commit}" if commit else str(url)


def _before_installed() -> Path | None:
    """Return the folder of the Keras that is imported, if no distribution has it."""
    module = "tf_keras" if aside() == "keras" else "keras"
    try:
        spec = util.find_spec(module)
    except ValueError:  # a module without a spec was put in its place
        return None
    if spec is None or spec.origin is None:
        return None
    packages = [_distribution(name) for name in DISTRIBUTIONS["keras"] if name != aside()]
    files = [str(package.locate_file(f"{module}/__init__.py")) for package in packages if package]
    own = any(os.path.exists(file) and os.path.samefile(file, spec.origin) for file in files)
    return None if own else Path(spec.origin).parent


def _written(folder: Path) -> str:
    """Return the version that the source of Keras names; nothing, if it is not found."""
    for name in ("src/version.py", "version.py", "src/__init__.py", "__init__.py"):
        file = folder / name
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        if version := re.search(r"^__version__ = [\"']([^\"']+)[\"']", text, re.MULTILINE):
            return version[1]
    return ""


def _distribution(name: str) -> metadata.Distribution | None:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def _backend(keras: str | None) -> str:
    """Return the backend that Keras will choose, by its own rules."""
    if keras is None or Version(keras).major < 3:
        return "tensorflow"
    if named := os.environ.get("KERAS_BACKEND"):
        return named
    file = Path(os.environ.get("KERAS_HOME", "~/.keras"), "keras.json").expanduser()
    try:
        return str(json.loads(file.read_bytes())["backend"])
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"


def _gpus() -> list[str]:
    from lstm_spec.harness import subject  # only here: it imports Keras

    return subject.gpus()


Backend = Literal["tensorflow", "jax", "torch", "numpy", "openvino"]

NEEDED = {
    "tensorflow": ("tensorflow",),
    "jax": ("keras", "jax"),
    "torch": ("keras", "torch"),
    "numpy": ("keras", "jax", "scipy"),
    "openvino": ("keras", "openvino", "scipy"),
}
"""What each backend needs, much of it undeclared by Keras."""
