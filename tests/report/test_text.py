"""The report for a terminal or a pipe."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from diffcheck.record import Cell, Run
from diffcheck.report import render
from diffcheck.report.finding import Finding, facts, findings
from diffcheck.report.paint import ansi
from diffcheck.report.text import cell_text
from diffcheck.report.text import render as text_for
from diffcheck.sheet import ClaimRow
from diffcheck.verdict import Cause, Verdict

MANY = 40


def test_every_case_and_method_is_shown(run: Run) -> None:
    """The matrix names each case, each method and each dtype."""
    text = render("text", run)
    for record in run.records:
        for word in (record.cell.case, record.cell.backend, record.cell.dtype):
            assert word in text


def test_a_cell_shows_glyph_and_worst_ulp(run: Run) -> None:
    """A number is in ulp; with × it is the ratio to the allowance, where the reference is 0."""
    sympy, *_, skipped, _, infinite, _, wrong = run.records
    assert cell_text(sympy) == "✓ 0.5"
    assert cell_text(skipped) == "–"
    assert cell_text(infinite) == "∞"
    assert cell_text(wrong) == "✗ ×4e15"
    assert cell_text(None) == ""
    close = replace(sympy, judgement=replace(sympy.judgement, ulps=2e-23))
    assert cell_text(close) == "✓ 0"
    cancelled = replace(sympy, judgement=replace(sympy.judgement, ulps=1e6, ratio=0.25))
    assert cell_text(cancelled) == "✓ ×0.2"


def test_a_finding_tells_everything(run: Run) -> None:
    """What, why, where, both values in decimal and hexadecimal, allowance, the others, the replay command."""
    text = render("text", run)
    for part in (
        "✗ WRONG  network/two_layer · handwritten R tutorial · float64",
        "w1 = [[-1.0]]",
        "w1[0, 0]",
        "2.0  (0x1p+1)",
        "0.0  (0x0p+0)",
        "4e15 times the allowance of 4e-16",
        "0.0 from sympy R, torch R · nothing from jax F",
        "an error no rounding can make",
        "diffcheck replay c0ffee",
    ):
        assert part in text


def test_a_finding_says_what_is_known_beyond_its_numbers(run: Run) -> None:
    """The cause; the culprit; likely causes one a line; what is allowed for; advice; how many are alike."""
    bad = run.records[-1]
    judgement = replace(
        bad.judgement,
        culprit="exp(x) = 2.7e347 overflows float64",
        causes=("w1: the sign is opposite", "w2: transposed"),
        advice="the formula loses 12 of 16 digits here, the problem itself 0",
        allowed_for="six standard deviations of its rounding, and 2 ulp",
        counts={"WRONG": 3, "AGREES": 9},
    )
    rows = facts(Finding(replace(bad, judgement=judgement)))
    for row in (
        ("why", "an error no rounding can make; it clamps"),
        ("culprit", "exp(x) = 2.7e347 overflows float64"),
        ("likely", "w1: the sign is opposite"),
        ("", "w2: transposed"),
        ("entry", "w1[0, 0], the worst of 3 among 12"),
        ("allowed", "six standard deviations of its rounding, and 2 ulp"),
        ("advice", "the formula loses 12 of 16 digits here, the problem itself 0"),
    ):
        assert row in rows


def test_what_is_not_known_takes_no_line(run: Run) -> None:
    """A finding without a diagnosis has no empty words."""
    labels = {label for label, _ in facts(Finding(run.records[-1]))}
    assert labels.isdisjoint({"likely", "advice", "allowed", "known"})


def test_at_a_kink_there_is_no_distance(run: Run) -> None:
    """A selection says what is true and what was picked, and no distance in ulp."""
    bad = run.records[-1]
    picked = "the true derivative is 1, the choices at the kinks give 0"
    judgement = replace(
        bad.judgement, verdict=Verdict.SELECTION, cause=Cause.CHOICES, ratio=0.0, message=picked, allowed_for="2 ulp"
    )
    rows = facts(Finding(replace(bad, judgement=judgement)))
    assert ("why", f"{Cause.CHOICES.value}; {picked}") in rows
    assert {"answer", "true"} <= {label for label, _ in rows}
    assert {"error", "allowed"}.isdisjoint(label for label, _ in rows)
    beyond = replace(judgement, lower=1.0, upper=1.0, ratio=50.0, allowance=0.25)
    assert ("error", "50 times the allowance of 0.2") in facts(Finding(replace(bad, judgement=beyond)))


def test_what_agrees_is_no_finding(run: Run) -> None:
    """Agreement, conventions at kinks, and what a backend does not do stay silent."""
    found = [record for finding in findings(run) for record in finding.records]
    assert {record.judgement.verdict for record in found} == {Verdict.WRONG, Verdict.NOT_FINITE}
    quiet = Run({}, tuple(record for record in run.records if record not in found))
    assert "finding" not in render("text", quiet)


def test_new_findings_stand_before_known_ones(run: Run) -> None:
    """What somebody has looked at already is not what a person needs to see first."""
    known = replace(run.records[-1], known="clamps instead of masking (T3)")
    shown = findings(replace(run, records=(*run.records[:-1], known)))
    assert [finding.record.known for finding in shown] == ["", "clamps instead of masking (T3)"]
    assert ("known", "clamps instead of masking (T3)") in facts(Finding(known))


def test_cells_with_the_same_finding_stand_together(run: Run) -> None:
    """One case, one verdict, one cause: the worst cell in full, the others with what replays them."""
    bad = run.records[-1]
    milder = replace(
        bad, id="d00d", cell=replace(bad.cell, dtype="float32"), judgement=replace(bad.judgement, ratio=9.0)
    )
    elsewhere = replace(bad, cell=replace(bad.cell, case="network/other"))
    found = findings(Run({}, (milder, bad, elsewhere)))
    assert [finding.records for finding in found] == [(bad, milder), (elsewhere,)]
    assert ("also", "handwritten R tutorial float32 (d00d)") in facts(found[0])
    assert render("text", Run({}, (milder, bad, elsewhere))).count("\n✗ WRONG") == 2


def test_reasons_stand_below_the_matrix(run: Run) -> None:
    """A cell without a number says why."""
    assert "– sympy R\n      too large for explicit formulas: vector/norm, network/two_layer" in render("text", run)


def test_every_claim_has_its_outcome(run: Run) -> None:
    """What a source states is in the report, and the truth where it is refuted."""
    refuted = replace(run.sheets[0], claims=(ClaimRow("it is 5", "refuted", "5", "6"),))
    text = render("text", replace(run, sheets=(run.sheets[0], refuted)))
    assert "holds    scalar/quadratic: the quotient tends to <6>\n" in text
    assert "refuted  scalar/quadratic: it is 5; true: 6\n" in text


def test_a_backend_is_named_over_its_columns(run: Run) -> None:
    """Its name, longer than a column, makes none of them wider, and the next one stands where its columns begin."""
    first = run.records[0]
    cells = [
        Cell("a/b", name, mode, "", "float64") for name, mode in [("a_long_backend", "R"), ("a_long_backend", "F")]
    ]
    records = [replace(first, cell=cell) for cell in [*cells, Cell("a/b", "next", "R", "", "float64")]]
    head, modes, row = render("text", Run({}, tuple(records))).splitlines()[2:5]
    assert head.split() == ["a_long_backend", "next"]
    assert head.index("next") == modes.rindex("R") == row.rindex("✓")


def wide(run: Run) -> Run:
    """A run with many columns and long names."""
    cells = [Cell(f"group/case_{k}", f"backend_{k}", "R", "", "float64") for k in range(MANY)]
    return replace(run, records=tuple(replace(run.records[0], cell=cell) for cell in cells))


def test_nothing_is_cut_when_piped(run: Run) -> None:
    """Without a terminal there is one table, however wide, and every name is whole."""
    text = render("text", wide(run))
    head = next(line for line in text.splitlines() if "backend_0" in line)
    assert all(f"backend_{k}" in head for k in range(MANY))
    assert "…" not in text


@pytest.mark.parametrize("width", [60, 100])
def test_a_terminal_gets_tables_of_its_width(run: Run, width: int) -> None:
    """The matrix is cut between columns, and no column is lost."""
    text = text_for(wide(run), width)
    matrix = text[: text.index("✓ AGREES")]
    assert max(map(len, matrix.splitlines())) <= width
    assert all(re.search(rf"\bbackend_{k}\b", matrix) for k in range(MANY))


def test_colour_changes_nothing_but_colour(run: Run) -> None:
    """Without its escape sequences the coloured report is the plain one."""
    coloured = text_for(run, 80, ansi)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == text_for(run, 80)


def test_the_end_says_what_became_of_the_run(run: Run) -> None:
    """Counts, what is missing, what is gone, and whether the run reached its end."""
    text = render("text", replace(run, missing=("jax",), gone=("a known finding is gone",), complete=False))
    assert "3 cases, 9 cells, 143 judged points, 800 compared numbers" in text
    assert "1 of 1 proved equal to SymPy's derivative" in text
    assert "1 WRONG, 1 NOT_FINITE, 5 AGREES, 2 UNSUPPORTED" in text
    assert "jax is required and not installed" in text
    assert "a known finding is gone" in text
    assert "--resume" in text


def test_an_empty_run_can_be_shown() -> None:
    """A run that was interrupted at once is still a report."""
    assert "0 cases, 0 cells" in render("text", Run({}, (), complete=False))


@pytest.mark.parametrize(("mode", "named"), [("R", "cotangent = [[1.0]]"), ("F", "tangent of x = [[1.0]]")])
def test_a_point_names_what_its_mode_needs(run: Run, mode: str, named: str) -> None:
    """The cotangent that is pulled back, or the tangent that is pushed forward, and not the other."""
    bad = run.records[-1]
    assert bad.point is not None
    one = np.ones((1, 1))
    moved = replace(bad.point, cotangent=one, tangents={"x": one})
    finding = Finding(replace(bad, cell=replace(bad.cell, mode=mode), point=moved))
    assert [text for _, text in facts(finding) if "tangent" in text] == [named]
