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
    tangents: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> Reference:
    """Certify the derivative of a function at a point.

    Args:
        function: a case, or any function of arrays of the array API standard.
        wrt: the arguments to differentiate with respect to; by default all that are not integers.
        mode: R, the gradient (the cotangent pulled back); F, the directional derivative. Longer words are
            of higher order: FR, the Hessian times the tangent, as RR and RF; FF, along the tangent twice.
        cotangent: weighs the entries of an output that is not a scalar; by default all ones.
        tangents: argument → along what it moves; by default all ones.
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
        >>> reference(lambda x: 5 * x**2 - 4 * x, x=1.0, mode="FR").lower
        {'x': array(10.)}
    """
    if not mode or set(mode) - {"R", "F"}:
        raise ValueError(f"no mode {mode!r}; R is the gradient, F the directional derivative, FR and FF are of order 2")
    named = (wrt,) if isinstance(wrt, str) else None if wrt is None else tuple(wrt)
    arrays = {name: _array(function, name, value, named or ()) for name, value in arguments.items()}
    weights = None if cotangent is None else np.asarray(cotangent, dtype=float)
    point = Point(arrays, weights, _tangents(tangents or {}, arrays))
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


def _tangents(given: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    if unknown := [name for name in given if name not in arrays]:
        raise ValueError(f"tangents name {unknown[0]!r}; the arguments are {', '.join(arrays)}")
    try:
        return {name: np.broadcast_to(np.asarray(given[name], float), arrays[name].shape) for name in given}
    except ValueError:
        raise ValueError("a tangent does not have the shape of its argument") from None


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
