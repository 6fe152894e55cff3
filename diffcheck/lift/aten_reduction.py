"""Reductions along axes, softmax and its derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from diffcheck.expression import elementwise, linalg, manipulation, network, reduction
from diffcheck.expression.trace import Tracer
from diffcheck.lift.aten_choice import Choice, first_largest
from diffcheck.lift.aten_elementwise import truth
from diffcheck.lift.aten_rearrangement import moved
from diffcheck.lift.program import NotLifted

Rule = Callable[..., Any]
Dims = int | Sequence[int] | None


def axes_of(x: Tracer, dim: Dims) -> tuple[int, ...]:
    """Axes as torch names them: none are all of them, and a scalar has one that is not there."""
    if x.ndim == 0:
        return ()
    listed = [dim] if isinstance(dim, int) else list(dim or range(x.ndim))
    return tuple(axis % x.ndim for axis in listed)


# ---- sums ------------------------------------------------------------------------------------


def _sum(x: Any, dim: Dims = None, keepdim: bool = False, **_: Any) -> Tracer:
    traced = elementwise.traced(x)
    return reduction.sum_in_blocks(traced, axis=axes_of(traced, dim), keepdims=keepdim)


def _mean(x: Tracer, dim: Dims = None, keepdim: bool = False, **_: Any) -> Tracer:
    count = prod(x.shape[axis] for axis in axes_of(x, dim))
    return elementwise.divide(_sum(x, dim, keepdim), count)


def _var(x: Tracer, dim: Dims = None, *, correction: float | None = None, keepdim: bool = False) -> Tracer:
    correction = 1 if correction is None else correction
    return reduction.var(x, axis=axes_of(x, dim), correction=correction, keepdims=keepdim)


def _var_mean(x: Tracer, dim: Dims = None, *, correction: float | None = None, keepdim: bool = False) -> Any:
    mean = reduction.mean(x, axis=axes_of(x, dim), keepdims=keepdim)
    return _var(x, dim, correction=correction, keepdim=keepdim), mean


def _std(x: Tracer, dim: Dims = None, *, correction: float | None = None, keepdim: bool = False) -> Tracer:
    return elementwise.sqrt(_var(x, dim, correction=correction, keepdim=keepdim))


def _norm(x: Tracer, ord: float = 2, dim: Dims = None, keepdim: bool = False, **_: Any) -> Tracer:
    """A norm; of order 0, how many entries are not zero."""
    if ord == 0:
        return _sum(elementwise.not_equal(x, 0), dim, keepdim)
    return linalg.vector_norm(x, axis=axes_of(x, dim), keepdims=keepdim, ord=ord)


def _cumsum(x: Tracer, dim: int, **_: Any) -> Tracer:
    return reduction.cumulative_sum(x, axis=dim) if x.ndim else x


def _logcumsumexp(x: Tracer, dim: int) -> Tracer:
    return _accumulated(elementwise.logaddexp, x, dim)


def _accumulated(combine: Callable[[Tracer, Tracer], Tracer], x: Tracer, dim: int) -> Tracer:
    """Each entry with all before it, one after the other."""
    if x.ndim == 0:
        return x
    entries = manipulation.unstack(x, axis=dim)
    return moved("stack")(list(accumulate(entries, combine)), dim)


def _distances(x: Tracer, y: Tracer, p: float, _: int | None = None) -> Tracer:
    """The distance of every row of x to every row of y."""
    return _norm(x[..., :, None, :] - y[..., None, :, :], p, -1)


def _distances_of_pairs(x: Tracer, p: float = 2) -> Tracer:
    """The distance of every row to every later row."""
    first, second = np.triu_indices(int(x.shape[0]), 1)
    return _norm(x[first] - x[second], p, -1)


# ---- products --------------------------------------------------------------------------------


def _prod(x: Tracer, dim: Dims = None, keepdim: bool = False, **_: Any) -> Tracer:
    return reduction.prod(x, axis=axes_of(x, dim), keepdims=keepdim)


def _cumprod(x: Tracer, dim: int, **_: Any) -> Tracer:
    return _accumulated(elementwise.multiply, x, dim)


# ---- largest entries -------------------------------------------------------------------------


def _largest(x: Tracer, dim: Dims = None, keepdim: bool = False) -> Tracer:
    return reduction.max(x, axis=axes_of(x, dim), keepdims=keepdim)


def _smallest(x: Tracer, dim: Dims = None, keepdim: bool = False) -> Tracer:
    return -_largest(-x, dim, keepdim)


def _largest_and_where(x: Tracer, dim: int, keepdim: bool = False) -> tuple[Tracer, Choice]:
    return _largest(x, dim, keepdim), _place_of_largest(x, dim, keepdim)


def _smallest_and_where(x: Tracer, dim: int, keepdim: bool = False) -> tuple[Tracer, Choice]:
    return _smallest(x, dim, keepdim), _place_of_largest(-x, dim, keepdim)


def _place_of_largest(x: Tracer, dim: int | None = None, keepdim: bool = False) -> Choice:
    """At a tie torch picks the first."""
    if dim is None:
        x, dim = manipulation.reshape(x, -1), 0
        if keepdim:
            raise NotLifted("argmax of all entries with their axes kept")
    last = manipulation.moveaxis(x, dim, -1) if x.ndim else x[None]
    candidates = np.broadcast_to(np.arange(int(last.shape[-1])), last.shape)
    choice = Choice(candidates, first_largest(last))
    return moved("unsqueeze")(choice, dim) if keepdim and x.ndim else choice


# Counts are compared with what lies half-way between them, so that none is a tie.


def _all(x: Any, dim: Dims = None, keepdim: bool = False) -> Tracer:
    """Whether no entry is false."""
    condition = truth(x)
    count = prod(condition.shape[axis] for axis in axes_of(condition, dim))
    return elementwise.greater(_sum(condition, dim, keepdim), count - 0.5)


def _any(x: Any, dim: Dims = None, keepdim: bool = False) -> Tracer:
    return elementwise.greater(_sum(truth(x), dim, keepdim), 0.5)


# ---- softmax ---------------------------------------------------------------------------------


def _logsumexp(x: Tracer, dim: Dims, keepdim: bool = False) -> Tracer:
    return network.logsumexp(x, axis=axes_of(x, dim), keepdims=keepdim)


def _softmax(x: Tracer, dim: int, *_: Any, **__: Any) -> Tracer:
    return _along(network.softmax, x, dim)


def _log_softmax(x: Tracer, dim: int, *_: Any) -> Tracer:
    return _along(network.log_softmax, x, dim)


def _along(function: Callable[..., Tracer], x: Tracer, dim: int) -> Tracer:
    return function(x, axis=dim) if x.ndim else function(x[None], axis=0)[0]


def _softmax_backward(g: Tracer, y: Tracer, dim: int, *_: Any) -> Tracer:
    return (g - _summed(g * y, dim)) * y


def _log_softmax_backward(g: Tracer, y: Tracer, dim: int, *_: Any) -> Tracer:
    return g - elementwise.exp(y) * _summed(g, dim)


def _summed(x: Tracer, dim: int) -> Tracer:
    """What the kernel of a softmax adds up by itself."""
    return reduction.sum(x, axis=axes_of(x, dim), keepdims=True)


RULES: dict[str, Rule] = {
    "_cdist_forward": _distances,
    "_log_softmax": _log_softmax,
    "_log_softmax_backward_data": _log_softmax_backward,
    "_pdist_forward": _distances_of_pairs,
    "_safe_softmax": _softmax,
    "_softmax": _softmax,
    "_softmax_backward_data": _softmax_backward,
    "all": _all,
    "amax": _largest,
    "amin": _smallest,
    "any": _any,
    "argmax": _place_of_largest,
    "cumprod": _cumprod,
    "cumsum": _cumsum,
    "linalg_vector_norm": _norm,
    "logcumsumexp": _logcumsumexp,
    "logsumexp": _logsumexp,
    "max.default": _largest,
    "max.dim": _largest_and_where,
    "mean": _mean,
    "min.default": _smallest,
    "min.dim": _smallest_and_where,
    "prod": _prod,
    "std": _std,
    "sum": _sum,
    "var": _var,
    "var_mean": _var_mean,
}
