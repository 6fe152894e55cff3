"""How often a right derivative is called wrong: unmodified torch and jax on everything in `subjects`."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.alarms import Alarm
from benchmarks.data import KINDS, point_of
from benchmarks.subjects import Subject
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

TIDY_EVERY = 20
"""So many subjects are compiled before jax forgets them."""


@dataclass(frozen=True)
class Findings:
    """What subjects have shown.

    Attributes:
        subjects: how many functions at sizes there were.
        compared: how many of them have a smooth point at which something was compared.
        entries: (smooth or not, verdict) → how many numbers.
        answers: (smooth or not, worst verdict) → how many derivatives.
        undecided: the harmless verdicts at smooth points but AGREES: (case, method, verdict, cause) → how many
            derivatives.
        alarms: every failing verdict.
    """

    subjects: int = 0
    compared: int = 0
    entries: Counter[tuple[bool, str]] = field(default_factory=Counter)
    answers: Counter[tuple[bool, str]] = field(default_factory=Counter)
    undecided: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    alarms: list[Alarm] = field(default_factory=list)

    def __add__(self, other: Findings) -> Findings:
        """Both together."""
        return Findings(
            self.subjects + other.subjects,
            self.compared + other.compared,
            self.entries + other.entries,
            self.answers + other.answers,
            self.undecided + other.undecided,
            self.alarms + other.alarms,
        )


def look_at_all(subjects: Mapping[int, Subject]) -> Findings:
    """Judge both frameworks on some subjects, each with its number."""
    found = Findings()
    for done, (number, subject) in enumerate(subjects.items(), start=1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found += look_at(subject, number)
        if done % TIDY_EVERY == 0:
            forget_compiled()
    return found


def look_at(subject: Subject, number: int) -> Findings:
    """Judge both frameworks, in both modes and dtypes, on every kind of data.

    Args:
        subject: a function at sizes.
        number: seed of the data; and which kind of data a large subject sees.
    """
    found = Findings()
    for kind in _kinds(subject, number):
        for dtype in ORDINARY:
            point = point_of(subject.case, subject.sizes, kind, number, dtype)
            for mode in MODES:
                reference = reference_or_judgement(subject.case, point, mode)
                smooth = is_smooth(reference)
                for backend in BACKENDS:
                    cell = Cell(subject.case.id, backend, mode, "", dtype)
                    judgement = judge_cell(subject.case, cell, point, reference)
                    found += _noted(subject, kind, cell, judgement, point, smooth)
    return replace(found, subjects=1, compared=int(any(smooth for smooth, _ in found.entries)))


def _noted(subject: Subject, kind: str, cell: Cell, judgement: Judgement, point: Point, smooth: bool) -> Findings:
    """What one answer has shown."""
    verdict, counts = judgement.verdict, judgement.counts or {judgement.verdict.name: 1}
    found = Findings(
        entries=Counter({(smooth, name): count for name, count in counts.items()}),
        answers=Counter({(smooth, verdict.name): 1}),
    )
    if verdict.failure:
        found.alarms.append(Alarm(subject.case, cell, judgement, point, f"{subject.name}, {kind}", smooth))
    elif smooth and verdict is not Verdict.AGREES:
        found.undecided[cell.case, f"{cell.method} {cell.dtype}", verdict.name, judgement.cause.name] += 1
    return found


def _kinds(subject: Subject, number: int) -> Sequence[str]:
    kinds = list(KINDS)
    point = point_of(subject.case, subject.sizes, kinds[0], number, "float64")
    return kinds if _size(point) <= MOST_ENTRIES else [kinds[number % len(kinds)]]


def _size(point: Point) -> int:
    return sum(array.size for array in point.arguments.values())


def is_smooth(reference: Reference | Judgement) -> bool:
    """Whether the function has a finite derivative here, and no kink, jump or branch within rounding."""
    if isinstance(reference, Judgement):
        return False
    decided = all(not entry.open.any() and np.isfinite(entry.high).all() for entry in reference.entries.values())
    return decided and not (reference.slack or reference.jumps or reference.nearby.has_path)
