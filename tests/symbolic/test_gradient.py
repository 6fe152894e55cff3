"""Explicit gradients: what SymPy's calculus gives for a function of arrays, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb

from diffcheck import special
from diffcheck.namespace import array_namespace
from diffcheck.symbolic.array import SymbolArray
from diffcheck.symbolic.decider import AtPoint
from diffcheck.symbolic.derivation import Derivation, Refused, split
from diffcheck.symbolic.gradient import explicit_gradient, symbols


def scalar(name: str) -> sp.Symbol:
    """The symbol of a scalar argument."""
    return symbols(name, ()).item()


def point(**values: float) -> dict[sp.Symbol, arb]:
    """The exact values of scalar arguments."""
    return {scalar(name): arb(value) for name, value in values.items()}


def squared_norm(x: Any) -> Any:
    """y = 2 xᵀx"""
    xp = array_namespace(x)
    return 2 * xp.vecdot(x, x)


def test_the_gradient_is_sympys() -> None:
    """d(2xᵀx) = 4x, one scalar for each entry."""
    explicit = explicit_gradient(squared_norm, {"x": (3,)}, ("x",), None, AtPoint({}))
    assert (explicit.entries["x"] == 4 * symbols("x", (3,))).all()
    assert explicit.value.item() == 2 * sum(symbols("x", (3,)) ** 2)


def test_a_scalar_is_named_without_an_index() -> None:
    """A scalar argument is x, an entry of a matrix x_1_0."""
    assert str(scalar("x")) == "x"
    assert str(symbols("x", (2, 2))[1, 0]) == "x_1_0"


def test_the_cotangent_may_be_numbers_or_symbols() -> None:
    """Pulling back: Jᵀ times the cotangent, given or still open."""
    arguments = {"x": (2,)}
    numbers = explicit_gradient(lambda x: x**2, arguments, ("x",), np.array([3.0, 0.5]), AtPoint({}))
    assert list(numbers.entries["x"]) == [6 * symbols("x", (2,))[0], symbols("x", (2,))[1]]
    names = explicit_gradient(lambda x: x**2, arguments, ("x",), symbols("c", (2,)), AtPoint({}))
    assert (names.entries["x"] == 2 * symbols("c", (2,)) * symbols("x", (2,))).all()


def test_integers_are_constants() -> None:
    """Labels index and count, and are not differentiated."""

    def picked(x: Any, label: Any) -> Any:
        return x[label] ** 2

    explicit = explicit_gradient(picked, {"x": (3,), "label": np.array(1)}, ("x",), None, AtPoint({}))
    assert list(explicit.entries["x"]) == [0, 2 * symbols("x", (3,))[1], 0]
    with pytest.raises(TypeError, match="constant"):
        explicit_gradient(picked, {"x": (3,), "label": np.array(1)}, ("label",), None, AtPoint({}))


def test_stop_gradient_is_part_of_the_definition() -> None:
    """d(stop(x·x)·x) is x², not 3x²."""
    x = scalar("x")
    explicit = explicit_gradient(lambda x: special.stop_gradient(x * x) * x, {"x": ()}, ("x",), None, AtPoint({}))
    assert explicit.entries["x"].item() == x**2
    assert explicit.value.item() == x**3


def test_loops_on_data_follow_the_point() -> None:
    """A loop that doubles until the norm passes 1000 is run as at the point."""

    def doubled(x: Any) -> Any:
        y = 2 * x
        while abs(y) < 1000:
            y = 2 * y
        return y

    decider = AtPoint(point(x=3.0))
    explicit = explicit_gradient(doubled, {"x": ()}, ("x",), None, decider)
    assert explicit.entries["x"].item() == 512
    assert [sign for _, sign in decider.asked[1::2]] == [-1] * 8 + [1]


@pytest.mark.parametrize("output", [lambda x: [x, x], lambda x: 1.0, lambda x: None])
def test_one_array_must_come_back(output: Any) -> None:
    """Several outputs, or none, are refused by name."""
    with pytest.raises(TypeError, match="return one array"):
        explicit_gradient(output, {"x": ()}, ("x",), None, AtPoint({}))


def test_a_branch_is_derived_once() -> None:
    """Further points of a branch run the function no more; another branch does, once."""
    calls = []

    def clipped(x: Any) -> SymbolArray:
        calls.append(x)
        xp = array_namespace(x)
        clipped_square: SymbolArray = xp.sum(xp.clip(x, 0.0, 1.0) ** 2)
        return clipped_square

    derivation = Derivation(clipped, {"x": ()}, ("x",), None)
    gradients = []
    for number in (0.25, 0.5, 7.0, 0.75, -1.0, 8.0):
        values = point(x=number)
        leaf = derivation.at(values)
        assert not leaf.tie
        gradients.append(float(split(leaf, leaf.program.evaluate(values))["x"].item()))
    assert gradients == [0.5, 1.0, 0.0, 1.5, 0.0, 0.0]
    assert len(calls) == 3


def test_a_tie_is_kept_with_its_branch() -> None:
    """At x = 0, relu has a leaf of its own, which says that there is a tie."""
    derivation = Derivation(special.relu, {"x": ()}, ("x",), None)
    ties = [derivation.at(point(x=number)).tie for number in (1.0, 0.0, -1.0, 0.0)]
    assert ties == [False, True, False, True]


def test_a_refusal_is_kept_with_its_branch() -> None:
    """A branch that cannot be derived is refused at once from then on; the others are not touched."""
    calls = []

    def partly_covered(x: Any) -> Any:
        calls.append(x)
        xp = array_namespace(x)
        return xp.fft(x) if x > 0 else -x

    derivation = Derivation(partly_covered, {"x": ()}, ("x",), None)
    for number in (1.0, 2.0, 3.0):
        with pytest.raises(Refused, match="'fft'"):
            derivation.at(point(x=number))
    below = point(x=-1.0)
    assert derivation.at(below).program.evaluate(below) == [1, -1]
    assert len(calls) == 2
