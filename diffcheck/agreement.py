"""Whether both certified opinions agree, wherever somebody looks."""

from __future__ import annotations

from collections.abc import Sequence

from diffcheck.case import Case
from diffcheck.example import example_point
from diffcheck.identity import point_hash
from diffcheck.point import Point
from diffcheck.record import Record
from diffcheck.reference.second_opinion import second_opinion
from diffcheck.reference.tracing import trace_at
from diffcheck.sheet import Agreement


def agreement(case: Case, dtype: str, records: Sequence[Record], order: int) -> Agreement:
    """Ask for a second opinion at the worked examples and at every point that a record shows.

    Args:
        case: what was searched.
        dtype: of the examples.
        records: of the case in this dtype.
        order: up to which derivatives are compared.

    Raises:
        Disagreement: the two opinions share no number somewhere.
    """
    shown = [example_point(case, example, dtype) for example in case.examples]
    shown += [record.point for record in records if record.point is not None]
    points = {point_hash(point): point for point in shown}
    return sum((_at(case, point, order) for point in points.values()), Agreement())


def _at(case: Case, point: Point, order: int) -> Agreement:
    try:
        traced = trace_at(case.function, point)
    except Exception:  # noqa: BLE001 - where there is no reference either, its records say why
        return Agreement()
    return second_opinion(traced, point, case.wrt, order, case.id)
