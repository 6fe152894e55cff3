"""A gradient formula written by hand, as a program: it runs on tracers as it does on arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from diffcheck.dtype import is_floating
from diffcheck.expression.closed_form import COTANGENT
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import trace
from diffcheck.lift.program import NotLifted, Program
from diffcheck.point import Point

Function = Callable[..., Any]


def formula_program(formula: Function, names: tuple[str, ...], function: Function, point: Point) -> Program:
    """What a formula computes, operation by operation.

    Args:
        formula: some of the function's arguments, and perhaps `cotangent`, in; `{argument: gradient}` out.
        names: the arguments that the formula takes.
        function: whose gradient it is.
        point: where.

    Raises:
        NotLifted: the formula branches on its data, or calls what is no function of the array API.
    """
    moving = {name: array.shape for name, array in point.arguments.items() if is_floating(array.dtype)}
    static = {name: array for name, array in point.arguments.items() if name not in moving}
    try:
        value = trace(function, moving, static).output
        answered = _traced(formula, names, {**moving, COTANGENT: value.shape}, static)
    except Exception as error:
        raise NotLifted(f"{type(error).__name__}: {error}") from error
    return Program(value, answered)


def _traced(
    formula: Function, names: tuple[str, ...], shapes: Mapping[str, Any], static: Mapping[str, np.ndarray]
) -> dict[str, Node | None]:
    """The node of every gradient; tracing returns one array, so the formula runs once for each."""
    listed: list[str] = []

    def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {name: arguments[COTANGENT if name == "cotangent" else name] for name in names}

    def names_of(**arguments: Any) -> Any:
        gradients = formula(**given(arguments))
        listed.extend(gradients)
        return next(iter(gradients.values()))

    trace(names_of, shapes, static)

    def one(name: str) -> Node:
        def gradient(**arguments: Any) -> Any:
            return formula(**given(arguments))[name]

        return trace(gradient, shapes, static).output

    return {name: one(name) for name in listed}
