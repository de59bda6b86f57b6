"""Wrong LSTMs that lose, keep or convert something wrongly."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras.src import activations
from keras.src.legacy.saving import legacy_h5_format
from keras.src.models import cloning, functional
from keras.src.saving import object_registration, saving_lib, serialization_lib
from keras.src.utils import io_utils

from teeth import instead, refuted_by, without


def in_half_precision(arrays):
    return [np.array(array).astype("float16").astype("float32") for array in arrays]


def configured(patch, **entries):
    """Change entries of an LSTM's configuration."""

    @instead(patch, keras.layers.LSTM, "get_config")
    def get_config(original, self):
        return {**original(self), **entries}


@refuted_by("saving.config-keeps-arguments")
def forgets_dropout_in_its_configuration(patch):
    configured(patch, dropout=0.0)


@refuted_by("saving.config-keeps-arguments")
def leaves_its_seed_out_of_the_configuration(patch):
    without(patch, keras.layers.LSTM, "seed")


@refuted_by("saving.config-of-other-kinds")
def leaves_the_seed_of_a_cell_out_of_the_configuration(patch):
    without(patch, keras.layers.LSTMCell, "seed")


@refuted_by("saving.same-function")
def forgets_its_activation_in_its_configuration(patch):
    configured(patch, activation="tanh")


@refuted_by("saving.lambda-shape")
def forgets_the_shape_of_a_lambda(patch):
    @instead(patch, keras.layers.Lambda, "get_config")
    def get_config(original, self):
        return {**original(self), "output_shape": None}


@refuted_by("saving.asks-before-it-overwrites")
def overwrites_without_asking(patch):
    patch.setattr(io_utils, "ask_to_proceed_with_overwrite", lambda path: True)


@refuted_by("saving.packages-of-one-name", raises=Exception)
def registers_by_the_name_alone(patch):
    @instead(patch, keras.saving, "register_keras_serializable")
    def register(original, package="Custom", name=None):
        return original("Custom", name)


@refuted_by("saving.dtype-policy")
def forgets_its_dtype_in_its_configuration(patch):
    configured(patch, dtype="float32")


@refuted_by("saving.clone-model")
def clones_the_weights(patch):
    @instead(patch, keras.models, "clone_model")
    def clone_model(original, model):
        clone = original(model)
        clone.set_weights(model.get_weights())
        return clone


@refuted_by(
    "saving.keras-file",
    "saving.wrapped",
    "saving.encoder-decoder",
    "saving.weights-file",
    "saving.weights-fit-other-options",
    "saving.weights-and-masking",
    "saving.subclass",
    "saving.deepcopy",
    "saving.pickle",
)
def stores_weights_in_half_precision(patch):
    @instead(patch, keras.layers.LSTMCell, "save_own_variables")
    def save_own_variables(original, self, store):
        for k, weight in enumerate(in_half_precision(self.weights)):
            store[str(k)] = weight


@refuted_by("saving.legacy-file", "saving.legacy-layers", "saving.time-major-weights")
def stores_weights_in_half_precision_in_the_older_format(patch):
    @instead(patch, legacy_h5_format, "load_subset_weights_from_hdf5_group")
    def load_subset_weights_from_hdf5_group(original, group):
        return in_half_precision(original(group))


@refuted_by("saving.legacy-mask")
def knows_operations_by_their_names_in_the_older_format(patch):
    from keras.src.legacy.saving import saving_utils
    from keras.src.ops.numpy import Any, NotEqual

    @instead(patch, saving_utils, "model_from_config")
    def model_from_config(original, config, custom_objects=None):
        return original(config, {"Any": Any, "NotEqual": NotEqual, **(custom_objects or {})})


@refuted_by("saving.encoder-decoder", "saving.arrays-in-a-call")
def forgets_the_initial_state_of_a_loaded_decoder(patch):
    from keras.src.models import functional

    @instead(patch, functional, "deserialize_node")
    def deserialize_node(original, *arguments):
        inputs, options = original(*arguments)
        return inputs, {k: v for k, v in options.items() if k != "initial_state"}


@refuted_by("saving.needs-extension")
def adds_the_extension_itself(patch):
    @instead(patch, keras.Sequential, "save")
    def save(original, self, path):
        return original(self, path.with_suffix(".keras"))


@refuted_by("saving.training-goes-on")
def loads_no_state_of_the_optimizer(patch):
    patch.setattr(keras.optimizers.Adam, "load_own_variables", lambda self, store: None)


@refuted_by("saving.registered-activation", "saving.state-is-lost")
def loads_other_weights_into_functional_models(patch):
    @instead(patch, keras.models, "load_model")
    def load_model(original, *given, **options):
        model = original(*given, **options)
        if not isinstance(model, keras.Sequential):
            model.set_weights([weight * 0.5 for weight in model.get_weights()])
        return model


@refuted_by("saving.registered-activation", "saving.unregistered-activation")
def takes_tanh_for_every_activation_of_ones_own(patch):
    @instead(patch, activations, "get")
    def get(original, identifier):
        return original("tanh" if isinstance(identifier, dict) else identifier)


@refuted_by("saving.unregistered-layer", raises=(TypeError, ValueError))
def looks_among_registered_classes_alone(patch):
    @instead(patch, object_registration, "get_registered_object")
    def get_registered_object(original, name, custom_objects=None, module_objects=None):
        return original(name, module_objects=module_objects)


def with_more_in_the_file(patch, owner, more, own):
    """Save and load what `more(layer)` lists, beside the first `own` variables of a layer."""

    @instead(patch, owner, "save_own_variables")
    def save_own_variables(original, self, store):
        original(self, store)
        for k, variable in enumerate(more(self)):
            store[f"more{k}"] = variable

    @instead(patch, owner, "load_own_variables")
    def load_own_variables(original, self, store):
        original(self, {str(k): store[str(k)] for k in range(own)})
        for k, variable in enumerate(more(self)):
            variable.assign(store[f"more{k}"])


@refuted_by("saving.state-is-lost")
def saves_the_state(patch):
    with_more_in_the_file(patch, keras.layers.LSTM, lambda self: self.states or [], own=0)

    @instead(patch, legacy_h5_format, "_legacy_weights")
    def legacy_weights(original, layer):
        return original(layer) + list(getattr(layer, "states", None) or [])


@refuted_by("saving.dropout-starts-again")
def saves_the_state_of_the_random_numbers(patch):
    with_more_in_the_file(
        patch, keras.layers.LSTMCell, lambda self: [self.seed_generator.state], own=3
    )


@refuted_by("saving.weights-file-of-other-class", "saving.weights-file-of-subclass")
def is_silent_when_a_file_holds_nothing_for_it(patch):
    @instead(patch, keras.layers.LSTMCell, "load_own_variables")
    def load_own_variables(original, self, store):
        if store.keys():
            original(self, store)


@refuted_by("saving.time-major-refused")
def ignores_time_major_in_a_configuration(patch):
    def from_config(cls, config):
        return cls(**{name: value for name, value in config.items() if name != "time_major"})

    patch.setattr(keras.layers.LSTM, "from_config", classmethod(from_config))


@refuted_by(
    "saving.export",
    "saving.export-keeps-state",
    "saving.litert-unrolled",
    "saving.litert-converter",
    "saving.onnx",
    "saving.onnx-bidirectional",
    "saving.openvino-unrolled",
    "saving.pytorch-weights",
)
def forgets_its_state_from_timestep_to_timestep(patch):
    @instead(patch, keras.layers.LSTMCell, "call")
    def call(original, self, inputs, states, training=False):
        zeros = [keras.ops.zeros_like(state) for state in states]
        return original(self, inputs, zeros, training=training)


@refuted_by("saving.export-keeps-state")
def resets_the_state_before_an_export(patch):
    @instead(patch, keras.Sequential, "export")
    def export(original, self, *arguments, **options):
        self.layers[0].reset_state()
        return original(self, *arguments, **options)


@refuted_by("saving.pytorch-weights")
def has_the_gates_in_the_order_of_onnx(patch):
    @instead(patch, keras.layers.LSTM, "set_weights")
    def set_weights(original, self, weights):
        parts = [np.split(weight, 4, axis=-1) for weight in weights]
        return original(self, [np.concatenate([i, g, o, f], -1) for i, f, g, o in parts])


@refuted_by("saving.onnx-uncalled")
def exports_what_was_never_called(patch):
    @instead(patch, keras.Sequential, "export")
    def export(original, self, *arguments, **options):
        self._called = True
        return


@refuted_by("saving.config-used-up")
def leaves_the_configuration_whole(patch):
    inner = keras.layers.RNN.from_config.__func__

    def from_config(cls, config, custom_objects=None):
        return inner(cls, {**config}, custom_objects)

    patch.setattr(keras.layers.RNN, "from_config", classmethod(from_config))


@refuted_by("saving.config-custom-objects", raises=TypeError)
def looks_for_registered_cells_only(patch):
    inner = keras.layers.RNN.from_config.__func__

    def from_config(cls, config, custom_objects=None):
        return inner(cls, config)

    patch.setattr(keras.layers.RNN, "from_config", classmethod(from_config))


@refuted_by("saving.masking-array")
def loads_the_first_value_for_all_features(patch):
    from keras.src.layers.core import masking

    @instead(patch, masking, "deserialize_keras_object")
    def deserialize_keras_object(original, config):
        return np.full_like(original(config), original(config)[0])


@refuted_by("saving.weights-fit-other-options", raises=ValueError)
def loads_no_file_into_other_options(patch):
    @instead(patch, keras.layers.LSTMCell, "load_own_variables")
    def load_own_variables(original, self, store):
        if self.recurrent_dropout:
            raise ValueError("other options")
        return original(self, store)


@refuted_by("saving.needs-extension")
def leaves_an_empty_file_behind(patch):
    @instead(patch, keras.Model, "save")
    def save(original, self, path, *rest, **options):
        path.touch()
        return original(self, path, *rest, **options)


@refuted_by("saving.training-goes-on")
def forgets_the_state_of_rmsprop(patch):
    @instead(patch, keras.optimizers.RMSprop, "load_own_variables")
    def load_own_variables(original, self, store):
        return None


@refuted_by("saving.dtype-policy")
def takes_the_default_policy_when_it_is_loaded(patch):
    @instead(patch, keras.layers.LSTM, "from_config")
    def from_config(original, config):
        return original({**config, "dtype": keras.config.dtype_policy().name})


@refuted_by("saving.structure")
def makes_a_list_of_a_dictionary(patch):
    @instead(patch, functional, "functional_from_config")
    def functional_from_config(original, cls, config, custom_objects=None):
        if isinstance(config["output_layers"], dict):
            config = {**config, "output_layers": list(config["output_layers"].values())}
        return original(cls, config, custom_objects=custom_objects)


@refuted_by("saving.structure")
def returns_lists_of_what_is_in_dictionaries(patch):
    @instead(patch, functional.Functional, "__init__")
    def init(original, self, inputs, outputs, *rest, **options):
        listed = list(outputs.values()) if isinstance(outputs, dict) else outputs
        original(self, inputs, listed, *rest, **options)


@refuted_by("saving.layers-around")
def forgets_the_policy_of_every_layer(patch):
    @instead(patch, keras.layers.Layer, "get_config")
    def get_config(original, self):
        return {**original(self), "dtype": "float64"}


@refuted_by("saving.shared", raises=Exception)
def counts_the_calls_outside_the_model(patch):
    """Keras 3.0 and 3.1; https://github.com/keras-team/keras/commit/b2eb9649e6 mended it."""

    class Every:
        def __contains__(self, key):
            return True

    @instead(patch, functional, "serialize_node")
    def serialize(original, node, own_nodes=()):
        return original(node, own_nodes=Every())


@refuted_by("saving.clone-function")
def clones_by_the_function_at_one_depth(patch):
    """Keras 3.3 to 3.13; https://github.com/keras-team/keras/pull/22276 mended it."""

    @instead(patch, cloning, "clone_model")
    def clone_model(original, model, **options):
        return original(model, **{**options, "recursive": False})


@refuted_by("saving.clone-on-tensors")
def clones_on_an_input_like_its_own(patch):
    """tf.keras 2.6; https://github.com/keras-team/keras/issues/14937 reports it."""

    @instead(patch, keras.models, "clone_model")
    def clone_model(original, model, input_tensors=None, **options):
        return original(model, **options)


@refuted_by("saving.clone-on-a-list")
def clones_on_tensors_in_any_form(patch):
    @instead(patch, keras.models, "clone_model")
    def clone_model(original, model, input_tensors=None):
        tensors = keras.tree.flatten(input_tensors)
        return original(model, keras.tree.pack_sequence_as(model.input, tensors))


@refuted_by("saving.each-argument")
def leaves_the_seed_of_attention_out(patch):
    """Until Keras 3.14; https://github.com/keras-team/keras/pull/23029 mended it."""
    without(patch, keras.layers.Attention, "seed")


@refuted_by("saving.layers-read-again")
def reads_no_weights_of_attention(patch):
    @instead(patch, keras.layers.AdditiveAttention, "load_own_variables")
    def load(original, self, store):
        return None


@refuted_by("saving.layers-read-again", raises=Exception)
def takes_no_list_of_axes(patch):
    @instead(patch, keras.layers.Dot, "__init__")
    def init(original, self, axes, **options):
        original(self, axes, **options)
        if isinstance(axes, list):
            raise TypeError("axes in a list")


@refuted_by("saving.layers-in-structures")
def writes_one_level_of_lists(patch):
    """Keras 3.0 to 3.14; https://github.com/keras-team/keras/pull/22362 mended it."""

    @instead(patch, saving_lib, "_save_container_state")
    def save(original, container, weights_store, assets_store, inner_path, *rest, **more):
        if "container" not in inner_path:
            original(container, weights_store, assets_store, inner_path, *rest, **more)


@refuted_by("saving.in-turns")
def ends_a_copy_at_the_first_call_of_its_last_layer(patch):
    @instead(patch, functional.Functional, "get_config")
    def get_config(original, self):
        config = original(self)
        name, *_ = config["output_layers"]
        return {
            **config,
            "output_layers": [name, 0, 0] if isinstance(name, str) else [[name[0], 0, 0]],
        }


@refuted_by("saving.own-compile")
def compiles_a_class_with_its_own_compile(patch):
    @instead(patch, keras.Model, "compile_from_config")
    def compile_from_config(original, self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))


@refuted_by("saving.vocabulary")
def holds_the_vocabulary_in_the_configuration(patch):
    for kind in (keras.layers.IntegerLookup, keras.layers.StringLookup):

        @instead(patch, kind, "get_config")
        def get_config(original, self):
            return {**original(self), "vocabulary": self.get_vocabulary(False)}


@refuted_by("saving.given-vocabulary", raises=Exception)
def keeps_no_vocabulary_that_was_given(patch):
    for kind in (keras.layers.StringLookup, keras.layers.TextVectorization):

        @instead(patch, kind, "get_config")
        def get_config(original, self):
            return {**original(self), "vocabulary": None}

        @instead(patch, kind, "load_assets")
        def load_assets(original, self, folder):
            return None


@refuted_by("saving.normalization")
def does_not_finalize_what_is_loaded(patch):
    @instead(patch, keras.layers.Normalization, "load_own_variables")
    def load_own_variables(original, self, store):
        keras.layers.Layer.load_own_variables(self, store)


@refuted_by("saving.layer-as-activation")
def reads_an_activation_without_its_argument(patch):
    @instead(patch, activations, "get")
    def get(original, identifier):
        activation = original(identifier)
        written = isinstance(identifier, dict) and isinstance(activation, keras.layers.Layer)
        return type(activation)() if written else activation


@refuted_by("saving.export-structure")
def exports_a_dictionary_as_a_list(patch):
    @instead(patch, functional.Functional, "call")
    def call(original, self, *inputs, **options):
        outputs = original(self, *inputs, **options)
        in_a_graph = not tf.executing_eagerly()
        return list(outputs.values()) if in_a_graph and isinstance(outputs, dict) else outputs


@refuted_by("saving.legacy-trains-on")
def forgets_the_moments_in_the_older_format(patch):
    @instead(patch, legacy_h5_format, "load_optimizer_weights_from_hdf5_group")
    def load_optimizer_weights_from_hdf5_group(original, group):
        return [np.zeros(value.shape) for value in original(group)]


@refuted_by("saving.model-config-used-up")
def takes_a_layer_out_of_the_configuration(patch):
    original = keras.Sequential.from_config.__func__

    def from_config(cls, config, *rest, **options):
        made = original(cls, config, *rest, **options)
        config["layers"].pop()
        return made

    patch.setattr(keras.Sequential, "from_config", classmethod(from_config))


@refuted_by("saving.checkpoint-of-training")
def leaves_the_optimizer_out_of_checkpoints(patch):
    patch.setattr(keras.optimizers.Optimizer, "_trackable_children", lambda *_, **options: {})


@refuted_by("saving.weights-of-unbuilt")
def loads_nothing_into_a_model_that_is_not_built(patch):
    @instead(patch, keras.Model, "load_weights")
    def load_weights(original, self, path, **options):
        return original(self, path, **options) if self.built else None


@refuted_by("saving.skip-mismatch")
def skips_every_layer(patch):
    @instead(patch, keras.Model, "load_weights")
    def load_weights(original, self, path, skip_mismatch=False, **options):
        return None if skip_mismatch else original(self, path, **options)


@refuted_by("saving.skip-mismatch", raises=ValueError)
def skips_no_layer_of_the_older_format(patch):
    """Until Keras 3.11; https://github.com/keras-team/keras/issues/21404 reports it."""

    @instead(patch, legacy_h5_format, "load_weights_from_hdf5_group")
    def load_weights_from_hdf5_group(original, group, model, skip_mismatch=False):
        return original(group, model)


@refuted_by("saving.by-name")
def takes_the_weights_of_another_name(patch):
    @instead(patch, legacy_h5_format, "safe_get_h5_group")
    def safe_get_h5_group(original, group, name):
        return original(group, "a" if name == "b" else name)


@refuted_by("saving.lambda-layer")
def loads_any_lambda(patch):
    @instead(patch, serialization_lib, "in_safe_mode")
    def in_safe_mode(original):
        return False
