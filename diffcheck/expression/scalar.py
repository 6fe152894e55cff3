"""Folding: evaluate a scalar expression in any arithmetic, through a strict whitelist.

A map carries one SymPy expression. Balls, rounding errors, Taylor series and NumPy arrays all
evaluate it by the same walk; they differ in five rules. Nothing outside the whitelist (sums,
products, powers, numbers, and functions that have a row) is ever evaluated: SymPy's own code
printers turn 1/3 into a float and `sign` into `copysign`.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from functools import reduce
from typing import Any, Generic, Protocol, TypeVar

import sympy as sp

from diffcheck.expression.functions import NotCovered, ScalarFunction, row_of

Value = TypeVar("Value")


class ScalarRules(Protocol[Value]):
    """An arithmetic, as five rules."""

    def number(self, number: sp.Expr) -> Value:
        """An exact number: a rational, π, ±∞ or NaN."""

    def add(self, terms: list[Value]) -> Value:
        """A sum of two or more terms."""

    def multiply(self, factors: list[Value]) -> Value:
        """A product of two or more factors."""

    def power(self, base: Value, exponent: sp.Rational) -> Value:
        """A base to a rational exponent."""

    def call(self, row: ScalarFunction, arguments: list[Value]) -> Value:
        """A function that has a row in the table."""


class Operators:
    """The rules for sums and products of values that have `+` and `*` of their own."""

    def add(self, terms: list[Any]) -> Any:
        return reduce(operator.add, terms)

    def multiply(self, factors: list[Any]) -> Any:
        return reduce(operator.mul, factors)


class _Fold(Generic[Value]):
    """One walk over one expression; equal subexpressions are evaluated once."""

    def __init__(self, leaves: Mapping[sp.Expr, Value], rules: ScalarRules[Value]) -> None:
        self.known: dict[sp.Expr, Value] = dict(leaves)
        self.rules = rules

    def value(self, expression: sp.Expr) -> Value:
        if expression not in self.known:
            self.known[expression] = self._evaluate(expression)
        return self.known[expression]

    def _evaluate(self, expression: sp.Expr) -> Value:
        if expression.is_number and not expression.args:
            return self.rules.number(expression)
        if expression.is_Add:
            return self.rules.add([self.value(term) for term in expression.args])
        if expression.is_Mul:
            return self.rules.multiply([self.value(factor) for factor in expression.args])
        if expression.is_Pow and expression.exp.is_Rational:
            return self.rules.power(self.value(expression.base), expression.exp)
        if expression.is_Function or isinstance(expression, sp.exp):
            return self.rules.call(row_of(expression), [self.value(argument) for argument in expression.args])
        raise NotCovered(f"no rule for the scalar expression {expression}")


def fold(expression: sp.Expr, leaves: Mapping[sp.Expr, Value], rules: ScalarRules[Value]) -> Value:
    """Evaluate an expression whose symbols have the values `leaves`.

    Raises:
        NotCovered: the expression holds something outside the whitelist.
    """
    return _Fold(leaves, rules).value(expression)
