"""The linear algebra of traced matrices, from sums of products alone.

Determinant and adjugate come from the Faddeev–LeVerrier recursion, which divides by the integers
1 … n only: exact at singular matrices too, and differentiable to any order with no rule of its
own. (D. K. Faddeev, I. S. Sominsky 1949; A. S. Householder, The Theory of Matrices, 1964, §6.7.)
"""

from __future__ import annotations

from typing import Any

from diffcheck.expression import creation, elementwise, linear, manipulation, reduction
from diffcheck.expression.axes import Axis
from diffcheck.expression.functions import NotCovered
from diffcheck.expression.linear import diagonal, matmul, matrix_transpose, tensordot, vecdot
from diffcheck.expression.trace import Tracer

__all__ = [
    "det",
    "diagonal",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_transpose",
    "outer",
    "solve",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise NotCovered(f"diffcheck cannot trace 'linalg.{name}' yet: it has no rule for this function")


def outer(x: Any, y: Any, /) -> Tracer:
    """All products of entries of two vectors."""
    return linear.einsum("i,j->ij", x, y)


def trace(x: Any, /) -> Tracer:
    """The sum of the diagonal of the last two axes."""
    return reduction.sum(linear.diagonal(x), axis=-1)


def vector_norm(x: Tracer, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Tracer:
    """(Σ|xᵢ|ᵖ)^(1/p) along axes, p = `ord`; ±∞ gives the largest and smallest |xᵢ|."""
    if ord == 2:
        return elementwise.sqrt(reduction.sum(elementwise.square(x), axis=axis, keepdims=keepdims))
    size = elementwise.abs(x)
    if ord == 1:
        return reduction.sum(size, axis=axis, keepdims=keepdims)
    if ord == float("inf"):
        return reduction.max(size, axis=axis, keepdims=keepdims)
    if ord == -float("inf"):
        return reduction.min(size, axis=axis, keepdims=keepdims)
    return elementwise.pow(reduction.sum(elementwise.pow(size, ord), axis=axis, keepdims=keepdims), 1 / ord)


def matrix_norm(x: Tracer, /, *, keepdims: bool = False, ord: str = "fro") -> Tracer:
    """The Frobenius norm of the last two axes."""
    if ord != "fro":
        raise ValueError(f"matrix_norm: diffcheck has a rule for ord='fro', not {ord!r}")
    return vector_norm(x, axis=(-2, -1), keepdims=keepdims)


def _determinant_and_adjugate(x: Tracer) -> tuple[Tracer, Tracer]:
    size = int(x.shape[-1])
    if x.shape[-2] != size or size == 0:
        raise ValueError(f"a determinant needs a square matrix, not {x.shape[-2]}×{size}")
    x.context.factorises = True
    identity = manipulation.broadcast_to(creation.eye(size), x.shape)
    power = identity
    for k in range(1, size + 1):
        product = linear.matmul(x, power)
        coefficient = elementwise.divide(elementwise.negative(trace(product)), k)
        if k < size:
            spread = coefficient[..., None, None]
            power = elementwise.add(product, elementwise.multiply(spread, identity))
    sign = -1 if size % 2 else 1
    return elementwise.multiply(coefficient, sign), elementwise.multiply(power, -sign)


def det(x: Tracer, /) -> Tracer:
    """The determinant of the last two axes."""
    return _determinant_and_adjugate(x)[0]


def inv(x: Tracer, /) -> Tracer:
    """The inverse of the last two axes: adjugate over determinant."""
    determinant, adjugate = _determinant_and_adjugate(x)
    return elementwise.divide(adjugate, determinant[..., None, None])


def solve(x: Tracer, y: Any, /) -> Tracer:
    """The solution of x·z = y; `y` is a vector or a matrix."""
    return linear.matmul(inv(x), y)
