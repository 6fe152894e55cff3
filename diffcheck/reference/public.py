"""The reference for anybody: a function and numbers in, its certified derivative out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from diffcheck.case import Case
from diffcheck.dtype import is_floating
from diffcheck.point import Point
from diffcheck.reference.reference import Reference, refer

Function = Callable[..., Any]


def reference(
    function: Function,
    /,
    *,
    wrt: str | Iterable[str] | None = None,
    mode: str = "R",
    cotangent: Any = None,
    **arguments: Any,
) -> Reference:
    """Certify the derivative of a function at a point.

    Args:
        function: a case, or any function of arrays of the array API standard.
        wrt: the arguments to differentiate with respect to; by default all that are not integers.
        mode: R, the gradient (the cotangent pulled back); F, the directional derivative.
        cotangent: weighs the entries of an output that is not a scalar; by default all ones.
        **arguments: the point; numbers and lists are float64, NumPy arrays keep their dtype: those of
            integers are constants of the function, except where `wrt` names them.

    Returns:
        a `Reference`: `.lower[name]` and `.upper[name]` lie around the true derivative.

    Raises:
        TraceError, NotCovered: the function cannot be traced; the message says why.
        ValueError: there is no such mode or argument, or nothing to differentiate.

    Example:
        >>> reference(lambda x: 5 * x**2 - 4 * x, x=1.0).lower
        {'x': array(6.)}
    """
    if mode not in ("R", "F"):
        raise ValueError(f"no mode {mode!r}; R is the gradient, F the directional derivative")
    named = (wrt,) if isinstance(wrt, str) else None if wrt is None else tuple(wrt)
    arrays = {name: _array(function, name, value, named or ()) for name, value in arguments.items()}
    point = Point(arrays, None if cotangent is None else np.asarray(cotangent, dtype=float))
    return refer(function, point, _differentiated(function, arrays, named), mode)


def _array(function: Function, name: str, value: Any, named: tuple[str, ...]) -> np.ndarray:
    if isinstance(function, Case) and name in function.domains:
        is_integer = function.domains[name].kind == "integer"
    else:
        is_integer = isinstance(value, np.ndarray) and value.dtype.kind in "iu" and name not in named
    if is_integer:
        return np.asarray(value, dtype=np.int64)
    if isinstance(value, np.ndarray) and is_floating(value.dtype):
        return value
    return np.asarray(value, dtype=np.float64)


def _differentiated(
    function: Function, arrays: Mapping[str, np.ndarray], named: tuple[str, ...] | None
) -> tuple[str, ...]:
    if named is None and isinstance(function, Case):
        return function.wrt
    floating = tuple(name for name, array in arrays.items() if is_floating(array.dtype))
    chosen = floating if named is None else named
    if unknown := [name for name in chosen if name not in arrays]:
        raise ValueError(f"wrt names {unknown[0]!r}; the arguments are {', '.join(arrays)}")
    if constant := [name for name in chosen if name not in floating]:
        raise ValueError(f"wrt names {constant[0]!r}, which holds integers and has no derivative")
    if arrays and not chosen:
        raise ValueError("nothing to differentiate: arrays of integers are constants; give floats, or name one in wrt")
    return chosen
