"""What is known of the values in a program is true of them."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from lstm_spec.reviews.network import UNKNOWN
from lstm_spec.reviews.program import program
from lstm_spec.reviews.values import Array, Listing, Table, calculated, is_number, items_of, same

SHAPES = [
    "np.zeros((3, 4))",
    "np.ones([2, 3, 4])",
    "np.full((2, 5), 7)",
    "np.random.rand(4, 3, 2)",
    "np.random.randint(0, 5, size=[6, 2])",
    "np.random.normal(0, 1, (7, 2))",
    "np.array([[1, 2, 3], [4, 5, 6]])",
    "np.array([[[1.0], [2.0]]])",
    "np.arange(12)",
    "np.arange(2, 20, 3)",
    "np.linspace(0, 1, 9)",
    "np.eye(4)",
    "np.zeros((3, 4)).T",
    "np.zeros((3, 4)) * 2 + 1",
    "-np.zeros((3, 4))",
    "np.zeros((3, 4)) > 0",
    "np.sin(np.zeros((3, 4)))",
    "np.zeros((3, 4))[:, None]",
    "np.zeros((3, 4))[None]",
    "np.zeros((3, 4))[..., None]",
    "np.zeros((3, 4))[..., np.newaxis]",
    "np.zeros((9, 4))[2:7]",
    "np.zeros((9, 4))[::2]",
    "np.zeros((9, 4))[-3:]",
    "np.zeros((9, 4))[:, 1:]",
    "np.zeros((9, 4, 2))[:, -1]",
    "np.zeros((9, 4, 2))[:, -1, :1]",
    "np.zeros((9, 4, 2))[0]",
    "np.zeros((6, 4)).reshape(3, 8)",
    "np.zeros((6, 4)).reshape((2, -1, 4))",
    "np.zeros((6, 4)).reshape(-1, 1)",
    "np.reshape(np.zeros((6, 4)), (4, 6))",
    "np.zeros((6, 4)).flatten()",
    "np.zeros((6, 4, 2)).mean(axis=1)",
    "np.zeros((6, 4, 2)).sum(axis=(0, 2))",
    "np.zeros((6, 4, 2)).argmax(axis=-1)",
    "np.zeros((6, 4, 2)).transpose(2, 0, 1)",
    "np.transpose(np.zeros((6, 4, 2)), (1, 0, 2))",
    "np.swapaxes(np.zeros((6, 4, 2)), 0, 2)",
    "np.expand_dims(np.zeros((6, 4)), 1)",
    "np.expand_dims(np.zeros((6, 4)), axis=-1)",
    "np.concatenate([np.zeros((2, 3)), np.zeros((5, 3))])",
    "np.concatenate([np.zeros((2, 3)), np.zeros((2, 1))], axis=1)",
    "np.stack([np.zeros((2, 3)), np.zeros((2, 3))])",
    "np.stack([np.zeros((2, 3)), np.zeros((2, 3))], axis=-1)",
    "np.zeros((2, 3)).astype('float32').copy()",
    "np.zeros_like(np.zeros((2, 3)))",
    "np.array([np.zeros(3), np.ones(3)])",
    "np.array([[i, 2 * i] for i in range(5)])",
    "np.zeros((2, 3))[np.array([0, 1, 1])][:, 0:2]",
    "np.eye(3)[[0, 2, 1, 1]]",
    "np.random.default_rng(0).normal(size=(2, 3))",
    "np.random.RandomState(0).rand(2, 3)",
    "np.random.default_rng(0).integers(0, 9, (4, 2))",
    "np.random.choice(5, 7)",
    "np.random.permutation(6)",
    "np.hstack([np.zeros((3, 1)), np.zeros((3, 2))])",
]


@pytest.mark.parametrize("expression", SHAPES)
def test_shape_is_that_of_numpy(expression: str) -> None:
    known = program(f"import numpy as np\nx = {expression}").shapes[2]
    real = eval(expression, {"np": np}).shape
    assert len(known) == len(real)
    wrong = [(a, b) for a, b in zip(known, real, strict=True) if a is not UNKNOWN and a != b]
    assert wrong == []
    assert UNKNOWN not in known or "np.array([0, 1, 1])" in expression


@pytest.mark.parametrize(
    "expression",
    ["np.zeros((2, 3)) + np.zeros((3,))", "np.load('x.npy')", "np.zeros(n)", "open('x').read()"],
)
def test_what_is_not_known_is_not_guessed(expression: str) -> None:
    assert program(f"import numpy as np\nx = {expression}").shapes.get(2) is None


WINDOWS = """
import numpy as np

def windows(series, steps, ahead):
    x, y = [], []
    for i in range(steps, len(series) - ahead):
        x.append(series[i - steps:i])
        end = i + ahead
        if end > len(series):
            break
        y.append(series[i:end, 0])
    return np.array(x), np.array(y)

series = np.random.rand(90, 4)
x, y = windows(series, 7, 2)
x = x + 0
y = y + 0
"""


def test_windows_that_are_cut_in_a_loop_have_a_length() -> None:
    lines = WINDOWS.splitlines()
    shapes = program(WINDOWS).shapes
    assert shapes[lines.index("x = x + 0") + 1] == (UNKNOWN, 7, 4)
    assert shapes[lines.index("y = y + 0") + 1] == (UNKNOWN, 2)


@pytest.mark.parametrize(
    ("changed", "shape"),
    [
        ("x.append(series[i - steps:i])", (UNKNOWN, 7, 4)),
        ("x.append(series[i - steps:end])", (UNKNOWN, UNKNOWN, 4)),
        ("x.append(series[i - steps:i]); x.append(series[0])", None),
        ("x.append(series[i - steps:i]); x.pop()", None),
        ("x.append(series[i])", (UNKNOWN, 4)),
        ("x.append(series[i, 0])", (UNKNOWN,)),
        ("x.append([series[i, 0], 1.0])", (UNKNOWN, 2)),
    ],
)
def test_what_is_appended_in_a_loop_must_be_alike(
    changed: str, shape: tuple[object, ...] | None
) -> None:
    text = WINDOWS.replace("x.append(series[i - steps:i])", changed)
    place = text.splitlines().index("x = x + 0") + 1
    assert program(text).shapes.get(place) == shape


@pytest.mark.parametrize(
    ("expression", "shape"),
    [
        ("df.values", (UNKNOWN, UNKNOWN)),
        ("df['close'].values", (UNKNOWN,)),
        ("df[['open', 'close']].dropna().to_numpy()", (UNKNOWN, 2)),
        ("MinMaxScaler().fit_transform(df[['open', 'close']])", (UNKNOWN, 2)),
        ("df.iloc[:, 0].values.reshape(-1, 1)", (UNKNOWN, 1)),
        ("df.groupby('day').mean().values.reshape(-1, 24, 7)", (UNKNOWN, 24, 7)),
        ("tf.random.normal((2, 3))", (2, 3)),
        ("keras.random.uniform((2, 3))", (2, 3)),
        ("train_test_split(np.zeros((9, 4)), np.zeros(9))[1]", (UNKNOWN, 4)),
    ],
)
def test_other_libraries_tell_some_axes(expression: str, shape: tuple[object, ...]) -> None:
    imports = (
        "import keras, numpy as np, pandas as pd, tensorflow as tf; "
        "from sklearn.preprocessing import MinMaxScaler; "
        "from sklearn.model_selection import train_test_split\n"
        "df = pd.read_csv('x.csv')\n"
    )
    assert program(f"{imports}x = {expression}").shapes[3] == shape


def test_plain_values_are_calculated() -> None:
    def value(text: str) -> object:
        node = ast.parse(text, mode="eval").body
        assert isinstance(node, ast.BinOp)
        return calculated(node.op, ast.literal_eval(node.left), ast.literal_eval(node.right))

    texts = ["2 + 3", "7 // 2", "7 % 4", "2 ** 5", "1.5 * 4", "'a' + 'b'", "(1,) + (2, 3)"]
    assert [value(text) for text in texts] == [eval(text) for text in texts]
    unknown = ["1 // 0", "2 ** 10000", "10000000000000000 * 2", "'a' * 9", "1 + 'a'", "(-8) ** 0.5"]
    assert [value(text) for text in unknown] == [UNKNOWN] * len(unknown)


def test_values_are_the_same_only_if_that_is_known() -> None:
    assert same(Array((2, 3)), Array((2, 3)))
    assert not same(Array((2, 3)), Array((3, 2)))
    assert not same(True, 1)
    assert not same(Listing([1]), Listing([1]))
    assert same((1, "a"), (1, "a"))


def test_what_a_value_yields() -> None:
    assert items_of((1, 2)) == [1, 2]
    assert items_of(Listing([3])) == [3]
    assert items_of(Table({"a": 1})) == ["a"]
    assert items_of(Listing(None)) is None
    assert items_of(5) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1", None])
def test_only_finite_numbers_are_numbers(value: object) -> None:
    assert not is_number(value)
    assert is_number(1.5)
