"""Products of matrices: each one einsum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from diffcheck.expression import linear, sums
from diffcheck.expression.trace import Tracer

Rule = Callable[..., Any]
Axes = Sequence[int]


def _scaled(x: Tracer, factor: float) -> Tracer:
    return x if factor == 1 else x * factor


def _added_product(bias: Tracer, x: Tracer, y: Tracer, *, beta: float = 1, alpha: float = 1) -> Tracer:
    product = _scaled(linear.matmul(x, y), alpha)
    return product if beta == 0 else _scaled(bias, beta) + product


def _added_outer(bias: Tracer, x: Tracer, y: Tracer, *, beta: float = 1, alpha: float = 1) -> Tracer:
    product = _scaled(linear.einsum("i,j->ij", x, y), alpha)
    return product if beta == 0 else _scaled(bias, beta) + product


def _added_products(bias: Tracer, x: Tracer, y: Tracer, *, beta: float = 1, alpha: float = 1) -> Tracer:
    """The products of all matrices, added up."""
    product = _scaled(linear.einsum("bij,bjk->ik", x, y), alpha)
    return product if beta == 0 else _scaled(bias, beta) + product


def _trilinear(
    x: Tracer, y: Tracer, z: Tracer, new_x: Axes, new_y: Axes, new_z: Axes, summed: Axes, _: int = 1
) -> Tracer:
    """Products of three, each with new axes, added up along some."""
    rank = x.ndim + len(new_x)
    factors = [
        (factor.node, [axis for axis in range(rank) if axis not in new])
        for factor, new in ((x, new_x), (y, new_y), (z, new_z))
    ]
    return Tracer(sums.einsum(factors, [axis for axis in range(rank) if axis not in summed]), x.context)


def _linear(x: Tracer, weight: Tracer, bias: Tracer | None = None) -> Tracer:
    product = linear.matmul(x, linear.transpose(weight))
    return product if bias is None else product + bias


RULES: dict[str, Rule] = {
    "_trilinear": _trilinear,
    "addbmm": _added_products,
    "addmm": _added_product,
    "addmv": _added_product,
    "addr": _added_outer,
    "baddbmm": _added_product,
    "bmm": linear.matmul,
    "dot": linear.matmul,
    "linear": _linear,
    "mm": linear.matmul,
    "mv": linear.matmul,
    "vdot": linear.matmul,
}
