"""The claims as text: read from the source of the chapters, never imported.

So the claims can be listed, found and cited in a fraction of a second, without TensorFlow.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lstm_spec.errors import UsageError, suggestion
from lstm_spec.harness import effort

CLAIMS = Path(__file__).parent / "claims"
BASES = ("promised", "derived", "observed")
NO_GPU = "No GPU has tried it"
HEADING = re.compile(r"^\n# (.+)\n\n", re.MULTILINE)
"""A comment on a line of its own."""
BODY = re.compile(
    r'^(?P<head>def [^\n]*\n(?:(?! {4}"""|def )[^\n]*\n)*? {4}"""(?:(?!""").)*"""\n)'
    r"(?P<body>(?: [^\n]*\n|\n)+)",
    re.MULTILINE | re.DOTALL,
)
"""What follows the docstring of a function; to parse it takes longer than all else."""


class UnknownNameError(UsageError):
    """A word that is neither a claim's id nor a chapter."""


@dataclass(frozen=True)
class Claim:
    """A claim as it is written."""

    id: str
    statement: str
    """The first paragraph of the docstring, on one line."""
    why: str
    """The text between the statement and the example."""
    example: str
    """The example, as doctest source."""
    basis: str
    """One of BASES."""
    source: str
    """Who says so: the text given as promised, derived or observed."""
    corrects: str | None
    """The belief, or the documentation's sentence, that the claim shows to be false."""
    gpu: bool
    """Whether it can be tried only where there is a GPU."""
    stand_in: str | None
    """For what a stand-in is tried on a CPU, though the claim is about a GPU."""
    needs: tuple[str, ...]
    """The modules and arguments without which it cannot be tried."""
    cases: int
    """On how many cases it is tried at default effort, at most."""
    test: str
    """The name of the test function."""
    file: str
    """Where it stands, in the folder of the claims: `masking/forms.py`."""
    line: int
    """The line of the file on which it begins."""
    end: int
    """The line on which its test ends."""
    code: str
    """A digest of what the test draws and does, and of its example; words do not count."""
    heading: str
    """Its heading in the file: a comment between two claims, or the file's docstring."""

    def tries(self, chosen: str) -> int:
        """Return on how many cases it is tried at an effort: a word, or a number of cases."""
        return 1 if self.cases == 1 else effort.cases(chosen, self.cases)

    @property
    def caution(self) -> str:
        """What was tried instead, of a claim about GPUs; empty, of another."""
        return caution(self.gpu, self.stand_in)

    @property
    def chapter(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]

    @property
    def path(self) -> str:
        """The file that holds the test, from the root of the repository."""
        return f"spec/lstm_spec/claims/{self.file}"

    @property
    def text(self) -> str:
        """The source of the claim, from its mark to the end of its test."""
        lines = (CLAIMS / self.file).read_text(encoding="utf-8").splitlines()
        return "\n".join(lines[self.line - 1 : self.end])

    @property
    def module(self) -> str:
        """The module that holds the test: `lstm_spec.claims.masking.forms`."""
        return f"lstm_spec.claims.{self.file.removesuffix('.py').replace('/', '.')}"


def caution(gpu: bool, stand_in: str | None) -> str:
    """Say that no GPU has tried a claim, and what was observed instead; nothing, if it needs none.

    Args:
        gpu: whether the claim can be tried only where there is a GPU.
        stand_in: for what a stand-in is tried, if one is.
    """
    if stand_in:
        return f"{NO_GPU}; observed on a CPU, by what is asked of a stand-in for {stand_in}"
    return NO_GPU if gpu else ""


def chapters() -> tuple[str, ...]:
    """Return the names of the chapters in reading order."""
    return tuple(files())


def files() -> dict[str, tuple[str, ...]]:
    """Return the files of each chapter, in reading order."""
    named: dict[str, tuple[str, ...]] = _constant("CHAPTERS")
    return named


def introduction(chapter: str) -> str:
    """Return what a chapter says before its claims: the docstring of its file or folder."""
    path = CLAIMS / chapter
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""


def retired() -> dict[str, str]:
    """Return the ids that are no longer claims, each with its reason."""
    reasons: dict[str, str] = _constant("RETIRED")
    return reasons


def claims() -> list[Claim]:
    """Return all claims in reading order."""
    return [claim for chapter in chapters() for claim in _of(chapter)]


def _of(chapter: str) -> list[Claim]:
    return [claim for file in files()[chapter] for claim in read(file) if claim.chapter == chapter]


@cache
def read(file: str) -> list[Claim]:
    """Return the claims of a file, in the order in which they stand."""
    text = (CLAIMS / file).read_text(encoding="utf-8")
    tree = ast.parse(BODY.sub(_blank, text), file)
    lines = text.splitlines()
    headings = _headings(text, ast.get_docstring(tree) or "")
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [
        _claim(file, node, mark, lines, headings) for node in functions for mark in _marks(node)
    ]


def _blank(match: re.Match[str]) -> str:
    body = match["body"].rstrip()
    return match["head"] + "\n" * body.count("\n") + "    pass" + match["body"][len(body) :]


def select(names: list[str]) -> list[Claim]:
    """Return the claims that ids and chapters name, in reading order; all, if none is named.

    Raises:
        UnknownNameError: a name is neither an id nor a chapter; the message holds the nearest.
    """
    wanted = {name.partition(".")[0] for name in names} or set(chapters())
    selected = [claim for chapter in chapters() if chapter in wanted for claim in _of(chapter)]
    known = {claim.id for claim in selected} | set(chapters())
    for name in names:
        if name in retired():
            raise UnknownNameError(f"claim {name!r} is retired: {retired()[name]}")
        if name not in known:
            raise UnknownNameError(f"no claim or chapter is called {name!r}; {_hint(name)}")
    return [c for c in selected if not names or c.id in names or c.chapter in names]


def bases(ids: Iterable[str]) -> dict[str, str]:
    """Return by id who says so, one of BASES; what is no claim is left out."""
    wanted = set(ids)
    named = {claim.partition(".")[0] for claim in wanted}
    near = [claim for chapter in chapters() if chapter in named for claim in _of(chapter)]
    return {claim.id: claim.basis for claim in near if claim.id in wanted}


def _hint(name: str) -> str:
    known = {claim.id for claim in claims()} | set(chapters())
    return suggestion(name, sorted(known), f"the chapters are {', '.join(chapters())}")


def find(name: str) -> Claim:
    """Return the claim that an id names.

    Raises:
        UnknownNameError: it names none, or a chapter; the message says what to give instead.
    """
    chosen = select([name])
    if name in chapters():
        example = f"the id of one of its claims, such as {chosen[0].id}"
        raise UnknownNameError(f"{name!r} is a chapter; give {example}")
    return chosen[0]


@cache
def _constant(name: str) -> Any:
    source = (CLAIMS / "__init__.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return ast.literal_eval(getattr(node, "value"))  # noqa: B009 - not every node has one
    raise LookupError(f"lstm_spec.claims defines no {name}")


def _marks(node: ast.FunctionDef, name: str = "claim") -> list[ast.Call]:
    calls = [decorator for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
    return [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == name]


def _code(node: ast.FunctionDef, mark: ast.Call, lines: list[str], example: str) -> str:
    """Return the digest; of the source as it is written, for Pythons unparse differently."""
    words = node.body[0]
    drawn = lines[mark.end_lineno : words.lineno - 1]
    done = lines[words.end_lineno : node.end_lineno]
    return hashlib.sha256("\n".join([*drawn, example, *done]).encode()).hexdigest()[:8]


def _headings(text: str, introduction: str) -> dict[int, str]:
    """Return the headings of a file, each by the line after which its claims stand."""
    parts = {text.count("\n", 0, match.end()): match[1] for match in HEADING.finditer(text)}
    headings = {0: introduction.partition("\n")[0], **parts}
    return {line: heading.removesuffix(".") for line, heading in headings.items()}


def _claim(
    file: str, node: ast.FunctionDef, mark: ast.Call, lines: list[str], headings: dict[int, str]
) -> Claim:
    facts = {keyword.arg: ast.literal_eval(keyword.value) for keyword in mark.keywords}
    basis = next(basis for basis in BASES if basis in facts)
    needs = facts.get("needs", ())
    text, arrow, example = (ast.get_docstring(node) or "").partition(">>> ")
    statement, _, why = text.partition("\n\n")
    return Claim(
        id=ast.literal_eval(mark.args[0]),
        statement=" ".join(statement.split()),
        why=why.strip(),
        example=arrow + example,
        basis=basis,
        source=facts[basis],
        corrects=facts.get("corrects"),
        gpu=facts.get("gpu", False),
        stand_in=facts.get("stand_in"),
        needs=(needs,) if isinstance(needs, str) else needs,
        cases=facts.get("cases", effort.CASES) if _marks(node, "given") else 1,
        test=node.name,
        file=file,
        line=mark.lineno,
        end=node.end_lineno or node.lineno,
        code=_code(node, mark, lines, arrow + example),
        heading=headings[max(line for line in headings if line < mark.lineno)],
    )
