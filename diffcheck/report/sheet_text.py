"""A sheet for a terminal: the derivation, the value by every method, the step-size table."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

from diffcheck.report.number import array, decimal, enclosure, enclosures, entry, short
from diffcheck.report.paint import Paint, plain
from diffcheck.sheet import ClaimRow, MethodRow, Numbers, Sheet, StepRow, StepTable, WorkedExample
from diffcheck.verdict import Verdict

TITLE_SCHEME = "forward"
"""The scheme whose quotients are printed in full; of the others only the errors are."""

MOST_ANSWERS = 8
"""Answers of more numbers are shown by their worst entry alone."""

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
    return "\n  ".join([sheet.case, *(line for line in [*lines, source_text(sheet)] if line)])


def source_text(sheet: Sheet) -> str:
    """Where the case comes from, unless its docstring says so already."""
    told = not sheet.source or "source:" in sheet.docstring.lower()
    return "" if told else f"Source: {sheet.source}"


def _derivation(sheet: Sheet) -> str:
    parts = [] if sheet.formula is None else ["Function\n" + _indented(sheet.formula.text)]
    parts += [f"Gradient with respect to {name}\n{_indented(form.text)}" for name, form in sheet.closed_forms.items()]
    remarks = [*sheet.notes, *([sheet.trust.sentence] if sheet.trust else [])]
    return "\n\n".join([*parts, *([_indented("\n".join(remarks))] if remarks else [])])


def _indented(text: str) -> str:
    return textwrap.indent(text, "  ")


def _worked(example: WorkedExample | None, paint: Paint) -> list[str]:
    if example is None:
        return []
    point = "\n".join(["Worked example", *columns(worked_rows(example))])
    steps = step_text(example.steps) if example.steps else ""
    return [point, _methods(example.rows, paint), steps]


def worked_rows(example: WorkedExample) -> list[tuple[str, str]]:
    """The point, the value there and the true derivative, as (name, text)."""
    rows = [(name, numbers_text(numbers)) for name, numbers in example.arguments.items()]
    if example.value is not None:
        rows.append(("value", numbers_text(example.value)))
    return rows + [
        (_derivative_of(name), _enclosed(lower, example.upper[name])) for name, lower in example.lower.items()
    ]


def numbers_text(numbers: Numbers, dtype: str = "float64") -> str:
    """An array as one line."""
    return array(numbers.shape, numbers.values, dtype)


def _derivative_of(name: str) -> str:
    return "along the tangent" if name == "output" else f"∂/∂{name}"


def _enclosed(lower: Numbers, upper: Numbers) -> str:
    if not lower.shape:
        return enclosure(lower.values[0], upper.values[0])
    return enclosures(lower.shape, lower.values, upper.values)


def answer_text(row: MethodRow) -> str:
    """What a method answers: everything where that is little, else its worst entry."""
    size = sum(numbers.size for numbers in row.answers.values())
    if size > MOST_ANSWERS and row.value is not None:
        return f"{entry(row.argument, row.index)} = {decimal(row.value, row.dtype)}, the worst of {size}"
    if len(row.answers) == 1:
        return numbers_text(next(iter(row.answers.values())), row.dtype)
    return "; ".join(f"{name} {numbers_text(numbers, row.dtype)}" for name, numbers in row.answers.items())


def why_text(row: MethodRow) -> str:
    """Why a verdict is not plain agreement, and the entry where that is."""
    if row.verdict is Verdict.AGREES:
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
    return "\n".join(["Claims of the source", *map(_claim, claims)]) if claims else ""


def _claim(claim: ClaimRow) -> str:
    indent = " " * (len(claim.outcome) + 4)
    lines = [f"  {claim.outcome}  {claim.statement}"]
    lines += [f"{indent}claimed {claim.claimed}"] if claim.claimed else []
    lines += [f"{indent}true    {claim.true}"] if claim.true else []
    return "\n".join(lines)
