"""Products of matrices: each one einsum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcheck.expression import linear
from diffcheck.expression.trace import Tracer

Rule = Callable[..., Any]


def _scaled(x: Tracer, factor: float) -> Tracer:
    return x if factor == 1 else x * factor


def _added_product(bias: Tracer, x: Tracer, y: Tracer, *, beta: float = 1, alpha: float = 1) -> Tracer:
    product = _scaled(linear.matmul(x, y), alpha)
    return product if beta == 0 else _scaled(bias, beta) + product


def _added_outer(bias: Tracer, x: Tracer, y: Tracer, *, beta: float = 1, alpha: float = 1) -> Tracer:
    product = _scaled(linear.einsum("i,j->ij", x, y), alpha)
    return product if beta == 0 else _scaled(bias, beta) + product


def _linear(x: Tracer, weight: Tracer, bias: Tracer | None = None) -> Tracer:
    product = linear.matmul(x, linear.transpose(weight))
    return product if bias is None else product + bias


RULES: dict[str, Rule] = {
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
