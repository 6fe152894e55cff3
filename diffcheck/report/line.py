"""Findings in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diffcheck.record import Record
from diffcheck.report.finding import Finding, title
from diffcheck.report.number import WIDE, decimal, enclosure, entry
from diffcheck.report.paint import Paint


def lines(findings: Sequence[Finding], paint: Paint) -> Iterator[str]:
    """Findings one below the other: `✗ WRONG  vector/squared_norm · torch R · float64: x[0] is 2.0, not 4.0`."""
    heads = [_head(finding.record) for finding in findings]
    width = max(map(len, heads), default=0)
    for finding, head in zip(findings, heads, strict=True):
        also = f" and {len(finding.also)} more" if finding.also else ""
        painted = paint(head.ljust(width), finding.record.judgement.verdict)
        yield f"{painted}  {title(finding.record)}{also}: {statement(finding.record)}"


def _head(record: Record) -> str:
    verdict = record.judgement.verdict
    return f"{verdict.value.glyph} {verdict.name}" + (" (known)" if record.known else "")


def statement(record: Record) -> str:
    """What is the matter: `x[0] is 2.0, not 4.0`, or why there is no such number."""
    judgement = record.judgement
    if judgement.value is None or judgement.lower is None or judgement.upper is None:
        reason = judgement.message or judgement.cause.value or judgement.verdict.value.message
        return reason.partition("\n")[0]
    name = entry(judgement.argument, judgement.index)
    value = decimal(judgement.value, record.cell.dtype)
    return f"{name} is {value}, not {_truth(judgement.lower, judgement.upper)}"


def _truth(lower: float, upper: float) -> str:
    """The middle of a narrow enclosure is near enough for a line; at a kink there is a range to be in."""
    middle = lower + (upper - lower) / 2
    return decimal(middle) if upper - lower <= WIDE * abs(middle) else enclosure(lower, upper)
