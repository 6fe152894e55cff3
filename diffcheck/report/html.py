"""The report as one self-contained page: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE, RAISED, BehaviourRow
from diffcheck.record import Record, Run
from diffcheck.report.advice import advice
from diffcheck.report.behaviour import GLYPHS, MEANINGS, frameworks, sentence, shown
from diffcheck.report.claim import OUTCOMES, claims, tally
from diffcheck.report.convention import conventions
from diffcheck.report.curve import caption, v_curve
from diffcheck.report.finding import Fact, Finding, facts, findings, title
from diffcheck.report.markdown import cell_text
from diffcheck.report.matrix import Matrix, counts, matrices, unjudged
from diffcheck.report.number import entry
from diffcheck.report.sheet_text import answer_text, source_text, ulps_text, why_text, worked_rows
from diffcheck.sheet import Formula, MethodRow, Sheet, total_trust

HERE = Path(__file__).parent

EXACT_FACTS = ("at", "answer", "true", "entry", "others", "replay")
"""Facts set in figures of one width, because a reader compares or copies them."""

COLOURS: Mapping[str, str] = {HOLDS: "passed", DIFFERS: "warned", RAISED: "failed", NOT_APPLICABLE: "skipped"}
"""What a framework does → the colour it is shown in."""

LONGEST_FORMULA = 2500
"""Characters of LaTeX: a longer one is no help to a reader and would be most of the page."""


def render(run: Run) -> str:
    """Findings first, then the conventions, the matrix, and a section for each case."""
    page = _template("page.html.j2").render(
        style=safe(_file("colours.css") + _file("sheet.css") + _file("page.css")),
        run=run,
        counts=counts(run),
        trust=total_trust(run.sheets),
        findings=[_finding(one) for one in findings(run)],
        conventions=conventions(run.records),
        advice=advice(run.records),
        exact=EXACT_FACTS,
        matrices=[_matrix(matrix) for matrix in matrices(run)],
        unjudged=unjudged(run),
        linked={sheet.case for sheet in run.sheets} | {row.name for row in run.behaviours},
        sheets=[sheet_view(sheet) for sheet in run.sheets],
        outcomes=OUTCOMES,
        shows_cases=bool(run.records or not run.behaviours),
        behaviours=_behaviours(run.behaviours),
        frameworks=frameworks(run.behaviours),
        behaviours_sentence=sentence(run.behaviours) if run.behaviours else "",
        glyphs=[(sign, outcome, MEANINGS[outcome]) for outcome, sign in GLYPHS.items()],
        claims=claims(run),
        tally=tally(claims(run)),
    )
    return str(page) + "\n"


def fragment(sheet: Sheet) -> str:
    """One sheet for a notebook's page, its style kept to itself."""
    view = sheet_view(sheet)
    body = _template("sheet.html.j2").render(sheet=view, outcomes=OUTCOMES)
    nested = f".diffcheck {{ background: var(--paper); color: var(--ink); {_file('sheet.css')} }}"
    head = f"<strong>{escape(sheet.case)}</strong> {escape(view['title'])}"
    return f'<div class="diffcheck"><style>{_file("colours.css")}{nested}</style>{head}{body}</div>'


def _template(name: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(name)


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def safe(markup: str) -> Any:
    """Markup of ours, which the template must not escape again."""
    from markupsafe import Markup

    return Markup(markup)  # noqa: S704 - ours: a style sheet, a drawing, MathML, escaped code


def _finding(finding: Finding) -> dict[str, Any]:
    record = finding.record
    return {
        "verdict": record.judgement.verdict,
        "title": title(record),
        "known": record.known,
        "facts": _grouped(facts(finding)),
    }


def _grouped(facts: Iterable[Fact]) -> list[tuple[str, list[str]]]:
    """Facts with one label and several texts: an empty label continues the one before."""
    groups: list[tuple[str, list[str]]] = []
    for label, text in facts:
        if label:
            groups.append((label, [text]))
        else:
            groups[-1][1].append(text)
    return groups


def _behaviours(rows: Iterable[BehaviourRow]) -> dict[str, list[dict[str, Any]]]:
    """Group by group, in the order of the run."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(_behaviour(row))
    return groups


def _behaviour(row: BehaviourRow) -> dict[str, Any]:
    return {
        "row": row,
        "seen": [
            {
                "framework": one.framework,
                "outcome": one.outcome,
                "colour": COLOURS.get(one.outcome, ""),
                "text": shown(one),
                "evidence": one.evidence,
                "probe": one.probe,
            }
            for one in row.observations
        ],
    }


def _matrix(matrix: Matrix) -> dict[str, Any]:
    backends = groupby(column.backend for column in matrix.columns)
    return {
        "dtype": matrix.dtype,
        "columns": matrix.columns,
        "groups": [(backend, len(list(columns))) for backend, columns in backends],
        "rows": [
            (case, [_cell(matrix.cells.get((case, column))) for column in matrix.columns]) for case in matrix.cases
        ],
    }


def _cell(record: Record | None) -> dict[str, str] | None:
    if record is None:
        return None
    verdict = record.judgement.verdict
    return {"outcome": verdict.value.pytest, "verdict": verdict.name, "text": cell_text(record)}


def sheet_view(sheet: Sheet) -> dict[str, Any]:
    """What the template shows of a sheet, as text and markup."""
    head, _, body = sheet.docstring.partition("\n")
    example = sheet.example
    steps = example.steps if example else None
    return {
        "case": sheet.case,
        "title": head.strip(),
        "body": " ".join(body.split()),
        "source": source_text(sheet),
        "formulas": _formulas(sheet),
        "trust": sheet.trust.sentence if sheet.trust else "",
        "notes": sheet.notes,
        "example": worked_rows(example) if example else [],
        "rows": _rows(example.rows) if example else [],
        "curve": safe(v_curve(steps)) if steps else "",
        "schemes": steps.schemes if steps else (),
        "entry": entry(steps.argument, steps.index) if steps else "",
        "caption": caption(steps) if steps else "",
        "claims": sheet.claims,
    }


def _formulas(sheet: Sheet) -> list[tuple[str, Any]]:
    named = {"Function": sheet.formula} if sheet.formula else {}
    named |= {f"Gradient with respect to {name}": form for name, form in sheet.closed_forms.items()}
    return [(label, mathml(formula)) for label, formula in named.items()]


def mathml(formula: Formula) -> Any:
    """The formula as MathML, or as plain text where it is too long or has no MathML."""
    from latex2mathml.converter import convert

    if len(formula.latex) > LONGEST_FORMULA:
        return formula_text(formula.text)
    try:
        return safe(convert(formula.latex, display="block"))
    except Exception:  # noqa: BLE001 - its errors share no base, and one formula must not cost the page
        return formula_text(formula.text)


def formula_text(text: str) -> Any:
    """A formula as code, cut where it is too long to help."""
    cut = text[:LONGEST_FORMULA] + ("…" if len(text) > LONGEST_FORMULA else "")
    return safe(f"<code>{escape(cut)}</code>")


def _rows(rows: Sequence[MethodRow]) -> list[dict[str, Any]]:
    """One line for all methods that answer the same: what differs stands out, and the page is small."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for row in rows:
        groups.setdefault((answer_text(row), ulps_text(row), row.verdict, why_text(row)), []).append(row.method)
    return [
        {"methods": methods, "answer": answer, "ulps": ulps, "verdict": verdict, "why": why}
        for (answer, ulps, verdict, why), methods in groups.items()
    ]
