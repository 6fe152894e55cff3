"""A record: one row of a run, the worst of all points at which a cell was judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from diffcheck.point import Point
from diffcheck.verdict import Cause, Verdict

if TYPE_CHECKING:
    from diffcheck.observation import BehaviourRow
    from diffcheck.sheet import ClaimRow, Sheet


@dataclass(frozen=True)
class Judgement:
    """What follows for one derivative at one point: the worst of its entries.

    Attributes:
        verdict, cause: what follows, and why.
        ratio: |error| / allowance of the worst entry (0 where nothing was compared).
        ulps: distance of that entry to the enclosure in units in the last place of the dtype
            under test; `None` where the reference is 0 or nothing was compared.
        argument, index: which entry; argument is `"output"` in mode F.
        value: what the backend answered there.
        lower, upper: the enclosure there, rounded outward.
        allowance: the largest |error| that is still `AGREES` there.
        counts: verdict name → how many entries.
        message: sentences for a person.
        culprit: the intermediate that left the dtype's range: `exp(x[1]) = 2.7e347 overflows float64`;
            or the operation of a composite function whose own backward is wrong.
        causes: what the numbers look like, likely first: `twice the truth: accumulated twice?`
        advice: where digits are lost, by the formula or by the problem itself.
        allowed_for: what the allowance is made of: `the method's own error bound`.
    """

    verdict: Verdict
    cause: Cause = Cause.NONE
    ratio: float = 0.0
    ulps: float | None = None
    argument: str = ""
    index: tuple[int, ...] = ()
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    allowance: float | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    message: str = ""
    culprit: str = ""
    causes: tuple[str, ...] = ()
    advice: str = ""
    allowed_for: str = ""


@dataclass(frozen=True)
class Cell:
    """One way to differentiate one case: a cell of the matrix."""

    case: str
    backend: str
    mode: str
    transform: str
    dtype: str

    @property
    def method(self) -> str:
        """`torch R`, `jax R jit`, `handwritten two passes`: the column of the matrix."""
        return " ".join(part for part in (self.backend, self.mode, self.transform) if part)


@dataclass(frozen=True)
class Record:
    """One row per cell: its worst judgement over all points, and the point that shows it.

    Attributes:
        id: hash of case, definition, point, backend, mode, transform and dtype.
        judgement: the worst.
        point: where; `None` where the cell never ran.
        points: how many points were judged.
        entries: how many numbers were compared.
        verdicts: verdict name → how many points.
        found: `example`, `known` or `search`: where the point came from.
        known: the reason, where the finding is listed in the file of known findings.
        others: where the verdict is a finding: every other method of the same case and dtype →
            what it answers for the same entry at the same point (`None`: no number).
        proved: the arguments and shapes for which what ran is proved to be the derivative, symbolically.
        replay: how to see it again, where that is not by its id.
    """

    id: str
    cell: Cell
    judgement: Judgement
    point: Point | None = None
    points: int = 0
    entries: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)
    found: str = ""
    known: str = ""
    others: Mapping[str, float | None] = field(default_factory=dict)
    proved: str = ""
    replay: str = ""


@dataclass(frozen=True)
class Run:
    """All rows of one execution, and what it ran with.

    Attributes:
        environment: name → text: versions, dtype switches, threads, seed, profile.
        records: one per cell, in the order of the plan.
        sheets: one per case, what a report shows besides its records.
        gone: known findings that no longer occur, one sentence each.
        missing: required backends that are not installed.
        complete: whether the run reached its end.
        settings: name → text: what was asked for, as far as it decides what a run finds.
        definitions: case → hash of its definition.
        behaviours: statements about frameworks, and what each of them does.
        claims: what became of what sources say about frameworks; those about a case's numbers are in its sheet.
    """

    environment: Mapping[str, str]
    records: tuple[Record, ...]
    sheets: tuple[Sheet, ...] = ()
    gone: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    complete: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    behaviours: tuple[BehaviourRow, ...] = ()
    claims: tuple[ClaimRow, ...] = ()


def as_float(value: object) -> float:
    """A number of any kind as the nearest float64."""
    return float(np.float64(value))  # type: ignore[arg-type]
