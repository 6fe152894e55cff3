"""The report that is kept under version control: its diff is a change of behaviour.

It holds verdicts and binned ratios of error to allowance, and no digit that another processor or
another order of summation may change.
"""

from __future__ import annotations

from collections.abc import Sequence

from diffcheck.record import Record, Run
from diffcheck.report.behaviour import frameworks, observation_of, sentence, shown
from diffcheck.report.claim import claims, tally
from diffcheck.report.convention import conventions
from diffcheck.report.finding import Finding, findings
from diffcheck.report.matrix import Matrix, counts, matrices, measured, unjudged
from diffcheck.report.number import counted, ratio_bin
from diffcheck.sheet import total_trust


def render(run: Run) -> str:
    """Findings, conventions, matrix, reasons, behaviours, claims."""
    sections = [
        "# Agreement",
        _summary(run),
        _findings(run),
        _conventions(run),
        *(_matrix(matrix) for matrix in matrices(run)),
        _legend(run),
        _reasons(run),
        _behaviours(run),
        _claims(run),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, its cells escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(escape(cell) for cell in line) + " |" for line in lines)


def escape(text: str) -> str:
    """Text that stands in one cell and means itself."""
    for character in "\\|<*`$":
        text = text.replace(character, "\\" + character)
    return " ".join(text.split())


def cell_text(record: Record | None) -> str:
    """The verdict's glyph, and the binned ratio where an error was compared with its allowance."""
    if record is None:
        return ""
    glyph = record.judgement.verdict.value.glyph
    return f"{glyph} {ratio_bin(record.judgement.ratio)}" if measured(record.judgement) else glyph


def _summary(run: Run) -> str:
    cases = len({record.cell.case for record in run.records})
    verdicts = ", ".join(f"{number} {escape(verdict.name)}" for verdict, number in counts(run).items())
    trust = total_trust(run.sheets)
    return f"{counted(cases, 'case')}, {counted(len(run.records), 'cell')}: {verdicts or 'none'}." + (
        f"\n\n{trust.sentence}." if trust else ""
    )


def _findings(run: Run) -> str:
    rows = [_finding(one) for one in findings(run)]
    if not rows:
        return ""
    head = ("verdict", "case", "methods", "why", "known")
    return "## Findings\n\n" + table(head, rows)


def _finding(finding: Finding) -> tuple[str, ...]:
    judgement = finding.record.judgement
    return (
        f"{judgement.verdict.value.glyph} {judgement.verdict.name}",
        finding.record.cell.case,
        ", ".join(sorted(f"{record.cell.method} {record.cell.dtype}" for record in finding.records)),
        judgement.cause.value or judgement.verdict.value.message,
        finding.record.known,
    )


def _conventions(run: Run) -> str:
    rows = [
        (one.kink.case, one.kink.where, one.kink.admissible, one.picked)
        for one in conventions(run.records, portable=True)
    ]
    return "## Conventions\n\n" + table(("case", "at", "admissible", "what is picked"), rows) if rows else ""


def _matrix(matrix: Matrix) -> str:
    rows = [
        (case, *(cell_text(matrix.cells.get((case, column))) for column in matrix.columns)) for case in matrix.cases
    ]
    return f"## {matrix.dtype}\n\n" + table(("case", *(column.method for column in matrix.columns)), rows)


def _legend(run: Run) -> str:
    present = sorted(counts(run), key=lambda verdict: verdict.value.severity)
    rows = [(verdict.value.glyph, verdict.name, verdict.value.message) for verdict in present]
    note = (
        "Beside the glyph stands the worst ratio of error to allowance over all points and entries, binned: "
        "≪1 is below 0.001 and ≫1 is 1000 or more. An empty cell is a method that does not apply to the case."
    )
    return "## Legend\n\n" + table(("", "verdict", "meaning"), rows) + "\n\n" + note if rows else ""


def _reasons(run: Run) -> str:
    rows = [
        (one.verdict.value.glyph, ", ".join(one.methods), one.reason, ", ".join(one.cases)) for one in unjudged(run)
    ]
    return "## Not judged, or not decided\n\n" + table(("", "methods", "reason", "cases"), rows) if rows else ""


def _behaviours(run: Run) -> str:
    if not run.behaviours:
        return ""
    present = frameworks(run.behaviours)
    rows = [
        (row.name, row.statement, *(shown(observation_of(row, name)) for name in present)) for row in run.behaviours
    ]
    return f"## What frameworks do\n\n{escape(sentence(run.behaviours))}.\n\n" + table(
        ("behaviour", "statement", *present), rows
    )


def _claims(run: Run) -> str:
    said = claims(run)
    rows = [(one.source, one.statement, one.outcome, one.claimed, one.about) for one in said]
    if not rows:
        return ""
    head = ("source", "statement", "outcome", "claimed", "held against")
    return f"## What the tutorials say\n\n{tally(said)}.\n\n" + table(head, rows)
