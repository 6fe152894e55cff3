"""The report for a terminal, or for a file that is read like one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from diffcheck.record import Record, Run
from diffcheck.report.advice import advice
from diffcheck.report.behaviour import GLYPHS, MEANINGS, sentence, shown
from diffcheck.report.claim import claims
from diffcheck.report.convention import conventions
from diffcheck.report.finding import Fact, Finding, facts, findings, title
from diffcheck.report.grid import grid
from diffcheck.report.matrix import Matrix, counts, matrices, measured, unjudged
from diffcheck.report.number import counted, short
from diffcheck.report.paint import Paint, plain
from diffcheck.sheet import total_trust
from diffcheck.verdict import Verdict

NO_ULPS = 0.05
"""Fewer ulps than that print as 0: no dtype could be nearer."""

UNTRUE = ("refuted", "depends", "untested")
"""Of claims with these outcomes the reader is told what is so."""

MOST_ULPS = 9999
"""More ulps than that within the allowance: a difference of nearly equal numbers is nearly 0."""


def render(run: Run, width: int | None = None, paint: Paint = plain) -> str:
    """Matrix, legend, reasons, findings, conventions and advice.

    Args:
        run: what to show.
        width: of the terminal in characters; `None` where there is none, and then no line is folded.
        paint: how to colour a verdict; not at all by default.
    """
    sections = [
        *(_matrix(matrix, width, paint) for matrix in matrices(run)),
        _legend(run, width),
        _reasons(run, width),
        _proofs(run, width),
        _behaviours(run, width),
        _claims(run, width),
        _findings(run, width, paint),
        _conventions(run, width),
        _advice(run, width),
        summary(run, width),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def summary(run: Run, width: int | None = None) -> str:
    """What became of the run, in a few lines."""
    trust = total_trust(run.sheets)
    lines = [
        _fold(" · ".join(f"{name} {value}" for name, value in run.environment.items()), width, ""),
        *(_judged(run) if run.records or not run.behaviours else ()),
        trust.sentence if trust else "",
        sentence(run.behaviours) if run.behaviours else "",
        *(f"missing: {name} is required and not installed" for name in run.missing),
        *(f"gone: {finding}" for finding in run.gone),
    ]
    if not run.complete:
        lines.append("incomplete: the run stopped before its end; continue it with --resume")
    return "\n".join(line for line in lines if line)


def _judged(run: Run) -> tuple[str, str]:
    """How much was judged, and with what verdicts."""
    points = sum(record.points for record in run.records)
    entries = sum(record.entries for record in run.records)
    cases = len({record.cell.case for record in run.records})
    numbers = {"case": cases, "cell": len(run.records), "judged point": points, "compared number": entries}
    verdicts = ", ".join(f"{number} {verdict.name}" for verdict, number in counts(run).items())
    known = sum(bool(record.known) for record in run.records)
    counted_all = ", ".join(counted(count, noun) for noun, count in numbers.items())
    return counted_all, f"cells: {verdicts or 'none'}" + (f" ({known} known)" if known else "")


def cell_text(record: Record | None) -> str:
    """A cell: the glyph of its verdict, then its worst distance in ulp (× the allowance where there is none)."""
    if record is None:
        return ""
    judgement = record.judgement
    glyph = judgement.verdict.value.glyph
    if not measured(judgement):
        return glyph
    if judgement.ulps is not None and judgement.ulps < NO_ULPS:
        return f"{glyph} 0"
    if judgement.ulps is None or (judgement.ulps > MOST_ULPS and judgement.ratio <= 1):
        return f"{glyph} ×{short(judgement.ratio)}" if judgement.ratio else f"{glyph} 0"
    return f"{glyph} {short(judgement.ulps)}"


def _matrix(matrix: Matrix, width: int | None, paint: Paint) -> str:
    heads = [(column.backend, column.mode, column.transform) for column in matrix.columns]
    rows = []
    for case in matrix.cases:
        records = [matrix.cells.get((case, column)) for column in matrix.columns]
        rows.append((case, [(cell_text(record), _verdict(record)) for record in records]))
    return f"{matrix.dtype}\n\n" + grid(heads, rows, width, paint)


def _verdict(record: Record | None) -> Verdict | None:
    return None if record is None else record.judgement.verdict


def _legend(run: Run, width: int | None) -> str:
    rows = [
        (f"{verdict.value.glyph} {verdict.name}", verdict.value.message)
        for verdict in sorted(counts(run), key=lambda verdict: verdict.value.severity)
    ]
    if not rows:
        return ""
    note = (
        "A number is the distance to the true derivative in ulp, of the worst entry at the worst point; with ×, "
        "the error over its allowance, where the true derivative is 0 or so near that an ulp means nothing. "
        "An empty cell is a method that does not apply to the case."
    )
    return "\n".join([*_columns(rows, width), _fold(note, width)])


def _reasons(run: Run, width: int | None) -> str:
    rows = [
        (f"{one.verdict.value.glyph} {', '.join(one.methods)}", f"{one.reason}: {_names(one.cases, run)}")
        for one in unjudged(run)
    ]
    lines = [f"  {methods}\n{_fold(text, width, ' ' * 6)}" for methods, text in rows]
    return "\n".join(["Not judged, or not decided", *lines]) if rows else ""


def _names(cases: Sequence[str], run: Run) -> str:
    total = len({record.cell.case for record in run.records})
    return f"all {total} cases" if len(cases) == total and total > 1 else ", ".join(cases)


def _proofs(run: Run, width: int | None) -> str:
    methods: dict[tuple[str, str], list[str]] = {}
    for record in run.records:
        if record.proved:
            methods.setdefault((record.cell.case, record.proved), []).append(record.cell.method)
    lines = [
        _fold(f"{case}, {', '.join(dict.fromkeys(names))}: {shapes}", width, "  ", " " * 6)
        for (case, shapes), names in methods.items()
    ]
    return "\n".join(["Formula proved: what ran is the derivative, whatever the numbers", *lines]) if lines else ""


def _behaviours(run: Run, width: int | None) -> str:
    if not run.behaviours:
        return ""
    lines = ["What frameworks do"]
    for row in run.behaviours:
        lines.append(_fold(f"{row.name}: {row.statement}", width, "  ", " " * 6))
        lines += _columns([(f"    {one.framework}", shown(one)) for one in row.observations], width)
    meanings = [(f"{sign} {outcome}", MEANINGS[outcome]) for outcome, sign in GLYPHS.items()]
    return "\n".join([*lines, "", *_columns(meanings, width)])


def _claims(run: Run, width: int | None) -> str:
    rows = [
        (one.outcome, f"{one.about}: {one.statement}" + (f"; true: {one.true}" if one.outcome in UNTRUE else ""))
        for one in claims(run)
    ]
    return "\n".join(["What the sources claim", *_columns(rows, width)]) if rows else ""


def _findings(run: Run, width: int | None, paint: Paint) -> str:
    found = findings(run)
    if not found:
        return ""
    cells = sum(len(one.records) for one in found)
    head = f"{len(found)} finding{'s' if len(found) > 1 else ''} in {cells} cell{'s' if cells > 1 else ''}"
    return "\n\n".join([head, *(finding_text(one, width, paint) for one in found)])


def _conventions(run: Run, width: int | None) -> str:
    lines = [
        _fold(
            f"{one.kink.case} at {one.kink.where}: {one.picked}; admissible {one.kink.admissible}", width, "  ", " " * 6
        )
        for one in conventions(run.records)
    ]
    return "\n".join(["Conventions: at a kink any admissible number is right", *lines]) if lines else ""


def _advice(run: Run, width: int | None) -> str:
    lines = [
        _fold(f"{one.case} in {one.dtype} at {one.at}: {one.text}", width, "  ", " " * 6) for one in advice(run.records)
    ]
    return "\n".join(["Advice: no error, but half of the digits or more are lost", *lines]) if lines else ""


def finding_text(finding: Finding, width: int | None, paint: Paint) -> str:
    """One finding: its verdict, then its facts."""
    verdict = finding.record.judgement.verdict
    known = " (known)" if finding.record.known else ""
    head = f"{paint(f'{verdict.value.glyph} {verdict.name}', verdict)}{known}  {title(finding.record)}"
    return "\n".join([head, *_columns(facts(finding), width)])


def _columns(rows: Iterable[Fact], width: int | None) -> list[str]:
    """Labels left, texts right, folded under themselves."""
    rows = list(rows)
    indent = max(len(label) for label, _ in rows) + 4
    return [line for label, text in rows for line in _column(label, text, indent, width)]


def _column(label: str, text: str, indent: int, width: int | None) -> list[str]:
    first = f"  {label}".ljust(indent)
    if width is None or width < indent + 20:
        return [first + text]
    folder = textwrap.TextWrapper(width, initial_indent=first, subsequent_indent=" " * indent)
    folder.break_long_words = False
    folder.break_on_hyphens = False
    return folder.wrap(text)


def _fold(text: str, width: int | None, indent: str = "  ", hanging: str = "") -> str:
    if width is None:
        return indent + text
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=hanging or indent)
