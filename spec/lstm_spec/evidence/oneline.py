"""Text from elsewhere, made to be shown."""


def one_line(text: object) -> str:
    """Return text on one line, without what moves a cursor."""
    words = " ".join(str(text).split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)
