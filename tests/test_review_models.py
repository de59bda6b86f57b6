"""What a review says of models: live ones, and their files, which are read as data."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lstm_spec
from lstm_spec.errors import UsageError
from lstm_spec.reviews import live_model, model_file, review
from lstm_spec.reviews.network import LostMask, Mask
from lstm_spec.reviews.source import ProgramError
from test_review import ids, run


def seq2seq(keras: Any) -> Any:
    layers = keras.layers
    question = keras.Input((None,), dtype="int32")
    asked = keras.Input((None,), dtype="int32")
    encoded = layers.Embedding(9, 4, mask_zero=True)(question)
    _, h, c = layers.LSTM(3, return_state=True)(encoded)
    words = layers.Embedding(9, 4, mask_zero=True)(asked)
    decoder = layers.LSTM(3, return_sequences=True, name="decoder")
    return keras.Model([question, asked], layers.Dense(9)(decoder(words, initial_state=[h, c])))


def tagger(keras: Any) -> Any:
    layers = keras.layers
    ids_ = keras.Input((None,), dtype="int32")
    word = layers.Embedding(9, 4, mask_zero=True)(ids_)
    shape = layers.Dense(2)(word)
    both = layers.Concatenate()([word, shape])
    h = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(both)
    return keras.Model(ids_, layers.TimeDistributed(layers.Dense(4))(h))


def classifier(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True),
            layers.Conv1D(4, 2, name="conv"),
            layers.LSTM(3),
        ]
    )


def forecaster(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(batch_shape=(32, 10, 1)),
            layers.LSTM(4, return_sequences=True, stateful=True, name="low"),
            layers.LSTM(3, stateful=True, name="high"),
        ]
    )


def blog(keras: Any) -> Any:
    lstm = keras.layers.LSTM(4, activation="relu", recurrent_dropout=0.2)
    return keras.Sequential([keras.Input((8, 2)), lstm, keras.layers.Dense(1)])


def sensors(keras: Any) -> Any:
    inputs = keras.Input((None, 2))
    masked = keras.layers.Masking(-9.0)(inputs)
    return keras.Model(inputs, keras.layers.LSTM(3, implementation=1)(masked * 0.5))


def last_row(keras: Any) -> Any:
    layers = keras.layers
    inputs = keras.Input((5, 2))
    sequence = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(inputs)
    return keras.Model(inputs, layers.Dense(1)(sequence[:, -1, :]))


def plain(keras: Any) -> Any:
    return keras.Sequential([keras.Input((3, 1)), keras.layers.LSTM(2)])


def stacked(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((None, 1)),
            layers.Masking(0.0),
            layers.LSTM(3, return_sequences=True),
            layers.Dropout(0.1),
            layers.LayerNormalization(),
            layers.LSTM(3, return_sequences=True),
            layers.LSTM(2),
        ]
    )


def two_branches(keras: Any) -> Any:
    layers = keras.layers
    ids_ = keras.Input((6,), dtype="int32")
    dense = keras.Input((6, 4))
    word = layers.Embedding(9, 4, mask_zero=True)(ids_)
    merged = layers.Add()([word, dense])
    return keras.Model([ids_, dense], layers.LSTM(3)(merged))


def nested(keras: Any) -> Any:
    layers = keras.layers
    inner = keras.Sequential([keras.Input((6, 4)), layers.Dense(4), layers.LSTM(3)])
    ids_ = keras.Input((6,), dtype="int32")
    return keras.Model(ids_, inner(layers.Embedding(9, 4, mask_zero=True)(ids_)))


def of_cells(keras: Any) -> Any:
    layers = keras.layers
    ids_ = keras.Input((6,), dtype="int32")
    word = layers.Embedding(9, 4, mask_zero=True)(ids_)
    first = layers.RNN([layers.LSTMCell(3), layers.LSTMCell(2)], return_sequences=True)(word)
    folded = layers.Reshape((6, 2))(first)
    return keras.Model(ids_, [layers.GRU(2)(first), layers.LSTM(2)(folded)])


MODELS: dict[Callable[[Any], Any], set[str]] = {
    seq2seq: {"mask-beside-a-state"},
    tagger: {"slices-of-open-length"},
    classifier: {"mask-lost-at-a-layer"},
    forecaster: set(),
    blog: {"no-cudnn", "no-bound"},
    sensors: {"mask-lost-in-arithmetic"},
    last_row: {"last-row-of-both"},
    plain: set(),
    stacked: set(),
    two_branches: {"mask-lost-in-a-merge"},
    nested: set(),
    of_cells: {"mask-lost-at-a-layer"},
}


@pytest.fixture(scope="module")
def models() -> dict[Callable[[Any], Any], Any]:
    import keras

    return {make: make(keras) for make in MODELS}


def test_findings_in_models(models: dict[Any, Any]) -> None:
    findings = {make: ids(lstm_spec.review(model).data) for make, model in models.items()}
    assert findings == MODELS


def test_a_file_tells_what_the_model_does(models: dict[Any, Any], tmp_path: Path) -> None:
    file = tmp_path / "model.keras"
    for make, model in models.items():
        model.save(file)
        ours_saved = review.of_file(str(file))
        ours = lstm_spec.review(model).data
        left = {"state-is-not-saved"} if make is forecaster else set()
        assert ids(ours_saved) - left == MODELS[make], make
        assert [row.says for row in ours_saved.rows] == [row.says for row in ours.rows], make
        assert ours_saved.notes[0].startswith("It was saved by Keras 3")


def test_what_other_files_hold_is_the_same(models: dict[Any, Any], tmp_path: Path) -> None:
    model = models[classifier]
    model.save(tmp_path / "model.h5")
    (tmp_path / "model.json").write_text(model.to_json(), encoding="utf-8")
    (tmp_path / "config.json").write_text(
        json.dumps({"class_name": "Sequential", "config": model.get_config()})
    )
    for name in ("model.h5", "model.json", "config.json"):
        assert ids(review.of_file(str(tmp_path / name))) == MODELS[classifier], name


def read_by(events: list[Any]) -> Iterator[tuple[tuple[str, int], bool]]:
    counted: dict[str, int] = {}
    for event in events:
        if event.kind == "call":
            node = event.about["node"]
            place = counted.get(node.layer.name, 0)
            counted[node.layer.name] = place + 1
            mask = node.inputs[0].mask
            assert isinstance(mask, (Mask, LostMask, type(None))) or node.layer.kind == "Dense", (
                mask
            )
            yield (node.layer.name, place), isinstance(mask, Mask)


def test_the_table_of_masks_says_what_keras_says(models: dict[Any, Any]) -> None:
    for make, model in models.items():
        saved = model_file.saved({"class_name": "Functional", "config": model.get_config()})
        by_table = dict(read_by(model_file.events(saved)))
        by_keras = dict(live_model.masks(model))
        both = by_table.keys() & by_keras.keys()
        assert len(both) >= len(by_table) - 2 * (make is nested), make
        assert {key: by_table[key] for key in both} == {key: by_keras[key] for key in both}, make


def test_private_names_of_keras_are_where_they_are_looked_for(models: dict[Any, Any]) -> None:
    masked_layers = [masked for _, masked in live_model.masks(models[stacked])]
    assert masked_layers == [False, True, True, True, True, True]


def test_a_probe_finds_padding_that_is_read(models: dict[Any, Any]) -> None:
    rule = next(rule for rule in review.rules() if rule.when["subject"] == "probe")
    sick = run(rule.sick)
    cured = run(rule.cured)
    assert rule.id in ids(lstm_spec.review(sick["model"], sick["x"]).data)
    assert rule.id not in ids(lstm_spec.review(cured["model"], cured["x"]).data)
    words = np.random.default_rng(0).integers(1, 9, (3, 6))
    assert "padding-changes-the-output" in ids(lstm_spec.review(models[classifier], words).data)
    assert "padding-changes-the-output" not in ids(lstm_spec.review(models[tagger], words).data)


def test_what_keras_does_otherwise_with_a_model() -> None:
    import keras

    model = keras.Sequential([keras.Input((4, 1)), keras.layers.LSTM(3, dropout=1.0, unroll=True)])
    reviewed = lstm_spec.review(model).data
    touched = {touch.claim for touch in reviewed.touched}
    assert {"dropout.all-dropped", "masking.long-refused-unrolled"} <= touched
    assert not touched & {"precision.double-gelu", "state.fixed-batch-in-predict"}


def test_what_changes_on_another_release(models: dict[Any, Any]) -> None:
    reviewed = lstm_spec.review(models[stacked], to="keras==3.0.5").data
    assert reviewed.changed
    assert all(change.then.startswith("Keras 3.15") for change in reviewed.changed)
    assert all(change.now.startswith("Keras 3.0.5") for change in reviewed.changed)
    assert not lstm_spec.review(models[stacked], to="keras==3.15.1").data.changed
    with pytest.raises(ValueError, match="nothing is known of keras 4"):
        lstm_spec.review(models[stacked], to="keras==4.0.0")


def test_a_subclassed_model_is_reviewed_by_its_arguments() -> None:
    import keras

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = keras.layers.LSTM(3, activation="relu")

        def call(self, x: Any) -> Any:
            return self.lstm(x)

    reviewed = lstm_spec.review(Own()).data
    assert ids(reviewed) == {"no-cudnn", "no-bound"}
    assert reviewed.notes == [
        "It tells no graph of its layers, so only their arguments were looked at."
    ]
    assert ids(lstm_spec.review(keras.layers.LSTM(3, unroll=True)).data) == {"no-cudnn"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 and no more", "holds no config.json: File is not a zip file"),
        (b"\x89HDF and no more", "holds no model that can be read"),
        (b'{"class_name": "Own", "config": {}}', "functional or Sequential model"),
        (b'{"class_name"', "is no JSON that can be read"),
        (b'{"class_name": ' + b"[" * 100_000, "is no JSON that can be read"),
    ],
)
def test_what_is_no_model(content: bytes, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "model"
    file.write_bytes(content)
    with pytest.raises(ProgramError, match=sentence):
        review.of_file(str(file))


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.json"])
def test_a_file_that_is_called_a_model_and_is_none(name: str, tmp_path: Path) -> None:
    for content in ("", "version https://git-lfs.github.com/spec/v1\n", "[]"):
        file = tmp_path / name
        file.write_text(content, "utf-8")
        with pytest.raises(ProgramError, match=rf"{name} holds no model; give a \.keras or"):
            review.of_file(str(file))


def test_a_model_that_is_piped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(__file__).parent / "reviewed/model.json"
    stream = io.TextIOWrapper(io.BytesIO(file.read_bytes()))
    monkeypatch.setattr("sys.stdin", stream)
    assert review.of_file("-").rows == review.of_file(str(file)).rows
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"PK\x03\x04")))
    with pytest.raises(ProgramError, match="standard input is a model's file; give its name"):
        review.of_file("-")


def test_the_release_is_blamed_and_not_the_file() -> None:
    file = Path(__file__).parent / "reviewed/model.json"
    with pytest.raises(UsageError, match=r"^nothing is known of keras 99"):
        review.of_file(str(file), "keras==99")


def test_an_archive_that_unpacks_without_end_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "model.keras"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (model_file.LARGEST + 1))
    with pytest.raises(ProgramError, match=r"config\.json has more than"):
        review.of_file(str(file))


def test_an_input_without_axes_is_read(tmp_path: Path) -> None:
    whole = (Path(__file__).parent / "reviewed/model.json").read_text(encoding="utf-8")
    file = tmp_path / "model.json"
    file.write_text(whole.replace('"batch_shape": [null, 6]', '"batch_shape": []'), "utf-8")
    reviewed = review.of_file(str(file))
    assert all(form(reviewed) for form in review.FORMATS.values())


def hdf(file: Path) -> Path:
    """Write an HDF5 file that holds the model of this folder."""
    import h5py

    with h5py.File(file, "w") as opened:
        text = (Path(__file__).parent / "reviewed/model.json").read_text(encoding="utf-8")
        opened.attrs["model_config"] = text
        opened.attrs["keras_version"] = "3.15.1"
    return file


def test_a_file_of_hdf_is_read_by_no_module_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = hdf(tmp_path / "model.h5")
    (tmp_path / "h5py.py").write_text("raise SystemExit('executed')", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert model_file.read(file).version == "3.15.1"


@pytest.mark.parametrize(
    ("reader", "why"),
    [
        ("import time; time.sleep(60)", "is damaged: HDF5 reads it without end"),
        ("import os; os.abort()", "it makes HDF5 crash"),
        ("raise SystemExit('cut')", "holds no model that can be read: cut"),
    ],
)
def test_a_file_that_hdf_cannot_bear_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, why: str
) -> None:
    """A damaged file made HDF5 hang; others differ from release to release."""
    file = hdf(tmp_path / "model.h5")
    monkeypatch.setattr(model_file, "HDF_READER", reader)
    monkeypatch.setattr(model_file, "SECONDS", 3)
    with pytest.raises(ProgramError, match=why):
        model_file.read(file)


@pytest.mark.parametrize("cut", [40, 600, 3000])
def test_half_a_file_of_hdf_is_refused_in_a_sentence(tmp_path: Path, cut: int) -> None:
    file = hdf(tmp_path / "model.h5")
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(ProgramError) as caught:
        model_file.read(file)
    assert len(str(caught.value).splitlines()) == 1


def test_a_model_of_cells_in_json_is_no_notebook(models: dict[Any, Any], tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text(models[of_cells].to_json())
    assert '"cells"' in file.read_text()
    assert any("RNN" in row.what for row in review.of_file(str(file)).rows)


@pytest.mark.parametrize(
    ("activation", "loss", "expected"),
    [
        ("relu", "binary_crossentropy", {"no-probabilities"}),
        ("sigmoid", "binary_crossentropy", set()),
        ("linear", "of logits", set()),
        ("linear", "mse", {"accuracy-of-numbers"}),
        ("sigmoid", "sparse_categorical_crossentropy", {"classes-of-one"}),
    ],
)
def test_how_a_saved_model_was_compiled_is_reviewed(
    activation: str, loss: Any, expected: set[str], tmp_path: Path
) -> None:
    import keras

    dense = keras.layers.Dense(1, activation=activation)
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.LSTM(3), dense])
    loss = keras.losses.BinaryCrossentropy(from_logits=True) if loss == "of logits" else loss
    model.compile("sgd", loss, metrics=["accuracy"])
    assert ids(lstm_spec.review(model).data) == expected
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        assert ids(review.of_file(str(tmp_path / name))) == expected, name


def test_a_loss_that_no_configuration_tells_hides_no_graph() -> None:
    import keras

    class Loss(keras.losses.Loss):
        def get_config(self) -> dict[str, Any]:
            raise TypeError("no configuration")

    model = keras.Sequential([keras.Input((4, 2)), keras.layers.LSTM(3)])
    model.compile("sgd", Loss())
    reviewed = lstm_spec.review(model).data
    assert [row.what.split(": ")[1] for row in reviewed.rows] == ["LSTM(3)"]
    assert "(batch, 4, 2) -> (batch, 3)" in reviewed.rows[0].says


def test_a_layer_that_does_not_say_whether_it_is_trained_is_a_layer(tmp_path: Path) -> None:
    import keras

    class Half(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x / 2

        def get_config(self) -> dict[str, Any]:
            return {"name": self.name}

    inputs = keras.Input((4, 2))
    outputs = keras.layers.LSTM(3)(Half(name="half")(inputs))
    keras.Model(inputs, outputs).save(tmp_path / "model.keras")
    rows = review.of_file(str(tmp_path / "model.keras")).rows
    assert [row.what.split(": ")[1] for row in rows] == ["Half", "LSTM(3)"]


def test_what_is_calculated_of_an_output_has_no_activation_of_a_layer(tmp_path: Path) -> None:
    import keras

    inputs = keras.Input((4, 2))
    dense = keras.layers.Dense(1)(keras.layers.LSTM(3)(inputs))
    model = keras.Model(inputs, keras.ops.sigmoid(dense))
    model.compile("sgd", "binary_crossentropy")
    assert ids(lstm_spec.review(model).data) == set()


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_steps_of_a_mask_are_no_layers_of_a_file(name: str, tmp_path: Path) -> None:
    import keras

    layers = keras.layers
    inputs = keras.Input((6,), dtype="int32")
    words = layers.Embedding(9, 4, mask_zero=True)(inputs)
    joined = layers.Concatenate()([words, layers.Dense(4)(words)])
    keras.Model(inputs, layers.LSTM(2)(joined)).save(tmp_path / name)
    rows = review.of_file(str(tmp_path / name)).rows
    kinds = [row.what.split(": ")[1] for row in rows]
    assert kinds == ["Embedding", "Dense(4)", "Concatenate", "LSTM(2)"]


@pytest.mark.parametrize(("rows", "expected"), [(1, True), (4, False)])
def test_a_deviation_of_one_sequence_concerns_no_model_of_more(rows: int, expected: bool) -> None:
    import keras

    lstm = keras.layers.LSTM(3, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(rows, 5, 2)), lstm])
    touched = {touch.claim for touch in lstm_spec.review(model).data.touched}
    assert ("saving.export-one-sequence" in touched) is expected


def test_an_axis_that_pooling_keeps_is_kept_in_a_file(tmp_path: Path) -> None:
    import keras

    layers = keras.layers
    inputs = keras.Input((2, 2, 6, 6))
    frames = layers.ConvLSTM2D(3, 3, data_format="channels_first")(inputs)
    pooled = layers.GlobalAveragePooling1D(keepdims=True)(layers.Reshape((4, -1))(frames))
    model = keras.Model(inputs, layers.LSTM(5)(pooled))
    model.save(tmp_path / "model.keras")
    reviewed = review.of_file(str(tmp_path / "model.keras"))
    assert ids(reviewed) == set()
    counts = [layer.count_params() for layer in model.layers if layer.count_params()]
    written = [row.says.rpartition("; ")[2] for row in reviewed.rows if "param" in row.says]
    assert written == [f"{number:,} parameters" for number in counts]
