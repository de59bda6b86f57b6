"""Damages what is read, guided by the branches that it reaches: `tox run -e atheris`.

Each reader, or the one that is named, is tried in a process of its own: atheris ends the process.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lstm_spec", "packaging", "tomllib", "gzip"]):
    from readers import READERS

RUNS = 100_000


def fuzz(name: str, folder: str) -> None:
    """Read damaged input until RUNS is reached, or an error that is not documented.

    Args:
        name: the reader's.
        folder: where inputs are kept that reach something new.
    """
    reader = READERS[name]

    def read(given: bytes) -> None:
        try:
            reader.read(given)
        except reader.documented as error:
            if len(str(error).splitlines()) > 1:
                raise AssertionError("the error has many lines") from error

    atheris.Setup([name, f"-runs={RUNS}", f"-artifact_prefix={name}-", folder], read)
    atheris.Fuzz()


def start(name: str) -> int:
    """Fuzz in a process of its own, and return its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "valid").write_bytes(READERS[name].valid)
        return subprocess.run([sys.executable, __file__, name, folder], check=False).returncode


if __name__ == "__main__":
    name, *folder = sys.argv[1:] or [""]
    if folder:
        fuzz(name, *folder)
    sys.exit(sum(start(reader) != 0 for reader in ([name] if name else READERS)))
