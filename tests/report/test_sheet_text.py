"""A sheet for a terminal."""

from __future__ import annotations

from dataclasses import replace

from diffcheck.record import Run
from diffcheck.report.sheet_text import answer_text, sheet_text, source_text, step_text, why_text
from diffcheck.sheet import MethodRow, Numbers, Sheet, StepRow, StepTable
from diffcheck.verdict import Cause, Verdict


def test_a_sheet_prints_derivation_methods_and_steps(run: Run) -> None:
    """Formula, closed form, worked example, every method, the step table, the claims."""
    text = sheet_text(run.sheets[0])
    for part in (
        "y = 5x² − 4x",
        "Source: T1",
        "5*x**2 - 4*x",
        "Gradient with respect to x\n  10*x - 4",
        "1 of 1 proved",
        "∂/∂x   6.0",
        "torch R  6.0     0    ✓ AGREES",
        "Difference quotients for ∂/∂x = 6.0",
        "the quotient tends to <6>",
    ):
        assert part in text


def test_quotients_are_printed_in_full(run: Run) -> None:
    """A reader compares them with the source digit by digit."""
    example = run.sheets[0].example
    assert example is not None
    assert example.steps is not None
    lines = step_text(example.steps).splitlines()
    assert lines[2].split()[:3] == ["0.1", "6.5000000000000036", "5.0e-01"]


def test_the_bar_is_longest_where_the_error_is_largest() -> None:
    """The bars are the V-curve on its side."""
    errors = (1e-1, 1e-4, 1e-8, 1e-3, 1.0)
    rows = tuple(StepRow(10.0**-k, {"forward": 1.0}, {"forward": error}) for k, error in enumerate(errors))
    lines = step_text(StepTable("x", (), 1.0, 1.0, rows)).splitlines()[2:]
    lengths = [line.count("▇") for line in lines]
    assert lengths[2] == min(lengths) == 1
    assert lengths[4] == max(lengths)


def test_a_scheme_may_have_no_number() -> None:
    """Where x + h leaves the domain the cell is empty, and the table stands."""
    rows = (StepRow(0.1, {}, {}), StepRow(0.01, {"forward": 1.0}, {"forward": 0.0}))
    lines = step_text(StepTable("x", (), 1.0, 1.0, rows)).splitlines()
    assert lines[2].split() == ["0.1"]
    assert lines[3].split() == ["0.01", "1.0", "0"]


def test_several_arguments_are_named() -> None:
    """A row with two gradients says which is which."""
    one = Numbers((), (1.0,))
    row = MethodRow("torch R", "float64", {"w": one, "b": one}, Verdict.AGREES)
    assert answer_text(row) == "w 1.0; b 1.0"
    assert answer_text(replace(row, answers={"w": one})) == "1.0"


def test_many_numbers_are_shown_by_the_worst() -> None:
    """A reader of ten thousand numbers wants the one that is farthest off."""
    many = Numbers((100, 100), (1.0,) * 16)
    row = MethodRow("torch R", "float32", {"w": many}, Verdict.AGREES, argument="w", index=(3, 4), value=0.1)
    assert answer_text(row) == "w[3, 4] = 0.1, the worst of 10000"


def test_a_source_is_told_once(run: Run) -> None:
    """Where the docstring names it, the label is not repeated."""
    sheet = run.sheets[0]
    assert source_text(sheet) == "Source: T1"
    assert source_text(replace(sheet, docstring="y = x\n\nSource: T1, its first function.")) == ""
    assert source_text(replace(sheet, source="")) == ""


def test_only_what_is_not_plain_agreement_is_explained() -> None:
    """The reason names the entry, where there are several."""
    row = MethodRow("torch R", "float64", {}, Verdict.UNSUPPORTED, Cause.REFUSED, "no jvp")
    assert why_text(row) == "no jvp"
    assert why_text(replace(row, verdict=Verdict.WRONG, argument="x", index=(2,))) == "x[2]: no jvp"
    assert why_text(replace(row, verdict=Verdict.CONVENTION, message="picks 0 of [-1, 1]")) == "picks 0 of [-1, 1]"
    assert why_text(replace(row, verdict=Verdict.UNDEFINED, cause=Cause.DOMAIN, message="")) == Cause.DOMAIN.value
    assert why_text(replace(row, verdict=Verdict.AGREES)) == ""


def test_an_empty_sheet_prints_its_name_and_notes() -> None:
    """What could not be shown is said."""
    assert sheet_text(Sheet("a/b", notes=("no closed form: too large",))) == "a/b\n\n  no closed form: too large\n"
