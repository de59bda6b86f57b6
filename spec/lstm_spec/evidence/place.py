"""Where claims are tried, as far as a verdict can depend on it."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.version import Version

DISTRIBUTIONS = {
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu"),
    "keras": ("keras", "keras-nightly", "tf-keras"),
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
    names = [name for names in DISTRIBUTIONS.values() for name in names if name != aside()]
    packages = {name: version for name in names if (version := _version(name))}
    place = Place(packages, platform.python_version())
    device = "gpu" if look_for_gpus and _gpus() else "cpu"
    return Place(packages, place.python, _backend(place.version("keras")), device)


def aside() -> str:
    """Return the Keras that may be installed but is not meant; TensorFlow's switch decides."""
    return "keras" if os.environ.get("TF_USE_LEGACY_KERAS") == "1" else "tf-keras"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
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
