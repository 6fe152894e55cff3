"""Points with numbers nearer to zero: a range's end becomes the first whole number that shows the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from diffcheck.case import Case
from diffcheck.domain import Drawn
from diffcheck.draw import SIMPLE, ends
from diffcheck.point import Point

MOST_NUMBERS = 16
"""In an array; a larger one is too long to be read anyway."""


def nearer(case: Case, point: Point, shows: Callable[[Point], bool]) -> Point:
    """Replace the numbers of a point, wherever they stand, by whole numbers nearer to zero.

    Args:
        case: whose domains.
        point: where something shows.
        shows: whether it shows at another point.

    Returns:
        the point with the first of them that show it, one number after the other.
    """
    for name, number in _large(case, point):
        others = (_with(point, name, number, other) for other in _whole(case, point, name, number))
        point = next(filter(shows, others), point)
    return point


def _large(case: Case, point: Point) -> Iterator[tuple[str, float]]:
    """The numbers that are not among the simple ones, argument by argument."""
    for name, array in point.arguments.items():
        domain = case.domains[name]
        if domain.kind == "real" and not isinstance(domain, Drawn) and array.size <= MOST_NUMBERS:
            distinct = dict.fromkeys(array.astype(float).ravel().tolist())
            yield from ((name, number) for number in distinct if number not in SIMPLE)


def _whole(case: Case, point: Point, name: str, number: float) -> Iterator[float]:
    """Whole numbers on its side of zero in its domain: up to ten, then powers of ten."""
    first, last = ends(case.domains[name], point.dtype.name)
    wholes = [*range(1, 10), *(10**power for power in range(1, 10))]
    sided = (float(np.copysign(whole, number)) for whole in wholes if whole < abs(number))
    return (whole for whole in sided if first <= whole <= last)


def _with(point: Point, name: str, number: float, other: float) -> Point:
    """The point with one number in place of another."""
    array = point.arguments[name]
    changed = np.where(array == array.dtype.type(number), array.dtype.type(other), array)
    return replace(point, arguments={**point.arguments, name: changed})
