"""The code that an answer advises runs, for names that an asker has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lstm_spec import catalog
from lstm_spec.answers.cite import code
from lstm_spec.answers.questions import Question, questions
from lstm_spec.harness import subject

CURES = [question for question in questions() if question.cure]
EXAMPLES = [claim for claim in catalog.claims() if claim.chapter != "speed"]
ONES = np.ones((4, 5, 3), "float32")
STATE = np.zeros((4, 8), "float32")
X = keras.Input((5, 3))
SPECIAL: dict[str, dict[str, Any]] = {
    "accuracy-and-padding": {"model": "tagger", "x": "ids", "y": np.ones((4, 5, 1))},
    "bidirectional-mask-with-state": {"bidirectional": "both", "states": [STATE] * 4},
    "initial-state-of-cells": {
        "cells": [keras.layers.LSTMCell(8), keras.layers.LSTMCell(8)],
        **dict.fromkeys(("h1", "c1", "h2", "c2"), STATE),
    },
    "bidirectional-by-hand": {"forward": np.ones((4, 5, 8)), "backward": np.ones((4, 5, 8))},
    "chunk-boundary": {"lstm": "decoder"},
    "class-weights": {"model": "rows_model", "y": np.ones((4, 5, 1)), "labels": "ids"},
    "conv2d-output-to-lstm": {"feature_map": keras.Input((6, 6, 4))},
    "debug-shapes": {"x": ONES[..., 0]},
    "decoder-attention": {"source": keras.Input((5, 3)), "target": keras.Input((5, 3))},
    "decoder-of-another-size": {"h": keras.Input((8,))},
    "different-input-sizes": {"lstm": keras.layers.LSTM(8)},
    "ensemble-of-models": {
        name: keras.Sequential([keras.Input((10, 3)), keras.layers.LSTM(2)], name=name)
        for name in ("one", "other")
    },
    "encoder-decoder": {"source": keras.Input((5, 3)), "target": keras.Input((5, 3))},
    "feeding-a-stateful-layer": {"model": "online", "series": np.ones((4, 20, 3)), "y": STATE},
    "found-ndim-two": {"x": ONES[..., 0]},
    "go-backwards": {"y": ONES},
    "batches-per-row": {"model": "online", "pieces": [ONES, ONES], "y": np.ones((8, 8)), "rows": 4},
    "gradient-to-input": {"x": "tensor"},
    "images-as-sequences": {"images": np.ones((2, 28, 28))},
    "inference-of-seq2seq": {"h": STATE, "c": STATE},
    "input-and-output-shape": {"table": np.ones((20, 9))},
    "input-dim-of-embedding": {"words": 10},
    "jacobian": {"x": "tensor"},
    "mask-argument-and-attached": {
        "first": np.ones((4, 5), bool),
        "second": np.ones((4, 5), bool),
    },
    "mask-and-initial-state": {"decoder": keras.layers.LSTM(8)},
    "mask-of-words-and-sentences": {
        "outer": keras.layers.LSTM(8),
        "vectors": ONES,
        "words": np.ones((4, 5, 7)),
    },
    "pad-sequences": {"series": [ONES[0], ONES[1, :3]]},
    "padding-with-minus-one": {"words": 9},
    "pretrained-table": {"table": np.ones((20, 9))},
    "reshape-sizes": {"x": np.ones(3540)},
    "refused-input-sticks": {
        "model": keras.Sequential([keras.Input((3,)), *map(keras.layers.Dense, (2, 1))])
    },
    "several-steps-ahead": {"n": 4},
    "softmax-of-one-unit": {"rows": keras.Input((8,))},
    "stacked-bidirectional": {"model": "empty"},
    "stacking": {"model": "empty"},
    "state-between-epochs": {"model": "online", "y": STATE},
    "freeze-bidirectional": {"bidirectional": "both"},
    "class-weight": {"weights": np.ones(4), "labels": np.zeros(4, int)},
    "concatenate-in-time": {"first": keras.Input((5, 3))},
    "cells-and-series": {"series": [np.ones(20), np.ones(20)]},
    "parallel-series": {"table": np.ones((20, 9))},
    "predict-beyond-the-data": {
        "model": keras.Sequential([keras.Input((None, 3)), keras.layers.LSTM(3)])
    },
    "model-expects-two-inputs": {"model": "reads_two", "first": ONES, "second": ONES},
    "siamese": {"second": keras.Input((5, 3))},
    "tensorflow-weights": {"tf_kernel": np.ones((11, 32)), "tf_bias": np.ones(32)},
    "gru-weights": {
        "weight_ih": np.ones((24, 3)),
        "weight_hh": np.ones((24, 8)),
        "bias_ih": np.ones(24),
        "bias_hh": np.ones(24),
    },
    "padding-without-mask": {"features": ONES},
    "time-distributed-input": {"first": keras.Input((4, 5, 3)), "second": keras.Input((4, 5, 3))},
    "cross-validation": {"train": [0, 1], "test": [2, 3]},
    "weights-of-several-outputs": {
        "model": "two",
        "weight_of_class": np.ones(2),
        "labels": np.zeros(4, int),
        "first": np.ones((4, 1)),
        "second": np.ones((4, 1)),
    },
    "image-captions": {"image": keras.Input((20,)), "words": keras.Input((5,))},
    "time-series-forecast": {"series": np.ones((30, 3))},
    "ctc": {"classes": 4},
    "ignored-class": {"model": "empty"},
    "hierarchical": {"words": keras.Input((4, 5, 3))},
    "mask-of-one-input": {"joined": np.ones((4, 5, 3))},
    "non-negative-outputs": {"model": "empty"},
    "one-hot-input": {"n": 9},
    "one-hot-or-integers": {"model": "empty"},
    "one-to-many": {"vector": keras.Input((8,))},
    "output-as-next-input": {"first": np.ones((4, 3)), "batch": 4, "steps": 2},
    "loss-of-last-timestep": {"model": "rows_model", "y": np.ones((4, 5, 1))},
    "sample-weights": {"weights": np.ones(4)},
    "shifted-forecast": {"series": np.ones((30, 3))},
    "simple-series": {"series": np.ones(20)},
    "nested-inputs-of-rnn": {
        "rnn": keras.layers.RNN(keras.layers.LSTMCell(8)),
        "a": ONES,
        "b": ONES,
    },
    "shared-and-nested-models": {"second": keras.Input((5, 3))},
    "several-devices": {"build": "build"},
    "softmax-and-mask": {"rows": keras.Input((5, 8))},
    "targets-without-an-error": {"y": np.ones((4, 1))},
    "train-on-batch": {"batches": [(ONES, np.ones((4, 1)))]},
    "validation-split": {"y": np.ones((4, 1))},
    "weights-of-sequences": {"model": "rows_model", "y": np.ones((4, 5, 1)), "weights": np.ones(4)},
    "stateful-and-shuffle": {"model": "online", "y": STATE},
    "stateful-stack-of-cells": {"rnn": "stack"},
    "targets-of-the-last-timestep": {"y": np.ones((4, 5, 1))},
    "targets-with-return-sequences": {"y": np.ones((4, 5))},
    "teacher-forcing": {"answers": np.ones((4, 5, 3))},
    "anomaly-detection": {"model": "rows_model"},
    "another-axis": {"notes": keras.Input((4, 5, 3))},
    "softmax-inside": {"rows": keras.Input((8,))},
    "targets-of-another-width": {"rows": keras.Input((8,)), "y": np.ones((4, 3))},
    "time-distributed-lstm": {"words": keras.Input((4, 5, 3))},
    "targets-of-windows": {"series": np.ones((30, 3))},
    "timestep-weights": {"model": "rows_model", "y": np.ones((4, 5, 1))},
    "vocabulary-is-lost": {"words": ["a", "b"]},
    "window-of-a-series": {"series": np.ones((30, 3))},
    "where-is-timeseriesgenerator": {"series": np.ones((30, 3))},
    "unknown-rank-of-targets": {"y": np.ones(4)},
    "dictionary-with-more-keys": {
        "data": {"x": ONES},
        "model": keras.Model({"x": X}, keras.layers.LSTM(8)(X)),
    },
    "loss-zero-around-a-compiled-model": {
        "inner": keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(8)]),
        "inputs": keras.Input((4, 5, 3)),
    },
    "inputs-exchanged-after-loading": {"inputs": {"x": X}, "outputs": keras.layers.LSTM(8)(X)},
}
"""What a name is in a cure where it is something else than in the others; in quotes: as what."""


def models() -> dict[str, Any]:
    """Return the compiled models that cures call by a name."""
    listed = {
        "model": [keras.Input((None, 3)), keras.layers.LSTM(8), keras.layers.Dense(1)],
        "rows_model": [keras.Input((5, 3)), keras.layers.LSTM(1, return_sequences=True)],
        "tagger": [
            keras.Input((5,)),
            keras.layers.Embedding(9, 8),
            keras.layers.LSTM(1, return_sequences=True),
        ],
        "online": [keras.Input((5, 3), batch_size=4), keras.layers.LSTM(8, stateful=True)],
    }
    compiled = {name: keras.Sequential(layers) for name, layers in listed.items()}
    inputs = keras.Input((5, 3))
    rows = keras.layers.LSTM(8)(inputs)
    compiled["two"] = keras.Model(
        inputs, [keras.layers.Dense(1)(rows), keras.layers.Dense(1)(rows)]
    )
    other = keras.Input((5, 3))
    compiled["reads_two"] = keras.Model([inputs, other], keras.layers.LSTM(8)(inputs + other))
    for model in compiled.values():
        model.compile(loss="mse", optimizer="sgd")
    return {**compiled, "other": compiled["model"], "stateful": compiled["online"].layers[-1]}


def names() -> dict[str, Any]:
    """Return what cures call by a name."""
    tf = pytest.importorskip("tensorflow")
    built = keras.layers.LSTM(8)
    built.build((None, None, 3))
    new = keras.layers.LSTM(8, return_sequences=True)
    new.build((None, None, 3))
    both = keras.layers.Bidirectional(keras.layers.LSTM(8, return_state=True))
    both(ONES)
    stack = keras.layers.RNN([keras.layers.LSTMCell(8), keras.layers.LSTMCell(8)], stateful=True)
    stack(ONES)
    kernel, recurrent_kernel, bias = built.get_weights()
    directions = ("forward_h", "forward_c", "backward_h", "backward_c")
    known_models = models()
    return {
        **known_models,
        **dict.fromkeys(directions, STATE),
        "batches": [ONES, ONES],
        "bias": bias,
        "bias_hh": bias,
        "bias_ih": bias,
        "both": both,
        "build": lambda: keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(8)]),
        "c": STATE,
        "cell": keras.layers.LSTMCell(8),
        "code": keras.Input((8,)),
        "decoder": keras.layers.LSTM(8, return_state=True),
        "dense": keras.layers.Dense(3),
        "double": lambda z: 2 * z,
        "empty": keras.Sequential([keras.Input((5, 3))]),
        "embedding": keras.layers.Embedding(10, 8, mask_zero=True),
        "first": keras.Input((5, 3)),
        "features": 3,
        "flat": ONES,
        "h": STATE,
        "ids": np.ones((4, 5), "int32"),
        "inputs": keras.Input((5, 3)),
        "kernel": kernel,
        "lstm": built,
        "mask": np.ones((4, 5), bool),
        "new": new,
        "recurrent_kernel": recurrent_kernel,
        "second": keras.Input((7, 3)),
        "seed": np.int64(1),
        "sequence": keras.Input((5, 3)),
        "sequences": [np.ones((5, 3)), np.ones((5, 3))],
        "stateful_model": known_models["model"],
        "stack": stack,
        "static": keras.Input((8,)),
        "trained": known_models["model"],
        "tensor": keras.ops.convert_to_tensor(ONES),
        "tf": tf,
        "ragged": tf.RaggedTensor.from_tensor(ONES),
        "token": ONES[:, :1],
        "units": 8,
        "vectors": np.ones((4, 5, 8), "float32"),
        "video": keras.Input((4, 6, 6, 1)),
        "weight_hh": recurrent_kernel.T,
        "weight_ih": kernel.T,
        "weight_of_class": np.ones(3),
        "weights": np.ones((4, 5)),
        "x": ONES,
        "y": np.ones((4, 1)),
    }


def run(question: Question, known: dict[str, Any]) -> None:
    """Run a cure, for what cures call by a name, and take back a policy that it sets."""
    special = SPECIAL.get(question.id, {})
    special = {n: known[v] if isinstance(v, str) else v for n, v in special.items()}
    with subject.global_policy("float32"):
        exec(question.cure, {"keras": keras, "np": np, **known, **special})


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="cures are run on TensorFlow")
def test_cures_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known = names()
    for name in ("old.h5", "model.h5"):
        known["model"].save(name)
    for name in ("best.weights.h5", "old.weights.h5"):
        known["model"].save_weights(name)
    failed = []
    for question in CURES:
        try:
            run(question, known)
        except Exception as error:
            failed.append(f"{question.id}: {type(error).__name__}: {error}"[:300])
    assert failed == []


@pytest.mark.parametrize("claim", EXAMPLES[::48], ids=lambda claim: claim.id)
def test_example_run_as_a_file_prints_its_comments(
    claim: catalog.Claim, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: Any
) -> None:
    if reason := subject.lacking(claim.gpu, claim.needs):
        pytest.skip(reason)
    monkeypatch.chdir(tmp_path)
    program = code(claim.example)
    exec(program, {})
    shown = [line[2:] for line in program.splitlines() if line.startswith("# ")]
    assert capsys.readouterr().out.splitlines() == shown
