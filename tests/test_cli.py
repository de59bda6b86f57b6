"""Wrong usage is answered in one sentence, with status 2, and nothing is lost."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import structs

from lstm_spec import catalog, cli, streams
from lstm_spec.answers import constructor
from lstm_spec.releases import ledger
from lstm_spec.run.report import Record
from reports import report, write


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
        (["check", "--seed", "9" * 5000], "99' is too large; give at most 9 digits"),
        (["check", "--effort", "9" * 5000], "99' is not an effort; give smoke, default, deep"),
        (["check", "--tx", "ssh="], "'ssh=' names no worker; give ssh=HOST//python=PYTHON"),
        (["check", "--tx", "2*h1"], "'2*h1' names no worker; give ssh=HOST//python=PYTHON"),
        (["check", "--tx", "popen//"], "'popen//' names no worker; give"),
        (["check", "--report", "/proc/none/report"], "cannot be written"),
        (["bisect", "time.order", "keras-3.9"], "the following arguments are required: B"),
        (["bisect", "time.order", "keras-3.9", "numpy"], "the matrix has no 'numpy'"),
        (["bisect", "time.order", "a", "b"], "the matrix has no 'a'; it has"),
        (["check", "--report", "/"], "cannot be written: Is a directory"),
        (
            ["check", "--report", "/dev/null"],
            "/dev/null cannot be written: it is no ordinary",
        ),
        (["check", "--with", "-e"], "expected one argument"),
        (["check", "--with=-e ."], "'-e .' is no requirement; give one like"),
        (["check", "--with", "odd.whl"], "there is no wheel odd.whl"),
        (["check", "--backend", "theano"], "invalid choice: 'theano'"),
        (["check", "--python", "3.9"], "does not run on Python '3.9'; give 3.10, 3.11, 3.12 or 3"),
        (["check", "--python", "3"], "does not run on Python '3'; give 3.10, 3.11, 3.12 or 3.13"),
        (["check", "--python", "abc"], "does not run on Python 'abc'; give 3.10"),
        (["compare", "a", "b", "--speed", "--python", "3.14"], "does not run on Python '3.14'"),
        (["check", "--with", "/"], "/ has no pyproject.toml or setup.py; give the folder of a"),
        (["upstream", "maskin"], "no claim or chapter is called 'maskin'"),
        (["--nonsense"], "unrecognized arguments: --nonsense; see `lstm-spec --help`"),
        (["check", "--nonsense"], "--nonsense; see `lstm-spec check --help`"),
        (["compare", "a", "b", "--speed", "--all"], "leave out --all or --speed"),
        (["bisect", "time.order", "keras-3.9", "keras-3.8"], "give keras-3.10 or keras-3.15"),
        (["cite", "time.causalty"], "no claim or chapter is called 'time.causalty'; did you mean"),
        (["cite", "stackin"], "no claim or question is called 'stackin'; did you mean stacking"),
        (["cite", "TIME.order"], "did you mean time.order"),
        (["cite", "time"], "'time' is a chapter; give the id of one of its claims"),
        (["cite", "shapes.stacking"], "retired: It says the same as sequences.stacking."),
        (["cite", "time.order", "--format", "pdf"], "invalid choice: 'pdf'"),
        (["explain", "LSTM(0)", "--input", "3,1"], "units=0: The constructor refuses a number of"),
        (["explain", "LSTM(2)", "--input", "3"], "'3' is no shape of an input; give the numbers"),
        (
            ["explain", "LSTM(2)", "--input", "3,1", "--draw", "/proc/none/a.svg"],
            "picture /proc/none/a.svg cannot be written",
        ),
        (["explain", "LSTM(2)", "--strengths"], "is about the picture; give --draw FILE.svg too"),
        (["explain", "LSTM(2)", "--draw", "a.png"], "would be SVG; give a name that ends in .svg"),
        (["explain", "LSTM(2, input_shape=(3,))"], "give the numbers of timesteps and of features"),
        (["review", "/none/a.py"], "'/none/a.py' cannot be read: No such file or directory"),
        (["review", "/"], "'/' cannot be read: Is a directory"),
        (["review", "/dev/null"], "there is no Python in what was given; give a program"),
        (["review", __file__, "--to", "keras==3.9.2"], "is a program; give --to with a model's"),
        (["review"], "the following arguments are required: FILE"),
        (["review", "a", "--format", "pdf"], "invalid choice: 'pdf'"),
        (["answer"], "the following arguments are required: WORDS"),
        (["answer", " "], "the question is empty; ask in words"),
        (["compare", "a.jsonl"], "the following arguments are required: B"),
        (["compare", "a.jsonl", "b"], "no file or report of the ledger is called 'a.jsonl'"),
        (["compare", "/proc/self/mem", "b"], "/proc/self/mem cannot be read: Input/output error"),
        (["compare", "/dev/null/a", "b"], "/dev/null/a cannot be read: Not a directory"),
        (["compare", "a" * 9999, "b"], "aaa cannot be read: File name too long"),
        (["compare", "KERAS-3.9", "b"], "did you mean keras-3.9"),
        (["compare", "a", "b", "--format", "pdf"], "invalid choice: 'pdf'"),
        (["compare", "a", "b", "--python", "3.12"], "--python is about environments; give --speed"),
        (["compare", "--speed", "keras-3.99", "here"], "the matrix has no 'keras-3.99'; did you"),
        (["compare", "--speed", "here", "-e keras"], "'-e' is no requirement; give one like"),
        (["examine"], "invalid choice: 'examine'"),
        (["show"], "the following arguments are required: ID"),
        (["show", "time.evry-step"], "did you mean time.every-step"),
        (["list", "TIME"], "no claim or chapter is called 'TIME'; did you mean time"),
        (["list", "tim" * 9999], "no claim or chapter is called 'tim"),
        (["list", "tim"], "no claim or chapter is called 'tim'; did you mean"),
    ],
)
def test_wrong_usage(
    words: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # a check here may hold the report
    try:
        status = cli.main(words)
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    assert status == 2
    assert sentence in captured.err
    assert len(captured.err.splitlines()) == 1
    assert captured.out == ""


@pytest.mark.parametrize(
    "words",
    [
        *(f"check {option}=" for option in ("--in", "--with", "--report", "--tx", "--database")),
        "answer masks --for=",
        "cite time.order --for=",
        "explain LSTM(2) --draw=",
        "review a.py --to=",
        "list --find=",
        "upstream --report=",
    ],
)
def test_an_empty_value_is_not_taken_for_none(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(words.split())
    assert stop.value.code == 2
    assert "it is empty; give a value, or leave it out" in capsys.readouterr().err


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    assert cli.main(["check", "time.order", "--in", "keras-3.9"]) == 3
    assert capsys.readouterr().err.startswith("lstm-spec: /dev/null/lstm-spec cannot be written: ")
    assert not list(tmp_path.iterdir())


def test_wrong_usage_leaves_the_last_report(tmp_path: Path) -> None:
    last = tmp_path / "report.jsonl"
    last.write_text("what was recorded\n", encoding="utf-8")
    assert cli.main(["check", "nonsense", "--report", str(last)]) == 2
    assert last.read_text(encoding="utf-8") == "what was recorded\n"


def test_report_to_which_nothing_can_be_added_is_not_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = gzip.compress(b"what was recorded\n")
    for content, sentence in [(packed, "is compressed; give it"), (b"", "there is no report ")]:
        file = tmp_path / "report"
        file.write_bytes(content)
        assert cli.main(["check", "--resume", "--report", str(file)]) == 2
        assert sentence in capsys.readouterr().err
        assert file.read_bytes() == content


def test_report_that_ends_without_a_claim_is_not_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = report(Record("time.order", "held", 1.0), Record("time.every-step", "held", 1.0))
    file = write(tmp_path / "report", structs.replace(whole, records=whole.records[:1]))
    content = file.read_bytes()
    assert cli.main(["check", "--resume", "--report", str(file)]) == 2
    assert "came to its end without time.every-step; leave out --resume" in capsys.readouterr().err
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a text\n", "report.jsonl: line 1 is damaged"),
        ('{"schema": 2}\n', "report.jsonl: schema 2, this version reads 1"),
        ("", "report.jsonl: not a report"),
    ],
)
def test_report_that_cannot_be_used(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.jsonl"
    file.write_text(text, encoding="utf-8")
    assert cli.main(["compare", str(file), str(file)]) == 3
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert (len(captured.err.splitlines()), captured.out) == (1, "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["cite", "time.order"], ".jsonl: line 1 is damaged"),
        (["explain", "LSTM(2)", "--input", "3,1"], "lstm-spec: constructor.toml: Expected"),
    ],
)
def test_damaged_installation_is_reported(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    damaged = b"[[argument\n"
    (tmp_path / "constructor.toml").write_bytes(damaged)
    ledger.put(tmp_path / "ledger", "keras-3.9", damaged)
    monkeypatch.setattr(ledger, "FILE", tmp_path / "ledger")
    monkeypatch.setattr(constructor, "FILE", tmp_path / "constructor.toml")
    monkeypatch.setattr(constructor, "constructor", constructor.constructor.__wrapped__)
    assert cli.main(words) == 3
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert (len(captured.err.splitlines()), captured.out) == (1, "")


def test_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("lstm-spec 0.")


@pytest.mark.parametrize("words", [["xyzzy"], ["#99999"], ["the", "of"], ["https://a.example/b/7"]])
def test_question_without_answer(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["answer", *words]) == 4
    captured = capsys.readouterr()
    assert captured.err.startswith("lstm-spec: no answer; ask in other words")
    assert captured.out.startswith("No claim answers this.")


def test_piped_question_in_bytes_of_no_encoding() -> None:
    command = [sys.executable, "-m", "lstm_spec.cli", "answer", "-"]
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, input=b"is a \xff mask lost?", capture_output=True, env=strict)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("layout", ["markdown", "text", "json"])
def test_question_in_bytes_of_no_encoding(layout: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["answer", "is a \udcff mask lost?", f"--format={layout}"]) == 0
    assert "mask" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["cite", "time.every-step"],
        ["cite", "time.order", "--format=json"],
        ["explain", "LSTM(2, stateful=True, go_backwards=True)", "--input=3,1"],
    ],
)
def test_answers_come_quickly_and_without_tensorflow(words: list[str]) -> None:
    program = (
        "import sys, time; from lstm_spec import catalog, cli; status = cli.main(sys.argv[1:]);"
        "heavy = {'tensorflow', 'keras', 'numpy', 'hypothesis', 'pytest'} & set(sys.modules);"
        "sys.exit(f'{status} {heavy} {time.process_time()}')"
    )
    command = [sys.executable, "-c", program, *words]
    tries = []
    while len(tries) < 7 and min(tries, default=1) >= 0.5:  # a busy machine makes some slower
        done = subprocess.run(command, capture_output=True, text=True)
        status, heavy, seconds = done.stderr.split()
        assert (status, heavy) == ("0", "set()")
        tries.append(float(seconds))
    assert min(tries) < 0.5, "seconds of processor time"


def test_a_question_is_answered_within_a_second() -> None:
    program = (
        "import sys, time; from lstm_spec import cli; cli.main(['answer', 'neurons']);"
        "sys.exit(str(time.process_time()))"
    )
    kept = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # modules are compiled once, as for users
    tries: list[float] = []
    while len(tries) < 7 and min(tries, default=1) >= 1:  # a busy machine makes some slower
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=kept
        )
        tries.append(float(done.stderr))
    assert min(tries) < 1, "seconds of processor time"


@pytest.mark.parametrize(
    "words", [["upstream"], ["cite", "time.order"], ["compare", "keras-3.0", "keras-3.1"]]
)
def test_reader_that_closes_the_pipe_ends_it_without_a_traceback(words: list[str]) -> None:
    command = [sys.executable, "-m", "lstm_spec.cli", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["--help", "list", "compare keras-3.0 keras-3.1", "upstream"])
def test_output_on_a_full_disk_is_one_sentence(words: str, unbuffered: str) -> None:
    done = in_a_shell(f"{words} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 3
    why = "standard output cannot be written: No space left on device; send it elsewhere"
    assert done.stderr == f"lstm-spec: {why}\n"


def test_errors_on_a_full_disk_keep_their_status() -> None:
    assert in_a_shell("list tim 2> /dev/full").returncode == 2


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(closed: str, tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    done = in_a_shell(f"merge {report} keras-3.15 --partial {closed}")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(line.startswith(b"{") for line in report.read_bytes().splitlines())


@pytest.mark.parametrize("verb", ["review", "answer"])
def test_closed_input_is_empty(verb: str) -> None:
    assert in_a_shell(f"{verb} - <&-").stderr == in_a_shell(f"{verb} - </dev/null").stderr


def test_every_character_is_printed_in_every_encoding() -> None:
    done = in_a_shell("upstream", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u2022" in done.stdout


def test_a_terminal_is_kept_and_escapes_what_it_cannot_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()
    terminal = io.TextIOWrapper(written, "ascii")
    monkeypatch.setattr("sys.stdout", terminal)
    streams.prepare()
    print("\N{BULLET}", flush=True)
    assert sys.stdout is terminal
    assert written.getvalue().strip() == b"\\u2022"


def in_a_shell(words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = f"{sys.executable} -m lstm_spec.cli {words}"
    environment = {**os.environ, **variables}
    return subprocess.run(command, shell=True, capture_output=True, text=True, env=environment)


def test_a_picture_is_drawn_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link.svg"
    link.symlink_to("picture.svg")
    assert cli.main(["explain", "LSTM(2)", "--draw", str(link)]) == 0
    assert link.is_symlink()
    assert (tmp_path / "picture.svg").read_text(encoding="utf-8").startswith("<svg")


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.main(words) == 0
    return capsys.readouterr().out


def test_no_word_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    shown = capsys.readouterr().out
    assert all(f"\n    {verb} " in shown for verb in cli.VERBS)


@pytest.mark.parametrize("verb", cli.VERBS)
def test_help_of_a_verb_has_examples_and_exit_statuses(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main([verb, "--help"])
    shown = capsys.readouterr().out
    assert f"\nexamples:\n  lstm-spec {verb}" in shown
    assert "\nexit status:\n  0" in shown


def test_list_counts_the_claims_of_each_chapter(capsys: pytest.CaptureFixture[str]) -> None:
    *lines, last = printed(["list"], capsys).splitlines()
    assert [line.split()[0] for line in lines] == list(catalog.chapters())
    assert sum(int(line.split()[1]) for line in lines) == int(last.split()[1])


def test_list_finds_claims_and_beliefs(capsys: pytest.CaptureFixture[str]) -> None:
    assert "time.every-step\n" in printed(["list", "time"], capsys)
    beliefs = printed(["list", "--beliefs", "--find", "timestep"], capsys)
    assert "    Believed: " in beliefs
    assert cli.main(["list", "--find", "xyzzy"]) == 1


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize(
    "words", [["list"], ["list", "masking"], ["explain", "Bidirectional(LSTM(2, stateful=True))"]]
)
def test_lines_are_as_long_as_the_terminal(
    words: list[str], width: int, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    whole = printed(words, capsys)
    monkeypatch.setattr(cli, "_width", lambda: width)
    shown = printed(words, capsys)
    assert max(map(len, shown.splitlines())) <= width
    assert shown.split() == whole.split()


def test_a_pager_that_is_missing_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MANPAGER", raising=False)
    for pager, exists in [("", True), ("no-such-pager -R", False), (sys.executable, True)]:
        monkeypatch.setenv("PAGER", pager)
        assert cli._has_pager() == exists


@pytest.mark.parametrize("columns", ["0", "1"])
def test_terminals_without_a_width(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = printed(["compare", "keras-3.9", "keras-3.10"], capsys)
    assert "from keras 3.9.2 to\n" in shown


def test_show_prints_the_claim_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    claim = catalog.find("time.every-step")
    shown = printed(["show", claim.id], capsys)
    assert claim.statement in " ".join(shown.split())
    assert f"def {claim.test}(" in shown


@pytest.mark.parametrize(
    ("line", "completed"),
    [("lstm-spec exp", "explain"), ("lstm-spec cite time.ev", "time.every-step")],
)
def test_verbs_and_ids_are_completed(line: str, completed: str, tmp_path: Path) -> None:
    file = tmp_path / "completions"
    shell = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    settings = {"_ARGCOMPLETE_STDOUT_FILENAME": str(file), "_ARGCOMPLETE_IFS": "\n"}
    command = [sys.executable, "-m", "lstm_spec.cli"]
    subprocess.run(command, env={**os.environ, **shell, **settings}, check=True)
    assert completed in file.read_text(encoding="utf-8").split()
