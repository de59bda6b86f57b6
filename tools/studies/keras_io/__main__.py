"""Reviews the recurrent examples of keras.io at one commit: `tox run -e keras-io`.

Nothing of them is stored here but what is found, by file and line. Each kind of finding was judged
by reading the program; judged.toml says why it is true.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lstm_spec.reviews import review
from lstm_spec.reviews.source import ProgramError
from lstm_spec.run import process
from lstm_spec.run.text import read_toml

FILE = Path(__file__).with_name("judged.toml")
ADDRESS = "https://github.com/keras-team/keras-io"
COMMIT = "e4799e8c9e6e0eb990f0ebfb197d88bf78ec0ae4"
RECURRENT = re.compile(r"\b(LSTM|GRU|SimpleRNN|RNN|Bidirectional)\b")


class Judged(msgspec.Struct, forbid_unknown_fields=True):
    """What is found, and why it is true."""

    commit: str
    programs: int
    """How many programs use recurrent layers."""
    true: dict[str, str]
    """Why findings are true, by their ids."""
    found: dict[str, list[str]]
    """By file what is found: the line and the id."""


def judged() -> Judged:
    """Return what is recorded."""
    return read_toml(FILE, Judged)


def programs(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the programs that use recurrent layers, each with its path in the repository.

    Args:
        folder: a clone of the repository.
    """
    names = ["ls-tree", "-r", "--name-only", COMMIT, "examples", "guides"]
    for name in _git(folder, *names).splitlines():
        if name.endswith(".py"):
            text = _git(folder, "show", f"{COMMIT}:{name}")
            if RECURRENT.search(text):
                yield name, text


def _git(folder: Path, *words: str) -> str:
    done = process.run(["git", "-C", folder, *words])
    if done.status:
        sys.exit(f"{ADDRESS} cannot be read: {done.last_error}; give the folder of a clone")
    return done.output


def clone(folder: Path) -> None:
    """Fetch the commit into an empty folder; files come when they are read."""
    _git(folder, "init", "--quiet")
    _git(folder, "remote", "add", "origin", ADDRESS)
    _git(folder, "fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", COMMIT)


def main(words: list[str]) -> int:
    """Print what is found, and say whether it is as recorded.

    Args:
        words: a folder with a clone of the repository; default: it is fetched.
    """
    with tempfile.TemporaryDirectory() as empty:
        folder = Path(words[0]) if words else Path(empty)
        if not words:
            clone(folder)
        read = list(programs(folder))
    by_program = {}
    for name, text in read:
        try:
            listed = review.of_program(text, name).findings
        except ProgramError as error:
            sys.exit(f"{name}: {error}")
        if listed:
            by_program[name] = [f"{finding.line} {finding.id}" for finding in listed]
    print(f"{len(read)} programs with recurrent layers, {COMMIT}")
    for name, lines in by_program.items():
        print(f"{name}: {', '.join(lines)}")
    record = judged()
    same = (record.commit, record.programs, record.found) == (COMMIT, len(read), by_program)
    print("As recorded." if same else "Not as recorded: judge it, and change judged.toml.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
