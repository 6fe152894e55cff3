"""A chart: the points around one as vectors of the entries that may move."""

from __future__ import annotations

from math import prod

import numpy as np

from diffcheck.case import Case
from diffcheck.draw import simple_numbers
from diffcheck.expression.kink_arguments import KinkArguments, kink_arguments
from diffcheck.point import Point
from diffcheck.reference.tracing import trace_at

MOST_TIES = 8
"""Entries that another is tied with by trial; where this misses a tie, there is a change of sign."""


class Chart:
    """The points of a case around one of them: its real entries may move, all else stays.

    What is differentiated comes first. Entries of one-hot and probability rows cannot move alone.

    Args:
        case: whose domains the points stay in.
        base: the point in the middle.

    Attributes:
        origin: the point as a vector.
        owners: kink argument → the primitive it belongs to.
    """

    def __init__(self, case: Case, base: Point) -> None:
        self.case = case
        self.base = base
        self.traced = trace_at(case.function, base)
        real = [name for name, domain in case.domains.items() if domain.kind == "real"]
        self.moving = sorted(real, key=lambda name: name not in case.wrt)
        entries = [base.arguments[name].ravel().astype(float) for name in self.moving]
        self.origin = np.concatenate([np.empty(0), *entries])
        self.owners = self.kinks(self.origin[None]).owners

    def kinks(self, vectors: np.ndarray) -> KinkArguments:
        """The kink arguments at some vectors, a row for each."""
        resting = {name: np.asarray(self.base.arguments[name], dtype=float)[None] for name in self.traced.inputs}
        return kink_arguments(self.traced, self.case.wrt, resting | self._arrays(vectors))

    def point(self, vector: np.ndarray) -> Point:
        """A vector as a point."""
        moved = {name: np.array(rows[0], self.base.dtype) for name, rows in self._arrays(vector[None]).items()}
        return Point({name: moved.get(name, array) for name, array in self.base.arguments.items()})

    def candidates(self, place: int) -> list[float]:
        """Numbers to try in one entry: the one that is there, simple ones, and those that tie it with another.

        A tie is an equal number, or one of equal size.
        """
        names = [name for name in self.moving for _ in range(self.base.arguments[name].size)]
        simple = simple_numbers(self.case.domains[names[place]], self.base.dtype.name)
        others = list(dict.fromkeys(self.origin.tolist()))[:MOST_TIES]
        ties = [sign * number for sign in (1, -1) for number in others]
        inside = [number for number in ties if min(simple) <= number <= max(simple)]
        return list(dict.fromkeys([float(self.origin[place]), *simple, *inside]))

    def _arrays(self, vectors: np.ndarray) -> dict[str, np.ndarray]:
        """Vectors as arrays with a row for each."""
        arrays: dict[str, np.ndarray] = {}
        start = 0
        for name in self.moving:
            shape = self.base.arguments[name].shape
            arrays[name] = vectors[:, start : start + prod(shape)].reshape(len(vectors), *shape)
            start += prod(shape)
        return arrays
