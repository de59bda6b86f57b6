"""Speed: what an LSTM costs beside another LSTM, on TensorFlow and a CPU.

The timesteps of a sequence cannot be computed at the same time, because each needs the output of
the one before. So time grows in proportion to their number. What belongs to one timestep, the
samples, the units and the features, is computed together in a matrix product, and as long as it is
small it costs nearly nothing more: a batch of 64 takes far less than 64 calls.

Whoever finds an LSTM slow mostly pays for something else than the mathematics. A plain call runs
Python at every timestep, and on a small layer it takes 10 to 300 times as long as the same call in
a `tf.function`; new lengths of input make new graphs, again and again.

A claim compares the processor's time of two calls on one machine, and gives the range in which
the ratio lies. *Compiled* means in a `tf.function`, traced before and without XLA, by which some
ranges do not hold; *plain* means called as it is.
Sizes that a sentence does not name do not matter much: halved and doubled, batches and features
also times four, each range held on one machine (tools/studies/attacks).
How often a function is traced is no matter of time: `modes.retraced` counts it. What predict costs
on little data says `modes.cost-of-predict`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import keras
import numpy as np

from lstm_spec.claims import claim
from lstm_spec.harness.strategies import Case, noise
from lstm_spec.harness.subject import lstm_without_cudnn
from lstm_spec.harness.timing import assert_between, growth_ratio, in_turn, ratio


def sized(batch: int, timesteps: int, features: int, units: int, **options: Any) -> Case:
    """Return a case of a size, with drawn input and weights."""
    weights = noise((features, 4 * units), 1), noise((units, 4 * units), 2), noise((4 * units,), 3)
    return Case(noise((batch, timesteps, features), 4), *weights, options)


def plain(case: Case, **given: Any) -> Callable[[], Any]:
    """Return a call of a case's layer on its input, and on what else is given."""
    import tensorflow as tf

    return partial(lstm_without_cudnn(case), tf.constant(case.x), **given)


def compiled(case: Case, jit_compile: bool | None = None, **given: Any) -> Callable[[], Any]:
    """Return a compiled call of a case's layer on its input, and on what else is given."""
    return in_graph(lstm_without_cudnn(case), case, jit_compile, **given)


def in_graph(
    layer: Any, case: Case, jit_compile: bool | None = None, **given: Any
) -> Callable[[], Any]:
    """Return a compiled call of a layer on a case's input, and on what else is given."""
    import tensorflow as tf

    function = tf.function(lambda x, **rest: layer(x, **rest), jit_compile=jit_compile)
    return partial(function, tf.constant(case.x), **given)


def traced(case: Case) -> Callable[[], Any]:
    """Return a function that traces a case's layer anew in each call, without running it."""
    import tensorflow as tf

    layer = lstm_without_cudnn(case)
    x = tf.constant(case.x)
    return lambda: tf.function(lambda x: layer(x)).get_concrete_function(x)


def lengthening(case: Case, **options: Any) -> Callable[[], Any]:
    """Return a compiled call that gets one timestep more each time than the time before."""
    import tensorflow as tf

    layer = lstm_without_cudnn(case)
    lengths = count(1)
    function = tf.function(lambda x: layer(x), **options)
    return lambda: function(tf.zeros((case.batch, next(lengths), case.features)))


def learning(case: Case) -> Callable[[], Any]:
    """Return a compiled call of a case's layer and of the gradient of a loss of its output."""
    import tensorflow as tf

    layer = lstm_without_cudnn(case)
    x = tf.constant(case.x)

    def gradient() -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(layer(x)))
        return tape.gradient(loss, layer.trainable_variables)

    function: Callable[[], Any] = tf.function(gradient)
    return function


def repeated(call: Callable[[], Any], times: int) -> None:
    """Call a function so many times."""
    for _ in range(times):
        call()


# Sizes.


@claim(
    "speed.timesteps",
    derived="each timestep takes the same products; the fixed cost is small beside 200 of them",
    needs=("tensorflow", "CPU"),
)
def test_four_times_the_timesteps_take_two_to_eight_times_as_long():
    """
    In a tf.function, with 16 units and features and a batch of 8, 800 timesteps take 2 to 8 times
    as long as 200.

    Four times would be exactly linear; twice is growth with the root of the timesteps, eight times
    with their power 1.5. The fixed cost of a call beside its timesteps makes it a little less.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(timesteps):
    ...     lstm, x = tf.function(keras.layers.LSTM(16)), tf.ones((8, timesteps, 16))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(800) / seconds(200):.1f}")
    ratio 3.6
    """
    long = sized(8, 800, 16, 16)
    short = sized(8, 200, 16, 16)
    assert_between(2, ratio(compiled(long), compiled(short)), 8)


@claim(
    "speed.next-timestep",
    derived="the equations do not know which timestep it is",
    corrects="The longer the sequence already is, the more the next timestep costs.",
    needs=("tensorflow", "CPU"),
)
def test_one_long_call_costs_no_more_than_ten_short_ones():
    """
    In a tf.function, with 16 units and features on 8 samples, 1200 timesteps take 0.4 to 1.5 times
    as long as ten calls on 120.

    The h and c that a step reads are of the same size after any number of them. If each cost more
    than the one before, ten short calls would save time; they cost a little more, for a call has a
    fixed cost too.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(timesteps, calls):
    ...     lstm, x = tf.function(keras.layers.LSTM(16)), tf.ones((8, timesteps, 16))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=calls))
    >>> print(f"ratio {seconds(1200, calls=1) / seconds(120, calls=10):.1f}")
    ratio 0.7
    """
    case = sized(8, 1200, 16, 16)
    tenth = compiled(replace(case, x=case.x[:, :120]))
    assert_between(0.4, ratio(compiled(case), partial(repeated, tenth, 10)), 1.5)


@claim(
    "speed.units",
    derived="of the four products with U rows and 4 U columns each has four times the numbers",
    needs=("tensorflow", "CPU"),
)
def test_twice_the_units_take_two_to_five_times_as_long():
    """
    In a tf.function, on 128 samples of 4 timesteps and 8 features, 512 units take 2 to 5 times as
    long as 256.

    There the product of h and the recurrent kernel dominates. It has four times the terms;
    the activations have twice as many.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(units):
    ...     lstm, x = tf.function(keras.layers.LSTM(units)), tf.ones((128, 4, 8))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(512) / seconds(256):.1f}")
    ratio 2.8
    """
    wide = sized(128, 4, 8, 512)
    narrow = sized(128, 4, 8, 256)
    assert_between(2, ratio(compiled(wide), compiled(narrow)), 5)


@claim(
    "speed.features",
    derived="the kernel has F rows and the recurrent kernel U, each of 4 U numbers",
    needs=("tensorflow", "CPU"),
)
def test_seven_times_the_features_take_two_to_five_times_as_long():
    """
    By default, in a tf.function, with 256 units, a batch of 128 and 4 timesteps, 1792 features take
    2 to 5 times as long as 256.

    Both products of a timestep together have F + U rows, here 2048 and 512. So the cost
    grows with F + U, while units also widen every row.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(features):
    ...     lstm, x = tf.function(keras.layers.LSTM(256)), tf.ones((128, 4, features))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(1792) / seconds(256):.1f}")
    ratio 3.6
    """
    wide = sized(128, 4, 1792, 256)
    narrow = sized(128, 4, 256, 256)
    assert_between(2, ratio(compiled(wide), compiled(narrow)), 5)


@claim(
    "speed.small-sizes",
    observed="TensorFlow, CPU: the operations of a timestep cost more than what they compute",
    corrects="A network with a tenth of the weights runs ten times as fast.",
    needs=("tensorflow", "CPU"),
)
def test_few_units_and_features_cost_about_as_much_as_one():
    """
    In a tf.function, on one sample of 40 timesteps, 16 units and features take 0.6 to 1.7 times as
    long as one of each.

    Beside starting a dozen operations in each timestep, 2048 multiplications take little time.
    The larger layer has 176 times as many weights. Both read one sample.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(size):
    ...     lstm, x = tf.function(keras.layers.LSTM(size)), tf.ones((1, 40, size))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(16) / seconds(1):.1f}")
    ratio 1.1
    """
    small = sized(1, 40, 16, 16)
    smallest = sized(1, 40, 1, 1)
    assert_between(0.6, ratio(compiled(small), compiled(smallest)), 1.7)


@claim(
    "speed.batch",
    derived="a timestep takes as many operations for a batch as for a sample",
    corrects="To predict many sequences, call the model on one after the other.",
    needs=("tensorflow", "CPU"),
)
def test_a_batch_costs_at_most_a_tenth_of_its_samples():
    """
    In a tf.function, 8 units on 10 timesteps of 8 features take 10 to 100 times as long in 64 calls
    as in one batch of 64.

    So small a layer spends its time on starting operations, and a batch starts them
    once. With 256 units and features the gain was 7. The output of each sample is the
    same but for rounding.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(samples, calls):
    ...     lstm, x = tf.function(keras.layers.LSTM(8)), tf.ones((samples, 10, 8))
    ...     lstm(x)  # the first call traces
    ...     times = timeit.repeat(lambda: lstm(x), timer=time.process_time, number=calls)
    ...     return min(times) / calls
    >>> print(f"ratio {64 * seconds(1, calls=32) / seconds(64, calls=10):.1f}")
    ratio 62.0
    """
    case = sized(64, 10, 8, 8)
    one = compiled(replace(case, x=case.x[:1]))
    assert_between(10, ratio(partial(repeated, one, 64), compiled(case)), 100)


# What is returned and masked.


@claim(
    "speed.returns",
    derived="the outputs and states of all timesteps are computed in any case",
    corrects="return_sequences=True makes an LSTM much slower.",
    needs=("tensorflow", "CPU"),
)
def test_returning_all_outputs_and_states_costs_little():
    """
    In a tf.function 32 units and features on 16 samples of 100 timesteps return all outputs in 0.6
    to 1.6 times the last's time.

    The last output alone, that is: the other numbers are computed for it as well, and not handed
    out. There are 16 samples of 100 timesteps.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(**options):
    ...     lstm, x = tf.function(keras.layers.LSTM(32, **options)), tf.ones((16, 100, 32))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> everything = seconds(return_sequences=True, return_state=True)
    >>> print(f"ratio {everything / seconds():.1f}")
    ratio 1.1
    """
    case = sized(16, 100, 32, 32)
    everything = replace(case, options={"return_sequences": True, "return_state": True})
    assert_between(0.6, ratio(compiled(everything), compiled(case)), 1.6)


@claim(
    "speed.mask",
    observed="TensorFlow, CPU: a masked timestep is computed, and then not used",
    corrects="Masked timesteps save time.",
    needs=("tensorflow", "CPU"),
)
def test_a_mask_costs_at_most_as_much_as_the_layer():
    """
    In a tf.function without XLA, 32 units and features on 16 samples of 100 timesteps take 0.9 to 2
    times as long with a mask.

    In each timestep h and c are chosen by the mask, new or old; all are computed. To save time,
    leave out what is masked. By XLA it was 2.3 times as long.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(mask):
    ...     lstm, x = tf.function(keras.layers.LSTM(32)), tf.ones((16, 100, 32))
    ...     def call():
    ...         return lstm(x, mask=mask)
    ...     call()  # the first call traces
    ...     return min(timeit.repeat(call, timer=time.process_time, number=1, repeat=20))
    >>> half = tf.constant(np.arange(100) < np.full((16, 1), 50))  # half is masked
    >>> print(f"ratio {seconds(half) / seconds(None):.1f}")
    ratio 1.6
    """
    case = sized(16, 100, 32, 32)
    mask = noise(case.x.shape[:2], 5) > -0.5
    assert_between(0.9, ratio(compiled(case, mask=mask), compiled(case)), 2)


# Ways to run a layer.


@claim(
    "speed.unrolled",
    observed="TensorFlow, CPU: a loop starts a dozen operations a timestep more",
    corrects="unroll=True makes a compiled layer many times faster.",
    needs=("tensorflow", "CPU"),
)
def test_an_unrolled_small_layer_costs_about_as_much_when_compiled():
    """
    In a tf.function without XLA, 8 units and features on 4 samples of 40 timesteps take 0.35 to 1.4
    times as long if unrolled.

    Unrolled there is no loop to run, which often saves a third; for the price of the trace see
    `speed.unrolled-pays`. XLA took 1.3 to 3 times as long. The shortest times count: on a free core
    a second thread of TensorFlow may look for work in the unrolled graph, and that takes the
    processor's time too.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(unroll):
    ...     lstm, x = tf.function(keras.layers.LSTM(8, unroll=unroll)), tf.ones((4, 40, 8))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(unroll=True) / seconds(unroll=False):.1f}")
    ratio 0.8
    """
    case = sized(4, 40, 8, 8)
    unrolled = replace(case, options={"unroll": True})
    run, loop_run = in_turn(compiled(unrolled), compiled(case)).min(axis=0)
    assert_between(0.35, run / loop_run, 1.4)


@claim(
    "speed.unrolled-plain",
    observed="TensorFlow, CPU",
    needs=("tensorflow", "CPU"),
)
def test_unrolled_and_looped_layers_cost_alike_in_plain_calls():
    """
    Called plainly, 8 units and features on 4 samples of 10 timesteps take 0.4 to 1.2 times as long
    if they are unrolled.

    Both run the Python code of the cell in each timestep, and that is what takes the time.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(unroll):
    ...     lstm, x = keras.layers.LSTM(8, unroll=unroll), tf.ones((4, 10, 8))
    ...     lstm(x)  # the first call makes the weights
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(unroll=True) / seconds(unroll=False):.1f}")
    ratio 0.8
    """
    case = sized(4, 10, 8, 8)
    unrolled = replace(case, options={"unroll": True})
    assert_between(0.4, ratio(plain(unrolled), plain(case)), 1.2)


@claim(
    "speed.unrolled-pays",
    observed="TensorFlow, CPU: a trace takes as long as hundreds of runs",
    corrects="Unrolling a short sequence always saves time.",
    cases=4,
    needs=("tensorflow", "CPU"),
)
def test_a_hundred_runs_do_not_pay_for_the_trace_of_an_unrolled_layer():
    """
    Without XLA, a trace and 100 runs of 8 units and features on 4 samples of 60 timesteps take 1.2
    to 10 times as long unrolled.

    The trace writes 60 timesteps into the graph instead of one. So a layer that is traced for each
    length of its input, or runs seldom, is better left a loop. The more a run computes, the less
    the trace counts: with 256 units on 64 samples the ratio was 1.2. XLA took 10 times as long.

    >>> import keras, numpy as np
    >>> import time, tensorflow as tf
    >>> def seconds(unroll):
    ...     start = time.process_time()
    ...     lstm, x = tf.function(keras.layers.LSTM(8, unroll=unroll)), tf.ones((4, 60, 8))
    ...     for _ in range(100):
    ...         lstm(x)  # the first call traces
    ...     return time.process_time() - start
    >>> once = seconds(unroll=False)  # what a process does only once does not count
    >>> print(f"ratio {seconds(unroll=True) / seconds(unroll=False):.1f}")
    ratio 3.4
    """
    case = sized(4, 60, 8, 8)
    unrolled = replace(case, options={"unroll": True})
    calls = traced(unrolled), compiled(unrolled), traced(case), compiled(case)
    trace, run, loop_trace, loop_run = np.median(in_turn(*calls), axis=0)
    assert_between(1.2, (trace + 100 * run) / (loop_trace + 100 * loop_run), 10)


@claim(
    "speed.compiled",
    observed="TensorFlow, CPU: Python code starts each operation of a plain call",
    corrects="model(x) is the fast way to predict.",
    needs=("tensorflow", "CPU"),
)
def test_a_compiled_call_is_far_faster_than_a_plain_call():
    """
    A plain call of 8 units and features on 4 samples of 20 timesteps takes 10 to 300 times as long
    as a graph without XLA.

    In a tf.function the Python code ran only when the graph was made; the graph loops by itself. It
    is processor time that is compared.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(lstm):
    ...     x = tf.ones((4, 20, 8))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> lstm = keras.layers.LSTM(8)
    >>> print(f"ratio {seconds(lstm) / seconds(tf.function(lstm)):.1f}")
    ratio 54.5
    """
    case = sized(4, 20, 8, 8)
    assert_between(10, ratio(plain(case), compiled(case)), 300)


@claim(
    "speed.predict-on-much",
    observed="TensorFlow, CPU: the fixed cost of predict is that of some dozens of timesteps",
    corrects="A plain call is always faster than predict.",
    cases=4,
    needs=("tensorflow", "CPU"),
)
def test_predict_is_faster_than_a_plain_call_on_long_sequences():
    """
    8 units and features on 4 sequences of 200 take 1.5 to 60 times as long called plainly as in
    `predict`.

    predict has a fixed cost in each call, see `modes.cost-of-predict`; its timesteps are compiled,
    unless run_eagerly=True is set. On few timesteps the plain call is faster.

    >>> import keras, numpy as np
    >>> import time, timeit
    >>> lstm, x = keras.layers.LSTM(8), np.ones((4, 200, 8), "float32")
    >>> model = keras.Sequential([keras.Input((None, 8)), lstm])
    >>> def predict(x):
    ...     return model.predict(x, verbose=0)
    >>> def seconds(call):
    ...     call(x)  # the first call of predict traces
    ...     return min(timeit.repeat(lambda: call(x), timer=time.process_time, number=1, repeat=3))
    >>> print(f"ratio {seconds(lstm) / seconds(predict):.1f}")
    ratio 7.2
    """
    case = sized(4, 200, 8, 8)
    model = keras.Sequential([keras.Input((None, 8)), lstm_without_cudnn(case)])
    predict = partial(model.predict, case.x, verbose=0)
    assert_between(1.5, ratio(plain(case), predict), 60)


@claim(
    "speed.new-length",
    observed="TensorFlow, CPU: a trace takes as long as dozens of calls",
    corrects="A tf.function costs the same in every call after its first.",
    needs=("tensorflow", "CPU"),
)
def test_each_new_length_costs_a_trace_without_an_input_signature():
    """
    4 samples of new lengths up to 100 take a tf.function of 8 units and features 20 to 1000 times
    as long as with a signature.

    By default it is traced for each new length. With an input_signature of TensorSpec((None, None,
    8)) one trace serves all, and a new length costs what a known one does. reduce_retracing=True
    traces a built layer twice. XLA compiles for each length anyway. See `modes.retraced`.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(**options):
    ...     layer, lengths = keras.layers.LSTM(8), iter(range(1, 8))
    ...     lstm = tf.function(lambda x: layer(x), **options)
    ...     def read_longer():
    ...         return lstm(tf.ones((4, next(lengths), 8)))
    ...     read_longer()  # the first call traces in any case
    ...     return timeit.timeit(read_longer, timer=time.process_time, number=6)
    >>> print(f"ratio {seconds() / seconds(input_signature=[tf.TensorSpec((None, None, 8))]):.1f}")
    ratio 106.4
    """
    import tensorflow as tf

    case = sized(4, 1, 8, 8)
    signature = [tf.TensorSpec((None, None, 8))]
    always = lengthening(case)
    once = lengthening(case, input_signature=signature)
    assert_between(20, ratio(always, once), 1000)


# Training and memory.


@claim(
    "speed.training",
    derived="the way back takes two products for each one of the way there",
    needs=("tensorflow", "CPU"),
)
def test_a_gradient_costs_a_few_forward_calls():
    """
    In a tf.function, 64 units and features on 64 samples of 20 timesteps take 1.5 to 6 times as
    long with the gradient as alone.

    The way back multiplies once for the gradient of the weights and once for that of h.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> lstm, x = keras.layers.LSTM(64), tf.ones((64, 20, 64))
    >>> def gradient():
    ...     with tf.GradientTape() as tape:
    ...         loss = tf.reduce_sum(lstm(x) ** 2)
    ...     return tape.gradient(loss, lstm.trainable_variables)
    >>> def seconds(run):
    ...     return min(timeit.repeat(tf.function(run), timer=time.process_time, number=1, repeat=9))
    >>> print(f"ratio {seconds(gradient) / seconds(lambda: lstm(x)):.1f}")
    ratio 2.4
    """
    case = sized(64, 20, 64, 64)
    assert_between(1.5, ratio(learning(case), compiled(case)), 6)


@claim(
    "speed.training-memory",
    derived="the way back needs what the way there computed in each timestep",
    corrects="The memory that training takes is that of the weights and the batch.",
    cases=4,
    needs=("tensorflow", "CPU", "keras.ops", "/proc/self/clear_refs"),
)
def test_the_memory_of_training_grows_with_the_timesteps():
    """
    On Linux, without XLA, the gradient of 64 units on 128 samples of 100 timesteps takes at most
    0.67 of the memory of 400.

    The gates and states of each timestep are kept for the way back. What is compared is by how much
    the process' memory grows during a step, at its peak: linear would be 0.25, and by XLA it was
    0.9. There are 4 features.

    >>> import keras, numpy as np
    >>> import ctypes, gc, pathlib
    >>> model = keras.Sequential([keras.Input((None, 4)), keras.layers.LSTM(64)])
    >>> model.compile("sgd", "mse")
    >>> def peak():
    ...     return int(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    >>> def growth(timesteps):
    ...     gc.collect(), ctypes.CDLL(None).malloc_trim(0)  # gives back what is free
    ...     pathlib.Path("/proc/self/clear_refs").write_text("5")  # forgets the peak before
    ...     before = peak()
    ...     model.train_on_batch(np.ones((128, timesteps, 4)), np.ones((128, 64)))
    ...     return peak() - before
    >>> first, short, long = map(growth, (1, 100, 400))  # the first call traces
    >>> print(f"ratio {short / long:.1f}")
    ratio 0.3
    """
    long = sized(128, 400, 4, 64)
    short = sized(128, 100, 4, 64)
    assert_between(0, growth_ratio(learning(short), learning(long)), 0.67)


@claim(
    "speed.sequence-memory",
    derived="T outputs are kept, or one",
    corrects="return_sequences changes what is returned, and no memory that is taken.",
    cases=4,
    needs=("tensorflow", "CPU", "keras.ops", "/proc/self/clear_refs"),
)
def test_only_returned_sequences_take_the_memory_of_all_timesteps():
    """
    On Linux, without XLA, the last output of 64 units on 256 samples of 400 timesteps takes at most
    0.67 of the memory of all.

    The last output is all that is kept; by XLA it took as much now and then. What is compared is by
    how much the process' memory grows during a call, at its peak. There are 4 features.

    >>> import keras, numpy as np
    >>> import ctypes, gc, pathlib, tensorflow as tf
    >>> def peak():
    ...     return int(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    >>> def growth(sequences):
    ...     lstm = tf.function(keras.layers.LSTM(64, return_sequences=sequences))
    ...     x = tf.ones((256, 400, 4))
    ...     lstm(x)  # the first call traces
    ...     gc.collect(), ctypes.CDLL(None).malloc_trim(0)  # gives back what is free
    ...     pathlib.Path("/proc/self/clear_refs").write_text("5")  # forgets the peak before
    ...     before = peak()
    ...     lstm(x)
    ...     return peak() - before
    >>> print(f"ratio {growth(False) / growth(True):.1f}")
    ratio 0.1
    """
    case = sized(256, 400, 4, 64)
    sequences = replace(case, options={"return_sequences": True})
    assert_between(0, growth_ratio(compiled(case), compiled(sequences)), 0.67)


# Options.


@claim(
    "speed.implementations",
    observed="Keras 3, TensorFlow, CPU: eight small products take longer than two large ones",
    needs=("tensorflow", "CPU", "keras.ops"),
)
def test_implementation_one_is_slower():
    """
    By default, in a tf.function, 32 units on 8 samples of 50 timesteps take 1.25 to 3.5 times as
    long with implementation=1.

    With 1, which recurrent_dropout brings along, each gate has products of its own; 2 multiplies
    once for all four, and is the default. With 512 units the ratio was 4, and with 256 units and a
    batch of 512 it was 1; by XLA it was 3 to 5. There are 8 samples of 50 timesteps and 32
    features.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(implementation):
    ...     lstm = tf.function(keras.layers.LSTM(32, implementation=implementation))
    ...     x = tf.ones((8, 50, 32))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(1) / seconds(2):.1f}")
    ratio 2.1
    """
    one, two = (sized(8, 50, 32, 32, implementation=k) for k in (1, 2))
    assert_between(1.25, ratio(compiled(one), compiled(two)), 3.5)


@claim(
    "speed.xla",
    observed="TensorFlow, CPU: XLA fuses the operations of a timestep into a few",
    cases=4,
    needs=("tensorflow", "CPU"),
)
def test_xla_is_faster():
    """
    In a tf.function, 16 units and features on 8 samples of 50 timesteps take 1.5 to 20 times as
    long without XLA.

    `jit_compile=True` asks for XLA. With much to compute in each timestep it gains little.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(xla):
    ...     lstm = tf.function(keras.layers.LSTM(16), jit_compile=xla)
    ...     x = tf.ones((8, 50, 16))
    ...     lstm(x)  # the first call traces, and XLA compiles
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(xla=None) / seconds(xla=True):.1f}")
    ratio 3.9
    """
    case = sized(8, 50, 16, 16)
    assert_between(1.5, ratio(compiled(case), compiled(case, jit_compile=True)), 20)


@claim(
    "speed.doubles",
    derived="a processor computes on half as many numbers at a time, of twice the bytes",
    needs=("tensorflow", "CPU"),
)
def test_doubles_take_longer_than_single_precision():
    """
    In a tf.function, 256 units on 128 samples of 4 timesteps, 64 features take 1.4 to 8 times as
    long in float64 as in float32.

    There matrix products dominate; processors differ in how much faster single precision is. In a
    small layer the type makes little difference.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(dtype):
    ...     lstm = tf.function(keras.layers.LSTM(256, dtype=dtype))
    ...     x = tf.ones((128, 4, 64), dtype)
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds('float64') / seconds('float32'):.1f}")
    ratio 2.4
    """
    single = sized(128, 4, 64, 256)
    double = sized(128, 4, 64, 256, dtype="float64")
    double = replace(double, x=double.x.astype("float64"))
    assert_between(1.4, ratio(compiled(double), compiled(single)), 8)


@claim(
    "speed.stateful",
    derived="both carry h and c over; one in variables of the layer, one in your hands",
    needs=("tensorflow", "CPU"),
)
def test_stateful_costs_about_what_passing_states_costs():
    """
    In a tf.function 16 stateful units on 8 samples of 50 timesteps, 16 features take 0.6 to 1.6
    times the time of passed states.

    The states are written to and read from the layer once in a call.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(states, **options):
    ...     lstm, x = tf.function(keras.layers.LSTM(16, **options)), tf.ones((8, 50, 16))
    ...     def call():
    ...         return lstm(x, initial_state=states)
    ...     call()  # the first call traces
    ...     return min(timeit.repeat(call, timer=time.process_time, number=1, repeat=20))
    >>> zeros = [tf.zeros((8, 16)), tf.zeros((8, 16))]
    >>> print(f"ratio {seconds(None, stateful=True) / seconds(zeros, return_state=True):.1f}")
    ratio 0.8
    """
    import tensorflow as tf

    keeping, passing = (
        sized(8, 50, 16, 16, **{name: True}) for name in ("stateful", "return_state")
    )
    states = [tf.zeros((8, 16))] * 2
    both = compiled(keeping), compiled(passing, initial_state=states)
    assert_between(0.6, ratio(*both), 1.6)


@claim(
    "speed.bidirectional",
    derived="Bidirectional runs two layers",
    needs=("tensorflow", "CPU"),
)
def test_bidirectional_takes_longer_than_its_layer():
    """
    By default Bidirectional of 16 units takes in a tf.function 1.3 to 3 times its layer's time, on
    8 samples of 100 timesteps.

    Two layers read the same input, of 16 features. On two idle cores they can run side by side, so
    that the time by the clock may be less. By XLA it was 1.2 times its layer's time, and about once
    that of a layer with implementation=1, which it does not keep.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(layer):
    ...     read, x = tf.function(layer), tf.ones((8, 100, 16))
    ...     read(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: read(x), timer=time.process_time, number=1, repeat=20))
    >>> both = keras.layers.Bidirectional(keras.layers.LSTM(16))
    >>> print(f"ratio {seconds(both) / seconds(keras.layers.LSTM(16)):.1f}")
    ratio 1.6
    """
    case = sized(8, 100, 16, 16)
    both = keras.layers.Bidirectional(lstm_without_cudnn(case))
    assert_between(1.3, ratio(in_graph(both, case), compiled(case)), 3)


@claim(
    "speed.go-backwards",
    derived="the input is reversed once, and then read as any other",
    needs=("tensorflow", "CPU"),
)
def test_reading_backwards_costs_about_the_same():
    """
    In a tf.function, 16 units and features on 8 samples of 100 timesteps take 0.6 to 1.6 times as
    long with go_backwards=True.

    It reads the reversed input.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(**options):
    ...     lstm, x = tf.function(keras.layers.LSTM(16, **options)), tf.ones((8, 100, 16))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(go_backwards=True) / seconds():.1f}")
    ratio 1.0
    """
    case = sized(8, 100, 16, 16)
    backwards = replace(case, options={"go_backwards": True})
    assert_between(0.6, ratio(compiled(backwards), compiled(case)), 1.6)


@claim(
    "speed.dropout",
    derived="outside training nothing is dropped",
    needs=("tensorflow", "CPU"),
)
def test_dropout_costs_about_nothing_outside_training():
    """
    Outside training, 16 units and features on 8 samples of 100 timesteps take 0.6 to 1.6 times as
    long with dropout in a graph.

    Keras asks for a mask there too, but once in a call, and multiplies nothing by it.
    `recurrent_dropout` is another matter: it may change the implementation.

    >>> import keras, numpy as np
    >>> import time, timeit, tensorflow as tf
    >>> def seconds(dropout):
    ...     lstm, x = tf.function(keras.layers.LSTM(16, dropout=dropout)), tf.ones((8, 100, 16))
    ...     lstm(x)  # the first call traces
    ...     return min(timeit.repeat(lambda: lstm(x), timer=time.process_time, number=1, repeat=20))
    >>> print(f"ratio {seconds(0.5) / seconds(0):.1f}")
    ratio 1.0
    """
    case = sized(8, 100, 16, 16)
    dropping = replace(case, options={"dropout": 0.5})
    assert_between(0.6, ratio(compiled(dropping), compiled(case)), 1.6)
