"""Findings: the verdicts that a person should look at, each as a list of facts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diffcheck.record import Judgement, Record, Run
from diffcheck.report.matrix import rank
from diffcheck.report.number import array, decimal, enclosure, entry, hexadecimal, short
from diffcheck.report.place import REVERSE, has_tangents
from diffcheck.verdict import Verdict

Fact = tuple[str, str]


@dataclass(frozen=True)
class Finding:
    """What a person should look at, once: cells of one case with one verdict for one cause.

    Attributes:
        record: the worst of these cells; it is shown in full.
        also: the others.
    """

    record: Record
    also: tuple[Record, ...] = ()

    @property
    def records(self) -> tuple[Record, ...]:
        """All of them."""
        return (self.record, *self.also)


def findings(run: Run) -> list[Finding]:
    """What to look at, worst first; known findings after the new ones."""
    chosen = [record for record in run.records if is_finding(record.judgement.verdict)]
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in sorted(chosen, key=lambda record: (bool(record.known), *(-part for part in rank(record)))):
        judgement = record.judgement
        key = (record.cell.case, judgement.verdict.name, judgement.cause.name, record.known)
        groups.setdefault(key, []).append(record)
    return [Finding(first, tuple(rest)) for first, *rest in groups.values()]


def is_finding(verdict: Verdict) -> bool:
    """Whether a person should look at this verdict."""
    return verdict.value.pytest in ("failed", "warned")


def title(record: Record) -> str:
    """Which cell it is: `network/two_layer · handwritten R tutorial · float64`."""
    return f"{record.cell.case} · {record.cell.method} · {record.cell.dtype}"


def facts(finding: Finding) -> list[Fact]:
    """Everything a person needs to judge a finding, as (label, text); nothing is left out."""
    record = finding.record
    judgement = record.judgement
    rows = [
        ("what", judgement.verdict.value.message),
        ("why", _why(judgement)),
        ("culprit", judgement.culprit),
        *_listed("likely", judgement.causes),
        *_point(record),
        *_numbers(record),
        ("advice", judgement.advice),
        ("others", _others(record)),
        ("seen", _seen(record)),
        ("known", record.known),
        ("replay", f"diffcheck replay {record.id}" if record.id else record.replay),
        ("also", " · ".join(_other_cell(other) for other in finding.also)),
    ]
    return [(label, text) for label, text in rows if text]


def _why(judgement: Judgement) -> str:
    parts = dict.fromkeys((judgement.cause.value, judgement.message))
    return "; ".join(part for part in parts if part)


def _point(record: Record) -> list[Fact]:
    if record.point is None:
        return []
    arrays = dict(record.point.arguments)
    if has_tangents(record.cell.mode):
        arrays |= {f"tangent of {name}": value for name, value in record.point.tangents.items()}
    if REVERSE in record.cell.mode and record.point.cotangent is not None:
        arrays["cotangent"] = record.point.cotangent
    return _listed("at", [f"{name} = {_array(value)}" for name, value in arrays.items()])


def _listed(label: str, texts: Sequence[str]) -> list[Fact]:
    """Several texts under one label."""
    return [("" if k else label, text) for k, text in enumerate(texts)]


def _array(value: np.ndarray) -> str:
    return array(value.shape, value.ravel().tolist(), value.dtype.name)


def _numbers(record: Record) -> list[Fact]:
    judgement = record.judgement
    if judgement.value is None:
        return []
    distant = math.isfinite(judgement.value) and (judgement.ulps is not None or judgement.ratio > 0)
    return [
        ("entry", _entry(judgement)),
        ("answer", _exact(judgement.value, record.cell.dtype)),
        ("true", _enclosure(judgement)),
        ("error", _error(judgement) if distant else ""),
        ("allowed", judgement.allowed_for if distant else ""),
    ]


def _entry(judgement: Judgement) -> str:
    """Which entry, and how many of all have this verdict."""
    name = entry(judgement.argument, judgement.index)
    alike, total = judgement.counts.get(judgement.verdict.name, 0), sum(judgement.counts.values())
    return f"{name}, the worst of {alike} among {total}" if alike > 1 else name


def _exact(value: float, dtype: str) -> str:
    if not math.isfinite(value):
        return decimal(value)
    return f"{decimal(value, dtype)}  ({hexadecimal(value)})"


def _enclosure(judgement: Judgement) -> str:
    if judgement.lower is None or judgement.upper is None:
        return "unknown"
    ends = dict.fromkeys((hexadecimal(judgement.lower), hexadecimal(judgement.upper)))
    return f"{enclosure(judgement.lower, judgement.upper)}  ({' … '.join(ends)})"


def _error(judgement: Judgement) -> str:
    return "; ".join(part for part in (_distance(judgement), _excess(judgement)) if part)


def _distance(judgement: Judgement) -> str:
    """In ulp; where the truth is 0 they mean nothing, and at a kink there is a range to be in."""
    if judgement.ulps is not None:
        return f"{short(judgement.ulps)} ulp"
    return "the true derivative is 0" if judgement.lower == judgement.upper == 0 else ""


def _excess(judgement: Judgement) -> str:
    if judgement.allowance is None:
        return ""
    return f"{short(judgement.ratio)} times the allowance of {short(judgement.allowance)}"


def _others(record: Record) -> str:
    """What the other methods say: each answer once, with all who give it."""
    methods: dict[str, list[str]] = {}
    for method, value in record.others.items():
        answer = "nothing" if value is None else decimal(value, record.cell.dtype)
        methods.setdefault(answer, []).append(method)
    return " · ".join(f"{answer} from {', '.join(given)}" for answer, given in methods.items())


def _other_cell(record: Record) -> str:
    """A cell with the same finding, and how to replay it there."""
    method = f"{record.cell.method} {record.cell.dtype}"
    return f"{method} ({record.id})" if record.id else method


def _seen(record: Record) -> str:
    """How often, so that a verdict at one point in a hundred looks different from one at all."""
    if not record.points:
        return ""
    there = record.verdicts.get(record.judgement.verdict.name, 0)
    origin = f", first shown by {ORIGINS.get(record.found, record.found)}" if record.found else ""
    return f"at {there} of {record.points} points{origin}"


ORIGINS = {
    "example": "a worked example",
    "known": "a known point",
    "search": "the search, then made small",
}
