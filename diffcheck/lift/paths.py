"""The paths of a function that branches on its numbers: its expression on each, read once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcheck.dtype import is_floating
from diffcheck.expression.nodes import StaticIndex
from diffcheck.expression.trace import Decide, Traced
from diffcheck.lift.primal import primal
from diffcheck.point import Point

Function = Callable[..., Any]
Key = tuple[Any, ...]


class Paths:
    """The expressions of a framework's function, path by path.

    Args:
        function: the framework's arrays in, by name, one array out.
        framework: `torch` or `jax`.
    """

    def __init__(self, function: Function, framework: str) -> None:
        self.function = function
        self.framework = framework
        self._read: dict[Key, list[Traced]] = {}

    def along(self, point: Point, decide: Decide) -> Traced:
        """The expression on the path that some answers lead along.

        Args:
            point: for everything but its conditions.
            decide: a condition → its answer; asked once for each, in their order.

        Raises:
            NotCovered: the function cannot be lifted.
        """
        told: list[bool] = []
        traced = self._on(point, told)
        while len(told) < len(traced.path):
            told.append(decide(traced.path[len(told)][0]))
            traced = self._on(point, told)
        return traced

    def _on(self, point: Point, told: Sequence[bool]) -> Traced:
        """The expression on a path that begins with these answers."""
        read = self._read.setdefault(_key(point), [])
        begun = (traced for traced in read if _answers(traced)[: len(told)] == tuple(told))
        found = next(begun, None)
        if found is None:
            found = primal(self.function, self.framework, point, told)
            if found.path:  # else it has no branch, or one that is not known: then another point may be another path
                read.append(found)
        return found


def _answers(traced: Traced) -> tuple[bool, ...]:
    return tuple(answer for _, answer in traced.path)


def _key(point: Point) -> Key:
    """All that decides what a function is, besides the answers to its conditions."""
    return tuple(
        (name, array.shape, array.dtype.name, None if is_floating(array.dtype) else StaticIndex(array))
        for name, array in point.arguments.items()
    )
