"""Reductions of symbols along axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod as product_of
from typing import Any

import numpy as np
import sympy as sp
from numpy.lib.array_utils import normalize_axis_tuple

from diffcheck.symbolic.array import SymbolArray, entries, exact, values_of, wrap
from diffcheck.symbolic.decider import note_tie, sign_of
from diffcheck.symbolic.elementwise import divide, exp, log, multiply, negative, sqrt, subtract

Axes = int | tuple[int, ...] | None


def _axes(axis: Axes, rank: int) -> tuple[int, ...]:
    """The axes to reduce, counted from the front; `None` is all of them."""
    return normalize_axis_tuple(range(rank) if axis is None else axis, rank)


def _reduce(scalar: Callable[[Sequence[sp.Expr]], sp.Expr], x: Any, axis: Axes, keepdims: bool) -> SymbolArray:
    """Apply a function of several scalars to every row along some axes."""
    values = entries(x)
    axes = _axes(axis, values.ndim)
    kept = [k for k in range(values.ndim) if k not in axes]
    rows = np.transpose(values, kept + list(axes)).reshape([*(values.shape[k] for k in kept), -1])
    result = np.empty(rows.shape[:-1], object)
    for index in np.ndindex(result.shape):
        result[index] = scalar(list(rows[index]))
    return wrap(np.expand_dims(result, axes) if keepdims else result)


def _count(x: Any, axis: Axes) -> int:
    shape = values_of(x).shape
    return product_of(shape[k] for k in _axes(axis, len(shape)))


def _largest(candidates: Sequence[sp.Expr]) -> sp.Expr:
    """The largest scalar. Only a tie with the winner is one: ties among the others decide nothing."""
    winner = candidates[0]
    tied: list[sp.Expr] = []
    for candidate in candidates[1:]:
        sign = sign_of(candidate - winner)
        if sign > 0:
            winner, tied = candidate, []
        if sign == 0:
            tied.append(candidate - winner)
    for difference in tied:
        note_tie(difference)
    return winner


def sum(x: Any, /, *, axis: Axes = None, keepdims: bool = False, **_: Any) -> SymbolArray:
    """The sum along axes."""
    return _reduce(lambda row: sp.Add(*row), x, axis, keepdims)


def prod(x: Any, /, *, axis: Axes = None, keepdims: bool = False, **_: Any) -> SymbolArray:
    """The product along axes."""
    return _reduce(lambda row: sp.Mul(*row), x, axis, keepdims)


def max(x: Any, /, *, axis: Axes = None, keepdims: bool = False) -> SymbolArray:
    """The largest entry along axes."""
    return _reduce(_largest, x, axis, keepdims)


def min(x: Any, /, *, axis: Axes = None, keepdims: bool = False) -> SymbolArray:
    """The smallest entry along axes."""
    return negative(max(negative(x), axis=axis, keepdims=keepdims))


def mean(x: Any, /, *, axis: Axes = None, keepdims: bool = False) -> SymbolArray:
    """The mean along axes."""
    return divide(sum(x, axis=axis, keepdims=keepdims), _count(x, axis))


def var(x: Any, /, *, axis: Axes = None, correction: float = 0, keepdims: bool = False) -> SymbolArray:
    """Σ(xᵢ − mean)²/(n − correction) along axes."""
    deviation = subtract(x, mean(x, axis=axis, keepdims=True))
    total = sum(multiply(deviation, deviation), axis=axis, keepdims=keepdims)
    return divide(total, _count(x, axis) - exact(correction))


def std(x: Any, /, *, axis: Axes = None, correction: float = 0, keepdims: bool = False) -> SymbolArray:
    """The square root of the variance."""
    return sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def cumulative_sum(x: Any, /, *, axis: int | None = None, include_initial: bool = False, **_: Any) -> SymbolArray:
    """The sums of the first entries along an axis."""
    values = entries(x)
    along = 0 if axis is None else axis % values.ndim
    if include_initial:
        start = np.full_like(np.take(values, [0], axis=along), sp.S.Zero)
        values = np.concatenate([start, values], axis=along)
    return wrap(np.add.accumulate(values, axis=along))


def logsumexp(x: Any, axis: Axes = None, keepdims: bool = False) -> SymbolArray:
    """log Σ exp(xᵢ) along axes, as it is defined: exact scalars need no shift."""
    return log(sum(exp(x), axis=axis, keepdims=keepdims))


def softmax(x: Any, axis: int = -1) -> SymbolArray:
    """exp(xᵢ)/Σⱼ exp(xⱼ) along an axis."""
    raised = exp(x)
    return divide(raised, sum(raised, axis=axis, keepdims=True))


def log_softmax(x: Any, axis: int = -1) -> SymbolArray:
    """xᵢ − log Σⱼ exp(xⱼ) along an axis."""
    return subtract(x, logsumexp(x, axis=axis, keepdims=True))
