"""A cell at a point where nothing can be traced: the method runs, and is never called right or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from diffcheck import array_namespace, case, real
from diffcheck.case import Case
from diffcheck.cell import judge_cell, reference_or_judgement
from diffcheck.example import example_point
from diffcheck.plan import Settings, plan
from diffcheck.record import Judgement
from diffcheck.verdict import Cause, Verdict


@case(x=real(3), examples=[{"x": [2.0, 1.0, 3.0]}], source="none")
def ordered(x):
    """f = Σ k·x₍ₖ₎²"""
    xp = array_namespace(x)
    ascending = xp.sort(x)
    return ascending[0] ** 2 + 2 * ascending[1] ** 2 + 3 * ascending[2] ** 2


@ordered.handwritten("right")
def _(x):
    gradient = np.empty_like(x)
    gradient[np.argsort(x)] = 2 * np.sort(x) * np.array([1, 2, 3], x.dtype)
    return {"x": gradient}


@ordered.handwritten("wrong")
def _(x):
    return {"x": 2 * x}


@ordered.handwritten("another shape")
def _(x):
    return {"x": np.ones((2, 2), x.dtype)}


@ordered.handwritten("raises")
def _(x):
    raise ValueError("no idea")


def judgements(one: Case, **settings: Any) -> Iterator[tuple[str, Judgement]]:
    """Every method at the worked example."""
    for cell in plan([one], Settings(**settings)):
        point = example_point(one, one.examples[0], cell.dtype)
        yield cell.method, judge_cell(one, cell, point, reference_or_judgement(one, point, cell.mode))


def test_nothing_untraced_is_right_or_wrong() -> None:
    """Every method of every backend is INCONCLUSIVE, or declines."""
    found = list(judgements(ordered))
    assert {judgement.verdict for _, judgement in found} <= {Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED}
    inconclusive = {judgement.cause for _, judgement in found if judgement.verdict is Verdict.INCONCLUSIVE}
    assert inconclusive == {Cause.NOT_COVERED}


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("right", "so this derivative looks right"),
        ("wrong", "h^1.00, so this derivative looks wrong"),
        ("raises", "it raises ValueError: no idea"),
        ("another shape", "it raises"),
    ],
)
def test_the_witness_speaks(method: str, says: str) -> None:
    """After what could not be traced comes how the answer looks."""
    found = dict(judgements(ordered, backends=("handwritten",), dtypes=("float64",)))
    message = found[f"handwritten R {method}"].message
    assert message.startswith("diffcheck cannot trace 'sort' yet")
    assert says in message


def test_frameworks_look_right() -> None:
    """torch and jax sort, in both modes and dtypes."""
    found = list(judgements(ordered, backends=("torch", "jax")))
    assert {method.split()[0] for method, _ in found} == {"torch", "jax"}
    assert all("looks right" in judgement.message for _, judgement in found)


def test_what_cannot_be_traced_for_another_reason_is_told_as_before() -> None:
    """A definition that raises is a mistake in it: no method runs."""

    @case(x=real(), examples=[{"x": 1.0}], source="none")
    def broken(x):
        raise RuntimeError("a mistake")

    [(_, judgement)] = judgements(broken, backends=("torch",), modes=("R",), dtypes=("float64",))
    assert judgement.verdict is Verdict.RAISED
    assert "a mistake" in judgement.message
