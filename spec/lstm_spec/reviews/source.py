"""The text of a program as it is posted: in Markdown or a notebook, with prompts, in Python 2."""

from __future__ import annotations

import ast
import html
import io
import json
import re
import textwrap
import tokenize
from dataclasses import dataclass

from lstm_spec.errors import UsageError
from lstm_spec.run.text import one_line, parsed

LONGEST = 400_000
"""The most characters that a program may have."""
MENDED = 4_000_000
"""Lines that are no Python are left out until so many characters were parsed."""
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
TAG = re.compile(r"</?(?:pre|code)\b[^<>]*>")
PROMPT = re.compile(r"^\s*(>>>|\.\.\.|In \[\d+\]:|\.{3,}:)( |$)")
PRINT = re.compile(r"^(\s*(?:(?:else|try|finally)\s*:\s*)?)print\b(?!\s*[(=.,)])")
CAUGHT = re.compile(r"^(\s*except\s+[\w.]+|\s*except\s*\([\w., ]+\))\s*,\s*(\w+)\s*:")
BLANKS = dict.fromkeys(map(ord, "\f\u00a0\u2007\u202f\u3000"), " ") | {0x200B: "", 0x200C: ""}
QUOTES = {0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'"}
"""What web pages put in place of blanks and quotes."""
UNREADABLE = "__unreadable__"
"""What stands for the value of a line that is no Python."""
SETS, CALLS = re.compile(r"^( *)(\w+(?: *, *\w+)*) *=(?!=)"), re.compile(r"^( *)(\w+)\.\w+ *\(")
MAGIC = re.compile(r"^(\s*)(?:[%!].*|\?\w+|\w+\?)$")
OTHERS = ("python", "py", "python3", "py3", "keras", "")


class ProgramError(UsageError):
    """What was given is no program that can be read."""


@dataclass(frozen=True)
class Source:
    """A program that Python can parse, with its lines where they were."""

    tree: ast.Module
    lines: tuple[str, ...]
    comments: dict[int, str]
    """The comments, by line."""
    left_out: tuple[int, ...]
    """Lines that are no Python, and are not read."""


def read(text: str) -> Source:
    """Read a program, or what Markdown or a notebook holds of one.

    Args:
        text: as it was posted.

    Raises:
        ProgramError: there is none; the message says what to give.
    """
    text = _notebook(text.lstrip("\ufeff"))
    if len(text) > LONGEST:
        raise ProgramError(f"the program has {len(text)} characters; give at most {LONGEST}")
    if "\0" in text:
        raise ProgramError("the program holds a null character; give text, saved as UTF-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(BLANKS)
    lines = text.expandtabs(4).split("\n")
    left_out: list[int] = []
    tree = _whole(lines)
    if tree is None:
        lines = _python(_blocks(_without_tags(lines)))
        tree = _whole(lines)
    if tree is None:
        tree, lines, left_out = _parse([line.translate(QUOTES) for line in lines])
    if all(line.strip() in ("", "pass") or UNREADABLE in line for line in lines) or not tree.body:
        raise ProgramError("there is no Python in what was given; give a program, or Markdown")
    return Source(tree, tuple(lines), _comments(lines), tuple(left_out))


def _notebook(text: str) -> str:
    """Return the code of a notebook, or the text as it is.

    Raises:
        ProgramError: it is one that cannot be read.
    """
    if not text.lstrip().startswith("{") or '"cells"' not in text:
        return text
    try:
        cells = json.loads(text)["cells"]
        code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        return "\n".join(part if isinstance(part, str) else "".join(part) for part in code)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ProgramError("the notebook cannot be read; give its program as text") from None


def _without_tags(lines: list[str]) -> list[str]:
    """Return lines without the tags of HTML around code, and with the signs that it writes out."""
    if not any(TAG.search(line) for line in lines):
        return lines
    return [html.unescape(TAG.sub("", line)) for line in lines]


def _blocks(lines: list[str]) -> list[str]:
    """Return the lines within the fences of Markdown, others empty; if none is fenced, all."""
    kept = []
    fence = ""
    wanted = False
    fenced = False
    for line in lines:
        match = FENCE.match(line)
        if fence and match and match[1].startswith(fence) and not match[2].strip():
            fence = ""
            line = ""
        elif not fence and match:
            words = match[2].strip().lower().strip("{.}").split()
            fence = match[1]
            wanted = (words or [""])[0] in OTHERS
            line = ""
            fenced = fenced or wanted
        kept.append(line if fence and wanted else "")
    if fenced and any(line.strip() for line in kept):
        return _level(kept)
    return _level(_indented(lines))


def _indented(lines: list[str]) -> list[str]:
    """Return the code that Markdown marks by four blanks, if there is prose before it."""
    prose = [line for line in lines if re.match(r"[A-Z][a-z']* [a-z' ,]+", line)]
    code = [line for line in lines if line.startswith("    ") and line.strip()]
    starts = any(re.match(r" {4}(import|from) \w", line) for line in lines)
    if not (prose and code and starts) or any(re.match("(import|from) ", line) for line in lines):
        return lines
    return [line if line.startswith("    ") else "" for line in lines]


def _level(lines: list[str]) -> list[str]:
    """Take away what all lines are indented by."""
    return textwrap.dedent("\n".join(lines)).split("\n")


def _python(lines: list[str]) -> list[str]:
    """Take away prompts, and say what Python 2 and notebooks say in today's Python."""
    if any(PROMPT.match(line) and line.lstrip().startswith((">>>", "In [")) for line in lines):
        lines = [PROMPT.sub("", line) if PROMPT.match(line) else "" for line in lines]
    return [_line(line) for line in lines]


def _line(line: str) -> str:
    if PRINT.match(line) and line.rstrip().endswith(","):
        line = line.rstrip().rstrip(",")
    line = PRINT.sub(r"\1None; print_ = 0, ", line) if PRINT.match(line) else line
    line = re.sub(r"print_ = 0, *(>>.*)?$", "pass", line)
    line = CAUGHT.sub(r"\1 as \2:", line)
    return MAGIC.sub(r"\1pass", line)


def _whole(lines: list[str]) -> ast.Module | None:
    """Return the syntax of the lines, if they are Python as they stand."""
    try:
        return parsed("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


def _parse(lines: list[str]) -> tuple[ast.Module, list[str], list[int]]:
    """Parse the lines, without those that are no Python.

    Raises:
        ProgramError: too many are none.
    """
    lines = list(lines)
    left_out: list[int] = []
    for _ in range(min(300, 10 + MENDED // (1 + sum(map(len, lines))))):
        try:
            return parsed("\n".join(lines)), lines, left_out
        except SyntaxError as error:
            wrong = min(max(error.lineno or 1, 1), len(lines))
            while wrong > 1 and not lines[wrong - 1].strip():
                wrong -= 1
            words = one_line(error.msg)
            if "unindent" in words or "expected an indented block" in words:
                lines[wrong - 1] = _mended(lines, wrong)
            else:
                lines[wrong - 1] = _blank(lines[wrong - 1])
            left_out.append(wrong)
        except (ValueError, RecursionError, MemoryError, OverflowError):
            break
    raise ProgramError(
        f"this is no Python that can be read, as in line {left_out[0] if left_out else 1}; "
        "give a program, or Markdown with a block of one"
    )


def _mended(lines: list[str], wrong: int) -> str:
    """Return a line as it is likely meant, if its indentation is what is wrong."""
    before = next((line for line in reversed(lines[: wrong - 1]) if line.strip()), "")
    deeper = 4 if before.rstrip().endswith(":") else 0
    width = len(before) - len(before.lstrip()) + deeper
    line = " " * width + lines[wrong - 1].lstrip()
    return line if line != lines[wrong - 1] else ""


def _blank(line: str) -> str:
    """Return a line that changes in a way that is not known what the other would have changed."""
    sets = SETS.match(line)
    calls = CALLS.match(line)
    width = len(line) - len(line.lstrip())
    if UNREADABLE in line or line.strip() in ("", "pass"):
        return ""
    if sets:
        return f"{sets[1]}{sets[2]} = {UNREADABLE}()"
    return f"{calls[1]}{UNREADABLE}({calls[2]})" if calls else " " * width + "pass"


def _comments(lines: list[str]) -> dict[int, str]:
    comments: dict[int, str] = {}
    reader = io.StringIO("\n".join(lines)).readline
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type == tokenize.COMMENT:
                comments[token.start[0]] = token.string.lstrip("#").strip()
    except (tokenize.TokenError, SyntaxError):  # what is read up to there counts
        pass
    return comments
