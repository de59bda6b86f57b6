"""An issue for Keras' developers: Markdown, made of what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from itertools import takewhile

from lstm_spec.catalog import Claim
from lstm_spec.evidence.deviations import Deviation, current, newest
from lstm_spec.evidence.report import Verdict
from lstm_spec.publish import issues
from lstm_spec.publish.issues import Issue
from lstm_spec.publish.spans import rows, spans

TEXT = """# {title}

{deviations}

```python
{script}
```

What it prints, or the line of its error that says what is wrong:

```text
{prints}
```

What was expected:

```text
{expected}
```

Versions: {place}

lstm-spec {version} tries this on drawn cases too, as {claims}.
"""
DEVIATION = """**What should hold.** {statement}

**What happens.** {instead}

- Sentence or issue that it concerns: {concerns}
- Who says that it should hold: {basis}
- Since which release: {since}"""
BASIS = {"promised": "Keras' documentation, ", "derived": "it follows from ", "observed": ""}

Tried = Sequence[tuple[str, Verdict]]
"""Releases in their order, each with the verdict on a claim."""


def of(claims: Iterable[Claim]) -> list[Issue]:
    """Return the issues that cover one of the claims."""
    ids = {claim.id for claim in claims}
    return [issue for issue in issues.load() if ids & set(issue.claims)]


def markdown(issue: Issue, claims: Mapping[str, Claim], tried: Callable[[str], Tried]) -> str:
    """Write an issue.

    Args:
        issue: what is recorded of it.
        claims: by id.
        tried: returns the releases on which a claim was tried.
    """
    known = {deviation.claim: deviation for deviation in current()}
    parts = [_deviation(claims[name], known[name], tried(name)) for name in issue.claims]
    return TEXT.format(
        title=issue.title,
        deviations="\n\n".join(parts),
        script=issue.script.strip(),
        prints=issue.prints,
        expected=issue.expected,
        place=newest(),
        claims=", ".join(f"`{name}`" for name in issue.claims),
        version=metadata.version("lstm-spec"),
    )


def _deviation(claim: Claim, deviation: Deviation, tried: Tried) -> str:
    return DEVIATION.format(
        statement=claim.statement,
        instead=deviation.instead,
        concerns=deviation.concerns,
        basis=BASIS[claim.basis] + claim.source,
        since=since(tried),
    )


def since(tried: Tried) -> str:
    """Say from which release on a claim deviates, as part of a sentence.

    The releases of Keras are followed, and if it holds on the last of them those of TensorFlow.
    """
    verdicts = dict(tried)
    for chain in _chains(list(verdicts)):
        deviating = list(takewhile(lambda name: verdicts[name] == "deviates", reversed(chain)))
        if deviating:
            first = _label(deviating[-1])
            if len(deviating) == len(chain):
                return f"{first}, the first that was tried, or earlier"
            before = chain[-len(deviating) - 1]
            return f"{first}; on {_label(before)}: {verdicts[before]}"
    return "not known"


def _chains(names: list[str]) -> tuple[list[str], list[str]]:
    """Return the releases of Keras, and those of TensorFlow that are tried with the newest Keras.

    TensorFlow up to 2.15 has a Keras 2 of its own.
    """
    row = rows(names)
    older = [name for name in row["tensorflow"] if _has_keras_2(name)]
    return older + row["keras"], [name for name in row["tensorflow"] if name not in older]


def _has_keras_2(name: str) -> bool:
    row, _, release = name.rpartition("-2.")
    return row == "tensorflow" and int(release) < 16


def _label(name: str) -> str:
    return spans([name], [name]) + " with Keras 2" * _has_keras_2(name)
