"""Detection: what the usual checkers are asked, and how thresholds are summed up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import detection
from benchmarks.checkers import CHECKERS, Checker, Claim
from benchmarks.detection import DIFFCHECK, UNREAD, Effort, Threshold, caught_last, rows, thresholds
from benchmarks.functions import PROBLEMS, cubic_sum
from diffcheck.point import Point

POINT = Point({"x": np.array([0.5, -1.5, 2.0])})
ONE = Threshold(DIFFCHECK, "f", 3, "float64", "torch", everywhere=False, delta=1e-15)


def claim(extra: float) -> Claim:
    """x², and something added to the second entry."""
    added = np.array([0.0, extra, 0.0])
    return Claim(cubic_sum, POINT, {"x": POINT.arguments["x"] ** 2}, {"x": added}, ("x", (1,)))


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.name)
def test_a_checker_lets_the_right_gradient_pass_and_objects_to_a_gross_error(checker: Checker) -> None:
    """The usual checkers are asked what they are made for, first right, then wrong, then right again."""
    assert [bool(checker.objects(claim(extra))) for extra in (0.0, 1.0, 0.0)] == [False, True, False]


def test_what_a_checker_keeps_belongs_to_one_point() -> None:
    """Another function at another point is looked at afresh."""
    other = Claim(
        lambda x: (x**2).sum(), Point({"x": np.array([3.0])}), {"x": np.array([6.0])}, {"x": np.zeros(1)}, ("x", (0,))
    )
    for checker in CHECKERS:
        assert [bool(checker.objects(one)) for one in (claim(0.0), other, claim(1.0))] == [False, False, True]


def test_thresholds_of_every_checker_method_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each checker is asked about one entry and about all; diffcheck about the gradients of three."""
    monkeypatch.setattr(detection, "CHECKERS", CHECKERS[:1])
    found = list(thresholds(PROBLEMS[0], 3, Effort({3: 1}, entries=1)))
    names = (DIFFCHECK, UNREAD, CHECKERS[0].name)
    read, unread, other = ([one for one in found if one.checker == name] for name in names)
    assert (len(read), len(unread), len(other)) == (2 * 2 * 2, 2 * 2, 2 * 2)
    assert all(one.delta < {"float64": 1e-12, "float32": 1e-4}[one.dtype] for one in (*read, *unread))


def test_quantiles_are_among_the_thresholds() -> None:
    """The 99 % quantile of a hundred thresholds is the second largest: one error of a hundred is caught later."""
    found = [replace(ONE, delta=k / 1000) for k in range(1, 101)]
    (row,) = rows(found)
    assert (row.median, row.most, row.worst, row.rejected, row.count) == (0.051, 0.1, 0.1, 0.0, 100)
    assert caught_last(found, "float64", count=2) == [found[99], found[98]]


def test_a_rejected_right_gradient_is_counted_and_not_mixed_in() -> None:
    """A checker that rejects the right gradient has caught nothing."""
    (row,) = rows([ONE, replace(ONE, delta=float("nan"))])
    assert (row.worst, row.rejected, row.count) == (1e-15, 0.5, 2)
    (row,) = rows([replace(ONE, delta=float("nan"))])
    assert np.isnan(row.worst)
    assert row.rejected == 1.0


def test_an_error_that_is_never_caught_is_the_worst() -> None:
    """Infinity is not left out."""
    (row,) = rows([ONE, replace(ONE, delta=float("inf"))])
    assert row.worst == float("inf")
