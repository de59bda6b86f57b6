"""What is installed here, as a worker process finds it: an import of Keras can fail or crash.

The first worker of a check writes it to a file before it collects a claim, so that Keras is
imported once. `python -m lstm_spec.run.environment FILE` does the same in a process of its own.
"""

from __future__ import annotations

import inspect
import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec
from packaging.version import Version

from lstm_spec.errors import BrokenError
from lstm_spec.run import process
from lstm_spec.run.report import Environment
from lstm_spec.run.text import reason

if TYPE_CHECKING:  # at run time only the separate process imports these
    from lstm_spec.run.arguments import Signatures
    from lstm_spec.run.documentation import Sentence

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


def ignored() -> str:
    """Return the distribution of Keras that is not under test, as TF_USE_LEGACY_KERAS decides."""
    return "keras" if os.environ.get("TF_USE_LEGACY_KERAS") == "1" else "tf-keras"


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of the packages that are installed, without the Keras to ignore.

    Of a Keras that comes before the installed one, as by PYTHONPATH, it is that which its source
    names.
    """
    meant = [name for name in names if name != ignored()]
    packages = {name: _distribution(name) for name in meant}
    present = {name: package.version for name, package in packages.items() if package}
    folder = _before_installed()
    if version := folder and _written(folder):
        present = {name: old for name, old in present.items() if name not in DISTRIBUTIONS["keras"]}
        named = "tf-keras" if ignored() == "keras" else "keras"
        present |= {named: version} if named in meant else {}
    return present


def origin() -> str:
    """Return where Keras comes from, unless it is a release that a registry gave.

    A folder; or the wheel or the address from which it was installed.
    """
    if folder := _before_installed():
        return str(folder)
    for name in DISTRIBUTIONS["keras"]:
        package = _distribution(name) if name != ignored() else None
        text = package.read_text("direct_url.json") if package else None
        if text:
            return _address(text)
    return ""


def _address(text: str) -> str:
    """Return from where a package was installed, as PEP 610 records it."""
    try:
        recorded = json.loads(text)
        url = recorded["url"]
        commit = recorded.get("vcs_info", {}).get("commit_id")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    local = urlsplit(url)
    if local.scheme == "file":
        return url2pathname(local.path)
    return f"{url}@{commit}" if commit else str(url)


def _before_installed() -> Path | None:
    """Return the folder of the Keras that is imported, if no distribution has it."""
    module = "tf_keras" if ignored() == "keras" else "keras"
    try:
        spec = util.find_spec(module)
    except ValueError:  # a module without a spec was put in its place
        return None
    if spec is None or spec.origin is None:
        return None
    packages = [_distribution(name) for name in DISTRIBUTIONS["keras"] if name != ignored()]
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


PACKAGES = (
    *DISTRIBUTIONS["tensorflow"],
    *DISTRIBUTIONS["keras"],
    *("jax", "torch", "openvino", "tf2onnx", "numpy", "scipy"),
    *("hypothesis", "pytest", "pytest-xdist", "pytest-timeout", "msgspec"),
)
"""The packages whose versions a report holds."""

ASKED = "LSTM_SPEC_ASKED"
"""The variable that holds, for the summary, the options by which this environment was asked for."""


class BrokenInstallationError(BrokenError):
    """Keras is missing, cannot be imported, or has an LSTM that cannot be called."""


class Found(msgspec.Struct):
    """What a process found; the one or the other is empty."""

    environment: Environment | None = None
    broken: str = ""
    """Why an LSTM cannot be called there, in one sentence."""


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def probe() -> Environment:
    """Import Keras and call an LSTM once, in a separate process.

    Raises:
        BrokenInstallationError: that did not work; the message says in one sentence what failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "environment.json")
        command = [sys.executable, "-m", __spec__.name if __name__ == "__main__" else __name__]
        done = process.run([*command, file], folder=folder, variables=process.quiet())
        if not file.exists():
            raise BrokenInstallationError(
                f"Python ended with status {done.status} while it imported Keras: {done.last_error}"
            )
        return read(file)


def read(file: Path) -> Environment:
    """Return what a process wrote.

    Raises:
        BrokenInstallationError: no LSTM can be called there.
    """
    answer = msgspec.json.decode(file.read_bytes(), type=Found)
    if answer.environment is None:
        raise BrokenInstallationError(answer.broken)
    return answer.environment


def write(file: Path) -> None:
    """Look at what is installed, and write it to a file, which is whole as soon as it is there."""
    part = file.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(_look()))
    part.rename(file)


def _look() -> Found:
    try:
        from lstm_spec.harness import subject
    except ModuleNotFoundError as error:
        if error.name == "keras":
            return Found(broken="Keras is not installed: run `pip install tensorflow`.")
        return Found(broken=f"Keras cannot be imported: {reason(error)}.")
    except Exception as error:  # whatever an installation throws is reported, not raised
        return Found(broken=f"Keras cannot be imported: {reason(error)}.")
    try:
        subject.call()
        return Found(environment=_environment(subject.backend()))
    except Exception as error:
        return Found(broken=f"keras.layers.LSTM cannot be called: {reason(error)}.")


def _environment(backend: str) -> Environment:
    from lstm_spec.harness import subject
    from lstm_spec.run import arguments
    from lstm_spec.run.documentation import digests, sentences

    taken = arguments.installed()
    docstrings = subject.docstrings().items()
    parts = [sentence for name, text in docstrings for sentence in sentences(name, text)]
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        processor=processor(),
        cores=cores(),
        backend=backend,
        device=_device(),
        packages=versions(PACKAGES),
        origin=origin(),
        news=_news(taken, parts),
        signatures=_as_text(taken),
        sentences=digests(parts),
    )


def _as_text(taken: Signatures) -> dict[str, dict[str, str]]:
    """Return signatures with the defaults as text that is the same in every process."""
    return {
        name: {word: _default(value) for word, value in signature.items()}
        for name, signature in taken.items()
    }


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return "required"
    return re.sub(r" at 0x\w+", "", repr(value))


def _news(taken: Signatures, parts: list[Sentence]) -> list[str]:
    """Return what this Keras documents, or takes, that the specification does not know.

    Of an older Keras than the one whose documentation was judged nothing is new.
    """
    from lstm_spec.harness import subject
    from lstm_spec.run import arguments, documentation

    if Version(subject.release()) < Version(documentation.release()):
        return []
    changed = documentation.changes(documentation.entries(), parts)
    untried = arguments.load().untried(taken)
    return [*changed, *(f"{name}, argument `{word}`: no claim tries it" for name, word in untried)]


def processor() -> str:
    """Return the name of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return named.group(1) if named else platform.processor() or platform.machine()


def _device() -> str:
    from lstm_spec.harness import subject

    return ", ".join(subject.gpus()) or "cpu"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
