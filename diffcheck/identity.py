"""Stable names: what makes two definitions, two points or two findings the same.

A finding's name depends on the case's id, the source of what is judged, the point, the backend, the
mode, the transform and the dtype, and on nothing else: neither on the run, nor on versions, nor on
where files lie.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcheck.case import Case
from diffcheck.point import Point
from diffcheck.record import Cell

SPELLING = "spelling"
LENGTH = 12  # hexadecimal digits: among 10⁵ names a collision has a chance of 2e-5


def definition_hash(case: Case) -> str:
    """A case's definition: its function, and whatever is judged against it."""
    judged = {**case.spellings, **case.handwritten_formulas}
    return _hash(_source(case.function), *(f"{name}: {_source(judged[name])}" for name in sorted(judged)))


def point_hash(point: Point | None) -> str:
    """A point: names, dtypes, shapes and every bit of its numbers."""
    return _hash(*_lines(point))


def record_id(case: Case, cell: Cell, point: Point | None) -> str:
    """The name of what a cell shows at a point; what `diffcheck replay` takes."""
    place = (cell.case, cell.backend, cell.mode, cell.transform, cell.dtype)
    return _hash(*place, _source(case.function), _judged_source(case, cell), point_hash(point))


def seed_of(seed: int, *names: str) -> int:
    """A seed for one part of a run, so that leaving out other parts does not change it."""
    return int(_hash(str(seed), *names), 16)


def _judged_source(case: Case, cell: Cell) -> str:
    """The source of what is judged, where it is not the function itself."""
    formula = case.handwritten_formulas.get(cell.transform)
    spelling = case.spellings.get(cell.backend) if cell.transform == SPELLING else None
    judged = formula or spelling
    return "" if judged is None else _source(judged)


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()[:LENGTH]


def _source(function: Callable[..., Any]) -> str:
    """A function's statements, without decorators, docstring, comments and layout."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return getattr(function, "__qualname__", type(function).__name__)
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef):
        return ast.unparse(definition)
    if ast.get_docstring(definition) is not None:
        definition.body = definition.body[1:] or [ast.Pass()]
    definition.decorator_list = []
    return ast.unparse(definition)


def _lines(point: Point | None) -> list[str]:
    if point is None:
        return []
    named = dict(point.arguments)
    if point.cotangent is not None:
        named["cotangent of the output"] = point.cotangent
    named |= {f"tangent of {name}": tangent for name, tangent in point.tangents.items()}
    return [f"{name} {_array(named[name])}" for name in sorted(named)]


def _array(array: np.ndarray) -> str:
    content = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
    return f"{array.dtype.name} {array.shape} {hashlib.sha256(content).hexdigest()}"
