"""Runs the commands that the pages show, and writes what they print below them.

`python -m tools.docs` renews README.md and docs/, and the schemas of what is printed as JSON. Of a
block of a console, followed by a block of text, Markdown or JSON, the command is run and the second
block made of its output. Only commands of `lstm-spec` that need no Keras are run; a pipe to
`head -N` cuts the output.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex

import msgspec

from lstm_spec import cli
from lstm_spec.answers.answer import Answer
from lstm_spec.answers.cite import Citation
from lstm_spec.answers.explain import Explanation
from lstm_spec.reviews.review import Review
from lstm_spec.run.report import Line
from lstm_spec.run.text import as_json
from tools import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCHEMAS = {
    ROOT / f"spec/lstm_spec/{name}.schema.json": printed
    for name, printed in {
        "answers/answer": Answer,
        "answers/citation": Citation,
        "answers/explanation": Explanation,
        "reviews/review": Review,
        "run/report": Line,
    }.items()
}
"""The published schemas, each with the type of what is printed, or of a line of a report."""
SHOWN = re.compile(
    r"```console\n\$ (?P<command>lstm-spec [^\n]+)\n```\n\n"
    r"(?P<fence>`{3,})(?P<kind>text|markdown|json)\n(?P<output>.*?)\n?(?P=fence)\n",
    re.DOTALL,
)


def printed(command: str) -> str:
    """Return what a command of `lstm-spec` prints, 80 columns wide."""
    words, _, pipe = command.removeprefix("lstm-spec ").partition(" | head -")
    output = io.StringIO()
    os.environ["COLUMNS"] = "80"
    with contextlib.redirect_stdout(output):
        cli.main(shlex.split(words))
    lines = [line.rstrip() for line in output.getvalue().splitlines()]
    return "\n".join([*lines[: int(pipe)], "..."] if pipe and len(lines) > int(pipe) else lines)


def renewed(text: str) -> str:
    """Return a page with what its commands print today."""

    def block(shown: re.Match[str]) -> str:
        output = printed(shown["command"])
        fence = "````" if "```" in output else "```"
        command = f"```console\n$ {shown['command']}\n```"
        return f"{command}\n\n{fence}{shown['kind']}\n{output}\n{fence}\n"

    return SHOWN.sub(block, text)


def schema(of: object) -> str:
    """Return the JSON schema of a type, as it is published."""
    return as_json(msgspec.json.schema(of))


def main() -> None:
    """Renew the pages and the schemas, from the root of the repository."""
    os.chdir(ROOT)
    for file, of in SCHEMAS.items():
        file.write_text(schema(of), encoding="utf-8")
    for page in PAGES:
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
