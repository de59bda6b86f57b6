"""Masks with an initial state, backwards and unrolled."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from lstm_spec.claims import claim
from lstm_spec.claims.masking import FREE, blank, hidden, unmasked, words
from lstm_spec.harness.reference import equations, returned
from lstm_spec.harness.strategies import cases, picks, seeds, varied
from lstm_spec.harness.subject import as_states, lstm, passed, to_numpy
from lstm_spec.harness.tolerance import assert_close, assert_same
from lstm_spec.harness.ways import Way, with_ways

eager_or_not = sampled_from([Way("called")] * 5 + [Way("predict_on_batch")])


@claim(
    "masking.with-state",
    derived="masking.skips-step, from any state",
    cases=8,
)
@given(*with_ways(cases(masked=True, state=True, return_state=True, **FREE)))
def test_a_mask_and_an_initial_state_are_both_used(case, way):
    """
    An LSTM called with both `mask` and `initial_state` uses both.

    It starts from the given state and skips the masked timesteps. Pass the mask by name: in Keras
    3 one that is only attached to the input does not count here.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2)
    >>> x, state = np.array([[[1.0], [7.0]]]), [np.ones((1, 2)), np.ones((1, 2))]
    >>> y = lstm(x, mask=np.array([[True, False]]), initial_state=state)
    >>> bool(np.allclose(y, lstm(x[:, :1], initial_state=state), atol=1e-6))
    True
    """
    _, h, c = way(lstm(case))(case.x, mask=case.mask, initial_state=as_states(case.state))
    assert_close([h, c], equations(case)[1:])


@claim(
    "masking.attached-with-state",
    promised="RNN, section Masking: the layer supports the masks that layers before it make",
)
@given(cases(masked=True, state=True), picks)
def test_an_attached_mask_counts_beside_an_initial_state(case, pick):
    """
    The mask that a Masking layer attaches also counts when `initial_state` is passed.

    For its own steps an LSTM of Keras 3 looks for an attached mask only if the input is the one
    tensor that the call gets. Where it is lost there is no warning, and an output sequence has it
    all the same: pass the mask by name.

    >>> import keras, numpy as np
    >>> masking, lstm = keras.layers.Masking(), keras.layers.LSTM(2)
    >>> x, state = np.array([[[1.0], [0.0]]]), [np.ones((1, 2)), np.ones((1, 2))]
    >>> y = lstm(masking(x), initial_state=state, mask=masking.compute_mask(x))
    >>> bool(np.allclose(y, lstm(x[:, :1], initial_state=state), atol=1e-6))
    True
    """
    case = blank(hidden(case, pick))
    layer = lstm(case)
    masked = keras.layers.Masking()(case.x)
    expected = layer(case.x, mask=case.mask, initial_state=as_states(case.state))
    y = layer(masked, initial_state=as_states(case.state))
    assert_close(y, expected, instead={"the attached mask is ignored": unmasked(case)})


@claim(
    "masking.encoder-decoder",
    promised="RNN, section Masking: the layer supports the mask of Embedding(mask_zero=True)",
    cases=4,
)
@given(cases(masked=True, state=True), picks, seeds)
def test_a_decoder_skips_the_padding_of_its_embedding(case, pick, seed):
    """
    In a functional model, a decoder that is given a state skips its Embedding's padding.

    This is how translation models are written: the decoder starts from the encoder's states and
    reads padded words. In Keras 3 such a decoder reads the padding, unless it is given the mask.

    >>> import keras, numpy as np
    >>> words, h, c = keras.Input((None,), dtype="int32"), keras.Input((2,)), keras.Input((2,))
    >>> embedding, lstm = keras.layers.Embedding(9, 3, mask_zero=True), keras.layers.LSTM(2)
    >>> y = lstm(embedding(words), mask=embedding.compute_mask(words), initial_state=[h, c])
    >>> decoder, state = keras.Model([words, h, c], y), [np.ones((1, 2)), np.ones((1, 2))]
    >>> short = decoder([np.array([[4, 7]]), *state])
    >>> padded = decoder([np.array([[4, 7, 0]]), *state])
    >>> bool(np.allclose(short, padded, atol=1e-6))
    True
    """
    case = hidden(case, pick)
    layer = lstm(case)
    ids, embedding, table = words(case, seed)
    read = keras.Input((case.timesteps,), dtype="int32")
    h = keras.Input((case.units,))
    c = keras.Input((case.units,))
    decoder = keras.Model([read, h, c], layer(embedding(read), initial_state=[h, c]))
    expected = layer(table[ids], mask=case.mask, initial_state=as_states(case.state))
    y = decoder([ids, *case.state])
    padding = unmasked(replace(case, x=table[ids]))
    assert_close(y, expected, instead={"the padding is read": padding})


@claim(
    "masking.stateful",
    derived="masking.carries-state, for the state that the layer stores",
    cases=4,
)
@given(*with_ways(cases(stateful=True, **FREE), "mask"))
def test_a_fully_masked_call_leaves_the_stored_state(case, way):
    """
    Without initial_state, a fully masked call leaves a float32 layer's state exactly as it was.

    So a sequence that has ended can be padded with masked calls while others go on.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, stateful=True, return_state=True)
    >>> x = np.array([[[1.0], [7.0]]])  # (batch, timesteps, features)
    >>> _, h, c = lstm(x)
    >>> _, new_h, new_c = lstm(x, mask=np.array([[False, False]]))
    >>> bool(np.array_equal(new_h, h)), bool(np.array_equal(new_c, c))
    (True, True)
    """
    run = way(lstm(case))
    other = way(lstm(case))
    run(case.x)
    run(case.x, mask=np.zeros(case.x.shape[:2], bool))
    other(case.x)
    y = to_numpy(run(case.x))
    _, h, c = equations(case)
    assert_close(y, equations(replace(case, h=h, c=c)).h)
    assert_same(y, to_numpy(other(case.x)))


@claim(
    "masking.backwards",
    derived="going backwards reads the timesteps together with their mask",
    cases=4,
)
@given(
    *with_ways(
        cases(
            masked=True,
            go_backwards=True,
            **varied("batch", "return_sequences", "return_state", "units", "use_bias"),
        )
    )
)
def test_going_backwards_flips_the_mask_with_the_input(case, way):
    """
    By default an LSTM with go_backwards=True reads a passed mask from the end, like its input.

    A mask is given in the order of the input. Padding at the end is then read first, and skipped
    all the same.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, go_backwards=True)
    >>> x = np.array([[[1.0], [2.0], [7.0]]])  # (batch, timesteps, features)
    >>> y = lstm(x, mask=np.array([[True, True, False]]))
    >>> bool(np.allclose(y, lstm(x[:, :2]), atol=1e-6))
    True
    """
    options = {**case.options, "go_backwards": False}
    turned = replace(case, x=case.x[:, ::-1], mask=case.mask[:, ::-1], options=options)
    assert_close(way(lstm(case))(case.x, mask=case.mask), returned(turned))


@claim(
    "masking.unrolled",
    derived="unrolling changes how the loop is written, not what it does",
    cases=4,
)
@given(
    cases(masked=True, return_state=True, **varied("batch", "timesteps", "units")),
    eager_or_not,
)
def test_unrolling_changes_nothing_under_a_mask(case, way):
    """
    By default, from zero states, unroll=True with a mask (batch, timesteps) gives the results of
    unroll=False, but for rounding.

    Both ways skip by the same rule, although Keras writes that rule down twice.

    >>> import keras, numpy as np
    >>> loop, unrolled = keras.layers.LSTM(2), keras.layers.LSTM(2, unroll=True)
    >>> x, mask = np.array([[[1.0], [7.0], [2.0]]]), np.array([[True, False, True]])
    >>> unrolled.build(x.shape)
    >>> y = loop(x, mask=mask)
    >>> unrolled.set_weights(loop.get_weights())
    >>> bool(np.allclose(unrolled(x, mask=mask), y, atol=1e-6))
    True
    """
    case = hidden(case, 0)
    y, h, c = equations(case)
    for sequences in (True, False):
        for unroll in (True, False):
            run = way(lstm(case, return_sequences=sequences, unroll=unroll))
            assert_close(run(case.x, mask=case.mask), [y if sequences else y[:, -1], h, c])


@claim(
    "masking.unrolled-backwards",
    derived="masking.unrolled and masking.backwards",
    cases=4,
)
@given(
    cases(masked=True, go_backwards=True, return_state=True, **varied("batch", "timesteps")),
    eager_or_not,
)
def test_unrolling_backwards_changes_nothing_under_a_mask(case, way):
    """
    By default, from zero states, go_backwards=True with a mask (batch, timesteps) gives the same
    results unrolled.

    Both read the input and its mask from the end.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, go_backwards=True, unroll=True)
    >>> x, mask = np.array([[[1.0], [2.0], [7.0]]]), np.array([[True, True, False]])
    >>> bool(np.allclose(lstm(x, mask=mask), lstm(x[:, :2]), atol=1e-6))
    True
    """
    case = hidden(case, 0)
    y, h, c = equations(case)
    for sequences in (True, False):
        for unroll in (True, False):
            run = way(lstm(case, return_sequences=sequences, unroll=unroll))
            assert_close(run(case.x, mask=case.mask), [y if sequences else y[:, -1], h, c])


@claim(
    "masking.unrolled-with-state",
    derived="masking.unrolled, from any state; on JAX and NumPy leading masked outputs differ",
    cases=8,
)
@given(
    cases(masked=True, state=True, return_sequences=True, return_state=True, **FREE),
    eager_or_not,
)
def test_unrolling_from_a_state_changes_nothing_under_a_mask(case, way):
    """
    By default, on TensorFlow, with a mask (batch, timesteps) and a state for each sample, unroll
    changes only the rounding.

    This includes masked timesteps before the first valid one, whose outputs are zero.

    >>> import keras, numpy as np
    >>> lstm = keras.layers.LSTM(2, unroll=True)
    >>> x, state = np.array([[[7.0], [1.0]]]), [np.ones((1, 2)), np.ones((1, 2))]
    >>> y = lstm(x, mask=np.array([[False, True]]), initial_state=state)
    >>> bool(np.allclose(y, lstm(x[:, 1:], initial_state=state), atol=1e-6))
    True
    """
    mask = case.mask.copy()
    mask[0, [0, -1]] = False  # whichever is read first
    case = replace(case, mask=mask)
    looped = way(lstm(case))(case.x, **passed(case))
    unrolled = way(lstm(case, unroll=True))(case.x, **passed(case))
    y, h, c = equations(case)
    read = mask[:, ::-1] if case.options["go_backwards"] else mask
    early = ~np.logical_or.accumulate(read, axis=1)[:, :, None]
    begun = np.where(early, case.h[:, None], y)
    instead = {"the loop puts out the initial h first": [[begun, h, c], [y, h, c]]}
    assert_close([looped, unrolled], [[y, h, c]] * 2, instead=instead)


@claim(
    "masking.unrolled-zero-output",
    derived="masking.unrolled; on JAX and NumPy unrolling ignores zero_output_for_mask",
    cases=4,
)
@given(
    cases(timesteps=integers(2, 6), masked=True, zero_output_for_mask=True, **varied("batch")),
    eager_or_not,
)
def test_unrolling_keeps_zero_output_for_mask(case, way):
    """
    Read forwards from zero states, with a mask (batch, timesteps), zero_output_for_mask does the
    same unrolled as in a loop.

    The argument belongs to RNN, which does the unrolling, so it counts in both cases. For reading
    backwards see `masking.zero-output-backwards`.

    >>> import keras, numpy as np
    >>> options = dict(return_sequences=True, zero_output_for_mask=True)
    >>> lstm = keras.layers.LSTM(2, unroll=True, **options)
    >>> x = np.array([[[1.0], [7.0], [2.0]]])  # (batch, timesteps, features)
    >>> y = np.array(lstm(x, mask=np.array([[True, False, True]])))
    >>> y[0, 1].tolist()
    [0.0, 0.0]
    """
    case = hidden(case, 0)
    repeated = equations(case).outputs
    zeroed = repeated * case.mask[:, :, None]
    for sequences in (True, False):
        layers = [lstm(case, return_sequences=sequences, unroll=unroll) for unroll in (True, False)]
        y = [way(layer)(case.x, mask=case.mask) for layer in layers]
        right = zeroed if sequences else zeroed[:, -1]
        kept = repeated if sequences else repeated[:, -1]
        instead = {"unrolled, the argument is ignored": [kept, right]}
        assert_close(y, [right, right], instead=instead)
