"""What the tutorials say: the outcomes are computed, and another claim has another."""

from collections import Counter
from dataclasses import replace

import pytest

from diffcheck.behaviours import behaviours
from diffcheck.behaviours.observe import observe
from diffcheck.behaviours.stated import claim_row
from diffcheck.behaviours.tutorials import STATED
from diffcheck.claims import DEPENDS, HOLDS, REFUTED, UNTESTED

SOURCES = ("T1", "T2", "T3", "T4", "T5")

REFUTED_TODAY = {
    "autograd computes the Jacobian–vector product J·v, at J = [[3, 2], [1, 0]] and v = [1, 10]: [23, 1]",
    "x.grad == u after z = y.detach()·x, as written, without zeroing the gradient first",
    "x.grad and u cannot be compared with ==",
    "the update is p1 = p0 · lr · p0.grad (p0 = [1, 0], lr = 0.25, p0.grad = [3, 0])",
    "Variable is another class than Tensor",
    "a method named backward on a Module takes part in the backward pass",
    "clamping the gradient at 0 is the backward pass of a unit that is off (x = w₂ = 1, w₁ = y = −1): 2",
    "without new w and b gradients accumulate from one experiment to the next",
    "or because something is divided by zero",
}

DEPENDS_TODAY = {
    "the smaller h, the more accurate the quotient",
    "zero_grad sets gradients to zero",
    "Adam does not mind unscaled inputs",
    "the gradient's memory is allocated once and reused",
    "leaving out the mean and dividing the step by the batch size is the same",
}


@pytest.fixture(scope="module")
def sights():
    """What the frameworks do where a source says something."""
    spoken_of = dict.fromkeys(behaviour for one in STATED for behaviour, _ in one.places)
    return observe(behaviours(list(spoken_of))).sights


def altered(claimed):
    """Another claim of the same kind."""
    if isinstance(claimed, list):
        return [*claimed[:-1], altered(claimed[-1])] if claimed else ["something else"]
    if isinstance(claimed, bool) or claimed is None:
        return "something else"
    if isinstance(claimed, str):
        return f"{float(claimed) * 1.5:.6g}" if claimed[-1].isdigit() else "something else"
    return claimed + 1


@pytest.mark.parametrize("stated", STATED, ids=lambda stated: f"{stated.source} {stated.statement[:60]}")
def test_another_claim_has_another_outcome(stated, sights):
    outcome = claim_row(stated, sights).outcome
    if outcome == UNTESTED:
        assert not sights.keys() & {(behaviour, stated.framework) for behaviour, _ in stated.places}
    elif outcome == REFUTED:
        [(behaviour, value)] = stated.places
        seen = sights[behaviour, stated.framework]
        true = seen.raised or "nothing is raised" if value == "raised" else seen.values[value]
        assert claim_row(replace(stated, claimed=true), sights).outcome == HOLDS
    else:
        assert claim_row(replace(stated, claimed=altered(stated.claimed)), sights).outcome == REFUTED


def test_what_is_refuted_and_what_depends(sights):
    outcomes = {one.statement: claim_row(one, sights).outcome for one in STATED}
    assert {statement for statement, outcome in outcomes.items() if outcome == REFUTED} == REFUTED_TODAY
    assert {statement for statement, outcome in outcomes.items() if outcome == DEPENDS} == DEPENDS_TODAY


def test_every_tutorial_is_heard():
    assert set(SOURCES) == {one.source for one in STATED}
    assert min(Counter(one.source for one in STATED).values()) >= 5


def test_every_statement_is_said_once():
    assert len({(one.source, one.statement) for one in STATED}) == len(STATED)
