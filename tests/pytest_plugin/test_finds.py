"""What tests find travels with their reports, as text, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diffcheck.point import Point
from diffcheck.pytest_plugin.finds import FINDS, Finds, add, hand_over, keep, keep_gone
from diffcheck.record import Cell, Judgement, Record
from diffcheck.verdict import Cause, Verdict

JUDGEMENT = Judgement(Verdict.WRONG, Cause.FORMULA, 1e15, None, "x", (0,), 0.1, 3.0, 3.0, 1e-16, {"WRONG": 1})
CELL = Cell("mine/cubes", "torch", "R", "", "float64")
FOUND = Record("c0ffee", CELL, JUDGEMENT, Point({"x": np.array([0.1])}), 3, 3, {"WRONG": 3}, "search")
HARMLESS = replace(FOUND, judgement=replace(JUDGEMENT, verdict=Verdict.AGREES))


@pytest.fixture
def item(pytester: pytest.Pytester) -> pytest.Item:
    """A test."""
    return pytester.getitem("def test_func(): pass")


def report_of(item: pytest.Item) -> pytest.TestReport:
    """The report of a test that passed."""
    return pytest.TestReport(item.nodeid, item.location, {}, "passed", None, "call")


def test_a_report_carries_what_was_found(item: pytest.Item) -> None:
    """Through the form in which pytest-xdist sends it, with every bit, and once."""
    keep(item, [FOUND])
    keep_gone(item, "it is gone")
    report = report_of(item)
    hand_over(item, report)
    assert FINDS not in item.stash
    hooks = item.config.hook
    sent = hooks.pytest_report_to_serializable(config=item.config, report=report)
    received = hooks.pytest_report_from_serializable(config=item.config, data=sent)
    finds = Finds()
    assert repr(add(received, finds)) == repr([FOUND])
    assert (repr(finds.records), finds.gone) == (repr([FOUND]), ["it is gone"])


def test_a_report_without_anything_adds_nothing(item: pytest.Item) -> None:
    """Most tests have nothing to do with derivatives."""
    finds = Finds()
    assert add(report_of(item), finds) == []
    assert finds == Finds()


@pytest.mark.parametrize("order", [(FOUND, HARMLESS), (HARMLESS, FOUND)])
def test_of_one_cell_the_worst_counts(order: tuple[Record, Record], item: pytest.Item) -> None:
    """A test with @given judges one function many times."""
    for record in order:
        keep(item, [record])
    assert item.stash[FINDS].records == [FOUND]
