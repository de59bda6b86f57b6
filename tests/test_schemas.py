"""What is printed as JSON is what the published schemas say."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from lstm_spec import cli
from tools import docs

ANSWERS = {
    "answer": [
        ["answer", "--format", "json", "stacking"],
        ["answer", "--format", "json", "how", "to", "bake", "bread"],
        ["answer", "--format", "json", "expected ndim=3, found ndim=2"],
    ],
    "citation": [
        ["cite", "--format", "json", "time.every-step"],
        ["cite", "--format", "json", "errors.remainder-in-fit"],
    ],
    "explanation": [
        ["explain", "--format", "json", "LSTM(2)"],
        ["explain", "--format", "json", "Bidirectional(LSTM(2, return_state=True))"],
    ],
    "review": [
        ["review", "--format", "json", "tests/reviewed/asked.txt"],
        ["review", "--format", "json", "tests/reviewed/model.json"],
    ],
}
"""Commands whose output each schema describes."""
FILES = {file.name: file for file in docs.SCHEMAS}


@pytest.mark.parametrize("file", docs.SCHEMAS, ids=lambda file: file.name)
def test_schema_is_that_of_today(file: Path) -> None:
    assert docs.schema(docs.SCHEMAS[file]) == file.read_text(encoding="utf-8"), (
        "run `python -m tools.docs`"
    )


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_printed_is_as_the_schema_says(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(docs.ROOT)
    schema = json.loads(FILES[f"{name}.schema.json"].read_text(encoding="utf-8"))
    for command in ANSWERS[name]:
        cli.main(command)
        shown = json.loads(capsys.readouterr().out)
        jsonschema.validate(shown, schema)
        for key in shown:
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate({**shown, key: object()}, schema)
