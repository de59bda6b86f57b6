"""What the ask field needs to answer in the browser as `lstm-spec answer` does: two scripts.

Pages on a disk may not read files, but may load scripts; so the index and the vectors of the words
are scripts, which a page loads when its field is used.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lstm_spec import catalog
from lstm_spec.answers import answer, errors, questions, search
from lstm_spec.answers.answer import Hit
from lstm_spec.answers.standing import elsewhere, standing
from lstm_spec.catalog import Claim
from tools.site import markup
from tools.site.records import Records

INDEX, WORDS = "_static/ask-index.js", "_static/ask-words.js"


def write(records: Records, folder: Path) -> None:
    """Write both scripts into a built site."""
    (folder / INDEX).write_text(f'lstmIndex = "{packed(index(records))}";\n', encoding="utf-8")
    words = base64.b64encode(search.TABLE.read_bytes()).decode()
    (folder / WORDS).write_text(f'lstmWords = "{words}";\n', encoding="utf-8")


def packed(data: object) -> str:
    """Return data as JSON that a script of the site unpacks."""
    packed = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.b64encode(zlib.compress(packed, 9)).decode()


def index(records: Records) -> dict[str, Any]:
    """Return all that search.js computes with, and what is shown of a text that it finds."""
    library = records.library
    index = library.index
    texts = zip(index.texts, index.counts, index.often.tolist(), strict=True)
    return {
        "weights": {"K": search.K, "B": search.B, "often": search.OFTEN, **search.MIXTURE},
        "capital": search.CAPITAL.pattern,
        "word": search.WORD.pattern,
        "name": search.NAME,
        "piece": search.PIECE,
        "unsaid": sorted(search.unsaid()),
        "synonyms": search.synonyms(),
        "pattern": search.pattern(),
        "foreign": search.foreign(),
        "foreign_words": search.foreign_pattern(),
        "texts": [
            {
                "name": text.name,
                "counts": count,
                "rows": [text.title, *text.also],
                "often": often,
                "theirs": sorted(library.theirs(text.name)),
            }
            for text, count, often in texts
        ],
        "code_names": sorted(library.code_names),
        "fit": answer.fit().signs,
        "limits": {
            "sure": answer.SURE,
            "counted": answer.COUNTED,
            "theirs": answer.THEIRS,
            "strange": answer.STRANGE,
            "elsewhere": answer.ELSEWHERE,
            "alone": answer.ALONE,
            "unheard": answer.UNHEARD,
            "others": answer.OTHERS,
            "gain": answer.OF_AN_ERROR,
            "meant": answer.MEANT,
            "known": answer.TELLING,
            "claims": answer.FIRST,
            "longest": search.LONGEST,
            "most": search.MOST,
            "read": errors.READ,
            "message": errors.MESSAGE,
            "least": errors.LEAST,
        },
        "topic": {kind: search.topic(kind).pattern for kind in search.words().topic},
        "error": {
            "patterns": {name: _flagged(pattern) for name, pattern in _patterns()},
            "meant": errors.MEANT,
            "of_one_rank": errors.OF_ONE_RANK,
            "layer": errors.LAYER_GIVEN,
            "functions": errors.NAMED,
            "known": [
                {
                    "claim": known.claim,
                    "types": known.types,
                    "words": known.words,
                    "says": catalog.find(known.claim).statement,
                }
                for known in errors.all_known()
            ],
        },
        "references": [_script(questions.ADDRESS), _script(questions.NUMBER)],
        "claims": {asked.id: asked.claims for asked in library.questions},
        "addresses": {asked.id: asked.address for asked in library.questions if asked.address},
        "shown": {name: shown(hit, records) for name, hit in library.by_id.items()},
    }


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the patterns by which errors are read, with their names."""
    for name, value in vars(errors).items():
        if isinstance(value, re.Pattern):
            yield name.lower(), value


def _flagged(pattern: re.Pattern[str]) -> tuple[str, str]:
    """Return a regular expression and its flags as JavaScript writes them."""
    flags = {"m": re.MULTILINE, "i": re.IGNORECASE}
    return _script(pattern), "".join(name for name, flag in flags.items() if pattern.flags & flag)


def _script(pattern: re.Pattern[str]) -> str:
    """Return a regular expression as JavaScript writes it: groups are named otherwise."""
    return pattern.pattern.replace("(?P<", "(?<")


def shown(hit: Hit, records: Records) -> dict[str, str]:
    """Return what the field shows of a text: its page, its title, its answer, what does not hold.

    Args:
        hit: the question or the claim.
        records: what is known.
    """
    if isinstance(hit, Claim):
        title = standing(hit, records.newest).head
        page = f"claims/{hit.id}.html"
        text = hit.why
        claims = [hit.id]
    else:
        page = f"questions/{hit.id}.html"
        title = hit.title
        text = hit.answer
        claims = hit.claims
    fields = {"page": page, "title": title, "text": " ".join(text.split())}
    limits = "; ".join(dict.fromkeys(_limits(claims, records)))
    return fields | ({"limits": limits} if limits else {})


def _limits(claims: list[str], records: Records) -> Iterator[str]:
    """Yield where a claim of an answer does not hold."""
    for name in claims:
        for known in records.exceptions.get(name, []):
            yield elsewhere(known)


PAGE = """---
orphan: true
---

# Ask

Type a question into the field above, or paste the error that you see. What answers it is found by
its words and by their meaning, in your browser: nothing that you type leaves it.

Some examples:

{examples}

Without JavaScript, {questions} lists everything that people ask, and {beliefs} what they believe.
"""
EXAMPLES = (
    "third timestep ignored with two units",
    "padding changes my predictions",
    "expected ndim=3, found ndim=2",
    "stateful lstm batch size error",
)


def page() -> str:
    """Return the page that answers what stands in its address, as in `ask.html?q=units`."""
    links = (
        f'<a href="ask.html?{urlencode({"q": example})}">{html.escape(example)}</a>'
        for example in EXAMPLES
    )
    listed = "".join(f"<li>{link}</li>\n" for link in links)
    return PAGE.format(
        examples=markup.directive("raw", "html", f'<ul class="asking">\n{listed}</ul>'),
        questions=markup.link("/questions.md", "Questions"),
        beliefs=markup.link("/beliefs.md", "Beliefs"),
    )
