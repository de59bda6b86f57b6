"""Writes what a claim's test does with one case, as straight code with plain Keras and NumPy.

The test is run once more, statement by statement. What follows from the case alone, such as the
numbers of the reference, is computed on the way and stands in the program as a literal. What
Keras has a part in is run too, and written down. The project's own functions are entered, so that
their statements are written and not their calls; of a branch, the side that is taken; of a loop,
its rounds. The program ends where the test does: at its end, or at the failure.
"""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import keyword
import linecache
import random
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import count
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from lstm_spec.harness import subject
from lstm_spec.run.script import SEEDED, Definitions, is_assumption, way_of
from lstm_spec.run.script.idioms import Substitute, idiom
from lstm_spec.run.script.values import (
    IMPURE,
    Frame,
    UnwritableError,
    Value,
    computed,
    hint_of,
    is_builtin,
    is_callable,
    is_foreign,
    is_ours,
    is_pure,
    is_simple,
    known,
    measures,
    refuse,
    root,
    text,
)

ASKED = {subject.takes, subject.has, subject.backend, subject.release, subject.gpus}
"""Functions whose answers about the installed Keras the program need not ask for again."""
MOST_ROUNDS = 8
"""Loops of more rounds are written as loops."""
MOST_KNOWN = 600
"""Rounds over what is known, which may leave nothing in the program."""
SHORT = 48
"""Characters of a literal that is written where it is used, without a name."""
MUTABLE = (list, dict, set)
CHANGING = {"append", "extend", "insert", "add", "update", "pop", "clear", "setdefault"}

LONGEST = 200
"""How many lines a short program has at most."""


@dataclass
class Writer:
    """Runs a test and writes the program."""

    blocks: list[list[ast.stmt]] = field(default_factory=lambda: [[]])
    used: set[str] = field(default_factory=set)
    """The names that the program has."""
    arrays: dict[int, tuple[Any, str]] = field(default_factory=dict)
    """The literals that have a name, by identity."""
    fields: dict[int, tuple[Any, str]] = field(default_factory=dict)
    """The arrays of cases, each with its name there, by identity."""
    globals: dict[str, tuple[Any, Mapping[str, Any]]] = field(default_factory=dict)
    """The names that the program takes from modules, each with where it stands."""
    depth: int = 0
    failure: Exception | None = None
    """What the test raised."""

    # Writing.

    def emit(self, statement: ast.stmt) -> None:
        """Add a statement to the program."""
        self.blocks[-1].append(statement)

    def fresh(self, name: str) -> str:
        """Return a name that the program does not have yet."""
        name = name.strip("_")
        if not name.isidentifier() or keyword.iskeyword(name):
            name = "value"
        free = next(n for n in _numbered(name) if n not in self.used and not hasattr(builtins, n))
        self.used.add(free)
        return free

    def assign(self, name: str, node: ast.expr) -> ast.Name:
        """Give an expression a name in the program."""
        name = self.fresh(name)
        self.emit(ast.Assign([ast.Name(name, ast.Store())], node))
        return ast.Name(name, ast.Load())

    def named(self, value: Value, name: str) -> Value:
        """Return a value whose expression may be written more than once."""
        if value.known and is_dataclass(value.value):
            for part in fields(value.value):
                array = getattr(value.value, part.name)
                if isinstance(array, np.ndarray):
                    self.fields.setdefault(id(array), (array, part.name))
        if value.items is not None:
            parts = [self.named(part, name) for part in value.items]
            return self.display(value.value, parts)
        if value.known or value.body or value.fields or is_simple(value.node):
            return value
        return computed(value.value, self.assign(name, self.node(value)))

    def node(self, value: Value) -> ast.expr:
        """Return the expression of a value in the program."""
        if value.node is not None:
            return value.node
        if value.body:
            return self.function(value)
        if value.items is not None:
            kind = ast.List if isinstance(value.value, list) else ast.Tuple
            return kind([self.node(part) for part in value.items], ast.Load())
        if value.fields:
            refuse(f"a {type(value.value).__name__}")
        return self.literal(value.value, value.hint)

    def literal(self, value: Any, hint: str = "") -> ast.expr:
        """Write a value that is known; a long one is given a name."""
        if id(value) in self.arrays:
            return ast.Name(self.arrays[id(value)][1], ast.Load())
        hint = self.fields.get(id(value), (None, hint))[1]
        if isinstance(value, (list, tuple)):
            kind = ast.List if isinstance(value, list) else ast.Tuple
            return kind([self.literal(part, hint) for part in value], ast.Load())
        if isinstance(value, dict):
            values = [self.literal(part, str(key)) for key, part in value.items()]
            return ast.Dict([self.literal(key) for key in value], values)
        if isinstance(value, FunctionType) and is_ours(value):
            return self.node(self.module_value(value.__name__, value.__globals__))
        owner = getattr(value, "__self__", None)
        if callable(value) and owner is not None and not isinstance(owner, ModuleType):
            return ast.Attribute(self.literal(owner), value.__name__, ast.Load())
        if isinstance(value, slice):
            ends = (value.start, value.stop, value.step)
            return ast.Slice(*(None if end is None else self.literal(end) for end in ends))
        words = text(value)
        node = ast.parse(words, mode="eval").body
        if "np." in words:
            self.globals.setdefault("np", (np, {"np": np}))
        if isinstance(value, str) or (
            len(words) <= SHORT and not (isinstance(value, np.ndarray) and hint)
        ):
            return node
        name = self.assign(hint or "value", node).id
        self.arrays[id(value)] = value, name
        return ast.Name(name, ast.Load())

    # Expressions.

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
        return self.module_value(node.id, frame.globals)

    def module_value(self, name: str, names: Mapping[str, Any]) -> Value:
        """Return what a module, or Python, calls by a name."""
        if name not in names:
            value = getattr(builtins, name)
            return Value(value, ast.Name(name, ast.Load()), value not in IMPURE)
        value = names[name]
        if names is vars(subject) and value is subject.UNDRAWN:
            value = {}  # what lstm() builds is given its weights in the next line
        if not is_callable(value) and is_pure(value):
            return known(value, name.lower())
        if self.globals.setdefault(name, (value, names))[0] is not value:
            refuse(f"two things are called {name}")
        self.used.add(name)
        return Value(value, ast.Name(name, ast.Load()), is_pure(value))

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
        return self.run(residual or self.node(base), lambda: getattr(base.value, node.attr))

    def field(self, record: Value, name: str) -> Value:
        """Return a field or a property of a case."""
        assert record.fields
        if name in record.fields:
            return record.fields[name]
        if name in ("batch", "timesteps", "features", "units"):
            return known(getattr(record.value, name))
        return self.enter(getattr(type(record.value), name).fget, [record], {})

    def run(self, node: ast.expr, action: Callable[[], Any]) -> Value:
        """Do something that Keras has a part in; if it fails, the program ends with it."""
        try:
            return computed(action(), node)
        except Exception:
            self.emit(ast.Expr(node))
            raise

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
            return self.display(eval(code, values), chosen) if isinstance(chosen, list) else chosen
        nodes = {f"_{k}": self.node(part) for k, part in enumerate(parts)}
        return self.run(Substitute(nodes).visit(shape), lambda: eval(code, values))

    def _slice(self, node: ast.Slice, frame: Frame) -> Value:
        ends = (node.lower, node.upper, node.step)
        parts = [None if end is None else self.expr(end, frame) for end in ends]
        value = slice(*(None if part is None else part.value for part in parts))
        if all(part is None or part.known for part in parts):
            return known(value)
        return computed(
            value, ast.Slice(*(None if part is None else self.node(part) for part in parts))
        )

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
        nodes = [self.node(part) for part in parts if not part.known or part is parts[-1]]
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
        return shown, ast.FormattedValue(self.node(value), conversion, form)

    def _lambda(self, node: ast.Lambda, frame: Frame) -> Value:
        self.fix(node, frame)
        value = self.native(node, frame)
        return Value(value, None, False, (node, frame))

    def fix(self, node: ast.AST, frame: Frame) -> None:
        """Give a name in the program to what a function may change while Keras calls it."""
        for name in _changed(node):
            home = frame.find(name)
            if home and home.names[name].known and isinstance(home.names[name].value, MUTABLE):
                self.materialize(name, home)

    def materialize(self, name: str, frame: Frame) -> None:
        """Turn a known variable into one of the program."""
        value = frame.names[name].value
        frame.names[name] = computed(value, self.assign(name, self.literal(value)))

    def native(self, node: Any, frame: Frame) -> Any:
        """Return the value of an expression, run by Python itself."""
        source = ast.unparse(node)
        file = f"<claim {len(linecache.cache)}>"
        linecache.cache[file] = (len(source), None, [source], file)  # for Keras may ask for it
        return eval(compile(source, file, "eval"), {**frame.globals, **_visible(frame)})

    def function(self, value: Value) -> ast.expr:
        """Write a function that was made on the way."""
        assert value.body
        node, frame = value.body
        written: ast.expr = _Fold(self, frame, _bound(node)).visit(copy.deepcopy(node))
        return written

    def parts(self, value: Value) -> list[Value]:
        """Return the elements of something that is iterated over."""
        if value.items is not None:
            return list(value.items)
        elements = list(value.value)
        if value.known or isinstance(value.value, range):
            return [known(part, value.hint) for part in elements]
        node = self.node(value)
        if not isinstance(value.value, (list, tuple)):
            node = ast.Call(ast.Name("list", ast.Load()), [node], [])
        if not is_simple(node):
            node = self.assign("parts", node)
        return [
            computed(part, ast.Subscript(node, ast.Constant(k), ast.Load()))
            for k, part in enumerate(elements)
        ]

    def _element(self, value: Any, node: ast.expr) -> Value:
        return known(value) if isinstance(node, ast.Constant) else computed(value, node)

    def _listcomp(self, node: Any, frame: Frame) -> Value:
        rounds = self.rounds(node.generators, frame)
        if isinstance(node, ast.DictComp):
            pairs = [(self.expr(node.key, f), self.expr(node.value, f)) for f in rounds]
            values = {key.value: part.value for key, part in pairs}
            if all(key.known and part.known for key, part in pairs):
                return known(values)
            keys: list[ast.expr | None] = [self.node(key) for key, _ in pairs]
            return computed(values, ast.Dict(keys, [self.node(part) for _, part in pairs]))
        parts = [self.expr(node.elt, inner) for inner in rounds]
        return self.display([part.value for part in parts], parts)

    _dictcomp = _listcomp

    def spread(self, node: ast.Starred, frame: Frame) -> list[Value]:
        """Return the elements of a starred expression."""
        if isinstance(node.value, ast.GeneratorExp):
            return self.parts(self._listcomp(node.value, frame))
        return self.parts(self.expr(node.value, frame))

    def _generatorexp(self, node: ast.GeneratorExp, frame: Frame) -> Value:
        refuse("a generator")

    def _setcomp(self, node: ast.SetComp, frame: Frame) -> Value:
        value = self._listcomp(node, frame)
        if value.known:
            return known(set(value.value))
        return computed(
            set(value.value), ast.Call(ast.Name("set", ast.Load()), [self.node(value)], [])
        )

    def display(self, value: Any, parts: Sequence[Value]) -> Value:
        """Return a list or tuple of values."""
        if all(part.known for part in parts):
            return known(value)
        return Value(value, items=list(parts))

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
        parts = self.parts(value)
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
        return self.display(kind(part.value for part in parts), parts)

    _list = _tuple

    def _dict(self, node: ast.Dict, frame: Frame) -> Value:
        pairs: list[tuple[Value, Value]] = []
        for key, part in zip(node.keys, node.values, strict=True):
            value = self.expr(part, frame)
            if key is not None:
                pairs.append((self.expr(key, frame), value))
            else:
                pairs += [(known(k), v) for k, v in self.items(value)]
        content = {key.value: part.value for key, part in pairs}
        if all(key.known and part.known for key, part in pairs):
            return known(content)
        last = {key.value: (key, part) for key, part in pairs}.values()
        keys: list[ast.expr | None] = [self.node(key) for key, _ in last]
        return computed(content, ast.Dict(keys, [self.node(part) for _, part in last]))

    def items(self, value: Value) -> list[tuple[Any, Value]]:
        """Return the keys and values of a dictionary."""
        if value.known:
            return [(key, known(part, str(key))) for key, part in value.value.items()]
        node = self.node(value)
        if isinstance(node, ast.Dict) and len(node.values) == len(value.value):
            pairs = zip(value.value.items(), node.values, strict=True)
            return [(key, self._element(part, n)) for (key, part), n in pairs]
        node = node if is_simple(node) else self.assign("options", node)
        return [
            (key, computed(part, ast.Subscript(node, self.literal(key), ast.Load())))
            for key, part in value.value.items()
        ]

    def _namedexpr(self, node: ast.NamedExpr, frame: Frame) -> Value:
        self.bind(node.target, self.expr(node.value, frame), frame)
        return frame.names[node.target.id]

    # Calls.

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        function = self.expr(node.func, frame)
        given: list[Value] = []
        for part in node.args:
            if isinstance(part, ast.Starred):
                given += self.spread(part, frame)
            elif isinstance(part, ast.GeneratorExp) and is_builtin(function.value):
                given.append(self._listcomp(part, frame))  # all, sum, tuple and the like
            else:
                given.append(self.expr(part, frame))
        named: dict[str, Value] = {}
        for word in node.keywords:
            value = self.expr(word.value, frame)
            named.update({word.arg: value} if word.arg else dict(self.items(value)))
        if self.appended(node, given, frame):
            return known(None)
        everything = [*given, *named.values()]
        if not all(part.known for part in everything) and isinstance(node.func, ast.Attribute):
            base = node.func.value
            if isinstance(base, ast.Name) and function.known:
                home = frame.find(base.id)
                if home and isinstance(home.names[base.id].value, (*MUTABLE, np.ndarray)):
                    self.materialize(base.id, home)
                    function = self.expr(node.func, frame)
        return self.call(function, given, named)

    def appended(self, node: ast.Call, given: Sequence[Value], frame: Frame) -> bool:
        """Append to a list that the program does not have, if that is what is called."""
        append = isinstance(node.func, ast.Attribute) and node.func.attr == "append"
        if not append or not isinstance(node.func, ast.Attribute):
            return False
        name = getattr(node.func.value, "id", "")
        home = frame.find(name)
        value = home.names[name] if home else None
        if home is None or value is None or not isinstance(value.value, list):
            return False
        if not value.known and value.items is None:
            return False
        parts = [*self.parts(value), self.named(given[0], name)]
        value.value.append(given[0].value)
        home.names[name] = self.display(value.value, parts)
        return True

    def call(self, function: Value, given: Sequence[Value], named: Mapping[str, Value]) -> Value:
        """Call a function: run it if all is known, enter it if it is ours, or write the call."""
        values = [part.value for part in given]
        words = {name: part.value for name, part in named.items()}
        if function.body:
            return self.enter_made(function, given, named)
        if write := idiom(function.value):
            return write(self, *given, **named)
        arguments = [*given, *named.values()]
        settled = any(function.value is asked for asked in ASKED)
        if (function.known or settled) and all(part.known for part in arguments):
            value = function.value(*values, **words)
            if settled or not is_foreign(value):
                if isinstance(value, Iterator):
                    value = list(value)
                return known(value, hint_of(function.value))
        if hasattr(function.value, "_fields"):  # a NamedTuple
            bound = inspect.signature(function.value).bind(*given, **named)
            parts = list(bound.arguments.values())
            return self.display(function.value(*(part.value for part in parts)), parts)
        if is_ours(function.value):
            return self.enter(function.value, given, named)
        node = ast.Call(
            self.node(function),
            [self.node(part) for part in given],
            [ast.keyword(name, self.node(part)) for name, part in named.items()],
        )
        return self.run(node, lambda: function.value(*values, **words))

    def enter(self, f: Any, given: Sequence[Value], named: Mapping[str, Value]) -> Value:
        """Run a function of the project."""
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(f))).body
        bound = inspect.signature(f).bind(*given, **named)
        return self.body(node, bound, Frame({}, f.__globals__))

    def enter_made(
        self, function: Value, given: Sequence[Value], named: Mapping[str, Value]
    ) -> Value:
        """Run a function that was made on the way."""
        assert function.body
        node, frame = function.body
        bound = inspect.signature(function.value).bind(*given, **named)
        return self.body(node, bound, Frame({}, frame.globals, frame))

    def body(self, node: Any, bound: inspect.BoundArguments, frame: Frame) -> Value:
        """Run a function's body."""
        parameters = bound.signature.parameters
        for name, parameter in parameters.items():
            value = bound.arguments.get(name)
            if parameter.kind is parameter.VAR_POSITIONAL:
                parts = value or ()
                frame.names[name] = self.display(tuple(p.value for p in parts), parts)
            elif parameter.kind is parameter.VAR_KEYWORD:
                pairs = value or {}
                plain = {word: part.value for word, part in pairs.items()}
                if all(part.known for part in pairs.values()):
                    frame.names[name] = known(plain)
                else:
                    keys: list[ast.expr | None] = [ast.Constant(word) for word in pairs]
                    nodes = [self.node(part) for part in pairs.values()]
                    frame.names[name] = computed(plain, ast.Dict(keys, nodes))
            elif value is None:
                frame.names[name] = known(parameter.default)
            else:
                frame.names[name] = self.named(value, name)
        self.depth += 1
        if self.depth > 40:
            refuse("functions call each other too deeply")
        try:
            if isinstance(node, ast.Lambda):
                return self.expr(node.body, frame)
            result = self.block(node.body, frame)
            return known(None) if result is None else result
        finally:
            self.depth -= 1

    # Statements.

    def block(self, statements: Sequence[ast.stmt], frame: Frame) -> Value | None:
        """Run statements; return what they return, if they do."""
        for statement in statements:
            method = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if method is None:
                refuse(f"a statement {type(statement).__name__}")
            result: Value | None = method(statement, frame)
            if result is not None:
                return result
        return None

    def _expr(self, node: ast.Expr, frame: Frame) -> None:
        if not is_assumption(node):
            self.write(self.expr(node.value, frame))

    def write(self, value: Value) -> None:
        """Write an expression for what it does, if it does anything."""
        if not value.known and (value.items or value.node) and not is_simple(value.node):
            self.emit(ast.Expr(self.node(value)))

    def _return(self, node: ast.Return, frame: Frame) -> Value:
        value = self.expr(node.value, frame) if node.value else known(None)
        return self.named(value, "result") if self.blocks[1:] else value

    def _pass(self, node: ast.Pass, frame: Frame) -> None:
        pass

    def _import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        names: dict[str, Any] = {}
        exec(compile(ast.Module([node], []), "<claim>", "exec"), names)
        del names["__builtins__"]
        if any(root(value) == "lstm_spec" for value in names.values()):
            refuse("an import of the project")
        for name, value in names.items():
            frame.names[name] = computed(value, ast.Name(name, ast.Load()))
            if name not in self.used:
                self.used.add(name)
                self.blocks[0].insert(0, node)

    _importfrom = _import

    def _assign(self, node: ast.Assign, frame: Frame) -> None:
        value = self.expr(node.value, frame)
        for target in node.targets:
            self.bind(target, value, frame)

    def _annassign(self, node: ast.AnnAssign, frame: Frame) -> None:
        if node.value:
            self.bind(node.target, self.expr(node.value, frame), frame)

    def _augassign(self, node: ast.AugAssign, frame: Frame) -> None:
        load = copy.deepcopy(node.target)
        load.ctx = ast.Load()
        self.bind(node.target, self.expr(ast.BinOp(load, node.op, node.value), frame), frame)

    def bind(self, target: ast.expr, value: Value, frame: Frame) -> None:
        """Assign a value to a target."""
        if isinstance(target, ast.Name):
            if value.known and not value.hint and isinstance(value.value, np.ndarray):
                value = known(value.value, target.id)
            frame.names[target.id] = self.named(value, target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target, value, frame)
        elif isinstance(target, ast.Attribute):
            base = self.expr(target.value, frame)
            if base.known:
                refuse("a known object is changed")
            place: Any = ast.Attribute(self.node(base), target.attr, ast.Store())
            self.emit(ast.Assign([place], self.node(value)))
            setattr(base.value, target.attr, value.value)
        elif isinstance(target, ast.Subscript):
            self.store(target, value, frame)
        else:
            refuse("an assignment")

    def store(self, target: ast.Subscript, value: Value, frame: Frame) -> None:
        """Assign a value to a part of another."""
        base = self.expr(target.value, frame)
        key = self.expr(target.slice, frame)
        settled = base.known and key.known and value.known and id(base.value) not in self.arrays
        if not settled:
            if base.known and isinstance(target.value, ast.Name):
                home = frame.find(target.value.id)
                assert home
                if id(base.value) not in self.arrays:
                    self.materialize(target.value.id, home)
                base = self.expr(target.value, frame)
            place = ast.Subscript(self.node(base), self.node(key), ast.Store())
            self.emit(ast.Assign([place], self.node(value)))
        base.value[key.value] = value.value

    def unpack(self, target: ast.Tuple | ast.List, value: Value, frame: Frame) -> None:
        """Assign the elements of a value to several targets."""
        if any(isinstance(part, ast.Starred) for part in target.elts):
            parts = self.parts(self.named(value, "parts"))
            k = next(k for k, part in enumerate(target.elts) if isinstance(part, ast.Starred))
            end = len(parts) - (len(target.elts) - k - 1)
            middle = self.display([p.value for p in parts[k:end]], parts[k:end])
            parts = [*parts[:k], middle, *parts[end:]]
        elif value.known or value.items is not None:
            parts = self.parts(value)
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
        names = [self.fresh(word) if word != "_" else "_" for word in words]
        stored: list[ast.expr] = [ast.Name(name, ast.Store()) for name in names]
        self.emit(ast.Assign([ast.Tuple(stored, ast.Store())], self.node(value)))
        return [
            computed(element, ast.Name(name, ast.Load()))
            for name, element in zip(names, elements, strict=True)
        ]

    def _if(self, node: ast.If, frame: Frame) -> Value | None:
        test = self.expr(node.test, frame)
        return self.block(node.body if test.value else node.orelse, frame)

    def _for(self, node: ast.For, frame: Frame) -> Value | None:
        value = self.expr(node.iter, frame)
        for part in self.few(value):
            self.bind(node.target, part, frame)
            result = self.block(node.body, frame)
            if result is not None:
                return result
        return self.block(node.orelse, frame)

    def _with(self, node: ast.With, frame: Frame) -> Value | None:
        if len(node.items) > 1:
            inside = ast.With(node.items[1:], node.body)
            return self._with(ast.With(node.items[:1], [inside]), frame)
        (item,) = node.items
        manager = self.expr(item.context_expr, frame)
        if manager.known:  # one of NumPy, about warnings
            with manager.value:
                return self.block(node.body, frame)
        target: ast.expr | None = None
        inner: list[ast.stmt] = []
        result = None
        try:
            with manager.value as entered:
                if item.optional_vars is not None:
                    word = getattr(item.optional_vars, "id", "entered")
                    target = ast.Name(self.fresh(word), ast.Store())
                    self.bind(item.optional_vars, computed(entered, _load(target)), frame)
                self.blocks.append(inner)
                try:
                    result = self.block(node.body, frame)
                finally:
                    self.blocks.pop()
        finally:
            items = [ast.withitem(self.node(manager), target)]
            self.emit(ast.With(items, inner or [ast.Pass()]))
        return result

    def _assert(self, node: ast.Assert, frame: Frame) -> None:
        test = node.test
        message: ast.expr | None = None
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            left = self.expr(test.left, frame)
            right = self.expr(test.comparators[0], frame)
            value = self.compare(test.ops[0], left, right, frame)
            if not value.value:
                left = self.named(left, "actual")
                right = self.named(right, "expected")
                value = self.compare(test.ops[0], left, right, frame)
                equal = isinstance(test.ops[0], (ast.Eq, ast.Is))
                middle = ast.Constant(", expected " if equal else ", compared with ")
                sides = self.formatted(left)[1], self.formatted(right)[1]
                message = ast.JoinedStr([sides[0], middle, sides[1]])
        else:
            value = self.expr(test, frame)
            if not value.value and node.msg is not None:
                message = self.node(self.expr(node.msg, frame))
        if not value.known or not value.value:
            self.emit(ast.Assert(self.node(value), message))
        if not value.value:
            raise AssertionError

    def compare(self, operator: ast.cmpop, left: Value, right: Value, frame: Frame) -> Value:
        """Compare two values."""
        sides = Frame({"left": left, "right": right}, frame.globals)
        names: list[ast.expr] = [ast.Name(name, ast.Load()) for name in sides.names]
        return self.expr(ast.Compare(names[0], [operator], names[1:]), sides)

    def _raise(self, node: ast.Raise, frame: Frame) -> None:
        assert node.exc
        value = self.expr(node.exc, frame)
        self.emit(ast.Raise(self.node(value)))
        raise value.value

    def _functiondef(self, node: ast.FunctionDef, frame: Frame) -> None:
        if node.decorator_list:
            refuse("a decorated function")
        self.fix(node, frame)
        name = self.fresh(node.name)
        folded = _Fold(self, frame, _bound(node)).visit(copy.deepcopy(node))
        folded.name = name
        self.emit(folded)
        scope = {**frame.globals, **_visible(frame)}
        exec(compile(ast.fix_missing_locations(ast.Module([node], [])), "<claim>", "exec"), scope)
        frame.names[node.name] = computed(scope[node.name], ast.Name(name, ast.Load()))


class _Fold(ast.NodeTransformer):
    """Writes a function: what is known in it as a literal, other names as the program has them."""

    def __init__(self, writer: Writer, frame: Frame, bound: set[str]) -> None:
        self.writer = writer
        self.frame = frame
        self.bound = bound

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            folded = self.folded(node)
            if folded is not None:
                return folded
        return super().visit(node)

    def folded(self, node: ast.expr) -> ast.expr | None:
        """Return a literal in place of an expression whose names are all known."""
        if isinstance(node, (ast.Lambda, ast.Constant, ast.JoinedStr, ast.Starred, ast.Slice)):
            return None
        names = _names(node)
        if names & self.bound:
            return None
        values = [self.writer.expr(ast.Name(name, ast.Load()), self.frame) for name in names]
        if isinstance(node, ast.Name):
            return self.writer.node(values[0])
        if all(value.known for value in values):
            return self.writer.node(self.writer.expr(node, self.frame))
        return None


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


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


def _bound(node: ast.AST) -> set[str]:
    """Return the names that a function binds."""
    names = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.ExceptHandler)):
            names.add(part.name or "")
    return names


def _visible(frame: Frame) -> dict[str, Any]:
    outer = _visible(frame.outer) if frame.outer else {}
    return {**outer, **{name: value.value for name, value in frame.names.items()}}


def _load(node: ast.Name) -> ast.Name:
    return ast.Name(node.id, ast.Load())


def _numbered(name: str) -> Iterable[str]:
    yield name
    for number in count(2):
        yield f"{name}_{number}"


def specialize(test: FunctionType, arguments: Mapping[str, Any]) -> Writer:
    """Run a claim's test with a case, and write what it does.

    Args:
        test: the claim's undecorated function.
        arguments: the case.

    Raises:
        UnwritableError: it does what is not understood here.
    """
    if measures(test):
        refuse("what a call costs is not a matter of one case")
    writer = Writer()
    writer.used |= {"np", "keras"}
    given = {name: known(value, name) for name, value in arguments.items()}
    try:
        writer.enter(test, [], given)
    except UnwritableError:
        raise
    except Exception as error:
        innermost = traceback.extract_tb(error.__traceback__)[-1].filename
        if isinstance(error, TypeError) and innermost == __file__:
            refuse(f"a call: {error}")
        writer.failure = error
    return writer


def program(test: FunctionType, arguments: Mapping[str, Any], heading: str) -> str:
    """Write the program that does with plain Keras and NumPy what a claim's test does with a case.

    Args:
        test: the claim's undecorated function.
        arguments: the case.
        heading: one line that the program begins with, as a comment.

    Raises:
        UnwritableError: the test does what is not understood here.
    """
    random.seed(0)  # as Hypothesis does before each case; Keras takes from it what seeds weights
    before = random.getstate()
    writer = specialize(test, {name: way_of(value) for name, value in arguments.items()})
    statements = writer.blocks[0]
    definitions = Definitions()
    for name in sorted(set().union(*map(_names, statements)) & set(writer.globals)):
        value, names = writer.globals[name]
        if isinstance(value, ModuleType):
            definitions.add_import(name, value)
        else:
            definitions.need(name, sys.modules[names["__name__"]])
    lines = [ast.unparse(ast.fix_missing_locations(statement)) for statement in statements]
    if random.getstate() != before and _draws("\n".join(lines)):
        lines.insert(0, SEEDED)
    imports = sorted(definitions.imports)
    text = "\n".join([f"# {heading}", *imports, "", *definitions.parts, *lines, ""])
    if text.count("\n") > LONGEST:
        raise UnwritableError(f"the program has more than {LONGEST} lines")
    return text


def _draws(text: str) -> bool:
    """Say whether a program computes with what is drawn at random: weights, or what is dropped."""
    return "set_weights" not in text or "dropout" in text
