"""With a fault in every LSTM, no claim of the installed Keras is judged to deviate as known.

Unless the fault neither causes nor alters how it fails: these claims stand in KEPT, by the reason.
Other releases and backends are held to a record of the same: see test_failures.py.
"""

from __future__ import annotations

import pytest

from lstm_spec.run import deviations
from lstm_spec.run.environment import installed
from tools.studies.failures.faults import FAULTS
from tools.studies.failures.worker import failure

KEPT = {
    "the layer is refused, made or configured, and reads nothing": {
        "errors.units-true",
        "models.input-and-output",
        "precision.bfloat-sixteen-by-default",
        "saving.keeps-implementation",
        "saving.keeps-use-cudnn",
        "saving.lambda-activation",
        "saving.legacy-compiled",
        "saving.model-config-used-up",
        "shapes.symbolic-feature-count",
        "shapes.whole-units",
        "trainer.callables-in-bidirectional",
        "trainer.clone-of-own-loss",
        "wrappers.unequal-units",
    },
    "a refusal is missing, whatever is returned in its place": {
        "errors.remainder-in-fit",
        "masking.long-refused-unrolled",
        "state.fixed-batch-in-predict",
        "state.third-refused-unrolled",
    },
    "an error is raised before there is an output, or whatever it is": {
        "dropout.implementation-one",
        "errors.refused-call-with-dropout",
        "models.slices-of-own-layer",
        "precision.half-average",
        "precision.layer-as-activation",
        "precision.whole-numbers-are-cast",
        "saving.export-one-sequence",
        "saving.folder-again",
        "saving.legacy-bfloat",
        "saving.legacy-operations",
        "saving.legacy-trains-on",
        "saving.litert",
        "saving.loss-scale",
        "saving.openvino",
        "saving.shared-cell",
        "saving.shared-with-a-model",
        "shapes.empty-batch",
        "state.reset-of-stacked-cells",
        "trainer.averaged-frozen",
        "trainer.checkpoint-of-batches",
        "trainer.class-weight-of-a-dataset",
        "trainer.class-weight-of-timesteps",
        "trainer.thresholds-in-a-tuple",
        "trainer.top-k-of-other-types",
        "trainer.weight-column-of-metrics",
        "trainer.weights-by-name",
        "training.activity-in-half",
        "training.penalty-in-double",
        "wrappers.bidirectional-stateful-states",
        "wrappers.list-of-one-cell-masked",
        "wrappers.list-of-one-cell-unrolled",
        "wrappers.stack-dtype-masked",
    },
    "no LSTM takes part": {
        "masking.value-in-its-dtype",
        "masking.value-of-numpy",
        "saving.several-axes",
        "saving.vocabulary-in-a-tensor",
        "saving.vocabulary-set-anew",
        "saving.words-of-lines",
        "masking.pictures",
        "models.attention-leaves-masks",
        "models.declared-scores",
        "models.merge-of-widths",
        "models.normalizes-by-wide-mask",
        "models.normalizes-convolved",
        "models.slices-quantized",
        "models.softmax-behind-mask",
        "models.softmax-of-a-square",
        "models.stepwise-keeps-mask",
        "saving.lambda-mask",
        "saving.layers-around",
        "saving.legacy-layers",
        "saving.objects-again",
        "wrappers.losses-of-a-cell",
        "wrappers.own-start-again",
    },
    "weights, samples, losses or penalties are compared, whatever the layer puts out": {
        "saving.checkpoint-of-lists",
        "trainer.activity-time-distributed",
        "trainer.adjusted-score",
        "trainer.averaged-constrained",
        "trainer.clipped-embedding",
        "trainer.compiled-in-a-wrapper",
        "trainer.compiled-without-metrics",
        "trainer.epoch-begins",
        "trainer.epoch-ends",
        "trainer.monitor-of-an-output",
        "trainer.target-axis-of-metrics",
        "trainer.targets-of-two-ranks",
        "trainer.fit-after-backup",
        "trainer.frozen-by-argument",
        "trainer.loss-axis",
        "trainer.masked-target-axis",
        "trainer.repeated-ids",
        "trainer.schedule-free",
        "trainer.shuffled-anew",
        "trainer.skipped-average",
        "trainer.sparse-axis",
        "trainer.tversky",
        "trainer.validation-of-a-generator",
        "trainer.validation-steps-of-workers",
        "training.zero-rows",
    },
    "a warning is given, whatever the layer puts out": {"trainer.shuffle-unasked"},
    "weights that are trainable are counted, whatever the layer puts out": {
        "saving.frozen-clone",
        "saving.frozen-sequential",
    },
    "the outputs have another shape, whatever is in them": {
        "models.slices-in-a-graph",
        "models.slices-of-open-length",
        "wrappers.states-of-slices",
    },
}

HERE = deviations.at(installed(look_for_gpus=False))
NEWEST = deviations.newest().version("keras")


@pytest.mark.skipif(
    installed(look_for_gpus=False).version("keras") != NEWEST,
    reason=f"what deviates on other releases than Keras {NEWEST} is recorded",
)
@pytest.mark.parametrize("fault", FAULTS)
def test_claim_does_not_deviate_as_known_because_of_a_fault(fault: str) -> None:
    excused = set().union(*KEPT.values())
    tried = [entry for entry in HERE if entry.claim not in excused]
    known = [entry.claim for entry in tried if entry.explains(failure(entry.claim, fault))]
    assert tried
    assert known == []


def test_claims_that_are_kept_deviate() -> None:
    current = {deviation.claim for deviation in deviations.current()}
    assert [claim for claims in KEPT.values() for claim in claims if claim not in current] == []
