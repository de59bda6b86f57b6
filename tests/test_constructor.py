"""The recorded constructor of LSTM is that of the installed Keras."""

from __future__ import annotations

import inspect
import re

import keras
import pytest

from lstm_spec import catalog
from lstm_spec.answers.constructor import FILE, constructor
from lstm_spec.run.arguments import REQUIRED, installed

IDS = {claim.id for claim in catalog.claims()}
FUNCTIONS = [
    (argument.name, name)
    for argument in constructor().argument
    for name in constructor().names.get(argument.names, [])
    if argument.name in ("activation", "kernel_initializer", "bias_regularizer", "bias_constraint")
]


def test_arguments_and_defaults_are_those_of_keras() -> None:
    known = installed()
    taken = {**known["Layer"], **known["LSTM"]}
    defaults = {name: None if value is REQUIRED else value for name, value in taken.items()}
    assert {argument.name: argument.default for argument in constructor().argument} == defaults


def test_arguments_stand_in_the_order_of_the_constructor() -> None:
    order = list(inspect.signature(keras.layers.LSTM).parameters)[:-1]  # without **kwargs
    assert [argument.name for argument in constructor().argument if not argument.keyword] == order


def test_keras_takes_every_name() -> None:
    for argument, name in FUNCTIONS:
        config = keras.layers.LSTM(1, **{argument: name}).cell.get_config()
        assert config[argument] is not None, f"{argument}={name}"


@pytest.mark.parametrize("module", ["activations", "initializers", "regularizers", "constraints"])
def test_every_name_that_keras_exports_is_known(module: str) -> None:
    functions = getattr(keras, module)
    known = set(constructor().names[module])
    left_out = {"Initializer", "Regularizer", "Constraint"}
    for name in set(dir(functions)) - known - left_out - {"get", "serialize", "deserialize"}:
        if not name.startswith("_"):
            with pytest.raises((ValueError, KeyError, ImportError, TypeError)):
                functions.get(name)


def test_every_argument_is_told_and_has_claims_that_exist() -> None:
    for argument in constructor().argument:
        named = [*argument.claims, *(name for names in argument.values.values() for name in names)]
        assert set(named) <= IDS, argument.name
        assert bool(argument.changes) != bool(argument.on and argument.off), argument.name
        assert named or argument.name == "units"


def test_core_and_occasions_are_claims() -> None:
    assert set(constructor().core) <= IDS
    assert {name for names in constructor().occasions.values() for name in names} <= IDS


def test_every_claim_that_refuses_exists() -> None:
    source = FILE.with_name("constructor.py").read_text(encoding="utf-8")
    named = set(re.findall(rf'"((?:{"|".join(catalog.chapters())})\.[a-z-]+)"', source))
    assert named
    assert named <= IDS
