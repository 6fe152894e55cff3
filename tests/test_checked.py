"""A report of a check: what it comes to, and what a finding says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import diffcheck as dc
from diffcheck.checked import Finding, Report, failures
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.run_file import read_run
from diffcheck.verdict import Cause, Verdict


def record(verdict: Verdict, mode: str = "R") -> Record:
    judgement = Judgement(
        verdict, Cause.FORMULA, ratio=9.0, ulps=7.0, argument="x", index=(1,), value=2.0, lower=1.0, upper=1.5
    )
    return Record("", Cell("ops/f", "torch", mode, "", "float64"), judgement, Point({"x": np.ones(2)}), points=1)


def report(*verdicts: Verdict) -> Report:
    return Report(
        Run({"seed": "0"}, tuple(record(verdict, mode) for verdict, mode in zip(verdicts, "RF", strict=False)))
    )


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([Verdict.AGREES, Verdict.UNSUPPORTED], 0),
        ([Verdict.AGREES, Verdict.SELECTION], 0),
        ([Verdict.AGREES, Verdict.WRONG], 1),
        ([Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED], 4),
        ([Verdict.UNSUPPORTED], 5),
        ([], 5),
    ],
)
def test_nothing_judged_is_no_success(verdicts: list[Verdict], outcome: int) -> None:
    """The outcome is the exit code; only 0 is ok."""
    found = report(*verdicts)
    assert found.outcome == outcome
    assert found.ok is (outcome == 0)


def test_findings_are_what_a_person_should_look_at() -> None:
    """Failures and warnings, worst first; failures alone make a check fail."""
    found = report(Verdict.SELECTION, Verdict.WRONG)
    assert [finding.verdict for finding in found.findings] == [Verdict.WRONG, Verdict.SELECTION]
    assert [finding.verdict for finding in failures(found)] == [Verdict.WRONG]
    assert not report(Verdict.AGREES).findings


def test_a_finding_says_everything() -> None:
    """Its parts are those of the record."""
    finding = Finding(record(Verdict.WRONG))
    assert (finding.verdict, finding.cause) == (Verdict.WRONG, Cause.FORMULA)
    assert (finding.backend, finding.mode, finding.transform, finding.dtype) == ("torch", "R", "", "float64")
    assert (finding.argument, finding.index, finding.value) == ("x", (1,), 2.0)
    assert finding.reference == (1.0, 1.5)
    assert (finding.ulps, finding.ratio) == (7.0, 9.0)
    assert finding.point is not None
    assert "proved wrong" in finding.message
    assert "x = [1.0, 1.0]" in str(finding)
    assert Finding(Record("", finding.record.cell, Judgement(Verdict.MISSING))).reference is None


def test_a_report_is_text_a_page_and_a_file(tmp_path: Path) -> None:
    """All three hold the same."""
    found = report(Verdict.WRONG)
    assert "✗ WRONG  ops/f" in str(found)
    assert found._repr_html_().startswith("<pre>")
    found.save(tmp_path / "folder" / "run.jsonl")
    stored = read_run(tmp_path / "folder" / "run.jsonl")
    assert stored.complete
    assert [one.judgement for one in stored.records] == [one.judgement for one in found.records]


def test_a_formula_is_proved_when_somebody_looks() -> None:
    """Of what agrees, at its small size; of what is wrong nothing is proved."""
    import torch

    right = dc.check(lambda x: torch.sin(x).sum(), dc.real(2), max_examples=2, dtypes=["float64"])
    assert "records" not in vars(right)
    assert {record.proved for record in right.records} == {"x of shape (2,)"}
    assert "Formula proved" in str(right)
    wrong = dc.check(
        lambda x: x * x.detach(), dc.real(2), definition=lambda x: x * x, backend="torch", modes=["R"], max_examples=2
    )
    assert {record.proved for record in wrong.records} == {""}
    assert "Formula proved" not in str(wrong)


def test_a_function_that_branches_on_its_numbers_is_not_proved() -> None:
    """What ran at one point says nothing about the other branch; tensors of its own are no branch."""
    torch = pytest.importorskip("torch")
    two = torch.tensor(2.0, dtype=torch.float64)
    report = dc.check(lambda x: x * x if x.sum() > 0 else 3 * x, dc.real(2), backend="torch", dtypes=["float64"])
    assert {record.proved for record in report.records} == {""}
    assert "Formula proved" not in str(report)
    assert "Formula proved" in str(dc.check(lambda x: two * x, dc.real(2), backend="torch", dtypes=["float64"]))
