"""Every case on every backend, at the worked examples: the form in which a suite uses the registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from diffcheck.backends import BACKENDS
from diffcheck.case import Case
from diffcheck.cell import judge_cell, reference_or_judgement
from diffcheck.example import example_point
from diffcheck.known import read_known
from diffcheck.plan import Settings, plan
from diffcheck.record import Cell, Judgement
from diffcheck.registry import load

CASES = load()
KNOWN = read_known(Path(__file__).parent.parent / "cases" / "known.toml")

PAIRS = [(case, backend) for case in CASES for backend in BACKENDS if BACKENDS[backend].transforms(case)]


def _judged(case: Case, backend: str) -> Iterator[tuple[Cell, Judgement]]:
    """Every way of a backend to differentiate a case, at every worked example, in every dtype."""
    cells = plan([case], Settings(backends=(backend,)))
    for dtype in dict.fromkeys(cell.dtype for cell in cells):
        for example in case.examples:
            point = example_point(case, example, dtype)
            chosen = [cell for cell in cells if cell.dtype == dtype]
            references = {mode: reference_or_judgement(case, point, mode) for mode in {cell.mode for cell in chosen}}
            for cell in chosen:
                yield cell, judge_cell(case, cell, point, references[cell.mode])


def _is_known(cell: Cell, judgement: Judgement) -> bool:
    return any(entry.names(cell) and entry.verdict == judgement.verdict.name for entry in KNOWN)


@pytest.mark.parametrize(("case", "backend"), PAIRS, ids=[f"{case.id}-{backend}" for case, backend in PAIRS])
def test_no_method_fails_at_a_worked_example(case: Case, backend: str) -> None:
    """What fails is listed in cases/known.toml, or it is news."""
    judged = list(_judged(case, backend))
    assert judged
    news = [
        f"{cell.method} {cell.dtype}: {judgement.verdict.name}, {judgement.message}"
        for cell, judgement in judged
        if judgement.verdict.failure and not _is_known(cell, judgement)
    ]
    assert not news


def test_a_finding_that_is_not_listed_would_be_news() -> None:
    """The tutorial's backward pass fails at the worked examples, and only its entry keeps it quiet."""
    [case] = [case for case in CASES if case.id == "network/two_layer_network"]
    failing = {cell.transform for cell, judgement in _judged(case, "handwritten") if judgement.verdict.failure}
    assert failing == {"tutorial"}
    assert not any(entry.names(Cell(case.id, "handwritten", "R", "mask", "float64")) for entry in KNOWN)
