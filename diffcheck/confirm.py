"""Confirms a wrong formula: its error does not care about the precision.

The allowance comes from the graph of the definition. A framework may run another program for the
same derivative, right but less exact: torch's backward of logsumexp is exp(z − y), which takes
over the rounding of y. Then the error exceeds the allowance and is rounding all the same. The
test: at a point that both dtypes hold exactly, rounding shrinks by 2²⁹ from float32 to float64,
and the error of a wrong formula does not shrink. float32 in turn is what low precision is held
against: rounding shrinks by 2¹⁶ from bfloat16, by 2¹³ from float16.
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


def confirm(case: Case, cell: Cell, point: Point, judgement: Judgement, answer: Answer, refer: Refer) -> Judgement:
    """Hold a wrong entry against the same entry in the other precision.

    Args:
        case: that was judged.
        cell: by which method.
        point: where.
        judgement: what came of it; only a finite `WRONG` is looked at.
        answer: what a cell's method answers at a point.
        refer: what is true at a point, in a mode.

    Returns:
        the judgement, or `INCONCLUSIVE` where the error shrinks with the precision.
    """
    if judgement.verdict is not Verdict.WRONG or judgement.value is None or not np.isfinite(judgement.value):
        return judgement
    narrow = point if limits(point.dtype).is_low else point.astype(np.float32)
    wide = narrow.astype(np.float32 if narrow is point else np.float64)
    try:
        errors = [_error(case, cell, at, judgement, answer, refer) for at in (narrow, wide)]
    except Exception:  # noqa: BLE001 - where the other precision cannot be asked, it has nothing to say
        return judgement
    shrinking = limits(narrow.dtype).unit / limits(wide.dtype).unit
    shrinks = np.isfinite(errors[0]) and errors[0] > shrinking**SHRINKS * errors[1]
    if not shrinks or (errors[1] == 0 and point.dtype == np.float64):
        return judgement
    return replace(judgement, verdict=Verdict.INCONCLUSIVE, cause=Cause.LOST_DIGITS, message=Cause.LOST_DIGITS.value)


def _error(case: Case, cell: Cell, point: Point, judgement: Judgement, answer: Answer, refer: Refer) -> float:
    """|answer − truth| of the judged entry at a point; NaN for a method that has a bound of its own."""
    derivative = answer(case, cell, point)
    entry = derivative.entries[judgement.argument]
    if entry is None or derivative.bound is not None:
        return float("nan")
    enclosure = refer(case, point, cell.mode).entries[judgement.argument]
    return float(enclosure.distance(np.asarray(entry, dtype=float))[judgement.index])
