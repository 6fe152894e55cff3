"""Points at kinks, solved for: random drawing would miss them.

The function is traced at a few points, examples and drawn ones, all of the same small sizes. Around
each, the zeros of the kink arguments are looked for along the axes; and once more around the zeros
that were found, so that several kinks meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import numpy as np

from diffcheck.case import Case
from diffcheck.chart import Chart
from diffcheck.domain import Drawn
from diffcheck.draw import Pick, simple_numbers
from diffcheck.example import example_point
from diffcheck.identity import point_hash, seed_of
from diffcheck.point import Point
from diffcheck.strategy import Scope, draw_point, few_sizes, is_small, shape_of
from diffcheck.zeros import ON, Zero, zeros

DRAWN = 2
"""Points drawn of each kind, simple and arbitrary: around the latter few zeros are numbers of the dtype."""

MEETINGS = 4
"""Zeros around which further ones are looked for."""

Group = tuple[int, int, int, int, tuple[int, ...]]


def kink_points(case: Case, dtype: str, seed: int, limit: int) -> list[Point]:
    """Points at which a function, or rounding, may take another branch, or at which its domain ends.

    Every kinked primitive in turn: one entry of it, all of them at once, both sides where no number
    of the dtype is the zero, some entries, and together with other primitives. Worked examples are
    not repeated.

    Args:
        case: whose kinks.
        dtype: of every floating array.
        seed: of every random choice.
        limit: how many points at most.

    Returns:
        points of one choice of sizes, simple ones first; none for a smooth function, for one that
        cannot be traced, and where a strategy says what may be drawn.
    """
    if any(isinstance(domain, Drawn) for domain in case.domains.values()):
        return []  # what somebody's own strategy would not draw is no point
    groups: dict[Group, list[Point]] = {}
    for group, point in _found(case, dtype, seed):
        groups.setdefault(group, []).append(point)
    turns = zip_longest(*(groups[group] for group in sorted(groups)))
    points = {point_hash(point): point for turn in turns for point in turn if point is not None}
    for example in case.examples:
        points.pop(point_hash(Point(example_point(case, example, dtype).arguments)), None)
    return list(points.values())[:limit]


def _found(case: Case, dtype: str, seed: int) -> Iterator[tuple[Group, Point]]:
    """Points at kinks, and what each of them shows."""
    meetings: list[Point] = []
    for base in _bases(case, dtype, seed):
        for group, point in _around(case, base):
            yield group, point
            if _is_on(group) and len(meetings) < MEETINGS:
                meetings.append(point)
    for meeting in meetings:
        yield from ((group, point) for group, point in _around(case, meeting) if _is_on(group))


def _around(case: Case, base: Point) -> Iterator[tuple[Group, Point]]:
    """Points at kinks around one; none where the function cannot be traced, which its records will tell."""
    try:
        chart = Chart(case, base)
    except Exception:  # noqa: BLE001 - whatever somebody's function raises
        return
    for zero in zeros(chart):
        yield _group(chart, zero), chart.point(zero.vector)


def _group(chart: Chart, zero: Zero) -> Group:
    """What a zero shows; of what shows the same the first is wanted most. In the order of the groups."""
    owners = chart.owners[list(zero.vanishing)]
    distinct = tuple(np.unique(owners).tolist())
    count = len(zero.vanishing)
    all_entries = count == np.isin(chart.owners, distinct).sum()
    extent = 0 if count == 1 else 1 if all_entries else 2
    return len(distinct), abs(zero.side), extent, zero.side, distinct


def _is_on(group: Group) -> bool:
    return group[1] == ON


def _bases(case: Case, dtype: str, seed: int) -> Iterator[Point]:
    """Examples, simple points, points of one number, and arbitrary ones; all of the same sizes."""
    generator = np.random.default_rng(seed_of(seed, case.id, dtype, "kinks"))

    def pick(count: int) -> int:
        return int(generator.integers(count))

    sizes = few_sizes(case)[0]
    shapes = {name: shape_of(domain, sizes) for name, domain in case.domains.items()}
    for example in case.examples:
        point = example_point(case, example, dtype)
        if {name: array.shape for name, array in point.arguments.items()} == shapes and is_small(point.arguments):
            yield point
    simple, arbitrary = Scope((sizes,), simple=True), Scope((sizes,))
    for _ in range(DRAWN):
        yield _drawn(pick, case, dtype, simple)
    for k in range(DRAWN):
        yield _uniform(_drawn(pick, case, dtype, simple), case, k)
    for _ in range(DRAWN):
        yield _drawn(pick, case, dtype, arbitrary)


def _drawn(pick: Pick, case: Case, dtype: str, scope: Scope) -> Point:
    return Point(draw_point(pick, case, dtype, lambda _: (), scope).arguments)


def _uniform(point: Point, case: Case, k: int) -> Point:
    """A point whose real arguments hold the k-th simplest number of their domain everywhere."""
    arguments = dict(point.arguments)
    for name, domain in case.domains.items():
        if domain.kind == "real":
            numbers = simple_numbers(domain, point.dtype.name)
            arguments[name] = np.full_like(arguments[name], numbers[k % len(numbers)])
    return Point(arguments)
