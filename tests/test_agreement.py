"""Second opinions: asked for at every point that somebody sees, once at each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diffcheck.agreement import agreement
from diffcheck.case import Case
from diffcheck.domain import real
from diffcheck.example import example_point
from diffcheck.record import Cell, Judgement, Record
from diffcheck.reference import second_opinion
from diffcheck.verdict import Verdict

CASE = Case("square", "f", lambda x: x * x, {"x": real()}, ("x",), ({"x": 2.0}, {"x": 3.0}), "here")
CELL = Cell("f/square", "torch", "R", "", "float64")
RECORD = Record("", CELL, Judgement(Verdict.AGREES), example_point(CASE, {"x": 5.0}, "float64"))


def test_examples_and_shown_points_are_asked_about_once() -> None:
    """Both ways to differentiate, at two examples and one other point; a record without a point shows none."""
    there = replace(RECORD, point=example_point(CASE, {"x": 2.0}, "float64"))
    assert agreement(CASE, "float64", [RECORD, RECORD, there, replace(RECORD, point=None)], order=1).agreed == 3 * 2


def test_a_function_that_cannot_be_traced_has_no_second_opinion() -> None:
    """Its records say why."""
    opaque = replace(CASE, function=float)
    assert agreement(opaque, "float64", [RECORD], order=1).agreed == 0


def test_opinions_that_differ_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing swallows that."""

    def contradict(*_: object) -> None:
        raise second_opinion.Disagreement("apart")

    monkeypatch.setattr("diffcheck.agreement.second_opinion", contradict)
    with pytest.raises(second_opinion.Disagreement):
        agreement(CASE, "float64", [RECORD], order=1)
