"""What a sentence says in general is tried with more than one instance."""

from __future__ import annotations

import re

from lstm_spec import catalog
from lstm_spec.claims.conftest import effort
from lstm_spec.run.report import Extent, Tried
from tools.studies import apart

NOUNS = {
    "(?i)any function|[Aa]n activation": ("function", "argument", "kind"),
    r"\b[Aa]n initializer|bias_initializer|kernel initializers": ("kind", "initializer"),
    r"[Rr]egularizers?\b|penalty is added": ("regularizer", "penalty", "kind", "argument", "part"),
    r"[Cc]onstraints?\b": ("constraint", "kind", "part"),
    r"[Oo]ptimizers?\b": ("optimizer", "optimizers", "options", "form", "name", "clipnorm"),
    r"\b[Aa] loss\b|\blosses\b|[Tt]he loss of|mean of the gradients": (
        *("loss", "given_loss", "losses", "names", "kind", "function", "told", "form", "of_loss"),
    ),
    r"\b[Aa] model\b|\bmodels\b": (
        *("build", "form", "layer", "structure", "kind", "source", "way", "wrapper", "past"),
    ),
    "(?i)any number of units": ("units",),
    "(?i)any number of timesteps|(any|every) length": ("timesteps", "length", "sizes"),
    "(?i)any batch|batch of another size|another batch size": ("batch", "size", "sizes"),
    "(?i)any features|whatever the features": ("features",),
    "(?i)any matrix": ("seed", "features"),
    "whatever `mask_value`": ("value",),
    "whatever the default": ("policy",),
    r"\b[Aa] name\b|unknown name": ("name",),
    "array of another shape": ("kind",),
    "is no (cell|layer)|what has no": ("value", "name"),
    "(?i)integers and booleans": ("kind", "dtype"),
    "any combination|accepted combination": ("activation", "unroll", "dtype"),
    "Every way|every way|in any way": ("way", "run"),
    "what its layer computes|what a call of the layer": ("return_sequences",),
    "negative|zero or negative": ("units", "value", "way"),
}
"""By the words of a sentence: the names that its test may give to what it draws of them."""
LEFT_OUT = {"speed"}
"""The chapter that measures fixed sizes."""
FIXED = {
    "models.mask-in-nested": "three kinds of inner models are tried in each case",
    "models.repeat-refused": "both kinds of models that have an Input are tried in each case",
    "models.second-lstm-refused": "both kinds of models that have an Input are tried in each case",
    "modes.evaluate-loss": "the sentence is of layers without regularizers",
    "modes.inputs-of-two-lengths": "a model of two inputs is functional",
    "modes.kinds-of-model": "every kind is tried in each case",
    "modes.losses-of-stateless-call": "the losses are those that layers add, of any numbers",
    "saving.objects-again": "all losses of Keras are tried",
    "state.no-reset-of-models": "every kind of model is looked at",
    "trainer.accumulation": "the sentence is of no constraint",
    "trainer.ctc": "the sentence names the loss",
    "trainer.ignored-class": "one loss has the argument",
    "trainer.tversky": "the sentence is of false negatives",
    "training.activity": "the activity regularizer is applied to outputs of any numbers",
    "training.activity-of-states": "the activity regularizer is applied to outputs of any numbers",
    "training.every-weight": "a loss is any derivatives by the outputs, which are drawn",
    "training.future-gradient": "a loss is any derivatives by the outputs, which are drawn",
    "training.max-norm": "the sentence names the constraint",
    "training.single-timestep": "a loss is any derivatives by the outputs, which are drawn",
    "weights.seeded-initializers": "the sentence is of both initializers that draw by default",
    "weights.shared": "a model of two inputs is functional",
}
"""Claims whose sentence means one thing by such words, or of which each case tries all."""
DRAWN = 20


def drawn(claim: catalog.Claim) -> Extent:
    """Draw the arguments of a claim's test, without running it, and return how wide they are."""
    test = getattr(apart.load(claim.file, "nouns"), claim.test)
    if not hasattr(test, "hypothesis"):
        return {}
    tried = Tried()
    test.hypothesis.inner_test = lambda **arguments: tried.add(arguments)
    effort(DRAWN, shrink=False)(test)()
    return tried.extent


def varies(extent: Extent, names: tuple[str, ...]) -> bool:
    """Say whether one of the values was drawn in more than one way."""
    return any(len(set(extent.get(name, []))) > 1 for name in names)


def test_general_nouns_are_tried_with_more_than_one_instance() -> None:
    claims = [claim for claim in catalog.claims() if claim.chapter not in LEFT_OUT | FIXED.keys()]
    pairs = [
        (claim, names)
        for claim in claims
        for words, names in NOUNS.items()
        if claim.id not in FIXED and re.search(words, claim.statement)
    ]
    extents = {claim.id: drawn(claim) for claim, _ in pairs}
    single = [(claim.id, names) for claim, names in pairs if not varies(extents[claim.id], names)]
    assert single == []


def test_fixed_claims_have_such_words() -> None:
    claims = {claim.id: claim.statement for claim in catalog.claims()}
    assert [name for name in FIXED if not any(re.search(w, claims[name]) for w in NOUNS)] == []


def test_one_instance_is_seen() -> None:
    assert not varies({"units": [3, 3], "loss": ["mse"]}, ("units", "loss"))
    assert varies({"units": [3, 4]}, ("units",))
