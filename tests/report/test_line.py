"""Findings in one line each."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from diffcheck.record import Cell, Judgement, Record
from diffcheck.report.finding import Finding
from diffcheck.report.line import lines, statement
from diffcheck.report.paint import ansi, plain
from diffcheck.verdict import Cause, Verdict

CELL = Cell("mine/cubes", "torch", "R", "", "float64")


def found(verdict: Verdict = Verdict.WRONG, known: str = "", **judgement: Any) -> Record:
    """A finding."""
    return Record("c0ffee", CELL, Judgement(verdict, **judgement), known=known)


ENTRY: dict[str, Any] = {"argument": "x", "index": (0,), "value": 2.0}

STATEMENTS = {
    "a number": (found(**ENTRY, lower=3.0, upper=3.0), "x[0] is 2.0, not 3.0"),
    "a narrow enclosure": (found(**ENTRY, lower=0.1, upper=math.nextafter(0.1, 1)), "x[0] is 2.0, not 0.1"),
    "a range": (found(**ENTRY, lower=-1.0, upper=1.0), "x[0] is 2.0, not -1 … 1"),
    "an infinity": (found(**ENTRY, lower=math.inf, upper=math.inf), "x[0] is 2.0, not inf"),
    "a scalar": (found(argument="x", value=2.0, lower=3.0, upper=3.0), "x is 2.0, not 3.0"),
    "no number": (found(Verdict.RAISED, message="ValueError: no\nmore lines"), "ValueError: no"),
    "only a cause": (found(Verdict.CRASHED, cause=Cause.DEATH), "the process died"),
    "only a verdict": (found(Verdict.MISSING), Verdict.MISSING.value.message),
}


@pytest.mark.parametrize(("record", "said"), STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_says_what_is_the_matter(record: Record, said: str) -> None:
    """The number and the one that is true, or why there is none; never more than a line."""
    assert statement(record) == said


def test_a_float32_is_shown_in_its_digits() -> None:
    """0.1, not the float64 that is equal to it."""
    record = found(argument="x", value=0.10000000149011612, lower=0.25, upper=0.25)
    record = replace(record, cell=replace(CELL, dtype="float32"))
    assert statement(record) == "x is 0.1, not 0.25"


def test_lines_are_aligned() -> None:
    """Verdicts in one column, how many cells there are besides, what is known."""
    wrong = found(**ENTRY, lower=3.0, upper=3.0)
    raised = found(Verdict.RAISED, known="so it is", message="no")
    assert list(lines([Finding(wrong, (wrong, wrong)), Finding(raised)], plain)) == [
        "✗ WRONG           mine/cubes · torch R · float64 and 2 more: x[0] is 2.0, not 3.0",
        "! RAISED (known)  mine/cubes · torch R · float64: no",
    ]
    assert list(lines([], plain)) == []


def test_a_verdict_is_coloured() -> None:
    """The verdict alone, as in every report."""
    [line] = lines([Finding(found(**ENTRY, lower=3.0, upper=3.0))], ansi)
    assert line.startswith("\x1b[31m✗ WRONG\x1b[0m  mine/cubes")
