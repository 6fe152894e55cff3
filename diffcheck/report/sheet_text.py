"""A sheet for a terminal: the derivation, the value by every method, the step-size table."""

from __future__ import annotations

import math
from collections.abc import Sequence

from diffcheck.report.number import array, decimal, enclosure, entry, short
from diffcheck.report.paint import Paint, plain
from diffcheck.sheet import ClaimRow, MethodRow, Numbers, Sheet, StepRow, StepTable, WorkedExample

TITLE_SCHEME = "forward"
"""The scheme whose quotients are printed in full; of the others only the errors are."""

BAR = 20
"""Width in characters of the longest bar of the V-curve."""


def sheet_text(sheet: Sheet, paint: Paint = plain) -> str:
    """The whole sheet, ending in a line break."""
    sections = [_head(sheet), _derivation(sheet), *_worked(sheet.example, paint), _claims(sheet.claims)]
    return "\n\n".join(section for section in sections if section) + "\n"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of words as lines, every column as wide as its widest word."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  " + "  ".join(word.ljust(widths[k]) for k, word in enumerate(row)).rstrip() for row in rows]


def _head(sheet: Sheet) -> str:
    lines = [line.strip() for line in sheet.docstring.splitlines()]
    source = f"source: {sheet.source}" if sheet.source else ""
    return "\n  ".join([sheet.case, *(line for line in [*lines, source] if line)])


def _derivation(sheet: Sheet) -> str:
    parts = [] if sheet.formula is None else [f"Function\n  {sheet.formula.text}"]
    parts += [f"Gradient with respect to {name}\n  {form.text}" for name, form in sheet.closed_forms.items()]
    remarks = [*sheet.notes, *([sheet.trust.sentence] if sheet.trust else [])]
    parts += ["\n".join(f"  {remark}" for remark in remarks)] if remarks else []
    return "\n\n".join(parts)


def _worked(example: WorkedExample | None, paint: Paint) -> list[str]:
    if example is None:
        return []
    rows = [(name, numbers_text(numbers)) for name, numbers in example.arguments.items()]
    if example.value is not None:
        rows.append(("value", numbers_text(example.value)))
    rows += [(f"∂/∂{name}", enclosure_text(lower, example.upper[name])) for name, lower in example.lower.items()]
    point = "\n".join(["Worked example", *columns(rows)])
    steps = step_text(example.steps) if example.steps else ""
    return [point, _methods(example.rows, paint), steps]


def numbers_text(numbers: Numbers) -> str:
    """An array as one line."""
    return array(numbers.shape, numbers.values)


def enclosure_text(lower: Numbers, upper: Numbers) -> str:
    """An array of enclosures as one line."""
    if not lower.shape:
        return enclosure(lower.values[0], upper.values[0])
    return numbers_text(lower) if lower == upper else f"{numbers_text(lower)} … {numbers_text(upper)}"


def answer_text(row: MethodRow) -> str:
    """What a method answers, naming the arguments where there are several."""
    alone = len(row.answers) == 1
    parts = (
        array(numbers.shape, numbers.values, row.dtype) if alone else f"{name} {numbers_text(numbers)}"
        for name, numbers in row.answers.items()
    )
    return "; ".join(parts)


def why_text(row: MethodRow) -> str:
    """Why a verdict is not plain agreement, and the entry where that is."""
    if row.verdict.value.pytest == "passed":
        return ""
    where = entry(row.argument, row.index) if row.argument and row.index else ""
    return ": ".join(part for part in (where, row.message or row.cause.value) if part)


def _methods(rows: Sequence[MethodRow], paint: Paint) -> str:
    if not rows:
        return ""
    words = [("method", "answer", "ulp", "verdict")]
    words += [
        (row.method, answer_text(row), ulps_text(row), f"{row.verdict.value.glyph} {row.verdict.name}") for row in rows
    ]
    head, *lines = columns(words)
    verdicts = [
        paint(line, row.verdict) + (f"  {why_text(row)}" if why_text(row) else "")
        for line, row in zip(lines, rows, strict=True)
    ]
    return "\n".join(["By every method", head, *verdicts])


def ulps_text(row: MethodRow) -> str:
    """The distance to the enclosure in ulp, where there is one."""
    return "" if row.ulps is None else short(row.ulps)


def step_text(table: StepTable) -> str:
    """The step-size table: every quotient of the first scheme, everybody's errors, a bar for the V-curve."""
    others = [scheme for scheme in table.schemes if scheme != TITLE_SCHEME]
    head = ("h", f"{TITLE_SCHEME} quotient", "error", *(f"{scheme} error" for scheme in others), "")
    rows = [head, *(_step(row, others, _bar(row, table)) for row in table.rows)]
    title = f"Difference quotients for ∂/∂{entry(table.argument, table.index)} = {enclosure(table.lower, table.upper)}"
    return "\n".join([title, *columns(rows)])


def _step(row: StepRow, others: Sequence[str], bar: str) -> tuple[str, ...]:
    quotient = row.quotients.get(TITLE_SCHEME)
    number = "" if quotient is None else decimal(quotient)
    errors = (_error(row.errors.get(scheme)) for scheme in others)
    return (decimal(row.step), number, _error(row.errors.get(TITLE_SCHEME)), *errors, bar)


def _error(error: float | None) -> str:
    if error is None:
        return ""
    return f"{error:.1e}" if error else "0"


def _bar(row: StepRow, table: StepTable) -> str:
    """A bar as long as the logarithm of the error of the first scheme: the V-curve, on its side."""
    errors = [line.errors[TITLE_SCHEME] for line in table.rows if line.errors.get(TITLE_SCHEME)]
    error = row.errors.get(TITLE_SCHEME)
    if not error or not math.isfinite(error):
        return ""
    low, high = math.log10(min(errors)), math.log10(max(errors))
    share = (math.log10(error) - low) / (high - low) if high > low else 1.0
    return "▇" * (1 + round(share * (BAR - 1)))


def _claims(claims: Sequence[ClaimRow]) -> str:
    if not claims:
        return ""
    rows = [(claim.outcome, claim.statement, f"claimed {claim.claimed}", f"true {claim.true}") for claim in claims]
    shown = [tuple(word if word.split(" ", 1)[-1] else "" for word in row) for row in rows]
    return "\n".join(["Claims of the source", *columns(shown)])
