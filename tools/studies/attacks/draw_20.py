"""Attacks on 40 claims drawn after 837 sentences had been read, each with a program."""

from __future__ import annotations

import importlib
import tempfile
import time
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tools.studies.attacks import attack, outcome
from tools.studies.attacks.shared import gap, numbers

layers = keras.layers
MSE = keras.metrics.MeanSquaredError
MAE = keras.metrics.MeanAbsoluteError


def built(features, units, seed=0, weights=None, **options):
    """Return an LSTM that is built, with weights of its seed or those given."""
    keras.utils.set_random_seed(seed)
    layer = layers.LSTM(units, **options)
    layer.build((2, None, features))
    if weights is not None:
        layer.set_weights(weights)
    return layer


def model(outputs=2, wrap=list):
    """Return an LSTM with layers a, of 2 units, and b, of 1, above it."""
    keras.utils.set_random_seed(1)
    x = keras.Input((4, 3))
    h = layers.LSTM(5)(x)
    ends = [layers.Dense(n, name=name)(h) for n, name in ((2, "a"), (1, "b"))]
    return keras.Model(x, wrap(ends[:outputs]))


def evaluated(network, x, y, **options):
    """Compile and evaluate; return its reports, rounded, or the error."""

    def reports():
        network.compile("sgd", **options)
        logs = network.evaluate(x, y, verbose=0, return_dict=True)
        return {name: round(float(value), 4) for name, value in sorted(logs.items())}

    return outcome(reports)


@attack("weights.parameter-count")
def sizes_and_options():
    """1 to 300 units, 0 to 1,000 features, stateful, frozen, dropout, rules, mixed_float16."""
    options = [
        {},
        {"stateful": True},
        {"trainable": False},
        {"dropout": 0.3, "recurrent_dropout": 0.2, "seed": 1},
        {"kernel_regularizer": "l2", "bias_constraint": "max_norm"},
        {"dtype": "mixed_float16"},
        {"activation": layers.ReLU()},
    ]
    return all(
        built(f, u, **more).count_params() == 4 * (u * (f + u) + u)
        for more in options
        for u, f in ((1, 1), (300, 7), (5, 0), (3, 1000))
    )


@attack("dropout.masked-input")
def the_mask_of_the_seed():
    """The mask that the seed makes, put on the input by hand; types, orders, rates near 0 and 1."""
    worst = {}
    for options in ({}, {"unroll": True}, {"go_backwards": True}, {"dtype": "float64"}):
        for rate in (1e-6, 0.3, 0.999):
            dtype = options.get("dtype", "float32")
            x = numbers(4, 6, 3).astype(dtype)
            valid = numbers(4, 6) > -0.5
            layer = built(3, 5, dropout=rate, seed=11, return_sequences=True, **options)
            plain = built(3, 5, weights=layer.get_weights(), return_sequences=True, **options)
            layer.cell.seed_generator.state.assign([11, 0])
            dropped = keras.random.dropout(
                np.ones((4, 3), dtype), rate, seed=keras.random.SeedGenerator(11)
            )
            y = layer(x, mask=valid, training=True)
            expected = plain(x * keras.ops.convert_to_numpy(dropped)[:, None], mask=valid)
            worst[dtype] = max(worst.get(dtype, 0.0), gap(y, expected))
    return {dtype: f"{value:.0e}" for dtype, value in worst.items()}


@attack("trainer.lists-of-losses")
def an_output_by_itself_whose_target_is_in_a_list():
    """Two losses for Model(x, y): the target by itself, and in a list or tuple."""
    x = numbers(6, 4, 3)
    y = numbers(6, 2)
    return {
        name: evaluated(model(1, lambda ends: ends[0]), x, target, loss=["mse", "mae"])
        for name, target in (("y", y), ("[y]", [y]), ("(y,)", (y,)))
    }


@attack("trainer.lists-of-losses")
def lists_with_none_and_weights_of_losses():
    """A longer list that ends in None; a short one with as many loss_weights as outputs; []."""
    x = numbers(6, 4, 3)
    y = [numbers(6, 2), numbers(6, 1)]
    return {
        "longer": evaluated(model(), x, y, loss=["mse", "mse", None]),
        "weights": evaluated(model(), x, y, loss=["mse"], loss_weights=[1.0, 1.0]),
        "empty": evaluated(model(), x, y, loss=[]),
        "None first, an output by itself": evaluated(
            model(1, lambda ends: ends[0]), x, y[0], loss=[None, "mse"]
        ),
    }


@attack("trainer.lists-of-losses")
def the_outputs_of_return_state():
    """Model(x, LSTM(return_state=True)(x)), whose outputs are in a tuple, and a single loss."""
    x = numbers(6, 4, 3)
    y = numbers(6, 2)
    start = keras.Input((4, 3))
    keras.utils.set_random_seed(1)
    ends = layers.LSTM(2, return_state=True)(start)
    first = keras.Model(start, ends[0])
    return {
        "of the first": evaluated(first, x, y, loss="mse"),
        "tuple": evaluated(keras.Model(start, ends), x, [y, y + 1, y - 1], loss=["mse"]),
        "list": evaluated(keras.Model(start, list(ends)), x, [y, y + 1, y - 1], loss=["mse"]),
    }


@attack("time.any-length")
def lengths_after_another():
    """1 to 300 timesteps after 5, eagerly: plain, stateful, unrolled, both ways."""
    makers = {
        "plain": lambda: layers.LSTM(3),
        "stateful": lambda: layers.LSTM(3, stateful=True),
        "unrolled": lambda: layers.LSTM(3, unroll=True),
        "both ways": lambda: layers.Bidirectional(layers.LSTM(3)),
    }
    shapes = {}
    for name, make in makers.items():
        layer = make()
        lengths = (5, 1, 9, 20 if name == "unrolled" else 300)
        shapes[name] = [outcome(lambda n=n: layer(numbers(2, n, 2)).shape) for n in lengths]
    return {name: len(set(got)) == 1 for name, got in shapes.items()}


@attack("trainer.weights-set-on-the-way")
def an_optimizer_that_keeps_weights():
    """All weights set to 3 before the last epoch: how far that ends from 3, and from the old."""
    x = numbers(12, 4, 3)
    y = numbers(12, 2)
    results = {}
    for name, make in {
        "SGD": lambda: keras.optimizers.SGD(0.01),
        "Ftrl": lambda: keras.optimizers.Ftrl(0.01),
        "SGD, its mean written over": lambda: keras.optimizers.SGD(
            0.01, use_ema=True, ema_overwrite_frequency=1
        ),
    }.items():
        keras.utils.set_random_seed(1)
        network = keras.Sequential([keras.Input((4, 3)), layers.LSTM(5), layers.Dense(2)])
        network.compile(make(), "mse")
        network.fit(x, y, epochs=3, verbose=0)
        old = [w.copy() for w in network.get_weights()]
        threes = [np.full_like(w, 3) for w in old]
        setting = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs, n=network, w=threes: n.set_weights(w)
        )
        network.fit(x, y, epochs=4, initial_epoch=3, verbose=0, callbacks=[setting])
        new = network.get_weights()
        results[name] = [
            round(max(float(np.abs(a - b).max()) for a, b in zip(new, other, strict=True)), 2)
            for other in (threes, old)
        ]
    return results


@attack("trainer.metrics-of-one-name")
def outputs_of_one_layer():
    """Outputs that share a name: a layer on two inputs, both states, a subclassed model."""
    x = numbers(6, 4, 3)
    y = numbers(6, 2)
    shared = layers.LSTM(2, name="r")
    inputs = [keras.Input((4, 3)), keras.Input((4, 3))]
    pair = keras.Model(inputs, [shared(i) for i in inputs])
    state = keras.Model(inputs[0], list(layers.LSTM(2, name="s", return_state=True)(inputs[0]))[:2])

    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.ends = [layers.LSTM(2), layers.LSTM(2)]

        def call(self, x):
            return [end(x) for end in self.ends]

    def names(network, data):
        metrics = [[MSE(name="q")], [MSE(name="q"), MAE(name="q")]]
        network.compile("sgd", "mse", metrics=metrics)
        return [n for n in network.evaluate(data, [y, y], verbose=0, return_dict=True) if "q" in n]

    return {"two inputs": names(pair, [x, x]), "state": names(state, x), "own": names(Two(), x)}


@attack("trainer.metrics-of-one-name")
def a_metric_called_loss_of_several_outputs():
    """A metric called loss of output a: whether it hides a_loss, or is hidden."""
    x = numbers(6, 4, 3)
    y = [numbers(6, 2), numbers(6, 1)]
    plain = evaluated(model(), x, y, loss="mse")
    named = evaluated(model(), x, y, loss="mse", metrics=[[MAE(name="loss")], []])
    return {"same reports": plain == named, "reports": named}


@attack("models.slices-of-open-length")
def the_second_length():
    """Lengths 4, 7, 2 and 3 for 3 samples, in predict: a Dense and an LSTM."""
    results = {}
    for name, make, rest in (
        ("Dense", lambda: layers.Dense(2), (3,)),
        ("LSTM", lambda: layers.LSTM(2), (5, 3)),
    ):
        layer = make()
        x = keras.Input((None, *rest))
        network = keras.Model(x, layers.TimeDistributed(layer)(x))
        results[name] = [
            outcome(lambda n=n, m=network, r=rest: m.predict(numbers(3, n, *r), verbose=0).shape)
            for n in (4, 7, 2, 3)
        ]
    return {name: [text[:40] for text in texts] for name, texts in results.items()}


@attack("trainer.targets-left-out")
def metrics_for_the_only_target():
    """The second of two outputs has the loss and the target: what the metrics of both say."""
    x = numbers(6, 4, 3)
    y = numbers(6, 1) + 2
    a, b = model().predict(x, verbose=0)
    loss = [None, "mse"]
    return {
        "both": evaluated(model(), x, [y], loss=loss, metrics=[["mae"], ["mae"]]),
        "of b": evaluated(model(), x, [y], loss=loss, metrics=[None, ["mae"]]),
        "|y - a|, |y - b|": [round(float(np.abs(y - p).mean()), 4) for p in (a, b)],
    }


@attack("trainer.targets-left-out")
def weights_of_samples_and_lists_within():
    """One array of sample weights; two losses in a list for the one output."""
    x = numbers(6, 4, 3)
    y = numbers(6, 1)

    def weighted():
        network = model()
        network.compile("sgd", [None, "mse"])
        return network.evaluate(x, [y], sample_weight=np.arange(6.0), verbose=0)

    return {
        "sample_weight": outcome(weighted),
        "list": evaluated(model(), x, [y], loss=[None, ["mse", "mae"]]),
    }


@attack("precision.policy-object")
def layers_without_a_config_of_their_own():
    """What get_config says of layers made with the object, and whether they keep it."""
    policy = keras.dtype_policies.DTypePolicy("mixed_float16")
    makers = {
        "LSTM": lambda d: layers.LSTM(2, dtype=d),
        "Bidirectional": lambda d: layers.Bidirectional(layers.LSTM(2), dtype=d),
        "ELU": lambda d: layers.ELU(dtype=d),
        "Identity": lambda d: layers.Identity(dtype=d),
        "StringLookup": lambda d: layers.StringLookup(vocabulary=["a"], dtype=d),
    }
    return {
        name: {
            "by name": outcome(lambda m=make: m("mixed_float16").get_config() != {}),
            "by object": outcome(lambda m=make: m(policy).get_config() != {}),
            "kept": make(policy).dtype_policy is policy,
        }
        for name, make in makers.items()
    }


def evaluated_and_at_once(network, x, y, make, **options):
    """Return what evaluate reports of a metric, and what the metric makes of all predictions."""
    reported = make()
    direct = make()
    network.compile("sgd", "mse", metrics=[reported])
    logs = network.evaluate(x, y, verbose=0, return_dict=True, **options)
    direct.update_state(y, network.predict(x, verbose=0))
    return [round(float(logs[reported.name]), 4), round(float(direct.result()), 4)]


@attack("trainer.any-metric")
def crossentropies_of_other_activations():
    """Softmax under the binary crossentropy, sigmoid under the other, and a bias of 39."""
    x = numbers(37, 4, 3)
    y = np.eye(3, dtype="float32")[np.random.default_rng(0).integers(0, 3, 37)]
    results = {}
    for activation, make, scale in (
        ("softmax", keras.metrics.BinaryCrossentropy, 1),
        ("sigmoid", keras.metrics.CategoricalCrossentropy, 1),
        ("sigmoid", keras.metrics.BinaryCrossentropy, 1),
        ("sigmoid", keras.metrics.BinaryCrossentropy, 40),
    ):
        keras.utils.set_random_seed(1)
        ends = layers.Dense(
            3, activation=activation, bias_initializer=keras.initializers.Constant(scale - 1)
        )
        network = keras.Sequential([keras.Input((4, 3)), layers.LSTM(5), ends])
        results[f"{activation}, {make.__name__}, {scale}"] = evaluated_and_at_once(
            network, x, y, make
        )
    return results


@attack("trainer.any-metric")
def a_metric_of_a_small_type():
    """A mean square of dtype bfloat16, of 400 samples in batches of 1."""
    x = numbers(400, 1, 1)
    y = 1 + numbers(400, 1)
    keras.utils.set_random_seed(1)
    network = keras.Sequential([keras.Input((1, 1)), layers.LSTM(1)])
    return {
        dtype: evaluated_and_at_once(network, x, y, lambda d=dtype: MSE(dtype=d), batch_size=1)
        for dtype in ("float32", "bfloat16")
    }


@attack("trainer.any-metric")
def the_mean_as_a_metric():
    """Mean and Sum, which are exported with the metrics, in compile()."""
    x = numbers(6, 4, 3)
    y = numbers(6, 2)
    return {
        make.__name__: evaluated(model(1, lambda ends: ends[0]), x, y, loss="mse", metrics=[make()])
        for make in (keras.metrics.Mean, keras.metrics.Sum)
    }


@attack("sequences.backwards-rows")
def rows_without_the_first_half():
    """NaN in timesteps 0 to 3 of 8: the rows that have read them; each row by a forward layer."""
    x = numbers(2, 8, 3)
    broken = np.where(np.arange(8)[:, None] < 4, np.nan, x)
    results = {}
    for name, options in {
        "plain": {},
        "unrolled": {"unroll": True},
        "1": {"implementation": 1},
    }.items():
        layer = built(3, 5, go_backwards=True, return_sequences=True, **options)
        ahead = built(3, 5, weights=layer.get_weights())
        rows = keras.ops.convert_to_numpy(layer(broken))
        y = layer(x)
        results[name] = [
            np.isfinite(rows).all((0, 2)).tolist() == [True] * 4 + [False] * 4,
            max(gap(y[:, k], ahead(x[:, ::-1][:, : k + 1])) for k in range(8)) < 1e-6,
        ]
    return results


def with_more_units(layer, extra):
    """Return a layer with units that no old unit reads behind the old ones."""
    random = np.random.default_rng(1)
    units = layer.units
    weights = layer.get_weights()
    wide = built(len(weights[0]), units + extra, return_sequences=True)
    new = [random.normal(size=w.shape) for w in wide.get_weights()]
    for gate in range(4):
        old = slice(gate * units, (gate + 1) * units)
        at = slice(gate * (units + extra), gate * (units + extra) + units)
        new[0][:, at] = weights[0][:, old]
        new[1][:units, at] = weights[1][:, old]
        new[1][units:, at] = 0
        new[2][at] = weights[2][old]
    wide.set_weights(new)
    return wide


def gap_over_time(a, b, x):
    """Return how far two layers' outputs lie apart at timesteps 0, 50, 100 and 199."""
    a, b = (keras.ops.convert_to_numpy(layer(x)) for layer in (a, b))
    return [f"{np.abs(a[:, t] - b[:, t]).max():.0e}" for t in (0, 50, 100, 199)]


@attack("symmetry.widening")
def weights_that_make_chaos():
    """Glorot and orthogonal weights, and normal ones, for 200 timesteps: how far they part."""
    x = 0.1 * numbers(4, 200, 3)
    layer = built(3, 33, return_sequences=True)
    results = {"first weights": gap(with_more_units(layer, 3)(x)[..., :33], layer(x)) < 1e-6}
    layer.set_weights([np.random.default_rng(2).normal(size=w.shape) for w in layer.get_weights()])
    wide = with_more_units(layer, 3)
    results["normal weights"] = gap_over_time(lambda z: wide(z)[..., :33], layer, x)
    return results


@attack("gates.implementations-agree")
def weights_that_make_chaos_in_both():
    """First weights, and normal ones, for 200 timesteps by the two implementations."""
    x = 0.1 * numbers(2, 200, 3)
    layer = built(3, 64, return_sequences=True, implementation=1)
    results = {}
    for name in ("first weights", "normal weights"):
        if name == "normal weights":
            random = np.random.default_rng(2)
            layer.set_weights([random.normal(size=w.shape) for w in layer.get_weights()])
        other = built(3, 64, weights=layer.get_weights(), return_sequences=True)
        results[name] = gap_over_time(layer, other, x)
    return results


@attack("masking.skips-step")
def the_valid_timesteps_by_themselves():
    """Large numbers in masked timesteps, against the valid ones by themselves; h and c."""
    worst = 0.0
    for options in (
        {},
        {"unroll": True},
        {"go_backwards": True},
        {"implementation": 1},
        {"return_sequences": True},
    ):
        for units, length in ((1, 2), (5, 9), (300, 6)):
            layer = built(3, units, return_state=True, **options)
            valid = np.random.default_rng(length).random((1, length)) > 0.5
            valid[0, 1] = True
            x = numbers(1, length, 3)
            loud = np.where(valid[..., None], x, 1000)
            for a, b in zip(layer(loud, mask=valid), layer(x[:, valid[0]]), strict=True):
                last = slice(-1, None) if len(a.shape) == 3 else slice(None)
                worst = max(worst, gap(a[:, last], b[:, last]))
    return worst < 1e-6


PENALTIES = {"kernel_regularizer": "l2", "recurrent_regularizer": "l2", "bias_regularizer": "l2"}


def accepted(call):
    """Whether a call returns."""
    return outcome(lambda: call() is not None or True) == "True"


def mask_warnings(call):
    """The warnings of a call that tell of a destroyed mask."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(w.message) for w in caught if "destroy the mask" in str(w.message)]


def in_float64(value):
    """An array of float64."""
    return keras.ops.convert_to_numpy(keras.ops.cast(value, "float64"))


@attack("precision.bfloat-sixteen-glorot")
def glorot_with_every_activation_and_kernel_initializer():
    """All activations, constraints and kernel initializers by name, in both types: which fail."""
    x = numbers(2, 3, 3)
    skipped = {"get", "serialize", "deserialize", "glu", "threshold", "constant", "stft"}
    options = {
        "activation": keras.activations,
        "kernel_initializer": keras.initializers,
        "recurrent_constraint": keras.constraints,
    }
    failed = []
    for dtype in ("float16", "bfloat16"):
        for option, module in options.items():
            for name in dir(module):
                if name.islower() and not name.startswith("_") and name not in skipped:
                    setting = {"recurrent_initializer": "glorot_uniform", option: name}
                    if not accepted(lambda s=setting, d=dtype: layers.LSTM(4, dtype=d, **s)(x)):
                        failed.append(f"{dtype} {option} {name}")
    return {"fail": failed}


@attack("precision.bfloat-sixteen-glorot")
def glorot_of_unbounded_activations_and_many_units():
    """1 to 300 units, 2 and 4 timesteps, no activation and relu: the largest error in roundings."""
    worst = {}
    for dtype, eps in (("float16", 2.0**-10), ("bfloat16", 2.0**-7)):
        for name, function in ((None, lambda v: v), ("relu", lambda v: np.maximum(v, 0))):
            errors = []
            for units in (1, 8, 300):
                for steps in (2, 4):
                    layer = layers.LSTM(
                        units,
                        activation=name,
                        kernel_initializer=keras.initializers.GlorotUniform(seed=units),
                        recurrent_initializer=keras.initializers.GlorotUniform(seed=steps),
                        dtype=dtype,
                    )
                    x = keras.ops.cast(numbers(4, steps, 50) * 3, dtype)
                    y = in_float64(layer(x))
                    rows = in_float64(x)
                    kernel = in_float64(layer.weights[0])
                    recurrent = in_float64(layer.weights[1])
                    h = np.zeros((4, units))
                    c = np.zeros((4, units))
                    for t in range(steps):
                        z = rows[:, t] @ kernel + h @ recurrent + in_float64(layer.weights[2])
                        gates = np.split(z, 4, axis=1)
                        i, f = (1 / (1 + np.exp(-gates[k])) for k in (0, 1))
                        c = f * c + i * function(gates[2])
                        h = function(c) / (1 + np.exp(-gates[3]))
                    errors.append(np.abs(y - h).max() / np.abs(h).max() / eps)
            worst[f"{dtype} {name}"] = round(float(max(errors)), 1)
    return worst


@attack("precision.bfloat-sixteen-glorot")
def glorot_fitted_and_wrapped():
    """Fit, Bidirectional, TimeDistributed, a cell, other recurrent layers: which work."""
    x = numbers(2, 4, 3)
    works = {}
    for dtype in ("float16", "bfloat16"):
        options = {"recurrent_initializer": "glorot_uniform", "dtype": dtype}
        model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(3, **options)])
        model.compile(loss="mse", run_eagerly=True)
        bidirectional = layers.Bidirectional(layers.LSTM(3, **options), dtype=dtype)
        works[dtype] = [
            accepted(lambda m=model: m.fit(x, np.ones((2, 3)), verbose=0)),
            accepted(lambda b=bidirectional: b(x)),
            accepted(lambda o=options: layers.TimeDistributed(layers.LSTM(3, **o))(x[:, None])),
            accepted(lambda o=options: layers.RNN(layers.LSTMCell(3, **o))(x)),
            accepted(lambda o=options: layers.GRU(3, **o)(x)),
            accepted(lambda o=options: layers.ConvLSTM1D(2, 1, **o)(x[:, None])),
        ]
    return works


@attack("models.warns-of-lost-mask")
def lost_mask_of_the_whole_families():
    """28 layers of the families, some with settings that change nothing: silent or mask kept."""
    cases = {
        (6, 4): [
            layers.Conv1D(3, 1),
            layers.Conv1D(3, 3, padding="causal"),
            layers.SeparableConv1D(3, 1),
            layers.DepthwiseConv1D(1),
            layers.Conv1DTranspose(3, 1),
            layers.Cropping1D(0),
            layers.ZeroPadding1D(0),
            layers.Reshape((6, 4)),
            layers.Reshape((-1, 4)),
            layers.Flatten(),
            layers.Permute((1, 2)),
            layers.UpSampling1D(1),
            layers.MaxPooling1D(1),
            layers.AveragePooling1D(2),
            layers.AdaptiveMaxPooling1D(2),
            layers.AdaptiveAveragePooling1D(2),
        ],
        (6,): [layers.RepeatVector(1), layers.Flatten(dtype="float16")],
        (6, 4, 3): [
            layers.Conv2D(3, 1, dtype="mixed_bfloat16"),
            layers.Conv2DTranspose(3, 1),
            layers.Cropping2D(0),
            layers.ZeroPadding2D(0),
            layers.UpSampling2D(1),
            layers.MaxPooling2D(1),
        ],
        (6, 4, 3, 2): [
            layers.Conv3D(3, 1),
            layers.Cropping3D(0),
            layers.ZeroPadding3D(0),
            layers.AveragePooling3D(1),
        ],
    }
    wrong = []
    for shape, members in cases.items():
        for layer in members:
            outputs = []
            x = layers.Masking()(np.ones((2, *shape), "float32"))
            texts = mask_warnings(lambda la=layer, o=outputs, v=x: o.append(la(v)))
            kept = getattr(outputs[0], "_keras_mask", None) is not None
            if kept or not texts or layer.name not in texts[0]:
                wrong.append(layer.name)
    return {"wrong": wrong}


@attack("models.warns-of-lost-mask")
def lost_mask_in_wrappers_and_models():
    """How often it is warned: TimeDistributed, a mask passed to a model, pooling over time."""
    x = numbers(2, 4, 3)
    masked = layers.Masking()(x)
    model = keras.Sequential([keras.Input((4, 3)), layers.Conv1D(2, 1)])
    wrapped = layers.TimeDistributed(layers.Conv1D(2, 1))
    return {
        "TimeDistributed, which keeps it": len(
            mask_warnings(lambda: wrapped(layers.Masking()(x[:, None])))
        ),
        "passed to a model": len(mask_warnings(lambda: model(x, mask=np.ones((2, 4), bool)))),
        "GlobalMaxPooling1D": len(mask_warnings(lambda: layers.GlobalMaxPooling1D()(masked))),
        "GlobalAveragePooling1D": len(
            mask_warnings(lambda: layers.GlobalAveragePooling1D()(masked))
        ),
    }


def open_batches(targets=False):
    """A data set of batches of 5 timesteps, whose specification leaves the length open."""
    data = tf.data.Dataset.from_tensor_slices(numbers(4, 5, 3))
    data = data.padded_batch(2, padded_shapes=(None, 3))
    return data.map(lambda x: (x, tf.zeros((tf.shape(x)[0], 2)))) if targets else data


@attack("errors.flatten-of-open-length")
def flatten_of_a_data_set_of_open_length():
    """A Sequential without Input, on a padded_batch of open length: predict, evaluate and fit."""
    results = {}
    for name in ("predict", "evaluate", "fit"):
        model = keras.Sequential(
            [layers.LSTM(4, return_sequences=True), layers.Flatten(), layers.Dense(2)]
        )
        model.compile(loss="mse")
        data = open_batches(name != "predict")
        results[name] = accepted(lambda m=model, n=name, d=data: getattr(m, n)(d, verbose=0))
    return {"accepted": results}


@attack("errors.flatten-of-open-length")
def flatten_of_other_open_lengths():
    """Known batch, masked, channels first, ids, build, tf.function, a layer between: accepted."""

    def dense(shape=(None, 3), flatten=None, **options):
        return layers.Dense(2)((flatten or layers.Flatten())(keras.Input(shape, **options)))

    traced = layers.Dense(2)
    function = tf.function(
        lambda x: traced(layers.Flatten()(x)),
        input_signature=[tf.TensorSpec((None, None, 3))],
        autograph=False,
    )
    model = keras.Sequential([layers.Embedding(9, 3), layers.Flatten(), layers.Dense(2)])
    between = layers.Reshape((12,))
    return {
        "known batch": accepted(lambda: dense(None, batch_shape=(4, None, 3))),
        "one feature": accepted(lambda: dense((None, 1))),
        "channels first": accepted(
            lambda: dense(flatten=layers.Flatten(data_format="channels_first"))
        ),
        "build": accepted(lambda: model.build((None, None))),
        "tf.function": accepted(lambda: function(tf.ones((2, 4, 3)))),
        "Reshape((12,)) between": accepted(
            lambda: layers.Dense(2)(between(layers.Flatten()(keras.Input((None, 3)))))
        ),
    }


@attack("shapes.lists")
def lists_given_to_layers_that_prepare_data():
    """Preprocessing layers, as their documentation calls them, and a list passed by keyword."""
    return {
        "CategoryEncoding": outcome(
            lambda: layers.CategoryEncoding(num_tokens=4)([3, 2, 0, 1]).shape
        ),
        "Rescaling": outcome(lambda: layers.Rescaling(2.0)([[1.0, 2.0]]).shape),
        "Discretization": outcome(
            lambda: layers.Discretization(bin_boundaries=[0.0])([[1.0, -2.0]]).shape
        ),
        "Hashing": outcome(lambda: layers.Hashing(3)([1, 2]).shape),
        "IntegerLookup": outcome(lambda: layers.IntegerLookup(vocabulary=[1, 2])([1, 2]).shape),
        "Activation(inputs=)": outcome(
            lambda: layers.Activation("relu")(inputs=[[1.0, 2.0]]).shape
        ),
        "LSTM(sequences=)": outcome(lambda: layers.LSTM(2)(sequences=[[[1.0, 2.0]]]))[:10],
    }


@attack("shapes.lists")
def lists_given_to_other_layers():
    """Which of 14 other classes of layers take lists of 1, 2 or 3 levels."""
    classes = {
        "LSTM": lambda: layers.LSTM(2),
        "GRU": lambda: layers.GRU(2),
        "Dense": lambda: layers.Dense(2),
        "Embedding": lambda: layers.Embedding(5, 2),
        "Masking": layers.Masking,
        "Identity": layers.Identity,
        "Lambda": lambda: layers.Lambda(lambda x: x),
        "Add": layers.Add,
        "Concatenate": layers.Concatenate,
        "Softmax": layers.Softmax,
        "Dropout": lambda: layers.Dropout(0.5),
        "Flatten": layers.Flatten,
        "Bidirectional": lambda: layers.Bidirectional(layers.LSTM(2)),
        "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(2)),
    }
    lists = ([1, 2], [[1.0, 2.0], [3.0, 1.0]], [[[1.0, 2.0], [3.0, 4.0]]])
    return {
        "take": [
            name
            for name, create in classes.items()
            if any(accepted(lambda c=create, v=value: c()(v)) for value in lists)
        ]
    }


@attack("wrappers.slices-of-two-axes")
def slices_of_two_axes_for_layers_that_need_no_more():
    """Layers that take a batch of scalars, built ones, symbols, a mask: accepted by any."""
    x = numbers(4, 5)
    built = layers.Dense(2)
    built.build((None, 5))
    inner = [
        layers.Flatten(),
        layers.Identity(),
        layers.Activation("relu"),
        layers.Embedding(5, 2),
        layers.Lambda(lambda v: v),
        layers.CategoryEncoding(4),
        layers.RepeatVector(2),
        layers.TimeDistributed(layers.Dense(2)),
        built,
    ]
    calls = (
        lambda t: t(x),
        lambda t: t(keras.Input((5,))),
        lambda t: t(x, mask=np.ones((4, 5), bool)),
        lambda t: t(layers.Masking()(x)),
        lambda t: t.build((None, 5)),
        lambda t: tf.function(t, autograph=False)(tf.ones((4, 5))),
    )
    taken = [
        layer.name
        for layer in inner
        for call in calls
        if accepted(lambda c=call, la=layer: c(layers.TimeDistributed(la)))
    ]
    return {"accepted": taken}


@attack("wrappers.slices-of-two-axes")
def slices_of_two_axes_in_lists():
    """2 and 3 tensors of two axes, in a list, of which it takes none: the errors."""
    return {
        count: outcome(
            lambda n=count: layers.TimeDistributed(layers.Add())([numbers(4, 5)] * n)
        ).split(":")[0]
        for count in (2, 3)
    }


@attack("errors.read-only")
def read_only_by_every_property():
    """16 properties, of plain, unrolled, stateful and mixed layers, built or not: changed."""
    values = {
        "units": 4,
        "use_bias": False,
        "unit_forget_bias": False,
        "dropout": 0.3,
        "recurrent_dropout": 0.3,
        "activation": keras.activations.relu,
        "recurrent_activation": keras.activations.relu,
        "kernel_initializer": "zeros",
        "recurrent_initializer": "zeros",
        "bias_initializer": "ones",
        "kernel_regularizer": "l2",
        "recurrent_regularizer": "l2",
        "bias_regularizer": "l2",
        "kernel_constraint": "non_neg",
        "recurrent_constraint": "non_neg",
        "bias_constraint": "non_neg",
    }
    changed = []
    for options in ({}, {"unroll": True}, {"stateful": True}, {"dtype": "mixed_float16"}):
        for build in (False, True):
            layer = layers.LSTM(3, **options)
            if build:
                layer(numbers(2, 3, 3))
            for name, value in values.items():
                if accepted(lambda la=layer, n=name, v=value: setattr(la, n, v)):
                    changed.append(name)
    own = accepted(lambda: setattr(layer, "units", layer.units))
    return {"changed": changed, "its own value is taken": own}


@attack("errors.read-only")
def read_only_but_an_activation_of_the_cell():
    """An activation set on the cell: eager, a traced predict, one of other samples, recompiled."""
    x = numbers(2, 4, 3)
    model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(3)])
    model.compile(loss="mse")
    before = model.predict(x, verbose=0)
    model.layers[0].cell.activation = keras.activations.relu
    eager = keras.ops.convert_to_numpy(model(x))
    same = model.predict(x, verbose=0)
    model.compile(loss="mse")
    again = model.predict(x, verbose=0)
    return {
        "eager changed": not np.allclose(eager, before),
        "traced changed": not np.allclose(same, before),
        "recompiled as eager": np.allclose(again, eager, atol=1e-6),
    }


@attack("masking.puts-zeros")
def puts_zeros_for_types_and_kinds_of_mask_value():
    """Floats, ints, vectors, arrays, -0.0 and inf, in 4 types and of whole numbers: any nonzero."""
    nonzero = []
    masked = 0
    kinds = (0.0, -0.0, -1.0, 0.1, 5, True, np.inf, [1.0, 2.0, 3.0], np.ones((5, 3), "float32"))
    for dtype in ("float16", "bfloat16", "float32", "float64"):
        for value in kinds:
            x = numbers(2, 5, 3)
            x[:, 1:3] = np.broadcast_to(value, (5, 3))[1:3]
            y = layers.Masking(mask_value=value, dtype=dtype)(x)
            hidden = ~keras.ops.convert_to_numpy(y._keras_mask)
            masked += int(hidden.sum())
            if in_float64(y)[hidden].any():
                nonzero.append(f"{dtype} {value}")
    for dtype in ("int8", "uint8", "int32", "int64"):
        for value in (1, 0, -1, 0.5, 2.0):
            x = np.tile(np.arange(3).reshape(1, 3, 1), (2, 1, 2)).astype(dtype)
            y = layers.Masking(mask_value=value)(x)
            hidden = ~keras.ops.convert_to_numpy(y._keras_mask)
            masked += int(hidden.sum())
            if in_float64(y)[hidden].any():
                nonzero.append(f"{dtype} {value}")
    return {"masked": masked, "nonzero": nonzero}


@attack("masking.puts-zeros")
def puts_zeros_in_models_and_chains():
    """XLA, predict, a file's whole numbers, four axes, two Masking layers in a row: all zeros."""
    x = np.full((2, 4, 3), 7.0, "float32")
    model = keras.Sequential([keras.Input((None, 3)), layers.Masking(7.0), layers.Reshape((-1, 3))])
    model.compile(loss="mse", jit_compile=True)
    twice = layers.Masking(5.0)(layers.Masking(7.0)(x))
    fourth = layers.Masking(7.0)(np.full((2, 4, 3, 2), 7.0, "float32"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predicted = model.predict(x, verbose=0)
    return {
        "predict": not predicted.any(),
        "two in a row": not in_float64(twice).any(),
        "four axes": not in_float64(fourth).any(),
    }


@attack("speed.unrolled-plain")
def unrolled_ratio_for_options():
    """The medians' ratio: plain, masked, with sequences, float64, without bias, in a model."""
    x = tf.constant(numbers(4, 10, 8))
    mask = tf.constant(np.arange(10) < np.array([[10], [7], [1], [5]]))
    cases = {
        "plain": ({}, {}),
        "masked": ({"return_sequences": True}, {"mask": mask}),
        "float64": ({"dtype": "float64"}, {}),
        "no bias": ({"use_bias": False, "go_backwards": True}, {}),
        "implementation 1": ({"implementation": 1}, {}),
    }
    ratios = {}
    for name, (options, passed) in cases.items():
        pair = [layers.LSTM(8, unroll=unroll, **options) for unroll in (True, False)]
        seconds = [[], []]
        for _ in range(8):
            for layer, spent in zip(pair, seconds, strict=True):
                start = time.perf_counter()
                layer(x, **passed)
                spent.append(time.perf_counter() - start)
        ratio = np.median(seconds[0][1:]) / np.median(seconds[1][1:])
        ratios[name] = bool(0.4 <= ratio <= 1.2)
    return {"within 0.4 to 1.2": ratios}


def penalty(*members, shape=(5, 3)):
    """How many penalties a compiled model of layers has."""
    model = keras.Sequential([keras.Input(shape), *members])
    model.compile(loss="mse")
    return len(model.losses)


def frozen(layer):
    """A layer, after its attribute trainable is set to False."""
    layer.trainable = False
    return layer


@attack("trainer.penalty-frozen")
def frozen_by_the_argument_of_a_wrapper():
    """trainable=False given to the wrapper when it is created: the number of penalties."""
    cells = [layers.LSTMCell(3, **PENALTIES), layers.LSTMCell(3, **PENALTIES)]
    late = keras.Sequential()
    late.trainable = False
    late.add(layers.LSTM(3, **PENALTIES))
    wrapper = layers.Bidirectional(layers.LSTM(3, **PENALTIES), trainable=False)
    return {
        "Bidirectional": penalty(wrapper),
        "its attribute trainable": wrapper.trainable,
        "TimeDistributed": penalty(
            layers.TimeDistributed(layers.LSTM(3, **PENALTIES), trainable=False), shape=(2, 5, 3)
        ),
        "RNN": penalty(layers.RNN(layers.LSTMCell(3, **PENALTIES), trainable=False)),
        "StackedRNNCells": penalty(layers.RNN(layers.StackedRNNCells(cells, trainable=False))),
        "Sequential, set before add": penalty(late),
    }


@attack("trainer.penalty-frozen")
def frozen_in_every_wrapper():
    """Made frozen, or in a wrapper set so, nested, cloned: the number of penalties."""

    def lstm(**options):
        return layers.LSTM(3, **PENALTIES, **options)

    def cell(**options):
        return layers.LSTMCell(3, **PENALTIES, **options)

    wrapped = layers.TimeDistributed(frozen(layers.Bidirectional(lstm())))
    model = keras.Sequential([keras.Input((5, 3)), frozen(layers.Bidirectional(lstm()))])
    return {
        "Bidirectional": penalty(layers.Bidirectional(lstm(trainable=False))),
        "set on Bidirectional": penalty(frozen(layers.Bidirectional(lstm()))),
        "in TimeDistributed": penalty(wrapped, shape=(2, 5, 3)),
        "RNN of cells": penalty(layers.RNN([cell(trainable=False), cell(trainable=False)])),
        "set on RNN": penalty(frozen(layers.RNN([cell(), cell()]))),
        "set on the stack": penalty(layers.RNN(frozen(layers.StackedRNNCells([cell(), cell()])))),
        "Bidirectional of set RNN": penalty(layers.Bidirectional(frozen(layers.RNN(cell())))),
        "Sequential": penalty(frozen(keras.Sequential([lstm()]))),
        "cloned": len(keras.models.clone_model(model).losses),
        "not frozen": penalty(lstm()),
    }


@attack("masking.repeats-output")
def repeats_output_for_options():
    """Random masks, 1 to 100 units, 10 kinds of layers, states, XLA: any that differs."""
    wrong = []
    kinds = (
        {},
        {"unroll": True},
        {"go_backwards": True},
        {"use_bias": False, "activation": "relu"},
        {"implementation": 1},
        {"dtype": "float64"},
        {"dtype": "mixed_bfloat16"},
        {"stateful": True},
        {"recurrent_dropout": 0.3},
        {"activation": "sigmoid", "use_cudnn": False},
    )
    for units, steps in ((1, 1), (100, 5)):
        x = numbers(3, steps, 3)
        mask = np.random.default_rng(units).random((3, steps)) > 0.5
        state = [np.ones((3, units), "float32")] * 2
        for options in kinds:
            layer = layers.LSTM(units, return_sequences=True, **options)
            outputs = [layer(x, mask=mask), layer(x, mask=mask, initial_state=state)]
            if steps > 1 and options in ({}, {"go_backwards": True}):
                function = tf.function(layer, jit_compile=True, autograph=False)
                outputs.append(function(tf.constant(x), mask=tf.constant(mask)))
            read = mask[:, ::-1] if layer.go_backwards else mask
            for output in outputs:
                y = in_float64(output)
                before = np.concatenate([np.zeros((3, 1, units)), y[:, :-1]], axis=1)
                if (y[~read] != before[~read]).any():
                    wrong.append((units, *options))
    return {"wrong": wrong}


@attack("masking.repeats-output")
def repeats_output_in_wrappers():
    """Bidirectional without sequences, RNN, TimeDistributed, stacked, of NaN where masked."""
    x = numbers(1, 4, 3)
    mask = np.array([[True, False, True, False]])
    both = layers.Bidirectional(layers.LSTM(4))
    last = in_float64(both(x, mask=mask))[:, :4]
    cut = in_float64(both.forward_layer(x[:, :3], mask=mask[:, :3]))
    rnn = in_float64(layers.RNN(layers.LSTMCell(4), return_sequences=True)(x, mask=mask))
    slices = layers.TimeDistributed(layers.LSTM(4, return_sequences=True))
    sliced = in_float64(slices(x[:, None], mask=mask[:, None]))
    broken = np.where(mask[..., None], x, np.nan)
    y = in_float64(layers.LSTM(4, return_sequences=True)(broken, mask=mask))
    return {
        "Bidirectional's last": np.array_equal(last, cut),
        "RNN": np.array_equal(rnn[0, 1], rnn[0, 0]),
        "TimeDistributed": np.array_equal(sliced[0, 0, 1], sliced[0, 0, 0]),
        "NaN where masked": np.array_equal(y[0, 1], y[0, 0]) and not np.isnan(y).any(),
    }


@attack("errors.input-length-of-embedding")
def input_length_of_any_kind():
    """0, -1, a tuple, text and None, 1 to 1,000 timesteps, a config, XLA: warned, and read."""
    results = {}
    for value in (5, 0, -1, (5,), "5", None):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            layer = layers.Embedding(9, 2, input_length=value)
        warned = any("deprecated" in str(w.message) for w in caught)
        read = all(accepted(lambda t=t, la=layer: la(np.ones((1, t)))) for t in (1, 7, 1000))
        results[str(value)] = (warned, read, "input_length" in layer.get_config())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = layers.Embedding.from_config({"input_dim": 9, "output_dim": 2, "input_length": 5})
        function = tf.function(layer, jit_compile=True, autograph=False)
    results["XLA"] = outcome(lambda: function(tf.ones((1, 7), "int32")).shape)
    results["LSTM"] = outcome(lambda: layers.LSTM(2, input_length=None))
    return results


@attack("models.swapped-inputs-refused")
def swapped_inputs_in_nested_structures():
    """Two Inputs in a dict of lists, tuples or dicts: what a model of them makes of a swap."""
    a = keras.Input((None, 2), name="a")
    b = keras.Input((None, 3), name="b")
    pools = [layers.GlobalAveragePooling1D()(a), layers.GlobalMaxPooling1D()(b)]
    output = layers.Dense(2)(layers.Concatenate()(pools))
    x = numbers(4, 5, 2)
    y = numbers(4, 5, 3)
    cases = {
        "dict of list": ({"pair": [a, b]}, {"pair": [y, x]}),
        "dict of tuple": ({"pair": (a, b)}, {"pair": (y, x)}),
        "dict of dicts": ({"p": {"a": a}, "q": {"b": b}}, {"p": {"a": y}, "q": {"b": x}}),
        "list": ([a, b], [y, x]),
        "dict": ({"a": a, "b": b}, {"a": y, "b": x}),
        "list of list": ([[a, b]], [[y, x]]),
    }
    results = {}
    for name, (structure, data) in cases.items():
        model = keras.Model(structure, output)
        results[name] = outcome(lambda m=model, d=data: m.predict(d, verbose=0).shape)[:10]
    return results


@attack("models.swapped-inputs-refused")
def swapped_inputs_of_all_ranks():
    """Swapped vectors and sequences, of as many timesteps as features, and ids: accepted."""
    accepts = []
    shapes = (((3,), (4,)), ((None, 3), (4,)), ((2,), (None, 3)), ((None, 3), (2, 3, 4)))
    for first, second in shapes:
        inputs = [keras.Input(first), keras.Input(second)]
        flat = [v if len(v.shape) == 2 else layers.Dense(2)(v) for v in inputs]
        model = keras.Model(inputs, flat)
        for steps in (1, 2, 3, 4):
            arrays = [
                numbers(2, *(steps if size is None else size for size in shape))
                for shape in (second, first)
            ]
            if accepted(lambda m=model, v=arrays: m(v)):
                accepts.append((first, second, steps))
    ids = keras.Input((None,), dtype="int32")
    vector = keras.Input((4,))
    outputs = [layers.LSTM(2)(layers.Embedding(9, 2)(ids)), vector]
    model = keras.Model([ids, vector], outputs)
    swapped = accepted(lambda: model([np.ones((2, 4)), np.ones((2, 4))]))
    return {"accepted": accepts, "4 ids and a vector of 4 (no features to differ)": swapped}


@attack("models.swapped-inputs-refused")
def swapped_inputs_in_a_model_of_the_model():
    """A sequence of open length and a vector, swapped as the Inputs of an outer model."""
    sequence = keras.Input((None, 3))
    vector = keras.Input((4,))
    output = layers.Concatenate()([layers.LSTM(4)(sequence), vector])
    model = keras.Model([sequence, vector], output)
    first = keras.Input((None, 3))
    second = keras.Input((4,))
    outer = keras.Model([first, second], model([second, first]))
    data = [numbers(2, 5, 3), numbers(2, 4)]
    return {
        "outer model's shape": str(outer.output_shape),
        "of known length": accepted(lambda: model([keras.Input((4,)), keras.Input((5, 3))])),
        "on data": outcome(lambda: outer.predict(data, verbose=0))[:60],
    }


def slices_apart(layer, x, mask=None, **options):
    """The largest difference of TimeDistributed to a call with all slices as samples."""
    wrapper = layers.TimeDistributed(layer, **options)
    apart = in_float64(wrapper(x) if mask is None else wrapper(x, mask=mask))
    flat = None if mask is None else tf.reshape(mask, (-1, mask.shape[2]))
    whole = in_float64(layer(tf.reshape(x, (-1, *x.shape[2:])), mask=flat))
    return float(np.abs(apart.reshape(whole.shape) - whole).max())


@attack("wrappers.lstm-in-slices")
def slices_of_lstm_with_options():
    """9 kinds of LSTM, 1 to 9 slices, masked timesteps: the largest difference, in roundings."""
    kinds = (
        {},
        {"return_sequences": True},
        {"go_backwards": True},
        {"unroll": True},
        {"dropout": 0.5, "recurrent_dropout": 0.5},
        {"use_bias": False},
        {"implementation": 1},
        {"dtype": "mixed_float16"},
        {"dtype": "bfloat16", "recurrent_initializer": "glorot_uniform"},
    )
    worst = 0.0
    for shape in ((2, 2, 3, 3), (1, 1, 1, 1), (1, 9, 2, 2)):
        x = tf.constant(numbers(*shape))
        mask = tf.constant(np.random.default_rng(1).random(shape[:3]) > 0.5)
        for options in kinds:
            layer = layers.LSTM(3, **options)
            eps = {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
            for given in (None, mask):
                worst = max(worst, slices_apart(layer, x, given) / eps[layer.compute_dtype])
    return {"at most 8 roundings": worst <= 8}


@attack("wrappers.lstm-in-slices")
def slices_of_lstm_masked_whole_or_of_another_type():
    """A mask of slices, as TimeDistributed's page has it; float64 in a wrapper of float32."""
    x = tf.constant(numbers(2, 4, 5, 3))
    wide = tf.constant(np.random.default_rng(2).normal(size=(2, 4, 5, 3)))
    wrapper = layers.TimeDistributed(layers.LSTM(3))
    layer = layers.LSTM(3, dtype="float64")
    return {
        "mask of (batch, slices)": outcome(lambda: wrapper(x, mask=tf.ones((2, 4), bool))),
        "second call the same": np.array_equal(in_float64(wrapper(x)), in_float64(wrapper(x))),
        "float64 in float32, over 1e-12": slices_apart(layer, wide) > 1e-12,
        "float64 in float64, over 1e-12": slices_apart(layer, wide, dtype="float64") > 1e-12,
    }


def apart(first, second):
    """Return the greatest difference of two results, or their shapes."""
    pairs = [
        (np.asarray(a, "float64"), np.asarray(b, "float64"))
        for a, b in zip(keras.tree.flatten(first), keras.tree.flatten(second), strict=True)
    ]
    if any(a.shape != b.shape for a, b in pairs):
        return f"shapes {[(a.shape, b.shape) for a, b in pairs]}"
    return f"{max(np.abs(a - b).max() for a, b in pairs):.0e}"


@attack("wrappers.stack-stateful")
def a_stack_of_a_single_cell_and_others_unrolled():
    """Stateful stacks of 1 to 3 cells, in a loop and unrolled, over pieces and over the whole."""

    def ends(units, unroll):
        def stack():
            cells = [layers.LSTMCell(unit) for unit in units]
            return layers.RNN(cells, stateful=True, unroll=unroll)

        pieces = stack()
        whole = stack()
        pieces.build((2, 2, 3))
        whole.build((2, 5, 3))
        whole.set_weights(pieces.get_weights())
        x = numbers(2, 5, 3)
        expected = whole(x)
        pieces(x[:, :2])
        return apart(pieces(x[:, 2:]), expected)

    return {
        f"{units}, unroll={unroll}": outcome(lambda: ends(units, unroll))
        for units in ([4], [4, 5], [4, 5, 1])
        for unroll in (False, True)
    }


class Plain(keras.Model):
    """A subclassed model of a float32 LSTM."""

    def __init__(self, state=None):
        """Make the layer."""
        super().__init__()
        self.lstm = layers.LSTM(6, dtype="float32")
        self.state = state

    def call(self, x):
        """Start at the given state."""
        return self.lstm(x, initial_state=None if self.state is None else [self.state] * 2)


@attack("modes.predict-is-call")
def another_floatx_and_a_constant_state():
    """A float32 LSTM where floatx is another, and constant initial states in batches of 1."""

    def compare(model, x, **options):
        return apart(model(x), model.predict(x, verbose=0, **options))

    came = {"default": compare(Plain(), numbers(40, 5, 3))}
    usual = keras.config.floatx()
    try:
        for floatx in ("float16", "float64"):
            keras.config.set_floatx(floatx)
            came[f"floatx {floatx}"] = compare(Plain(), numbers(40, 5, 3))
    finally:
        keras.config.set_floatx(usual)
    state = tf.constant(numbers(4, 6))
    came["a state of 4 rows, batches of 1"] = compare(Plain(state), numbers(4, 5, 3), batch_size=1)
    return came


@attack("errors.rnn-needs-a-cell")
def numbers_layers_and_classes_of_all_sorts():
    """Numbers of Python, NumPy and TensorFlow, Dense built or not, the class, and in lists."""
    built = layers.Dense(3)
    built(numbers(2, 3))
    cells = [5, 2.5, True, np.int64(2), tf.constant(3), built, layers.Dense, layers.LSTMCell]
    cells += [[5], [built], [layers.LSTMCell], [layers.LSTMCell(3), 7]]
    return {str(cell)[:40]: outcome(lambda: layers.RNN(cell))[:70] for cell in cells}


@attack("masking.zero-output-last")
def cells_types_backwards_stateful_and_compiled():
    """Whether the final output is zero, beside whether the timestep read last is masked."""
    mask = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 1, 0]], bool)
    zero = {"zero_output_for_mask": True}
    kinds = {
        "LSTM": layers.LSTM(3, **zero),
        "float16": layers.LSTM(3, dtype="float16", **zero),
        "stateful": layers.LSTM(3, stateful=True, **zero),
        "GRU": layers.GRU(3, **zero),
        "a stack": layers.RNN([layers.LSTMCell(3), layers.LSTMCell(2)], **zero),
    }
    kinds["from its configuration"] = layers.LSTM.from_config(kinds["LSTM"].get_config())
    kinds["XLA"] = tf.function(layers.LSTM(3, **zero), jit_compile=True)
    x = numbers(4, 4, 2)
    right = {
        name: bool((np.all(np.asarray(layer(x, mask=mask)) == 0, axis=1) == ~mask[:, -1]).all())
        for name, layer in kinds.items()
    }
    backwards = np.asarray(layers.LSTM(3, go_backwards=True, **zero)(x, mask=mask))
    return right | {"go_backwards": bool((np.all(backwards == 0, axis=1) == ~mask[:, 0]).all())}


@attack("saving.in-turns")
def an_inner_model_that_shares_the_layers():
    """An LSTM and a Dense called in a model and in its inner model; and stateful, after a run."""
    lstm = layers.LSTM(5, return_sequences=True)
    dense = layers.Dense(4)
    start = keras.Input((6, 4))
    within = keras.Input((6, 4))
    inner = keras.Model(within, dense(lstm(within)))
    model = keras.Model(start, dense(lstm(inner(start))))
    again = keras.Model.from_config(model.get_config())
    came = {"weights": f"{len(model.weights)}, anew {len(again.weights)}"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turns.keras"
        model.save(path)
        came["from a file"] = outcome(lambda: keras.models.load_model(path))
    lstm = layers.LSTM(5, return_sequences=True, stateful=True)
    start = keras.Input(batch_shape=(3, 6, 4))
    model = keras.Model(start, dense(lstm(dense(lstm(start)))))
    x = numbers(3, 6, 4)
    model(x)
    again = keras.Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    return came | {"stateful, after a run": apart(model(x), again(x))}


@attack("dropout.seed")
def seeds_of_all_sizes_layers_and_ways_to_call():
    """Three calls in training of two layers, with other random numbers drawn between them."""

    def alike(make, wrap=lambda layer: layer):
        first = make()
        second = make()
        x = numbers(4, 5, 3)
        first.build(x.shape)
        second.build(x.shape)
        second.set_weights(first.get_weights())
        calls = [wrap(first), wrap(second)]
        pairs = []
        for _ in range(3):
            result = calls[0](x, training=True)
            keras.random.normal((3,))
            pairs.append(apart(result, calls[1](x, training=True)))
        return max(pairs)

    rates = {"dropout": 0.4, "recurrent_dropout": 0.3}
    came = {
        str(seed): outcome(lambda: alike(lambda: layers.LSTM(6, seed=seed, **rates)))
        for seed in (0, 2**63 - 1, 1.5)
    }
    came["GRU"] = alike(lambda: layers.GRU(6, seed=7, **rates))
    came["Bidirectional"] = alike(
        lambda: layers.Bidirectional(layers.LSTM(6, seed=7, **rates)), tf.function
    )
    return came


@attack("modes.shape-in-a-graph")
def a_state_whose_batch_is_open():
    """The shapes known where the input's is, and the initial state's batch size is open."""

    def known(rows, state):
        layer = layers.LSTM(8, return_sequences=True, return_state=True)
        shapes = []
        signature = [tf.TensorSpec((rows, 5, 3)), tf.TensorSpec((state, 8))]

        @tf.function(input_signature=signature)
        def graph(x, h):
            results = layer(x, initial_state=[h, h])
            shapes[:] = [str(result.shape) for result in results]
            return results

        graph.get_concrete_function()
        return " ".join(shapes)

    return {
        f"x {rows}, state {state}": outcome(lambda: known(rows, state))
        for rows, state in ((4, 4), (4, None), (1, 1), (1, None))
    }


class Own(keras.Model):
    """A model whose compile passes all on."""

    def compile(self, *args, **options):
        """Compile as ever."""
        super().compile(*args, **options)


class OwnArguments(keras.Model):
    """A model whose compile has arguments of its own."""

    def compile(self, optimizer, loss_fn):
        """Compile with what has another name."""
        super().compile(optimizer=optimizer, loss=loss_fn)


@attack("saving.own-compile")
def a_regularized_lstm_and_compile_of_other_arguments():
    """What fit says of a loaded model, if its LSTM has a regularizer; and `.h5`."""

    def loaded(kind, suffix, loss, **options):
        start = keras.Input((5, 2))
        model = kind(start, layers.LSTM(3, **options)(start))
        model.compile("adam", loss)
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            path = Path(folder) / f"own.{suffix}"
            model.save(path)
            return keras.models.load_model(path, custom_objects={kind.__name__: kind})

    def fit(**options):
        loaded(Own, "keras", "mse", **options).fit(numbers(8, 5, 2), numbers(8, 3), verbose=0)

    regularized = {"kernel_regularizer": "l2"}
    squared = "mean_squared_error"
    return {
        "fit": outcome(fit),
        "fit, regularized": outcome(lambda: fit(**regularized)),
        "h5": outcome(lambda: loaded(Own, "h5", squared).compiled),
        "h5, loss='mse'": outcome(lambda: loaded(Own, "h5", "mse").compiled),
        "h5, arguments of its own": outcome(lambda: loaded(OwnArguments, "h5", squared).compiled),
        "summary": outcome(
            lambda: loaded(Own, "keras", "mse").summary(print_fn=lambda *_, **__: 0)
        ),
    }


@attack("state.one-row-for-all")
def a_row_for_h_or_c_with_masks_and_options():
    """A single row for h, for c or both, beside the same row for each sample."""
    mask = np.random.default_rng(1).random((4, 5)) > 0.4
    mask[0] = False
    x = numbers(4, 5, 3)

    def compare(layer, masked, rows):
        h = numbers(rows[0], 6, seed=1)
        c = numbers(rows[1], 6, seed=2)
        given = {"mask": mask} if masked else {}
        full = [np.broadcast_to(state, (4, 6)) for state in (h, c)]
        return apart(layer(x, initial_state=[h, c], **given), layer(x, initial_state=full, **given))

    came = {}
    for options in ({}, {"unroll": True}, {"implementation": 1}, {"dtype": "float16"}):
        layer = layers.LSTM(6, return_sequences=True, return_state=True, **options)
        came[str(options)] = [
            compare(layer, masked, rows)
            for masked in (False, True)
            for rows in ((1, 1), (1, 4), (4, 1))
        ]
    return came


@attack("precision.infinite-times-zero")
def two_infinite_features_or_timesteps():
    """Units whose kernel weights are all 1 or -1, where two inputs are infinite."""

    def output(x, weights, zero=True):
        layer = layers.LSTM(3, return_sequences=True)
        layer.build((1, 2, 2))
        kernel = np.ones((2, 12), "float32") * np.array(weights, "float32")[:, None]
        kernel[0, 0] *= not zero
        layer.set_weights([kernel, *layer.get_weights()[1:]])
        return np.isnan(layer(np.array([x], "float32"))).tolist()

    inf = np.inf
    return {
        "a feature, a zero weight": output([[inf, 1], [1, 1]], [1, 1]),
        "two features, no zero weight": output([[inf, inf], [1, 1]], [1, -1], zero=False),
        "two timesteps, a zero weight": output([[inf, 1], [inf, 1]], [1, 1]),
    }


@attack("trainer.stretched-targets")
def flat_targets_in_batches():
    """Flat targets under mse, in batches of a sample, of as many as outputs, and of fewer."""

    def fit(samples, outputs, batch):
        model = keras.Sequential([layers.LSTM(2), layers.Dense(outputs)])
        model.compile("sgd", "mse", run_eagerly=True)
        model.fit(numbers(samples, 3, 2), numbers(samples), batch_size=batch, verbose=0)
        return "taken"

    return {
        f"{samples} samples, {outputs} outputs, batches of {batch}": outcome(
            lambda: fit(samples, outputs, batch)
        )[:60]
        for samples, outputs, batch in ((8, 3, 8), (8, 8, 8), (8, 8, 4), (8, 4, 4), (8, 3, 1))
    }


@attack("wrappers.cell-split")
def tensors_of_rows_types_and_variables():
    """The output for a tensor as states beside that for a list of its first two rows."""

    def split(samples, rows, units=4, dtype="float32", form=tf.constant, **options):
        cell = layers.LSTMCell(units, dtype=dtype, **options)
        x = numbers(samples, 3)
        states = numbers(rows, units, seed=1)
        pair = [np.tile(states[row], (samples, 1)) for row in (0, 1)]
        return apart(cell(x, form(states)), cell(x, pair))

    return {
        "as many rows as samples": split(5, 5),
        "two rows": split(5, 2),
        "a sample": split(1, 3),
        "a unit": split(3, 3, units=1),
        "300 units": split(2, 300, units=300),
        "float16": split(3, 3, dtype="float16"),
        "mixed": split(3, 3, dtype="mixed_float16"),
        "a variable": split(3, 3, form=keras.Variable),
        "implementation 1": split(3, 3, implementation=1),
        "whole numbers": outcome(lambda: split(3, 3, form=lambda s: tf.cast(3 * s, "int32")))[:40],
        "a row": outcome(lambda: layers.LSTMCell(4)(numbers(2, 3), numbers(1, 4)))[:40],
    }


@attack("modes.cudnn-forbids-xla")
def copies_from_a_configuration_where_keras_sees_a_gpu():
    """Whether XLA is let, and what is warned, by layers new and copied."""
    backend = importlib.import_module("keras.src.backend.tensorflow.rnn")
    lookup = backend._is_gpu_available

    def xla(layer, ask=True):
        model = keras.Sequential([keras.Input((5, 2)), layer])
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            model.compile("sgd", "mse", jit_compile=ask)
        return f"{model.jit_compile}, {len(warned)} warnings"

    without = {"use_cudnn": False}
    backend._is_gpu_available = lambda: True
    try:
        layer = layers.LSTM(3, **without)
        return {
            "use_cudnn=False": xla(layers.LSTM(3, **without)),
            "auto": xla(layers.LSTM(3)),
            "auto, jit_compile='auto'": xla(layers.LSTM(3), "auto"),
            "recurrent_dropout": xla(layers.LSTM(3, recurrent_dropout=0.3)),
            "recurrent_dropout, use_cudnn=False": xla(
                layers.LSTM(3, recurrent_dropout=0.3, **without)
            ),
            "Bidirectional": xla(layers.Bidirectional(layer)),
            "from its configuration": xla(layers.LSTM.from_config(layer.get_config())),
        }
    finally:
        backend._is_gpu_available = lookup
