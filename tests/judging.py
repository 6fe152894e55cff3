"""Questions for the judge, in one line: a function, a point, and what somebody answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import Derivative, Task
from diffcheck.case import Case
from diffcheck.dtype import is_floating
from diffcheck.judge import judge
from diffcheck.point import Point
from diffcheck.record import Judgement
from diffcheck.reference.reference import Reference, refer

Function = Callable[..., Any]


def point_of(arguments: dict[str, Any], dtype: str) -> Point:
    """Numbers as arrays of a dtype; integer arrays stay."""
    arrays = {name: np.array(value) for name, value in arguments.items()}
    return Point({name: array if array.dtype.kind == "i" else array.astype(dtype) for name, array in arrays.items()})


def referred(function: Function, arguments: dict[str, Any], dtype: str = "float64", mode: str = "R") -> Reference:
    """What is true."""
    point = point_of(arguments, dtype)
    return refer(function, point, _floating(point), mode)


def judged(
    function: Function,
    answer: Any,
    *,
    dtype: str = "float64",
    mode: str = "R",
    bound: Any = None,
    value: Any = None,
    **x: Any,
) -> Judgement:
    """The judgement of an answer for the first argument, or for the output."""
    reference = referred(function, x, dtype, mode)
    name = next(iter(reference.entries))
    answers = {name: answer if answer is None else np.array(answer)}
    bounds = None if bound is None else {name: np.broadcast_to(np.asarray(bound, float), reference.entries[name].shape)}
    values = None if value is None else np.asarray(value)
    return judge(Derivative(values, answers, bounds), reference)


def asked(function: Function, backend: str, *, dtype: str = "float64", mode: str = "R", **x: Any) -> Judgement:
    """The judgement of what a framework answers."""
    point = point_of(x, dtype)
    wrt = _floating(point)
    case = Case("function", "tests", function, {}, wrt, (), "tests")
    derivative = BACKENDS[backend].differentiate(Task(function, point, wrt, mode, "", case))
    return judge(derivative, refer(function, point, wrt, mode))


def _floating(point: Point) -> tuple[str, ...]:
    return tuple(name for name, array in point.arguments.items() if is_floating(array.dtype))
