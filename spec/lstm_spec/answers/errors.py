"""The errors that the claims know: their words, and what a pasted one tells of a layer and shapes.

A claim that something is refused names words of the error in `assert_refused`; a deviation names
words that other releases print. They are read from the source, never imported.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from lstm_spec import catalog
from lstm_spec.answers.standing import where
from lstm_spec.run import deviations

REFUSALS = catalog.CLAIMS.parent / "harness" / "refusals.py"
LAST = re.compile(
    r"^[ \t>|E]{0,8}(?:[\w.]{0,80}\.)?(?P<type>\w{0,60}(?:Error|Exception|Warning|Interrupt))"
    r"(?:: ?|$)(?P<message>.*)",
    re.MULTILINE,
)
"""The line of a traceback that names the error, also as pytest and a notebook show it."""
LAYER = re.compile(
    r"""layer ["'`](?P<quoted>[\w/.-]{1,80})["'`]|layer (?P<plain>\w{1,80}\d|lstm|conv\dd)\b"""
    r"|expected (?P<expected>[\w/]{1,80}) to have|when calling (?P<class>[A-Z]\w{0,80})\.call",
    re.IGNORECASE,
)
NDIM = re.compile(r"expected (?:min_|max_)?ndim=(\d{1,2}), found ndim=(\d{1,2})")
DIMENSIONS = re.compile(r"to have (\d{1,2}) dimensions, but got array with shape")
SHAPE = re.compile(r"\((?:None|\d{1,9})(?:, ?(?:None|\d{1,9})){0,8},?\)")
WRAPPED = re.compile(
    r"Exception encountered when calling|Graph execution error|Error when deserializing class"
)
"""How an error begins that tells what is wrong in a later paragraph."""
FRAME = re.compile(r"^(?:\s*File |Detected at node|\s*$|\s*\[\[|Node: |\d+ root error)")
"""A line of it that tells where, not what."""
NODE = re.compile(r"\s*\[\[\{\{node (?:gradient_tape/)?(?:compile_loss|loss|mean_\w+_error)/")
"""A line that tells that the loss failed."""
CODE = re.compile(
    r'^ *File "(?![^"\n]{0,300}site-packages)[^"\n]{1,300}", line \d+.*\n +(\S.*)|^-+> *\d+ (.*)',
    re.MULTILINE,
)
"""A line of the asker's own program in a traceback."""
SIZES = r"[\[(]([\w?, ]{0,80})[\])]"
TARGETS = re.compile(
    rf"target\.shape={SIZES}, output\.shape={SIZES}"
    rf"|A target array with shape {SIZES} was passed for an output of shape {SIZES}"
    rf"|Shapes {SIZES} and {SIZES} are incompatible"
)
INPUTS = re.compile(
    rf"expected shape={SIZES}, found shape={SIZES}"
    rf"|Expected shape {SIZES}, but input has incompatible shape {SIZES}"
    rf"|constructed with shape {SIZES} for input.*incompatible shape {SIZES}"
)
BATCHES = re.compile(
    rf"Incompatible shapes: {SIZES} vs\. {SIZES}.*(?:lstm|rnn|while)", re.IGNORECASE
)
CHECKED = re.compile(
    rf"Error when checking (?:model )?(input|target): expected \w{{1,80}} to have shape {SIZES} "
    rf"but got array with shape {SIZES}"
)
"""How Keras 1 and 2 say that the sizes of an array are not those that a model reads or returns."""
LOGITS = re.compile(
    rf"logits shape {SIZES} and labels shape {SIZES}|logits_size={SIZES} labels_size={SIZES}"
)
SCORES = re.compile(rf"must have the same shape,? (?:received )?\({SIZES} vs {SIZES}\)")
"""How TensorFlow says that binary cross-entropy got outputs, then targets, of other sizes."""
COMPARED = re.compile(
    rf"Incompatible shapes: {SIZES} vs\. {SIZES}.*(?:compile_loss/\w+/sub"
    r"|\bmean_\w+_error/|\bloss/\w+_loss/(?:sub|SquaredDifference))"
)
"""How a mean error fails: Keras 3 names the targets first, Keras 2 the outputs."""
LABELS = re.compile(
    rf"shape of labels \(received {SIZES}\) should equal the shape of logits except for the last "
    rf"dimension \(received {SIZES}\)"
)
UNTYPED = (NDIM, DIMENSIONS, TARGETS, INPUTS, CHECKED, SCORES)
"""What is an error where its type is not given too."""
ELSEWHERE = re.compile(
    r"^(?:conv(?!_?lst)|max_?pool|average_?pool|global_|batch_?norm|flatten|multi_?head|up_?sampl)\w*$",
    re.IGNORECASE,
)
"""The names of layers that no claim is about."""
NEAR = r"(?:lstm|gru|simple_rnn|bidirectional|time_distributed|dense|activation|dropout)\w*"
"""The names of layers that a model with an LSTM ends with."""
OF_ONE_RANK = ("targets-without-an-error", "targets-of-another-width")
"""What targets of as many axes as the output mean: of other sizes, or of another width only."""
MEANT = (
    (r"`state_spec`=\w*\(?\[InputSpec\(shape=\([^)]*\), ndim=\d\)\]", "number-of-initial-states"),
    (r"IndexError: .*calling LSTM\w*\.call.*list index out of range", "number-of-initial-states"),
    (r"expects 1 input\(s\), but it received .*shape=\(\), dtype", "lists-as-input"),
    (r"not understood:', 'return_sequences'", "stacked-bidirectional"),
    (r"local variable '(?:logs|batch_outputs)'|\(Empty (?:logs|batch_outputs)\)", "no-samples"),
    (r"input data to be non-empty|x to be a non-empty array|got num_samples=0", "no-samples"),
    (r"(?:Unknown layer|Could not locate class).*CuDNNLSTM", "cudnn-lstm"),
    (r"(?:No OpKernel was registered|Op type not registered).*CudnnRNN", "cudnn-lstm"),
    (r"Dimensions must be equal.*lstm_cell\w*/MatMul_1", "decoder-of-another-size"),
    (r"not compatible with `cell\.state_size`", "decoder-of-another-size"),
    (r"Dimensions must be equal.*lstm_cell\w*/MatMul\b", "feature-count"),
    (r"Dimensions must be equal.*(?:loss|mean_\w+_error)", "targets-without-an-error"),
    (r"Incompatible shapes: \[(\d+)\] vs\. \[\1,\d+\].*loss/\S*mul", "weights-of-sequences"),
    (r"has type float(?:16|32) that does not match type float(?:16|32)", "mixed-precision"),
    (r"initial_value: Tensor conversion requested dtype float32.*float16", "mixed-precision"),
    (r"'LSTMCell' object has no attribute '(?:(?:recurrent_)?kernel|bias)'", "no-weights-yet"),
    (r"(?:unexpected keyword argument |not understood:', |LSTM: \{)'time_major'", "time-major"),
    (r"'(?:LSTM|GRU|RNN|Bidirectional)' object has no attribute 'reset_states?'", "reset-errors"),
    (r"Layer has \d states but was passed \d initial states", "number-of-initial-states"),
    (r"Could not interpret (?:activation|initializer|regularizer|constraint)", "unknown-names"),
    (r"File format not supported: filepath", "load-keras-two-file"),
    (r"Cannot assign value to variable.*(?:kernel|bias)", "transfer-to-another-size"),
    (
        rf"checking (?:model )?target: expected {NEAR} to have 3 dim",
        "targets-with-return-sequences",
    ),
    (rf"checking (?:model )?target: expected {NEAR} to have 2 dim", "targets-of-the-last-timestep"),
    (r"Unrecognized data type: x=\[", "lists-as-input"),
    (r"has multiple inbound nodes", "intermediate-output"),
    (r"Flex(?:TensorList|While)\w*\b.*failed to prepare", "tflite"),
    (r"RNN is stateful, the batch size of the input", "batch-size-in-prediction"),
    (
        r"layer ['\"]?repeat_vector\w*['\"]?(?: is incompatible|:).*found ndim=3",
        "why-repeat-vector",
    ),
    (r"layer ['\"]?conv_lst_?m\w*['\"]?(?: is incompatible|:).*expected ndim=5", "conv-lstm"),
    (r"layer ['\"]?time_distributed_\d+: expected ndim=5, found ndim=4", "cnn-before-lstm"),
    (r"expected ndim=3, found ndim=5", "cnn-before-lstm"),
    (
        r"[Ll]ayer \"(?:lstm|LSTM)\w*\" expects 1 input\(s\), but it received [2-9]",
        "tuple-in-place-of-a-tensor",
    ),
    (
        r"[Ll]ayer \"(?!lstm|LSTM|sequential|model|functional)\w+\" expects 1 input\(s\), but it",
        "return-states-in-sequential",
    ),
    (r"\[\d+(?:,\d+)*\] = -\d+ is not in \[0, \d+\)", "padding-with-minus-one"),
    (r"expected \d+ weights, but the provided weight list", "set-the-weights"),
    (r"weight shape \(.*\) is not compatible with provided weight shape", "set-the-weights"),
    (r"[Ll]ayer '?\w+'? expected \d+ variables, but received \d+ variables", "weights-only"),
    (r"Layer count mismatch when loading|weight file containing \d+ layers", "weights-only"),
    (r"RaggedTensor|inner ragged dimension|Index 1 is not uniform", "ragged"),
    (r"LSTM\.call\(\)\. '(?:list|tuple)' object has no attribute 'shape'", "lists-as-input"),
    (r"RNN\.call\(\)\. '(?:list|tuple)' object has no attribute 'shape'", "nested-inputs-of-rnn"),
    (r"__init__\(\) missing .*'units'", "meaning-of-units"),
    (r"passed to Bidirectional: \{'return_sequences'", "stacked-bidirectional"),
    (r"values to unpack.*[Bb]idirectional", "bidirectional-states"),
    (r"expected ndim=3, found ndim=2", "found-ndim-two"),
    (r"expected ndim=3, found ndim=4", "found-ndim-four"),
    (
        r"positional arguments.*value should be passed.*\(of type <class '(?:int|float)",
        "lists-as-input",
    ),
)
"""What is meant by words that Keras uses of much else, as questions."""
TYPE = re.compile(r"\w+: ")
FUNCTION = re.compile(r"(\w+)\(\) (?:got an unexpected keyword|missing \d+ required)")
LAYER_GIVEN = "(of type <class 'keras."
"""That a layer stands where a tensor is expected: no claim is about that."""
NAMED = {
    "__init__": "constructor",
    "call": "call",
    "__call__": "call",
    "set_weights": "set_weights",
}
"""How a claim calls a function of the layer."""
READ = 20_000
"""How many characters are read of the beginning of a text, and of its end."""
MESSAGE = 2000
"""How many characters are kept of a message."""
LEAST = 8
"""Words of an error are known by as many letters, or together with others."""


class Known(NamedTuple):
    """Words by which an error of a claim is known."""

    claim: str
    types: tuple[str, ...]
    """The types that it may have; any, if there is none."""
    words: tuple[tuple[str, ...], ...]
    """Of each tuple one must occur."""
    where: str = ""
    """Which releases print them, where not all do."""


class Error(NamedTuple):
    """A pasted error."""

    type: str
    message: str
    """What it says, on a line."""
    layer: str
    expected: str
    """How many axes it expected; empty, if it does not say."""
    given: str
    shapes: tuple[str, ...]
    """The shapes that it names."""
    code: str = ""
    """The line of the asker's program that raised it, if it is shown."""

    @property
    def elsewhere(self) -> bool:
        """Whether it names a layer that no claim is about."""
        return bool(ELSEWHERE.match(self.layer))

    @property
    def text(self) -> str:
        """The error as the last line of a traceback."""
        return f"{self.type}: {self.message}".strip(": ")


def shorten(text: str) -> str:
    """Return what is read of a text: its beginning and its end."""
    return text if len(text) <= 2 * READ else f"{text[:READ]}\n{text[-READ:]}"


def read(text: str) -> Error | None:
    """Return the error that a text shows last; nothing, if it shows none."""
    text = shorten(text)
    matches = list(LAST.finditer(text))
    if matches:
        after = text[matches[-1].end("message") :]
        kind = matches[-1]["type"]
        wrapped = WRAPPED.match(matches[-1]["message"].strip())
        after = _within(after) if wrapped else after.split("\n\n")[0]
        message = f"{matches[-1]['message']} {after}"
    elif any(pattern.search(text) for pattern in UNTYPED):
        kind = ""
        message = text
    else:
        return None
    message = " ".join(message.split())[:MESSAGE]
    layer = LAYER.search(message)
    axes = NDIM.search(message)
    dimensions = DIMENSIONS.search(message)
    shapes = tuple(dict.fromkeys(SHAPE.findall(message)))
    if dimensions and shapes:
        expected = dimensions[1]
        given = str(shapes[-1].count(",") + 1)
    else:
        expected, given = (axes[1], axes[2]) if axes else ("", "")
    name = next((part for part in layer.groups() if part), "") if layer else ""
    code = [line for pair in CODE.findall(text) for line in pair if line]
    return Error(kind, message, name, expected, given, shapes, code[-1][:MESSAGE] if code else "")


def _within(after: str) -> str:
    """Return the first paragraph of an error's text that tells what is wrong, and its node."""
    for paragraph in after.split("\n\n"):
        lines = paragraph.splitlines()
        if not all(FRAME.match(line) for line in lines):
            return " ".join(line for line in lines if NODE.match(line) or not FRAME.match(line))
    return ""


def meaning(error: Error) -> str:
    """Say what an error tells of the layer and the shapes, in a sentence or two."""
    layer = f"Layer `{error.layer}`" if error.layer else "The layer"
    if error.type.endswith("Warning"):
        return f"{layer} warned." if error.layer else ""
    shape = f" of shape `{error.shapes[0]}`" if error.shapes else ""
    if error.given:
        return f"{layer} expects {error.expected} axes, and received {error.given}{shape}."
    if error.layer and error.shapes:
        return f"{layer} refused what it received, `{error.shapes[-1]}`."
    return f"{layer} raised it." if error.layer else ""


def known_as(error: Error) -> list[Known]:
    """Return the claims' errors of which an error has all the words, the most telling first.

    Where its shapes or other words tell what is meant, it is one question, in place of claims.
    """
    if error.elsewhere:
        return []
    question = _of_shapes(error) or _of_words(error)
    if question:
        return [Known(question, (), ())]
    fitting = [known for known in all_known() if _fits(known, error)]
    return sorted(fitting, key=lambda known: -_letters(known, error))


def _of_words(error: Error) -> str:
    """Return the question that an error's words mean; nothing, if there is none."""
    words = f"{error.text} {error.code}"
    return next((question for pattern, question in MEANT if re.search(pattern, words)), "")


def _of_shapes(error: Error) -> str:
    """Return the question that two shapes in an error mean, by the first pattern found."""
    if match := TARGETS.search(error.message):
        question = _of_targets(*_pair(match))
        numbered = "target.ndim - 1" in error.message and question in OF_ONE_RANK
        return "targets-of-the-last-timestep" if numbered else question
    if match := CHECKED.search(error.message):
        kind, *sizes = match.groups()
        wanted, given = (re.findall(r"[\w?]+", part) for part in sizes)
        if kind == "target":
            return _of_targets(given, wanted)
        batch = ["None"] if len(wanted) == 2 else []
        return _of_inputs([*batch, *wanted], [*batch, *given])
    if match := INPUTS.search(error.message):
        return _of_inputs(*_pair(match))
    if match := LOGITS.search(error.message):
        logits, labels = _pair(match)
        return _of_logits(logits, labels)
    if match := SCORES.search(error.message):
        output, target = _pair(match)
        return _of_targets(target, output)
    if match := COMPARED.search(error.message):
        first, second = _pair(match)
        keras_three = "compile_loss" in match[0]
        return _of_targets(first, second) if keras_three else _of_targets(second, first)
    if match := LABELS.search(error.message):
        labels, logits = _pair(match)
        return _of_logits(logits, labels)
    if match := BATCHES.search(error.message):
        wanted, given = _pair(match)
        return "refused-last-batch" if wanted[1:] == given[1:] else ""
    return ""


def _pair(match: re.Match[str]) -> tuple[list[str], list[str]]:
    """Return the sizes of the two shapes of a match."""
    first, second = (part for part in match.groups() if part is not None)
    return re.findall(r"[\w?]+", first), re.findall(r"[\w?]+", second)


def _of_inputs(wanted: list[str], given: list[str]) -> str:
    """Return the question that the sizes of an input mean, and those that a model reads."""
    if wanted[1:] == given or (len(given) < len(wanted) and wanted[-1] != "1"):
        return "single-sample"
    if len(given) < len(wanted):  # Keras takes such data for sequences of single numbers
        return "other-number-of-timesteps"
    if wanted[-1:] != given[-1:]:
        return "feature-count"
    batches = {*wanted[:1], *given[:1]} - {"None"}
    return "batch-size-in-prediction" if len(batches) > 1 else "other-number-of-timesteps"


def _of_logits(logits: list[str], labels: list[str]) -> str:
    """Return the question that the shapes of outputs and classes mean, both with a row each."""
    if labels == [str(math.prod(int(size) for size in logits if size.isdigit()))]:
        return "one-hot-or-integers"
    rows = [int(sizes[0]) if sizes[:1] and sizes[0].isdigit() else 0 for sizes in (labels, logits)]
    fewer = rows[0] < rows[1]
    return "targets-with-return-sequences" if fewer else "targets-of-the-last-timestep"


def _of_targets(target: list[str], output: list[str]) -> str:
    """Return the question that the shapes of targets and output mean."""
    if target == output or target == output[:-1] or target == [*output[:-1], "1"] != output:
        return "one-hot-or-integers"
    if len(target) < len(output):
        return "targets-with-return-sequences"
    if len(target) > len(output):
        return "targets-of-the-last-timestep"
    return OF_ONE_RANK[target[1:-1] == output[1:-1]]


def _fits(known: Known, error: Error) -> bool:
    if LAYER_GIVEN in error.message:
        return False
    function = FUNCTION.search(error.message)
    if function and NAMED.get(function[1], function[1]) not in _statement(known.claim):
        return False
    of_type = not known.types or not error.type or error.type in known.types
    every = all(any(word in error.text for word in words) for words in known.words)
    return of_type and every and _letters(known, error) >= LEAST


def _letters(known: Known, error: Error) -> float:
    """Return how telling the words are: their letters; fewer, where others would do as well."""
    return sum(max(len(w) for w in ws if w in error.text) / len(ws) for ws in known.words)


@cache
def _statement(claim: str) -> str:
    return catalog.find(claim).statement


@cache
def all_known() -> tuple[Known, ...]:
    """Return the words of all errors that claims and deviations name."""
    return (*_of_claims(), *_of_deviations())


def _of_deviations() -> Iterator[Known]:
    for known in deviations.load():
        parts = deviations.alternatives(known.says)
        types = tuple(w.removesuffix(": ") for ws in parts for w in ws if TYPE.fullmatch(w))
        words = tuple(tuple(ws) for ws in parts if not any(map(TYPE.fullmatch, ws)))
        if types and words:
            yield Known(known.claim, types, words, where(known))


def _of_claims() -> Iterator[Known]:
    shared = _constants(ast.parse(REFUSALS.read_text(encoding="utf-8")))
    for file in sorted(catalog.CLAIMS.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {**shared, **_constants(tree)}
        for function in tree.body:
            if isinstance(function, ast.FunctionDef):
                yield from _of_function(function, constants)


def _of_function(function: ast.FunctionDef, constants: Mapping[str, ast.expr]) -> Iterator[Known]:
    marks = [d for d in function.decorator_list if _named(d, "claim")]
    local = {**constants, **_constants(function)}
    calls = [n for n in ast.walk(function) if _named(n, "assert_refused")]
    for mark in marks:
        for call in calls:
            _, kinds, *others = call.args  # type: ignore[attr-defined]
            words = tuple(filter(None, (_texts(other, local) for other in others)))
            if words:
                claim = ast.literal_eval(mark.args[0])  # type: ignore[attr-defined]
                yield Known(claim, _texts(kinds, local), words)


def _named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _constants(tree: ast.Module | ast.FunctionDef) -> dict[str, ast.expr]:
    """Return what single names are set to in a module, or in a function."""
    nodes = tree.body if isinstance(tree, ast.Module) else ast.walk(tree)
    assigned = [node for node in nodes if isinstance(node, ast.Assign)]
    pairs = ((node.targets[0], node.value) for node in assigned)
    return {target.id: value for target, value in pairs if isinstance(target, ast.Name)}


def _texts(node: ast.expr, names: Mapping[str, ast.expr], depth: int = 0) -> tuple[str, ...]:
    """Return the texts that an expression stands for, as far as it is written out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.Name) and node.id in names and depth < 5:
        return _texts(names[node.id], names, depth + 1)
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(t for part in node.elts for t in _texts(part, names, depth))
    if isinstance(node, ast.Starred):
        return _texts(node.value, names, depth)
    if isinstance(node, ast.JoinedStr):
        written = [part.value for part in node.values if isinstance(part, ast.Constant)]
        return tuple(str(part) for part in written if len(str(part)) >= 2 * LEAST)
    if isinstance(node, ast.IfExp):
        return (*_texts(node.body, names, depth), *_texts(node.orelse, names, depth))
    return ()
