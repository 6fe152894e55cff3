"""A search is its own: whatever Hypothesis does around it, the same seed gives the same points."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diffcheck.case import case
from diffcheck.domain import real
from diffcheck.effort import Effort, within_a_test
from diffcheck.namespace import array_namespace
from diffcheck.record import Cell
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


def found() -> str:
    """What a search finds, as text with every digit."""
    [record] = search(square, "float64", [Cell(square.id, "handwritten", "R", "wrong", "float64")], EFFORT, 0)
    assert record.judgement.verdict is Verdict.WRONG
    return repr(record)


def test_a_search_within_a_test_with_given_finds_the_same() -> None:
    """Hypothesis neither refuses it nor stops it from making a finding small."""
    alone = found()

    @settings(max_examples=2, database=None)
    @given(st.integers())
    def within(n: int) -> None:
        assert found() == alone

    within()


def test_the_settings_are_the_tests_own_again() -> None:
    """What is changed for a while is not changed for good."""
    before = settings.default
    with within_a_test():
        assert HealthCheck.nested_given in settings().suppress_health_check
    assert settings.default is before
