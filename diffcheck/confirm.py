"""Confirms a suspicion: the error of a wrong formula does not care about the precision.

An entry that is off by more than its allowance is a suspicion, not yet wrong: constant data round
with a bias that no standard deviation covers, and where the program that ran is not known, the
allowance is that of the definition's graph. At a point that both dtypes hold exactly, rounding
shrinks by 2²⁹ from float32 to float64, and the error of a wrong formula does not shrink. float32 in
turn is what low precision is held against: rounding shrinks by 2¹⁶ from bfloat16, by 2¹³ from float16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from diffcheck.backends.base import Derivative
from diffcheck.case import Case
from diffcheck.dtype import limits
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.reference.reference import Reference
from diffcheck.verdict import Cause, Verdict

# Two thirds of the way, on a logarithmic scale, from no shrinking to that of the unit round-off, to be
# slow to acquit: 2²⁰ of the 2²⁹ from float32 to float64.
SHRINKS = 20 / 29

Answer = Callable[[Case, Cell, Point], Derivative]
Refer = Callable[[Case, Point, str], Reference]


def confirm(
    case: Case,
    cell: Cell,
    point: Point,
    judgement: Judgement,
    answer: Answer,
    refer: Refer,
    *,
    lifted: Callable[[], bool] = lambda: False,
) -> Judgement:
    """Hold a suspicious entry against the same entry in the other precision.

    Args:
        case: that was judged.
        cell: by which method.
        point: where.
        judgement: what came of it; only an entry with an excessive error is looked at.
        answer: what a cell's method answers at a point.
        refer: what is true at a point, in a mode.
        lifted: whether the program that ran is known, and with it the worst case of its rounding.

    Returns:
        the judgement; `WRONG` where the error does not shrink with the precision, `INCONCLUSIVE` where
        it does.
    """
    if judgement.cause not in (Cause.FORMULA, Cause.EXCESS) or judgement.value is None:
        return judgement
    if judgement.cause is Cause.FORMULA and lifted():
        return judgement
    shrinks = _shrinks(case, cell, point, judgement, answer, refer)
    if shrinks is None:
        return judgement
    if shrinks:
        return _with(judgement, Verdict.INCONCLUSIVE, Cause.LOST_DIGITS)
    return _with(judgement, Verdict.WRONG, Cause.PERSISTS) if judgement.cause is Cause.EXCESS else judgement


def _with(judgement: Judgement, verdict: Verdict, cause: Cause) -> Judgement:
    """The judgement with another verdict for its entry; for all like it, where that acquits."""
    before = judgement.verdict.name
    moved = judgement.counts.get(before, 0) if cause is Cause.LOST_DIGITS else 1
    counts = {**judgement.counts, before: judgement.counts.get(before, 0) - moved}
    counts[verdict.name] = counts.get(verdict.name, 0) + moved
    counts = {name: count for name, count in counts.items() if count > 0}
    return replace(judgement, verdict=verdict, cause=cause, message=cause.value, counts=counts)


def _shrinks(case: Case, cell: Cell, point: Point, judgement: Judgement, answer: Answer, refer: Refer) -> bool | None:
    """Whether the error shrinks with the precision like rounding; `None` where that cannot be seen."""
    narrow = point if limits(point.dtype).is_low else point.astype(np.float32)
    wide = narrow.astype(np.float32 if narrow is point else np.float64)
    try:
        errors = [_error(case, cell, at, judgement, answer, refer) for at in (narrow, wide)]
    except Exception:  # noqa: BLE001 - where the other precision cannot be asked, it has nothing to say
        return None
    if not np.isfinite(errors).all() or (errors[1] == 0 and point.dtype == wide.dtype):
        return None
    expected = limits(narrow.dtype).unit / limits(wide.dtype).unit
    return bool(errors[0] > expected**SHRINKS * errors[1])


def _error(case: Case, cell: Cell, point: Point, judgement: Judgement, answer: Answer, refer: Refer) -> float:
    """|answer − truth| of the judged entry at a point; NaN for a method that has a bound of its own."""
    derivative = answer(case, cell, point)
    entry = derivative.entries[judgement.argument]
    if entry is None or derivative.bound is not None:
        return float("nan")
    enclosure = refer(case, point, cell.mode).entries[judgement.argument]
    return float(enclosure.distance(np.asarray(entry, dtype=float))[judgement.index])
