"""Teach word vectors which wordings ask the same question.

A wording is the sum of its words' vectors. Each wording in turn, some of its words left out, is
asked of all others: its question is to be the likeliest by the cosine with the sum of the
question's wordings, each of length 1, and with the nearest of them. What is learned is how long
and whither a word's vector points; a penalty keeps it near where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from lstm_spec.answers import search

EPOCHS, BATCH, RATE = 8, 256, 2e-3
LEFT_OUT = 0.15
"""Which share of a wording's words is left out."""
FEWEST = 3
"""Only texts with so many wordings teach."""


class Words:
    """The vectors of words, and the wordings that they teach by."""

    def __init__(self, wordings: Sequence[Sequence[int]], places: Any, vectors: Any, lengths: Any):
        """Start from some vectors.

        Args:
            wordings: of each the numbers of its words.
            places: the number of each one's text, in order.
            vectors: the direction of each word, of shape (words, dimensions).
            lengths: the logarithm of how much each word counts, of shape (words,).
        """
        self.start = tf.constant(vectors, tf.float32)
        self.vectors = tf.Variable(self.start)
        self.lengths = tf.Variable(tf.constant(lengths, tf.float32))
        self.sharpness = tf.Variable([10.0, 10.0])
        self.wordings = tf.ragged.constant(wordings, dtype=tf.int64)
        self.places = tf.constant(places, tf.int64)

    def summed(self, wordings: Any, left_out: float = 0.0) -> Any:
        """Return the direction of each wording."""
        scaled = tf.exp(self.lengths)[:, None] * self.vectors
        given = tf.gather(scaled, wordings.flat_values)
        kept = tf.random.uniform([tf.shape(given)[0], 1]) >= left_out
        summed = tf.math.segment_sum(given * tf.cast(kept, tf.float32), wordings.value_rowids())
        missing = wordings.nrows() - tf.shape(summed, tf.int64)[0]
        return tf.math.l2_normalize(tf.pad(summed, [[0, missing], [0, 0]]), axis=1, epsilon=1e-12)

    def loss_of(self, asked: Any) -> Any:
        """Return how unlikely the texts of some wordings are, and how far the vectors went."""
        rows = self.summed(self.wordings)
        asking = self.summed(tf.gather(self.wordings, asked), LEFT_OUT)
        places = tf.gather(self.places, asked)
        totals = tf.math.segment_sum(rows, self.places)
        centers = asking @ tf.transpose(tf.math.l2_normalize(totals, axis=1))
        others = tf.math.l2_normalize(tf.gather(totals, places) - tf.gather(rows, asked), axis=1)
        own = tf.stack([tf.range(tf.size(places, tf.int64)), places], axis=1)
        centers = tf.tensor_scatter_nd_update(centers, own, tf.reduce_sum(asking * others, axis=1))
        near = rows @ tf.transpose(asking)
        itself = tf.stack([asked, tf.range(tf.size(asked, tf.int64))], axis=1)
        near = tf.tensor_scatter_nd_update(near, itself, -tf.ones_like(asked, tf.float32))
        nearest = tf.transpose(tf.math.segment_max(near, self.places))
        logits = self.sharpness[0] * centers + self.sharpness[1] * nearest
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(places, logits)
        moved = tf.reduce_sum((self.vectors - self.start) ** 2, axis=1)
        return tf.reduce_mean(losses) + tf.reduce_mean(moved)


def taught(
    texts: Sequence[Sequence[Sequence[str]]], vector: Callable[[str], np.ndarray]
) -> tuple[list[str], np.ndarray]:
    """Return the words of some texts, and their vectors when they have been taught.

    Args:
        texts: of each the words of its wordings.
        vector: gives a word's vector at first.
    """
    words = sorted({word for text in texts for wording in text for word in wording})
    numbers = {word: number for number, word in enumerate(words)}
    held = Counter(word for text in texts for word in {w for wording in text for w in wording})
    rarity = [search.rarity(held[word], len(texts)) for word in words]
    wordings = [[numbers[word] for word in wording] for text in texts for wording in text]
    places = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    vectors = np.stack([vector(word) for word in words])
    keras.utils.set_random_seed(0)
    model = Words(wordings, places, vectors / (10 * np.abs(vectors).mean()), np.log(rarity))
    teach(model, np.flatnonzero(np.bincount(places)[places] >= FEWEST))
    learned: np.ndarray = np.exp(model.lengths.numpy())[:, None] * model.vectors.numpy()
    return words, learned


def teach(model: Words, teaching: np.ndarray) -> None:
    """Ask each of some wordings of all others, EPOCHS times."""
    learned = [model.vectors, model.lengths, model.sharpness]
    slow = keras.optimizers.Adam(RATE)
    fast = keras.optimizers.Adam(25 * RATE)

    @tf.function
    def step(asked: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = model.loss_of(asked)
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, learned)]
        slow.apply(gradients[:2], learned[:2])
        fast.apply(gradients[2:], learned[2:])
        return loss

    for epoch in range(EPOCHS):
        order = np.random.default_rng(epoch).permutation(teaching)
        batches = [order[k : k + BATCH] for k in range(0, len(order) - BATCH + 1, BATCH)]
        losses = [float(step(tf.constant(batch, tf.int64))) for batch in batches]
        print(f"epoch {epoch + 1}: {np.mean(losses):.3f}", flush=True)
