"""The agreement matrix as data."""

from __future__ import annotations

import math
from dataclasses import replace

from diffcheck.exact import decode, encode
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.report import render
from diffcheck.report.matrix import Open, column, counts, matrices, measured, unjudged
from diffcheck.verdict import Cause, Verdict


def test_one_matrix_for_each_dtype(run: Run) -> None:
    """Dtypes stand in the order of the run, each with its own cases and columns."""
    float64, float32 = matrices(run)
    assert (float64.dtype, float32.dtype) == ("float64", "float32")
    assert float64.cases == ("scalar/quadratic", "vector/norm", "network/two_layer")
    assert [one.method for one in float64.columns] == ["sympy R", "torch R", "torch F", "handwritten R"]


def test_every_record_is_in_a_matrix(run: Run) -> None:
    """No cell is lost between the run and its matrices."""
    shown = [record for matrix in matrices(run) for record in matrix.cells.values()]
    assert {id(record) for record in shown} == {id(record) for record in run.records}


def test_columns_of_a_backend_stand_together(run: Run) -> None:
    """Plain before its transforms and reverse before forward, in whatever order the records came."""
    first = run.records[1]
    records = [
        replace(first, cell=Cell("a/b", backend, mode, transform, "float64"))
        for backend, mode, transform in [("jax", "F", "jit"), ("torch", "F", ""), ("jax", "F", ""), ("jax", "R", "jit")]
    ]
    [matrix] = matrices(Run({}, tuple(records)))
    assert [one.method for one in matrix.columns] == ["jax F", "jax R jit", "jax F jit", "torch F"]


def test_formulas_named_by_a_case_share_a_column(run: Run) -> None:
    """A column for each name would be empty but for one case; the worst of them is shown."""
    bad = run.records[-1]
    good = replace(bad, cell=replace(bad.cell, transform="mask"), judgement=run.records[0].judgement)
    [matrix] = matrices(Run({}, (good, bad)))
    assert list(matrix.cells.values()) == [bad]
    assert column(good.cell) == column(bad.cell)


def test_reasons_are_grouped_over_cases(run: Run) -> None:
    """One line says why a method has no answer, and for which cases."""
    cases = ("vector/norm", "network/two_layer")
    assert unjudged(run) == [Open(Verdict.UNSUPPORTED, ("sympy R",), "too large for explicit formulas", cases)]


def test_reasons_are_grouped_over_methods(run: Run) -> None:
    """Five quotients that decline the same cases for the same reason are one line."""
    skipped = run.records[4]
    others = [replace(skipped, cell=replace(skipped.cell, transform=name)) for name in ("forward", "central")]
    [one] = unjudged(Run({}, (*others, *others)))
    assert one.methods == ("sympy R forward", "sympy R central")
    assert one.cases == ("vector/norm",)


def test_undecided_cells_are_grouped_by_cause(run: Run) -> None:
    """A message with a case's own numbers would make each cell a group of its own."""
    judgement = replace(run.records[0].judgement, verdict=Verdict.INCONCLUSIVE, cause=Cause.EXCESS, message="12 ulp")
    [one] = unjudged(Run({}, (replace(run.records[0], judgement=judgement),)))
    assert one == Open(Verdict.INCONCLUSIVE, ("sympy R",), Cause.EXCESS.value, ("scalar/quadratic",))


def test_what_no_rule_covers_is_named(run: Run) -> None:
    """The function that is missing stands in the run's output, and not how each method looks at each point."""
    message = "diffcheck cannot trace 'sort' yet: it has no rule for this function; its answer looks right"
    judgement = Judgement(Verdict.INCONCLUSIVE, Cause.NOT_COVERED, message=message)
    [one] = unjudged(Run({}, (replace(run.records[0], judgement=judgement),)))
    assert one.reason == "diffcheck cannot trace 'sort' yet: it has no rule for this function"


def test_verdicts_of_a_later_version_are_counted(run: Run) -> None:
    """Under their own name, in every report."""
    later = decode(Record, {**encode(replace(run.records[0], point=None)), "point": None})
    line = encode(later)
    line["judgement"]["verdict"] = "PERPLEXED"
    strange = Run({}, (decode(Record, line), run.records[1]))
    assert [(verdict.name, number) for verdict, number in counts(strange).items()] == [("PERPLEXED", 1), ("AGREES", 1)]
    assert all("PERPLEXED" in render(name, strange) for name in ("text", "markdown", "html", "json"))


def test_counts_are_worst_first(run: Run) -> None:
    """What a person should look at comes first."""
    assert list(counts(run).items()) == [
        (Verdict.WRONG, 1),
        (Verdict.NOT_FINITE, 1),
        (Verdict.AGREES, 5),
        (Verdict.UNSUPPORTED, 2),
    ]


def test_an_empty_run_has_no_matrix() -> None:
    """Nothing was run, and nothing is shown."""
    assert matrices(Run({}, ())) == ()
    assert counts(Run({}, ())) == {}


def test_at_a_kink_the_distance_says_nothing(run: Run) -> None:
    """Any admissible value is as good as any other, and what is not finite has no distance."""
    agreeing, skipped, infinite, wrong = (run.records[k].judgement for k in (0, 4, 6, 8))
    assert measured(agreeing)
    assert measured(wrong)
    assert not measured(replace(agreeing, verdict=Verdict.CONVENTION))
    assert not measured(skipped)
    assert not measured(replace(agreeing, verdict=Verdict.INCONCLUSIVE))
    assert measured(replace(agreeing, verdict=Verdict.INCONCLUSIVE, ratio=1.5))
    assert not measured(infinite)
    assert not measured(replace(agreeing, verdict=Verdict.INCONCLUSIVE, ratio=1.5, allowance=math.inf))
