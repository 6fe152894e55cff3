"""torch: what it runs to compute a derivative, ATen operation by ATen operation, as a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression.closed_form import COTANGENT, OUTPUT, tangent_name
from diffcheck.expression.nodes import Node
from diffcheck.lift.aten_graph import Lifted, NoRule, lift_graph
from diffcheck.lift.aten_source import line_that_calls
from diffcheck.lift.aten_trace import PRIMAL, DependsOnData, HoldsTensors, Recipe, Slot, trace
from diffcheck.lift.departures import Watched
from diffcheck.lift.program import NotLifted, Program
from diffcheck.point import Point

if TYPE_CHECKING:
    from diffcheck.lift.asked import Asked

Function = Callable[..., Any]
Path = tuple[tuple[Node, bool], ...]


def torch_program(function: Function, point: Point, wrt: Iterable[str], mode: str) -> Program:
    """The program that torch runs to differentiate a function at a point, in the point's dtype.

    One that depends on shapes and integers only is found again for another point.

    Args:
        function: torch tensors in, by name, one tensor out.
        point: where. Its integers are constants of the program, and so is a cotangent of ones
            (the default); any other is the input `cotangent`.
        wrt: the arguments to differentiate with respect to.
        mode: R, `torch.autograd.grad`; F, `torch.func.jvp`; or a longer word over both.

    Raises:
        NotLifted: torch cannot be traced here, or an operation has no rule; the message names it.
    """
    wrt = tuple(wrt)
    watched = Watched(function)
    found = _found(watched, point, wrt, mode)
    value, *entries = found.outputs
    assert value is not None
    named = dict(zip(wrt if "R" in mode else (OUTPUT,), entries, strict=True))
    return Program(value, named, watched.held, found.branches)


def torch_primal(function: Function, point: Point) -> Node:
    """The function's value at a point, as torch computes it.

    Raises:
        NotLifted: as `torch_program`.
    """
    return torch_primal_along(function, point, ())[0]


def torch_primal_along(function: Function, point: Point, told: Sequence[bool]) -> tuple[Node, Path]:
    """The function's value on the path that it takes at a point, and that path.

    Args:
        function: torch tensors in, by name, one tensor out.
        point: where.
        told: answers for the first conditions that the function asks for, whatever they are at the point.

    Raises:
        NotLifted: as `torch_program`.
    """
    found = _found(function, point, (), PRIMAL, told)
    [value] = found.outputs
    assert value is not None
    return value, found.path


@dataclass(frozen=True)
class _Found:
    """What torch runs.

    Attributes:
        outputs: the function's value, and its entries.
        branches: whether the numbers of the point may have decided which they are.
        path: the conditions that the function asked for, with their answers; none where they are not known.
    """

    outputs: list[Node | None]
    branches: bool = False
    path: Path = ()


def _found(function: Function, point: Point, wrt: tuple[str, ...], mode: str, told: Sequence[bool] = ()) -> _Found:
    """What torch runs at a point."""
    inputs = _inputs(point, wrt, mode)
    recipe = Recipe(function, tuple(point.arguments), wrt, mode, point.dtype.name, COTANGENT not in inputs)
    slots = tuple(Slot.of(name, array) for name, array in inputs.items())
    found = _of_any_point(recipe, slots)
    if isinstance(found, HoldsTensors):
        return _Found(_lifted(recipe, slots, list(inputs.values()), at_point=True).outputs)
    if isinstance(found, DependsOnData):
        return _at_point(recipe, slots, list(inputs.values()), told)
    if isinstance(found, NotLifted):
        raise NotLifted(str(found))
    return _Found(found)


def _at_point(recipe: Recipe, slots: tuple[Slot, ...], arrays: list[np.ndarray], told: Sequence[bool]) -> _Found:
    """What torch runs at this point only."""
    from diffcheck.lift.asked import Asked

    asked = Asked(told)
    lifted = _lifted(recipe, slots, arrays, at_point=True, asked=asked)
    if not asked.is_all or None in lifted.conditions or len(lifted.conditions) != len(asked.answers):
        return _Found(lifted.outputs, branches=True)
    pairs = zip(lifted.conditions, asked.answers, strict=True)
    return _Found(lifted.outputs, True, tuple((node, answer) for node, answer in pairs if node is not None))


def _inputs(point: Point, wrt: tuple[str, ...], mode: str) -> dict[str, np.ndarray]:
    """What the traced function is called with: arguments, then the cotangent or the tangents."""
    inputs = dict(point.arguments)
    if "R" in mode and point.cotangent is not None:
        inputs[COTANGENT] = point.cotangent
    if mode not in (PRIMAL, "R"):
        inputs |= {tangent_name(name): point.tangent_for(name) for name in wrt}
    return inputs


@lru_cache(maxsize=512)
def _of_any_point(recipe: Recipe, slots: tuple[Slot, ...]) -> list[Node | None] | NotLifted:
    """The nodes of a program that depends on shapes and integers only; for any other, why not."""
    try:
        return _lifted(recipe, slots, [slot.example() for slot in slots], at_point=False).outputs
    except NotLifted as reason:
        return reason


def _lifted(
    recipe: Recipe, slots: tuple[Slot, ...], arrays: list[np.ndarray], *, at_point: bool, asked: Asked | None = None
) -> Lifted:
    graph = trace(recipe, arrays, at_point=at_point, asked=asked)
    function = recipe.function
    held = function.held if isinstance(function, Watched) and function.left else None
    try:
        return lift_graph(graph, slots, recipe.dtype, held)
    except NoRule as reason:
        raise NotLifted(f"{reason}{line_that_calls(reason.operation, recipe, arrays)}") from reason
