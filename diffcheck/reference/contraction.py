"""Sums of products in any arithmetic: pairs of factors at a time, as matrix products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from diffcheck.expression.nodes import Einsum
from diffcheck.reference.contraction_plan import plan_of

Array = TypeVar("Array")


class Products(Protocol[Array]):
    """What an arithmetic says of sums and products of its arrays."""

    def rearranged(self, array: Array, change: Callable[[np.ndarray], np.ndarray]) -> Array:
        """The same entries in another order or shape."""

    def multiplied(self, left: Array, right: Array) -> Array:
        """Products entry by entry, with NumPy's broadcasting."""

    def matrix_products(self, left: Array, right: Array) -> Array:
        """A batch of matrix products, of shapes (b, m, k) and (b, k, n)."""

    def summed(self, array: Array, axes: tuple[int, ...]) -> Array:
        """Sums along some axes, which are dropped."""

    def counted(self, array: Array, count: int) -> Array:
        """So many times every entry."""


def contract(node: Einsum, factors: Sequence[Array], products: Products[Array]) -> Array:
    """Evaluate an einsum in some arithmetic."""
    plan = plan_of(node)
    terms = [
        products.rearranged(array, view) if view else array for array, view in zip(factors, plan.diagonals, strict=True)
    ]
    for pair in plan.pairs:
        second, first = terms.pop(pair.second), terms.pop(pair.first)
        left = products.rearranged(_summed(first, pair.first_summed, products), pair.left)
        right = products.rearranged(_summed(second, pair.second_summed, products), pair.right)
        multiply = products.matrix_products if pair.is_inner else products.multiplied
        terms.append(products.rearranged(multiply(left, right), pair.result))
    [array] = terms
    array = _summed(array, plan.summed, products)
    if plan.count != 1:
        array = products.counted(array, plan.count)
    return products.rearranged(array, plan.result)


def _summed(array: Array, axes: tuple[int, ...], products: Products[Array]) -> Array:
    return products.summed(array, axes) if axes else array
