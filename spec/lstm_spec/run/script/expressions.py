"""The expressions of a claim's test: run, and written where Keras has a part in them."""

from __future__ import annotations

import ast
import copy
import linecache
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from lstm_spec.run.script.idioms import Substitute
from lstm_spec.run.script.values import Frame, Value, computed, is_callable, is_pure, known, refuse
from lstm_spec.run.script.writer import Writer

MOST_ROUNDS = 8
"""Loops of more rounds are written as loops."""
MOST_KNOWN = 600
"""Rounds over what is known, which may leave nothing in the program."""
MUTABLE = (list, dict, set)
CHANGING = {"append", "extend", "insert", "add", "update", "pop", "clear", "setdefault"}


class Expressions:
    """Runs expressions, and binds names to what they give."""

    def __init__(self, writer: Writer, call: Callable[[ast.Call, Frame], Value]) -> None:
        """Begin with no names.

        Args:
            writer: writes the program.
            call: runs a call.
        """
        self.writer = writer
        self._call = call

    def expr(self, node: ast.expr, frame: Frame) -> Value:
        """Run an expression."""
        method = getattr(self, f"_{type(node).__name__.lower()}", self._other)
        value: Value = method(node, frame)
        return value

    def _constant(self, node: ast.Constant, frame: Frame) -> Value:
        return known(node.value)

    def _name(self, node: ast.Name, frame: Frame) -> Value:
        home = frame.find(node.id)
        if home:
            return home.names[node.id]
        return self.writer.module_value(node.id, frame.globals)

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Value:
        base = self.expr(node.value, frame)
        if base.fields:
            return self.field(base, node.attr)
        if base.items is not None and node.attr in getattr(base.value, "_fields", ()):
            part: Value = base.items[base.value._fields.index(node.attr)]
            return part
        residual = None
        if base.node is not None:
            residual = ast.Attribute(base.node, node.attr, ast.Load())
        if base.known:
            value = getattr(base.value, node.attr)
            pure = is_pure(value)
            if not pure and residual is None:
                refuse(f"{node.attr} is not known")
            keeps = residual if is_callable(value) or isinstance(value, ModuleType) else None
            return Value(value, keeps if pure else residual, pure, None, node.attr)
        expression = residual or ast.Attribute(self.writer.node(base), node.attr, ast.Load())
        return self.writer.run(expression, lambda: getattr(base.value, node.attr))

    def field(self, record: Value, name: str) -> Value:
        """Return a field or a property of a case."""
        assert record.fields
        if name in record.fields:
            return record.fields[name]
        if name in ("batch", "timesteps", "features", "units"):
            return known(getattr(record.value, name))
        return self.writer.call(Value(getattr(type(record.value), name).fget), [record], {})

    def _other(self, node: ast.expr, frame: Frame) -> Value:
        """Run an expression whose parts are all run before it, in their order."""
        shape = copy.copy(node)
        parts: list[Value] = []

        def replace(part: Any) -> Any:
            if not isinstance(part, ast.expr):
                return part
            parts.append(self.expr(part, frame))
            return ast.Name(f"_{len(parts) - 1}", ast.Load())

        for name, part in ast.iter_fields(node):
            new = list(map(replace, part)) if isinstance(part, list) else replace(part)
            setattr(shape, name, new)
        values = {f"_{k}": part.value for k, part in enumerate(parts)}
        code = compile(ast.fix_missing_locations(ast.Expression(shape)), "<claim>", "eval")
        if all(part.known for part in parts):
            return known(eval(code, values))
        if isinstance(node, ast.Subscript) and parts[0].items is not None:
            chosen = parts[0].items[parts[1].value]
            several = isinstance(chosen, list)
            return self.writer.display(eval(code, values), chosen) if several else chosen
        nodes = {f"_{k}": self.writer.node(part) for k, part in enumerate(parts)}
        return self.writer.run(Substitute(nodes).visit(shape), lambda: eval(code, values))

    def _slice(self, node: ast.Slice, frame: Frame) -> Value:
        ends = (node.lower, node.upper, node.step)
        parts = [None if end is None else self.expr(end, frame) for end in ends]
        value = slice(*(None if part is None else part.value for part in parts))
        if all(part is None or part.known for part in parts):
            return known(value)
        nodes = [None if part is None else self.writer.node(part) for part in parts]
        return computed(value, ast.Slice(*nodes))

    def _ifexp(self, node: ast.IfExp, frame: Frame) -> Value:
        test = self.expr(node.test, frame)
        return self.expr(node.body if test.value else node.orelse, frame)

    def _boolop(self, node: ast.BoolOp, frame: Frame) -> Value:
        ends = isinstance(node.op, ast.Or)
        parts = []
        for part in node.values:
            parts.append(self.expr(part, frame))
            if bool(parts[-1].value) == ends:
                break
        if all(part.known for part in parts):
            return parts[-1]
        nodes = [self.writer.node(part) for part in parts if not part.known or part is parts[-1]]
        return computed(parts[-1].value, ast.BoolOp(node.op, nodes) if nodes[1:] else nodes[0])

    def _joinedstr(self, node: ast.JoinedStr, frame: Frame) -> Value:
        parts: list[tuple[str, ast.expr]] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self.expr(part.value, frame)
                parts.append(self.formatted(value, part.conversion, part.format_spec))
            else:
                parts.append((ast.literal_eval(part), part))
        whole = "".join(shown for shown, _ in parts)
        if all(isinstance(part, ast.Constant) for _, part in parts):
            return known(whole)
        return computed(whole, ast.JoinedStr([part for _, part in parts]))

    def formatted(
        self, value: Value, conversion: int = -1, form: ast.expr | None = None
    ) -> tuple[str, ast.expr]:
        """Return a value as text, and the part of an f-string that gives it."""
        plain = repr(value.value) if conversion == ord("r") else value.value
        shown = format(plain, self.expr(form, Frame({}, {})).value if form else "")
        if value.known:
            return shown, ast.Constant(shown)
        return shown, ast.FormattedValue(self.writer.node(value), conversion, form)

    def _lambda(self, node: ast.Lambda, frame: Frame) -> Value:
        self.fix(node, frame)
        value = self.native(node, frame)
        return Value(value, None, False, (node, frame))

    def fix(self, node: ast.AST, frame: Frame) -> None:
        """Give a name in the program to what a function may change while Keras calls it."""
        for name in _changed(node):
            home = frame.find(name)
            if home and home.names[name].known and isinstance(home.names[name].value, MUTABLE):
                self.writer.materialize(name, home)

    def native(self, node: Any, frame: Frame) -> Any:
        """Return the value of an expression, run by Python itself."""
        source = ast.unparse(node)
        file = f"<claim {len(linecache.cache)}>"
        linecache.cache[file] = (len(source), None, [source], file)  # for Keras may ask for it
        return eval(compile(source, file, "eval"), {**frame.globals, **visible(frame)})

    def comprehended(self, node: Any, frame: Frame) -> Value:
        """Run a comprehension."""
        rounds = self.rounds(node.generators, frame)
        if isinstance(node, ast.DictComp):
            pairs = [(self.expr(node.key, f), self.expr(node.value, f)) for f in rounds]
            values = {key.value: part.value for key, part in pairs}
            if all(key.known and part.known for key, part in pairs):
                return known(values)
            keys: list[ast.expr | None] = [self.writer.node(key) for key, _ in pairs]
            return computed(values, ast.Dict(keys, [self.writer.node(part) for _, part in pairs]))
        parts = [self.expr(node.elt, inner) for inner in rounds]
        return self.writer.display([part.value for part in parts], parts)

    _listcomp = comprehended
    _dictcomp = comprehended

    def _generatorexp(self, node: ast.GeneratorExp, frame: Frame) -> Value:
        refuse("a generator")

    def _setcomp(self, node: ast.SetComp, frame: Frame) -> Value:
        value = self.comprehended(node, frame)
        if value.known:
            return known(set(value.value))
        node_of_set = ast.Call(ast.Name("set", ast.Load()), [self.writer.node(value)], [])
        return computed(set(value.value), node_of_set)

    def rounds(self, generators: Sequence[ast.comprehension], frame: Frame) -> Iterable[Frame]:
        """Yield the variables of each round of a comprehension."""
        if not generators:
            yield frame
            return
        first, *rest = generators
        for part in self.few(self.expr(first.iter, frame)):
            inner = Frame({}, frame.globals, frame)
            self.bind(first.target, part, inner)
            if all(self.expr(test, inner).value for test in first.ifs):
                yield from self.rounds(rest, inner)

    def few(self, value: Value) -> list[Value]:
        """Return the elements of something that is iterated over, if they are few."""
        parts = self.writer.parts(value)
        if len(parts) > (MOST_KNOWN if value.known else MOST_ROUNDS):
            refuse("a long loop")
        return parts

    def _tuple(self, node: ast.Tuple, frame: Frame) -> Value:
        parts: list[Value] = []
        for part in node.elts:
            if isinstance(part, ast.Starred):
                parts += self.spread(part, frame)
            else:
                parts.append(self.expr(part, frame))
        kind = tuple if isinstance(node, ast.Tuple) else list
        return self.writer.display(kind(part.value for part in parts), parts)

    _list = _tuple

    def spread(self, node: ast.Starred, frame: Frame) -> list[Value]:
        """Return the elements of a starred expression."""
        if isinstance(node.value, ast.GeneratorExp):
            return self.writer.parts(self.comprehended(node.value, frame))
        return self.writer.parts(self.expr(node.value, frame))

    def _dict(self, node: ast.Dict, frame: Frame) -> Value:
        pairs: list[tuple[Value, Value]] = []
        for key, part in zip(node.keys, node.values, strict=True):
            value = self.expr(part, frame)
            if key is not None:
                pairs.append((self.expr(key, frame), value))
            else:
                pairs += [(known(k), v) for k, v in self.writer.items(value)]
        content = {key.value: part.value for key, part in pairs}
        if all(key.known and part.known for key, part in pairs):
            return known(content)
        last = {key.value: (key, part) for key, part in pairs}.values()
        keys: list[ast.expr | None] = [self.writer.node(key) for key, _ in last]
        return computed(content, ast.Dict(keys, [self.writer.node(part) for _, part in last]))

    def _namedexpr(self, node: ast.NamedExpr, frame: Frame) -> Value:
        self.bind(node.target, self.expr(node.value, frame), frame)
        return frame.names[node.target.id]

    # Names.

    def bind(self, target: ast.expr, value: Value, frame: Frame) -> None:
        """Assign a value to a target."""
        if isinstance(target, ast.Name):
            if value.known and not value.hint and isinstance(value.value, np.ndarray):
                value = known(value.value, target.id)
            frame.names[target.id] = self.writer.named(value, target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target, value, frame)
        elif isinstance(target, ast.Attribute):
            base = self.expr(target.value, frame)
            if base.known:
                refuse("a known object is changed")
            place: Any = ast.Attribute(self.writer.node(base), target.attr, ast.Store())
            self.writer.emit(ast.Assign([place], self.writer.node(value)))
            setattr(base.value, target.attr, value.value)
        elif isinstance(target, ast.Subscript):
            self.store(target, value, frame)
        else:
            refuse("an assignment")

    def store(self, target: ast.Subscript, value: Value, frame: Frame) -> None:
        """Assign a value to a part of another."""
        base = self.expr(target.value, frame)
        key = self.expr(target.slice, frame)
        unnamed = id(base.value) not in self.writer.arrays
        settled = base.known and key.known and value.known and unnamed
        if not settled:
            if base.known and isinstance(target.value, ast.Name):
                home = frame.find(target.value.id)
                assert home
                if unnamed:
                    self.writer.materialize(target.value.id, home)
                base = self.expr(target.value, frame)
            place = ast.Subscript(self.writer.node(base), self.writer.node(key), ast.Store())
            self.writer.emit(ast.Assign([place], self.writer.node(value)))
        base.value[key.value] = value.value

    def unpack(self, target: ast.Tuple | ast.List, value: Value, frame: Frame) -> None:
        """Assign the elements of a value to several targets."""
        if any(isinstance(part, ast.Starred) for part in target.elts):
            parts = self.writer.parts(self.writer.named(value, "parts"))
            k = next(k for k, part in enumerate(target.elts) if isinstance(part, ast.Starred))
            end = len(parts) - (len(target.elts) - k - 1)
            middle = self.writer.display([p.value for p in parts[k:end]], parts[k:end])
            parts = [*parts[:k], middle, *parts[end:]]
        elif value.known or value.items is not None:
            parts = self.writer.parts(value)
        else:
            parts = self.together(target, value)
        if len(parts) != len(target.elts):
            refuse("an assignment of another length")
        for part, element in zip(target.elts, parts, strict=True):
            inner = part.value if isinstance(part, ast.Starred) else part
            self.bind(inner, element, frame)

    def together(self, target: ast.Tuple | ast.List, value: Value) -> list[Value]:
        """Write an assignment to several names."""
        elements = list(value.value)
        words = [part.id if isinstance(part, ast.Name) else "part" for part in target.elts]
        names = [self.writer.fresh(word) if word != "_" else "_" for word in words]
        stored: list[ast.expr] = [ast.Name(name, ast.Store()) for name in names]
        self.writer.emit(ast.Assign([ast.Tuple(stored, ast.Store())], self.writer.node(value)))
        return [
            computed(element, ast.Name(name, ast.Load()))
            for name, element in zip(names, elements, strict=True)
        ]


def _changed(node: ast.AST) -> set[str]:
    """Return the names of lists and dictionaries that a function may change."""
    changed: set[str] = set()
    for part in ast.walk(node):
        if not isinstance(part, (ast.Subscript, ast.Attribute)):
            continue
        stored = isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store)
        method = isinstance(part, ast.Attribute) and part.attr in CHANGING
        if (stored or method) and isinstance(part.value, ast.Name):
            changed.add(part.value.id)
    return changed


def visible(frame: Frame) -> dict[str, Any]:
    """Return the variables that a function sees, by name."""
    outer = visible(frame.outer) if frame.outer else {}
    return {**outer, **{name: value.value for name, value in frame.names.items()}}
