"""Scalar expressions in NumPy floats: the centre of the rounding model."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from diffcheck.expression.functions import ScalarFunction, row_of
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.scalar import Operators, fold


class NumericRules(Operators):
    """The five rules of `scalar.fold` in float64."""

    def number(self, number: sp.Expr) -> float:
        return float(number)

    def power(self, base: Any, exponent: sp.Rational) -> Any:
        return np.power(np.asarray(base, dtype=float), int(exponent) if exponent.is_Integer else float(exponent))

    def call(self, row: ScalarFunction, arguments: list[Any]) -> Any:
        return row.numpy(*[np.asarray(argument, dtype=float) for argument in arguments])


_RULES = NumericRules()


def value(expression: sp.Expr, arguments: list[Any]) -> Any:
    """A scalar expression of the slots, at arrays."""
    return fold(expression, dict(zip(SLOTS, arguments, strict=False)), _RULES)


def derivative(row: ScalarFunction, k: int, arguments: list[Any]) -> Any:
    """The derivative of a row's function with respect to its k-th argument, at arrays."""
    return value(_derivative_expression(row, k, len(arguments)), arguments)


def _derivative_expression(row: ScalarFunction, k: int, arity: int) -> sp.Expr:
    applied = row.head(*SLOTS[:arity])
    return sp.diff(applied, SLOTS[k])


__all__ = ["NumericRules", "derivative", "row_of", "value"]
