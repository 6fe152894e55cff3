"""Advice: where right answers lose digits, by a careless formula or by the problem itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diffcheck.record import Record
from diffcheck.report.finding import is_finding
from diffcheck.report.place import place


@dataclass(frozen=True)
class Advice:
    """What to know about one case in one dtype.

    Attributes:
        case, dtype: which.
        at: the point, in one line.
        text: whose fault the lost digits are.
    """

    case: str
    dtype: str
    at: str
    text: str


def advice(records: Iterable[Record]) -> list[Advice]:
    """What is advised, once for each case and dtype; a finding says its own."""
    found: dict[tuple[str, str], Advice] = {}
    for record in records:
        cell, judgement = record.cell, record.judgement
        if judgement.advice and record.point is not None and not is_finding(judgement.verdict):
            one = Advice(cell.case, cell.dtype, place(record.point, cell.mode), judgement.advice)
            found.setdefault((cell.case, cell.dtype), one)
    return list(found.values())
