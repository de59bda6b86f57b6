"""Wrong usage is answered in one sentence, with status 2, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from lstm_spec import cli


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["check", "maskin"], "no claim or chapter is called 'maskin'; did you mean masking"),
        (["check", "time.causalty"], "did you mean time.causality"),
        (
            ["check", "--effort", "some"],
            "'some' is not an effort; give smoke, default, deep",
        ),
        (["check", "--effort", "0"], "'0' is not an effort"),
        (
            ["check", "--effort", "smoke", "--effort", "deep"],
            "given as smoke and as deep; give one",
        ),
        (["check", "--seed", "1", "--seed", "2"], "given as 1 and as 2; give one"),
        (["check", "--seed", "-1"], "'-1' is not a whole number from 0 up"),
        (["check", "--workers", "0"], "'0' is not a whole number from 1 up"),
        (["check", "--workers", "two"], "'two' is not a whole number from 1 up"),
        (["check", "--report", "/proc/none/report"], "cannot be written"),
        (["check", "--report", "/"], "cannot be written: Is a directory"),
        (["upstream", "maskin"], "no claim or chapter is called 'maskin'"),
        (["check", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["examine"], "invalid choice: 'examine'"),
        ([], "the following arguments are required: VERB"),
    ],
)
def test_wrong_usage(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = cli.main(words)
    except SystemExit as stop:
        status = stop.code
    said = capsys.readouterr()
    assert status == 2
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert said.out == ""


def test_wrong_usage_leaves_the_last_report(tmp_path: Path) -> None:
    last = tmp_path / "report.jsonl"
    last.write_text("what was recorded\n", encoding="utf-8")
    assert cli.main(["check", "nonsense", "--report", str(last)]) == 2
    assert last.read_text(encoding="utf-8") == "what was recorded\n"


def test_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("lstm-spec 0.")
