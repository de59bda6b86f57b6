"""What programs read of the site is complete, and says of itself what it is."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from lstm_spec import catalog
from lstm_spec.answers import cite
from lstm_spec.answers.questions import questions
from lstm_spec.run import deviations
from tools import ROOT
from tools.site import machines, markup
from tools.site.records import gather

DATA = {"claims": catalog.claims, "questions": questions, "deviations": deviations.load}
SITE = ROOT / "tools/site"
ATOM = "{http://www.w3.org/2005/Atom}"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing of each request."""


@pytest.fixture
def server(site: Path) -> Iterator[str]:
    """Serve the site under a local address."""
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()


@pytest.mark.parametrize("name", DATA)
def test_data_are_complete_and_follow_their_schema(site: Path, name: str) -> None:
    from jsonschema import Draft202012Validator

    data, schema = (
        json.loads((site / f"{name}{ending}.json").read_text("utf-8")) for ending in ("", ".schema")
    )
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(data)] == []
    assert len(data) == len(DATA[name]())
    assert [entry["page"] for entry in data if not (site / entry["page"]).is_file()] == []


def test_schema_refuses_what_is_no_claim(site: Path) -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads((site / "claims.schema.json").read_text("utf-8"))
    assert list(Draft202012Validator(schema).iter_errors([{"id": 1}]))


def test_feed_tells_each_release_once_and_the_newest_first(site: Path) -> None:
    entries = ElementTree.parse(site / "feed.xml").findall(f"{ATOM}entry")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids) > 25
    assert ids.index("urn:lstm-spec:keras-3.15") < ids.index("urn:lstm-spec:keras-3.14")


def test_badge_says_the_same_as_its_endpoint(site: Path) -> None:
    badge = json.loads((site / "badge.json").read_text("utf-8"))
    assert badge["schemaVersion"] == 1
    assert f"{badge['label']}: {badge['message']}" in (site / "badge.svg").read_text("utf-8")


def test_sitemap_names_addresses_that_are_there(
    site: Path, server: str, tmp_path: Path, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cite, "address", lambda label: server)
    pages = ["index.html", "claims/time.every-step.html", "404.html"]
    listed = ElementTree.fromstring(machines.sitemap(server, pages))
    addresses = [part.text for part in listed.iter() if part.tag.endswith("loc")]
    assert addresses == [f"{server}/{name}" for name in pages[:2]]
    assert f'<link href="{server}/compare.html' in machines.feed(gather())


def test_pages_of_a_site_with_an_address_name_theirs(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sphinx.cmd.build import build_main

    address = "https://example.org/lstm"
    monkeypatch.setattr(cite, "address", lambda label: address)
    source = tmp_path / "pages"
    built = tmp_path / "site"
    (source / "claims").mkdir(parents=True)
    for name in ("index", "ask", "404", "claims/time.every-step"):
        (source / f"{name}.md").write_text(f"{markup.head('Why.')}# Page\n")
    assert build_main(["--quiet", "--conf-dir", str(SITE), str(source), str(built)]) == 0
    page = (built / "claims/time.every-step.html").read_text("utf-8")
    assert f'<link rel="canonical" href="{address}/claims/time.every-step.html">' in page
    assert f'<meta property="og:image" content="{address}/_cards/time.every-step.png">' in page
    assert f'<base href="{address}/">' in (built / "404.html").read_text("utf-8")


def test_site_works_under_an_address(server: str, browser: Any) -> None:
    opened = browser.new_page()
    failed: list[str] = []
    opened.on("requestfailed", lambda request: failed.append(request.url))
    opened.goto(f"{server}/claims/time.every-step.html")
    opened.get_by_label("Ask", exact=True).fill("third timestep ignored")
    opened.locator(".answers li").first.wait_for()
    assert failed == []
    opened.close()


def test_every_page_names_a_card_that_is_there(site: Path) -> None:
    cards = {
        path: re.search('<meta property="og:image" content="([^"]+)">', path.read_text("utf-8"))
        for path in site.rglob("*.html")
    }
    missing = [
        path for path, card in cards.items() if not (card and (path.parent / card[1]).is_file())
    ]
    assert missing == []
    own = cards[site / "claims/time.every-step.html"]
    assert own is not None
    assert own[1] == "../_cards/time.every-step.png"


def test_pages_tell_previews_what_they_say(site: Path) -> None:
    page = (site / "claims/time.every-step.html").read_text("utf-8")
    statement = catalog.find("time.every-step").statement
    assert f'<meta property="og:title" content="{statement}">' in page
    for name in ("description", "og:description"):
        assert f'"{name}"' in page
    asked = (site / "questions/fewer-units-than-inputs.html").read_text("utf-8")
    data = asked.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    assert json.loads(data)["mainEntity"]["acceptedAnswer"]["text"].startswith("It reads all")
