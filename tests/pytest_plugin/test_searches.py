"""Searches: done once for all their tests, and only when one of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from diffcheck.case import Case, case
from diffcheck.domain import real
from diffcheck.known import Known
from diffcheck.plan import Settings
from diffcheck.pytest_plugin import searches
from diffcheck.pytest_plugin.case_item import Fails
from diffcheck.pytest_plugin.searches import Search, farewell
from diffcheck.record import Cell, Judgement, Record
from diffcheck.reference.second_opinion import Disagreement
from diffcheck.verdict import Verdict

FIRST, SECOND = (Cell("mine/square", backend, "R", "", "float64") for backend in ("torch", "jax"))


@case(x=real(), source="none")
def square(x: Any) -> Any:
    """y = x²"""
    return x * x


class Executed:
    """Stands in for the run of a search, and counts how often it is asked."""

    def __init__(self, verdicts: dict[Cell, Verdict]) -> None:
        self.verdicts = verdicts
        self.count = 0

    def __call__(self, cases: list[Case], cells: tuple[Cell, ...], *rest: Any) -> Iterator[Record]:
        self.count += 1
        for cell in cells:
            verdict = self.verdicts[cell]
            yield Record("", cell, Judgement(verdict), points=1, verdicts={verdict.name: 1})


def entry(backend: str) -> Known:
    """A known finding."""
    return Known("mine/square", backend, "WRONG", "so it is", {"x": 1.0})


def search_with(*cells: Cell, known: tuple[Known, ...] = ()) -> Search:
    """A search for these cells."""
    return Search(square, cells, Settings(), known)


def test_a_search_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before its first test, and not again for its second."""
    executed = Executed({FIRST: Verdict.AGREES, SECOND: Verdict.WRONG})
    monkeypatch.setattr(searches, "execute", executed)
    search = search_with(FIRST, SECOND)
    assert executed.count == 0
    assert search.record(FIRST).judgement.verdict is Verdict.AGREES
    assert search.record(SECOND).judgement.verdict is Verdict.WRONG
    assert executed.count == 1


def test_a_contradiction_fails_every_test_of_its_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is searched for once, and nothing that was found counts."""

    def contradict(*arguments: Any) -> Iterator[Record]:
        raise Disagreement("the opinions share no number")
        yield

    monkeypatch.setattr(searches, "execute", contradict)
    search = search_with(FIRST, SECOND)
    for cell in (FIRST, SECOND):
        with pytest.raises(Fails, match="diffcheck contradicts itself: the opinions share no number"):
            search.record(cell)
    assert search.records == ()


GONE = {
    "it agrees": ({FIRST: Verdict.AGREES, SECOND: Verdict.AGREES}, "torch", True),
    "its neighbour agrees, too": ({FIRST: Verdict.AGREES, SECOND: Verdict.AGREES}, "*", True),
    "its neighbour shows it": ({FIRST: Verdict.AGREES, SECOND: Verdict.WRONG}, "*", False),
    "it is about the neighbour": ({FIRST: Verdict.AGREES, SECOND: Verdict.AGREES}, "jax", False),
}


@pytest.mark.parametrize(("verdicts", "backend", "is_gone"), GONE.values(), ids=GONE)
def test_a_known_finding_is_gone_when_no_cell_shows_it(
    verdicts: dict[Cell, Verdict], backend: str, is_gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever search has the cell: an entry may name several cases and dtypes."""
    monkeypatch.setattr(searches, "execute", Executed(verdicts))
    first, second = (search_with(cell, known=(entry(backend),)) for cell in (FIRST, SECOND))
    assert bool(farewell(FIRST, first, [first, second])) is is_gone
