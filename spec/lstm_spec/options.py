"""The options of the command line, in the words of its help."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from lstm_spec import catalog
from lstm_spec.errors import BAD_USAGE, STATUSES
from lstm_spec.harness.effort import DIGITS, SHARES, TIME_LIMITS, effort, is_whole
from lstm_spec.run.environment import NEEDED
from lstm_spec.run.text import one_line, without_long_words

REPORT = Path("lstm-spec-report.jsonl")


class Verb(NamedTuple):
    """What the help says of a verb, and what it does."""

    function: Callable[[argparse.Namespace], int]
    summary: str
    """In a line."""
    statuses: str
    """What its exit statuses mean, those aside that mean the same for all verbs."""
    examples: tuple[str, ...]


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        words = sys.argv[1:] if args is None else args
        for word in words:  # until Python 3.13 argparse takes the value for an empty list
            if re.fullmatch("--[a-z-]+=--", word):
                self.error(f"{word[:-3]}: expected another value than --")
        return super().parse_known_args(words, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        arguments, rest = self.parse_known_args(args, namespace)
        if rest:
            verb = getattr(arguments, "parser", self)  # to whose help the error points
            verb.error(f"unrecognized arguments: {' '.join(rest)}")
        return arguments

    def error(self, message: str) -> NoReturn:
        sentence = without_long_words(one_line(message))  # argparse repeats words as given
        self.exit(BAD_USAGE, f"{self.prog}: {sentence}; see `{self.prog} --help`\n")


class _Once(argparse.Action):
    """An option that may not be given twice with two values."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: str | None = None) -> None:
        given = namespace.__dict__.setdefault("given", {})
        if given.setdefault(self.dest, values) != values:
            parser.error(f"{option} is given as {given[self.dest]} and as {values}; give one")
        setattr(namespace, self.dest, values)


FORMAT: dict[str, Any] = {
    "metavar": "FORMAT",
    "action": _Once,
    "help": "%(choices)s; default: %(default)s",
}
BACKEND: dict[str, Any] = {
    "choices": NEEDED,
    "metavar": "NAME",
    "action": _Once,
    "help": "what computes for Keras: %(choices)s",
}


def _whole(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if text.isdigit() and len(text) > DIGITS:
            raise argparse.ArgumentTypeError(f"{text!r} is too large; give at most {DIGITS} digits")
        if not is_whole(text, least):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} up")
        return int(text)

    return number


def _word(text: str) -> str:
    """Return text as it is given.

    Raises:
        argparse.ArgumentTypeError: it is empty, as that of a variable that is not set.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; give a value, or leave it out")
    return text


def _file(text: str) -> Path:
    return Path(_word(text))


def _python(text: str) -> str:
    classifiers = "\n".join(metadata.metadata("lstm-spec").get_all("Classifier") or [])
    *others, last = re.findall(r"^Programming Language :: Python :: (3\.\d+)$", classifiers, re.M)
    if text not in (*others, last):
        expected = f"{', '.join(others)} or {last}"
        raise argparse.ArgumentTypeError(
            f"lstm-spec does not run on Python {text!r}; give {expected}"
        )
    return text


def _ids(prefix: str, **_: object) -> list[str]:
    """Complete the name of a chapter or the id of a claim."""
    return [*catalog.chapters(), *(claim.id for claim in catalog.claims())]


def _filled(text: str, indent: str = "") -> str:
    """Return text in lines as long as the terminal, as argparse fills what it may."""
    width = max(20, shutil.get_terminal_size().columns - 2)
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent)


def _exit_statuses(own: str) -> str:
    return f"exit status:\n{_filled(STATUSES.format(own), '  ')}"


def parser(verbs: Mapping[str, Verb]) -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    about = "An executable specification of how Keras' LSTM behaves."
    top = _Parser(prog="lstm-spec", description=about, allow_abbrev=False)
    version = f"lstm-spec {metadata.version('lstm-spec')}"
    top.add_argument("--version", action="version", version=version)
    parts = top.add_subparsers(title="verbs", dest="verb", metavar="VERB")
    for name, verb in verbs.items():
        commands = textwrap.indent("\n".join(verb.examples), "  ")
        part = parts.add_parser(
            name,
            help=verb.summary,
            description=_filled(f"{verb.summary[0].upper()}{verb.summary[1:]}."),
            epilog=f"examples:\n{commands}\n\n{_exit_statuses(verb.statuses)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        part.set_defaults(function=verb.function, parser=part)
        OPTIONS[name](part)
    return top


def _add_names(verb: argparse.ArgumentParser, help: str) -> None:  # noqa: A002 - as argparse
    _completed(verb.add_argument("names", nargs="*", metavar="NAME", help=help))


def _add_id(verb: argparse.ArgumentParser, help: str) -> None:  # noqa: A002 - as argparse
    _completed(verb.add_argument("name", metavar="ID", help=help))


def _completed(names: argparse.Action) -> None:
    setattr(names, "completer", _ids)  # noqa: B010 - argcomplete's attribute


def _add_check(verb: argparse.ArgumentParser) -> None:
    add = verb.add_argument
    _add_names(verb, "chapters or ids of claims; default: all")
    numbers = ", ".join(f"{name} ({count})" for name, count in SHARES.items())
    cases = f"how many cases most claims draw: {numbers}, or a number of cases"
    add("--effort", type=effort, default="default", action=_Once, metavar="EFFORT", help=cases)
    _add_number(verb, "--seed", 0, "N", "draw other cases than the usual ones")
    _add_number(verb, "--workers", 1, "N", "processes; default: one for each core")
    limits = ", ".join(map(str, TIME_LIMITS.values()))
    limit = f"how long a claim may take; default: {limits} at smoke, default, deep"
    _add_number(verb, "--time-limit", 1, "SECONDS", limit)
    _add_number(verb, "--durations", 0, "N", "show the N slowest claims")
    where = f"where the report goes; default: {REPORT}, with the NAME of --in"
    add("--report", type=_file, action=_Once, metavar="FILE", help=where)
    add("--resume", action="store_true", help="finish the report of a run that was stopped")
    add("--descriptor", type=int, help=argparse.SUPPRESS)  # the report, open and locked
    _add_hosts(verb)
    _add_environment(verb)


def _add_number(
    verb: argparse.ArgumentParser, option: str, least: int, metavar: str, about: str
) -> None:
    verb.add_argument(option, type=_whole(least), action=_Once, metavar=metavar, help=about)


def _add_hosts(verb: argparse.ArgumentParser) -> None:
    add = verb.add_argument_group("on other machines, by pytest-xdist").add_argument
    worker = "where a worker runs, like 4*ssh=HOST//python=PYTHON; may be repeated"
    add("--tx", dest="hosts", type=_word, action="append", default=[], metavar="SPEC", help=worker)
    shared = "a Redis server that keeps what refutes a claim, like redis://HOST; with --seed"
    add("--database", type=_word, action=_Once, metavar="URL", help=shared)


def _add_environment(verb: argparse.ArgumentParser) -> None:
    title = "on other releases, in an environment that is made for it"
    add = verb.add_argument_group(title).add_argument
    kinds = (
        "like tensorflow==2.21.0 or tf-nightly, or a wheel, or the folder of a source tree, "
        "like ./keras; may be repeated"
    )
    add(
        "--with",
        dest="packages",
        type=_word,
        action="append",
        default=[],
        metavar="REQUIREMENT",
        help=kinds,
    )
    add("--backend", **BACKEND)
    add("--python", type=_python, action=_Once, metavar="VERSION", help="like 3.12")
    named = "an environment of the matrix, like keras-3.9 or python-3.10"
    add("--in", dest="entry", type=_word, action=_Once, metavar="NAME", help=named)


def _add_bisect(verb: argparse.ArgumentParser) -> None:
    _add_id(verb, "the id of a claim")
    verb.add_argument("first", metavar="A", help="an environment of the matrix, like keras-3.9")
    verb.add_argument("last", metavar="B", help="a later one of the same kind, like keras-3.12")


def _add_compare(verb: argparse.ArgumentParser) -> None:
    add = verb.add_argument
    add("then", metavar="A", help="the earlier report: a file, a name in the ledger, or: nearest")
    add("now", metavar="B", help="the later one")
    add("--format", choices=("table", "markdown", "json"), default="table", **FORMAT)
    add("--all", action="store_true", help="also signatures, documentation and environment")
    about = (
        "A and B: a name of the matrix like keras-3.9; requirements like 'keras==3.9.2 "
        "tensorflow==2.16.2'; a wheel or a source tree's folder; or here, for what is installed"
    )
    title = "two environments, instead of reports"
    group = verb.add_argument_group(title, _filled(about, "  ").lstrip())
    speed = "time A and B in turns, and say what is slower in B"
    group.add_argument("--speed", action="store_true", help=speed)
    group.add_argument("--python", type=_python, action=_Once, metavar="VERSION", help="like 3.12")


def _add_merge(verb: argparse.ArgumentParser) -> None:
    add = verb.add_argument
    add("out", type=_file, metavar="OUT", help="where the joined report goes")
    add("reports", nargs="+", metavar="REPORT", help="a file, or a name in the ledger")
    add("--partial", action="store_true", help="join them though claims are missing")


def _add_list(verb: argparse.ArgumentParser) -> None:
    _add_names(verb, "chapters or ids; default: the chapters are listed")
    verb.add_argument(
        "--find", type=_word, action=_Once, metavar="TEXT", help="only what contains this text"
    )
    verb.add_argument("--beliefs", action="store_true", help="what people believe instead")


def _add_show(verb: argparse.ArgumentParser) -> None:
    _add_id(verb, "the id of a claim, as time.every-step")


def _add_cite(verb: argparse.ArgumentParser) -> None:
    _add_id(verb, "the id of a claim, as time.every-step, or of a question, as stacking")
    formats = ("markdown", "text", "bibtex", "html", "json")
    verb.add_argument("--format", choices=formats, default=formats[0], **FORMAT)
    _add_place(verb)


def _add_answer(verb: argparse.ArgumentParser) -> None:
    asked = "the question in plain words, an error, or a question's id, number or address"
    verb.add_argument("words", nargs="+", metavar="WORDS", help=f"{asked}; - reads it")
    formats = ("markdown", "text", "json")
    verb.add_argument("--format", choices=formats, default=formats[0], **FORMAT)
    _add_place(verb)


def _add_place(verb: argparse.ArgumentParser) -> None:
    where = "on which release: like keras==3.9.2, or a name of the ledger; default: the newest"
    verb.add_argument(
        "--for", dest="release", type=_word, action=_Once, metavar="RELEASE", help=where
    )
    verb.add_argument("--backend", **BACKEND)


def _add_explain(verb: argparse.ArgumentParser) -> None:
    add = verb.add_argument
    add("call", metavar="CALL", help="a constructor call, such as 'LSTM(2, return_sequences=True)'")
    sizes = "timesteps and features of its input, such as 3,1; default: its input_shape, or None,1"
    add("--input", action=_Once, metavar="T,F", help=sizes)
    add("--draw", type=_file, action=_Once, metavar="FILE.svg", help="draw it, unrolled over time")
    strong = "draw strokes as strong as the output depends on the inputs, by Keras"
    add("--strengths", action="store_true", help=strong)
    add("--format", choices=("text", "markdown", "json"), default="text", **FORMAT)


def _add_review(verb: argparse.ArgumentParser) -> None:
    what = "a program, Markdown or a notebook, a model's .keras, .h5 or JSON file, or - for a pipe"
    verb.add_argument("file", metavar="FILE", help=what)
    formats = ("text", "markdown", "json", "sarif")
    verb.add_argument("--format", choices=formats, default="text", **FORMAT)
    moved = "what changes for a model on another release, like keras==3.9.2"
    verb.add_argument("--to", type=_word, action=_Once, metavar="RELEASE", help=moved)


def _add_upstream(verb: argparse.ArgumentParser) -> None:
    _add_names(verb, "chapters or ids; default: all")
    coming = (
        "a report of a Keras that is to come, a file or a name in the ledger; default: a recorded "
        "nightly"
    )
    verb.add_argument("--report", type=_word, action=_Once, metavar="REPORT", help=coming)
    verb.add_argument("--fixed", action="store_true", help="also what the nightly has fixed")


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "answer": _add_answer,
    "cite": _add_cite,
    "explain": _add_explain,
    "review": _add_review,
    "list": _add_list,
    "show": _add_show,
    "check": _add_check,
    "compare": _add_compare,
    "bisect": _add_bisect,
    "merge": _add_merge,
    "upstream": _add_upstream,
    "mcp": lambda _: None,
}
"""What adds the options of a verb."""
