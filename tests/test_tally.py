"""What a cell has shown so far: the worst counts, refusals do not."""

from __future__ import annotations

import numpy as np
import pytest

from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.tally import EXAMPLE, SEARCH, Tally
from diffcheck.verdict import Verdict

V = Verdict


def tally(*judgements: Judgement) -> Tally:
    """A tally of these judgements, at points 0, 1, 2 …"""
    counted = Tally(Cell("a/b", "torch", "R", "", "float64"))
    for number, judgement in enumerate(judgements):
        counted.add(judgement, Point({"x": np.array(float(number))}), SEARCH if number else EXAMPLE)
    return counted


def test_the_worst_verdict_is_kept_with_its_point() -> None:
    """A cell shows its worst point and where that came from."""
    counted = tally(Judgement(V.AGREES, ratio=0.9), Judgement(V.WRONG, ratio=0.5), Judgement(V.AGREES, ratio=1.0))
    assert counted.worst is not None
    assert counted.worst.verdict is V.WRONG
    assert counted.point is not None
    assert (float(counted.point.arguments["x"]), counted.found) == (1.0, SEARCH)


def test_of_equal_verdicts_the_larger_ratio_is_kept() -> None:
    """Among points that agree, the one closest to its allowance is shown, and the first of equals."""
    counted = tally(*(Judgement(V.AGREES, ratio=ratio) for ratio in (0.1, 0.7, 0.3, 0.7)))
    assert counted.point is not None
    assert counted.point.arguments["x"] == 1.0


def test_another_function_is_not_called_a_wrong_derivative() -> None:
    """Where values differ at one point, a derivative that differs at another follows from that."""
    counted = tally(Judgement(V.WRONG, ratio=9.0), Judgement(V.DIFFERENT, ratio=2.0), Judgement(V.WRONG, ratio=9.0))
    assert counted.worst is not None
    assert counted.worst.verdict is V.DIFFERENT


@pytest.mark.parametrize(
    ("verdicts", "shown"),
    [
        ([V.UNSUPPORTED, V.AGREES, V.AGREES], V.AGREES),
        ([V.AGREES, V.UNDEFINED], V.AGREES),
        ([V.UNSUPPORTED, V.UNSUPPORTED], V.UNSUPPORTED),
        ([V.AGREES, V.INCONCLUSIVE], V.INCONCLUSIVE),
    ],
)
def test_a_refusal_at_some_points_is_only_counted(verdicts: list[Verdict], shown: Verdict) -> None:
    """A method that is too slow for the large example and agrees elsewhere agrees; the counts say the rest."""
    counted = tally(*map(Judgement, verdicts))
    assert counted.worst is not None
    assert counted.worst.verdict is shown
    assert counted.verdicts == {verdict.name: verdicts.count(verdict) for verdict in verdicts}


def test_points_and_entries_are_counted() -> None:
    """Every compared number is counted, whatever became of it."""
    counted = tally(Judgement(V.WRONG, counts={"WRONG": 1, "AGREES": 4}), Judgement(V.AGREES, counts={"AGREES": 2}))
    assert (counted.points, counted.entries) == (2, 7)
