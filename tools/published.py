"""The releases that were published, and the places that they make with each other.

`python -m tools.published INDEX` rewrites published.json. INDEX is the address of a
package index that speaks JSON (PEP 691), as pip's --index-url takes it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from lstm_spec.run.environment import NEEDED, Place
from lstm_spec.run.text import one_line

FILE = Path(__file__).with_name("published.json")
OLDEST = {"keras": Version("2.8"), "tensorflow": Version("2.8"), "tf-keras": Version("2.15")}
"""The packages, each with the first release that has a wheel for one of PYTHONS."""
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
JSON = "application/vnd.pypi.simple.v1+json"


class Release(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A release of a package, no alpha, beta or candidate."""

    version: str
    date: str
    """Of its first file, ISO 8601."""
    pythons: tuple[str, ...]
    """Those of PYTHONS for which it has a wheel."""
    yanked: bool = False
    """Whether it was withdrawn: pip installs it only where this very version is asked for."""


Releases = dict[str, list[Release]]
"""By package, the oldest first."""


def load(path: Path = FILE) -> Releases:
    """Return what was published when the file was made."""
    return msgspec.json.decode(path.read_bytes(), type=Releases)


def places(published: Releases) -> Iterator[Place]:
    """Yield each Keras with what it can run on: each backend, TensorFlow and Python.

    Keras 3 with each TensorFlow from 2.16 on, Keras 2 with the TensorFlow of the same number.
    """
    for package in ("keras", "tf-keras"):
        for keras in published[package]:
            for tensorflow in published["tensorflow"]:
                if _go_together(keras, tensorflow):
                    versions = {package: keras.version, "tensorflow": tensorflow.version}
                    yield from _on_each_python(versions, (keras, tensorflow), "tensorflow")
            if Version(keras.version).major >= 3:
                for backend in [name for name in NEEDED if name != "tensorflow"]:
                    yield from _on_each_python({package: keras.version}, (keras,), backend)


def _go_together(keras: Release, tensorflow: Release) -> bool:
    keras_version = Version(keras.version)
    other = Version(tensorflow.version)
    if keras_version.major >= 3:
        return other >= Version("2.16")
    return keras_version.release[:2] == other.release[:2]


def _on_each_python(
    versions: dict[str, str], releases: Sequence[Release], backend: str
) -> Iterator[Place]:
    for python in PYTHONS:
        if all(python in release.pythons for release in releases):
            yield Place(versions, f"{python}.0", backend)


def ask(index: str) -> Releases:
    """Return what an index holds of each package.

    Raises:
        OSError: the index is out of reach.
        ValueError: it is no address, or what is there is no JSON.
    """
    return {package: _releases(index, package) for package in OLDEST}


def _releases(index: str, package: str) -> list[Release]:
    page = msgspec.json.decode(_get(f"{index.rstrip('/')}/{package}/", JSON))
    files: dict[Version, list[dict[str, Any]]] = {}
    for file in page["files"]:
        version = _version(file["filename"])
        if version and version >= OLDEST[package] and not version.is_prerelease:
            files.setdefault(version, []).append(file)
    return [_release(version, files[version]) for version in sorted(files)]


def _version(filename: str) -> Version | None:
    """Return the version of a wheel; None for another file."""
    try:
        return parse_wheel_filename(filename)[1]
    except (InvalidWheelFilename, InvalidVersion):
        return None


def _release(version: Version, wheels: list[dict[str, Any]]) -> Release:
    return Release(
        version=str(version),
        date=min(wheel["upload-time"] for wheel in wheels)[:10],
        pythons=tuple(python for python in PYTHONS if any(_fits(w, python) for w in wheels)),
        yanked=all(wheel["yanked"] for wheel in wheels),
    )


def _fits(wheel: dict[str, Any], python: str) -> bool:
    tags = {tag.interpreter for tag in parse_wheel_filename(wheel["filename"])[3]}
    allowed = SpecifierSet(wheel["requires-python"] or "").contains(f"{python}.0")
    return allowed and bool(tags & {"py3", f"cp{python.replace('.', '')}"})


def _get(address: str, kind: str = "*/*") -> bytes:
    with urlopen(Request(address, headers={"Accept": kind})) as answer:
        return bytes(answer.read())


def write(published: Releases, path: Path = FILE) -> None:
    """Write what was published, a release a line."""
    texts = [
        f' "{package}": [\n'
        + ",\n".join(f"  {msgspec.json.encode(release).decode()}" for release in releases)
        + "\n ]"
        for package, releases in published.items()
    ]
    path.write_text("{\n" + ",\n".join(texts) + "\n}\n", encoding="utf-8")


def main(words: list[str] | None = None) -> int:
    """Ask an index, and rewrite the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.published", description=__doc__)
    parser.add_argument("index", metavar="INDEX", help="the address of a package index")
    index = parser.parse_args(words).index
    try:
        now = ask(index)
    except (OSError, ValueError) as error:
        parser.error(f"{index} is no package index that speaks JSON: {one_line(error)}")
    write(now)
    for package, releases in now.items():
        print(f"{package}: {len(releases)} releases, the newest {releases[-1].version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
