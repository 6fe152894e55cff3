"""Exploration: the limits of a derivative that were found around a point, and where to look for more."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from flint import arb

from diffcheck.expression.closed_form import tangent_name
from diffcheck.reference.asked import Asked
from diffcheck.reference.cells import Cells
from diffcheck.reference.control_points import control_points
from diffcheck.reference.hull import corners
from diffcheck.reference.limit import Kind, Limit
from diffcheck.reference.surroundings import Surroundings
from diffcheck.reference.ways import generic, survey

Balls = np.ndarray

# Directions tried before all limits are said to be one.
_SURVEYED = 12

# Cells entered for one plane: the first lies further, unless first order tells little about it.
_MOST_CELLS_ENTERED = 64

# Cells that are looked for at once, as corners of what a claim is made of.
_MOST_CORNERS = 1024

# What a direction is tilted by, so that it does not lead along a kink.
_TILT = 2.0**-20

# Limits looked for, and cells entered, until the search is given up. Each takes time in proportion to the numbers
# that move: of 30,000 a second, so that these are given up after fewer; not before the first survey is done.
_MOST_STEPS = 400
_MOST_NUMBERS = 200_000

# A limit lies further in a direction when it does so by more than the rounding of that comparison.
_CLEARLY = 2.0**-45


class Exploration:
    """The limits at one point, found one after the other.

    Args:
        surroundings: what the derivative does beside the point.
        cells: the derivative for every answer to the open decisions.
        asked: the entries of interest.
        value: the function's value at the point.

    Attributes:
        limits: those found so far.
    """

    def __init__(self, surroundings: Surroundings, cells: Cells, asked: Asked, value: Balls) -> None:
        self.surroundings = surroundings
        self.cells = cells
        self.asked = asked
        self.value = value
        self.limits: list[Limit] = []
        self._vectors: dict[bytes, np.ndarray] = {}
        self._looked: set[bytes] = set()
        self._entered = 0
        self._rest = survey(surroundings.size)

    def survey(self) -> list[Limit]:
        """The limits along a few directions."""
        while len(self.limits) < _SURVEYED and (way := next(self._rest, None)) is not None:
            self._look(way)
        return list(self.limits)

    @property
    def is_exhausted(self) -> bool:
        """Whether the search was given up: there may be more limits."""
        affordable = max(_SURVEYED + 4, _MOST_NUMBERS // max(self.surroundings.size, 1))
        return len(self._looked) + self._entered >= min(_MOST_STEPS, affordable)

    def vertices(self, chosen: np.ndarray) -> np.ndarray:
        """The different limits of some of the entries, where they are finite; one in each row."""
        vectors = np.array(list(self._vectors.values())).reshape(len(self._vectors), self.asked.size)[:, chosen]
        return np.unique(vectors[np.isfinite(vectors).all(axis=1)], axis=0)

    def finds_further(self, away: np.ndarray, chosen: np.ndarray) -> bool:
        """Look for a limit that lies further in a direction than all limits so far.

        Args:
            away: the direction, a number for each chosen entry.
            chosen: of which entries.
        """
        known = self.vertices(chosen)
        height = float(np.max(known @ away)) + _CLEARLY * float(np.max(np.abs(known * away)))
        for way in self._ways(away, chosen, height):
            vector = self._look(way)
            if vector is not None and np.isfinite(vector[chosen]).all() and vector[chosen] @ away > height:
                return True
        return False

    def finds_at_once(self, claim: np.ndarray, chosen: np.ndarray) -> bool:
        """Look for limits of which a claim may be made, along directions that often lead to them.

        Along the claim itself: where limits make a ball it leads to the edge. And along the derivatives of
        the cells that make the claim up: of the largest of many numbers each leads to itself.
        """
        count = len(self._vectors)
        self._look_along(claim, chosen)
        if self.of_cells is not None and len(self.of_cells) <= _MOST_CORNERS:
            cells = self.of_cells[:, chosen]
            for corner in corners(claim, cells):
                self._look_along(cells[corner], chosen)
        return len(self._vectors) > count

    def vector(self, limit: Limit) -> np.ndarray:
        """The asked entries of a limit, as floats."""
        arrays = {name: np.array(array, object) for name, array in limit.entries.items()}
        return np.array([_nearest_float(ball) for ball in self.asked.gathered(arrays)], dtype=float)

    @cached_property
    def of_cells(self) -> np.ndarray | None:
        """What the chain rule gives in each cell, one in each row; `None` where that is not known."""
        found = self.cells.derivatives
        return None if found is None else np.array([self.asked.gathered(arrays) for _, arrays in found])

    @cached_property
    def of_answers(self) -> np.ndarray | None:
        """Points between which lies what the chain rule gives, one in each row; `None` where they are not known."""
        order = self.surroundings.closed_form.order
        if order == 1:
            return self.of_cells
        found = control_points(self.cells, order)
        if found is None:
            return None
        count = len(next(iter(found.values())))
        return np.array(
            [self.asked.gathered({name: points[k] for name, points in found.items()}) for k in range(count)]
        )

    # ---- where to look ----

    def _ways(self, away: np.ndarray, chosen: np.ndarray, height: float) -> Iterator[np.ndarray]:
        """Directions that may lead to a limit beyond a height, the most promising first."""
        along = self._along(away, chosen)
        if along.any():
            along = along / np.abs(along).max()
            yield from (along, -along)
        while (way := next(self._rest, None)) is not None:
            yield way
        if self.of_cells is None:
            return
        heights = self.of_cells[:, chosen] @ away
        for _ in range(_MOST_CELLS_ENTERED):
            if self.is_exhausted or (way := self.cells.way_up(heights, height)) is None:
                return
            self._entered += 1
            yield way

    def _along(self, away: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Where a gradient is asked for, its own direction among the inputs; else that of the tangents."""
        moving = self.surroundings.wrt
        inputs = self.surroundings.inputs
        if set(self.asked.masks) - set(moving):
            return np.concatenate([np.asarray(inputs[tangent_name(name)], float).ravel() for name in moving])
        vector = np.zeros(self.asked.size)
        vector[chosen] = away
        parts = self.asked.spread(vector, otherwise=0.0)
        return np.concatenate([parts.get(name, np.zeros(inputs[name].shape)).ravel() for name in moving])

    def _look_along(self, direction: np.ndarray, chosen: np.ndarray) -> None:
        along = self._along(direction, chosen)
        if along.any():
            self._look(along / np.abs(along).max())

    def _look(self, way: np.ndarray) -> np.ndarray | None:
        """Find the limit along a direction; tilted a little, where it leads along a kink or a singular set."""
        if way.tobytes() in self._looked or self.is_exhausted:
            return None
        self._looked.add(way.tobytes())
        limit = self._limit(way)
        if limit.kind in (Kind.TANGENT, Kind.UNSETTLED):
            limit = self._limit(way + _TILT * generic(0, way.size))
        self.limits.append(limit)
        if limit.kind not in (Kind.SETTLED, Kind.UNBOUNDED):
            return None
        vector = self.vector(limit)
        return self._vectors.setdefault(vector.tobytes(), vector)

    def _limit(self, way: np.ndarray) -> Limit:
        return self.surroundings.limit(self.surroundings.direction(way), self.value)


def _nearest_float(number: arb) -> float:
    """A number as a float; not an infinity, unless it is one."""
    found = float(number)
    if np.isinf(found) and number.is_finite():
        return float(np.copysign(np.finfo(float).max, found))
    return found
