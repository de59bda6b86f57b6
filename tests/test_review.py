"""What a review finds in programs, and that it is silent about what is right."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import os
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import pytest

from lstm_spec import catalog
from lstm_spec.reviews import review
from lstm_spec.reviews.network import parameters
from lstm_spec.reviews.network import text as shape_text
from lstm_spec.reviews.program import program
from lstm_spec.reviews.review import (
    FORMATS,
    GONE,
    HEAD,
    IN_LAYERS,
    IN_MODELS,
    MODULES,
    WITH_TENSORFLOW,
    Review,
    Rule,
    of_program,
    rules,
)
from lstm_spec.reviews.source import ProgramError

REVIEWED = Path(__file__).parent / "reviewed"
CHOSEN = 6
"""How many pairs of programs each run of the tests tries; `tox run -e findings` tries all."""


class Program(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    text: str
    knows: list[str] = []
    runs: bool = True


class Programs(msgspec.Struct, forbid_unknown_fields=True):
    program: list[Program]


def correct() -> list[Program]:
    file = REVIEWED / "correct.toml"
    return msgspec.toml.decode(file.read_bytes(), type=Programs).program


def of_lines(text: str) -> Review:
    """Return the review of an indented program."""
    return of_program(textwrap.dedent(text))


def ids(reviewed: Review) -> set[str]:
    return {finding.id for finding in reviewed.findings}


def test_correct_programs_are_left_alone() -> None:
    programs = correct()
    assert len(programs) >= 60
    wrong = {
        program.name: ids(of_program(program.text)) - set(program.knows) for program in programs
    }
    assert {name: names for name, names in wrong.items() if names} == {}


class Posted(msgspec.Struct, forbid_unknown_fields=True):
    address: str
    findings: list[str]
    text: str


class AllPosted(msgspec.Struct, forbid_unknown_fields=True):
    program: list[Posted]


def test_programs_that_people_have_asked_about() -> None:
    file = REVIEWED / "posted.toml"
    posted = msgspec.toml.decode(file.read_bytes(), type=AllPosted).program
    assert len({program.address for program in posted}) >= 25
    wrong = {}
    for post in posted:
        names = sorted(finding.id for finding in of_program(post.text).findings)
        if names != sorted(post.findings):
            wrong[post.address] = names
    assert wrong == {}


def test_there_are_forty_findings_each_with_a_claim() -> None:
    assert len(rules()) >= 40
    assert len({rule.id for rule in rules()}) == len(rules())
    claims = {claim.id for claim in catalog.claims()}
    assert {name for rule in rules() for name in (rule.claim, *rule.also)} - claims == set()


def test_each_finding_is_found_in_its_program_and_not_in_the_cured_one() -> None:
    missed = [rule.id for rule in static() if rule.id not in ids(of_program(rule.sick))]
    left = [rule.id for rule in rules() if rule.id in ids(of_program(rule.cured))]
    worse = {
        rule.id: [
            finding.id for finding in of_program(rule.cured).findings if finding.severity in BAD
        ]
        for rule in rules()
        if rule.when["subject"] != "probe"
    }
    assert missed == []
    assert left == []
    assert {name: names for name, names in worse.items() if names} == {}


BAD = ("error", "wrong numbers")


def static() -> list[Rule]:
    """Return the findings that are made by reading: a probe needs a live model."""
    return [rule for rule in rules() if rule.when["subject"] != "probe"]


def test_each_cure_changes_the_program_and_each_sentence_is_whole() -> None:
    for rule in static():
        for old, _ in rule.cure:
            assert old in rule.sick, rule.id
        (finding,) = [
            candidate for candidate in of_program(rule.sick).findings if candidate.id == rule.id
        ][:1]
        assert "?" not in finding.sentence.replace("'?'", ""), rule.id
        assert finding.sentence.endswith("."), rule.id
        assert not finding.remedy.endswith("."), rule.id
        assert "{" not in finding.sentence, rule.id


def chosen() -> list[Rule]:
    if os.environ.get("FINDINGS") == "all":
        return rules()
    return rules()[:: len(rules()) // CHOSEN]


@pytest.mark.parametrize("rule", chosen(), ids=lambda rule: rule.id)
def test_the_numbers_differ_in_the_program_and_agree_in_the_cured_one(
    rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if rule.severity == "error":
        with pytest.raises(Exception) as caught:  # noqa: PT011 - of any type, with these words
            run(rule.sick)
        assert rule.raises in str(caught.value)
    else:
        assert agree(run(rule.sick)) is (rule.severity == "slow")
    assert agree(run(rule.cured))


def run(text: str) -> dict[str, object]:
    import keras

    keras.utils.set_random_seed(1)
    names: dict[str, object] = {"__name__": "__main__"}
    exec(compile(text, "program", "exec"), names)
    return names


def agree(names: dict[str, object]) -> bool:
    value, wanted = (np.asarray(names[name], float) for name in ("value", "wanted"))
    same = value.shape == wanted.shape
    return same and bool(np.allclose(value, wanted, atol=1e-5, equal_nan=True))


def test_the_program_of_the_first_question() -> None:
    reviewed = of_program((REVIEWED / "asked.txt").read_text(encoding="utf-8"))
    places = [(finding.line, finding.id) for finding in reviewed.findings]
    assert places == [
        (6, "no-cudnn"),
        (6, "input-shape-warns"),
        (6, "no-bound"),
        (6, "cells-are-units"),
        (14, "features-said-otherwise"),
        (24, "no-extension"),
    ]
    rows = {row.line: f"{row.what}: {row.says}" for row in reviewed.rows}
    assert rows[6] == "LSTM(3): (batch, 3, 1) -> (batch, 3); 60 parameters"
    assert "LSTM(2) would need (3, 2)" in rows[23]
    assert "no state is kept from one sample to the next" in rows[23]
    assert rows[30] == "predict: data (1, 3, 1); output (1, 3)"


def test_formats() -> None:
    reviewed = of_program((REVIEWED / "asked.txt").read_text(encoding="utf-8"), "asked.py")
    text, markdown, plain, sarif = (FORMATS[name](reviewed) for name in FORMATS)
    assert "  24  ERROR: Keras 3 refuses to save" in text
    assert max(map(len, text.splitlines())) <= 96
    assert markdown.startswith("**Refused by Keras**\n\n- Line 24: Keras 3 refuses")
    assert msgspec.json.decode(plain, type=Review) == reviewed
    (whole,) = json.loads(sarif)["runs"]
    assert {result["ruleId"] for result in whole["results"]} == ids(reviewed)
    place = whole["results"][-1]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "asked.py"}, "region": {"startLine": 24}}


MARKDOWN = """
How do I stack two layers? I tried

```python
>>> from keras.layers import LSTM
>>> model = Sequential()
>>> model.add(LSTM(32, input_shape=(10, 1)))
>>> model.add(LSTM(32))
```

and it fails.
"""
HTML = """
<p>How do I stack two layers?</p>
<pre class="python"><code>model = Sequential()
model.add(LSTM(32, input_shape=(10, 1)))
if 2 &gt; 1:
    model.add(LSTM(32))</code></pre>
"""
PYTHON_TWO = """
from keras.models import Sequential
from keras.layers.recurrent import LSTM
print "building"
model = Sequential()
model.add(LSTM(32, input_shape=(10, 1)))
try:
    model.add(LSTM(32))
except Exception, error:
    print error
"""


@pytest.mark.parametrize(("text", "line"), [(MARKDOWN, 8), (HTML, 6), (PYTHON_TWO, 8)])
def test_posts_are_read_as_they_are(text: str, line: int) -> None:
    lines = [finding.line for finding in of_program(text).findings if finding.severity == "error"]
    assert lines == [line]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is no Python in what was given"),
        ("x" * 500_000, "the program has 500000 characters"),
        ("a\0b", "holds a null character"),
        ('{"cells": 3}', "the notebook cannot be read"),
    ],
)
def test_what_is_no_program(text: str, sentence: str) -> None:
    with pytest.raises(ProgramError, match=sentence):
        of_program(text)


def test_a_line_that_is_no_python_makes_unknown_what_it_sets() -> None:
    text = "inputs = keras.Input((3,))\ninputs = keras.Input((3, 1)))\nx = layers.LSTM(2)(inputs)\n"
    assert of_program(text).findings == []
    text = "m = Sequential()\nm.add(LSTM(2))\nm.add(Reshape((1, 2)))))\nm.add(LSTM(3))\n"
    assert of_program(text).findings == []
    text = "x = LSTM(2)(Input((3,\u00a01)))\nm\u00a0= keras.Model()\nm.save(\u201cx\u201d)\n"
    assert ids(of_program(text)) == {"no-extension"}


def test_a_part_of_a_function_is_read() -> None:
    text = "model = Sequential()\nreturn model\nbreak\nLSTM(0)\n"
    assert ids(of_program(text)) == {"units-not-positive"}


def test_nothing_is_run(tmp_path: Path) -> None:
    file = tmp_path / "made"
    of_program(f"import keras, os\nopen({str(file)!r}, 'w').close()\nos.system('touch {file}')\n")
    assert not file.exists()


def test_long_loops_and_recursion_end() -> None:
    nested = "".join("  " * n + f"for i{n} in range(20):\n" for n in range(9)) + "  " * 9 + "i0\n"
    for text in (
        "def f(x):\n    return f(x) + f(x)\nf(1)\n",
        "x = [0] * 10**9\nwhile True:\n    x = x + x\n",
        "x = 9 ** 9 ** 9\ny = 'a' * 10**9\nz = y * 9\n",
        nested,
    ):
        assert of_program(text).findings == []
    for text in ("x = " + "-" * 3000 + "1", "x = " + "(" * 5000 + ")" * 5000):
        with pytest.raises(ProgramError, match="no Python"):
            of_program(text)


def test_long_programs_are_read_in_part() -> None:
    long = "m = Sequential()\nm.add(Input((3, 1)))\n" + "m.add(Dense(1))\nm.fit(x)\n" * 14_000
    assert of_program(long).notes == ["The program is long; the rest of it was not read."]
    assert of_program("m.add(LSTM(3))  # " + "cells " * 60_000).findings == []
    deep = "x = " + "+".join(["1"] * 2_000) + "\nkeras.layers.LSTM(0)\n"
    assert ids(of_program(deep)) <= {"units-not-positive"}


def test_the_worst_decides() -> None:
    assert review.worst(of_program(rules()[0].sick)) == "error"
    assert review.worst(of_program("import keras\nkeras.layers.LSTM(3)\n")) is None


def test_what_moves_a_cursor_or_is_no_text_is_not_repeated() -> None:
    for odd in ("\\x1b[2J", "\\ud800", "\\n"):
        reviewed = of_program(
            f'm = Sequential()\nm.save("a{odd}")\nLSTM(3, activation="{odd}")\n', odd
        )
        assert ids(reviewed) == {"no-extension", "unknown-name"}
        for written in FORMATS.values():
            assert b"\x1b" not in written(reviewed).encode()


@pytest.mark.parametrize(
    "text",
    [
        "model = keras.Sequential([keras.Input((3, 2)), layers.LSTM(2)])\n"
        "model.fit(np.zeros((4, 3, 2)), np.zeros(()))",
        "inputs = keras.Input(batch_shape=())\n"
        "model = keras.Model(inputs, layers.LSTM(2)(inputs))\n"
        "model.fit(np.zeros((4, 3, 2)), np.zeros(()), sample_weight=np.zeros(()))",
        "inputs = keras.Input(batch_shape=())\n"
        "model = keras.Model(inputs, inputs)\n"
        "model.fit(np.zeros(()), np.zeros((4, 2)))",
        "model = keras.Sequential([layers.LSTM(2)])\nmodel.build([])\nmodel.predict(np.zeros(()))",
        "inputs = keras.Input((3, 2))\n"
        "model = keras.Model(inputs, [layers.LSTM(2)(inputs), layers.LSTM(3)(inputs)])\n"
        "model.fit(np.zeros((4, 3, 2)), [1, 2], sample_weight=np.zeros(4))\n"
        "keras.Model().fit(1, 2, sample_weight=np.zeros(4))",
    ],
)
def test_arrays_and_inputs_without_axes_are_read(text: str) -> None:
    for form in FORMATS.values():
        assert form(of_program(text))


MODELS = {
    "frames": """
        layers.TimeDistributed(layers.Conv2D(3, (3, 3), padding="same")),
        layers.TimeDistributed(layers.MaxPooling2D((2, 2))),
        layers.TimeDistributed(layers.Conv2D(4, 3, strides=2, use_bias=False)),
        layers.TimeDistributed(layers.GlobalAveragePooling2D()),
        layers.LSTM(5),
        layers.Dense(2),
    """,
    "columns of an image": """
        layers.Conv2D(3, (3, 2)),
        layers.MaxPool2D(pool_size=(2, 1), padding="same"),
        layers.AveragePooling2D(2, strides=1),
        layers.Permute((2, 1, 3)),
        layers.Reshape((5, -1)),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
    """,
    "frames at once": """
        layers.ConvLSTM2D(3, (2, 2), return_sequences=True),
        layers.ConvLSTM2D(2, 3, padding="same"),
        layers.Flatten(),
    """,
    "channels first": """
        layers.Conv1D(3, 2, data_format="channels_first"),
        layers.MaxPooling1D(data_format="channels_first"),
        layers.GlobalMaxPooling1D(data_format="channels_first", keepdims=True),
    """,
    "kept axes": "layers.GlobalAveragePooling1D(keepdims=True), layers.LSTM(4)",
    "windows": """
        layers.Conv1D(3, 2, dilation_rate=2),
        layers.MaxPooling1D(),
        layers.UpSampling1D(3),
        layers.LSTM(4),
    """,
}
INPUTS = {"frames": (6, 8, 9, 1), "columns of an image": (8, 7, 2), "frames at once": (3, 6, 6, 1)}
INPUTS |= {"channels first": (3, 9)}


@pytest.mark.parametrize("name", MODELS)
def test_shapes_and_parameters_are_those_of_keras(name: str) -> None:
    shape = INPUTS.get(name, (9, 2))
    text = f"{HEAD}model = keras.Sequential([keras.Input({shape}), {MODELS[name].strip()}])\n"
    nodes = [event.about["node"] for event in program(text).events if event.kind == "call"]
    read = [
        (node.outputs[0].shape, parameters(node.layer, [tensor.shape for tensor in node.inputs]))
        for node in nodes
    ]
    model: Any = run(text)["model"]
    assert read == [(tuple(layer.output.shape), layer.count_params()) for layer in model.layers]


def test_attention_has_the_length_of_the_query_and_the_width_of_the_value() -> None:
    text = """
        query, value = keras.Input((4, 3)), keras.Input((6, 5))
        y = layers.Attention()([query, value])
    """
    (row,) = of_lines(text).rows
    assert row.says == "(batch, 4, 3) and (batch, 6, 5) -> (batch, 4, 5)"


def test_ids_are_taken_for_sequences_where_an_lstm_reads_their_embedding() -> None:
    words = "layers.Embedding(9, 4), layers.LSTM(3)"
    rows = of_program(f"model = keras.Sequential([{words}])").rows
    assert [row.says for row in rows] == [
        "(batch, ?) -> (batch, ?, 4); 36 parameters",
        "(batch, ?, 4) -> (batch, 3); 96 parameters",
    ]
    assert of_program("model = keras.Sequential([layers.Embedding(9, 4)])").rows == []


def test_a_name_may_come_from_a_star() -> None:
    rows = of_program(
        "from tensorflow.keras.layers import *\nx = MaxPool2D()(Input((4, 4, 1)))"
    ).rows
    assert [row.what for row in rows] == ["MaxPooling2D"]


def test_samples_that_are_kept_for_validation_are_in_no_batch() -> None:
    text = """
        model = keras.Sequential([keras.Input(batch_shape=(64, 10, 1)), LSTM(2, stateful=True)])
        model.compile("sgd", "mse")
        model.fit(np.zeros((640, 10, 1)), batch_size=64, shuffle=False, validation_split=SHARE)
    """
    text = textwrap.dedent(text)
    assert ids(of_program(text.replace("SHARE", "0.25"))) == {"remainder"}
    assert ids(of_program(text.replace("SHARE", "0.2"))) == set()


def test_a_comment_may_stand_above_its_line() -> None:
    text = "# 4 samples of 3 time steps\nx = np.zeros(12).reshape(4, 1, 3)\n"
    assert ids(of_program(text)) == {"steps-said-otherwise"}
    assert ids(of_program(text.replace("4, 1, 3", "4, 3, 1"))) == set()


OWN = """
class Net(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.first = layers.LSTM(units)
        self.second = layers.LSTM(units)
        self.last = layers.Dense(3)

    def call(self, inputs, training=False):
        x = self.first(inputs)
        x = self.second(x, training=training)
        return self.last(x)

net = Net(8)
net.compile("adam", "sparse_categorical_crossentropy")
"""


@pytest.mark.parametrize(
    "use",
    [
        "net(np.zeros((4, 10, 2)))",
        "net.build((None, 10, 2))",
        "net.fit(np.zeros((4, 10, 2)), np.zeros(4))",
        "y = net(keras.Input((10, 2)))",
        "",
    ],
)
def test_a_model_of_a_class_is_read_by_its_call(use: str) -> None:
    reviewed = of_program(OWN + use)
    assert ids(reviewed) == {"stacked-without-sequences"}
    (finding,) = reviewed.findings
    assert finding.sentence.startswith("second needs a sequence, and first below it")
    assert ("10, 2)" in reviewed.rows[0].says) == bool(use)


def test_data_are_held_against_a_model_of_a_class() -> None:
    text = OWN.replace("layers.LSTM(units)", "layers.LSTM(units, return_sequences=True)", 1)
    fit = "net.fit(np.zeros((4, 10, 2)), np.zeros((4, 10)))"
    assert ids(of_program(text + fit)) == {"classes-of-timesteps"}
    assert ids(of_program(text + fit.replace("(4, 10))", "(4, 1))"))) == set()


def test_states_of_an_eager_call_need_their_names_too() -> None:
    text = "lstm = layers.LSTM(3, return_state=True)\nout, state = lstm(np.zeros((2, 4, 1)))\n"
    assert ids(of_program(text)) == {"unpacked-otherwise"}
    assert ids(of_program(text.replace(", return_state=True", ""))) == set()


def test_one_column_for_many_units_is_not_said_to_be_refused() -> None:
    text = """
        model = keras.Sequential([keras.Input((10, 1)), layers.LSTM(50)])
        model.compile("adam", "mse")
        model.fit(np.zeros((30, 10, 1)), np.zeros((30, 1)))
    """
    assert ids(of_lines(text)) == {"one-target-for-several-outputs"}


def test_a_loss_is_held_against_layers_that_wait_for_their_input() -> None:
    text = """
        model = keras.Sequential([layers.Embedding(50, 4), layers.LSTM(3), layers.Dense(1)])
        model.compile("adam", "binary_crossentropy")
    """
    assert ids(of_lines(text)) == {"no-probabilities"}


OLD = """
model = keras.Sequential([keras.Input((4, 1)), layers.LSTM(3)])
model.compile(keras.optimizers.Adam(lr=0.1), "mse")
model.fit(np.zeros((8, 4, 1)), np.zeros((8, 3)), nb_epoch=2)
model.predict_classes(np.zeros((8, 4, 1)))
"""


def test_what_earlier_releases_had_is_noted() -> None:
    reviewed = of_program(OLD)
    assert [(entry.line, entry.name, entry.write) for entry in reviewed.gone] == [
        (3, "lr", "learning_rate"),
        (4, "nb_epoch", "epochs"),
        (5, "predict_classes", "predict(x).argmax(axis=-1), or predict(x) > 0.5 for one unit"),
    ]
    assert review.worst(reviewed) == "error"
    text, markdown, _, sarif = (FORMATS[name](reviewed) for name in FORMATS)
    assert (
        "  3  ERROR: An optimizer of Keras 3 has no `lr`.\n       Do: write learning_rate.\n"
        in text
    )
    assert "Nothing to say" not in text + markdown
    assert "- Line 4: fit() of Keras 3 has no `nb_epoch`. To do: write epochs." in markdown
    assert "- Line 5: A model of Keras 3 has no `predict_classes`." in markdown
    assert [result["level"] for result in json.loads(sarif)["runs"][0]["results"]] == ["error"] * 3


def test_layers_that_earlier_releases_had_are_noted() -> None:
    old = (
        "keras.Sequential([layers.LSTM(3, return_sequences=True), layers.TimeDistributedDense(2)])"
    )
    (entry,) = of_program(old).gone
    assert (entry.line, entry.name, entry.write) == (1, "TimeDistributedDense", "Dense")
    assert entry.sentence == "Keras 3 has no `TimeDistributedDense`."
    (entry,) = of_program("layers.Conv1D(3, 2, border_mode='same')").gone
    assert entry.sentence == "Conv1D of Keras 3 has no `border_mode`."
    own = "class Merge(keras.layers.Layer):\n    pass\nx = Merge()(keras.Input((4, 1)))\n"
    assert not any("`Merge`" in note for note in of_program(own).notes)


def test_what_is_noted_as_gone_is_gone() -> None:
    keras = pytest.importorskip("keras")
    methods = [name for name in GONE if name.endswith(("_generator", "_classes", "_proba"))]
    assert [name for name in methods if hasattr(keras.Model, name)] == []
    gone = [name for name in GONE if name[0].isupper()]
    assert [name for name in gone if hasattr(keras.layers, name)] == []
    takes = inspect.signature(keras.Model().fit).parameters
    gone = ["nb_epoch", "samples_per_epoch", "show_accuracy", "workers", "max_queue_size"]
    assert {*gone, "use_multiprocessing"} & takes.keys() == set()
    assert "sample_weight_mode" not in inspect.signature(keras.Model().compile).parameters
    with pytest.raises(ValueError, match="lr"):
        keras.optimizers.Adam(lr=0.1)
    assert [name for name in {**MODULES, **WITH_TENSORFLOW} if _is_there(keras, name)] == []
    for name in IN_LAYERS:
        with pytest.raises(ValueError, match=name):
            keras.layers.Dense(3, **{name: 1})
    classes = {name: kind for name, kind in vars(keras.layers).items() if inspect.isclass(kind)}
    named = {name: inspect.signature(kind.__init__).parameters for name, kind in classes.items()}
    kept = {(word, name) for word in IN_LAYERS for name in named if word in named[name]}
    assert {name for _, name in kept if not name.endswith("Embedding")} == set()
    assert {word for word, _ in kept} == {"output_dim"}
    for name in IN_MODELS:
        with pytest.raises(ValueError, match=name):
            keras.Model(**{name: keras.Input((4, 1))})


def _is_there(keras: ModuleType, name: str) -> bool:
    """Return whether Keras has what a dotted name names."""
    with contextlib.suppress(ImportError):
        return bool(importlib.import_module(name))
    owner: object = keras
    for part in name.split(".")[1:]:
        owner = getattr(owner, part, None)
    return owner is not None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from keras.layers.recurrent import LSTM", "keras.layers.recurrent"),
        (
            "from tensorflow.keras.layers.experimental import SyncBatchNormalization",
            "keras.layers.experimental",
        ),
        ("from keras.utils import np_utils", "keras.utils.np_utils"),
        ("import keras.engine.topology", "keras.engine"),
        ("from keras.preprocessing.text import Tokenizer", "keras.preprocessing.text"),
        ("from tensorflow.keras.preprocessing.text import Tokenizer", ""),
        ("from keras.preprocessing.sequence import pad_sequences", ""),
        ("from keras.layers import concatenate", ""),
        ("from .layers.recurrent import LSTM", ""),
        ("from tf_keras.layers.recurrent import LSTM", ""),
        ("try:\n    from keras.layers.core import Dense\nexcept ImportError:\n    pass", ""),
        ("if old():\n    from keras.layers.core import Dense", ""),
        ("layers.GRU(output_dim=3)", "output_dim"),
        ("layers.Embedding(9, output_dim=3)", ""),
        ("layers.Conv1D(3, 2, border_mode='same')", "border_mode"),
        ("keras.Model(inputs=x, output=y)", "output"),
    ],
)
def test_modules_and_arguments_that_earlier_releases_had_are_noted(
    line: str, expected: str
) -> None:
    names = [entry.name for entry in of_program(line).gone]
    assert names == [expected] * bool(expected)


def test_what_a_refused_layer_would_make_is_not_said() -> None:
    text = "model = keras.Sequential([keras.Input((9,)), layers.LSTM(3), layers.Dense(1)])"
    assert [row.says for row in of_program(text).rows] == [
        "(batch, 9) -> refused",
        "(batch, 3) -> (batch, 1); 4 parameters",
    ]


WITHIN = """
inputs = keras.Input((6, 8, 9, 1))
frame = keras.Sequential([keras.Input((8, 9, 1)), layers.Conv2D(2, 3), layers.Flatten()])
x = layers.TimeDistributed(frame)(inputs)
x = layers.Lambda(lambda rows: 2 * rows[:, 1:])(x)
x = layers.LSTM(4, return_sequences=True)(x)
x = layers.Add()([x, layers.MultiHeadAttention(2, 3)(x, x)])
x = layers.Multiply()([x, layers.Softmax(axis=1)(layers.Dense(1)(x))])
x = layers.Lambda(lambda rows: keras.ops.sum(rows, axis=1))(x)
model = keras.Sequential([keras.Model(inputs, x), layers.Dense(3)])
"""


def test_shapes_within_models_and_functions_are_those_of_keras() -> None:
    nodes = [event.about["node"] for event in program(HEAD + WITHIN).events if event.kind == "call"]
    chain = [node.outputs[0].shape for node in nodes][2:]
    model: Any = run(HEAD + WITHIN)["model"]
    inner, dense = model.layers
    expected = [tuple(layer.output.shape) for layer in inner.layers[1:]]
    assert chain == [*expected, (None, 4), (None, 3)]
    assert tuple(dense.output.shape) == (None, 3)


def test_a_row_in_a_lambda_is_a_row() -> None:
    text = """
        x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(keras.Input((4, 2)))
        y = layers.Lambda(lambda rows: rows[:, -1])(x)
    """
    assert ids(of_lines(text)) == {"last-row-of-both"}


def says(text: str, kind: str = "fit") -> list[str]:
    """Return what is said of lines of a kind."""
    return [row.says for row in of_lines(text).rows if row.what == kind]


@pytest.mark.parametrize(("more", "expected"), [("", {"remainder"}), (", **more", set())])
def test_no_remainder_is_known_where_samples_may_be_kept_to_validate(
    more: str, expected: set[str]
) -> None:
    text = f"""
        inputs = keras.Input(batch_shape=(5, 3, 1))
        model = keras.Sequential([inputs, layers.LSTM(2, stateful=True)])
        model.compile("sgd", "mse")
        model.fit(np.zeros((13, 3, 1)), np.zeros((13, 2)), 5, shuffle=False{more})
    """
    assert ids(of_lines(text)) == expected


def test_a_batch_is_no_larger_than_what_is_trained_on() -> None:
    text = """
        model = keras.Sequential([keras.Input((3, 1)), layers.LSTM(2)])
        model.fit(np.zeros((13, 3, 1)), np.zeros((13, 2)), validation_split=0.1)
    """
    (fit,) = says(text)
    assert "1 batch of 11 in each epoch" in fit


STATEFUL = """
class Resetting(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.layers[0].reset_state()

model = keras.Sequential([keras.Input(batch_shape=(2, 3, 1)), layers.LSTM(2, stateful=True)])
model.fit(np.zeros((2, 3, 1)), np.zeros((2, 2)), batch_size=2, epochs=3, callbacks=[GIVEN])
"""


@pytest.mark.parametrize(
    ("given", "noted"),
    [
        ("Resetting()", False),
        ("keras.callbacks.LambdaCallback(on_epoch_end=reset)", False),
        ("found_elsewhere", False),
        ("keras.callbacks.EarlyStopping('loss')", True),
    ],
)
def test_a_callback_of_ones_own_may_reset_the_state(given: str, noted: bool) -> None:
    assert ("never-reset" in ids(of_program(STATEFUL.replace("GIVEN", given)))) is noted


TAGGER = """
from keras.layers import LSTM, Dense, Embedding
from keras.models import Sequential
model = Sequential([Embedding(50, 4), LSTM(3), Dense(1)])
model.compile("adam", "mse")
x = pad_sequences(GIVEN, maxlen=9)
model.fit(x, np.zeros((5, 1)))
model.evaluate(x, np.zeros((5, 1)))
"""


@pytest.mark.parametrize(
    ("given", "data"),
    [
        ("tokenizer.texts_to_sequences(texts)", ["(?, 9)"]),
        ("[tokenizer.texts_to_sequences([text])[0]]", ["(1, 9)"]),
        ("[[words[word] for word in line] for line in lines]", ["(?, 9)"]),
        ("keras.datasets.imdb.load_data()[0][0]", ["(?, 9)"]),
        ("[np.zeros((4, 7)) for line in lines]", ["(?, 9, 7)"]),
        ("[[words[word] for word in line] for line in lines], dtype='float32'", []),
        ("[to_categorical(line, 7) for line in lines]", []),
        ("load(file)", []),
    ],
)
def test_what_is_padded_are_ids_only_where_that_is_known(given: str, data: list[str]) -> None:
    rows = says(TAGGER.replace("GIVEN", given))
    assert [fit.split(";")[0] for fit in rows] == [f"data {shape}" for shape in data]


def test_that_padding_is_read_is_said_once() -> None:
    text = TAGGER.replace("GIVEN", "tokenizer.texts_to_sequences(texts)")
    lines = [finding.line for finding in of_program(text).findings]
    assert lines == [7]


@pytest.mark.parametrize(
    "imported",
    [
        "try:\n    from tensorflow import keras\nexcept ImportError:\n    import keras",
        "try:\n    import keras\n    HAS = True\nexcept Exception:\n    HAS = False",
        "if old:\n    from tensorflow import keras\nelse:\n    import keras",
    ],
)
def test_keras_is_keras_however_it_is_imported(imported: str) -> None:
    text = "model = keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])\n"
    assert [row.what for row in of_program(f"{imported}\n{text}").rows] == ["LSTM(2)"]


def test_a_mask_that_is_passed_is_followed_in_place_of_another() -> None:
    text = """
        words, mask = keras.Input((5,)), keras.Input((5,), dtype="bool")
        x = layers.LSTM(3)(layers.Embedding(9, 4, mask_zero=True)(words), mask=mask)
    """
    (lstm,) = says(text, "LSTM(3)")
    assert lstm.endswith("; follows the mask that is passed to it")


def test_parameters_are_not_counted_where_the_number_of_axes_is_another() -> None:
    text = """
        frames = layers.TimeDistributed(layers.Conv2D(4, 3))
        model = keras.Sequential([keras.Input((20, 20, 3)), frames, layers.LSTM(2)])
        y = layers.TimeDistributed(layers.LSTM(2))(keras.Input((5, 3)))
    """
    assert says(text, "TimeDistributed(Conv2D)") == ["(batch, 20, 20, 3) -> ?"]
    assert says(text, "TimeDistributed(LSTM)") == ["(batch, 5, 3) -> refused"]


def test_of_a_layer_that_is_not_known_it_is_not_said_that_it_forgets() -> None:
    text = """
        inputs = keras.Input((4, 1))
        model = keras.Model(inputs, layers.Dense(1)(LAYER(inputs)))
        model.fit(np.zeros((8, 4, 1)), np.zeros((8, 1)))
    """
    assert "no state is kept" in says(text.replace("LAYER", "layers.LSTM(2)"))[0]
    assert "no state is kept" not in says(text.replace("LAYER", "elsewhere.Memory(2)"))[0]
    assert "no state is kept" not in says(text.replace("LAYER", "layers.Flatten()"))[0]


ONE_AXIS = """
import pandas as pd
table = pd.read_csv("prices.csv")
model = keras.Sequential([keras.Input((5, 1)), layers.LSTM(4, return_sequences=ROWS)])
model.add(layers.Dense(WIDTH))
model.compile("adam", "mse")
model.fit(np.zeros((30, 5, 1)), Y, batch_size=BATCH)
"""


@pytest.mark.parametrize(
    ("rows", "width", "y", "batch", "expected"),
    [
        (True, 1, "np.zeros(30)", 8, "all-targets-for-each-timestep"),
        (True, 1, "np.zeros(30)", 1, "one-target-for-a-sequence"),
        (True, 1, "table['close'] / 2", 8, "one-target-for-a-sequence"),
        (True, 1, "np.array(table['close'])", 8, "all-targets-for-each-timestep"),
        (False, 3, "table.filter(['close', 'volume'])", 8, "other-number-of-columns"),
        (False, 3, "np.zeros(30)", 8, "targets-beside-the-columns"),
        (True, 3, "np.zeros(30)", 8, "targets-beside-the-columns"),
        (True, 3, "np.zeros(30)", 3, "targets-along-the-columns"),
        (False, 3, "np.zeros(30)", 31, "targets-beside-the-columns"),
        (False, 3, "np.zeros(30)", 1, "one-target-for-several-outputs"),
        (False, 3, "table['close']", 8, "one-target-for-several-outputs"),
        (False, 1, "np.zeros(30)", 8, ""),
        (True, 1, "np.zeros(30)", "size", ""),
    ],
)
def test_targets_of_one_axis(rows: bool, width: int, y: str, batch: object, expected: str) -> None:
    text = ONE_AXIS.replace("ROWS", str(rows)).replace("WIDTH", str(width))
    text = text.replace("Y,", f"{y},").replace("BATCH", str(batch))
    assert ids(of_program(text)) == ({expected} if expected else set())


@pytest.mark.parametrize("loss", ["binary_crossentropy", "sparse_categorical_crossentropy"])
@pytest.mark.parametrize("y", ["np.zeros(30)", "np.zeros((30, 1))"])
def test_one_class_for_a_sequence_is_refused(loss: str, y: str) -> None:
    text = ONE_AXIS.replace("ROWS", "True").replace("WIDTH", "2, activation='sigmoid'")
    text = text.replace("mse", loss).replace("Y,", f"{y},").replace("BATCH", "8")
    assert ids(of_program(text)) == {"one-class-for-a-sequence"}


def test_an_input_of_a_single_timestep_is_noted_unless_the_data_have_more() -> None:
    text = """
        model = keras.Sequential([keras.Input((1, 7)), layers.LSTM(4), layers.Dense(1)])
        model.fit(*load("data.csv"))
        model.fit(dataset)
        model.fit(np.zeros((9, 5, 7)), np.zeros((9, 1)))
    """
    assert [finding.id for finding in of_lines(text).findings] == [
        "one-timestep",
        "one-timestep",
    ]


def test_what_comes_from_elsewhere_is_no_input() -> None:
    text = """
        features = keras.applications.VGG16(include_top=False)
        own = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3)])
        x = own(keras.Input((8, 8, 3)))
        y = layers.LSTM(3)(x)
        z = layers.LSTM(3)(x + 1.0)
    """
    assert ids(of_lines(text)) == set()
    assert says(text, "LSTM(3)") == ["(batch, 6, 6, 4) -> refused"] * 2


def test_data_that_come_with_keras_have_their_shapes() -> None:
    text = """
        (x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
        model = keras.Sequential([keras.Input((28, 28)), layers.LSTM(4), layers.Dense(10)])
        model.fit(x / 255.0, y)
        model.evaluate(x_test, y_test)
    """
    assert "data (60000, 28, 28); targets (60000,)" in says(text)[0]
    assert "data (10000, 28, 28); targets (10000,)" in says(text, "evaluate")[0]


LATER = """
class Classifier:
    def __init__(self):
        self.width = None
        self.units = 8

    def create(self):
        model = keras.Sequential([keras.Input((5, self.width)), layers.LSTM(self.units)])
        return model

    def fit(self, x, y):
        self.width = x.shape[2]
        self.create().fit(x, y)
"""


def test_what_another_method_sets_is_not_known_before() -> None:
    reviewed = of_program(LATER)
    assert ids(reviewed) == set()
    assert [row.says for row in reviewed.rows] == ["(batch, 5, ?) -> (batch, 8)"]


def test_an_open_length_of_slices_is_said_once() -> None:
    text = """
        x = layers.TimeDistributed(layers.Dense(4))(keras.Input((None, 4)))
        y = layers.TimeDistributed(layers.Dense(4))(x)
    """
    assert [finding.id for finding in of_lines(text).findings] == ["slices-of-open-length"]


AXES = """
model = keras.Sequential([keras.Input((STEPS, 1)), layers.LSTM(4, return_sequences=ROWS)])
model.add(layers.Dense(WIDTH, activation="softmax"))
model.compile("adam", "LOSS")
model.fit(np.zeros((24, STEPS, 1)), np.zeros(Y), batch_size=BATCH)
"""


@pytest.mark.parametrize(
    ("steps", "rows", "width", "loss", "y", "batch", "expected"),
    [
        (5, True, 2, "mse", (24, 2), 8, "targets-without-time"),
        (5, True, 2, "mse", (24, 2), 1, ""),
        (8, True, 2, "mse", (24, 2), 8, ""),
        (1, True, 2, "mse", (24, 2), 8, ""),
        (1, True, 2, "categorical_crossentropy", (24, 2), 8, "targets-without-time"),
        (5, False, 2, "mse", (24, 5, 2), 8, "targets-with-time"),
        (5, False, 2, "mse", (24, 1, 2), 8, ""),
        (5, False, 2, "mse", (24, 8, 2), 8, ""),
        (5, False, 2, "categorical_crossentropy", (24, 1, 2), 8, "targets-with-time"),
    ],
)
def test_where_a_mean_error_takes_targets_without_time(
    steps: int, rows: bool, width: int, loss: str, y: object, batch: int, expected: str
) -> None:
    text = AXES.replace("ROWS", str(rows)).replace("WIDTH", str(width)).replace("LOSS", loss)
    text = text.replace("STEPS", str(steps)).replace("Y)", f"{y})").replace("BATCH", str(batch))
    assert ids(of_program(text)) - {"one-timestep"} == ({expected} if expected else set())


@pytest.mark.parametrize("y", [(24, 1), (24, 1, 1)])
@pytest.mark.parametrize("rows", [True, False])
def test_a_single_timestep_has_its_own_target(rows: bool, y: object) -> None:
    text = AXES.replace("ROWS", str(rows)).replace('WIDTH, activation="softmax"', "1")
    text = text.replace("LOSS", "mse").replace("STEPS", "1").replace("Y)", f"{y})")
    assert ids(of_program(text.replace("BATCH", "8"))) == {"one-timestep"}


@pytest.mark.parametrize(
    ("layer", "title"),
    [
        ("layers.LSTM(3)", "LSTM"),
        ("layers.Bidirectional(layers.LSTM(3))", "the LSTM in Bidirectional"),
    ],
)
def test_the_layer_that_is_to_return_sequences_is_named(layer: str, title: str) -> None:
    text = f"""
        model = keras.Sequential([keras.Input((20, 3)), {layer}, layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(np.zeros((100, 20, 3)), np.zeros((100, 5, 1)))
    """
    (finding,) = of_lines(text).findings
    assert finding.id == "sequence-of-targets"
    assert finding.remedy.startswith(f"give {title} return_sequences=True where")


@pytest.mark.parametrize(("width", "fits"), [(6, True), (7, False)])
def test_a_last_axis_of_one_is_left_out(width: int, fits: bool) -> None:
    text = f"""
        model = keras.Sequential([keras.Input((5, 6)), layers.LSTM(3)])
        model.predict(np.zeros((6, 5, {width}, 1)))
    """
    assert ids(of_lines(text)) == (set() if fits else {"other-features"})


@pytest.mark.parametrize(
    ("after", "refused"),
    [
        ("layers.Dense(1)", True),
        ("layers.LSTM(4)", True),
        ("layers.Lambda(lambda x: x[1])", False),
        ("layers.Dropout(0.1)", False),
        ("layers.Concatenate()", False),
    ],
)
def test_what_follows_states_in_a_sequential(after: str, refused: bool) -> None:
    text = f"""
        first = layers.LSTM(4, return_sequences=True, return_state=True)
        model = keras.Sequential([keras.Input((5, 6)), first, {after}])
    """
    review = of_lines(text)
    assert ids(review) == ({"states-in-sequential"} if refused else set())
    if "Lambda" in after:
        assert review.rows[-1].says.endswith("-> (batch, 4)")


@pytest.mark.parametrize(
    ("shape", "refused"), [((6, 5, 2, 3), True), ((6, 5, 6, 1), False), ((6, 5, 6, 1, 1), True)]
)
def test_data_of_more_axes(shape: object, refused: bool) -> None:
    text = f"""
        model = keras.Sequential([keras.Input((5, 6)), layers.LSTM(3)])
        model.predict(np.zeros({shape}))
    """
    assert ("data-of-more-axes" in ids(of_lines(text))) is refused


def test_a_width_alone_declares_two_axes() -> None:
    reviewed = of_program("model = Sequential()\nmodel.add(LSTM(3, input_dim=2))\n")
    assert ids(reviewed) == {"width-without-length"}
    assert [row.says for row in reviewed.rows] == ["(batch, 2) -> refused"]


def test_sequences_of_unequal_lengths_are_no_table() -> None:
    text = TAGGER.replace("pad_sequences(GIVEN, maxlen=9)", "np.array([[1, 2], [3], [4, 5, 6]])")
    reviewed = of_program(text)
    assert ids(reviewed) == {"unequal-lengths", "other-number-of-targets"}
    assert "LSTM(3)" in {row.what for row in reviewed.rows}


def test_of_a_model_without_a_recurrent_layer_no_remedy_names_one() -> None:
    text = """
        model = keras.Sequential([keras.Input((5, 3)), layers.Dense(1)])
        model.compile("adam", "LOSS")
        model.fit(np.zeros((6, 5, 3)), np.zeros(6))
    """
    for loss in ("mse", "binary_crossentropy"):
        assert ids(of_program(textwrap.dedent(text).replace("LOSS", loss))) == set()


@pytest.mark.parametrize(
    ("lines", "shape"),
    [
        ("x = layers.LSTM(**dict(units=3))(x)", "(batch, 3)"),
        ("x = layers.LSTM(**dict({'units': 2}, return_sequences=True))(x)", "(batch, 9, 2)"),
        ("x = layers.LSTM(**dict([('units', 3)]))(x)", "(batch, 3)"),
        (
            "for i, u in enumerate([4, 3], 1): x = layers.LSTM(u, return_sequences=i < 2)(x)",
            "(batch, 3)",
        ),
        (
            "for i, u in enumerate([4, 3], start=1): x = layers.LSTM(u, return_sequences=i < 2)(x)",
            "(batch, 3)",
        ),
        ("first, *rest = [4, 3]\nx = layers.LSTM(rest[0])(x)", "(batch, 3)"),
        ("u = [4, 3]\nu.reverse()\nx = layers.LSTM(u[0])(x)", "(batch, ?)"),
        ("u = max(*read())\nx = layers.LSTM(u)(x)", "(batch, ?)"),
        ("d = {}\nd.setdefault('units', 3)\nx = layers.LSTM(**d)(x)", "?"),
    ],
)
def test_what_functions_of_python_return_is_known(lines: str, shape: str) -> None:
    reviewed = of_program(f"x = keras.Input((9, 2))\n{lines}")
    assert reviewed.findings == []
    last = reviewed.rows[-1].says
    assert last.split(" -> ")[1].split(";")[0] == shape


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ("h[:, -1, :8]", False),
        ("h[:, -1][:, :8]", False),
        ("keras.ops.split(h[:, -1], 2, axis=-1)", False),
        ("h[:, -1, 8:]", True),
        ("h[:, -1, :]", True),
    ],
)
def test_the_forward_half_of_the_last_row_is_its_output(taken: str, expected: bool) -> None:
    text = f"""
        h = layers.Bidirectional(layers.LSTM(8, return_sequences=True))(keras.Input((5, 1)))
        y = {taken}
    """
    assert ids(of_lines(text)) == ({"last-row-of-both"} if expected else set())


@pytest.mark.parametrize(
    ("comment", "shape"),
    [
        ("features: 0=open, 1=close, 2=volume", (1, 5, 3)),
        ("predict the next 3 timesteps from each window", (64, 5, 3)),
        ("64 timesteps in total, cut in windows of 12", (64, 12, 3)),
        ("3 timesteps ahead, 24 timesteps per day", (64, 24, 3)),
        ("the first 3 timesteps are warmup", (6, 4, 3)),
        ("8 features in the raw csv, 2 kept", (8, 4, 2)),
        ("at most 10 time steps, padded to 12", (10, 12, 3)),
        ("2 channels at 4 features a second", (6, 4, 2)),
    ],
)
def test_of_a_comment_on_something_else_nothing_is_said(
    comment: str, shape: tuple[int, ...]
) -> None:
    assert ids(of_program(f"x = np.zeros({shape})  # {comment}")) == set()


def test_a_comment_is_answered_once() -> None:
    reviewed = of_program("x = np.zeros((100, 7, 3))  # 100 samples, 3 timesteps, 7 features")
    assert [finding.id for finding in reviewed.findings] == ["steps-said-otherwise"]
    assert ids(of_program("x = layers.LSTM(32)  # 32 memory cells")) == set()


@pytest.mark.parametrize(
    "layers_",
    [
        "layers.Concatenate()([keras.Input((10, 8)), keras.Input((12, 8))])",
        "layers.Concatenate(axis=1)([keras.Input((10, 3)), keras.Input((10, 5))])",
        "layers.Concatenate()([keras.Input((10, 3)), keras.Input((3,))])",
        "layers.Multiply()([keras.Input((10, 8)), keras.Input((12, 8))])",
        "layers.Add()([keras.Input((10, 8)), keras.Input((10, 3))])",
        "layers.Reshape((7, 5))(keras.Input((10, 3)))",
        "layers.Reshape((-1, 4))(keras.Input((10, 3)))",
        "layers.GlobalMaxPooling1D()(layers.LSTM(8)(keras.Input((10, 3))))",
        "layers.Conv1D(4, 2)(layers.LSTM(8)(keras.Input((10, 3))))",
        "layers.RepeatVector(3)(keras.Input((10, 3)))",
    ],
)
def test_what_keras_refuses_has_no_shape(layers_: str) -> None:
    (*_, row) = of_program(f"{HEAD}x = {layers_}").rows
    assert row.says.endswith(" -> refused")
    with pytest.raises(ValueError):  # noqa: PT011 - each layer has its own words
        run(f"{HEAD}x = {layers_}")


@pytest.mark.parametrize(
    "layers_",
    [
        "layers.Concatenate()([keras.Input((None, 8)), keras.Input((12, 8))])",
        "layers.Concatenate(axis=1)([keras.Input((10, 3)), keras.Input((12, 3))])",
        "layers.Add()([keras.Input((10, 8)), keras.Input((1, 8))])",
        "layers.Add()([keras.Input((10, 8)), keras.Input((8,))])",
        "layers.Reshape((-1, 5))(keras.Input((10, 3)))",
        "layers.Reshape((5, 6))(keras.Input((10, 3)))",
    ],
)
def test_what_keras_takes_is_not_said_to_be_refused(layers_: str) -> None:
    (row,) = of_program(f"{HEAD}x = {layers_}").rows
    shape = tuple(run(f"{HEAD}x = {layers_}")["x"].shape)  # type: ignore[attr-defined]
    assert row.says.endswith(f" -> {shape_text(shape)}")


def test_a_shape_that_is_set_is_the_shape() -> None:
    text = """
        X = np.zeros((50, 10))
        X.shape = (50, 10, 1)
        model = keras.Sequential([keras.Input((10, 1)), layers.LSTM(3)])
        model.predict(X)
        X.resize((50, 5, 2))
        model.predict(X)
    """
    assert says(textwrap.dedent(text), "predict") == ["data (50, 10, 1); output (50, 3)"]


def test_a_share_is_counted_rightly_by_accuracy() -> None:
    text = """
        model = keras.Sequential([keras.Input((5, 1)), layers.LSTM(4), layers.Dense(1)])
        model.compile("adam", "mse", metrics=["accuracy"])
    """
    assert ids(of_lines(text)) == {"accuracy-of-numbers"}
    shares = text.replace("Dense(1)", 'Dense(1, activation="sigmoid")')
    assert ids(of_lines(shares)) == set()


def test_a_fourth_axis_behind_the_feature_is_the_trouble() -> None:
    text = """
        model = keras.Sequential([keras.Input((32, 1)), layers.LSTM(3)])
        model.predict(np.zeros((100, 32, 9, 1)))
    """
    assert ids(of_lines(text)) == {"data-of-more-axes"}


@pytest.mark.parametrize(
    ("pair", "expected"), [("c, h", True), ("h, c", False), ("h, h", False), ("c, c", False)]
)
def test_states_in_the_wrong_order(pair: str, expected: bool) -> None:
    text = f"""
        x = keras.Input((5, 1))
        out, h, c = layers.LSTM(4, return_state=True)(x)
        y = layers.LSTM(4)(x, initial_state=[{pair}])
    """
    assert ids(of_lines(text)) == ({"states-exchanged"} if expected else set())


def test_states_behind_a_star_are_known() -> None:
    text = """
        x = layers.Masking()(keras.Input((5, 1)))
        out, *states = layers.LSTM(4, return_state=True)(x)
        y = layers.LSTM(4)(x, initial_state=states)
    """
    assert ids(of_lines(text)) == {"mask-beside-a-state"}


PADDED = """
x = keras.utils.pad_sequences(read(), 40, "float32", "post", "post", -1.0)
model = keras.Sequential([keras.Input((40, 5)), layers.Masking({value}), layers.LSTM(3)])
model.predict(x)
"""


def test_padding_is_known_of_sequences_that_are_not() -> None:
    (finding,) = of_program(PADDED.format(value="0.0")).findings
    assert finding.id == "other-padding"
    assert finding.sentence.startswith("The sequences are padded with -1, and")


def test_an_infinite_mask_value_is_written_as_it_is() -> None:
    (finding,) = of_program(PADDED.format(value="1e400")).findings
    assert "hold inf" in finding.sentence


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("model.save(f'{name}_v1')", {"no-extension"}),
        ("model.save(os.path.join('out', name))", {"no-extension"}),
        ("model.save(name, save_format='tf')", {"no-extension"}),
        ("model.save(f'{name}_{epoch()}')", set()),
        ("model.save(os.path.join('out', name + '.keras'))", set()),
        ("keras.callbacks.ModelCheckpoint(name)", {"checkpoint-without-extension"}),
        ("keras.callbacks.ModelCheckpoint(name, save_weights_only=True)", set()),
        ("keras.callbacks.ModelCheckpoint('w.{epoch:02d}-{loss:.2f}.keras')", set()),
    ],
)
def test_names_without_an_extension(line: str, expected: set[str]) -> None:
    text = f"import os\nname = 'lstm'\nmodel = keras.Sequential([layers.LSTM(3)])\n{line}\n"
    assert ids(of_program(text)) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("np.zeros((20, 10, 5)), np.zeros((20, 1))", set()),
        ("np.zeros((20, 10, 4)), np.zeros((20, 1))", {"other-features"}),
        ("np.zeros((20, 10, 5)), np.zeros((9, 1))", {"other-number-of-targets"}),
        ("np.zeros((20, 10, 5)), np.zeros((20, 3))", {"one-output-for-several-targets"}),
        ("*read(),", set()),
    ],
)
def test_data_to_validate_on_are_held_against_the_model(data: str, expected: set[str]) -> None:
    text = f"""
        model = keras.Sequential([keras.Input((10, 5)), layers.LSTM(3), layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(np.zeros((100, 10, 5)), np.zeros((100, 1)), validation_data=({data}))
    """
    assert ids(of_lines(text)) == expected


def test_what_is_wrong_with_all_targets_is_said_once() -> None:
    text = """
        model = keras.Sequential([keras.Input((10, 5)), layers.LSTM(3), layers.Dense(1)])
        model.compile("adam", "mse")
        x, y = np.zeros((100, 10, 5)), np.zeros((100, 3))
        model.fit(x, y, validation_data=(x[:1], np.zeros((2, 3))))
    """
    findings = of_lines(text).findings
    assert [finding.id for finding in findings] == [
        "other-number-of-targets",
        "one-output-for-several-targets",
    ]
    assert findings[0].sentence.startswith("The validation data are 1 sample, (1, 10, 5), beside")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("lambda rows: 2 * rows", {"mask-lost-in-a-lambda"}),
        ("lambda rows: keras.ops.exp(rows)", {"mask-lost-in-a-lambda"}),
        ("lambda rows: rows", set()),
        ("lambda rows: 2 * rows, mask=lambda rows, mask: mask", set()),
        ("read", set()),
    ],
)
def test_a_lambda_hands_on_no_mask(given: str, expected: set[str]) -> None:
    text = f"""
        x = layers.Masking()(keras.Input((5, 1)))
        y = layers.LSTM(2)(layers.Lambda({given})(x))
    """
    assert ids(of_lines(text)) == expected


def test_the_layer_of_a_line_with_several_is_named() -> None:
    text = "keras.Sequential([layers.LSTM(8, return_sequences=True), layers.LSTM(4, unroll=True)])"
    (finding,) = of_program(text).findings
    assert finding.sentence.startswith("With unroll=True LSTM(4) never uses cuDNN")


@pytest.mark.parametrize(("activation", "expected"), [("relu", True), ("softmax", False)])
def test_no_activation_but_some_makes_probabilities(activation: str, expected: bool) -> None:
    text = f"""
        model = keras.Sequential([keras.Input((5, 1)), layers.LSTM(4)])
        model.add(layers.Dense(3, activation="{activation}"))
        model.compile("adam", "sparse_categorical_crossentropy")
    """
    assert ids(of_lines(text)) == ({"no-probabilities"} if expected else set())


UNREAD = """
class Alphabet:
    def __init__(self):
        self.model = keras.Sequential()

    def stateless(self):
        self.model.add(layers.LSTM(3, input_shape=(4, 1)))
        self.model.add(layers.Dense(2))

    def stateful(self):
        self.model.add(layers.LSTM(3))
"""


def test_of_functions_that_are_never_called_one_may_stand_for_another() -> None:
    assert ids(of_program(UNREAD)) == {"input-shape-warns"}


def test_of_a_layer_that_is_not_known_a_wrapper_is_not_known() -> None:
    text = """
        from keras.layers import LSTM
        if fast():
            from elsewhere import LSTM
        x = layers.Bidirectional(LSTM(3, return_sequences=True))(keras.Input((4, 1)))
        x = layers.GlobalMaxPooling1D()(x)
    """
    assert of_lines(text).findings == []


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("layers.Permute([2, 1])(x)", "(batch, 4, 6) -> (batch, 6, 4)"),
        ("layers.Reshape([3, 8])(x)", "(batch, 4, 6) -> (batch, 3, 8)"),
        ("layers.Dense(2)([x, x])", "(batch, 4, 6) and (batch, 4, 6) -> refused"),
        ("layers.Dropout(0.1)([x, x])", "(batch, 4, 6) and (batch, 4, 6) -> ?"),
    ],
)
def test_lists_of_sizes_are_read_and_lists_of_tensors(lines: str, says: str) -> None:
    (row,) = of_program(f"x = keras.Input((4, 6))\n{lines}\n").rows
    assert row.says == says


def test_what_a_refused_layer_reads_is_not_taken_for_timesteps() -> None:
    text = "x = layers.LSTM(3, return_sequences=True)(keras.Input((9,)))\nlayers.Dropout(0.1)(x)"
    assert of_program(text).rows[-1].says == "(batch, ?, 3) -> (batch, ?, 3)"


def test_a_number_that_is_not_known_leaves_a_shape() -> None:
    text = "x = np.zeros((8, 4, 1)) / float(size())\ny = layers.LSTM(3)(x)"
    assert of_program(text).rows[-1].says == "(8, 4, 1) -> (8, 3); 60 parameters"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = layers.LSTM(3)(x)  # (None, 3)", set()),
        ("x = layers.LSTM(3)(x)  # (batch, 4, 6)", set()),
        ("x = layers.LSTM(3)(x)  # (batch, units)", set()),
        ("x = layers.LSTM(3)(x)  # (32, 3)", set()),
        ("x = layers.LSTM(3)(x)  # unlike the (None, 8) of before", set()),
        ("x = layers.LSTM(3)(x)  # input (?, 4, 6), output (?, 3)", set()),
        ("x = layers.LSTM(3)(x)  # (None, 4, 6) -> (None, 4, 3)", {"output-said-otherwise"}),
        ("x = layers.LSTM(3)(x)  # output shape: (None, 6)", {"output-said-otherwise"}),
        ("x = layers.LSTM(3)(x)  # 120 parameters", set()),
        ("x = layers.LSTM(3)(x)  # 1,024 parameters in total", set()),
        ("x = layers.LSTM(3)(x)  # no 99 parameters", set()),
        ("x = layers.LSTM(3)(x)  # 0 parameters", set()),
        ("x = layers.LSTM(3)(x)  # best params: units=30", set()),
        ("x = layers.LSTM(3)(x)  # 99 parameters", {"parameters-said-otherwise"}),
        ("x = layers.LSTM(3)(x)  # params: 4 * 3 * 9 = 108", {"parameters-said-otherwise"}),
    ],
)
def test_what_a_comment_says_of_a_layer_is_held_against_it(line: str, expected: set[str]) -> None:
    assert ids(of_program(f"x = keras.Input((4, 6))\n{line}\n")) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("", ""), {"dropout-off-in-own-step"}),
        (("model(x)", "model(x, training=True)"), set()),
        (("dropout=0.5", "dropout=0.0"), set()),
        (("loss =", "tape.watch(x)\n    loss ="), set()),
        (("apply_gradients", "skipped"), set()),
        (("weights = model", "weights = other"), set()),
        (
            ("layers.LSTM(8, dropout=0.5)", "layers.LSTM(8), layers.Dropout(0.5)"),
            {"dropout-off-in-own-step"},
        ),
        (("apply_gradients", "apply"), {"dropout-off-in-own-step"}),
    ],
)
def test_only_steps_of_training_are_to_drop(change: tuple[str, str], expected: set[str]) -> None:
    (rule,) = [rule for rule in rules() if rule.id == "dropout-off-in-own-step"]
    assert ids(of_program(rule.sick.replace(*change))) == expected


@pytest.mark.parametrize(("target", "expected"), [("data[1]", set()), ("np.ones((9, 2))", {True})])
def test_a_batch_is_too_small_only_of_targets_that_are_there(target, expected) -> None:
    """What may be None comes with a dataset, which has batches of its own."""
    lines = [
        "model = keras.Sequential([keras.Input(batch_shape=(64, 3, 1))])",
        "model.add(layers.LSTM(2, stateful=True))",
        "model.compile('sgd', 'mse')",
        f"model.fit(data[0], {target}, shuffle=False)",
    ]
    reviewed = of_program("\n".join(lines))
    assert {finding.severity == "error" for finding in reviewed.findings} == expected


@pytest.mark.parametrize(
    ("lines", "shape"),
    [
        ("x = np.array(range(30))[None, :, None]", "(1, 30, 1)"),
        ("x = np.array([[i, 2 * i] for i in range(40)])[None]", "(1, 40, 2)"),
        (
            "s = [0.1] * 30\nx = np.array([s[i : i + 4] for i in range(len(s) - 4)])[..., None]",
            "(26, 4, 1)",
        ),
        (
            "s = list(range(9))\nx = np.array([s[i : i + 4] for i in range(places())])[..., None]",
            "(?, 4, 1)",
        ),
        (
            "s = np.zeros((90, 2))\nx = np.array([s[i : i + 9] for i in range(len(s) - 8)])",
            "(82, 9, 2)",
        ),
        (
            "s = np.zeros((90, 2))\nx = np.array([s[i : i + 9] for i in range(len(s))])",
            "(90, ?, 2)",
        ),
        (
            "s = [[1, 2], [3, 4], [5, 6]]\nx = np.array([s[i] for i in range(99)])[None]",
            "(1, 99, 2)",
        ),
    ],
)
def test_lists_that_are_counted_out_have_shapes(lines: str, shape: str) -> None:
    assert of_program(f"{lines}\nlayers.LSTM(3)(x)\n").rows[0].says.partition(" ->")[0] == shape


def test_windows_may_be_kept_from_the_end() -> None:
    text = """
        s, x = np.zeros((90, 2)), []
        for i in range(len(s)):
            GUARD
            x.append(s[i : i + 9])
        layers.LSTM(3)(np.array(x))
    """
    text = textwrap.dedent(text)
    guarded = of_program(text.replace("GUARD", "if i + 9 > len(s): break")).rows[0].says
    assert guarded.startswith("(?, 9, 2)")
    assert of_program(text.replace("GUARD", "")).rows[0].says.startswith("(?, ?, 2)")


def test_units_may_have_the_name_of_before() -> None:
    text = "x = layers.LSTM(output_dim=3)(keras.Input((4, 1)))\nlayers.GRU(output_dim=2)(x)"
    says = [
        row.says for row in of_program(text.replace("dim=3", "dim=3, return_sequences=True")).rows
    ]
    assert says[0] == "(batch, 4, 1) -> (batch, 4, 3); 60 parameters"
    assert says[1].startswith("(batch, 4, 3) -> (batch, 2)")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("fit(x, y, batch_size=2, shuffle=False)", {"other-batch"}),
        ("fit(x, y, batch_size=4, shuffle=False)", set()),
        ("fit(x, y, batch_size=8, shuffle=False)", set()),
        ("fit(x, batch_size=2, shuffle=False)", set()),
        ("evaluate(x, y, batch_size=1)", set()),
    ],
)
def test_arrays_of_any_size_may_be_too_few_at_once(call: str, expected: set[str]) -> None:
    built = "keras.Input(batch_shape=(4, 5, 1)), layers.LSTM(3, stateful=True)"
    text = f"model = keras.Sequential([{built}])"
    assert ids(of_program(f"{text}\nmodel.compile('sgd', 'mse')\nmodel.{call}\n")) == expected


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ("TimeseriesGenerator(s, s[:, 0], length=24)", "(?, 24, 3)"),
        ("TimeseriesGenerator(s, s[:, 0], 24, 5)", "(?, 5, 3)"),
        ("keras.utils.timeseries_dataset_from_array(s, None, 24)", "(?, 24, 3)"),
        (
            "keras.utils.timeseries_dataset_from_array(s[:, :1], None, sequence_length=9)",
            "(?, 9, 1)",
        ),
    ],
)
def test_windows_of_an_array_are_held_against_the_model(given: str, shape: str) -> None:
    text = f"""
        from tensorflow.keras.preprocessing.sequence import TimeseriesGenerator
        s = np.zeros((900, 3))
        windows = {given}
        x, y = windows[0]
        model = keras.Sequential([keras.Input((None, 2)), layers.LSTM(4), layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(windows)
        model.predict(x)
        layers.LSTM(4)(windows[0][0])
    """
    reviewed = of_lines(text)
    runs = [row.says.partition(";")[0] for row in reviewed.rows if row.what in ("fit", "predict")]
    assert runs == [f"data {shape}"] * 2
    assert ids(reviewed) == {"other-features"}
    assert reviewed.rows[-1].says.startswith(shape)


@pytest.mark.parametrize(
    ("y", "after", "expected"),
    [
        ("np.zeros((90, 4))", ".shuffle(9).batch(8).prefetch(1)", set()),
        ("np.zeros((90, 1))", ".batch(8)", {"one-target-for-several-outputs"}),
        ("np.zeros(90)", ".batch(8)", set()),
        ("np.zeros((90, 1))", ".batch(8).map(double)", set()),
        ("np.zeros((90, 4))", "", {"table-for-sequences"}),
    ],
)
def test_rows_of_arrays_are_held_against_the_model(y: str, after: str, expected: set[str]) -> None:
    text = f"""
        import tensorflow as tf
        data = tf.data.Dataset.from_tensor_slices((np.zeros((90, 5, 2)), {y})){after}
        model = keras.Sequential([keras.Input((None, 2)), layers.LSTM(4)])
        model.compile("adam", "mse")
        model.fit(data, validation_data=data)
    """
    assert ids(of_lines(text)) == expected


def test_a_softmax_of_one_number_may_be_in_a_wrapper() -> None:
    text = """
        x = layers.LSTM(4, return_sequences=True)(keras.Input((5, 1)))
        layers.TimeDistributed(layers.Dense(GIVEN, activation="softmax"))(x)
    """
    text = textwrap.dedent(text)
    assert ids(of_program(text.replace("GIVEN", "1"))) == {"softmax-of-one-at-each-timestep"}
    assert ids(of_program(text.replace("GIVEN", "2"))) == set()


@pytest.mark.parametrize(
    ("layers_", "expected"),
    [
        ("layers.LSTM(3)(e)", {"padding-is-read"}),
        ("layers.LSTM(3)(layers.Dropout(0.1)(e))", {"padding-is-read"}),
        ("layers.LSTM(3)(e, mask=keras.ops.not_equal(x, 0))", set()),
        ("layers.LSTM(3)(e, None, keras.ops.not_equal(x, 0))", set()),
        ("layers.LSTM(3)(layers.Masking()(e))", set()),
        ("layers.LSTM(3)(own(e))", set()),
    ],
)
def test_padding_is_read_where_no_mask_comes(layers_: str, expected: set[str]) -> None:
    text = f"""
        x = keras.Input((5,), dtype="int32")
        e = layers.Embedding(10, 8)(x)
        model = keras.Model(x, {layers_})
        model.predict(pad_sequences([[1, 2], [3]], maxlen=5))
    """
    assert ids(of_lines(text)) == expected


@pytest.mark.parametrize(
    ("axes", "layer", "expected"),
    [
        ("n_channels, window", "layers.LSTM(3)(x)", {"axes-exchanged"}),
        ("n_channels, window", "layers.LSTM(3)(layers.Dropout(0.1)(x))", {"axes-exchanged"}),
        ("n_channels, window", "layers.LSTM(3)(layers.Permute((2, 1))(x))", set()),
        ("n_channels, window", "layers.Conv1D(3, 2)(x)", set()),
        ("batch_size, n_channels", "layers.LSTM(3)(x)", {"batch-on-the-axis-of-time"}),
        ("batch_size, n_channels", "layers.Dense(3)(x)", set()),
        ("n_samples, n_channels", "layers.LSTM(3)(x)", set()),
    ],
)
def test_axes_have_a_meaning_where_a_recurrent_layer_reads_them(
    axes: str, layer: str, expected: set[str]
) -> None:
    text = f"""
        n_channels, window, batch_size, n_samples = 4, 20, 20, 20
        x = keras.Input(({axes}))
        model = keras.Model(x, {layer})
        model.predict(np.random.randn(9, {axes}))
    """
    assert ids(of_lines(text)) == expected


@pytest.mark.parametrize(
    ("before", "known"),
    [
        ("", False),
        ("with keras.saving.custom_object_scope({'bend': bend}):", True),
        ("with keras.utils.CustomObjectScope({'bend': bend}):", True),
        ("keras.saving.get_custom_objects()['bend'] = bend\nif True:", True),
    ],
)
def test_functions_may_be_known_to_keras_by_their_names(before: str, known: bool) -> None:
    text = f"""
def bend(x):
    return keras.ops.tanh(x)

{before or "if True:"}
    model = keras.Sequential([keras.Input((4, 2)), layers.LSTM(3, activation=bend)])
    model.save("m.keras")
    keras.models.load_model("m.keras")
    layers.Bidirectional(layers.LSTM(3, activation=bend))
"""
    wrong = {"function-is-not-loaded", "lambda-in-bidirectional"}
    assert ids(of_program(text)) == (set() if known else wrong)


@pytest.mark.parametrize("given", ["", ", safe_mode=False"])
def test_a_lambda_is_read_back_in_no_way(given: str) -> None:
    (rule,) = [rule for rule in rules() if rule.id == "lambda-is-not-loaded"]
    sick = rule.sick.replace('("m.keras")\nvalue', f'("m.keras"{given})\nvalue')
    assert ids(of_program(sick)) == {rule.id}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", {"remainder"}),
        (", steps_per_epoch=None", {"remainder"}),
        (", steps_per_epoch=4", set()),
        (", **more", set()),
    ],
)
def test_batches_are_counted_if_all_are_read(given: str, expected: set[str]) -> None:
    text = f"""
        model = keras.Sequential([keras.Input(batch_shape=(16, 5, 2)), LSTM(4, stateful=True)])
        model.compile("adam", "mse")
        model.fit(np.zeros((70, 5, 2)), np.zeros((70, 4)), batch_size=16, shuffle=False{given})
    """
    assert ids(of_lines(text)) == expected
    assert ("batches" in says(text)[0]) is bool(expected)


@pytest.mark.parametrize(
    ("given", "shape"),
    [("", "(?, 24, 3)"), (", batch_size=None", "(24, 3)"), (", batch_size=size()", None)],
)
def test_windows_come_one_by_one_without_a_batch_size(given: str, shape: str | None) -> None:
    text = f"""
        s = np.zeros((900, 3))
        windows = keras.utils.timeseries_dataset_from_array(s, None, 24{given})
        model = keras.Sequential([layers.LSTM(4)])
        model.predict(windows)
    """
    reads = [row.partition(";")[0] for row in says(text, "predict")]
    assert reads == ([f"data {shape}"] if shape else [])


@pytest.mark.parametrize(
    ("step", "given", "expected"),
    [
        ("x[0][:, None]", "", {"rows-are-samples"}),
        ("x[:, 0][:, None]", "", set()),
        ("x[:, 0][:, None] / 2", "", set()),
        ("np.random.rand(4, 3)[:, None]", "", {"rows-are-samples"}),
        ("np.random.rand(4, 3)[:, None]", ", initial_state=[h, c]", set()),
    ],
)
def test_a_timestep_of_many_sequences_is_no_table(step: str, given: str, expected: set) -> None:
    text = f"""
        x, h, c = np.random.rand(4, 6, 3), np.zeros((4, 2)), np.zeros((4, 2))
        y = layers.LSTM(2)({step}{given})
    """
    assert ids(of_lines(text)) == expected


@pytest.mark.parametrize(("given", "expected"), [("", True), (", training=True", False)])
def test_a_layer_that_is_called_to_drop_drops(given: str, expected: bool) -> None:
    text = f"""
        x = keras.Input((4, 1))
        model = keras.Model(x, layers.Dropout(0.5)(layers.LSTM(3)(x){given}))
        optimizer = keras.optimizers.SGD()
        with tf.GradientTape() as tape:
            loss = keras.ops.mean(model(np.zeros((2, 4, 1))))
        weights = model.trainable_weights
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    """
    assert bool(ids(of_lines(text))) is expected


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ("np.array([.1, .2, .3], ndmin=3)", (1, 1, 3)),
        ("np.array([[.1, .2]], ndmin=1)[None]", (1, 1, 2)),
        ("np.eye(2, 6)[None]", (1, 2, 6)),
        ("np.eye(5)[None]", (1, 5, 5)),
        ("np.identity(5, 'float32')[None]", (1, 5, 5)),
        ("np.zeros_like(x, shape=(4, 7, 2))", (4, 7, 2)),
        ("np.zeros_like(x)", (3, 5, 2)),
        ("x.cumsum()[None, :, None]", (1, 30, 1)),
        ("x.cumsum(1)", (3, 5, 2)),
        ("np.cumsum(x, axis=1)", (3, 5, 2)),
        ("np.power(x, 2)", (3, 5, 2)),
        ("np.cumsum(x)[None, :, None]", None),
        ("np.power(x[:, :1], x)", None),
    ],
)
def test_what_numpy_makes_has_the_shape_that_is_told(given: str, shape: Any) -> None:
    text = f"x = np.random.rand(3, 5, 2)\ny = {given}"
    (row,) = of_program(f"{text}\nlayers.LSTM(3)(y)\n").rows
    assert row.says.partition(" ->")[0] == (shape_text(shape) if shape else "?")
    if shape:
        assert np.shape(run(HEAD + text)["y"]) == shape


@pytest.mark.parametrize(
    ("lines", "units"),
    [
        ("d = {'units': 3, 'lr': 1}\ndel d['lr']\nu = d", "3"),
        ("d = {'units': 3, 'lr': 1}\nif some():\n    del d['lr']\nu = d", ""),
        ("d = {'units': 3, 'lr': 1}\nfor key in some():\n    del d[key]\nu = d", ""),
        ("d = [9, 3, 9]\ndel d[0]\ndel d[1:]\nu = {'units': d[0]}", "3"),
        ("d = [9, 3, 9]\ndel d[some()]\nu = {'units': d[0]}", ""),
    ],
)
def test_what_is_deleted_is_no_more(lines: str, units: str) -> None:
    reviewed = of_program(f"{lines}\nx = layers.LSTM(**u)(keras.Input((4, 1)))")
    assert reviewed.findings == []
    assert reviewed.rows[-1].what == ("LSTM(3)" if units else "LSTM")


@pytest.mark.parametrize(
    ("lines", "units"),
    [
        ("@dataclass\nclass C:\n    units: int = 9\n    b: int = 0\nc = C(3)", 3),
        ("@dataclass(frozen=True)\nclass C:\n    units: int = 9\nc = C(units=3)", 3),
        ("@dataclass\nclass C:\n    units: int = 3\nc = C()", 3),
        ("@dataclass\nclass C:\n    a: ClassVar[int] = 1\n    units: int = 9\nc = C(3)", 3),
        ("@dataclass\nclass C:\n    units: int = field(default=3)\nc = C()", None),
        ("@dataclass(init=False)\nclass C:\n    units: int = 9\nc = C(3)", None),
        ("@define\nclass C:\n    units: int = 9\nc = C(3)", None),
        ("class C(NamedTuple):\n    units: int = 9\nc = C(3)", 3),
        ("class C(Settings):\n    units: int = 9\nc = C()", None),
        ("class C:\n    units = 3\nc = C()", 3),
        ("class C:\n    units = 9\nc = C()\nC.units = 3", 3),
        ("class C:\n    units = 9\nc = C()\nif some():\n    C.units = 3", None),
        ("class C:\n    units = 9\nc = C()\nif some():\n    c.units = 3", None),
        ("class C:\n    units = 9\nc = C()\nsetattr(c, 'units', 3)", 3),
        ("class C:\n    units = 9\nc = C()\nsetattr(c, some(), 3)", None),
        ("class C:\n    units = 3\nc = C()\nsetattr(c, some(), layers.Dense(1))", 3),
        ("class C:\n    units = 9\nc = C()\nc.__dict__.update(some())", None),
        ("class C:\n    units = 9\nc = C()\nvars(c).update(some())", None),
        ("class C:\n    def __init__(self):\n        self.units = 3\nc = C()", 3),
        (
            "class C:\n    def __init__(self, **given):\n        self.units = 9\n"
            "        for key in given:\n            setattr(self, key, given[key])\nc = C(units=3)",
            None,
        ),
        ("class C:\n    @property\n    def units(self):\n        return 3\nc = C()", None),
    ],
)
def test_attributes_are_known_unless_they_may_be_set_elsewhere(lines: str, units: Any) -> None:
    head = "from dataclasses import dataclass, field\nfrom typing import ClassVar, NamedTuple\n"
    text = f"{head}from attr import define\n{lines}\nlayers.LSTM(c.units)(keras.Input((4, 1)))"
    assert of_program(text).rows[-1].what == (f"LSTM({units})" if units else "LSTM")


@pytest.mark.parametrize(
    ("lines", "units"),
    [
        ("n = 3\ndef make(u=n):\n    return u\nn = 9\nu = make()", 3),
        ("n = 3\nmake = lambda u=n: u\nn = 9\nu = make()", 3),
        ("n = 9\ndef make(*, u=n):\n    return u\nu = make(u=3)", 3),
        ("class C:\n    @staticmethod\n    def make(u):\n        return u\nu = C().make(3)", 3),
        ("class C:\n    def make(self, u):\n        return u\nu = C().make(3)", 3),
        (
            "class C:\n    n = 9\n    @classmethod\n    def m(c):\n        return c.n\nu = C().m()",
            None,
        ),
        (
            "def outer():\n    n = 9\n    def inner():\n        nonlocal n\n        n = 3\n"
            "    inner()\n    return n\nu = outer()",
            None,
        ),
    ],
)
def test_parameters_are_what_python_makes_them(lines: str, units: Any) -> None:
    (row,) = of_program(f"{lines}\nlayers.LSTM(u)(keras.Input((4, 1)))").rows
    assert row.what == (f"LSTM({units})" if units else "LSTM")


@pytest.mark.parametrize(
    ("column", "shape"),
    [
        ("table['load'].reset_index(drop=True).values", "(?,)"),
        ("table['load'].rename('x').drop(0)", "(?,)"),
        ("table.rename(columns=names).values", "(?, ?)"),
        ("table['load'].reset_index().values", None),
        ("pd.read_csv('a.csv', squeeze=True).values", None),
    ],
)
def test_a_column_stays_one(column: str, shape: str | None) -> None:
    text = f"""
        import pandas as pd
        table = pd.read_csv("a.csv")
        layers.LSTM(3)({column})
    """
    (row,) = of_lines(text).rows
    assert row.says.partition(" ->")[0] == (shape or "?")


def test_a_backward_layer_has_states_of_its_own() -> None:
    text = """
        forward = layers.LSTM(5, return_state=True)
        back = layers.LSTM(4, return_state=True, go_backwards=True)
        y = layers.Bidirectional(forward, backward_layer=back)(np.zeros((2, 6, 3), "float32"))
    """
    (row,) = of_lines(text).rows
    shapes = [np.shape(part) for part in run(HEAD + textwrap.dedent(text))["y"]]  # type: ignore[attr-defined]
    assert row.says.partition("-> ")[2].partition(";")[0] == " and ".join(map(shape_text, shapes))


@pytest.mark.parametrize(
    ("rows", "width", "loss", "y", "expected"),
    [
        (True, 4, "categorical_crossentropy", "(30,)", "one-class-for-a-sequence"),
        (True, 4, "categorical_crossentropy", "(30, 1)", "one-class-for-a-sequence"),
        (True, 1, "sparse_categorical_crossentropy", "(30, 1)", ""),
        (True, 1, "sparse_categorical_crossentropy", "(30,)", "one-class-for-a-sequence"),
        (True, 4, "sparse_categorical_crossentropy", "(30, 5, 3)", "classes-by-column"),
        (True, 4, "mse", "(30, 1)", "targets-without-time"),
        (True, 4, "binary_crossentropy", "(30, 4)", "targets-without-time"),
        (True, 4, "binary_crossentropy", "(30, 5, 1)", "column-for-several-probabilities"),
        (True, 4, "binary_crossentropy", "(30, 5, 4)", ""),
        (False, 4, "binary_crossentropy", "(30, 5, 1)", "targets-with-time"),
        (False, 1, "sparse_categorical_crossentropy", "(30, 5, 1)", "targets-with-time"),
        (False, 4, "categorical_crossentropy", "(30, 5, 1)", "targets-with-time"),
        (False, 1, "categorical_crossentropy", "(30, 4)", "columns-for-one-probability"),
        (False, 4, "huber", "(30, 3)", "other-number-of-columns"),
        (False, 4, "huber", "(30, 4)", ""),
    ],
)
def test_targets_that_a_loss_refuses(
    rows: bool, width: int, loss: str, y: str, expected: str
) -> None:
    text = ONE_AXIS.replace("ROWS", str(rows)).replace("WIDTH", f"{width}, activation='sigmoid'")
    text = text.replace("mse", loss).replace("Y,", f"np.zeros({y}),").replace("BATCH", "10")
    reviewed = of_program(text)
    assert ids(reviewed) - {"classes-of-one"} == ({expected} if expected else set())
    if expected:
        with pytest.raises(Exception):  # noqa: B017, PT011 - of any type
            run(HEAD + text.replace('table = pd.read_csv("prices.csv")', ""))


def test_an_optimizer_of_ones_own_may_take_lr() -> None:
    text = "from my.optimizers import Ranger\nRanger(lr=0.1)\nkeras.optimizers.Adam(lr=0.1)"
    assert [entry.line for entry in of_program(text).gone] == [3]


def test_a_row_cites_what_it_says() -> None:
    text = (
        "layers.LSTM(3)(keras.Input((4, 2)))\nlayers.LSTM(3)(x)\nlayers.LSTM(3)(keras.Input((4,)))"
    )
    cited = [row.claims for row in of_program(text).rows]
    assert cited == [("shapes.width", "weights.parameter-count"), ("shapes.width",), ()]
