"""Sizes: what SymPy would work on for too long is refused, with numbers, before it is begun."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from diffcheck import special
from diffcheck.namespace import array_namespace
from diffcheck.symbolic.decider import AtPoint
from diffcheck.symbolic.gradient import explicit_gradient
from diffcheck.symbolic.size import TooLarge, tree_size

X = sp.Symbol("x", real=True)


def test_tree_size_counts_what_is_written_out() -> None:
    """sin(x)·exp(sin(x)) has two sines."""
    assert tree_size(sp.sin(X) * sp.exp(sp.sin(X))) == 6


def refuse(function: Any, shape: tuple[int, ...], message: str) -> None:
    """Differentiating must be refused with this message."""
    with pytest.raises(TooLarge, match=message):
        explicit_gradient(function, {"x": shape}, ("x",), None, AtPoint({}))


def test_a_scalar_that_outgrows_sympy_stops_the_function() -> None:
    """Nested softmax doubles what is written out in every round: the function is stopped on the way."""

    def nested(x: Any) -> Any:
        xp = array_namespace(x)
        for _ in range(20):
            x = special.softmax(xp.matmul(x, x))
        return xp.sum(x)

    refuse(nested, (3, 3), "the limit is 250,000")


def test_many_entries_of_a_large_scalar_are_refused() -> None:
    """What matters is the work: the number of entries times the size of the scalar."""

    def products(x: Any) -> Any:
        xp = array_namespace(x)
        return xp.sum(xp.sin(x[:, None] * x[None, :]))

    refuse(products, (50,), "50 entries of a scalar with .* operations; the limit is 200,000")


def test_deep_scalars_are_refused() -> None:
    """A loop of thousands of steps ends in a message, not in SymPy's recursion error."""

    def iterated(x: Any) -> Any:
        xp = array_namespace(x)
        for _ in range(2000):
            x = xp.sin(x)
        return x

    refuse(iterated, (), "nested too deeply")


def test_ordinary_models_are_not_refused() -> None:
    """Attention on three tokens of four features is within the limits."""

    def attention(x: Any) -> Any:
        return special.softmax(x @ x.T / 2.0) @ x

    explicit_gradient(attention, {"x": (2, 3)}, ("x",), None, AtPoint({}))
