"""The site as `tox run -e site` built it, and a browser that looks at it."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lstm_spec.run.report import Record
from reports import report
from tools.site.records import Records, gather

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("quic", "gpu", "background-networking", "component-update", "sync")
ARGUMENTS = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in QUIET)]

EVIL = "\"'</td><script>alert(1)</script><img src=x onerror=alert(1)> {ref}`x` [a](b) |\n# no"


@pytest.fixture(scope="session")
def site() -> Path:
    if "SITE" not in os.environ:
        pytest.skip("SITE does not say where the built site is; `tox run -e site` does")
    return Path(os.environ["SITE"])


def hostile() -> Records:
    """Return what is known, with reports that mean harm."""
    names = ("time.every-step", EVIL)
    facts = {"python": EVIL, "effort": EVIL}
    reports = {
        f"{EVIL}-{verdict}": report(
            *(Record(name, verdict, 0.1, message=EVIL) for name in names),
            packages={"keras": EVIL},
            **facts,
        )
        for verdict in ("held", "refuted")
    }
    return replace(gather(), reports=reports)


@pytest.fixture(scope="session")
def hostile_site(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site of reports that mean harm, where `site` is at hand too."""
    from tools.site.__main__ import build

    folder = tmp_path_factory.mktemp("hostile") / "site"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'myst_parser")  # of its own, for the next Sphinx but one
        assert build(hostile(), folder) == 0
    return folder


@pytest.fixture(scope="session")
def browser(site: Path) -> Iterator[Any]:
    """Start Chromium, once."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed, in which the site is tried")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


def failure(request: Any) -> list[str]:
    """Say that a request failed, unless the next page was opened before its icon had come."""
    aborted = request.failure == "net::ERR_ABORTED" and request.url.endswith("favicon.svg")
    return [] if aborted else [f"failed: {request.url}"]


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Open a page that fails the test if anything goes wrong in it, or leaves the disk."""
    wrong: list[str] = []
    opened = browser.new_page()
    opened.on(
        "console", lambda message: wrong.append(message.text) if message.type == "error" else None
    )
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("requestfailed", lambda request: wrong.extend(failure(request)))
    opened.on("request", lambda asked: wrong.append(asked.url) if away(asked.url) else None)
    yield opened
    opened.close()
    assert wrong == []


def away(address: str) -> bool:
    return not address.startswith(("file:", "data:"))
