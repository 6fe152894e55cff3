"""Where right answers lose digits, as a reader sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diffcheck.record import Record, Run
from diffcheck.report import render
from diffcheck.report.advice import advice
from diffcheck.verdict import Verdict
from tests.report.conftest import agreeing

LOST = "the formula loses 12 of 16 digits here, the problem itself 0: another formula would keep more"


def advised(record: Record, text: str = LOST, verdict: Verdict = Verdict.AGREES) -> Record:
    """A record about which there is something to say."""
    return replace(record, judgement=replace(record.judgement, advice=text, verdict=verdict))


def test_advice_is_given_once_for_each_case_and_dtype() -> None:
    """Every method loses the same digits: one line says so."""
    records = [advised(agreeing("a/b", backend, dtype=dtype)) for dtype in ("float64", "float32") for backend in "xy"]
    assert [(one.case, one.dtype, one.at, one.text) for one in advice(records)] == [
        ("a/b", "float64", "x = 1", LOST),
        ("a/b", "float32", "x = 1", LOST),
    ]


@pytest.mark.parametrize(("text", "verdict"), [("", Verdict.AGREES), (LOST, Verdict.WRONG), (LOST, Verdict.RANGE)])
def test_what_needs_no_advice_stays_silent(text: str, verdict: Verdict) -> None:
    """A finding says its own."""
    assert advice([advised(agreeing("a/b", "torch"), text, verdict)]) == []


@pytest.mark.parametrize("name", ["text", "html"])
def test_reports_give_it(name: str, run: Run) -> None:
    """And say nothing where there is none."""
    assert "Advice" not in render(name, run)
    told = render(name, replace(run, records=(*run.records[1:], advised(run.records[0]))))
    assert "Advice" in told
    assert LOST in told
