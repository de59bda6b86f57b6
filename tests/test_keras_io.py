"""The record of what a review says of the examples of keras.io."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lstm_spec.reviews.review import rules
from tools.studies.keras_io import __main__ as study


def test_each_finding_of_the_record_is_judged() -> None:
    record = study.judged()
    findings = {line.split()[1] for lines in record.found.values() for line in lines}
    assert findings == set(record.true)
    assert findings <= {rule.id for rule in rules()}
    assert record.commit == study.COMMIT
    assert record.programs > len(record.found)


PROGRAM = """
from keras.layers import LSTM, Dense
layer = LSTM(3, input_shape=(4, 1))
"""


def test_the_command_reads_a_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("examples/a.py", PROGRAM), ("guides/b.py", "x = 1\n"), ("c.py", PROGRAM)):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "One"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    monkeypatch.setattr(study, "COMMIT", "HEAD")
    assert study.main([str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "1 programs with recurrent layers" in printed
    assert "examples/a.py: 3 input-shape-warns" in printed
