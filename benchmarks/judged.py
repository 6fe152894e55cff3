"""Judging an answer that no framework gave, by everything that a framework's answer goes through."""

from __future__ import annotations

from collections.abc import Callable

from diffcheck.backends.base import PLAIN, REVERSE, Derivative
from diffcheck.case import Case
from diffcheck.confirm import confirm
from diffcheck.judge import weigh
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.reference.reference import Reference

Answer = Callable[[str], Derivative]
Truth = Callable[[str], Reference]


def judged(case: Case, method: str, point: Point, answer: Answer, truth: Truth) -> Judgement:
    """What becomes of a gradient: the rules, and the confirmation by another precision.

    Args:
        case: of which function.
        method: whose gradient it is said to be.
        point: where; both float64 and float32 hold it.
        answer: dtype → the gradient there.
        truth: dtype → what is true there.
    """
    dtype = point.dtype.name
    cell = Cell(case.id, method, REVERSE, PLAIN, dtype)
    judgement, evidence = weigh(answer(dtype), truth(dtype))
    return confirm(
        case,
        cell,
        point,
        judgement,
        lambda _, __, at: answer(at.dtype.name),
        lambda _, at, __: truth(at.dtype.name),
        lifted=lambda: any(about.together.ran is not None for about in evidence.values()),
    )
