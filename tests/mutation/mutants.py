"""What may be wrong with a function: every single change that a careful reader could overlook."""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
#: Words for people and for the log: a change in them is looked at, not tested.
WORDING = frozenset({"_", "gettext", "gettext_lazy", "ngettext", "pgettext", "info", "warning", "debug", "exception"})


@dataclass(frozen=True)
class Mutant:
    """One change. `function` is the qualified name and `born` the line its code begins at, as the compiler counts."""

    path: str
    function: str
    born: int
    line: int
    was: str
    became: str
    place: int  # the how-manyth change of its file
    text: str = field(compare=False, repr=False)  # the file as it was read

    @property
    def key(self) -> str:
        """Stable while lines move: for the list of survivors that are explained."""
        return f"{self.path}::{self.function}: {self.was} → {self.became}"

    def code(self, root: Path) -> types.CodeType:
        """The changed function. Made only for the mutants of a sample: it takes a whole file to compile one."""
        tree = ast.parse(self.text)
        (function, _name), node, new = list(_changed(tree))[self.place]
        node.is_target = True  # type: ignore[attr-defined]
        if any(isinstance(each, ast.Name) and each.id == "super" for each in ast.walk(function)):
            # Without super() the code would have one free variable less than the function it is put into.
            function.body.append(ast.Expr(ast.Name("__class__", ast.Load())))
        changed = ast.fix_missing_locations(_Change(new).visit(tree))
        found = _code_of(compile(changed, str(root / self.path), "exec"), self.function, self.born)
        if found is None:
            raise LookupError(f"the compiler made nothing of {self.path}::{self.function}")
        return found


class _Change(ast.NodeTransformer):
    """Replace the one node marked as the target."""

    def __init__(self, new: ast.AST) -> None:
        self.new = new

    def visit(self, node: ast.AST) -> ast.AST:
        if getattr(node, "is_target", False):
            return ast.copy_location(self.new, node)
        return self.generic_visit(node)


def mutants_of(path: Path, root: Path) -> Iterator[Mutant]:
    """Every mutant of the functions of one file, in the order of its lines."""
    text = path.read_text(encoding="utf-8")
    name = str(path.relative_to(root))
    for place, ((function, qualified), node, new) in enumerate(_changed(ast.parse(text))):
        born = min([function.lineno, *(each.lineno for each in function.decorator_list)])
        yield Mutant(name, qualified, born, node.lineno, _short(node), _short(new), place, text)  # type: ignore[attr-defined]


def _changed(tree: ast.Module) -> Iterator[tuple[tuple[ast.FunctionDef, str], ast.AST, ast.AST]]:
    """(function and its name, the node, what stands in its place), in a fixed order."""
    for function, qualified in _functions(tree):
        for node, new in _changes(function):
            yield (function, qualified), node, new


def _functions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Functions and methods of the module; what is defined inside one belongs to it."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node, node.name
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name not in ("__str__", "__repr__"):
                    yield inner, f"{node.name}.{inner.name}"


def _changes(function: ast.FunctionDef) -> Iterator[tuple[ast.AST, ast.AST]]:
    for statement in function.body:
        yield from _within(statement)


def _within(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    if isinstance(node, ast.Call) and _called(node) in WORDING:
        return
    if isinstance(node, ast.JoinedStr):
        return
    yield from ((node, new) for new in _alternatives(node))
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                yield from _within(each)


def _alternatives(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=right):
            yield ast.Compare(left, [COMPARISONS[type(operator)]()], right)
        case ast.BoolOp(op=operator, values=values):
            yield ast.BoolOp(ast.And() if isinstance(operator, ast.Or) else ast.Or(), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS and not _is_text(node):
            yield ast.BinOp(left, OPERATORS[type(operator)](), right)
        case ast.AugAssign(target=target, op=ast.Add() | ast.Sub() as operator, value=value):
            yield ast.AugAssign(target, OPERATORS[type(operator)](), value)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.Return(value=value) if value is not None and not (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield ast.Return(ast.Constant(None))
        case ast.Raise(exc=raised) if raised is not None:
            yield ast.Pass()
        case ast.Expr(value=ast.Call() as call) if _called(call) not in WORDING:
            yield ast.Pass()
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() as test, body=body, orelse=orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.IfExp(test=ast.Name() | ast.Attribute() | ast.Call() as test, body=body, orelse=orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Continue():
            yield ast.Break()


def _is_text(node: ast.BinOp) -> bool:
    """`"%s" % x` and `"a" + b` are wording."""
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _short(node: ast.AST) -> str:
    """The change on one line; of a branch only its condition."""
    match node:
        case ast.If(test=test):
            text = f"if {ast.unparse(test)}"
        case _:
            text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:60]} … {text[-27:]}"


def _code_of(code: types.CodeType, qualified: str, born: int) -> types.CodeType | None:
    if code.co_qualname == qualified and code.co_firstlineno == born:
        return code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found = _code_of(constant, qualified, born)
            if found is not None:
                return found
    return None
