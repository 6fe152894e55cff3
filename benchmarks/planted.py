"""A right gradient with an error planted in it, and the smallest error that is caught.

The error goes through everything that a user's backend goes through: rules, and the confirmation by
another precision, for which the planted backend answers there, too, with the same error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from benchmarks import products
from benchmarks.functions import Problem
from benchmarks.judged import judged
from diffcheck.backends import BACKENDS
from diffcheck.backends.base import PLAIN, REVERSE, Derivative, Task
from diffcheck.case import Case
from diffcheck.point import Point
from diffcheck.record import Judgement
from diffcheck.reference.reference import Reference, refer

CERTIFIED = "certified"
METHODS = (CERTIFIED, "torch", "jax")
"""Whose gradient the error is planted in: the true one, rounded, of which no program is known, or a framework's own."""

SIZES_OF_ERROR = 10.0 ** np.arange(-19.0, 1.0, 0.05)
"""From far below the round-off of float64 to the entry itself, 12 % apart."""


@dataclass(frozen=True)
class Place:
    """Where the error is: in one entry, or, without an index, in all.

    Attributes:
        argument: whose gradient; `""` where all are.
        index: the entry's.
    """

    argument: str = ""
    index: tuple[int, ...] | None = None

    def errors(self, entries: Mapping[str, np.ndarray], sizes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What takes the entries further from zero by some amounts: zero where no error is."""
        errors = {name: np.copysign(sizes[name], entry) for name, entry in entries.items()}
        if self.index is None:
            return errors
        alone = {name: np.zeros_like(error) for name, error in errors.items()}
        alone[self.argument][self.index] = errors[self.argument][self.index]
        return alone


EVERYWHERE = Place()


@dataclass(frozen=True, eq=False)
class Question:
    """A function at a point that float32 holds, and what is needed to judge gradients there.

    Attributes:
        problem: the function.
        size: gradient entries.
        seed: of the data.
    """

    problem: Problem
    size: int
    seed: int

    @cached_property
    def case(self) -> Case:
        """The function as a case."""
        return self.problem.case

    @cached_property
    def point(self) -> Callable[[str], Point]:
        """Dtype → the point."""
        return cache(lambda dtype: self.problem.point(self.size, self.seed, dtype))

    @cached_property
    def reference(self) -> Callable[[str], Reference]:
        """Dtype → what is true."""
        return cache(lambda dtype: refer(self.problem.function, self.point(dtype), self.problem.wrt))

    @cached_property
    def right(self) -> Callable[[str, str], Derivative]:
        """Method, dtype → a right gradient."""
        return cache(self._right)

    def _right(self, method: str, dtype: str) -> Derivative:
        if method == CERTIFIED:
            entries = self.reference(dtype).entries
            return Derivative(None, {name: entry.high.astype(dtype) for name, entry in entries.items()})
        task = Task(self.problem.function, self.point(dtype), self.problem.wrt, REVERSE, PLAIN, self.case)
        found = BACKENDS[method].differentiate(task)
        return found if found.program is None else replace(found, program=cache(found.program))

    @cached_property
    def products(self) -> dict[str, np.ndarray]:
        """What δ is relative to, entry by entry."""
        return products.sizes(self.reference("float64"))

    def place(self, seed: int) -> Place:
        """An entry, drawn before any is seen."""
        flat = int(np.random.default_rng([seed, self.size, self.seed]).integers(self.size))
        for name, array in self.products.items():
            if flat < array.size:
                return Place(name, tuple(int(k) for k in np.unravel_index(flat, array.shape)))
            flat -= array.size
        raise AssertionError("as many entries as the size says")

    def errors(self, dtype: str, place: Place, delta: float) -> dict[str, np.ndarray]:
        """What is added to the right gradient: δ times what it is relative to."""
        entries: Any = self.right(CERTIFIED, dtype).entries
        return place.errors(entries, {name: delta * size for name, size in self.products.items()})

    def has_size(self, place: Place) -> bool:
        """Whether an error there is one: a share of nothing, as in a network whose units are all off, is none."""
        return any(error.any() for error in self.errors("float64", place, 1.0).values())

    def planted(self, method: str, dtype: str, place: Place, delta: float) -> Derivative:
        """A right gradient with an error."""
        right = self.right(method, dtype)
        entries: Any = right.entries
        errors = self.errors(dtype, place, delta)
        moved = {name: np.asarray(entry + errors[name], entry.dtype) for name, entry in entries.items()}
        return replace(right, entries=moved)

    def judgement(self, method: str, dtype: str, place: Place, delta: float) -> Judgement:
        """What becomes of it."""

        def answer(dtype: str) -> Derivative:
            return self.planted(method, dtype, place, delta)

        return judged(self.case, method, self.point(dtype), answer, self.reference)


def smallest(noticed: Callable[[float], bool]) -> float:
    """The smallest planted error that is noticed; infinite where none is.

    Found by bisection, as if what is noticed were noticed at every larger size, too.
    """
    low, high = 0, len(SIZES_OF_ERROR)
    while low < high:
        middle = (low + high) // 2
        if noticed(float(SIZES_OF_ERROR[middle])):
            high = middle
        else:
            low = middle + 1
    return float(SIZES_OF_ERROR[low]) if low < len(SIZES_OF_ERROR) else float("inf")
