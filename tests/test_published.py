"""What was published is known, and a command reads it from an index."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from lstm_spec.releases import matrix
from lstm_spec.run.environment import NEEDED, Place
from tools import published
from tools.published import Release

PUBLISHED = published.load()


def wheel(name: str, python: str = "", yanked: bool | str = False) -> dict[str, object]:
    return {
        "filename": name,
        "requires-python": python or None,
        "upload-time": "2024-04-22T10:00:00Z",
        "yanked": yanked,
    }


FILES = {
    "keras": [
        wheel("keras-3.3.1-py3-none-any.whl", ">=3.11"),
        wheel("keras-3.3.0-py3-none-any.whl", yanked="broken"),
        wheel("keras-3.4.0rc0-py3-none-any.whl"),
        wheel("keras-1.0-py3-none-any.whl"),
        wheel("keras-3.3.1.tar.gz"),
        wheel("keras-3.3.1-and-no-wheel.whl"),
    ],
    "tensorflow": [
        wheel("tensorflow-2.16.1-cp311-cp311-win_amd64.whl", ">=3.9"),
        wheel("tensorflow-2.16.1-cp39-cp39-win_amd64.whl", ">=3.9"),
    ],
    "tf-keras": [],
}


@pytest.fixture
def index() -> Iterator[str]:
    """Return the address of an index that holds FILES."""

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(msgspec.json.encode({"files": FILES[self.path.split("/")[-2]]}))

        def log_message(self, *words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()


def test_final_releases_of_an_index_are_read_and_written(index: str, tmp_path: Path) -> None:
    every = ("3.10", "3.11", "3.12", "3.13")
    day = "2024-04-22"
    releases = {
        "keras": [Release("3.3.0", day, every, yanked=True), Release("3.3.1", day, every[1:])],
        "tensorflow": [Release("2.16.1", day, ("3.11",))],
        "tf-keras": [],
    }
    assert published.ask(index) == releases
    file = tmp_path / "published.json"
    published.write(releases, file)
    assert published.load(file) == releases


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/simple", "no address", "file:///dev"])
def test_what_is_no_index_is_told_in_a_sentence(address: str, capsys) -> None:
    with pytest.raises(SystemExit):
        published.main([address])
    assert f"{address} is no package index that speaks JSON: " in capsys.readouterr().err


def test_file_is_as_the_command_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "published.json"
    published.write(PUBLISHED, file)
    assert file.read_text(encoding="utf-8") == published.FILE.read_text(encoding="utf-8")


def test_what_the_matrix_asks_for_was_published() -> None:
    lists = [entry.requirements for entry in (*matrix.load().environment, *matrix.load().tried)]
    asked = [Requirement(text) for requirements in lists for text in requirements]
    unknown = [
        str(requirement)
        for requirement in asked
        if requirement.name in PUBLISHED
        and not any(
            requirement.specifier.contains(release.version)
            for release in PUBLISHED[requirement.name]
        )
    ]
    assert unknown == []


def test_each_keras_3_is_on_each_backend() -> None:
    places = list(published.places(PUBLISHED))
    newer = [
        release.version for release in PUBLISHED["keras"] if Version(release.version).major == 3
    ]
    expected = {(version, backend) for version in newer for backend in NEEDED}
    pairs = {(where.packages.get("keras"), where.backend) for where in places}
    assert expected <= pairs


@pytest.mark.parametrize(
    ("versions", "python", "listed"),
    [
        ({"keras": "3.3.1", "tensorflow": "2.16.2"}, "3.12.0", True),
        ({"keras": "3.14.0", "tensorflow": "2.21.0"}, "3.10.0", False),
        ({"keras": "3.3.1", "tensorflow": "2.15.1"}, "3.11.0", False),
        ({"keras": "2.15.0", "tensorflow": "2.15.0"}, "3.11.0", True),
        ({"keras": "2.14.0", "tensorflow": "2.15.0"}, "3.11.0", False),
        ({"tf-keras": "2.20.0", "tensorflow": "2.20.0"}, "3.13.0", True),
    ],
)
def test_keras_goes_with_the_tensorflow_of_its_time(versions, python: str, listed: bool) -> None:
    assert (Place(versions, python) in published.places(PUBLISHED)) is listed
