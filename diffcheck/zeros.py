"""Zeros of kink arguments around a point: where one vanishes, or what lies on both sides of where it would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from diffcheck.chart import Chart
from diffcheck.dtype import rounded_to

MOST_NUMBERS = 2**14
"""Numbers evaluated at once: fewer lines are looked along through larger points, and none through the largest."""

MOST_VALUES = 32
"""Numbers tried on one line."""

MOST_BRACKETS = 16
"""Changes of sign that are narrowed down."""

SECTIONS = 16
"""Parts of a change of sign, of which one is kept at a time: four bits."""

ROUNDS = 64
"""Enough to narrow 1 down to a zero of magnitude 2⁻²⁰⁰ in float64."""

ON = 0
BELOW = -1
ABOVE = 1


@dataclass(frozen=True, eq=False)
class Zero:
    """A place where kink arguments vanish, or one of two neighbouring numbers between which one would.

    Attributes:
        vector: the place.
        vanishing: the kink arguments, by number.
        side: on the kink, or where the one kink argument is below or above zero.
    """

    vector: np.ndarray
    vanishing: tuple[int, ...]
    side: int = ON


def zeros(chart: Chart) -> Iterator[Zero]:
    """Zeros on lines through the origin, each parallel to an axis: exact ones first, of simple numbers first."""
    if not chart.owners.size:
        return
    lines = _through(chart)
    if not lines.places.size:
        yield from _itself(chart)
        return
    kinks = lines.kinks()
    order = np.argsort(lines.values, axis=1)
    ascending = np.take_along_axis(kinks, order[..., None], axis=1)
    standing = np.empty_like(kinks, dtype=bool)
    np.put_along_axis(standing, order[..., None], _beside_others(ascending), axis=1)
    yield from _exact(lines, kinks, standing)
    yield from _narrowed(lines.valued(np.take_along_axis(lines.values, order, axis=1)), ascending)


# ---- lines -----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines parallel to axes, all through the origin of a chart.

    Attributes:
        chart: the chart.
        places: line → the entry that moves along it.
        values: lines × numbers that this entry takes; NaN where a line has fewer.
    """

    chart: Chart
    places: np.ndarray
    values: np.ndarray

    def valued(self, values: np.ndarray) -> _Lines:
        """The same lines with other numbers."""
        return replace(self, values=values)

    def vectors(self) -> np.ndarray:
        """Lines × numbers → vectors."""
        lines, count = self.values.shape
        vectors = np.tile(self.chart.origin, (lines, count, 1))
        vectors[np.arange(lines)[:, None], np.arange(count), self.places[:, None]] = self.values
        return vectors

    def kinks(self) -> np.ndarray:
        """Lines × numbers → kink arguments."""
        found = self.chart.kinks(self.vectors().reshape(-1, self.chart.origin.size)).values
        return found.reshape(*self.values.shape, -1)


def _through(chart: Chart) -> _Lines:
    """Lines through the origin with numbers to try, its own first; evenly spread where there are too many."""
    size = chart.origin.size
    count = min(size, MOST_NUMBERS // (max(size, 1) * MOST_VALUES))
    places = np.unique(np.linspace(0, size - 1, count).astype(int))
    values = np.full((len(places), MOST_VALUES), np.nan)
    for line, place in enumerate(places):
        tried = chart.candidates(place)[:MOST_VALUES]
        values[line, : len(tried)] = tried
    return _Lines(chart, places, values)


# ---- exact zeros -----------------------------------------------------------------------------


def _itself(chart: Chart) -> Iterator[Zero]:
    """The origin, if it is a zero."""
    vanishing = np.flatnonzero(chart.kinks(chart.origin[None]).values[0] == 0)
    if vanishing.size:
        yield Zero(chart.origin, tuple(vanishing.tolist()))


def _exact(lines: _Lines, kinks: np.ndarray, standing: np.ndarray) -> Iterator[Zero]:
    """Where kink arguments vanish: the first place for each set of them, then all others.

    One that vanishes all around (relu of a number that a relu has cut off) is at no kink.
    """
    tried = ~np.isnan(lines.values)[..., None]
    unmoved = ((kinks == 0) | ~tried).all(axis=1, keepdims=True)
    at_origin = standing[:, 0].any(axis=0)
    vanishing = standing | (unmoved & at_origin & tried)
    vectors = lines.vectors()
    found: dict[tuple[int, ...], list[Zero]] = {}
    for line, k in np.argwhere(standing.any(axis=-1)):
        arguments = tuple(np.flatnonzero(vanishing[line, k]).tolist())
        found.setdefault(arguments, []).append(Zero(vectors[line, k], arguments))
    for turn in zip_longest(*found.values()):
        yield from (zero for zero in turn if zero is not None)


def _beside_others(kinks: np.ndarray) -> np.ndarray:
    """Where kink arguments vanish next to numbers where they do not; along lines in ascending order."""
    moved = (kinks != 0) & ~np.isnan(kinks)
    beside = np.zeros_like(moved)
    beside[:, 1:] |= moved[:, :-1]
    beside[:, :-1] |= moved[:, 1:]
    return beside & (kinks == 0)


# ---- changes of sign -------------------------------------------------------------------------


def _narrowed(lines: _Lines, kinks: np.ndarray) -> Iterator[Zero]:
    """What changes of sign narrow down to: a number that is a zero, or the two around it.

    At a jump of the kink argument itself the two sides do not get closer to zero, nor at a pole.
    """
    line, k, argument = _brackets(kinks).T
    if not line.size:
        return
    ours = _Lines(lines.chart, lines.places[line], np.stack([lines.values[line, k], lines.values[line, k + 1]], axis=1))
    before = np.stack([kinks[line, k, argument], kinks[line, k + 1, argument]], axis=1)
    ours = _sectioned(ours, argument)
    found = ours.kinks()
    after = np.take_along_axis(found, argument[:, None, None], axis=2)[..., 0]
    closer = np.abs(after).max(axis=1) <= np.abs(before).min(axis=1) / 2
    vectors = ours.vectors()
    for row in np.flatnonzero(closer):
        if after[row, 1] == 0:
            yield Zero(vectors[row, 1], tuple(np.flatnonzero(found[row, 1] == 0).tolist()))
            continue
        for side in (0, 1):
            yield Zero(vectors[row, side], (int(argument[row]),), ABOVE if after[row, side] > 0 else BELOW)


def _brackets(kinks: np.ndarray) -> np.ndarray:
    """Rows (line, k, argument): the first change of sign of each kink argument, from the k-th number to the next."""
    signs = np.where(np.isfinite(kinks), np.sign(kinks), 0)
    found = np.argwhere(signs[:, :-1] * signs[:, 1:] < 0)
    _, first = np.unique(found[:, 2], return_index=True)
    count = min(len(first), MOST_BRACKETS)
    return found[first[np.linspace(0, max(len(first) - 1, 0), count).astype(int)]]


def _sectioned(lines: _Lines, argument: np.ndarray) -> _Lines:
    """Narrow a change of sign between the two numbers of each line down to neighbours in the dtype."""
    dtype = lines.chart.base.dtype
    rows = np.arange(len(argument))
    for _ in range(ROUNDS):
        low, high = lines.values.T
        grid = rounded_to(np.linspace(low, high, SECTIONS + 1, axis=1), dtype)
        signs = np.sign(lines.valued(grid).kinks()[rows, :, argument])
        after = np.maximum(np.argmax(signs != signs[:, :1], axis=1), 1)
        closer = np.stack([grid[rows, after - 1], grid[rows, after]], axis=1)
        if np.array_equal(closer, lines.values):
            break
        lines = lines.valued(closer)
    return lines
