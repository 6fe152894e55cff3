"""Kinds of points: each is what its name says."""

from __future__ import annotations

import numpy as np

from benchmarks.functions import PROBLEMS
from benchmarks.kinds import KINDS

NAMED = {problem.name: problem for problem in PROBLEMS}


def test_underflowing_points_underflow_beside_ordinary_numbers() -> None:
    """Some exponential of a difference underflows; half of the numbers are as they were."""
    problem = NAMED["logsumexp"]
    point = problem.point(100, 0, "float64")
    for kind in KINDS:
        if kind.name.startswith("underflowing"):
            moved = kind.move(problem, point)
            assert moved is not None
            x = moved.arguments["x"]
            assert (x == point.arguments["x"]).sum() == 50
            dtype = kind.name.split()[-1]
            assert np.exp(np.asarray(x.min() - x.max(), dtype)) == 0


def test_where_nothing_underflows_there_is_no_such_point() -> None:
    """A square of larger numbers is larger."""
    problem = NAMED["cubic sum"]
    points = [kind.move(problem, problem.point(100, 0, "float64")) for kind in KINDS if "underflowing" in kind.name]
    assert points == [None, None]


def test_near_a_kink_is_near_but_not_at_it() -> None:
    """What the first unit gets is far below its terms, and not zero; functions without weights have no such point."""
    kind = {kind.name: kind for kind in KINDS}["near a kink"]
    moved = kind.move(NAMED["two layer network"], NAMED["two layer network"].point(100, 0, "float64"))
    assert moved is not None
    inputs, weights = (moved.arguments[name] for name in ("inputs", "weights"))
    got, terms = inputs[0] @ weights[:, 0], np.abs(inputs[0] * weights[:, 0]).sum()
    assert 0 < abs(got) < 2.0**-18 * terms
    assert kind.move(NAMED["logsumexp"], NAMED["logsumexp"].point(100, 0, "float64")) is None
