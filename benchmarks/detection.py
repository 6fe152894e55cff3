"""How small an error is still caught, by diffcheck and by the usual checkers, on the same input in the same run.

`python benchmarks/detection.py` prints three tables: planted errors of every size, structural
mutants, and what escaped; `--quick` does a small part of it.

One entry of a right gradient, drawn by a seed before it is seen, or every entry is multiplied by
1 + δ; δ is relative to the larger of |g| and the root mean square of the entry's products, where
products cancel. The smallest δ that is caught is found by bisection.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.checkers import CHECKERS, Checker, Claim
from benchmarks.functions import PROBLEMS, SIZES
from benchmarks.planted import CERTIFIED, EVERYWHERE, METHODS, Place, Question, smallest
from benchmarks.structural import BELOW, CAUGHT, EQUIVALENT, ESCAPED, Trial, trials
from diffcheck.backends.jax import forget_compiled
from diffcheck.dtype import ORDINARY
from diffcheck.verdict import Verdict

DIFFCHECK = "diffcheck"
SUSPECTED = "diffcheck, at least INCONCLUSIVE"


@dataclass(frozen=True)
class Effort:
    """How many errors are planted.

    Attributes:
        sizes: numbers of gradient entries.
        seeds: data, for each size.
        entries: entries drawn for each data; one error in all entries comes on top.
        problems: how many of the functions.
    """

    sizes: tuple[int, ...]
    seeds: Mapping[int, int]
    entries: int
    problems: int = len(PROBLEMS)


FULL = Effort(SIZES, {3: 8, 100: 5, 1_000: 3, 100_000: 1}, entries=6)
QUICK = Effort(SIZES[:3], {3: 1, 100: 1, 1_000: 1}, entries=1)


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


def thresholds(effort: Effort) -> Iterator[Threshold]:
    """Every function, size, seed, dtype and place."""
    for problem in PROBLEMS[: effort.problems]:
        for size in effort.sizes:
            for seed in range(effort.seeds[size]):
                question = Question(problem, size, seed)
                places = [EVERYWHERE, *(question.place(entry) for entry in range(effort.entries))]
                for dtype in ORDINARY:
                    yield from _own(question, dtype, places)
                    yield from _others(question, dtype, places[:2]) if seed == 0 else ()
        forget_compiled()


def _own(question: Question, dtype: str, places: Sequence[Place]) -> Iterator[Threshold]:
    """What diffcheck catches; it looks at the right gradient first."""
    for method in METHODS:
        right = question.judgement(method, dtype, EVERYWHERE, 0.0).verdict
        for place in places:

            def verdict(delta: float, place: Place = place, method: str = method) -> Verdict:
                return question.judgement(method, dtype, place, delta).verdict

            caught = np.nan if right.failure else smallest(lambda delta: verdict(delta).failure)
            suspected = np.nan if right is not Verdict.AGREES else smallest(lambda d: verdict(d) is not Verdict.AGREES)
            where = (question.problem.name, question.size, dtype, method, place is EVERYWHERE)
            yield Threshold(DIFFCHECK, *where, caught)
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


# ---- tables ----------------------------------------------------------------------------------


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
    """The thresholds of every checker, dtype and size, summed up."""
    groups: dict[tuple[str, str, int], list[float]] = {}
    for threshold in found:
        groups.setdefault((threshold.checker, threshold.dtype, threshold.size), []).append(threshold.delta)
    return [_row(*key, np.array(deltas)) for key, deltas in groups.items()]


def _row(checker: str, dtype: str, size: int, deltas: np.ndarray) -> Row:
    passed = np.sort(deltas[~np.isnan(deltas)])
    if not passed.size:
        return Row(checker, dtype, size, np.nan, np.nan, np.nan, 1.0, deltas.size)
    median, most = (float(np.quantile(passed, share, method="higher")) for share in (0.5, 0.99))
    return Row(checker, dtype, size, median, most, float(passed[-1]), 1 - passed.size / deltas.size, deltas.size)


def number(delta: float) -> str:
    """A threshold as tables show it."""
    if np.isnan(delta):
        return "–"
    return "> 1" if np.isinf(delta) else f"{delta:.0e}"


def print_rows(found: Sequence[Row]) -> None:
    """Median, 99 % quantile and worst of every checker."""
    print("| checker | dtype | entries | median | 99 % | worst | right ones rejected | errors planted |")
    print("|---|---|---|---|---|---|---|---|")
    names = [DIFFCHECK, SUSPECTED, *(checker.name for checker in CHECKERS)]
    for row in sorted(found, key=lambda row: (row.dtype, row.size, names.index(row.checker))):
        numbers = " | ".join(number(delta) for delta in (row.median, row.most, row.worst))
        print(f"| {row.checker} | {row.dtype} | {row.size:,} | {numbers} | {row.rejected:.0%} | {row.count} |")


def print_worst(found: Sequence[Threshold], count: int = 10) -> None:
    """The largest errors that diffcheck does not catch."""
    own = [threshold for threshold in found if threshold.checker == DIFFCHECK]
    for dtype in ORDINARY:
        print(f"\nCaught last in {dtype}:")
        chosen = [threshold for threshold in own if threshold.dtype == dtype]
        for threshold in sorted(chosen, key=lambda threshold: -threshold.delta)[:count]:
            where = "all entries" if threshold.everywhere else "one entry"
            print(f"  {threshold.delta:.1e} {threshold.function}, n = {threshold.size:,}, {where}, {threshold.method}")


def print_trials(found: Sequence[Trial]) -> None:
    """How many mutants are caught, by mistake and by place; and every escape."""
    for lifted in (True, False):
        print(f"\nStructural mutants, their program {'known' if lifted else 'unknown'}:\n")
        print(f"| mistake | {CAUGHT} | {ESCAPED} | {BELOW} | {EQUIVALENT} |\n|---|---|---|---|---|")
        chosen = [trial for trial in found if trial.lifted is lifted]
        for title in [
            *dict.fromkeys(trial.mistake for trial in chosen),
            *dict.fromkeys(trial.place for trial in chosen),
        ]:
            counts = Counter(trial.outcome for trial in chosen if title in (trial.mistake, trial.place))
            print(f"| {title} |", " | ".join(f"{counts[name]:,}" for name in (CAUGHT, ESCAPED, BELOW, EQUIVALENT)), "|")
    print("\nEscaped:")
    escaped = [trial for trial in found if trial.outcome == ESCAPED]
    groups = Counter((e.problem, e.mistake, e.place, e.dtype, e.lifted, e.verdict, e.cause) for e in escaped)
    for (problem, mistake, place, dtype, lifted, verdict, cause), times in groups.most_common():
        program = "program known" if lifted else "program unknown"
        print(f"  {times} × {verdict} ({cause}): {problem}, {mistake}, {place}, {dtype}, {program}")


def main() -> None:
    """Plant, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few errors, up to 1,000 entries, few mutants")
    given = parser.parse_args()
    began = time.perf_counter()
    planted = list(thresholds(QUICK if given.quick else FULL))
    print_rows(rows(planted))
    print_worst(planted)
    print_trials(list(trials(ORDINARY, PROBLEMS[::4] if given.quick else PROBLEMS)))
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
