"""Replaying a record: the same cell at the same point."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diffcheck import array_namespace
from diffcheck.case import Case, case
from diffcheck.domain import real
from diffcheck.effort import Effort
from diffcheck.record import Cell, Judgement, Record, Run
from diffcheck.replay import ReplayError, find_record, replay, unchanged_case
from diffcheck.search import search
from diffcheck.verdict import Verdict

EFFORT = Effort(examples=5, few_sizes=True, compiled_shapes=1, shrink_tries=40, shrink_range=True, share=True)


@case(x=real("n"), source="none")
def square(x: Any) -> Any:
    """f = Σ x²"""
    return array_namespace(x).sum(x * x)


@square.handwritten("wrong")
def _(x: Any) -> Any:
    return {"x": 3 * x}


@pytest.fixture(scope="module")
def found() -> Run:
    """A run with one finding."""
    cell = Cell(square.id, "handwritten", "R", "wrong", "float64")
    return Run({}, tuple(search(square, "float64", [cell], EFFORT, 0)))


def corrected() -> Case:
    """The same case with a corrected formula."""
    fixed = replace(square, handwritten_formulas={})
    fixed.handwritten("wrong")(lambda x: {"x": 2 * x})
    return fixed


def test_a_replayed_finding_is_the_same(found: Run) -> None:
    """The same definition at the same point gives the same judgement under the same id."""
    [old] = found.records
    new = replay(old.id, found, [square])
    assert new.id == old.id
    assert repr(new.judgement) == repr(old.judgement)
    assert (new.points, new.verdicts) == (1, {"WRONG": 1})


def test_the_beginning_of_an_id_is_enough(found: Run) -> None:
    """A few characters select a record when no other id begins with them."""
    assert find_record(found.records[0].id[:5], found) is found.records[0]


def test_a_corrected_definition_replays_under_a_new_id(found: Run) -> None:
    """After a correction the point agrees, and the id says that the definition is another."""
    [old] = found.records
    new = replay(old.id, found, [corrected()])
    assert new.judgement.verdict is Verdict.AGREES
    assert new.id != old.id


def test_a_script_is_written_of_what_was_found(found: Run) -> None:
    """The case is there as it was; another definition would not show what the record says."""
    [old] = found.records
    assert unchanged_case(old, [square]) is square
    with pytest.raises(ReplayError, match="has changed since"):
        unchanged_case(old, [corrected()])


def test_what_cannot_be_replayed_is_one_line(found: Run) -> None:
    """An unknown, an ambiguous and a short id, a missing case and a record without a point are told."""
    [old] = found.records
    twice = replace(found, records=(old, replace(old, id=old.id[:6] + "000000")))
    never = replace(found, records=(Record("abcdef", old.cell, Judgement(Verdict.CRASHED, message="it died")),))
    for identifier, run, cases, message in [
        ("ffffffff", found, [square], "no record 'ffffffff' in this run"),
        (old.id[:6], twice, [square], "the beginning of 2 ids"),
        ("ab", found, [square], "too short"),
        (old.id, found, [], "which is not among the cases"),
        ("abcdef", never, [square], "has no point: it died"),
    ]:
        with pytest.raises(ReplayError, match=message) as error:
            replay(identifier, run, cases)
        assert "\n" not in str(error.value)
