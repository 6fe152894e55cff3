"""A kink: which derivatives are admissible where a function has none, or its closed form says 0/0.

The admissible ones are the Clarke subdifferential: the convex hull of the limits of the derivative
(Clarke, Optimization and Nonsmooth Analysis, 1983, §2.5), for all its open entries jointly. A claim
is placed by cutting planes: the limit along the direction from the hull to the claim is the next
vertex, until the claim is inside, or a plane separates it from every limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cached_property

import numpy as np

from diffcheck.expression.trace import Traced
from diffcheck.reference.asked import Asked
from diffcheck.reference.cells import Cells
from diffcheck.reference.exploration import Exploration
from diffcheck.reference.hull import Placed, place
from diffcheck.reference.influence import independent_parts, influences
from diffcheck.reference.limit import Kind, Limit
from diffcheck.reference.support import Support
from diffcheck.reference.surroundings import Surroundings, active_conditions, derived_for, same_values
from diffcheck.reference.tracing import tied_paths

Balls = np.ndarray

# Entries of which the ends are looked for, to be shown; beside more numbers than these, no ends are.
_MOST_STRETCHED = 16
_MOST_BESIDE_STRETCHED = 256

# Cutting planes: the middle of a cube's corners takes one, an inner point of 100 dimensions about 60.
_MOST_PLANES = 200

# As many entries are told apart by what they hang on.
_MOST_IN_PARTS = 1024

# A function that branches on its data may take as many paths at a tie.
_MOST_PATHS = 64

# What the products and sums that compare a claim with a bound may be off, by so much of their size.
_BLUR = 2.0**-40

# To show how far entries may be apart, no more cells than these are looked at.
_MOST_CELLS_SHOWN = 64

_REACHED = (Kind.SETTLED, Kind.UNBOUNDED)


class Place(Enum):
    """Where a claim lies; of several parts the last of these is where the whole lies."""

    INSIDE = "in the hull of the limits"
    SELECTED = "outside, yet what the chain rule gives with some answer at every open decision"
    UNKNOWN = "not decided"
    BEYOND = "outside of both"


class Kink:
    """The kink at one point, for some entries of the derivative, jointly.

    Args:
        surroundings: what the derivative does beside the point.
        cells: the derivative for every answer to the open decisions.
        asked: name → which entries have no narrow enclosure.
        box: name → lowest and highest value of each entry, for whatever answers.
        value: the function's value at the point.
        path_ties: whether the function branched on a condition that is tied: cells and box are then
            those of one branch.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        cells: Cells,
        asked: Mapping[str, np.ndarray],
        box: Mapping[str, tuple[np.ndarray, np.ndarray]],
        value: Balls,
        path_ties: bool = False,
    ) -> None:
        self.surroundings = surroundings
        self.cells = cells
        self.asked = Asked({name: mask for name, mask in asked.items() if mask.any()})
        self.box = box
        self.value = value
        self.path_ties = path_ties
        self.exploration = Exploration(surroundings, cells, self.asked, value)

    # ---- what kind of point it is ----

    @cached_property
    def limits(self) -> list[Limit]:
        """The limits along a few directions."""
        return self.exploration.survey()

    @cached_property
    def reached(self) -> list[Limit]:
        """Those along which derivative and value tend to something, or to infinity."""
        return [limit for limit in self.limits if limit.kind in _REACHED]

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
        return np.full(self.asked.size, none)

    @cached_property
    def ends(self) -> np.ndarray:
        """The asked entries where all limits are one number or one infinity; NaN elsewhere.

        A few ways out of a point show no number to be single as long as they show another not to be:
        of 32 equal entries each is the largest along some way.
        """
        if self.unsettled.all():
            return np.full(self.asked.size, np.nan)
        vectors = self._reached_vectors
        scale = np.where(np.isfinite(vectors[0]), np.abs(vectors[0]), 0.0)
        with np.errstate(invalid="ignore", over="ignore"):
            same = (vectors == vectors[0]) | (np.abs(vectors - vectors[0]) <= 2.0**-50 * scale)
        single = same.all(axis=0)
        endless = np.isinf(vectors).any(axis=0)
        if not (single | endless).all():
            single &= endless
        return np.where(single, vectors[0], np.nan)

    @cached_property
    def unbounded(self) -> np.ndarray:
        """The asked entries that grow without bound along some ways, but not along all with one sign."""
        return np.isinf(self._reached_vectors).any(axis=0) & np.isnan(self.ends)

    @cached_property
    def _reached_vectors(self) -> np.ndarray:
        vectors = [self.exploration.vector(limit) for limit in self.reached]
        return np.array(vectors).reshape(len(vectors), self.asked.size)

    # ---- where a claim lies ----

    def place(self, claim: np.ndarray, slack: np.ndarray, among: np.ndarray | None = None) -> Place:
        """Place a claimed derivative.

        Args:
            claim: the asked entries, finite.
            slack: how far each may be off.
            among: which of them to look at, none of them unbounded; all by default.
        """
        chosen = np.ones(self.asked.size, dtype=bool) if among is None else among
        if self._leaves_box(claim, slack, chosen):
            return Place.BEYOND
        assert self.limits is not None
        parts = [part & chosen for part in self.parts]
        places = {self._place_part(claim, slack, part) for part in parts if part.any()}
        return max(places, key=list(Place).index, default=Place.UNKNOWN)

    @cached_property
    def parts(self) -> list[np.ndarray]:
        """The asked entries, in parts that hang on different numbers; one part where that is not looked at."""
        if self.path_ties or self.asked.size > _MOST_IN_PARTS:
            return [np.ones(self.asked.size, dtype=bool)]
        masks = influences(self.cells.graph, self.cells.inputs, self.surroundings.wrt)
        parts = independent_parts([int(mask) for mask in self.asked.gathered(masks)])
        return [np.isin(np.arange(self.asked.size), part) for part in parts]

    def _place_part(self, claim: np.ndarray, slack: np.ndarray, chosen: np.ndarray) -> Place:
        for k in range(_MOST_PLANES):
            vertices = self.exploration.vertices(chosen)
            if not len(vertices):
                return Place.UNKNOWN
            placed = place(claim[chosen], vertices, slack[chosen])
            if placed.inside:
                return Place.INSIDE
            if k == 0 and self._is_out_of_reach(claim, slack, chosen, claim[chosen]):
                return Place.BEYOND
            if k == 0 and self.exploration.finds_at_once(claim[chosen], chosen):
                continue
            if self._is_complete or not self.exploration.finds_further(placed.away, chosen):
                if self.exploration.is_exhausted and not self._is_complete:
                    return Place.UNKNOWN
                return self._without_limits(claim, slack, chosen, placed)
        return Place.UNKNOWN

    @cached_property
    def ranges(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest admissible value of each asked entry.

        Of all limits, where these are known; else of what the chain rule gives, perhaps further apart; where
        that has no bound, of the limits that were seen.
        """
        seen = self._reached_vectors
        if not len(seen):
            return self._ends_of_box
        if self._is_complete:
            return seen.min(axis=0), seen.max(axis=0)
        cells = self.exploration.of_cells if self.cells.count <= _MOST_CELLS_SHOWN else None
        low, high = self._ends_of_box if cells is None else (cells.min(axis=0), cells.max(axis=0))
        bounded = np.isfinite(low) & np.isfinite(high)
        lowest, highest = seen.min(axis=0), seen.max(axis=0)
        most = _MOST_STRETCHED if self.surroundings.size <= _MOST_BESIDE_STRETCHED else 0
        for k in np.flatnonzero(~bounded & np.isfinite(lowest) & np.isfinite(highest))[:most]:
            lowest[k], highest[k] = self._stretched(int(k))
        return np.where(bounded, low, lowest), np.where(bounded, high, highest)

    def _stretched(self, k: int) -> tuple[float, float]:
        """The lowest and the highest limit of one entry, looked for in its own direction."""
        only = np.arange(self.asked.size) == k
        for sign in (1.0, -1.0):
            self.exploration.finds_further(np.array([sign]), only)
        found = self.exploration.vertices(only)
        return float(found.min()), float(found.max())

    @property
    def _is_complete(self) -> bool:
        """Whether all limits are known: those from the left and from the right."""
        kinds = {limit.kind for limit in self.limits}
        return self.surroundings.size == 1 and kinds <= {*_REACHED, Kind.OUTSIDE}

    @cached_property
    def _ends_of_box(self) -> tuple[np.ndarray, np.ndarray]:
        if self.path_ties:
            return np.full(self.asked.size, -np.inf), np.full(self.asked.size, np.inf)
        low, high = ({name: ends[k] for name, ends in self.box.items()} for k in (0, 1))
        return self.asked.gathered(low), self.asked.gathered(high)

    def _is_of_path(self, claim: np.ndarray, slack: np.ndarray, chosen: np.ndarray) -> bool:
        """Whether a claim is the derivative of the branch that the function takes at the point itself."""
        low, high = (self.asked.gathered({name: ends[k] for name, ends in self.box.items()}) for k in (0, 1))
        return bool(np.all(~chosen | ((claim >= low - slack) & (claim <= high + slack))))

    def _leaves_box(self, claim: np.ndarray, slack: np.ndarray, chosen: np.ndarray) -> bool:
        """Whether no answers at all lead to a claim; the limits are among what they lead to."""
        low, high = self._ends_of_box
        return bool(np.any(chosen & ((claim < low - slack) | (claim > high + slack))))

    def _is_out_of_reach(self, claim: np.ndarray, slack: np.ndarray, chosen: np.ndarray, away: np.ndarray) -> bool:
        """Whether no answers at all lead as far in a direction as a claim lies."""
        away = away / max(np.max(np.abs(away)), np.finfo(float).tiny)
        vector = np.zeros(self.asked.size)
        vector[chosen] = away
        direction = self.asked.spread(vector, otherwise=0.0)
        reach = max((support.furthest(direction) for support in self.supports), default=float("inf"))
        products = claim[chosen] * away
        blurred = float(np.sum(slack[chosen] * np.abs(away)) + _BLUR * np.sum(np.abs(products)))
        return bool(np.sum(products) - blurred > reach)

    @cached_property
    def supports(self) -> list[Support]:
        """How far the chain rule leads, on each path that the function may take; none where that is not known."""
        around = self.surroundings
        if around.closed_form.order > 1:
            return []
        paths: list[Traced] | None = [around.closed_form.traced]
        if self.path_ties:
            paths = tied_paths(around.function, around.point, _MOST_PATHS)
        closed_forms = [derived_for(path, around.point, around.wrt, around.closed_form.mode) for path in paths or ()]
        return [Support(each.traced, around.wrt, around.inputs, active_conditions(each)) for each in closed_forms]

    def _without_limits(self, claim: np.ndarray, slack: np.ndarray, chosen: np.ndarray, placed: Placed) -> Place:
        """Place a claim in the box that is no limit, nor between limits."""
        if placed.inside is None:
            return Place.UNKNOWN
        if self._is_out_of_reach(claim, slack, chosen, placed.away):
            return Place.BEYOND
        if not self.cells.ties:
            if self.path_ties and self._is_of_path(claim, slack, chosen):
                return Place.SELECTED
            return Place.BEYOND if self._is_complete else Place.UNKNOWN
        cells = self.exploration.of_answers
        if cells is None:
            low, high = self._ends_of_box
            return Place.SELECTED if np.isfinite([low[chosen], high[chosen]]).all() else Place.UNKNOWN
        inside = place(claim[chosen], cells[:, chosen], slack[chosen]).inside
        if inside is False:
            return Place.UNKNOWN if self.path_ties and not self._is_complete else Place.BEYOND
        return Place.SELECTED if inside else Place.UNKNOWN
