"""Operations that make arrays of one number in the shape of another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from typing import Any

from diffcheck.expression import creation
from diffcheck.expression.elementwise import broadcast, context_of, node_of
from diffcheck.expression.trace import Tracer

Rule = Callable[..., Any]


def _zeros(x: Any, *_: Any, **__: Any) -> Tracer:
    return creation.zeros(tuple(x.shape))


def _ones(x: Any, **_: Any) -> Tracer:
    return creation.ones(tuple(x.shape))


def _full(x: Any, value: Any, **_: Any) -> Tracer:
    """One number, or a tensor that holds one."""
    return Tracer(broadcast(node_of(value), tuple(x.shape)), context_of(value))


def _empty(x: Any, **_: Any) -> Tracer:
    """What stands in memory is no number that anybody may use."""
    return creation.full(tuple(x.shape), nan)


def _new_zeros(_: Any, shape: Sequence[int], **__: Any) -> Tracer:
    return creation.zeros(tuple(shape))


def _new_ones(_: Any, shape: Sequence[int], **__: Any) -> Tracer:
    return creation.ones(tuple(shape))


def _new_full(_: Any, shape: Sequence[int], value: float, **__: Any) -> Tracer:
    return creation.full(tuple(shape), value)


def _new_empty(_: Any, shape: Sequence[int], *__: Any, **___: Any) -> Tracer:
    return creation.full(tuple(shape), nan)


RULES: dict[str, Rule] = {
    "_efficientzerotensor": lambda shape, **_: creation.zeros(tuple(shape)),
    "_new_zeros_with_same_feature_meta": lambda _, x, **__: _zeros(x),
    "empty": lambda shape, **_: creation.full(tuple(shape), nan),
    "empty_like": _empty,
    "empty_strided": lambda shape, *_, **__: creation.full(tuple(shape), nan),
    "fill": _full,
    "full_like": _full,
    "new_empty": _new_empty,
    "new_empty_strided": _new_empty,
    "new_full": _new_full,
    "new_ones": _new_ones,
    "new_zeros": _new_zeros,
    "ones_like": _ones,
    "zeros_like": _zeros,
}
