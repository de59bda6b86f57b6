"""What differs from the oracle of drawn models, grouped by cause.

`tox run -e mining -- NUMBER` draws models until NUMBER are tried, plain or not, each in one way at
two sizes. It may be stopped at any time, and goes on where it was: the models come in one order.
The results are kept in seen.jsonl, a line a model; page.py makes docs/measured/models.md of it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans, sampled_from

from lstm_spec.harness import model_ways
from lstm_spec.harness.model_drawing import trials
from lstm_spec.harness.model_tensors import traits_of
from lstm_spec.harness.model_ways import WAYS, check
from lstm_spec.harness.models import Trial
from lstm_spec.harness.subject import release
from tools.studies.searches import keep, kept

SEEN = Path(__file__).with_name("seen.jsonl")
WORDS = 70
"""How many characters of a failure make its cause, beside what the model has."""


class Line(msgspec.Struct, omit_defaults=True):
    """How one model was met."""

    keras: str
    way: str
    form: str
    words: list[str]
    """By which words of the vocabulary its layers were drawn."""
    traits: list[str]
    """What it has that a plain model does not have."""
    failure: str = ""
    """How it differs; nothing, if it agrees."""
    program: str = ""
    """The model as a program, if it differs."""

    @property
    def cause(self) -> str:
        """What groups it with others: its traits, and the failure without numbers."""
        text = re.sub(r"\d[\d.e+-]*", "N", self.failure.splitlines()[0])[:WORDS]
        return f"{', '.join(self.traits) or 'plain'}: {text}"


def search(number: int, file: Path = SEEN) -> Iterator[Line]:
    """Try the models that are not in the file yet, up to a number; write and yield each line.

    Args:
        number: how many are tried in sum.
        file: where what was seen stands.
    """
    done = len(kept(file, Line))
    lines: list[Line] = []
    count = 0

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(booleans().flatmap(lambda plain: trials(plain=plain)), sampled_from(sorted(WAYS)))
    def draw(trial: Trial, way: str) -> None:
        nonlocal count
        count += 1
        if count > done:
            line = meet(trial, way)
            keep(file, line)
            lines.append(line)
            print(way, line.cause if line.failure else "agrees", flush=True)

    draw()
    yield from lines


def meet(trial: Trial, way: str) -> Line:
    """Try a model in a way."""
    line = Line(
        release(),
        way,
        trial.model.form,
        [node.word for node in trial.model.nodes],
        sorted(traits_of(trial.model)),
    )
    try:
        check(way, trial)
    except Exception as error:  # whatever Keras raises is what is looked for
        line.failure = f"{type(error).__name__}: {str(error).partition(chr(10) * 2)[0]}"
        line.program = model_ways.program(trial.model, trial.inputs[0])
    return line


def groups(lines: list[Line]) -> dict[str, list[Line]]:
    """Return the lines that differ by their causes, the most frequent first, the smallest ahead."""
    by_cause: dict[str, list[Line]] = {}
    for line in lines:
        if line.failure:
            by_cause.setdefault(line.cause, []).append(line)
    for members in by_cause.values():
        members.sort(key=lambda line: len(line.words))
    return dict(sorted(by_cause.items(), key=lambda pair: -len(pair[1])))


def main(words: list[str]) -> None:
    """Try as many models as the first word says, 300 by default."""
    list(search(int(words[0]) if words else 300))


if __name__ == "__main__":
    main(sys.argv[1:])
