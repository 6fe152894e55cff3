"""A tally: what one cell has shown so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.verdict import Verdict

KNOWN = "known"
EXAMPLE = "example"
SEARCH = "search"


@dataclass
class Tally:
    """What one cell has shown at the points it was judged at.

    Attributes:
        cell: which.
        worst: the worst judgement so far, by severity, then by ratio; the first of equals.
        point: where.
        found: where that point came from: `known`, `example` or `search`.
        points: how many points were judged.
        entries: how many numbers were compared.
        verdicts: verdict name → how many points.
    """

    cell: Cell
    worst: Judgement | None = None
    point: Point | None = None
    found: str = ""
    points: int = 0
    entries: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    def add(self, judgement: Judgement, point: Point, found: str) -> None:
        """Count a judgement, and keep it where it is the worst."""
        self.points += 1
        self.entries += sum(judgement.counts.values())
        self.verdicts[judgement.verdict.name] += 1
        if self.worst is None or rank(judgement) > rank(self.worst):
            self.worst, self.point, self.found = judgement, point, found


def rank(judgement: Judgement) -> tuple[bool, int, float]:
    """Orders judgements from harmless to worst.

    A function with another value comes last: where the values happen to coincide, its derivative
    may be another, and to call that wrong would mislead.
    """
    return judgement.verdict is Verdict.DIFFERENT, judgement.verdict.value.severity, judgement.ratio
