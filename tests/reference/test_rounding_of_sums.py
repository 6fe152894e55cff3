"""The rounding of sums of products: a bound for any order, and a spread that grows like a random walk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import sympy as sp

from diffcheck.expression import nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference.rounded import Arithmetic, Rounded
from diffcheck.reference.rounding import propagate

A = SLOTS[0]
U32 = 2.0**-24


def rounded(node: Node, arrays: Mapping[str, Any], dtype: str = "float32") -> Rounded:
    """One node as a dtype computes it."""
    inputs = {name: np.asarray(array, float) for name, array in arrays.items()}
    [found], _ = propagate([node], inputs, Arithmetic.of(dtype))
    return found


@pytest.mark.parametrize("size", [1, 2, 10, 1000])
def test_the_bound_of_a_sum_grows_with_its_terms(size: int) -> None:
    """(K − 1)·u·Σ|p|, whatever the order."""
    x = nodes.variable("x", (size,))
    found = rounded(sums.einsum([(x, (0,))], ()), {"x": np.ones(size)})
    assert found.worst == pytest.approx((size - 1) * U32 * size)


def test_terms_of_one_sign_err_like_the_sum_and_alternating_ones_like_their_root() -> None:
    """√(K/3)·|Σp| against √(K/2)·‖p‖: a random walk of partial sums."""
    x = nodes.variable("x", (1000,))
    total = sums.einsum([(x, (0,))], ())
    same = rounded(total, {"x": np.ones(1000)}).sigma / U32
    alternating = rounded(total, {"x": np.tile([1.0, -1.0], 500)}).sigma / U32
    assert same == pytest.approx(1000 * np.sqrt(1000 / 9), rel=0.1)
    assert alternating == pytest.approx(np.sqrt(1000 / 6 * 1000), rel=0.1)


@pytest.mark.parametrize("order", ["forward", "backward", "pairwise"])
def test_a_sum_of_one_constant_stays_within_the_bound_in_any_order(order: str) -> None:
    """Its roundings all have one sign: far outside any spread, never outside the bound."""
    values = np.full(1000, 0.1, np.float32)
    total = np.float32(0)
    for value in values if order == "forward" else values[::-1]:
        total = np.float32(total + value)
    computed_sum = np.sum(values) if order == "pairwise" else total
    exact = 1000 * float(np.float32(0.1))
    found = rounded(sums.einsum([(nodes.variable("x", (1000,)), (0,))], ()), {"x": values})
    assert abs(float(computed_sum) - exact) <= found.worst


def test_the_error_of_a_repeated_number_adds_up_linearly() -> None:
    """A thousand copies of one rounded number err a thousand times as much, not √1000 times."""
    x, y = nodes.variable("x", ()), nodes.variable("y", (1000,))
    one = nodes.mapped(sp.exp(A), x)
    repeated = sums.einsum([(one, ()), (nodes.filled(1, (1000,)), (0,))], ())
    each = sums.einsum([(nodes.mapped(sp.exp(A), y), (0,))], ())
    error = rounded(one, {"x": 1.0}).sigma
    copies = rounded(repeated, {"x": 1.0})
    own = rounded(each, {"x": 1.0, "y": np.ones(1000)})
    assert copies.sigma >= 999 * error
    assert own.sigma == pytest.approx(np.hypot(np.sqrt(1000) * error, _own_of_sum(1000, float(np.e))), rel=0.1)


def _own_of_sum(terms: int, value: float) -> float:
    total = terms * value
    return U32 / np.sqrt(3) * np.sqrt((terms - 1) / 2 * terms * value**2 + (terms - 1) / 3 * total**2)


def test_a_product_of_matrices_bounds_every_entry() -> None:
    """K·u·|A||B|, which is Higham's bound for an inner product."""
    random = np.random.default_rng(0)
    left, right = random.standard_normal((2, 20, 20))
    node = sums.einsum([(nodes.variable("x", (20, 20)), (0, 1)), (nodes.variable("y", (20, 20)), (1, 2))], (0, 2))
    found = rounded(node, {"x": left, "y": right})
    assert found.worst == pytest.approx(20 * U32 * (np.abs(left) @ np.abs(right)))


def test_empty_sums_have_no_error() -> None:
    """And are zero."""
    found = rounded(sums.einsum([(nodes.variable("x", (0,)), (0,))], ()), {"x": np.zeros(0)})
    assert (found.value, found.sigma, found.worst) == (0, 0, 0)
