"""Folding: evaluate a scalar expression in any arithmetic, through a strict whitelist.

A map carries one SymPy expression. Balls, rounding errors, Taylor series and NumPy arrays all
evaluate it by the same walk; they differ in five rules. Nothing outside the whitelist (sums,
products, powers, numbers, and functions that have a row) is ever evaluated: SymPy's own code
printers turn 1/3 into a float and `sign` into `copysign`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, Protocol, TypeVar

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


Step = Callable[[ScalarRules[Any], list[Any]], Any]


@dataclass(frozen=True)
class _Plan:
    """How an expression is evaluated: each step applies a rule to values that are known by then.

    Attributes:
        steps: rules and known values in, the next value out.
        result: the place of the expression's own value.
    """

    steps: tuple[Step, ...]
    result: int


class _Planner:
    """One walk over one expression; equal subexpressions are evaluated once."""

    def __init__(self, leaves: Iterable[sp.Expr]) -> None:
        self.places: dict[sp.Expr, int] = {leaf: k for k, leaf in enumerate(leaves)}
        self.steps: list[Step] = []

    def place(self, expression: sp.Expr) -> int:
        if expression not in self.places:
            step = self._step(expression)
            self.places[expression] = len(self.places)
            self.steps.append(step)
        return self.places[expression]

    def _step(self, expression: sp.Expr) -> Step:
        if expression.is_number and not expression.args:
            # The slope of 0ˣ has a factor log(0), to SymPy an infinity of the complex plane: no real number.
            number = sp.nan if expression is sp.zoo else expression
            return lambda rules, _: rules.number(number)
        if expression.is_Add:
            terms = [self.place(term) for term in expression.args]
            return lambda rules, values: rules.add([values[k] for k in terms])
        if expression.is_Mul:
            factors = [self.place(factor) for factor in expression.args]
            return lambda rules, values: rules.multiply([values[k] for k in factors])
        if expression.is_Pow and expression.exp.is_Rational:
            base, exponent = self.place(expression.base), expression.exp
            return lambda rules, values: rules.power(values[base], exponent)
        if expression.is_Function or isinstance(expression, sp.exp):
            row = row_of(expression)
            arguments = [self.place(argument) for argument in expression.args]
            return lambda rules, values: rules.call(row, [values[k] for k in arguments])
        raise NotCovered(f"no rule for the scalar expression {expression}")


@lru_cache(maxsize=4096)
def _plan(expression: sp.Expr, leaves: tuple[sp.Expr, ...]) -> _Plan:
    planner = _Planner(leaves)
    result = planner.place(expression)
    return _Plan(tuple(planner.steps), result)


def fold(expression: sp.Expr, leaves: Mapping[sp.Expr, Value], rules: ScalarRules[Value]) -> Value:
    """Evaluate an expression whose symbols have the values `leaves`.

    The walk over the expression is made once and kept: SymPy's trees are slow to walk.

    Raises:
        NotCovered: the expression holds something outside the whitelist.
    """
    plan = _plan(expression, tuple(leaves))
    values: list[Any] = list(leaves.values())
    for step in plan.steps:
        values.append(step(rules, values))  # a step needs those before it
    return values[plan.result]
