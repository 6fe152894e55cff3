"""How often a right derivative is called wrong: unmodified torch and jax on everything in `subjects`.

`python benchmarks/false_alarms.py` prints how many entries got which verdict, and every alarm;
`--part 3/10` does the third tenth of it, `--quick` the first, `--jobs 2` uses two processes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np

from benchmarks.data import KINDS, point_of
from benchmarks.subjects import Subject, subjects
from diffcheck.backends.jax import forget_compiled
from diffcheck.cell import judge_cell, reference_or_judgement
from diffcheck.dtype import ORDINARY
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.reference.reference import Reference
from diffcheck.verdict import Verdict

BACKENDS = ("torch", "jax")
MODES = ("R", "F")
MOST_ENTRIES = 2_000
"""Subjects with more numbers than that see one kind of data instead of every one."""

QUICK = (1, 10)
TIDY_EVERY = 20

Part = tuple[int, int]


@dataclass(frozen=True)
class Alarm:
    """A verdict that fails an unmodified framework.

    Attributes:
        subject, kind: the function at sizes, and the data.
        cell: how it was differentiated.
        judgement: of the worst entry.
        size: how many numbers the point holds.
        smooth: whether the function is smooth there.
    """

    subject: str
    kind: str
    cell: Cell
    judgement: Judgement
    size: int
    smooth: bool

    @property
    def group(self) -> tuple[str, ...]:
        """What alarms with a common reason have in common."""
        case = self.subject.split(" ")[0] if "/" in self.subject else self.subject
        return (case, self.cell.backend, self.cell.mode, self.cell.dtype, self.judgement.verdict.name)

    def __str__(self) -> str:
        judged = self.judgement
        true = f"[{judged.lower!r}, {judged.upper!r}]"
        where = f"{judged.argument}{list(judged.index)}"
        return (
            f"{judged.verdict.name} ({judged.cause.name}) {self.cell.method} {self.cell.dtype} "
            f"{self.subject}, {self.kind}: {where} = {judged.value!r}, true {true}, "
            f"{judged.ratio:.3g} times the allowance. {judged.message}"
        )


@dataclass(frozen=True)
class Findings:
    """What a subject has shown.

    Attributes:
        entries: (smooth or not, verdict) → how many entries.
        alarms: every failing verdict.
        undecided: the other verdicts at smooth points but AGREES: (subject, method, verdict, cause) → how many.
    """

    entries: Counter[tuple[bool, str]] = field(default_factory=Counter)
    alarms: list[Alarm] = field(default_factory=list)
    undecided: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def add(self, other: Findings) -> None:
        """Count another subject's."""
        self.entries.update(other.entries)
        self.alarms.extend(other.alarms)
        self.undecided.update(other.undecided)


# ---- judging ---------------------------------------------------------------------------------


def look_at(subject: Subject, number: int) -> Findings:
    """Judge both frameworks, in both modes and dtypes, on every kind of data."""
    found = Findings()
    kinds = list(KINDS)
    if _size(point_of(subject.case, subject.sizes, kinds[0], number, "float64")) > MOST_ENTRIES:
        kinds = [kinds[number % len(kinds)]]
    for kind in kinds:
        for dtype in ORDINARY:
            point = point_of(subject.case, subject.sizes, kind, number, dtype)
            for mode in MODES:
                reference = reference_or_judgement(subject.case, point, mode)
                smooth = is_smooth(reference)
                for backend in BACKENDS:
                    cell = Cell(subject.case.id, backend, mode, "", dtype)
                    judgement = judge_cell(subject.case, cell, point, reference)
                    _note(found, subject, kind, cell, judgement, point, smooth)
    return found


def is_smooth(reference: Reference | Judgement) -> bool:
    """Whether the function has a finite derivative here, and no kink, jump or branch within rounding."""
    if isinstance(reference, Judgement):
        return False
    decided = all(not entry.open.any() and np.isfinite(entry.high).all() for entry in reference.entries.values())
    return decided and not (reference.slack or reference.jumps or reference.path_is_near)


def _note(
    found: Findings, subject: Subject, kind: str, cell: Cell, judgement: Judgement, point: Point, smooth: bool
) -> None:
    counts = judgement.counts or {judgement.verdict.name: 1}
    for verdict, count in counts.items():
        found.entries[smooth, verdict] += count
    if judgement.verdict.failure:
        found.alarms.append(Alarm(subject.name, kind, cell, judgement, _size(point), smooth))
    elif smooth and judgement.verdict is not Verdict.AGREES:
        found.undecided[
            subject.case.id, f"{cell.method} {cell.dtype}", judgement.verdict.name, judgement.cause.name
        ] += 1


def _size(point: Point) -> int:
    return sum(array.size for array in point.arguments.values())


# ---- running ---------------------------------------------------------------------------------


def run(part: Part, jobs: int) -> tuple[Findings, int]:
    """Look at one of several parts of the subjects; return the findings and how many subjects there were."""
    count = len(_subjects(part))
    found = Findings()
    for findings in _results(part, jobs, range(count)):
        found.add(findings)
    return found, count


def _results(part: Part, jobs: int, numbers: Sequence[int]) -> Iterator[Findings]:
    work = partial(_work, part)
    if jobs == 1:
        yield from map(work, numbers)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, numbers)


def _work(part: Part, number: int) -> Findings:
    import torch

    torch.set_num_threads(1)
    if number % TIDY_EVERY == 0:
        forget_compiled()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return look_at(_subjects(part)[number], number)


@cache
def _subjects(part: Part) -> list[Subject]:
    return list(subjects(*part))


# ---- printing --------------------------------------------------------------------------------


def print_findings(found: Findings, subjects_seen: int) -> None:
    """The counts of all verdicts, then every group of alarms by its smallest point."""
    print(f"{sum(found.entries.values()):,} entries compared, of {subjects_seen:,} functions at sizes.\n")
    print("| verdict | at smooth points | share | elsewhere |\n|---|---|---|---|")
    total = sum(count for (smooth, _), count in found.entries.items() if smooth)
    for name in Verdict.__members__:
        here, elsewhere = found.entries[True, name], found.entries[False, name]
        if here or elsewhere:
            print(f"| {name} | {here:,} | {here / total:.4%} | {elsewhere:,} |")
    print(f"\n{len(found.alarms)} alarms:")
    for alarm in smallest_of_each(found.alarms):
        print(f"  {'smooth' if alarm.smooth else 'kinked'} {alarm}")
    print("\nNot AGREES at smooth points, most often first:")
    for (case, method, verdict, cause), count in found.undecided.most_common(40):
        print(f"  {count} points: {verdict} ({cause}) {method} {case}")


def smallest_of_each(alarms: Sequence[Alarm]) -> list[Alarm]:
    """The alarm with the fewest numbers, of each group."""
    smallest: dict[tuple[str, ...], Alarm] = {}
    for alarm in alarms:
        if alarm.group not in smallest or alarm.size < smallest[alarm.group].size:
            smallest[alarm.group] = alarm
    return [smallest[group] for group in sorted(smallest)]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the first tenth of the subjects")
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="K/N", help="the k-th of n parts of the subjects")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    given = parser.parse_args()
    began = time.perf_counter()
    found, count = run(QUICK if given.quick else given.part, given.jobs)
    print_findings(found, count)
    print(f"\n{time.perf_counter() - began:.0f} s")


def _part(text: str) -> Part:
    number, _, parts = text.partition("/")
    return int(number), int(parts)


if __name__ == "__main__":
    main()
