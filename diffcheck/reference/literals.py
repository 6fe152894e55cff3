"""Literals: the numbers that a program brings along, each rounded to a dtype, and what was meant by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy as sp
from flint import arb, fmpq

from diffcheck.dtype import Limits, limits
from diffcheck.expression import nodes
from diffcheck.expression.nodes import Node


@dataclass(frozen=True)
class Literals:
    """The numbers of a program that stands for a definition.

    0.2 stands for 1/5: one may be half an ulp from the number that was meant. Short numbers (½, 3) are
    meant, and so is what the definition itself says.

    Attributes:
        row: the dtype to which they were rounded.
        written: the numbers in the definition.
    """

    row: Limits
    written: frozenset[Fraction] = frozenset()

    def meant(self, number: float | sp.Expr) -> arb:
        """A ball around every number that a literal may stand for."""
        ball = ball_of_number(number) if isinstance(number, sp.Basic) else arb(number)
        if not ball.is_finite() or is_short(ball, self.row) or _fraction(number) in self.written:
            return ball
        return ball * arb(1, self.row.unit) + arb(0, self.row.smallest_subnormal)


def written_in(outputs: Iterable[Node]) -> frozenset[Fraction]:
    """The numbers that occur in some expressions."""
    found: set[Fraction] = set()
    for node in nodes.topological(outputs):
        match node:
            case nodes.Map():
                found.update(map(_of_rational, node.scalar.atoms(sp.Rational)))
            case nodes.Filled():
                found.update(map(_of_rational, node.number.atoms(sp.Rational)))
            case nodes.Constant():
                numbers = np.unique(np.asarray(node.values, dtype=float))
                found.update(map(Fraction, numbers[np.isfinite(numbers)].tolist()))
    return frozenset(found)


def ball_of_number(number: sp.Expr) -> arb:
    """A SymPy number as a ball at the working precision."""
    if number.is_Rational:
        return arb(fmpq(int(number.p), int(number.q)))
    if number is sp.pi:
        return arb.pi()
    if number is sp.E:
        return arb.const_e()
    if number in (sp.oo, -sp.oo):
        return arb.pos_inf() if number is sp.oo else arb.neg_inf()
    return arb.nan()


def is_short(number: arb, row: Limits) -> bool:
    """Whether a number is exact in a few of a dtype's bits."""
    if not number.is_exact():
        return False
    mantissa, _ = number.man_exp()
    return abs(int(mantissa)).bit_length() <= row.short_bits


def is_short_fraction(number: Fraction) -> bool:
    """Whether a number is exact in a few of the bits of float64: nothing else can be meant by it."""
    return is_short(ball_of_number(sp.Rational(number)), limits("float64"))


def _fraction(number: float | sp.Expr) -> Fraction | None:
    """A number without any rounding; `None` for π."""
    if not isinstance(number, sp.Basic):
        return Fraction(number)
    return _of_rational(number) if number.is_Rational else None


def _of_rational(number: sp.Rational) -> Fraction:
    return Fraction(int(number.p), int(number.q))
