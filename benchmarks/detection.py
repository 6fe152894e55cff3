"""How small an error is still caught, by diffcheck and by the usual checkers, on the same input in the same run.

One entry of a right gradient, drawn by a seed before it is seen, or every entry is multiplied by
1 + δ; δ is relative to the larger of |g| and the root mean square of the entry's products, where
products cancel. The smallest δ that is caught is found by bisection.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from benchmarks.checkers import CHECKERS, Checker, Claim
from benchmarks.functions import Problem
from benchmarks.planted import CERTIFIED, EVERYWHERE, METHODS, Place, Question, smallest
from diffcheck.backends.jax import forget_compiled
from diffcheck.dtype import ORDINARY
from diffcheck.verdict import Verdict

DIFFCHECK = "diffcheck"
"""Of a framework's own gradient, whose program it reads."""

UNREAD = "diffcheck, program unknown"
"""Of numbers from nowhere, which may have been added up one after another."""

SUSPECTED = "diffcheck, at least INCONCLUSIVE"
NAMES = (DIFFCHECK, UNREAD, SUSPECTED, *(checker.name for checker in CHECKERS))


@dataclass(frozen=True)
class Effort:
    """How many errors are planted.

    Attributes:
        seeds: number of gradient entries → how many data.
        entries: entries drawn for each data; one error in all entries comes on top.
    """

    seeds: Mapping[int, int]
    entries: int


FULL = Effort({3: 8, 100: 5, 1_000: 3, 100_000: 1}, entries=6)
QUICK = Effort({3: 1, 100: 1}, entries=1)


@dataclass(frozen=True)
class Threshold:
    """The smallest planted error that a checker catches.

    Attributes:
        checker: which.
        function, size, dtype: of what.
        method: whose right gradient it was planted in.
        everywhere: whether in all entries.
        delta: the error; infinite where even the doubled entry passes, NaN where the right gradient does not.
    """

    checker: str
    function: str
    size: int
    dtype: str
    method: str
    everywhere: bool
    delta: float


# ---- planted errors --------------------------------------------------------------------------


def thresholds(problem: Problem, size: int, effort: Effort) -> Iterator[Threshold]:
    """Every seed, dtype and place."""
    for seed in range(effort.seeds[size]):
        question = Question(problem, size, seed)
        drawn = [EVERYWHERE, *(question.place(entry) for entry in range(effort.entries))]
        places = [place for place in drawn if question.has_size(place)]
        for dtype in ORDINARY:
            yield from _own(question, dtype, places)
            yield from _others(question, dtype, places[:2]) if seed == 0 else ()
    forget_compiled()


def _own(question: Question, dtype: str, places: Sequence[Place]) -> Iterator[Threshold]:
    """What diffcheck catches; it looks at the right gradient first."""
    for method in METHODS:
        right = question.judgement(method, dtype, EVERYWHERE, 0.0).verdict
        for place in places:

            @cache
            def verdict(delta: float, place: Place = place, method: str = method) -> Verdict:
                return question.judgement(method, dtype, place, delta).verdict

            caught = np.nan if right.failure else smallest(lambda delta: verdict(delta).failure)
            suspected = np.nan if right is not Verdict.AGREES else smallest(lambda d: verdict(d) is not Verdict.AGREES)
            where = (question.problem.name, question.size, dtype, method, place is EVERYWHERE)
            yield Threshold(UNREAD if method == CERTIFIED else DIFFCHECK, *where, caught)
            yield Threshold(SUSPECTED, *where, suspected)


def _others(question: Question, dtype: str, places: Sequence[Place]) -> Iterator[Threshold]:
    """What the usual checkers catch, in the true gradient, rounded."""
    for checker in CHECKERS:
        if question.size <= checker.largest:
            for place in places:
                where = (question.problem.name, question.size, dtype, CERTIFIED, place is EVERYWHERE)
                yield Threshold(checker.name, *where, _caught_by(checker, question, dtype, place))


def _caught_by(checker: Checker, question: Question, dtype: str, place: Place) -> float:
    entry = question.place(0)
    assert entry.index is not None
    looked_at = (entry.argument, entry.index)

    def objects(delta: float) -> bool:
        right: Any = question.right(CERTIFIED, dtype).entries
        errors = question.errors(dtype, place, delta)
        return checker.objects(Claim(question.problem.function, question.point(dtype), right, errors, looked_at))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float("nan") if objects(0.0) else smallest(objects)


# ---- summing up ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One checker in one dtype at one size.

    Attributes:
        checker, dtype, size: which.
        median, most, worst: of the smallest δ that is caught: half of all errors, 99 % of them, and every one are
            caught from there on. Of those whose right gradient passes.
        rejected: the share of right gradients that do not pass.
        count: how many errors were planted.
    """

    checker: str
    dtype: str
    size: int
    median: float
    most: float
    worst: float
    rejected: float
    count: int


def rows(found: Iterable[Threshold]) -> list[Row]:
    """The thresholds of every dtype, size and checker, summed up."""
    groups: dict[tuple[str, str, int], list[float]] = {}
    for threshold in found:
        groups.setdefault((threshold.checker, threshold.dtype, threshold.size), []).append(threshold.delta)
    found_rows = [_row(*key, np.array(deltas)) for key, deltas in groups.items()]
    return sorted(found_rows, key=lambda row: (ORDINARY.index(row.dtype), row.size, NAMES.index(row.checker)))


def _row(checker: str, dtype: str, size: int, deltas: np.ndarray) -> Row:
    passed = np.sort(deltas[~np.isnan(deltas)])
    if not passed.size:
        return Row(checker, dtype, size, np.nan, np.nan, np.nan, 1.0, deltas.size)
    median, most = (float(np.quantile(passed, share, method="higher")) for share in (0.5, 0.99))
    return Row(checker, dtype, size, median, most, float(passed[-1]), 1 - passed.size / deltas.size, deltas.size)


def caught_last(found: Iterable[Threshold], dtype: str, count: int = 10) -> list[Threshold]:
    """The largest errors that diffcheck does not catch in a dtype."""
    own = [threshold for threshold in found if threshold.checker in (DIFFCHECK, UNREAD) and threshold.dtype == dtype]
    return sorted(own, key=lambda threshold: -threshold.delta)[:count]
