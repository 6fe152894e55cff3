"""Signs that no point has: x − y, y − z and z − x cannot all be positive.

Signs contradict each other when a sum of the signed arguments with weights ≥ 0, plus perhaps a
positive constant, is zero everywhere (Farkas 1902). A linear program over values at random points
finds the weights, and the normal form proves the sum zero, so that rounding decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import sympy as sp
from flint import ctx

from diffcheck.reference.normal_form import is_zero
from diffcheck.symbolic.program import Values, compiled

Signed = tuple[sp.Expr, int]

BITS = 128
SECONDS = 1.0
# Weights are ratios of small numbers in practice: differences of entries have weights of one.
LARGEST_DENOMINATOR = 1000
SMALLEST_WEIGHT = 1e-9


def contradict(signed: Sequence[Signed], points: Sequence[Values]) -> bool:
    """Whether it is proved that no point gives all arguments these signs.

    Args:
        signed: kink arguments with a sign, −1 or 1, each.
        points: values of every symbol at random points; more of them than arguments.
    """
    terms = [sign * argument for argument, sign in signed] + [sp.S.One]
    weights = _weights(terms, points)
    if weights is None:
        return False
    total = sp.Add(
        *[sp.Rational(weight.numerator, weight.denominator) * term for weight, term in zip(weights, terms, strict=True)]
    )
    return is_zero(total, SECONDS)


def _weights(terms: Sequence[sp.Expr], points: Sequence[Values]) -> list[Fraction] | None:
    """Weights ≥ 0, not all zero, with which the terms seem to cancel at every point."""
    from scipy.optimize import linprog

    program = compiled(tuple(terms))
    with ctx.workprec(BITS):
        rows = np.array([[float(ball) for ball in program.evaluate(point)] for point in points])
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < len(terms):
        return None
    scale = np.abs(rows).max(axis=0)
    cancel = np.vstack([rows / scale, np.ones(len(terms))])
    found = linprog(np.zeros(len(terms)), A_eq=cancel, b_eq=[*np.zeros(len(rows)), 1.0])
    if not found.success:
        return None
    weights = np.where(found.x > SMALLEST_WEIGHT, found.x / scale, 0.0)
    return [Fraction(weight).limit_denominator(LARGEST_DENOMINATOR) for weight in weights / weights.max()]
