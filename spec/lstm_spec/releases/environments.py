"""Other environments: what is asked for, made by uv, and a check that runs there."""

from __future__ import annotations

import hashlib
import importlib
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

import lstm_spec
from lstm_spec.errors import BrokenError, UsageError
from lstm_spec.run import process
from lstm_spec.run.environment import ASKED, DISTRIBUTIONS, NEEDED
from lstm_spec.run.process import Done
from lstm_spec.run.report import Writer
from lstm_spec.run.text import one_line

STAND_INS = {
    "tensorflow": set(DISTRIBUTIONS["tensorflow"]),
    "keras": set(DISTRIBUTIONS["keras"]) - {"tf-keras"},
}
"""Packages that own the same files: one of them is enough, and two break each other."""


class UnusableRequirementError(UsageError):
    """A word that names no package, or packages that break each other."""


@dataclass(frozen=True)
class Request:
    """What an environment shall hold beside this package."""

    requirements: tuple[str, ...]
    """As pip takes them (PEP 508)."""
    python: str = ""
    """As `major.minor`; default: the one that runs."""
    backend: str = "tensorflow"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that choose Keras' backend and version."""
        legacy = "tf-keras" in map(name_of, self.requirements)
        return {"KERAS_BACKEND": self.backend, "TF_USE_LEGACY_KERAS": "1" if legacy else "0"}

    @property
    def moved(self) -> set[str]:
        """Which of TensorFlow and Keras were asked for, other than whatever is newest."""
        chosen = {name_of(text) for text in self.requirements if text not in STAND_INS}
        return {package for package, names in STAND_INS.items() if names & chosen}

    def __str__(self) -> str:
        """Return the requirements, and the Python if one is asked for."""
        python = [f"Python {self.python}"] if self.python else []
        return ", ".join([*self.requirements, *python])


def parse(words: Sequence[str], python: str = "", backend: str = "tensorflow") -> Request:
    """Return the request that a user's words mean: the newest of what they leave out.

    Args:
        words: requirements, and paths of wheels.
        python: as `major.minor`, or empty.
        backend: one of those in NEEDED.

    Raises:
        UnusableRequirementError: a word is neither; the message says what is expected.
    """
    given = [_requirement(word) for word in words]
    names = {name_of(text) for text in given}
    newest = ["tf-nightly" if "keras-nightly" in names else "tensorflow"]
    needed = newest if backend == "tensorflow" else NEEDED[backend]
    missing = [name for name in needed if not names & STAND_INS.get(name, {name})]
    return Request((*given, *missing), python, backend)


def name_of(requirement: str) -> str:
    """Return the name of the package that is required, as registries spell it."""
    return canonicalize_name(Requirement(requirement).name)


def wheels(request: Request) -> list[Path]:
    """Return the wheels that are among the requirements."""
    paths = [_local(Requirement(text).url or "") for text in request.requirements]
    return [path for path in paths if path]


def source(word: str) -> Path | None:
    """Return the folder of the source tree that a word names; None, if it names something else.

    As for pip a path has a separator in it, or begins with a dot: `keras` is the package.

    Raises:
        UnusableRequirementError: it is a folder without a source tree.
    """
    with suppress(ValueError, RecursionError):
        path = _local(Requirement(word).url or "")
        return path if path and os.path.isdir(path) else None
    named = os.path.expanduser(word)
    if not (os.sep in named or named.startswith(".")) or not os.path.isdir(named):
        return None
    if not is_source(named):
        raise UnusableRequirementError(
            f"{one_line(word)} has no pyproject.toml or setup.py; give the folder of a source tree"
        )
    return Path(named)


def is_source(folder: str) -> bool:
    """Return whether a folder holds what a package is built from."""
    return any(
        os.path.isfile(os.path.join(folder, name)) for name in ("pyproject.toml", "setup.py")
    )


def _local(url: str) -> Path | None:
    return Path(url2pathname(urlsplit(url).path)) if url.startswith("file:") else None


def _requirement(word: str) -> str:
    if word.endswith(".whl"):
        return _wheel(Path(word))
    with suppress(ValueError, RecursionError):  # InvalidRequirement, and a number of 5,000 digits
        text = str(Requirement(word))
        if str(Requirement(text)) == text:  # what is written is not always read as the same
            return text
    raise UnusableRequirementError(
        f"{word!r} is no requirement; give one like 'tensorflow==2.21.0', a wheel, or the folder "
        "of a source tree"
    )


def _wheel(file: Path) -> str:
    if not os.path.isfile(file):  # unlike Path.is_file it takes a name that is too long
        raise UnusableRequirementError(f"there is no wheel {one_line(file)}")
    try:
        name = parse_wheel_filename(file.name)[0]
    except InvalidWheelFilename:
        raise UnusableRequirementError(
            f"{one_line(file.name)} is no wheel's name; it is like keras-3.15.1-py3-none-any.whl"
        ) from None
    return f"{name} @ {file.absolute().as_uri()}"


PACKAGE = "lstm-spec"


class UnmadeError(BrokenError):
    """An environment that cannot be made; the message says in one sentence why."""


def cache() -> Path:
    """Return the folder of the environments; it may be deleted at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / PACKAGE


def ask(words: Sequence[str], python: str = "", backend: str = "tensorflow") -> Request:
    """Return the request that a user's words mean; a source tree is built first.

    Args:
        words: requirements, paths of wheels, and folders of source trees.
        python: as `major.minor`, or empty.
        backend: one of those in NEEDED.

    Raises:
        UnusableRequirementError: a word is none of these; the message says what is expected.
        UnmadeError: a source tree cannot be built.
        OSError: the cache cannot be written.
    """
    for word in words:
        if os.path.isdir(word) and is_source(word) and not source(word):
            note = f"takes {word} for a package; for the folder write ./{word}"
            print(f"{PACKAGE}: {note}", file=sys.stderr)
    sources = {word: folder for word in words if (folder := source(word))}
    parse([word for word in words if word not in sources], python, backend)  # before anything built
    given = [str(wheel(sources[word], python)) if word in sources else word for word in words]
    return parse(given, python, backend)


def wheel(folder: Path, python: str = "") -> Path:
    """Return a wheel of a source tree as it is now, kept under a digest of what is in it.

    It is built from a copy: what an earlier build left in the folder would get into the wheel.

    Raises:
        UnmadeError: it cannot be built, or the Python not be had.
        OSError: the cache cannot be written.
    """
    print(f"{PACKAGE}: builds {one_line(folder)}", file=sys.stderr)
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache(), prefix="new-") as scratch:
        tree = Path(scratch, "tree")
        out = Path(scratch, "wheel")
        shutil.copytree(folder, tree, symlinks=True, ignore=_left_out)
        built_for = ("--python", _interpreter(python))
        done = _run("build", "--wheel", *built_for, "--out-dir", str(out), str(tree))
        if done.status:
            raise UnmadeError(f"{one_line(folder)} cannot be built: {_last(done.errors)}")
        [built] = out.glob("*.whl")
        kept = cache() / "wheels" / _content(built) / built.name
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            built.replace(kept)
        return kept


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Return what is not copied: what begins with a dot, and what a build or a run leaves."""
    left = {name for name in names if name.startswith(".") or name == "__pycache__"}
    if is_source(folder):
        left |= {name for name in names if name in ("build", "dist") or name.endswith(".egg-info")}
    return left


def _content(wheel: Path) -> str:
    """Return a digest of the files in a wheel; their times do not count."""
    with zipfile.ZipFile(wheel) as archive:
        files = sorted((info.filename, info.CRC) for info in archive.infolist())
    return hashlib.sha256(repr(files).encode()).hexdigest()[:16]


def make(request: Request) -> Path:
    """Return the Python of an environment that holds what is asked for, and what we need.

    The packages are resolved again in each call, so yesterday's nightly is not taken for today's.
    An environment that holds just these is used again.

    Raises:
        UnmadeError: there is no such Python, the packages do not go together, or the registry
            is out of reach.
        UnusableRequirementError: two packages own the same files.
        OSError: the cache cannot be written.
    """
    cache().mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=cache(), prefix="new-"))
    try:
        _begin(fresh, request.python)
        pins = resolve(request, python(fresh))
        folder = cache() / _digest(request, pins, fresh)
        if not python(folder).exists():
            print(f"{PACKAGE}: installs {request}", file=sys.stderr)
            install = ("pip", "install", "--no-deps", "--requirements", "-", "--python")
            _uv(*install, str(python(fresh)), given=pins)
            _keep(fresh, folder)
        return python(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _keep(fresh: Path, folder: Path) -> None:
    """Give an environment its name, unless another check has made the same one in the meantime.

    Raises:
        OSError: the cache cannot be written.
    """
    if not python(folder).exists():
        shutil.rmtree(folder, ignore_errors=True)
    try:
        fresh.rename(folder)
    except OSError:  # there is one, perhaps in use
        if not python(folder).exists():
            raise


def _begin(folder: Path, version: str) -> None:
    """Make an environment without packages.

    Raises:
        UnmadeError: there is no such Python, and it cannot be downloaded.
    """
    try:
        _uv("venv", "--python", _interpreter(version), str(folder))
    except UnmadeError as error:
        advice = f"; install Python {version}, or leave out --python" if version else ""
        raise UnmadeError(f"{error}{advice}") from None


def resolve(request: Request, interpreter: Path, version: str = "") -> str:
    """Return all packages that are needed, each with its version, one a line.

    Args:
        request: what is asked for.
        interpreter: the Python for which they are chosen.
        version: of another Python, which need not be installed, to choose them for that.

    Raises:
        UnmadeError: they do not go together, or the registry is out of reach.
        UnusableRequirementError: two of them own the same files.
    """
    asked = [*request.requirements, *_own()]
    other = ("--python-version", version) if version else ()
    target = ("--python", str(interpreter), *other)
    pins = _compile(asked, *target)
    if _for_numpy_1(pins):
        pins = _compile([*asked, "numpy<2"], *target)
    pins = without_stand_ins(request, pins)
    names = set(re.findall(r"^[\w.-]+", pins, re.MULTILINE))
    for same in STAND_INS.values():
        if len(twins := sorted(names & same)) > 1:
            raise UnusableRequirementError(
                f"{' and '.join(twins)} own the same files; ask for what needs one of them"
            )
    return pins


def without_stand_ins(request: Request, pins: str) -> str:
    """Drop packages that only a dependency requires, if their stand-in was requested.

    Thus keras-nightly replaces the keras that a released TensorFlow depends on.
    """
    asked = {name_of(text) for text in request.requirements}
    needless = {
        name for same in STAND_INS.values() if len(asked & same) == 1 for name in same - asked
    }
    lines = pins.splitlines(keepends=True)
    return "".join(line for line in lines if re.split(r"[ =<>@;\[]", line)[0] not in needless)


def python(venv: Path) -> Path:
    """Return where the interpreter of an environment is."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _compile(asked: list[str], *target: str) -> str:
    words = ("pip", "compile", "--no-header", "--no-annotate", *target, "-")
    return _uv(*words, given="\n".join(asked))


def _for_numpy_1(pins: str) -> bool:
    """Return whether there is a TensorFlow that was built for NumPy 1 and does not say so."""
    pinned = re.search(r"^tensorflow(?:-cpu)?==(\S+)", pins, re.MULTILINE)
    return bool(pinned and Version(pinned[1]) < Version("2.12"))


def _own() -> list[str]:
    """Return what this package needs, no newer than here: the same cases are drawn there."""
    asked = [Requirement(text) for text in metadata.requires(PACKAGE) or []]
    needed = [requirement for requirement in asked if "extra ==" not in str(requirement.marker)]
    here = {
        requirement.name: _version(requirement.name)
        for requirement in needed
        if requirement.name != "numpy"
    }
    return [*map(str, needed), *(f"{name}<={version}" for name, version in here.items() if version)]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:  # needed on other Pythons only
        return ""


def _interpreter(version: str) -> str:
    running = ".".join(platform.python_version_tuple()[:2])
    return sys.executable if version in ("", running) else version


def _digest(request: Request, pins: str, venv: Path) -> str:
    """Return a name for an environment: that of its packages, its Python, its wheels' contents."""
    digest = hashlib.sha256(pins.encode())
    digest.update((venv / "pyvenv.cfg").read_bytes())
    for wheel in wheels(request):
        digest.update(wheel.read_bytes())
    return digest.hexdigest()[:16]


def _uv(*words: str, given: str = "") -> str:
    """Run uv, and return what it prints.

    Raises:
        UnmadeError: it fails; the message holds its reason.
    """
    done = _run(*words, "--quiet", given=given)
    if done.status:
        raise UnmadeError(f"the environment cannot be made: {_reason(done.errors)}")
    return done.output


def _run(*words: str, given: str = "") -> Done:
    command = [_program(), *words, "--no-progress", "--color", "never"]
    return process.run(command, given=given)


def _program() -> str:
    """Return where uv is: that of the running environment, or the one on PATH.

    Raises:
        UnmadeError: there is none.
    """
    try:
        return str(importlib.import_module("uv").find_uv_bin())
    except (ImportError, FileNotFoundError):
        if program := shutil.which("uv"):
            return program
    raise UnmadeError(
        "other environments are made by uv, and there is none here; install it by "
        "`python -m pip install uv`"
    )


def _last(printed: str) -> str:
    """Return the last line that a build printed; if it printed nothing, uv's reason."""
    output, _, reason = printed.rpartition("error: ")
    lines = output.strip().splitlines()[1:]  # the first is uv's own
    return one_line(lines[-1] if lines else _reason(f"error: {reason}"))


def _reason(output: str) -> str:
    """Return uv's error, its first cause and its hint, on one line."""
    error, _, hint = output.strip().partition("\n\n")
    parts = [
        " ".join(part.split()) for part in re.split(r"^(?:error|  cause): ", error, flags=re.M)
    ]
    reason = ": ".join(part.rstrip(".") for part in parts[1:3]) or parts[0]
    return f"{reason}; {' '.join(hint.split())}" if hint else reason


def check(
    request: Request,
    words: Sequence[str],
    output: IO[bytes] | None = None,
    asked: Sequence[str] = (),
    report: Writer | None = None,
) -> int:
    """Run `lstm-spec check` there, and return its exit status.

    It runs from a copy of this package, so that the source may be edited in the meantime.

    Args:
        request: what the environment holds.
        words: the arguments of `check`; paths must be absolute.
        output: where its output goes; default: where ours goes.
        asked: the options by which a user asked for the environment.
        report: the report that it writes, open and locked; default: that which its words name.

    Raises:
        UnmadeError: the environment cannot be made.
        UnusableRequirementError: two packages own the same files.
        OSError: the cache or the folder of temporary files cannot be written.
    """
    python = make(request)
    handed = [] if report is None else [report.descriptor]
    words = [*words, *(f"--descriptor={descriptor}" for descriptor in handed)]
    with tempfile.TemporaryDirectory() as folder:
        copy(Path(folder))
        with process.begun(
            [python, "-m", "lstm_spec.cli", "check", *words],
            folder=folder,
            variables={**variables(request, folder), ASKED: shlex.join(asked)},
            stdout=output,
            stderr=output and subprocess.STDOUT,
            pass_fds=handed,
        ) as run:
            try:
                return run.wait()
            except KeyboardInterrupt:
                run.send_signal(signal.SIGTERM)
                return run.wait()


def copy(folder: Path) -> None:
    """Copy this package, and what is known of its version, into a folder."""
    source = Path(lstm_spec.__file__).parent
    shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    known = metadata.distribution(PACKAGE)
    info = folder / f"{source.name}-{known.version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(known.read_text("METADATA") or "", encoding="utf-8")


def variables(request: Request, folder: str) -> dict[str, str]:
    """Return the environment variables, without what points to the packages that are here.

    Tracebacks have no carets: Python up to 3.11.7 parses the line for each, and if two threads do
    so at once it raises a SystemError (https://github.com/python/cpython/issues/106905).
    """
    ours = {"PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"}
    kept = {name: value for name, value in process.quiet().items() if name not in ours}
    without_carets = {"PYTHONNODEBUGRANGES": "1"}
    return {**kept, **request.variables, **without_carets, "PYTHONPATH": folder}
