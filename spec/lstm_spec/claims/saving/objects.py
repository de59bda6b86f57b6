"""What is given to a layer or to compile, in configurations: losses, metrics, optimizers."""

from __future__ import annotations

import inspect
from typing import Any

import keras

from lstm_spec.claims import claim
from lstm_spec.harness.subject import from_json

OTHER: dict[str, Any] = {
    "average": "macro",
    "axis": 1,
    "beta": 0.5,
    "boundaries": [2, 4],
    "class_aggregation": "variance_weighted_average",
    "class_id": 1,
    "clipnorm": 0.5,
    "curve": "PR",
    "decay_rate": 0.25,
    "decay_steps": 8,
    "distribution": "uniform",
    "dtype": "float64",
    "ema_overwrite_frequency": 3,
    "exclude_layers": ["head"],
    "first_decay_steps": 8,
    "gradient_accumulation_steps": 3,
    "ignore_class": 2,
    "initial_learning_rate": 0.5,
    "input_axes": [0],
    "label_weights": [0.5, 0.25, 0.25],
    "learning_rate": 0.125,  # a variable of float32
    "loss_scale_factor": 4.0,
    "mode": "fan_avg",
    "multi_label": True,
    "name": "other",
    "num_classes": 3,
    "num_labels": 3,
    "output_axes": [1],
    "precision": 0.25,
    "recall": 0.25,
    "reduction": "sum",
    "sensitivity": 0.25,
    "seed": 7,
    "specificity": 0.25,
    "summation_method": "minoring",
    "target_class_ids": [0],
    "threshold": 0.25,
    "thresholds": [0.25, 0.75],
    "top_k": 2,
    "values": [0.5, 0.25, 0.125],
    "warmup_target": 0.5,
    "weight_decay": 0.125,
}
"""Arguments that no other number than their default would do for, each with one that does."""
ONE_OF_THREE = ("clipvalue", "global_clipnorm")
"""Arguments that are refused beside clipnorm."""
OF_A_CLASS = {"OrthogonalRegularizer": {"mode": "columns"}}


def other_than(default: Any) -> Any:
    """Return another argument than the default, of its type; None if there is no telling one."""
    if isinstance(default, bool):
        return not default
    if isinstance(default, int):
        return default + 1
    if isinstance(default, float):
        return -0.3 if default < 0 else 0.3  # float32 does not hold it as float64 does
    return None


def arguments(owner: Any) -> dict[str, Any]:
    """Return an argument for each parameter of a class, none of which is its default."""
    parameters = inspect.signature(owner).parameters.values()
    listed = {**OTHER, **OF_A_CLASS.get(owner.__name__, {})}
    drawn = {p.name: listed.get(p.name, other_than(p.default)) for p in parameters}
    skipped = (*ONE_OF_THREE, *(p.name for p in parameters if p.kind is p.VAR_KEYWORD))
    return {name: value for name, value in drawn.items() if name not in skipped}


def classes(module: Any, base: str) -> dict[str, Any]:
    """Return what derives from a class in a module of Keras, by name, if arguments are known."""
    derived = {
        owner.__name__: owner
        for name, owner in vars(module).items()
        if name[0].isupper() and inspect.isclass(owner) and issubclass(owner, getattr(module, base))
    }
    derived.pop(base)
    return {name: owner for name, owner in derived.items() if None not in arguments(owner).values()}


KINDS = (
    (keras.losses, "Loss"),
    (keras.metrics, "Metric"),
    (keras.optimizers, "Optimizer"),
    (keras.optimizers.schedules, "LearningRateSchedule"),
    (keras.regularizers, "Regularizer"),
    (keras.constraints, "Constraint"),
    (keras.initializers, "Initializer"),
)
"""The modules of Keras, each with what its classes derive from."""


def lost(base: str, name: str, owner: Any) -> list[str]:
    """Return which arguments of a class another object does not have that JSON makes of one."""
    given_ = arguments(owner)
    if base == "Loss":
        given_.pop("dtype", None)
    try:
        config = from_json(owner(**given_)).get_config()
    except (TypeError, ValueError):
        return [f"{base} {name} (an error)"]
    different = [key for key, value in given_.items() if config.get(key) != value]
    return [f"{base} {name}.{key}" for key in different]


@claim(
    "saving.objects-again",
    promised="load_model: a model that was compiled is compiled as it was",
    needs="keras.saving.serialize_keras_object",
)
def test_objects_of_keras_come_back_from_json():
    """
    Objects of Keras that a layer or compile() is given come back from JSON with all arguments but
    functions and a loss's dtype.

    That is what a file of a model holds: losses, metrics, optimizers, learning rate schedules,
    regularizers, constraints and initializers. Where one is lost, compile the loaded model again.

    >>> import keras, numpy as np
    >>> loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.25)
    >>> written = keras.saving.serialize_keras_object(loss)
    >>> keras.saving.deserialize_keras_object(written).get_config()["label_smoothing"]
    0.25
    """
    losing = [
        word
        for module, base in KINDS
        for name, owner in classes(module, base).items()
        for word in lost(base, name, owner)
    ]
    assert not losing, f"lost: {', '.join(losing)}."
