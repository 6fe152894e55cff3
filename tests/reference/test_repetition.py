"""Repetition: equal terms are found, whatever the factors' axes, and their errors add up linearly."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.expression import nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Einsum, Node
from diffcheck.reference.repetition import repetitions, summed_label
from diffcheck.reference.rounded import Arithmetic
from diffcheck.reference.rounding import propagate

X = nodes.variable("x", (6, 2))
Y = nodes.variable("y", (3, 6))
V = nodes.variable("v", (6,))


def einsum(*arguments: object) -> Einsum:
    *factors, output = arguments
    node = sums.einsum(factors, output)  # type: ignore[arg-type]
    assert isinstance(node, Einsum)
    return node


@settings(max_examples=50)
@given(st.lists(st.sampled_from([0.0, -0.0, 0.1, -0.1, 3.0, 1e300]), min_size=6, max_size=6))
def test_equal_numbers_are_counted(numbers: list[float]) -> None:
    """Zeros of both signs are one number."""
    found = repetitions(einsum((V, "k"), ""), [np.array(numbers)])
    expected = [numbers.count(number) for number in numbers]
    assert (found is None and max(expected) == 1) or list(found) == expected  # type: ignore[arg-type]


def test_terms_are_equal_where_all_factors_are() -> None:
    """Rows of one and columns of the other, taken together."""
    product = einsum((X, "ki"), (Y, "jk"), "ij")
    x = np.array([[1.0, 2.0]] * 4 + [[2.0, 1.0]] * 2)
    y = np.array([[0.5, 0.5, 0.5, 7.0, 3.0, 3.0]] * 3)
    assert repetitions(product, [x, y]).tolist() == [3, 3, 3, 1, 2, 2]  # type: ignore[union-attr]
    assert repetitions(product, [np.random.default_rng(0).random((6, 2)), y]) is None


@pytest.mark.parametrize(
    ("node", "label"),
    [
        (einsum((V, "k"), ""), True),
        (einsum((X, "ki"), ""), False),
        (einsum((X, "ki"), (V, "j"), "ij"), False),
        (einsum((V, "k"), (V, "k"), "k"), False),
    ],
)
def test_only_sums_along_one_axis_of_all_factors_are_looked_at(node: Einsum, label: bool) -> None:
    """Of others nothing is said."""
    assert (summed_label(node) is not None) is label


def sigma(node: Node, numbers: np.ndarray) -> float:
    [found], _ = propagate([node], {"v": numbers}, Arithmetic.of("float32"))
    return float(found.sigma)


def test_errors_of_equal_terms_add_up_linearly() -> None:
    """Of a sum and of a product; of different terms they do not."""
    size = 10_000
    v = nodes.variable("v", (size,))
    logarithms = nodes.mapped(sp.log(SLOTS[0]), v)
    different = np.linspace(2.0, 3.0, size)
    equal = np.full(size, 2.5)
    for node in (einsum((logarithms, "k"), ""), einsum((logarithms, "k"), (v, "k"), "")):
        assert sigma(node, equal) > 0.9 * size * 2.0**-24 * 0.9 / np.sqrt(3)
        assert sigma(node, different) < sigma(node, equal)


def test_equal_roundings_of_partial_sums_add_up_where_they_are_asked_for() -> None:
    """Of a thousand equal terms; of different ones there is nothing to add."""
    total = einsum((nodes.variable("x", (1000,)), "k"), "")
    for numbers, factor in ((np.full(1000, 0.1), 20.0), (np.linspace(0.05, 0.15, 1000), 1.0)):
        of = {biased: Arithmetic.of("float32", biased=biased) for biased in (False, True)}
        plain, biased = (propagate([total], {"x": numbers}, of[key])[0][0] for key in of)
        assert biased.sigma == pytest.approx(plain.sigma * factor, rel=0.1)
        assert biased.worst == plain.worst
