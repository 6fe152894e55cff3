"""A function's explicit gradients, kept per branch, so that a second point costs no calculus.

Which branch a point takes is found by asking again, in order, what the function asked at earlier
points: a tree whose nodes are kink arguments and whose leaves are compiled gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcheck.symbolic.array import NotCovered
from diffcheck.symbolic.decider import AtPoint, sign_at
from diffcheck.symbolic.gradient import Argument, Explicit, explicit_gradient
from diffcheck.symbolic.program import Program, Values, compiled
from diffcheck.symbolic.size import TooLarge


@dataclass(frozen=True)
class Leaf:
    """What a branch ends in.

    Attributes:
        program: the output's entries, then every gradient's, each flattened.
        shapes: `""` for the output and the names of the gradients → shape, in that order.
        tie: a kink lies exactly at the points of this branch.
    """

    program: Program
    shapes: Mapping[str, tuple[int, ...]]
    tie: bool


@dataclass
class _Node:
    """A kink argument and what follows each of its signs, or a leaf, or why there is none."""

    question: Program | None = None
    following: dict[int, _Node] = field(default_factory=dict)
    leaf: Leaf | None = None
    refusal: str = ""


class Refused(ValueError):
    """A branch on which the function cannot be run or differentiated; the message says why."""


class Derivation:
    """Explicit gradients of one function, or of its derivative along tangents, at given shapes and constants."""

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Argument],
        wrt: tuple[str, ...],
        cotangent: np.ndarray | None,
        tangents: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self._task = (function, arguments, wrt, cotangent)
        self._tangents = tangents
        self._root = _Node()

    def at(self, values: Values) -> Leaf:
        """The compiled gradient of the branch that a point takes; derived when it is the first there.

        Raises:
            Refused: the branch is too large, or uses what symbols do not have.
            Undefined: the function compares something that has no value at the point.
        """
        node = self._root
        while node.question is not None:
            node = node.following.setdefault(sign_at(node.question, values), _Node())
        if node.refusal:
            raise Refused(node.refusal)
        return node.leaf or self._derive(values)

    def _derive(self, values: Values) -> Leaf:
        decider = AtPoint(values)
        try:
            explicit = explicit_gradient(*self._task, decider, self._tangents)
            leaf = _compiled(explicit, bool(decider.ties))
        except (NotCovered, TooLarge) as error:
            self._end_of(decider).refusal = str(error)
            raise Refused(str(error)) from error
        self._end_of(decider).leaf = leaf
        return leaf

    def _end_of(self, decider: AtPoint) -> _Node:
        """Where the decider's answers lead to."""
        node = self._root
        for argument, sign in decider.asked:
            node.question = compiled((argument,))
            node = node.following.setdefault(sign, _Node())
        return node


def _compiled(explicit: Explicit, tie: bool) -> Leaf:
    arrays = {"": explicit.value, **explicit.entries}
    scalars = tuple(scalar for array in arrays.values() for scalar in array.flat)
    return Leaf(compiled(scalars), {name: array.shape for name, array in arrays.items()}, tie)


def split(leaf: Leaf, results: list[Any]) -> dict[str, np.ndarray]:
    """A program's results as one array for each name of the leaf."""
    arrays = {}
    start = 0
    for name, shape in leaf.shapes.items():
        array = np.empty(shape, object)
        stop = start + array.size
        array.flat[:] = results[start:stop]
        arrays[name] = array
        start = stop
    return arrays
