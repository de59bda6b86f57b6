"""Text from elsewhere, made to be shown."""

from __future__ import annotations

import re


def one_line(text: object) -> str:
    """Return text on one line, without what moves a cursor."""
    words = " ".join(str(text).split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)


def without_escapes(text: str) -> str:
    """Return text without the escape sequences by which Keras prints bold."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
