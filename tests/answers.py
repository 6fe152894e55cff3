"""Answers for the judge, one a row: what follows from each, and which steps of the judgement would decide it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcheck.backends.base import Derivative
from diffcheck.evidence import gather
from diffcheck.judge import _different_value, judge, judge_failure
from diffcheck.record import Judgement
from diffcheck.reference.reference import Reference
from diffcheck.rules import RULES
from diffcheck.verdict import Cause, Verdict
from tests.judging import referred

NAN = float("nan")
OPTIONS = ("dtype", "mode", "bound", "value")


@dataclass(frozen=True)
class Row:
    """One answer, and what follows from it.

    Attributes:
        name: what is asked and answered.
        function: of `x`, and perhaps of others.
        answer: the derivative by x; `None` where nothing arrives, an exception where it is raised.
        step: which step decides.
        verdict, cause: what it decides.
        over: later steps that would have decided, too, of themselves.
        options: the point, and `dtype`, `mode`, `bound`, `value`.
    """

    name: str
    function: Callable[..., Any]
    answer: Any
    step: int
    verdict: Verdict
    cause: Cause
    over: tuple[int, ...]
    options: dict[str, Any]


def row(
    name: str,
    function: Callable[..., Any],
    answer: Any,
    step: int,
    verdict: Verdict,
    cause: Cause,
    *,
    over: Sequence[int] = (),
    **options: Any,
) -> Row:
    """A row of a table."""
    return Row(name, function, answer, step, verdict, cause, tuple(over), options)


# The step that each rule belongs to.
STEP_OF = {
    "undefined": 2,
    "infinite": 5,
    "rounds_away": 6,
    "too_wide": 7,
    "at_kink": 8,
    "own_bound": 9,
    "agrees": 9,
    "out_of_range": 10,
    "not_finite": 11,
    "wrong": 12,
}


def judgement_of(asked: Row) -> Judgement:
    """What follows, through the front door."""
    reference = reference_of(asked)
    if isinstance(asked.answer, Exception):
        return judge_failure(asked.answer, reference)
    return judge(derivative_of(asked, asked.answer), reference)


def reference_of(asked: Row) -> Reference:
    """What is true."""
    point = {name: value for name, value in asked.options.items() if name not in OPTIONS}
    return referred(asked.function, point, asked.options.get("dtype", "float64"), asked.options.get("mode", "R"))


def derivative_of(asked: Row, answer: Any) -> Derivative:
    """What a method answers."""
    bound, value = asked.options.get("bound"), asked.options.get("value")
    entry = None if answer is None else np.asarray(answer, float)
    bounds = None if bound is None else {"x": np.full(np.shape(asked.options["x"]), float(bound))}
    return Derivative(None if value is None else np.asarray(value), {"x": entry}, bounds)


def deciding(asked: Row) -> list[int]:
    """The steps that would decide, each asked alone, in the order in which they are asked.

    Where nothing is answered, NaN stands in for it; 0, where nothing is right.
    """
    reference = reference_of(asked)
    is_silent = asked.answer is None or isinstance(asked.answer, Exception)
    stand_in = np.full(np.shape(asked.options["x"]), 0.0 if "x" in reference.unreached else NAN)
    answer = stand_in if is_silent else asked.answer
    steps = list(ruling(derivative_of(asked, answer), reference))
    before = [step for step in steps if step == 2]
    if is_silent and "x" not in reference.unreached:
        before.append(3)
    if _different_value(derivative_of(asked, answer), reference) is not None:
        before.append(4)
    return [*before, *(step for step in steps if step != 2)]


def ruling(derivative: Derivative, reference: Reference) -> Iterator[int]:
    """The steps whose rules would decide the worst entry, each asked alone."""
    entries = {name: np.asarray(entry) for name, entry in derivative.entries.items()}
    worst = judge(Derivative(None, entries, derivative.bound), reference).index
    evidence = gather(entries, derivative, reference)["x"]
    if not evidence.values.size:
        yield STEP_OF["agrees"]
        return
    with np.errstate(all="ignore"):
        for rule in RULES:
            for verdict, cause, mask in rule(evidence):
                if mask[worst]:
                    own = rule.__name__ == "own_bound" and verdict is Verdict.WRONG
                    yield 8 if cause is Cause.NEAR_KINK else 12 if own else STEP_OF[rule.__name__]
