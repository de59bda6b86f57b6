"""Permanent links, where the package's metadata tell an address; without one there are none.

One line in pyproject.toml makes them: `Documentation` in [project.urls] is the address of the site,
`Repository` that of the source.
"""

from __future__ import annotations

from importlib import metadata

PACKAGE = "lstm-spec"


def address(label: str) -> str | None:
    """Return an address of the package, without a slash at its end."""
    urls = metadata.metadata(PACKAGE).get_all("Project-URL") or []
    pairs = (url.partition(",") for url in urls)
    found = (url.strip().rstrip("/") for name, _, url in pairs if name.lower() == label)
    return next(found, None)


def claim(name: str) -> str | None:
    """Return the address of a claim's page."""
    return f"{site}/claims/{name}.html" if (site := address("documentation")) else None


def question(name: str) -> str | None:
    """Return the address of a question on the site."""
    return f"{site}/questions/{name}.html" if (site := address("documentation")) else None


def source(file: str, version: str) -> str | None:
    """Return the address of a line of the source at the tag of a version."""
    return f"{base}/blob/v{version}/{file}" if (base := address("repository")) else None
