"""What the command line takes: the verbs and their options."""

from __future__ import annotations

import argparse
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import lstm_spec
from lstm_spec.run.backends import NEEDED
from lstm_spec.run.effort import effort
from lstm_spec.run.oneline import one_line
from lstm_spec.verbs.outcome import BAD_USAGE

REPORT = Path("lstm-spec-report.jsonl")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        words = sys.argv[1:] if args is None else args
        for word in words:  # until Python 3.13 argparse takes the value for an empty list
            if re.fullmatch("--[a-z-]+=--", word):
                self.error(f"{word[:-3]}: expected another value than --")
        return super().parse_known_args(words, namespace)

    def error(self, message: str) -> NoReturn:
        told = one_line(message)  # argparse repeats some words as they were given
        self.exit(BAD_USAGE, f"{self.prog}: {told}; see `{self.prog} --help`\n")


class _Once(argparse.Action):
    """An option that may not be given twice with two values."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: str | None = None) -> None:
        given = namespace.__dict__.setdefault("given", {})
        if given.setdefault(self.dest, values) != values:
            parser.error(f"{option} is given as {given[self.dest]} and as {values}; give one")
        setattr(namespace, self.dest, values)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = _Parser(prog="lstm-spec", description=lstm_spec.__doc__, allow_abbrev=False)
    version = f"lstm-spec {metadata.version('lstm-spec')}"
    top.add_argument("--version", action="version", version=version)
    verbs = top.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)
    _add_check(verbs)
    _add_compare(verbs)
    _add_merge(verbs)
    _add_cite(verbs)
    _add_answer(verbs)
    _add_explain(verbs)
    _add_review(verbs)
    _add_upstream(verbs)
    return top


def _add_check(verbs: Any) -> None:
    verb = verbs.add_parser(
        "check", help="try claims on the Keras installed here", allow_abbrev=False
    )
    add = verb.add_argument
    add("names", nargs="*", metavar="NAME", help="chapters or ids of claims; default: all")
    cases = "smoke, default or deep (2, 50 or 1000 cases a claim), or a number of cases"
    add("--effort", type=effort, default="default", action=_Once, metavar="EFFORT", help=cases)
    add("--seed", type=_whole(0), action=_Once, help="draw other cases than the usual ones")
    add("--workers", type=_whole(1), action=_Once, help="processes; default: one for each core")
    add("--time-limit", type=_whole(1), action=_Once, help="seconds for each claim")
    slow = "show the N slowest claims"
    add("--durations", type=_whole(0), default=0, action=_Once, metavar="N", help=slow)
    two = "say in which environment of the matrix, from A to B, the claim got another verdict"
    add("--bisect", nargs=2, metavar=("A", "B"), help=two)
    add("--report", type=Path, default=REPORT, action=_Once, help=f"default: {REPORT}")
    add("--resume", action="store_true", help="finish the report of a run that was stopped")
    add("--descriptor", type=int, help=argparse.SUPPRESS)  # the report, open and locked
    _add_hosts(verb)
    _add_request(verb)


def _add_hosts(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("on other machines, by pytest-xdist")
    add = group.add_argument
    worker = "where a worker runs, like 4*ssh=HOST//python=PYTHON; may be repeated"
    add("--tx", dest="hosts", action="append", default=[], metavar="SPEC", help=worker)
    shared = "a Redis server that keeps what refutes a claim, like redis://HOST; with --seed"
    add("--database", default="", action=_Once, metavar="URL", help=shared)


def _add_request(verb: argparse.ArgumentParser) -> None:
    group = verb.add_argument_group("on other releases, in an environment that is made for it")
    add = group.add_argument
    helps = (
        "like tensorflow==2.21.0 or tf-nightly, or a wheel, or the folder of a source tree, "
        "like ./keras; may be repeated"
    )
    add("--with", dest="packages", action="append", default=[], metavar="REQUIREMENT", help=helps)
    add("--backend", choices=NEEDED, action=_Once, help="what computes for Keras")
    add("--python", type=_python, action=_Once, metavar="VERSION", help="like 3.12")


def _python(text: str) -> str:
    named = metadata.metadata("lstm-spec").get_all("Classifier") or []
    *others, last = re.findall(
        r"^Programming Language :: Python :: (3\.\d+)$", "\n".join(named), re.M
    )
    if text not in (*others, last):
        told = f"{', '.join(others)} or {last}"
        raise argparse.ArgumentTypeError(f"lstm-spec does not run on Python {text!r}; give {told}")
    return text


def _add_compare(verbs: Any) -> None:
    verb = verbs.add_parser(
        "compare", help="say what differs in two reports, or in speed", allow_abbrev=False
    )
    add = verb.add_argument
    add("then", metavar="A", help="the earlier report: a file, a name in the ledger, or: nearest")
    add("now", metavar="B", help="the later one")
    add("--format", choices=("table", "markdown", "json"), default="table", action=_Once)
    about = (
        "A and B: a name of the matrix like keras-3.9; requirements like 'keras==3.9.2 "
        "tensorflow==2.16.2'; a wheel or a source tree's folder; or here, for what is installed"
    )
    group = verb.add_argument_group("two environments, instead of reports", about)
    speed = "time A and B in turns, and say what is slower in B"
    group.add_argument("--speed", action="store_true", help=speed)
    group.add_argument("--python", type=_python, action=_Once, metavar="VERSION", help="like 3.12")


def _add_merge(verbs: Any) -> None:
    verb = verbs.add_parser(
        "merge", help="join reports of which each tried other claims", allow_abbrev=False
    )
    add = verb.add_argument
    add("out", type=Path, metavar="OUT", help="where the joined report goes")
    add("reports", nargs="+", metavar="REPORT", help="a file, or a name in the ledger")
    add("--partial", action="store_true", help="join them though claims are missing")


def _add_upstream(verbs: Any) -> None:
    verb = verbs.add_parser(
        "upstream", help="print what deviates as issues for Keras", allow_abbrev=False
    )
    verb.add_argument("names", nargs="*", metavar="NAME", help="chapters or ids; default: all")
    text = "of a Keras that is to come, a file or a name in the ledger; default: a recorded nightly"
    verb.add_argument("--report", metavar="REPORT", help=f"a report {text}", action=_Once)
    verb.add_argument("--mended", action="store_true", help="also what the nightly has mended")


def _add_cite(verbs: Any) -> None:
    verb = verbs.add_parser("cite", help="print a claim for pasting", allow_abbrev=False)
    verb.add_argument("name", metavar="ID", help="the id of a claim, such as time.every-step")
    formats = ("markdown", "text", "bibtex", "html", "json")
    verb.add_argument("--format", choices=formats, default=formats[0], action=_Once)
    kept = "on which release: like keras==3.9.2, or a name of the ledger; default: the newest"
    add = verb.add_argument
    add("--for", dest="release", action=_Once, metavar="RELEASE", help=kept)
    add("--backend", choices=NEEDED, action=_Once, help="what computes for Keras")


def _add_answer(verbs: Any) -> None:
    verb = verbs.add_parser("answer", help="answer a question about LSTM", allow_abbrev=False)
    asked = "the question in plain words, or its number or address"
    verb.add_argument("words", nargs="+", metavar="WORDS", help=asked)


def _add_explain(verbs: Any) -> None:
    verb = verbs.add_parser("explain", help="say what a call of LSTM makes", allow_abbrev=False)
    add = verb.add_argument
    add("call", metavar="CALL", help="a constructor call, such as 'LSTM(2, return_sequences=True)'")
    sizes = "how many timesteps and features the input has, such as 3,1 or None,1"
    add("--input", required=True, action=_Once, metavar="T,F", help=sizes)
    add("--draw", type=Path, action=_Once, metavar="FILE.svg", help="draw it, unrolled over time")
    add("--format", choices=("text", "markdown", "json"), default="text", action=_Once)


def _add_review(verbs: Any) -> None:
    helps = "say what a program makes of shapes, and what is wrong in it"
    verb = verbs.add_parser("review", help=helps, allow_abbrev=False)
    what = "a program, Markdown or a notebook that holds one, or - for what is piped in"
    verb.add_argument("file", metavar="FILE", help=what)
    formats = ("text", "markdown", "json", "sarif")
    verb.add_argument("--format", choices=formats, default="text", action=_Once)


def _whole(least: int) -> Any:
    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} up")
        return int(text)

    return number
