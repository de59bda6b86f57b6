"""How models around an LSTM are drawn: a layer after the other, on what is known of the tensors.

While a model is drawn, the shape of each tensor is known at each of LENGTHS, so that no layer is
drawn that its input does not fit: none is rejected afterwards. Nothing here imports Keras.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from lstm_spec.harness.model_tensors import Known, known_after, traits
from lstm_spec.harness.model_words import AROUND_LSTM, RARE, UNITS, WORDS, Draw
from lstm_spec.harness.models import (
    AGAIN,
    BATCH,
    FORMS,
    LENGTHS,
    RECURRENT,
    Layer,
    Model,
    Node,
    Sizes,
    Source,
    Trial,
    shape_at,
)
from lstm_spec.harness.strategies import permutation, picks, seeds


class _Drawing:
    """A model while it is drawn."""

    def __init__(self, draw: Draw, form: str, plain: bool, words: tuple[str, ...]) -> None:
        self.draw = draw
        self.form = form
        self.plain = plain
        self.words = words
        self.known: dict[str, Known] = {}
        self.nodes: list[Node] = []
        self.read: set[str] = set()
        self.behind_masks: set[str] = set()
        """The sources that nothing reads but what masks them."""
        self.seed = draw(seeds)

    @property
    def chained(self) -> bool:
        return self.form == "Sequential"

    @property
    def around_lstm(self) -> bool:
        return any(node.word in AROUND_LSTM for node in self.nodes)

    def add(self, words: tuple[str, ...], first: str = "") -> None:
        """Draw a node of one of the words; the next that fits, if the drawn one does not.

        Args:
            words: those that it may be of.
            first: the first tensor that it reads; any, if there is none.
        """
        pick = self.draw(picks)
        for word in (words[pick % len(words)], *(words[k] for k in permutation(len(words), pick))):
            choices = self.choices(word) if self.allows(word) else []
            choices = [reads for reads in choices if first in ("", reads[0])]
            if choices and self.call(word, choices[self.draw(picks) % len(choices)]):
                return

    def allows(self, word: str) -> bool:
        """Return whether a node of a word may come next, whatever the shapes."""
        if self.chained:
            flat = WORDS[word].flattens and not self.around_lstm
            return WORDS[word].in_chains and not flat
        return word != AGAIN or bool(self._repeatable())

    def choices(self, word: str) -> list[tuple[str, ...]]:
        """Return the tensors, or pairs or triples of them, that a word can be called on."""
        names = [name for name in reversed(self.known) if name not in self.behind_masks]
        if self.chained or WORDS[word].reads > 1:
            names = names[: 1 if self.chained else 4]
        listed: list[tuple[str, ...]] = [(name,) for name in names]
        for _ in range(WORDS[word].reads - 1):
            listed = [(*reads, name) for reads in listed for name in names]
        return [reads for reads in listed if WORDS[word].fits(*(self.known[n] for n in reads))]

    def call(self, word: str, reads: tuple[str, ...]) -> bool:
        """Add a node, unless what it would be is not allowed."""
        known = [self.known[name] for name in reads]
        again = ""
        layer = None
        if word == AGAIN:
            before = [n for n in self._repeatable() if self._same(n, known)]
            if not before:
                return False
            again = before[0].makes[0]
            layer = before[0].layer
        else:
            layer = WORDS[word].draw(self.draw, known)
        if self.plain and traits(layer, known):
            return False
        if self.chained and not self.around_lstm and not self._leaves_a_sequence(layer, known):
            layer = _with_sequences(layer)
            if not self._leaves_a_sequence(layer, known):
                return False
        number = len(self.nodes) + 1
        after = known_after(layer, known, f"y{number}")
        names = (f"y{number}", f"h{number}", f"c{number}")[: len(after)]
        self.known.update(zip(names, after, strict=True))
        self.read.update(reads)
        seed = self.seed + 100 * number
        self.nodes.append(Node(layer, reads, names, seed, again, word))
        return True

    def _leaves_a_sequence(self, layer: Layer, known: list[Known]) -> bool:
        return layer.kind in RECURRENT or len(known_after(layer, known, "")[0].shapes[0]) == 2

    def _repeatable(self) -> list[Node]:
        kinds = ("LSTM", "Dense", "Bidirectional", "Conv1D", "LayerNormalization", "Masking")
        return [
            n for n in self.nodes if n.layer.kind in kinds and not n.again and len(n.reads) == 1
        ]

    def _same(self, node: Node, known: list[Known]) -> bool:
        """Return whether a layer that was called on one tensor can be called on another."""
        before = self.known[node.reads[0]]
        now = known[0]
        fits = WORDS[node.word].fits(now) and not (now.mask and node.layer.kind == "Masking")
        unrolled = node.layer.options.get("unroll") and now.open
        return fits and before.axes == now.axes and before.features == now.features and not unrolled


def _with_sequences(layer: Layer) -> Layer:
    """Return a nested model that leaves a sequence."""
    if layer.kind not in ("Sequential", "Functional"):
        return layer
    inner = [replace(i, options={**i.options, **_sequences(i)}) for i in layer.options["layers"]]
    return replace(layer, options={**layer.options, "layers": inner})


def _sequences(layer: Layer) -> dict[str, bool]:
    return {"return_sequences": True} if layer.kind == "LSTM" else {}


KINDS = ("numbers", "ids", "more axes", "more axes")
"""What a source may hold; only the second may have more axes."""
NAMES = ("x2", "x1")
"""The names of sources, against the alphabet: what is sorted by name is not in their order."""


def _draw_sources(draw: Draw, chained: bool, plain: bool, opened: bool | None) -> list[Source]:
    number = 1 if chained else draw(st.integers(1, 2))
    sources = []
    for k, name in enumerate(NAMES[:number]):
        kind = draw(st.sampled_from(KINDS if k and not opened else KINDS[:2]))
        known = draw(st.booleans()) if opened is None else not opened
        known = known or (plain and kind == KINDS[-1])
        length = draw(st.sampled_from(LENGTHS)) if known else None
        if kind == "ids":
            sources.append(Source(name, (length,), ids=True))
        elif kind == KINDS[-1]:
            sources.append(Source(name, (length, 2, draw(UNITS))))
        else:
            sources.append(Source(name, (length, draw(st.integers(1, 3)))))
    return sources


@st.composite
def models(
    draw: st.DrawFn,
    /,
    *,
    nodes: st.SearchStrategy[int] = st.integers(2, 7),
    forms: tuple[str, ...] = FORMS,
    words: tuple[str, ...] = (*WORDS, *RARE),
    containing: tuple[str, ...] = (),
    plain: bool = True,
    opened: bool | None = None,
    masked: bool | None = None,
    declared: bool | None = None,
) -> Model:
    """Draw a model around an LSTM.

    Args:
        draw: given by Hypothesis.
        nodes: how many layers are called beside those that must be.
        forms: those that it may have.
        words: those that it may be made of.
        containing: words of each of which a node is added where one fits.
        plain: whether it has nothing of PLAIN.
        opened: whether its timesteps are open; None for either, source by source.
        masked: whether each source of numbers or ids is masked, and read by nothing else; None
            for either.
        declared: whether it declares how many samples it takes; None for either.
    """
    form = draw(st.sampled_from(forms))
    model = _Drawing(draw, form, plain, words)
    sources = _draw_sources(draw, model.chained, plain, opened)
    for source in sources:
        shapes = tuple(shape_at(source, length) for length in LENGTHS)
        model.known[source.name] = Known(shapes, base=source.name, ids=source.ids)
    for source in sources:
        begin = draw(st.booleans()) if masked is None else masked
        if source.ids:
            model.add(("Embedding with mask",) if begin else ("Embedding",))
        elif len(source.shape) == 3:
            model.add(("TimeDistributed LSTM", "TimeDistributed Conv1D"))
        elif begin:
            model.add(("Masking",), source.name if masked else "")
        if masked:
            model.behind_masks.add(source.name)
    for _ in range(draw(nodes)):
        model.add(words)
    for word in containing:
        model.add((word,))
    if not model.around_lstm:
        model.add(AROUND_LSTM)
    names = [name for node in model.nodes for name in node.makes]
    outputs = [name for name in names if name not in model.read]
    used = tuple(source for source in sources if source.name in model.read)
    batches = [None, None, None, BATCH] if declared is None else [BATCH if declared else None]
    batch = draw(st.sampled_from(batches))
    return Model(used, tuple(model.nodes), tuple(outputs), form, batch)


def sizes(model: Model) -> st.SearchStrategy[tuple[Sizes, Sizes]]:
    """Draw two sizes that a model can be given, with other numbers of samples and timesteps."""
    batches = st.permutations([1, 2, 3]) if model.batch is None else st.just([model.batch] * 2)
    lengths = st.permutations(LENGTHS)
    return st.tuples(batches, lengths).map(
        lambda pair: (Sizes(pair[0][0], pair[1][0]), Sizes(pair[0][1], pair[1][1]))
    )


@st.composite
def trials(draw: st.DrawFn, /, **options: Any) -> Trial:
    """Draw a model, with two sizes and a seed for what it is given.

    Args:
        draw: given by Hypothesis.
        **options: those of `models`.
    """
    model = draw(models(**options))
    return Trial(model, draw(sizes(model)), draw(seeds))
