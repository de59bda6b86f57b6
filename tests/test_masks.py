"""The table of masks is whole, and the page shows it."""

from __future__ import annotations

from lstm_spec.harness import masks
from tools.pages.masks import FILE, page


def test_page_is_the_table() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "run `python tools/pages/masks.py`"


def test_each_rule_is_explained_and_used() -> None:
    used = {*masks.MASKS.values(), *masks.KERAS_2.values()}
    assert used == set(masks.RULES)


def test_layers_of_keras_2_are_in_the_table() -> None:
    assert set(masks.KERAS_2) <= set(masks.MASKS)


def test_unknown_layer_has_the_rule_of_a_class_of_ones_own() -> None:
    assert masks.rule("MyLayer") == masks.rule("Layer") == "declares"
    assert (masks.rule("Add"), masks.rule("Add", keras=2)) == ("any", "every")
    assert masks.rule("Dense", keras=2) == "keeps"
