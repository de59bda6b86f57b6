"""A deviation as an issue for Keras' developers: Markdown, made of what is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import metadata
from itertools import takewhile

from lstm_spec.catalog import Claim
from lstm_spec.evidence.deviations import Deviation, current, newest
from lstm_spec.evidence.report import Verdict
from lstm_spec.publish.spans import rows, spans

TEXT = """# {title}

**What should hold.** {statement}

**What happens.** {instead}

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

- Sentence or issue that it concerns: {concerns}
- Who says that it should hold: {basis}
- Versions: {place}
- Since which release: {since}

This is the claim `{claim}` of lstm-spec {version}, which tries it on drawn cases too.
"""
BASIS = {"promised": "Keras' documentation, ", "derived": "it follows from ", "observed": ""}

Tried = Sequence[tuple[str, Verdict]]
"""Releases in their order, each with the verdict on a claim."""


def deviating(claims: Iterable[Claim]) -> list[tuple[Claim, Deviation]]:
    """Return those of the claims that do not hold in the newest release, with the reason."""
    here = {one.claim: one for one in current()}
    return [(claim, here[claim.id]) for claim in claims if claim.id in here]


def markdown(claim: Claim, deviation: Deviation, tried: Tried = ()) -> str:
    """Write the issue.

    Args:
        claim: what does not hold.
        deviation: what happens instead.
        tried: the releases on which the claim was tried.
    """
    shown = deviation.upstream
    assert shown is not None, f"{claim.id} deviates in the newest release, and has no script"
    return TEXT.format(
        title=shown.title,
        statement=claim.statement,
        instead=deviation.instead,
        script=shown.script.strip(),
        prints=shown.prints,
        expected=shown.expected,
        concerns=deviation.concerns,
        basis=BASIS[claim.basis] + claim.source,
        place=newest(),
        since=since(tried),
        claim=claim.id,
        version=metadata.version("lstm-spec"),
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
