"""The report that is kept under version control."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diffcheck.point import Point
from diffcheck.record import Run
from diffcheck.report import render
from diffcheck.report.markdown import cell_text, escape, table


def test_last_bits_leave_no_trace(run: Run) -> None:
    """Another processor's rounding, points, versions and counts give the same bytes."""
    first = run.records[0]
    judgement = replace(first.judgement, ratio=0.27, ulps=0.61, value=6.000000000000001)
    elsewhere = replace(first, judgement=judgement, point=Point({"x": np.array(1.5)}), points=31, entries=77, id="dd")
    other = replace(run, records=(elsewhere, *run.records[1:]), environment={"torch": "2.14.0"})
    assert render("markdown", other) == render("markdown", run)


def test_behaviour_leaves_a_trace(run: Run) -> None:
    """A verdict, and a ratio in another decade, change the report."""
    first = run.records[0]
    larger = replace(first, judgement=replace(first.judgement, ratio=3.0))
    assert render("markdown", replace(run, records=(larger, *run.records[1:]))) != render("markdown", run)
    known = replace(run.records[-1], known="T3")
    assert render("markdown", replace(run, records=(*run.records[:-1], known))) != render("markdown", run)


def test_cells_hold_glyph_and_bin(run: Run) -> None:
    """What was never compared has no bin."""
    assert cell_text(run.records[0]) == "✓ <1"
    assert cell_text(run.records[4]) == "–"
    assert cell_text(run.records[-1]) == "✗ ≫1"


def test_tables_survive_their_content() -> None:
    """A bar, a tag or a line break in a cell does not break the table."""
    [_, _, row] = table(("a", "b"), [("x|y", "<b>\nline")]).splitlines()
    assert row == r"| x\|y | \<b> line |"
    assert escape("a*b`c$d") == r"a\*b\`c\$d"


def test_sections(run: Run) -> None:
    """Findings first, then the matrix of each dtype, reasons and claims."""
    lines = render("markdown", run).splitlines()
    heads = [line.lstrip("# ") for line in lines if line.startswith("#")]
    assert heads == [
        "Agreement",
        "Findings",
        "float64",
        "float32",
        "Legend",
        "Not judged, or not decided",
        "What the tutorials say",
    ]


def test_an_empty_run_can_be_shown() -> None:
    """Nothing selected is a report too."""
    assert render("markdown", Run({}, ())).startswith("# Agreement\n\n0 cases")
