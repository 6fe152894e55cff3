"""Tracing at a point: what a function does there, where it branches on its data too."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

import numpy as np

from diffcheck.dtype import is_floating
from diffcheck.expression import nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Decide, Traced, TraceError, trace
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.certify import PRECISIONS
from diffcheck.reference.precision import precision

Function = Callable[..., Any]


def trace_at(function: Function, point: Point, beside: Mapping[str, np.ndarray] | None = None) -> Traced:
    """The expression of a function at a point; found again where it does not branch on data.

    Args:
        function: of arrays.
        point: where.
        beside: argument → balls, where it branches as it does there.
    """
    if hasattr(function, "traced_at"):  # somebody's own function brings its expression along
        return function.traced_at(point, beside)
    moving = {name: array for name, array in point.arguments.items() if is_floating(array.dtype)}
    static = {name: array for name, array in point.arguments.items() if not is_floating(array.dtype)}
    shapes = tuple((name, array.shape) for name, array in moving.items())
    key = tuple((name, nodes.StaticIndex(array)) for name, array in static.items())
    traced = _trace_without_point(function, shapes, key)
    return trace_along(function, point, decider_at(point, beside)) if traced is None else traced


def trace_turned(function: Function, point: Point, turned: int) -> Traced:
    """The expression of a function on another path: one of its conditions has the opposite answer."""
    decide = decider_at(point)
    count = itertools.count()

    def answer(condition: Node) -> bool:
        return decide(condition) != (next(count) == turned)

    return trace_along(function, point, answer)


def trace_along(function: Function, point: Point, decide: Decide) -> Traced:
    """The expression of a function on the path that the answers to its conditions lead along."""
    if hasattr(function, "traced_along"):
        return function.traced_along(point, decide)
    moving = {name: array.shape for name, array in point.arguments.items() if is_floating(array.dtype)}
    static = {name: array for name, array in point.arguments.items() if name not in moving}
    return trace(function, moving, static, decide)


@lru_cache(maxsize=512)
def _trace_without_point(
    function: Function, shapes: tuple[Any, ...], static: tuple[tuple[str, nodes.StaticIndex], ...]
) -> Traced | None:
    """The expression of a function that does not branch on its data; `None` for one that does."""
    branched = False

    def note(_: Node) -> bool:
        nonlocal branched
        branched = True
        raise TraceError("the function branches on its data")

    try:
        return trace(function, dict(shapes), {name: index.positions for name, index in static}, note)
    except TraceError:
        if branched:
            return None
        raise


def tied_paths(function: Function, point: Point, most: int) -> list[Traced] | None:
    """The expressions of a function on every path that it may take for other answers to conditions that are tied.

    Args:
        function: of arrays.
        point: where.
        most: if there are more paths, the answer is `None`.
    """
    numbers = {name: array for name, array in point.arguments.items() if is_floating(array.dtype)}
    decide = decider_at(point)
    found: list[Traced] = []
    begun: list[list[bool]] = [[]]
    while begun:
        if len(found) == most:
            return None
        given = begun.pop()
        taken: list[bool] = []

        def answer(condition: Node, given: list[bool] = given, taken: list[bool] = taken) -> bool:
            if not ties(condition, numbers):
                return decide(condition)
            taken.append(given[len(taken)] if len(taken) < len(given) else decide(condition))
            return taken[-1]

        found.append(trace_along(function, point, answer))
        begun += [[*taken[:k], not taken[k]] for k in range(len(given), len(taken))]
    return found


def decider_at(point: Point, beside: Mapping[str, np.ndarray] | None = None) -> Decide:
    """Answers conditions at a point, or beside it in balls; the point's become balls when the first is asked."""

    @cache
    def made() -> Decide:
        if beside is not None:
            return decider(beside)
        return decider({name: exact_balls(x) for name, x in point.arguments.items() if is_floating(x.dtype)})

    def decide(condition: Node) -> bool:
        return made()(condition)

    return decide


def decider(inputs: Mapping[str, np.ndarray]) -> Decide:
    """Answers conditions at a point, given in balls, by as much precision as it takes.

    What was computed for one condition is kept for the next, so that a traced loop is evaluated once.
    """
    known: dict[int, dict[Node, np.ndarray]] = {bits: {} for bits in PRECISIONS}

    def decide(condition: Node) -> bool:
        for bits in PRECISIONS:
            with precision(bits):
                answer = evaluate([condition], inputs, BallAlgebra(), known[bits])[0].item()
            if answer.is_exact():
                return bool(answer != 0)
        raise TraceError(f"a condition cannot be decided with {bits} bits: both sides seem to be equal")

    return decide


def ties(condition: Node, inputs: Mapping[str, np.ndarray]) -> bool:
    """Whether both sides of a condition are equal, so that the function has a kink or a jump there."""
    everything = frozenset(nodes.topological([condition]))
    with precision(PRECISIONS[0]):
        exact = {name: exact_balls(values) for name, values in inputs.items()}
        [answer] = evaluate([condition], exact, BallAlgebra(everything))
    return not answer.item().is_exact()
