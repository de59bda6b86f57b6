"""MyST: text that is shown as it is, prose with code and links, blocks of code, tables."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache

from lstm_spec import catalog

MARKS = re.compile(r"[!-/:-@\[-`{-~]")
"""All that Markdown takes for markup, somewhere: it may be escaped wherever it stands."""
PARTS = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|(?P<address>https?://[^\s<>()\"]*[^\s<>()\".,;:])"
    r"|docs/(?P<page>masks)\.md"
    r"|(?P<id>\b[a-z]+\.[a-z]+(?:-[a-z]+)*)"
)
"""What is more than words in our own texts: code, an address, a page, perhaps a claim's id."""
ORPHAN = "---\norphan: true\n---\n\n"
"""What begins a page that the side bar, which is on every page, does not list."""


def text(given: str) -> str:
    """Return MyST that shows any text as it is, on one line."""
    line = " ".join(given.split())
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    return MARKS.sub(r"\\\g<0>", shown)


def prose(given: str, *, links: bool = True) -> str:
    """Return MyST for one of our own texts: code in backticks stays code.

    Args:
        given: the text.
        links: whether addresses and the ids of claims become links.
    """
    shown = []
    end = 0
    for match in PARTS.finditer(given):
        shown += [_words(given[end : match.start()]), _part(match, links)]
        end = match.end()
    return "".join([*shown, _words(given[end:])]).strip()


def _words(given: str) -> str:
    """Escape what stands between two parts, and keep the spaces that part it from them."""
    before, after = (" " * given[slice(*ends)].isspace() for ends in ((0, 1), (-1, None)))
    return f"{before}{text(given)}{after}" if given.strip() else before


def _part(match: re.Match[str], links: bool) -> str:
    name = match["code"] or match["id"]
    if links and name in _ids():
        return claim(name, code(name))
    if match["code"]:
        return code(name)
    if match["page"]:
        return link(f"/{match['page']}.md", code(match[0])) if links else code(match[0])
    return f"<{match['address']}>" if links and match["address"] else text(match[0])


@cache
def _ids() -> frozenset[str]:
    return frozenset(claim.id for claim in catalog.claims()) | catalog.retired().keys()


def code(given: str) -> str:
    """Return MyST that shows text as code within a line."""
    line = " ".join(given.split())
    fence = "`" * (1 + _ticks(line))
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}"


def block(language: str, given: str) -> str:
    """Return a block of code."""
    fence = "`" * max(3, 1 + _ticks(given))
    return f"{fence}{language}\n{given.rstrip()}\n{fence}\n"


def directive(name: str, argument: str, content: str, *options: str) -> str:
    """Return a directive of Sphinx; its content is MyST."""
    fence = "`" * max(3, 1 + _ticks(content))
    head = f"{fence}{{{name}}} {argument}".rstrip()
    return "\n".join([head, *options, "", content, fence, ""])


def folded(title: str, content: str, kind: str = "", beside: str = "") -> str:
    """Return MyST that a reader unfolds.

    Args:
        title: one of our own texts: code in backticks stays code.
        content: MyST.
        kind: what the style and the filter know it by.
        beside: a text that stands smaller behind the title.
    """
    shown = re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(" ".join(title.split())))
    small = f" <small>{html.escape(beside)}</small>" if beside else ""
    tag = f'<details class="{kind}">' if kind else "<details>"
    opened = f"{tag}<summary>{shown}{small}</summary>"
    parts = directive("raw", "html", opened), content, directive("raw", "html", "</details>")
    return "\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are MyST, each on one line."""
    lines = [
        "\n".join(f"{'*' if not k else ' '} - {cell}".rstrip() for k, cell in enumerate(row))
        for row in (head, *rows)
    ]
    return directive("list-table", "", "\n".join(lines), ":header-rows: 1", ":widths: auto")


def items(given: Iterable[str]) -> str:
    """Return a list; its items are MyST, each on one line."""
    return "".join(f"- {item}\n" for item in given)


def link(target: str, shown: str) -> str:
    """Return a link within the site.

    Args:
        target: a page from the root of the source, as `/questions.md`, or a label behind `#`.
        shown: MyST.
    """
    return f"[{shown}]({target})"


def claim(name: str, shown: str) -> str:
    """Return a link to a claim's page; what it shows is MyST."""
    return link(f"/claims/{name}.md", shown)


def head(description: str) -> str:
    """Return what begins a page that no side bar lists.

    Args:
        description: what search engines and previews show of it.
    """
    content = json.dumps(" ".join(description.replace("`", "").split()))
    return f"---\norphan: true\nmyst:\n  html_meta:\n    description: {content}\n---\n\n"


def title(label: str, shown: str, level: int = 1) -> str:
    """Return a title under a label; what it shows is MyST."""
    return f"({label})=\n{'#' * level} {shown}\n"


def _ticks(given: str) -> int:
    """Return the length of the longest run of backticks."""
    return max(map(len, re.findall("`+", given)), default=0)
