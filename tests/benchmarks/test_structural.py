"""Structural mutants: what they answer, and what is shown about those that are not caught."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp

from benchmarks import structural
from benchmarks.disturbed import disturbed
from benchmarks.functions import PROBLEMS
from benchmarks.kinds import KINDS
from benchmarks.mutants import MISTAKES, Mutant, mutants
from benchmarks.structural import (
    CAUGHT,
    EQUIVALENT,
    ESCAPED,
    OUTCOMES,
    ROUNDING,
    SAME,
    Place,
    Trial,
    escapes,
    mutant_rows,
    trials,
)
from diffcheck.expression import nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.verdict import Verdict

NAMED = {problem.name: problem for problem in PROBLEMS}
ORDINARY = KINDS[0]


def place(name: str = "cubic sum") -> Place:
    return Place(NAMED[name], ORDINARY, NAMED[name].point(100, 0, "float64"))


def gradient(here: Place) -> dict[str, Node]:
    return {name: node for name, node in here.truth("float64").closed_form.entries.items() if node is not None}


def shown(here: Place, entries: dict[str, Node], dtype: str = "float64") -> str:
    return here._shown(here._enclosed(Mutant("by hand", 0, entries), dtype), dtype)


def scaled(node: Node, factor: float) -> Node:
    return nodes.mapped(sp.Rational(factor) * SLOTS[0], node)


def test_every_mistake_is_made_somewhere() -> None:
    """No mistake stands in the table without ever being tried."""
    made = {mutant.mistake for problem in PROBLEMS for mutant in mutants(gradient(place(problem.name)))}
    assert made == set(MISTAKES)


def test_the_right_gradient_is_equivalent_to_itself() -> None:
    """What is no mutant is shown to be none."""
    assert shown(place(), gradient(place())) == EQUIVALENT


def test_another_spelling_is_equivalent() -> None:
    """Twice a half of the gradient is the gradient."""
    here = place()
    assert shown(here, {"x": scaled(scaled(gradient(here)["x"], 0.5), 2)}) == EQUIVALENT


def test_a_mutant_with_disjoint_balls_is_not_equivalent() -> None:
    """A billionth off is another number; 2⁻⁵⁸ off is another number, too, which float64 rounds away."""
    here = place()
    assert shown(here, {"x": scaled(gradient(here)["x"], 1 + 2.0**-30)}) == ""
    assert shown(here, {"x": nodes.mapped((1 + _power(-58)) * SLOTS[0], gradient(here)["x"])}) == SAME


def _power(exponent: int) -> Any:
    return sp.Integer(2) ** exponent


def test_one_rounding_is_within_rounding_and_a_hundred_are_not() -> None:
    """A gradient that is off by less than what disturbances reach is nothing but rounding; a wrong one is not."""
    here = place("two pass variance")
    right = gradient(here)["x"]
    off = [nodes.mapped((1 + units * _power(-53)) * SLOTS[0], right) for units in (1, 100)]
    assert [shown(here, {"x": one}) for one in off] == [ROUNDING, ""]


def test_a_disturbed_program_stays_within_its_roundings() -> None:
    """x², computed by a few operations on one number each, is moved by at most a unit of round-off for each.

    A square and its product with 3, then a third of that.
    """
    here = place()
    truth = here.truth("float32")
    reached = []
    for seed in range(8):
        moved = disturbed(truth, seed)["x"]
        ratio = np.array([float(ball.mid()) for ball in moved]) / truth.entries["x"].high
        reached.append(np.abs(ratio - 1).max() * 2**24)
    assert 0.9 < max(reached) < 3.1


def test_all_mutants_of_the_cubic_sum_are_caught() -> None:
    """Every outcome of a trial is one of the table's, and here it is the best."""
    found = list(trials(NAMED["cubic sum"]))
    assert {trial.outcome for trial in found} == {CAUGHT}
    assert {trial.place for trial in found} == {"ordinary", "near zero"}


def test_nothing_is_lost_in_the_tables() -> None:
    """Every trial is counted once by its mistake and once by its place, and every escape is listed."""
    one = Trial("f", "sign", 1, "ordinary", "float64", True, CAUGHT)
    found = [one, replace(one, lifted=False), replace(one, node=2, outcome=ESCAPED), replace(one, mistake="zeroed")]
    rows = mutant_rows(found)
    for is_mistake in (True, False):
        assert sum(sum(row.counts.values()) for row in rows if row.is_mistake is is_mistake) == len(found)
    assert escapes(found) == [(replace(one, node=-1, outcome=ESCAPED), 1)]
    assert all(set(row.counts) <= set(OUTCOMES) for row in rows)


@pytest.mark.parametrize("verdict", ["AGREES", "RANGE", "INCONCLUSIVE"])
def test_what_does_not_fail_is_not_caught(verdict: str) -> None:
    """Only a failing verdict catches a mutant."""
    assert structural._outcome(Verdict[verdict], "") != CAUGHT
    assert structural._outcome(Verdict.WRONG, EQUIVALENT) == CAUGHT
