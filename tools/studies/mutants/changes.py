"""What may be changed in a node of a syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

WIDTH = 60
"""How many characters of a changed text a description shows."""

COMPARISONS = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
NEGATED = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult}
WORDS = {
    "tanh": "sigmoid",
    "sigmoid": "tanh",
    "glorot_uniform": "glorot_normal",
    "orthogonal": "glorot_uniform",
    "zeros": "ones",
    "concat": "sum",
}
SIBLINGS = [
    (r"(.+_)i$", r"\1f"),
    (r"(.+_)f$", r"\1c"),
    (r"(.+_)c$", r"\1o"),
    (r"(.+_)o$", r"\1i"),
    (r"^z([012])$", lambda match: f"z{int(match[1]) + 1}"),
    (r"^h_tm1$", "c_tm1"),
    (r"^c_tm1$", "h_tm1"),
    (r"^activation$", "recurrent_activation"),
    (r"^recurrent_activation$", "activation"),
    (r"^dropout$", "recurrent_dropout"),
    (r"^recurrent_dropout$", "dropout"),
    (r"^kernel_(\w+)$", r"recurrent_\1"),
    (r"^recurrent_(regularizer|constraint|initializer)$", r"kernel_\1"),
    (r"^forward_(\w+)$", r"backward_\1"),
    (r"^backward_(\w+)$", r"forward_\1"),
]
"""A name and one of the same kind: another gate, state, weight or direction."""


def variants(node: ast.AST, function: ast.FunctionDef) -> list[ast.AST]:
    """Return what a node of a function may become."""
    changed = {ast.unparse(new): new for new in _variants(node, function)}
    return [new for text, new in changed.items() if text != ast.unparse(node)]


def describe(node: ast.AST, new: ast.AST) -> str:
    """Say what changes: the texts from where they begin to differ, or a line that is new."""
    before = ast.unparse(node)
    after = ast.unparse(new)
    if len(after.splitlines()) > len(before.splitlines()):
        return next(line.strip() for line in after.splitlines() if line not in before)
    if isinstance(new, (ast.Pass, ast.Expr)):
        return f"{_short(before)} -> (nothing)"
    start = next((k for k, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    start = before.rfind(" ", 0, start) + 1 if len(before) > WIDTH else 0
    return f"{_short(before[start:])} -> {_short(after[start:])}"


def _short(text: str) -> str:
    return " ".join(text.split())[:WIDTH]


def _variants(node: ast.AST, function: ast.FunctionDef) -> Iterator[ast.AST]:
    if node is function:
        yield from _arguments(function)
    if isinstance(node, ast.stmt):
        yield from _statement(node, function)
    for kind, change in EXPRESSIONS.items():
        if isinstance(node, kind):
            yield from change(node)


def _arguments(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Ignore an argument; give it another default."""
    names = [part.arg for part in function.args.args][::-1]
    defaults = function.args.defaults[::-1]
    for number, (name, default) in enumerate(zip(names, defaults, strict=False)):
        ignore = ast.parse(f"{name} = {ast.unparse(default)}").body
        skip = 1 if ast.get_docstring(function) else 0
        body = [*function.body[:skip], *ignore, *function.body[skip:]]
        yield _with(function, body=body)
        for other in _constant(default) if isinstance(default, ast.Constant) else ():
            changed = [*defaults[:number], other, *defaults[number + 1 :]][::-1]
            yield _with(function, args=_with(function.args, defaults=changed))


def _statement(node: ast.stmt, function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Drop a statement, where what follows still has its names; turn a condition round."""
    if isinstance(node, (ast.Raise, ast.AugAssign)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        # A bare super() keeps the function's hold on its class.
        yield ast.parse("super()").body[0] if "super()" in ast.unparse(node) else ast.Pass()
    if isinstance(node, ast.Assign) and _bound_before(node, function):
        yield ast.Pass()
    if isinstance(node, ast.If) and not _negated_elsewhere(node.test):
        yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))


def _bound_before(node: ast.Assign, function: ast.FunctionDef) -> bool:
    bound = {part.arg for part in function.args.args}
    for other in ast.walk(function):
        if isinstance(other, ast.Assign) and other.lineno < node.lineno:
            bound |= {n.id for t in other.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    names = [t.id for t in node.targets if isinstance(t, ast.Name)]
    return all(isinstance(t, (ast.Attribute, ast.Subscript, ast.Name)) for t in node.targets) and (
        set(names) <= bound
    )


def _negated_elsewhere(test: ast.expr) -> bool:
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], NEGATED)
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _constant(node: ast.Constant) -> Iterator[ast.expr]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value in WORDS:
        yield ast.Constant(WORDS[value])


def _compare(node: ast.Compare) -> Iterator[ast.expr]:
    for number, operator in enumerate(node.ops):
        if other := COMPARISONS.get(type(operator)):
            yield _with(node, ops=[*node.ops[:number], other(), *node.ops[number + 1 :]])


def _bool_op(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for number in range(len(node.values)):
        rest = node.values[:number] + node.values[number + 1 :]
        yield _with(node, values=rest) if len(rest) > 1 else rest[0]


def _unary_op(node: ast.UnaryOp) -> Iterator[ast.expr]:
    if isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand


def _bin_op(node: ast.BinOp) -> Iterator[ast.expr]:
    if other := OPERATORS.get(type(node.op)):
        yield _with(node, op=other())


def _aug_assign(node: ast.AugAssign) -> Iterator[ast.AST]:
    if other := OPERATORS.get(type(node.op)):
        yield _with(node, op=other())


def _slice(node: ast.Slice) -> Iterator[ast.expr]:
    if node.lower:
        yield _with(node, lower=None)
    if node.upper:
        yield _with(node, upper=None)


def _call(node: ast.Call) -> Iterator[ast.expr]:
    yield from (_with(node, args=swapped) for swapped in _swaps(node.args))
    for number, keyword in enumerate(node.keywords):
        if keyword.arg:
            yield _with(node, keywords=node.keywords[:number] + node.keywords[number + 1 :])


def _sequence(node: ast.Tuple | ast.List) -> Iterator[ast.expr]:
    yield from (_with(node, elts=swapped) for swapped in _swaps(node.elts))


def _dict(node: ast.Dict) -> Iterator[ast.expr]:
    for number in range(len(node.keys)):
        yield ast.Dict(
            node.keys[:number] + node.keys[number + 1 :],
            node.values[:number] + node.values[number + 1 :],
        )


def _name(node: ast.Name) -> Iterator[ast.expr]:
    if isinstance(node.ctx, ast.Load) and (other := _sibling(node.id)):
        yield _with(node, id=other)


def _attribute(node: ast.Attribute) -> Iterator[ast.expr]:
    if isinstance(node.ctx, ast.Load) and (other := _sibling(node.attr)):
        yield _with(node, attr=other)


def _sibling(name: str) -> str | None:
    for pattern, other in SIBLINGS:
        if re.search(pattern, name):
            return re.sub(pattern, other, name)
    return None


def _swaps(parts: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Yield the list with two neighbours swapped, for each two."""
    for k in range(len(parts) - 1):
        if not any(isinstance(part, ast.Starred) for part in parts[k : k + 2]):
            yield [*parts[:k], parts[k + 1], parts[k], *parts[k + 2 :]]


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """Return a copy of a node with other fields."""
    return ast.copy_location(type(node)(**{**dict(ast.iter_fields(node)), **fields}), node)


EXPRESSIONS = {
    ast.Constant: _constant,
    ast.Compare: _compare,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _unary_op,
    ast.BinOp: _bin_op,
    ast.AugAssign: _aug_assign,
    ast.Slice: _slice,
    ast.Call: _call,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Dict: _dict,
    ast.Name: _name,
    ast.Attribute: _attribute,
}
