"""A kink: which derivatives are admissible where a function has none, or its closed form says 0/0.

The admissible ones are the Clarke subdifferential: the convex hull of the limits of the derivative
(Clarke, Optimization and Nonsmooth Analysis, 1983, §2.5), for all its open entries jointly. A claim
is placed by cutting planes: the limit along the direction from the hull to the claim is the next
vertex, until the claim is inside, or a plane separates it from every limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cached_property

import numpy as np

from diffcheck.reference.cells import Cells
from diffcheck.reference.hull import place
from diffcheck.reference.surroundings import Kind, Limit, Surroundings, same_values

Balls = np.ndarray

# Cutting planes: the middle of a cube's corners takes one, an inner point of 100 dimensions about 60.
_MOST_PLANES = 200

# Directions tried before all limits are said to be one.
_SURVEYED = 12

# What a direction is tilted by, so that it does not lead along a kink.
_TILT = 2.0**-20

# A limit lies further in a direction when it does so by more than the rounding of that comparison.
_CLEARLY = 2.0**-45


class Place(Enum):
    """Where a claim lies."""

    INSIDE = "in the hull of the limits"
    SELECTED = "outside, yet what the chain rule gives with some answer at every open decision"
    BEYOND = "outside of both"
    UNKNOWN = "not decided"


class Kink:
    """The kink at one point, for some entries of the derivative, jointly.

    Args:
        surroundings: what the derivative does beside the point.
        cells: the derivative for every answer to the open decisions.
        asked: name → which entries have no narrow enclosure.
        box: name → lowest and highest value of each entry, for whatever answers.
        value: the function's value at the point.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        cells: Cells,
        asked: Mapping[str, np.ndarray],
        box: Mapping[str, tuple[np.ndarray, np.ndarray]],
        value: Balls,
    ) -> None:
        self.surroundings = surroundings
        self.cells = cells
        self.asked = {name: mask for name, mask in asked.items() if mask.any()}
        self.box = box
        self.value = value
        self._limits: list[Limit] = []
        self._vertices: list[np.ndarray] = []
        self._rest = self._directions()

    # ---- what kind of point it is ----

    @cached_property
    def limits(self) -> list[Limit]:
        """The limits along a few directions."""
        wanted = 2 if self.surroundings.size == 1 else _SURVEYED
        while len(self._limits) < wanted and self._look_further():
            pass
        return list(self._limits)

    @cached_property
    def reached(self) -> list[Limit]:
        """Those along which derivative and value tend to something, or to infinity."""
        return [limit for limit in self.limits if limit.kind in (Kind.SETTLED, Kind.UNBOUNDED)]

    @property
    def is_outside(self) -> bool:
        """Whether the function is defined nowhere around the point."""
        return all(limit.kind is Kind.OUTSIDE for limit in self.limits)

    @cached_property
    def jumps(self) -> bool:
        """Whether the function is discontinuous, or has a pole."""
        if any(limit.jumps for limit in self.reached):
            return True
        is_known = all(ball.is_finite() for ball in self.value.ravel())
        return not is_known and not same_values([limit.value for limit in self.reached])

    @cached_property
    def unsettled(self) -> np.ndarray:
        """The asked entries that are not seen to tend to anything."""
        none = not self.reached or any(limit.kind is Kind.UNSETTLED for limit in self.limits)
        return np.full(self.size, none)

    @cached_property
    def ends(self) -> np.ndarray:
        """The asked entries where all limits are one number or one infinity; NaN elsewhere."""
        if self.unsettled.all():
            return np.full(self.size, np.nan)
        vectors = self._reached_vectors
        scale = np.where(np.isfinite(vectors[0]), np.abs(vectors[0]), 0.0)
        with np.errstate(invalid="ignore"):
            same = (vectors == vectors[0]) | (np.abs(vectors - vectors[0]) <= 2.0**-50 * scale)
        return np.where(same.all(axis=0), vectors[0], np.nan)

    @cached_property
    def unbounded(self) -> np.ndarray:
        """The asked entries that grow without bound along some ways, but not along all with one sign."""
        return np.isinf(self._reached_vectors).any(axis=0) & np.isnan(self.ends)

    @cached_property
    def _reached_vectors(self) -> np.ndarray:
        return np.array([self._vector(limit) for limit in self.reached]).reshape(len(self.reached), self.size)

    @property
    def size(self) -> int:
        """How many entries are asked for."""
        return int(sum(mask.sum() for mask in self.asked.values()))

    # ---- where a claim lies ----

    def place(self, claim: np.ndarray, slack: np.ndarray, among: np.ndarray | None = None) -> Place:
        """Place a claimed derivative.

        Args:
            claim: the asked entries, finite.
            slack: how far each may be off.
            among: which of them to look at; all by default.
        """
        chosen = np.ones(self.size, dtype=bool) if among is None else among
        assert self.limits is not None
        if not self._vertices:
            return Place.UNKNOWN
        for _ in range(_MOST_PLANES):
            placed = place(claim[chosen], np.array(self._vertices)[:, chosen], slack[chosen])
            if placed.inside:
                return Place.INSIDE
            away = np.zeros(self.size)
            away[chosen] = placed.away
            if not self._cut(away):
                return Place.UNKNOWN if placed.inside is None else self._without_limits(claim, slack, chosen)
        return Place.UNKNOWN

    @cached_property
    def ranges(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest admissible value of each asked entry; further apart than that, perhaps."""
        if self._is_complete and self._vertices:
            vectors = np.array(self._vertices)
        elif (found := self._vectors_of_cells) is not None:
            vectors = found
        else:
            return self.gathered({name: low for name, (low, _) in self.box.items()}), self.gathered(
                {name: high for name, (_, high) in self.box.items()}
            )
        return vectors.min(axis=0), vectors.max(axis=0)

    @property
    def _is_complete(self) -> bool:
        """Whether all limits are known: those from the left and from the right."""
        kinds = {limit.kind for limit in self.limits}
        return self.surroundings.size == 1 and kinds <= {Kind.SETTLED, Kind.OUTSIDE}

    def _without_limits(self, claim: np.ndarray, slack: np.ndarray, chosen: np.ndarray) -> Place:
        """Place a claim that is no limit, nor between limits."""
        if not self.cells.ties:
            return Place.BEYOND if self._is_complete else Place.UNKNOWN
        vectors = self._vectors_of_cells
        if vectors is not None:
            inside = place(claim[chosen], vectors[:, chosen], slack[chosen]).inside
            return {True: Place.SELECTED, False: Place.BEYOND, None: Place.UNKNOWN}[inside]
        low, high = (self.gathered({name: ends[k] for name, ends in self.box.items()}) for k in (0, 1))
        known = chosen & np.isfinite(low) & np.isfinite(high)
        if np.any(known & ((claim < low - slack) | (claim > high + slack))):
            return Place.BEYOND
        return Place.SELECTED if np.all(known == chosen) else Place.UNKNOWN

    # ---- vertices ----

    def _cut(self, away: np.ndarray) -> bool:
        """Find a limit that lies further in a direction than all limits so far."""
        before = self._furthest(away) + _CLEARLY * float(np.max(np.abs(np.array(self._vertices) * away)))
        for direction in self._along(away):
            self._look(direction)
            if self._furthest(away) > before:
                return True
        self._enter_cells(away, before)
        if self._furthest(away) > before:
            return True
        while self._look_further():
            if self._furthest(away) > before:
                return True
        return False

    def _furthest(self, away: np.ndarray) -> float:
        return float(np.max(np.array(self._vertices) @ away))

    def _along(self, away: np.ndarray) -> list[np.ndarray]:
        """The direction of the claim among the inputs, where a gradient has one entry for each; and its opposite."""
        moving = self.surroundings.wrt
        if set(self.asked) - set(moving):
            return []
        parts = []
        start = 0
        for name in moving:
            part = np.zeros(self.surroundings.inputs[name].size)
            if name in self.asked:
                count = int(self.asked[name].sum())
                part[self.asked[name].ravel()] = away[start : start + count]
                start += count
            parts.append(part)
        numbers = np.concatenate(parts)
        numbers = numbers / np.abs(numbers).max()
        return [numbers, -numbers]

    def _enter_cells(self, away: np.ndarray, before: float) -> None:
        """Look along ways into cells whose derivative lies further."""
        cells = self.cells.derivatives
        for choices, arrays in cells or ():
            if self.gathered(arrays) @ away > before:
                way = self.cells.way_into(choices)
                if way is not None:
                    self._look(way)
                if self._furthest(away) > before:
                    return

    def _look_further(self) -> bool:
        """Look along the next direction; `False` if there is none left."""
        direction = next(self._rest, None)
        if direction is None:
            return False
        self._look(direction)
        return True

    def _look(self, numbers: np.ndarray) -> None:
        """Find the limit along a direction; tilted a little, where it leads along a kink."""
        limit = self._limit(numbers)
        if limit.kind is Kind.TANGENT:
            limit = self._limit(numbers + _TILT * self._generic(0))
        self._limits.append(limit)
        if limit.kind is Kind.SETTLED:
            vector = self._vector(limit)
            if not any(np.array_equal(vector, known) for known in self._vertices):
                self._vertices.append(vector)

    def _limit(self, numbers: np.ndarray) -> Limit:
        return self.surroundings.limit(self.surroundings.direction(numbers), self.value)

    def _directions(self) -> Iterator[np.ndarray]:
        """Directions from the most telling on: opposite ones in turn, then along the axes."""
        size = self.surroundings.size
        if size == 1:
            yield from (np.array([1.0]), np.array([-1.0]))
            return
        for k in range(3):
            yield from (self._generic(k), -self._generic(k))
        for axis in range(min(size, 8)):
            unit = np.eye(1, size, axis)[0]
            yield from (unit, -unit)
        for k in range(3, 8):
            yield from (self._generic(k), -self._generic(k))

    def _generic(self, k: int) -> np.ndarray:
        """A direction without a pattern: short dyadic numbers, the same in every run."""
        numbers = np.random.default_rng(k).integers(1, 1024, self.surroundings.size) / 1024.0
        signs = np.random.default_rng(k + 1000).integers(0, 2, self.surroundings.size) * 2.0 - 1.0
        return numbers * (signs if k else 1.0)

    # ---- entries as vectors ----

    def spread(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """One number for each asked entry as arrays; NaN where nothing was asked."""
        arrays = {}
        start = 0
        for name, mask in self.asked.items():
            arrays[name] = np.full(mask.shape, np.nan)
            arrays[name][mask] = vector[start : start + mask.sum()]
            start += int(mask.sum())
        return arrays

    @cached_property
    def _vectors_of_cells(self) -> np.ndarray | None:
        found = self.cells.derivatives
        return None if found is None else np.array([self.gathered(arrays) for _, arrays in found])

    def _vector(self, limit: Limit) -> np.ndarray:
        return self.gathered(
            {
                name: np.array([float(ball) for ball in array.ravel()], dtype=float).reshape(array.shape)
                for name, array in limit.entries.items()
            }
        )

    def gathered(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """The asked entries of some arrays, one after the other."""
        return np.concatenate([arrays[name][mask] for name, mask in self.asked.items()] or [np.zeros(0)])
