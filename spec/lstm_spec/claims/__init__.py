"""The specification: a chapter a file, or a folder of files; a claim a test.

A claim is one sentence about Keras' LSTM that can be false. The docstring of its test holds
the sentence, the reason, and an example that pastes into an empty notebook; the body tries
to refute it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lstm_spec.harness import subject as subject  # first: it settles what `import keras` gives
from lstm_spec.harness.effort import CASES

CHAPTERS: dict[str, tuple[str, ...]] = {
    "shapes": ("shapes.py",),
    "weights": ("weights.py",),
    "gates": ("gates.py",),
    "symmetry": ("symmetry.py",),
    "time": ("time.py",),
    "sequences": ("sequences.py",),
    "state": ("state.py",),
    "masking": (
        "masking/skipping.py",
        "masking/states.py",
        "masking/forms.py",
        "masking/layers.py",
        "masking/training.py",
    ),
    "wrappers": (
        "wrappers/bidirectional.py",
        "wrappers/bidirectional_states.py",
        "wrappers/cells.py",
        "wrappers/stacks.py",
        "wrappers/slices.py",
    ),
    "dropout": ("dropout.py",),
    "training": (
        "training/gradients.py",
        "training/steps.py",
        "training/penalties.py",
        "training/freezing.py",
        "training/learning.py",
    ),
    "trainer": (
        "trainer/reports.py",
        "trainer/structures.py",
        "trainer/targets.py",
        "trainer/weights.py",
        "trainer/metrics.py",
        "trainer/losses.py",
        "trainer/steps.py",
        "trainer/epochs.py",
        "trainer/optimizers.py",
        "trainer/callbacks.py",
        "trainer/penalties.py",
        "trainer/distribution.py",
    ),
    "precision": ("precision.py",),
    "models": (
        "models/running.py",
        "models/training.py",
        "models/masks.py",
        "models/merges.py",
        "models/slices.py",
        "models/graph.py",
        "models/around.py",
        "models/refusals.py",
        "models/siblings.py",
    ),
    "modes": ("modes/predict.py", "modes/graphs.py", "modes/cudnn.py"),
    "saving": (
        "saving/configuration.py",
        "saving/objects.py",
        "saving/files.py",
        "saving/weights.py",
        "saving/exports.py",
    ),
    "errors": ("errors.py",),
    "speed": ("speed.py",),
}
"""The chapters in reading order, each with the files that hold its claims, in reading order.

A claim's id begins with the name of its chapter. It names no file, so a claim may move.
"""

RETIRED: dict[str, str] = {
    "precision.batch-size": "True on some processors only; symmetry.batch-parts holds on all.",
    "precision.equal-samples": "True on some processors only; symmetry.batch holds on all.",
    "shapes.open-length": "It says the same as time.unknown-length.",
    "shapes.stacking": "It says the same as sequences.stacking.",
    "state.second-argument": "It says the same as shapes.second-argument.",
    "time.zero-padding": "It says the same as masking.zeros-are-read.",
}
"""Ids that are no longer claims, each with the reason and its replacement."""


def claim(
    id: str,  # noqa: A002 - the field's word for it
    *,
    promised: str | None = None,
    derived: str | None = None,
    observed: str | None = None,
    corrects: str | None = None,
    cases: int = CASES,
    gpu: bool = False,
    stand_in: str | None = None,
    needs: str | tuple[str, ...] = (),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a test as a claim. Exactly one of promised, derived and observed says who says so.

    Args:
        id: `chapter.few-words`; permanent, never reused.
        promised: where Keras' documentation says so, as `Object, argument or section`.
        derived: from which equations or claims it follows.
        observed: since when, or where, released Keras does it, though nobody promised it.
        corrects: the popular belief, or the documentation's sentence, that it shows to be false.
        cases: how many it draws at default effort; a claim about cost measures in proportion.
        gpu: whether it can be tried only where there is a GPU.
        stand_in: for what a stand-in is tried on a CPU, though the claim is about a GPU: `cuDNN`.
        needs: without what it cannot be tried: a module, such as a converter's, a part of Keras,
            as `keras.ops`, an argument, as `LSTM(use_cudnn)` or `LSTM.call(mask)`, a file, as
            `/proc/self/status`, or `CPU`, where no GPU may be found; several in a tuple.

    Raises:
        TypeError: none of promised, derived and observed is given, or more than one.
    """
    given = [basis for basis in (promised, derived, observed) if basis is not None]
    if len(given) != 1:
        raise TypeError(f"claim {id!r} has {len(given)} of promised, derived, observed; give one")
    mark: Callable[[Callable[..., None]], Callable[..., None]] = pytest.mark.lstm_claim(
        id=id, corrects=corrects, cases=cases, gpu=gpu, stand_in=stand_in, needs=needs
    )
    return mark
