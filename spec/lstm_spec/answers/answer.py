"""The answer to what somebody asks: in plain words, by an error, or by a question's number."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path

import msgspec

from lstm_spec import catalog
from lstm_spec.answers import cite, errors, search
from lstm_spec.answers.cite import PACKAGE, claim_address, code, question_address
from lstm_spec.answers.questions import Question, is_reference, questions, referred
from lstm_spec.answers.standing import exceptions, false_at, named, standing
from lstm_spec.catalog import Claim
from lstm_spec.errors import UsageError, suggestion
from lstm_spec.releases import ledger
from lstm_spec.run import deviations
from lstm_spec.run.environment import Place
from lstm_spec.run.report import Report
from lstm_spec.run.text import as_json, one_line, prose, without_escapes

LONGEST = 1_000_000
"""How many characters of a question are taken from standard input."""
OTHERS = 2
"""How many other questions or claims are named beside the first."""
SURE = -1.2
"""A question that is less sure gets no answer; a bound at which fewer than one in twenty that
a claim answers are refused, of those that were looked at, with their near copies left out."""
SURENESS = Path(__file__).with_name("sureness.json")
COUNTED = {"ours": 2, "near": 3, "lstm": 1, "keras": 1}
"""So many different words of a topic count at most."""
THEIRS = ("libraries", "layers", "tools", "tasks", "data", "everyday")
"""The kinds of what belongs to another topic."""
STRANGE, ELSEWHERE, ALONE = 3, 2, 2
"""So many names of a kind of other things count at most, so many of libraries where Keras is not
named, and so many of the others where no LSTM is named."""
UNHEARD = 2
"""So many names of code that no answer has count at most."""
OF_AN_ERROR = 0.25
"""What a claim gains if it knows the words of an error that is asked about."""
MEANT = 1.0
"""So much more does a question count that the words of an error mean."""
TELLING, FIRST = 5, 3
"""So many claims gain it, and the questions of which one is among so many of the first."""
UNKNOWN = "No claim answers this."

Hit = Question | Claim


class Fit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sureness is computed, as tools/studies/titles/sureness.py has fitted it."""

    signs: dict[str, float]
    """What each sign adds, and what is always added."""


class Found(msgspec.Struct, frozen=True):
    """What is found for a question."""

    hits: list[Hit]
    """The questions and claims that it may mean, the best first."""
    sure: bool
    """Whether the first is likely to answer it."""
    error: errors.Error | None = None
    """The error that the question shows."""


class Said(msgspec.Struct, frozen=True):
    """A claim as an answer says it."""

    id: str
    sentence: str
    """What is true of it on the Keras that is asked for."""
    elsewhere: list[str]
    """What happens on other releases or backends, where it is something else."""
    link: str | None


class Other(msgspec.Struct, frozen=True):
    """Another question or claim that may be meant."""

    id: str
    title: str


class Answer(msgspec.Struct, frozen=True):
    """What is said to a question."""

    asked: str
    answered: bool
    """Whether there is an answer; if not, `others` are the nearest questions."""
    keras: str
    """The Keras for which it is said."""
    error: str = ""
    """The last line of the traceback that is asked about."""
    meaning: str = ""
    """What that line tells of the layer and the shapes."""
    id: str = ""
    """The id of the question or claim that answers; `lstm-spec cite` takes it."""
    title: str = ""
    address: str | None = None
    """Where the question is asked."""
    link: str | None = None
    """The address of the answer on the site."""
    caution: str = ""
    """That not all of the answer holds on this Keras, if it does not."""
    text: str = ""
    """The answer."""
    cure: str = ""
    """Code that does what the answer advises, for names that the asker has."""
    why: str = ""
    """Why the first claim says what it says."""
    example: str = ""
    """A program that shows the first claim; what it prints stands in comments."""
    claims: list[Said] = []
    others: list[Other] = []


@dataclass(frozen=True)
class Library:
    """Where answers are looked for."""

    questions: list[Question]
    claims: list[Claim]

    @cached_property
    def by_id(self) -> dict[str, Hit]:
        """The questions and claims by their ids."""
        hits: list[Hit] = [*self.questions, *self.claims]
        return {hit.id: hit for hit in hits}

    @cached_property
    def index(self) -> search.Index:
        """What is searched: the questions, then the claims."""
        claims = {claim.id: claim for claim in self.claims}
        asked = [
            _text_of_question(item, [claims[name] for name in item.claims])
            for item in self.questions
        ]
        return search.Index([*asked, *map(_text_of_claim, self.claims)])

    @cached_property
    def silent(self) -> frozenset[str]:
        """The titles and wordings of what no claim answers."""
        rows = (row for q in self.questions if not q.claims for row in (q.title, *q.also))
        return frozenset(" ".join(search.words_of(row)) for row in rows)

    @cached_property
    def answering(self) -> frozenset[int]:
        """The rows of the index that are titles and wordings of what answers."""
        rows = enumerate(self.index.rows)
        texts = self.index.texts
        return frozenset(n for n, (p, _) in rows if answers(self.by_id[texts[p].name]))

    @cached_property
    def code_names(self) -> frozenset[str]:
        """The names of code in answers and claims, in lower case."""
        texts = (text for text in self.index.texts if answers(self.by_id[text.name]))
        bodies = "\n".join(f"{text.body}\n{text.rest}" for text in texts)
        return frozenset(name.lower() for name in re.findall(search.NAME, bodies))

    def holding(self, name: str) -> frozenset[int]:
        """Return the rows of `answering` that have a name of code."""
        return self.answering.intersection(self.index.holders.get(name.lower(), ()))

    def heard(self, name: str) -> bool:
        """Return whether a title, a wording or the text of what answers has a name of code."""
        return bool(self.holding(name)) or name.lower() in self.code_names

    def unheard(self, line: str) -> set[str]:
        """Return the names of code in a line that nothing which answers has.

        Several lines are a program or a traceback, which has names of its own.
        """
        names = set() if "\n" in line else set(re.findall(search.NAME, line[: search.LONGEST]))
        return {name for name in names if not self.heard(name)}

    def theirs(self, name: str) -> frozenset[str]:
        """Return what the question or claim of an id names that belongs to another topic."""
        text = self.index.texts[self.index.place_of[name]]
        whole = "\n".join([text.title, *text.also, text.body, text.rest])
        return frozenset().union(*(search.names(kind, whole) for kind in THEIRS))


@cache
def whole_library() -> Library:
    """Return the library of all questions and claims."""
    return Library(questions(), catalog.claims())


def _text_of_question(question: Question, claims: Sequence[Claim]) -> search.Text:
    also = [*question.also, question.id.replace("-", " ")]
    rest = " ".join(f"{claim.statement} {claim.corrects or ''}" for claim in claims)
    return search.Text(question.id, question.title, also, question.answer, rest)


def _text_of_claim(claim: Claim) -> search.Text:
    rest = f"{claim.id.replace('.', ' ').replace('-', ' ')} {claim.why}"
    return search.Text(claim.id, claim.statement, (), claim.corrects or "", rest)


def find(asked: str, library: Library) -> Found:
    """Find what answers a question.

    Args:
        asked: plain words, an error, or the id, the number or the address of a question.
        library: what there is to be found.
    """
    words = without_escapes(errors.shorten(asked)).strip()
    if meant := referred(words, library.questions):
        return Found(list(meant), True)
    if is_reference(words):
        return Found([], False)
    error = errors.read(words)
    hits = of_error(error, library) if error else library.index.find(words)
    best = [library.by_id[hit.name] for hit in hits]
    answering = [hit for hit in best if answers(hit)]
    elsewhere = error and error.elsewhere and not search.topic("ours").search(words.lower())
    silent = " ".join(search.words_of(words)) in library.silent
    if not elsewhere and not silent and sureness(hits, words, library) >= SURE:
        return Found(answering[: 1 + OTHERS], True, error)
    nearest: list[Hit] = [hit for hit in answering if isinstance(hit, Question)]
    first = [] if answers(best[0]) else best[:1]
    return Found([*first, *nearest[:OTHERS]], False, error)


def sureness(hits: Sequence[search.Hit], asked: str, library: Library) -> float:
    """Return how likely the first hit that answers anything is the answer."""
    parts = signs(hits, asked, library)
    weights = fit().signs
    return sum(weights[name] * value for name, value in parts.items()) + weights["always"]


@cache
def fit() -> Fit:
    """Return how sureness is computed."""
    return msgspec.json.decode(SURENESS.read_bytes(), type=Fit)


def signs(hits: Sequence[search.Hit], asked: str, library: Library) -> dict[str, float]:
    """Return what tells whether the first hit that answers anything is the answer.

    That is its score, how far it is ahead of the first that answers nothing, how many words of the
    topic the question has, how many of any network, whether it names an LSTM and Keras, how much it
    names of each kind of other things that the hit does not, how many libraries it names without
    Keras, how many other things without an LSTM, how many names of code it has that no answer has,
    and how much of it the hit has no word for.
    """
    first = next(hit for hit in hits if answers(library.by_id[hit.name]))
    silent = next((hit for hit in hits if not answers(library.by_id[hit.name])), None)
    text = search.in_english(asked).lower()
    known = library.theirs(first.name)
    mentioned = {kind: search.names(kind, text) for kind in THEIRS}
    counted = {kind: _counted(kind, text) for kind in COUNTED}
    libraries, *others = (len(some) for some in mentioned.values())
    return {
        "score": first.score,
        "ahead": first.score - silent.score if silent else 1.0,
        **counted,
        **{kind: float(min(len(some - known), STRANGE)) for kind, some in mentioned.items()},
        "elsewhere": 0.0 if counted["keras"] else float(min(libraries, ELSEWHERE)),
        "alone": 0.0 if counted["lstm"] else float(min(sum(others), ALONE)),
        "unheard": float(min(len(library.unheard(asked)), UNHEARD)),
        "uncovered": library.index.uncovered(asked, first.name),
    }


def _counted(kind: str, text: str) -> float:
    return float(min(len(set(search.topic(kind).findall(text))), COUNTED[kind]))


def answers(hit: Hit) -> bool:
    """Return whether a hit answers anything: a question without claims says only that none does."""
    return isinstance(hit, Claim) or bool(hit.claims)


def of_error(error: errors.Error, library: Library) -> list[search.Hit]:
    """Return what fits an error, first what knows its words."""
    known = {known.claim for known in errors.known_as(error)[:TELLING]}
    hits = []
    for hit in library.index.find(error.text):
        item = library.by_id[hit.name]
        of = {item.id} if isinstance(item, Claim) else set(item.claims[:FIRST])
        meant = isinstance(item, Question) and item.id in known
        more = MEANT if meant else OF_AN_ERROR if known & of else 0.0
        hits.append(search.Hit(hit.name, hit.score + more))
    return sorted(hits, key=lambda hit: -hit.score)


def answer(
    asked: str,
    result: Found,
    library: Library,
    place: Place | None = None,
    report: Report | None = None,
) -> Answer:
    """Say what is found for a question.

    Args:
        asked: the question.
        result: what `find` returned for it.
        library: where it was found.
        place: the asker's Keras; default: the newest release.
        report: the ledger's report on it, if there is one.
    """
    left = result.hits[1:] if result.sure else result.hits
    left = [hit for hit in left if answers(hit)]
    others = [Other(hit.id, _title(hit, place)) for hit in left[:OTHERS]]
    reply = Answer(
        asked=asked[: search.LONGEST],
        answered=result.sure,
        keras=named(place or deviations.newest()),
        error=result.error.text if result.error else "",
        meaning=errors.meaning(result.error) if result.error else "",
        others=others,
    )
    first = result.hits[0] if result.hits else None
    if first and result.sure:
        return _of(first, reply, library, place, report)
    if isinstance(first, Question) and not answers(first):
        return msgspec.structs.replace(
            reply, id=first.id, title=first.title, address=first.address, text=first.answer
        )
    return reply


def _of(
    first: Hit, reply: Answer, library: Library, place: Place | None, report: Report | None
) -> Answer:
    claims = {claim.id: claim for claim in library.claims}
    if isinstance(first, Question):
        made_of = [claims[name] for name in first.claims]
        shown = msgspec.structs.replace(
            reply,
            title=first.title,
            address=first.address,
            link=question_address(first.id),
            text=first.answer,
            cure=first.cure.strip(),
        )
    else:
        made_of = [first]
        shown = msgspec.structs.replace(
            reply, title=first.statement, link=claim_address(first.id), text=_title(first, place)
        )
    here = place or deviations.newest()
    broken = here != deviations.newest() and any(false_at(claim.id, here) for claim in made_of)
    untried = [ledger.untried(report, claim.id) if report else "" for claim in made_of]
    what = "holds" if broken else "was tried"
    caution = f"Not all of this {what} on {named(here)}, as is said below."
    return msgspec.structs.replace(
        shown,
        id=first.id,
        caution=caution if broken or any(untried) else "",
        why=" ".join(made_of[0].why.split()),
        example=code(made_of[0].example),
        claims=[_claim(claim, place, why) for claim, why in zip(made_of, untried, strict=True)],
    )


def _claim(claim: Claim, place: Place | None, untried: str) -> Said:
    others = exceptions(claim.id, place or deviations.newest())
    sentence = str(standing(claim, place, untried))
    return Said(claim.id, sentence, others, claim_address(claim.id))


def _title(hit: Hit, place: Place | None) -> str:
    return hit.title if isinstance(hit, Question) else str(standing(hit, place))


class UnknownQuestionError(UsageError):
    """An id that no question has, and no claim."""


def cited(
    name: str, library: Library, place: Place | None = None, report: Report | None = None
) -> Answer:
    """Return the answer of the question that has an id.

    Raises:
        UnknownQuestionError: none has; the message holds the nearest ids.
    """
    hit = library.by_id.get(name)
    if not isinstance(hit, Question):
        known = [*library.by_id, *catalog.chapters(), *(claim.id for claim in catalog.claims())]
        hint = suggestion(name, known, "`lstm-spec list` shows the claims")
        raise UnknownQuestionError(f"no claim or question is called {name!r}; {hint}")
    result = Found([hit], answers(hit))
    return answer(hit.title, result, library, place, report)


def markdown(reply: Answer) -> str:
    """Return an answer for pasting into a question-and-answer site."""
    return "\n".join(_parts(reply, prose, block=_fenced, name=lambda name: f"`{name}`"))


def text(reply: Answer) -> str:
    """Return an answer as plain text."""
    return "\n".join(_parts(reply, str, block=_indented, name=lambda name: name))


def _parts(
    reply: Answer,
    prose: Callable[[str], str],
    block: Callable[[str], str],
    name: Callable[[str], str],
) -> Iterator[str]:
    """Yield the parts of an answer, a blank line after each but the last."""
    if reply.error:
        yield f"{name(one_line(reply.error))}\n"
        yield from [f"{prose(reply.meaning)}\n"] if reply.meaning else []
    if not reply.answered:
        yield f"{prose(UNKNOWN)} {prose(reply.text)}".rstrip() + "\n"
        yield from _list("The nearest questions, which ask something else:", reply, prose, name)
        return
    yield from [f"{prose(reply.caution)}\n"] if reply.caution else []
    yield f"{prose(reply.text)}\n"
    if reply.cure:
        yield f"{block(reply.cure)}\n"
    yield f"{prose(f'For {reply.keras}, this rests on:')}\n"
    first, *more = reply.claims
    yield "".join(
        [_rests_on(first, prose, name, reply.why), *(_rests_on(c, prose, name) for c in more)]
    )
    yield "Run as a file, this prints what stands in its comments:\n"
    yield f"{block(reply.example)}\n"
    kind = "Claim" if reply.id == reply.claims[0].id else f'"{reply.title}", question'
    yield f"{prose(kind)} {name(reply.id)} of {PACKAGE} {metadata.version(PACKAGE)}" + (
        f": {reply.link}\n" if reply.link else ".\n"
    )
    if reply.address:
        yield f"Asked at {reply.address}\n"
    yield from _list("See also:", reply, prose, name)


def _rests_on(
    claim: Said, prose: Callable[[str], str], name: Callable[[str], str], why: str = ""
) -> str:
    reason = f"  {prose(why)}\n" if why else ""
    link = f", {claim.link}" if claim.link else ""
    elsewhere = "".join(f"  {prose(line)}\n" for line in claim.elsewhere)
    if len(claim.elsewhere) > 1:
        places = "; ".join(
            line[:1].lower() + line[1:].partition(":")[0] for line in claim.elsewhere
        )
        hint = f"`lstm-spec cite {claim.id}` says what."
        elsewhere = f"  {prose(f'Something else happens {places}. {hint}')}\n"
    return f"- {prose(claim.sentence)} ({name(claim.id)}{link})\n{reason}{elsewhere}"


def _list(
    head: str, reply: Answer, prose: Callable[[str], str], name: Callable[[str], str]
) -> Iterator[str]:
    if reply.others:
        items = "".join(f"- {name(other.id)}: {prose(other.title)}\n" for other in reply.others)
        yield f"{head}\n\n{items}"


def _fenced(program: str) -> str:
    return f"```python\n{program}\n```"


def _indented(program: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in program.splitlines())


def bibtex(reply: Answer) -> str:
    """Return the answer of a question as an entry of BibTeX."""
    claims = ", ".join(claim.id for claim in reply.claims)
    rests = f", made of the claims {claims}" if claims else ""
    note = f"Question {reply.id} of {PACKAGE} {metadata.version(PACKAGE)}{rests}"
    fields = {"title": f"{{{cite.tex(reply.title)}}}", "author": f"{{{PACKAGE}}}"}
    fields |= {"note": cite.tex(note)} | ({"url": reply.link} if reply.link else {})
    entry = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
    return f"@misc{{{PACKAGE}:{reply.id},\n{entry}}}\n"


def fragment(reply: Answer) -> str:
    """Return an answer as HTML."""
    items = "".join(f"<li>{cite.tags(f'{c.sentence} (`{c.id}`)')}</li>\n" for c in reply.claims)
    cure = f"<pre><code>{html.escape(reply.cure)}</code></pre>\n" if reply.cure else ""
    why = f"<p>{cite.tags(f'Why: {reply.why}')}</p>\n" if reply.why else ""
    example = f"<pre><code>{html.escape(reply.example)}</code></pre>\n" if reply.example else ""
    head = f'<p><a href="{reply.link}">{reply.id}</a></p>\n' if reply.link else ""
    return f"{head}<p>{cite.tags(reply.text)}</p>\n{cure}{why}<ul>\n{items}</ul>\n{example}"


FORMATS = {"markdown": markdown, "text": text, "json": as_json}
CITATIONS = {**FORMATS, "bibtex": bibtex, "html": fragment}
