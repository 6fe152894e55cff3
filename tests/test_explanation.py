"""Explanations: beside each judgement stands what a person needs, and nothing where there is nothing to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.backends.base import Derivative
from diffcheck.evidence import gather
from diffcheck.explanation import explained
from diffcheck.judge import judge
from diffcheck.namespace import array_namespace
from diffcheck.record import Judgement
from diffcheck.special import relu
from diffcheck.verdict import Verdict
from tests.judging import referred


def xp(x: Any) -> Any:
    return array_namespace(x)


def told(function: Callable[..., Any], answer: Any, *, bound: float | None = None, **x: Any) -> Judgement:
    """The explained judgement of an answer for x; a function is given the true gradient."""
    reference = referred(function, x)
    true = reference.entries["x"].high
    answers = {"x": np.asarray(answer(true) if callable(answer) else answer, dtype=float)}
    bounds = None if bound is None else {"x": np.full(true.shape, bound)}
    derivative = Derivative(None, answers, bounds)
    return explained(judge(derivative, reference), gather(answers, derivative, reference))


def careless(x: Any) -> Any:
    return (1 - xp(x).cos(x)) / x**2


def test_a_wrong_gradient_has_its_likely_cause() -> None:
    """And what was allowed for."""
    judgement = told(lambda x: xp(x).sum(xp(x).exp(x)), lambda g: -g, x=[1.0, 2.0])
    assert judgement.verdict is Verdict.WRONG
    assert judgement.causes == ("the sign is opposite",)
    assert judgement.allowed_for.endswith("and 2 ulp")
    assert (judgement.culprit, judgement.advice) == ("", "")


def test_what_left_the_range_is_named() -> None:
    """For the entry that it explains."""
    judgement = told(lambda x: xp(x).log(xp(x).sum(xp(x).exp(x))), [0.0, np.nan], x=[1.0, 800.0])
    assert judgement.verdict is Verdict.RANGE
    assert judgement.culprit == "exp(x[1]) = 2.7e347 overflows float64"
    assert judgement.causes == ()


def test_lost_digits_are_advice_also_where_the_answer_agrees() -> None:
    """A careless formula is no wrong one."""
    judgement = told(careless, lambda g: g * (1 + 1e-5), x=1e-3)
    assert judgement.verdict is Verdict.AGREES
    assert judgement.advice.startswith("the formula loses 13 of 16 digits here")
    assert told(careless, lambda g: g, x=1.0).advice == ""


def test_a_method_with_its_own_bound_says_so() -> None:
    """Its digits are its own affair."""
    judgement = told(careless, lambda g: g, x=1e-3, bound=1e-3)
    assert judgement.allowed_for == "the method's own error bound"
    assert judgement.advice == ""


@pytest.mark.parametrize(
    ("x", "allowed"),
    [
        (np.linspace(1, 2, 50), "6 standard deviations of its rounding"),
        ([2.0], "its rounding in whatever order"),
        ([-2.0], "2 ulp: nothing is rounded here"),
    ],
)
def test_the_allowance_says_what_it_is_made_of(x: Any, allowed: str) -> None:
    """Many roundings, few, or none where a branch computes nothing."""
    judgement = told(lambda x: xp(x).sum(relu(x) ** 2) ** 3, lambda g: g + 1.0, x=x)
    assert judgement.allowed_for.startswith(allowed)


def test_a_judgement_without_evidence_stays() -> None:
    """What was missing or refused has nothing to explain."""
    judgement = Judgement(Verdict.MISSING, argument="x")
    assert explained(judgement, {}) is judgement
