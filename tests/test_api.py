"""The public names: what they return, how it shows itself, and that they load nothing heavy."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

import lstm_spec

ROOT = Path(__file__).parent.parent
HEAVY = ("keras", "tensorflow", "pytest", "hypothesis", "msgspec", "rich", "numpy", "apsw")


def python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return done.stdout.decode()


def test_the_import_loads_nothing_heavy() -> None:
    loaded = python(
        "import sys; import lstm_spec; lstm_spec.__version__; dir(lstm_spec)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert loaded.strip() == "[]"


def test_nothing_but_a_live_model_or_a_check_loads_keras() -> None:
    loaded = python(
        "import sys; import lstm_spec\n"
        "lstm_spec.list_claims('time'); lstm_spec.cite('time.order')\n"
        "lstm_spec.explain('LSTM(2)', (3, 1))._repr_html_()\n"
        "lstm_spec.review('import keras\\nkeras.layers.LSTM(0)\\n')\n"
        "lstm_spec.answer('how many units')\n"
        "print('keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    assert loaded.strip() == "False False"


def test_every_name_is_documented() -> None:
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    for name in lstm_spec.__all__:
        assert name in page
        assert getattr(lstm_spec, name)
    assert dir(lstm_spec) == sorted(lstm_spec.__all__)
    with pytest.raises(AttributeError, match="module 'lstm_spec' has no attribute 'doctor'"):
        lstm_spec.doctor  # noqa: B018


def test_the_page_shows_what_is_printed() -> None:
    file = str(ROOT / "docs/python.md")
    options = doctest.IGNORE_EXCEPTION_DETAIL
    failed, tried = doctest.testfile(
        file, module_relative=False, encoding="utf-8", optionflags=options
    )
    assert (failed, tried > 5) == (0, True)


def test_results_show_themselves() -> None:
    claims = lstm_spec.list_claims("time.order", "gates.order")
    assert "<table>" in claims._repr_html_()
    assert "gates.order: In all weights" in repr(claims)
    cited = lstm_spec.cite("gates.order")
    assert repr(cited).startswith("In all weights the gates stand in the order i, f, g, o")
    assert "<blockquote>" in cited._repr_html_()
    explained = lstm_spec.explain("LSTM(2)", (3, 1))
    assert "<svg" in explained._repr_html_()
    assert "<table>" in explained._repr_html_()
    assert str(explained).startswith("LSTM(2) on input (batch, 3, 1)")


def test_what_a_post_holds_is_no_html() -> None:
    shown = lstm_spec.review('import keras\nm = keras.Sequential()\nm.save("<script>x")\n')
    assert "<script>" not in shown._repr_html_()


def test_comparison() -> None:
    comparison = lstm_spec.compare("keras-3.0", "keras-3.15")
    assert "got worse from keras 3.0.5 to keras 3.15.1" in str(comparison)
    assert "<table>" in comparison._repr_html_()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("list_claims('tim')", "no claim or chapter is called 'tim'"),
        ("cite('time')", "'time' is a chapter"),
        ("cite('time.order', 'keras==1')", "nothing is known of keras 1"),
        (
            "explain('LSTM(2)')",
            "the input of LSTM(2) is not known; give input=(timesteps, features)",
        ),
        ("explain('LSTM(2)', 3)", "3 is no shape of an input; give the numbers of timesteps"),
        ("explain('LSTM(2)', (-1, 1))", "(-1, 1) is no shape of an input"),
        ("explain('LSTM(2)', (3.5, 1))", "(3.5, 1) is no shape of an input"),
        ("explain('GRU(2)', (3, 1))", "'GRU' is not explained"),
        ("cite('stackin')", "no claim or question is called 'stackin'; did you mean stacking"),
        ("review('x = 1\\n', to='keras==3.9.2')", "`to` is for models; leave it out for a program"),
        ("compare(lstm_spec.api.Path('/none'), 'b')", "no file or report of the ledger is called"),
        ("explain(3)", "3 holds no LSTM"),
        ("review(3)", "3 is no model of Keras"),
        ("review('')", "cannot be read"),
        ("review('/none')", "'/none' cannot be read: No such file"),
        ("check('tim')", "no claim or chapter is called 'tim'"),
        ("check('time.order', effort='some')", "'some' is not an effort"),
        ("compare('a', 'b')", "no file or report of the ledger is called 'a'"),
    ],
)
def test_what_is_refused_is_a_value_error(call: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        eval(f"lstm_spec.{call}")
    assert len(str(caught.value).splitlines()) == 1


CELLS = (
    "import keras, lstm_spec",
    "model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2, activation='relu')])",
    "lstm_spec.explain(model)",
    "lstm_spec.review(model)",
    "lstm_spec.list_claims('time')",
    "print(lstm_spec.cite('time.order'))",
)


def test_in_a_notebook() -> None:
    nbclient = pytest.importorskip("nbclient", reason="needs the group test: nbclient")
    pytest.importorskip("ipykernel", reason="needs the group test: ipykernel")
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = [
        [output.get("data", {}).get("text/html", output.get("text", "")) for output in cell.outputs]
        for cell in notebook.cells
    ]
    explained, reviewed, listed, printed = ("".join(lines) for lines in shown[2:])
    assert "<svg" in explained
    assert "LSTM(2, activation='relu')" in explained
    assert "outputs may be larger than 1" in reviewed
    assert "<table>" in listed
    assert "The order of the timesteps matters" in printed
