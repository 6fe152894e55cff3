"""The source of somebody's own function or class, and the names that it takes from elsewhere."""

from __future__ import annotations

import ast
import inspect
import linecache
import symtable
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from diffcheck.script.refusal import Unwritable

_LAMBDA = "<lambda>"

_OWN_SCOPE = ("__class__",)
"""What Python itself binds inside a class."""


@dataclass(frozen=True)
class OwnSource:
    """What somebody wrote.

    Attributes:
        tree: its definition, or a lambda, without docstrings and annotations.
        namespace: what its names mean.
    """

    tree: ast.FunctionDef | ast.ClassDef | ast.Lambda
    namespace: Mapping[str, Any]

    @property
    def text(self) -> str:
        """As Python reads it."""
        return ast.unparse(self.tree)

    @property
    def is_decorated(self) -> bool:
        """Whether more than the definition makes it what it is."""
        return bool(getattr(self.tree, "decorator_list", ()))

    def names(self) -> list[str]:
        """The names that it does not bind itself."""
        return sorted(set(_free(symtable.symtable(self.text, "script", "exec"))) - set(_OWN_SCOPE))

    def free_names(self) -> dict[str, Any]:
        """The names that it takes from elsewhere, without Python's own, and what they mean.

        Raises:
            Unwritable: one means nothing.
        """
        names = self.names()
        missing = [name for name in names if name not in self.namespace and not _is_builtin(name)]
        if missing:
            raise Unwritable(f"{missing[0]} is not to be found")
        return {name: self.namespace[name] for name in names if name in self.namespace}


def own_source(value: Any) -> OwnSource:
    """Find the source of a function or a class.

    Raises:
        Unwritable: it has none.
    """
    found = inspect.unwrap(value) if callable(value) else value
    if getattr(found, "__name__", "") == _LAMBDA:
        return OwnSource(_lambda(found), _namespace(found))
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(found))).body[0]
    except (OSError, TypeError, SyntaxError):
        raise Unwritable("its source cannot be found") from None
    if not isinstance(tree, (ast.FunctionDef, ast.ClassDef)):
        raise Unwritable("its source is no definition")
    if isinstance(tree, ast.FunctionDef) and found is value:
        tree.decorator_list = []  # what they made of it is another thing, or they left it as it is
    return OwnSource(_Bare().visit(tree), _namespace(found))


def _namespace(value: Any) -> dict[str, Any]:
    """What the names in a function or in the methods of a class mean."""
    module = sys.modules.get(value.__module__ or "")
    functions = [value] if inspect.isfunction(value) else [*filter(None, map(_function, vars(value).values()))]
    found = dict(vars(module)) if module else {}
    for function in functions:
        found |= function.__globals__
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                found[name] = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
    return found


def _function(member: Any) -> Callable[..., Any] | None:
    function = getattr(member, "__func__", member)
    return function if inspect.isfunction(function) else None


def _lambda(function: Any) -> ast.Lambda:
    """The innermost lambda whose body holds everything that the function's code comes from."""
    code = function.__code__
    text = "".join(linecache.getlines(code.co_filename, function.__globals__))
    try:
        tree = ast.parse(text)
    except SyntaxError:
        raise Unwritable("its source cannot be read") from None
    places = [
        ((line, column), (last, end))
        for line, last, column, end in code.co_positions()
        if None not in (line, last, column, end) and (line, column) < (last, end)
    ]
    holding = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno and _holds(node, places)
    ]
    if not holding:
        raise Unwritable("its source cannot be found")
    return min(holding, key=lambda node: len(ast.unparse(node)))


def _holds(node: ast.Lambda, places: list[Any]) -> bool:
    body = node.body
    start, end = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    return bool(places) and all(start <= first and last <= end for first, last in places)


def _free(table: symtable.SymbolTable) -> Iterator[str]:
    is_top = table.get_name() == "top"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (not symbol.is_assigned() if is_top else symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _free(child)


def _is_builtin(name: str) -> bool:
    return name in vars(sys.modules["builtins"])


class _Bare(ast.NodeTransformer):
    """Takes away what changes nothing: docstrings, and the annotations of functions."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.returns = None
        _drop_docstring(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        _drop_docstring(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node


def _drop_docstring(node: ast.FunctionDef | ast.ClassDef) -> None:
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:] or [ast.Pass()]
