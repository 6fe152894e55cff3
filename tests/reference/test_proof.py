"""The symbolic proof: right closed forms are proved, planted errors are refuted, limits are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp

from diffcheck import array_namespace, case, integers, real, special
from diffcheck.case import Case
from diffcheck.expression import derive, nodes
from diffcheck.expression.closed_form import OUTPUT, ClosedForm, derive_closed_form
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Traced
from diffcheck.reference import proof as proof_module
from diffcheck.reference.proof import Outcome, Proof, prove
from diffcheck.reference.tiny import TooManyEntries, tiny_sizes

Planted = Callable[[Node], Node | None]


@case(x=real("n"), w=real("m", "n"), dims={"n": 5, "m": 5}, source="test")
def layer(x: Any, w: Any) -> Any:
    """y = tanh(Wx)"""
    xp = array_namespace(x, w)
    return xp.tanh(xp.matmul(w, x))


@case(x=real("n"), dims={"n": 5}, source="test")
def rectified(x: Any) -> Any:
    """y = Σ relu(x)·exp(x)"""
    xp = array_namespace(x)
    return xp.sum(special.relu(x) * xp.exp(x))


@case(x=real(), source="test")
def doubled(x: Any) -> Any:
    """y = 2ᵏx, doubled while |y| < 100"""
    while abs(x) < 100:
        x = 2 * x
    return x


@case(x=real(4), source="test")
def largest(x: Any) -> Any:
    """y = max x"""
    return array_namespace(x).max(x)


def outcomes(proof: Proof, part: str) -> set[Outcome]:
    """The outcomes of one part of a proof."""
    return {entry.outcome for entry in proof.entries if entry.part == part}


def test_a_smooth_function_is_proved() -> None:
    """Value, both gradients and the directional derivative of tanh(Wx), at sizes two."""
    proof = prove(layer)
    assert proof.sizes == {"n": 2, "m": 2}
    assert proof.patterns == 1
    assert [proof.count(outcome) for outcome in Outcome] == [2 + 2 + 4 + 2, 0, 0, 0]


def test_a_kinked_function_is_proved_on_every_branch() -> None:
    """Two rectifiers have four sign patterns, and the derivative is proved on each."""
    proof = prove(rectified)
    assert proof.patterns == 4
    assert proof.count(Outcome.PROVED) == len(proof.entries) == 4


def test_a_function_that_branches_on_data_is_only_checked() -> None:
    """The expression of a loop holds on one path, so nothing is claimed for the others."""
    assert outcomes(prove(doubled), "x") == {Outcome.CHECKED}


def test_patterns_that_no_point_has_are_left_out() -> None:
    """Four entries compared in pairs have patterns without a point; those refute nothing."""
    proof = prove(largest)
    assert proof.count(Outcome.REFUTED) == proof.count(Outcome.OPEN) == 0


def test_without_time_entries_are_checked() -> None:
    """What is not proved in time is compared at random points, and says so."""
    proof = prove(layer, seconds=0.0)
    assert proof.count(Outcome.CHECKED) > 0
    assert proof.count(Outcome.REFUTED) == 0


# --- it can fail ----------------------------------------------------------------------------------


def scaled(factor: sp.Expr) -> Planted:
    """Plant a factor."""
    return lambda node: nodes.mapped(factor * SLOTS[0], node)


PLANTED: dict[str, Planted] = {
    "sign": scaled(sp.Integer(-1)),
    "factor two": scaled(sp.Integer(2)),
    "one part in 10³⁰": scaled(1 + sp.Rational(1, 10**30)),
    "missing": lambda node: None,
    "one entry": lambda node: nodes.gather(node, _with_one_dropped(node)),
}


def _with_one_dropped(node: Node) -> Any:
    positions = nodes.positions_of(node.shape).copy()
    positions.flat[-1] = -1
    return positions


def plant(monkeypatch: pytest.MonkeyPatch, error: Planted, mode: str) -> None:
    """Change what the closed form of one mode answers."""

    def wrong(traced: Traced, wrt: tuple[str, ...], wanted: str) -> ClosedForm:
        right = derive_closed_form(traced, wrt, wanted)
        if wanted != mode:
            return right
        entries = {name: None if node is None else error(node) for name, node in right.entries.items()}
        return replace(right, entries=entries)

    monkeypatch.setattr(proof_module, "derive_closed_form", wrong)


@pytest.mark.parametrize("error", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("function", [layer, rectified], ids=lambda function: function.name)
def test_planted_errors_are_refuted(monkeypatch: pytest.MonkeyPatch, function: Case, error: Planted) -> None:
    """A wrong gradient is refuted, with kinks and without; value and directional derivative stay proved."""
    plant(monkeypatch, error, "R")
    proof = prove(function)
    assert Outcome.REFUTED in outcomes(proof, "x")
    assert outcomes(proof, "value") == outcomes(proof, "tangent") == {Outcome.PROVED}


def test_a_wrong_directional_derivative_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forward mode is proved on its own."""
    plant(monkeypatch, scaled(sp.Integer(2)), "F")
    proof = prove(layer)
    assert outcomes(proof, "tangent") == {Outcome.REFUTED}
    assert outcomes(proof, "x") == {Outcome.PROVED}
    assert OUTPUT not in {entry.part for entry in proof.entries}


def test_a_wrong_scalar_rule_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """If tanh′ were 1 + tanh², every gradient through it would be refuted."""
    rule = derive.scalar_derivative

    def wrong(scalar: sp.Expr, slot: sp.Symbol) -> sp.Expr:
        return rule(scalar, slot).subs(1 - sp.tanh(slot) ** 2, 1 + sp.tanh(slot) ** 2)

    monkeypatch.setattr(derive, "scalar_derivative", wrong)

    @case(x=real("n"), dims={"n": 3}, source="test")
    def function(x: Any) -> Any:
        return array_namespace(x).tanh(3 * x + 1)

    assert outcomes(prove(function), "x") == {Outcome.REFUTED}


# --- sizes ----------------------------------------------------------------------------------------


def test_sizes_are_two_where_they_may_be() -> None:
    """A dimension that must be larger is as small as it may be."""

    @case(x=real("n", "m", "k"), dims={"n": (3, 7), "m": 1, "k": 9}, source="test")
    def function(x: Any) -> Any:
        return x

    assert tiny_sizes(function) == {"n": 3, "m": 1, "k": 2}


def test_large_cases_fall_back_to_their_smallest_size() -> None:
    """Where sizes of two are too much, sizes of one are tried."""

    @case(x=real("n", 6, 6), dims={"n": 4}, source="test")
    def function(x: Any) -> Any:
        return x

    assert tiny_sizes(function) == {"n": 1}


def test_cases_that_are_never_small_are_left_out_by_name() -> None:
    """The message says what is too large."""

    @case(x=real(32, 32), labels=integers(2, low=0, high=1), source="test")
    def function(x: Any, labels: Any) -> Any:
        return x

    with pytest.raises(TooManyEntries, match="1024 entries and 1026 numbers"):
        prove(function)
