"""A claim for pasting into an answer: what it says, an example, who says so, what it leaves open.

The example's output is not made here: whenever the claim is tried, its example is run, and
printing anything else refutes the claim.
"""

from __future__ import annotations

import ast
import doctest
import html
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from importlib import metadata

import msgspec

from lstm_spec import catalog
from lstm_spec.answers.standing import (
    BROKEN,
    Standing,
    capital,
    extent,
    false_at,
    standing,
    where,
)
from lstm_spec.catalog import Claim
from lstm_spec.releases import ledger
from lstm_spec.run import deviations
from lstm_spec.run.environment import Place
from lstm_spec.run.report import VERDICTS, Extent, Report, Verdict, in_words
from lstm_spec.run.text import as_json, prose

PACKAGE = "lstm-spec"
BELIEVED = "Why the claim says so:"
BASIS = {
    "promised": "Promised by Keras' documentation: ",
    "derived": "Derived from ",
    "observed": "Observed: ",
}

NEEDS = {
    "tensorflow": "It says nothing of other backends than TensorFlow.",
    "CPU": "It is tried only where Keras finds no GPU.",
    "keras.Model.fit": "It is tried only with backends that can train a model.",
}
"""What is said of a need that is no module, argument or file, or of which there is more to say."""

Tried = Sequence[tuple[str, Verdict]]
"""Releases in their order, each with the verdict on a claim."""


class Deviation(msgspec.Struct, frozen=True):
    """Where the claim is known to be false, or to hold with a difference."""

    where: str
    """The conditions in English, as in "before Keras 3"."""
    holds: bool
    """Whether it holds there, with a difference."""
    instead: str
    """What happens instead."""
    concerns: str
    first: bool = False
    """Whether the citation begins with what happens instead."""


class Citation(msgspec.Struct, frozen=True):
    """A claim as it is cited."""

    id: str
    said_first: Standing
    """What is true of the claim on the newest release, or on the one that is asked for."""
    statement: str
    why: str
    example: str
    """Code, with what it prints as comments."""
    basis: str
    source: str
    corrects: str | None
    deviations: list[Deviation]
    tried: list[tuple[str, Verdict]]
    """The releases on which the claim was tried, each with the verdict."""
    cases: int
    extent: Extent
    """How wide it was tried there: the numbers and names that were drawn, if that is recorded."""
    limits: list[str]
    """What the claim does not say."""
    version: str
    """The version of this package, whose tag holds the test."""
    test: str
    """Where the test stands in the repository: the file and the line."""
    link: str | None
    """The address of the claim's page, or of that line at the tag, if the package tells one."""


def citation(
    claim: Claim,
    tried: Tried = (),
    place: Place | None = None,
    untried: str = "",
    extent: Extent | None = None,
) -> Citation:
    """Gather what is said of a claim.

    Args:
        claim: the claim.
        tried: the releases on which it was tried, each with the verdict.
        place: the Keras for which it is cited; default: the newest release.
        untried: why it cannot be tried there, if it cannot.
        extent: how wide it was tried there, if that is recorded.
    """
    version = metadata.version(PACKAGE)
    test = f"{claim.path}#L{claim.line}"
    first = false_at(claim.id, place or deviations.newest())
    return Citation(
        id=claim.id,
        said_first=standing(claim, place, untried),
        statement=claim.statement,
        why=" ".join(claim.why.split()),
        example=code(claim.example),
        basis=claim.basis,
        source=claim.source,
        corrects=claim.corrects,
        deviations=[
            Deviation(where(known), known.holds, known.instead, known.concerns, known is first)
            for known in deviations.of(claim.id)
        ],
        tried=list(tried),
        cases=claim.cases,
        extent=extent or {},
        limits=[
            *([f"Why it was not tried there: it {untried}."] if untried else []),
            *limits(claim),
        ],
        version=version,
        test=test,
        link=claim_address(claim.id) or source_address(test, version),
    )


def citation_at(name: str, place: Place, report: Report | None) -> Citation:
    """Gather what is said of a claim on a Keras, with what the ledger has of it.

    Args:
        name: the claim's id.
        place: the Keras, as `asked` returns it.
        report: the report on it, if `asked` returns one.

    Raises:
        UnknownNameError: no claim has the id.
    """
    claim = catalog.find(name)
    untried = ledger.untried(report, claim.id) if report else ""
    tried = ledger.verdicts(claim.id)
    return citation(claim, tried, place, untried, extent(claim.id, place, report))


def code(example: str) -> str:
    """Return an example as a file: without prompts, printing what stands in comments."""
    parts = (_part(part) for part in doctest.DocTestParser().get_examples(example))
    return "\n".join(parts).rstrip()


def _part(part: doctest.Example) -> str:
    """Return a statement; of an expression that a prompt would show, one that prints it."""
    source = part.source.rstrip("\n")
    shown = part.want.rstrip("\n")
    tree = ast.parse(source).body[-1]
    if shown and isinstance(tree, ast.Expr) and not _prints(tree.value):
        source = _printing(source, tree.value, repr_="" if _plain(shown) else "repr")
    return "\n".join([source, *(f"# {line}".rstrip() for line in shown.splitlines())])


def _printing(source: str, value: ast.expr, repr_: str) -> str:
    """Return source that prints the expression at its end, which is no statement of its own."""
    *before, last = source.split("\n", value.lineno - 1)
    expression = ast.get_source_segment(source, value) or ""
    whole = (
        f"({expression})" if isinstance(value, ast.Tuple) and expression[0] != "(" else expression
    )
    shown = f"print({repr_}({whole}))" if repr_ else f"print({whole})"
    return "\n".join([*before, last.replace(expression, shown, 1)])


def _prints(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "print"


def _plain(shown: str) -> bool:
    """Return whether `print` shows what a prompt shows, as it does not of text."""
    try:
        return not isinstance(ast.literal_eval(shown), str)
    except (ValueError, SyntaxError):
        return False


def limits(claim: Claim) -> list[str]:
    """Say what a claim leaves open."""
    texts = []
    if claim.basis == "observed":
        texts.append("Nobody promised it, so another release may do otherwise.")
    if claim.gpu:
        texts.append("It says nothing of a CPU, and is tried only where Keras finds a GPU.")
    if claim.stand_in:
        texts.append(f"{claim.caution}.")
    texts += [NEEDS.get(need) or f"It is tried only where {_given(need)}." for need in claim.needs]
    return texts


def _given(need: str) -> str:
    """Say that what a claim needs is there, as part of a sentence."""
    owner, _, argument = need.rstrip(")").partition("(")
    if argument:
        return f"`{owner}` takes the argument `{argument}`"
    if need.startswith("/"):
        return f"the system has the file `{need}`, as Linux does"
    return f"Keras has `{need}`" if need.startswith("keras.") else f"`{need}` is installed"


def releases(tried: Tried) -> str:
    """Tell on which releases a claim met with which verdict."""
    names = [name for name, _ in tried]
    groups = ((v, [name for name, verdict in tried if verdict == v]) for v in VERDICTS)
    return "; ".join(f"{verdict} on {spans(some, names)}" for verdict, some in groups if some)


def facts(cited: Citation) -> list[str]:
    """Return what stands under a claim, a sentence or some to an item."""
    lines = [f"{BASIS[cited.basis]}{cited.source.rstrip('.')}."]
    if cited.corrects:
        lines.append(f"Corrects: {cited.corrects}")
    for deviation in sorted(cited.deviations, key=lambda deviation: not deviation.first):
        instead = "" if deviation.first else f" {deviation.instead}"
        lines.append(f"{capital(deviation.where)}:{instead} {deviation.concerns}")
    if any(verdict != "not applicable" for _, verdict in cited.tried):
        lines.append(f"Tried on releases: {releases(cited.tried)}.")
    elif cited.tried:
        lines.append("Tried on none of the releases of the ledger.")
    cases = f"up to {cited.cases} drawn cases" if cited.cases > 1 else "a single case"
    lines.append(f"Tried by `lstm-spec check` on {cases}, which can refute it and cannot prove it.")
    if cited.extent:
        lines.append(f"Tried: {in_words(cited.extent)}.")
    if cited.limits:
        lines.append(" ".join(cited.limits))
    return [*lines, f"Claim `{cited.id}` of {PACKAGE} {cited.version}: {place(cited)}"]


def place(cited: Citation) -> str:
    """Say where the test of a claim stands."""
    return cited.link or f"`{cited.test}` at tag `v{cited.version}`"


def markdown(cited: Citation) -> str:
    """Return a citation for a question-and-answer site."""
    head = "\n".join(f"> {line}".rstrip() for line in headline(cited.said_first).splitlines())
    items = "\n".join(f"- {prose(item)}" for item in facts(cited))
    return f"{head}\n\n{prose(why(cited))}\n\n```python\n{cited.example}\n```\n\n{items}\n"


def headline(first: Standing) -> str:
    """Return what is said first as Markdown; in bold is nothing that is false."""
    caution = prose(first.caution)
    in_words = prose(first.sentence)
    head = f"**{caution}:** {in_words}" if caution else f"**{in_words}**"
    return f'{head}\n\n{BROKEN} "{prose(first.broken)}"' if first.broken else head


def why(cited: Citation) -> str:
    """Return why the claim says what it says."""
    return f"{BELIEVED} {cited.why}" if cited.said_first.broken else cited.why


def text(cited: Citation) -> str:
    """Return a citation as plain text."""
    example = "\n".join(f"    {line}".rstrip() for line in cited.example.splitlines())
    first = cited.said_first
    broken = [f'{BROKEN} "{first.broken}"'] if first.broken else []
    return "\n\n".join([first.head, *broken, why(cited), example, *facts(cited)]) + "\n"


def bibtex(cited: Citation) -> str:
    """Return a citation as an entry of BibTeX."""
    first = cited.said_first
    broken = f", which says: {first.broken}" if first.broken else ""
    return (
        f"@misc{{{PACKAGE}:{cited.id},\n"
        f"  title = {{{{{tex(first.head.rstrip('.'))}}}}},\n"
        f"  author = {{{{{PACKAGE}}}}},\n"
        f"  note = {{Claim {tex(cited.id)} of {PACKAGE} {cited.version}{tex(broken)}}},\n"
        f"  {'url' if cited.link else 'howpublished'} = {{{cited.link or tex(place(cited))}}},\n"
        "}\n"
    )


def tex(given: str) -> str:
    """Return text as TeX."""
    names = {"\\": "textbackslash", "~": "textasciitilde", "^": "textasciicircum"}
    names |= {"<": "textless", ">": "textgreater"}
    special = r"`([^`]*)`|([{}&%$#_])|([\\~^<>])"

    def escape(match: re.Match[str]) -> str:
        if match[1] is not None:
            return rf"\texttt{{{tex(match[1])}}}"
        return f"\\{match[2]}" if match[2] else rf"\{names[match[3]]}{{}}"

    return re.sub(special, escape, given)


def fragment(cited: Citation) -> str:
    """Return a citation as HTML."""
    first = cited.said_first
    caution = tags(first.caution)
    in_words = tags(first.sentence)
    head = f"<strong>{caution}:</strong> {in_words}" if caution else f"<strong>{in_words}</strong>"
    broken = f"\n<p>{BROKEN} &quot;{tags(first.broken)}&quot;</p>" if first.broken else ""
    items = "".join(f"<li>{tags(item)}</li>\n" for item in facts(cited))
    return (
        f"<blockquote><p>{head}</p>{broken}</blockquote>\n"
        f"<p>{tags(why(cited))}</p>\n"
        f"<pre><code>{html.escape(cited.example)}</code></pre>\n"
        f"<ul>\n{items}</ul>\n"
    )


def tags(given: str) -> str:
    """Return text as HTML, with its code between backticks in tags."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", html.escape(given))


ROWS = {
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "tf-keras": "tf-keras",
    "backend": "backend",
    "python": "Python",
    "with": "with",
}
"""How the rows of the matrix are called, in the order in which they are listed; others follow."""
UNORDERED = {"backend", "with"}


def rows(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the names of each row of the matrix, in their order: what stands before the number."""
    members: dict[str, list[str]] = defaultdict(list)
    for name in names:
        members[name.rpartition("-")[0]].append(name)
    return members


def spans(chosen: Collection[str], names: Iterable[str]) -> str:
    """Tell which environments are meant, as in "Keras 3.0 to 3.8, 3.10, backend jax".

    Args:
        chosen: their names.
        names: all names, in their order.
    """
    texts = []
    listed = rows(names)
    for row in sorted(listed, key=lambda row: [*ROWS, row].index(row)):
        members = listed[row]
        parts = _runs([name in chosen for name in members], row not in UNORDERED)
        numbers = [name.rpartition("-")[2] for name in members]
        ranges = [" to ".join(dict.fromkeys((numbers[a], numbers[b]))) for a, b in parts]
        if ranges:
            texts.append(f"{ROWS.get(row, row)} {', '.join(ranges)}")
    return ", ".join(texts)


def _runs(met: list[bool], joined: bool) -> list[tuple[int, int]]:
    """Return the first and last place of each run; of one place each, unless they are joined."""
    runs: list[tuple[int, int]] = []
    for k in (k for k, is_met in enumerate(met) if is_met):
        if joined and runs and runs[-1][1] == k - 1:
            runs[-1] = runs[-1][0], k
        else:
            runs.append((k, k))
    return runs


def address(label: str) -> str | None:
    """Return an address of the package, without a slash at its end."""
    urls = metadata.metadata(PACKAGE).get_all("Project-URL") or []
    pairs = (url.partition(",") for url in urls)
    addresses = (url.strip().rstrip("/") for name, _, url in pairs if name.lower() == label)
    return next(addresses, None)


def claim_address(name: str) -> str | None:
    """Return the address of a claim's page."""
    return f"{site}/claims/{name}.html" if (site := address("documentation")) else None


def question_address(name: str) -> str | None:
    """Return the address of a question on the site."""
    return f"{site}/questions/{name}.html" if (site := address("documentation")) else None


def source_address(file: str, version: str) -> str | None:
    """Return the address of a line of the source at the tag of a version."""
    return f"{base}/blob/v{version}/{file}" if (base := address("repository")) else None


FORMATS: dict[str, Callable[[Citation], str]] = {
    "markdown": markdown,
    "text": text,
    "bibtex": bibtex,
    "html": fragment,
    "json": as_json,
}
