"""Shapes for a formula: of a case's domains, or as a person types them, with names for dimensions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from reprlib import repr as short
from typing import Any

import sympy as sp

from diffcheck.case import Case
from diffcheck.domain import Domain, Size

Shapes = dict[str, tuple[Any, ...]]

SMALL_SIZE = 2
"""The size of a named dimension where entries are written out."""


def shapes_of(function: Callable[..., Any], typed: Mapping[str, Any]) -> tuple[Shapes, Shapes]:
    """Argument → shape, with symbols for named dimensions, and with small numbers for them.

    Args:
        function: a case, or any function.
        typed: argument → shape; of a plain function, what is left out is a scalar.

    Raises:
        ValueError: what was typed is no shape, or not for an argument of this function.
    """
    if isinstance(function, Case):
        declared = _declared(function, typed)
        lowest = function.dims
    else:
        declared = _typed(function, typed)
        lowest = {}
    symbolic = {name: tuple(map(_symbol, shape)) for name, shape in declared.items()}
    small = {name: tuple(_number(size, lowest) for size in shape) for name, shape in declared.items()}
    return symbolic, small


def _declared(case: Case, typed: Mapping[str, Any]) -> Shapes:
    if typed:
        raise ValueError(f"{case.id} has shapes of its own: write closed_form({case.name})")
    return {name: domain.shape for name, domain in case.domains.items()}


def _typed(function: Callable[..., Any], typed: Mapping[str, Any]) -> Shapes:
    parameters = inspect.signature(function).parameters.values()
    if unknown := [name for name in typed if name not in {one.name for one in parameters}]:
        taken = ", ".join(one.name for one in parameters)
        raise ValueError(f"{unknown[0]!r} is not an argument of {function.__name__}({taken})")
    named = [one.name for one in parameters if one.default is one.empty or one.name in typed]
    return {name: _shape(name, typed.get(name, ())) for name in named}


def _shape(name: str, typed: Any) -> tuple[Size, ...]:
    """A shape, however it is typed.

    Raises:
        ValueError: these are numbers, or may be: `[2, 3]` is a point as well as a shape.
    """
    if isinstance(typed, Domain):
        return typed.shape
    sizes = typed if isinstance(typed, tuple) else (typed,)
    if all(isinstance(size, int | str | sp.Basic) and not isinstance(size, bool) for size in sizes):
        return sizes
    raise ValueError(
        f"{name}={short(typed)} is no shape; closed_form takes shapes: {name}=() for a scalar, {name}=3 or {name}='n' "
        f"for a vector, {name}=('m', 'n') for a matrix. For numbers there are reference and table"
    )


def _symbol(size: int | str) -> Any:
    return sp.Symbol(size, integer=True, positive=True) if isinstance(size, str) else size


def _number(size: int | str, dims: Mapping[str, tuple[int, int]]) -> int:
    if isinstance(size, int):
        return size
    low, high = dims.get(size, (1, SMALL_SIZE))
    return min(max(low, SMALL_SIZE), high)
