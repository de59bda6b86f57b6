"""Ask the titles that strangers chose, and make the page of how well they are answered.

    python -m tools.studies.titles [SET ...]

SET is any of those in SETS; default: all but the unseen ones, which are for the end. Misses are
listed of the sets that were looked at. A second rate of each set leaves out what is nearly a title
(left_out.py).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from lstm_spec import catalog
from lstm_spec.answers.answer import Found, Library, find
from lstm_spec.answers.questions import Question, questions, referred
from tools import MEASURED
from tools.studies.titles.left_out import Apart

HERE = Path(__file__).parent
PAGE = MEASURED / "asking.md"
RULE = "| --- | --- | --- | --- | --- |"
"""What stands above the rows of the page's last table."""
SHOWN = 3
"""How many of the questions and claims that are found count."""
SETS = (
    *("open", "closed", "last", "newest", "fresh_open", "fresh_closed", "deciding", "second"),
    *("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth"),
    *("eighteenth", "nineteenth", "twentieth", "twentyfirst", "twentysecond", "twentythird"),
    *("twentyfourth", "twentyfifth", "twentysixth", "twentyseventh", "recalled"),
)
UNSEEN: tuple[str, ...] = ()
"""The sets of which nobody has looked at what is found for a title; only rates are printed."""


class Title(msgspec.Struct, frozen=True):
    """A title of a stranger, with the claims that answer it."""

    title: str
    address: str
    kind: str
    """claims, none, advice or off: README.md says what they mean."""
    half: str = ""
    """Which set a question off the topic belongs to; empty in the other files."""
    ids: list[str] = []
    """Each of these claims is a good first answer."""
    could_be_ours: bool = False
    """Whether only its thread shows that it is off the topic."""
    later: bool = False
    """Whether no claim was said to answer it at first."""

    @property
    def was_answered(self) -> bool:
        """Whether claims answered it when it was labelled."""
        return self.kind == "claims" and not self.later


class Rate(msgspec.Struct, frozen=True):
    """How many of some titles are answered."""

    titles: int
    first: int
    shown: int
    unanswered: int
    """How many get no answer."""


def titles(name: str) -> list[Title]:
    """Return the titles of a set; none, if it is not here."""
    file = HERE / f"{name}.jsonl"
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [msgspec.json.decode(line, type=Title) for line in lines]


def off(name: str) -> list[Title]:
    """Return the titles off the topic that belong to a set."""
    return [title for title in titles("off") if title.half == name]


def right(hit: object, ids: Iterable[str]) -> bool:
    """Say whether a hit is one of the claims, or a question whose answer is made of one."""
    claims = hit.claims if isinstance(hit, Question) else [getattr(hit, "id", "")]
    return not set(ids).isdisjoint(claims)


def rate(given: Iterable[Title], library: Library) -> tuple[Rate, list[str]]:
    """Return how many titles find a claim that answers them, and those that do not."""
    count = first = shown = unanswered = 0
    missed = []
    for title in given:
        answers = find(title.title, library)
        hits = ranked(title.title, answers, library)
        count += 1
        first += right(hits[0], title.ids)
        among = any(right(hit, title.ids) for hit in hits)
        shown += among
        unanswered += not answers.sure
        if not among:
            missed.append(f"{title.title} -> {', '.join(hit.id for hit in hits)}")
    return Rate(count, first, shown, unanswered), missed


def ranked(asked: str, answers: Found, library: Library) -> list[Question | catalog.Claim]:
    """Return what is found first, whether or not it is sure enough to be said."""
    if answers.sure:
        return answers.hits[:SHOWN]
    hits = library.index.find(asked)[:SHOWN]
    return [library.by_id[hit.name] for hit in hits]


def measure(name: str, library: Library) -> Iterator[tuple[str, Rate, list[str]]]:
    """Yield the rates of a set, each with its name and what it misses."""
    given = titles(name)
    of_lstm = [title for title in given if title.kind in ("claims", "none")]
    answerable = [title for title in given if title.kind == "claims"]
    strange = [t for t in answerable if not referred(t.address, library.questions)]
    worded = {words.lower() for q in library.questions for words in (q.title, *q.also)}
    strange = [title for title in strange if title.title.lower() not in worded]
    yield f"{name}: about Keras' LSTM", *rate(of_lstm, library)
    yield f"{name}: of these a claim answers", *rate(answerable, library)
    yield f"{name}: of these none of our questions is the same", *rate(strange, library)
    yield f"{name}: advice about data", *rate((t for t in given if t.kind == "advice"), library)
    yield f"{name}: off the topic", *rate(off(name), library)
    plain = [title for title in off(name) if not title.could_be_ours]
    if name in SETS[4:]:
        yield f"{name}: off the topic, as the title alone shows", *rate(plain, library)
    apart = Apart(library.questions, library.claims)
    yield f"{name}: a claim answers, near copies left out", *rate(answerable, apart)
    yield f"{name}: off the topic, near copies left out", *rate(plain, apart)


def main() -> None:
    """Measure, print what is missed of the sets that were looked at, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], default=[])
    chosen = parser.parse_args().sets or [name for name in SETS if name not in UNSEEN]
    library = Library(questions(), catalog.claims())
    rows = {}
    for name in chosen:
        for label, rates, missed in measure(name, library):
            rows[label] = rates
            print(f"{label}: {rates}")
            if name not in UNSEEN and "of these a claim answers" in label:
                print("".join(f"  {line}\n" for line in missed), end="")
    kept = _page().rpartition(f"{RULE}\n")[2].splitlines()
    others = [line for line in kept if _set(line) in SETS and _set(line) not in chosen]
    lines = sorted([*others, *(_row(*pair) for pair in rows.items())], key=_order)
    PAGE.write_text(head(library) + "\n".join(lines) + "\n", encoding="utf-8")


def _page() -> str:
    return PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""


def _set(line: str) -> str:
    return line.removeprefix("| ").partition(":")[0]


def _order(line: str) -> int:
    return SETS.index(_set(line))


def _row(label: str, rates: Rate) -> str:
    count = max(rates.titles, 1)
    shares = (f"{n} ({n / count:.0%})" for n in (rates.first, rates.shown, rates.unanswered))
    return f"| {label} | {rates.titles} | {' | '.join(shares)} |"


class Judgment(msgspec.Struct, frozen=True):
    """What two readers thought of an answer to a title, who did not know what was found for it."""

    set: str
    title: str
    kind: str
    """That of the title."""
    hit: str
    """The id of the question or claim."""
    rank: int
    """1 to 3 for what was found; 0 for what was mixed in."""
    first_reader: str
    """good, partly or no."""
    second_reader: str

    def is_one_of(self, *verdicts: str) -> bool:
        """Return whether both readers gave one of some verdicts."""
        return {self.first_reader, self.second_reader} <= set(verdicts)


def judgments() -> list[Judgment]:
    """Return what two readers thought of the answers to the titles of a set."""
    lines = (HERE / "judged.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Judgment) for line in lines]


def judged() -> str:
    """Return the rows of how good both readers found the answers."""
    hits = [judgment for judgment in judgments() if judgment.rank and judgment.kind == "claims"]
    rows = []
    for name in dict.fromkeys(hit.set for hit in hits):
        for verdicts in (("good",), ("good", "partly")):
            asked = {hit.title for hit in hits if hit.set == name}
            good = [hit for hit in hits if hit.set == name and hit.is_one_of(*verdicts)]
            counts = len({hit.title for hit in good if hit.rank == 1}), len({h.title for h in good})
            shares = (f"{count} ({count / len(asked):.0%})" for count in counts)
            rows.append(
                f"| {name}: {' or '.join(verdicts)} | {len(asked)} | {' | '.join(shares)} |"
            )
    return "\n".join(rows)


def once() -> str:
    """Return the rows of how each set was answered when it was unseen."""
    rows = []
    with (HERE / "once.csv").open(encoding="utf-8") as file:
        for name, *counts in list(csv.reader(file))[1:]:
            number, first, shown, unanswered, others, silent = (int(n or 0) for n in counts)
            row = _row(name, Rate(number, first, shown, unanswered))
            rest = f" {others} | {silent} ({silent / others:.0%}) |" if others else "  |  |"
            rows.append(f"{row}{rest}")
    return "\n".join(rows)


def then() -> str:
    """Return the row of what today's search finds in the questions that each set was unseen by."""
    with (HERE / "then.csv").open(encoding="utf-8") as file:
        rows = [[int(count) for count in row[2:]] for row in list(csv.reader(file))[1:]]
    number, *counts = (sum(column) for column in zip(*rows, strict=True))
    return f"| {number} | {' | '.join(f'{count} ({count / number:.0%})' for count in counts)} |"


def head(library: Library) -> str:
    """Return the text above the numbers."""
    count = len(library.questions)
    mixed = [judgment for judgment in judgments() if not judgment.rank]
    good = sum(judgment.is_one_of("good") for judgment in mixed)
    return f"""# Asking

How well `lstm-spec answer` answers titles that strangers chose elsewhere, from {count}
questions and {len(library.claims)} claims. How the titles were found and labelled, and what that
is worth, is told in [tools/studies/titles](../../tools/studies/titles/README.md).
`python -m tools.studies.titles` makes this page.

- *first*: the first question or claim that is found is made of a claim that is a good first answer.
- *among three*: one of the first three is.
- *no answer*: `answer` says that no claim answers, and exits with 4.

From the second on a set was unseen when it was asked, once, by searches that were fixed before they
ran. Of the titles that a claim answers, and of those off the topic, as the title shows
([once.csv](../../tools/studies/titles/once.csv), written down when a set was asked):

| set | titles | first | among three | no answer | off the topic | of these no answer |
| --- | --- | --- | --- | --- | --- | --- |
{once()}

Today's search, asked of the questions as they were before anybody had looked at the set, finds for
the titles up to the twentieth set
(`uv run --with wordllama==0.4.0.post1 python -m tools.studies.titles.then`):

| titles | first | among three | among five | among ten |
| --- | --- | --- | --- | --- |
{then()}

A claim that belongs to a title's matter need not answer what the title asks. Two readers judged the
three that were found for each title of five sets, mixed with three that stood further down, without
knowing which were which, by the title alone. Behind the nineteenth 128 answers were written anew,
and behind the twentieth 111; most titles of the twenty-first ask of the trainer, and name no LSTM
([judged.jsonl](../../tools/studies/titles/judged.jsonl)). Both called {good} of the {len(mixed)}
that were mixed in good. Of what was found for titles that a claim answers both say:

| titles | number | first | among three |
| --- | --- | --- | --- |
{judged()}

All sets have been looked at by now, question by question, so their rates below say what was
learned. Titles that no claim answers count as missed in the first line of each set. A title can be
one of our questions by its address or one of its wordings, because both come from the same places;
the third line leaves these out. Many titles off the topic name no library or layer, so that only
their thread tells them apart; there an answer is no mistake, and the line of what the title alone
shows leaves them out.

In the last two lines of a set the wordings that are nearly a title, by spelling or meaning, are
left out of our questions for that title. That is nearer to what a stranger's next title meets, but
not the same: wordings that were written for a title's kind stay. What is off the topic is there as
the title alone shows, in `open` to `newest` all of it.

| titles | number | first | among three | no answer |
{RULE}
"""


if __name__ == "__main__":
    main()
