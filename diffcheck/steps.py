"""The step-size table: difference quotients of one entry, step after step, beside their true errors.

The smaller the step, the smaller the truncation error and the larger the rounding error: drawn on
logarithmic axes, error against step is a V. Unlike the finite-difference backend, which chooses one
step, this takes them all, and computes every quotient as plainly as a tutorial does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcheck.backends.difference_rules import COMPLEX_STEP, RULES, Rule
from diffcheck.case import Function
from diffcheck.point import Point
from diffcheck.reference.precision import precision
from diffcheck.sheet import StepRow, StepTable
from diffcheck.spellings.numpy import recorded, replayed

PRECISION = 256  # bits, so that the subtraction adds nothing that float64 could show

Phi = Callable[[complex], complex]

FIRST_STEP = 0.1
STEPS = 16  # to about 1e-16, where float64 no longer tells x + h from x near 1

DRAWN = ("forward", "central", "five-point", COMPLEX_STEP)


def step_table(
    function: Function,
    point: Point,
    argument: str,
    index: tuple[int, ...],
    enclosure: Any,
    schemes: Sequence[str] = DRAWN,
) -> StepTable:
    """Difference quotients of ⟨cotangent, f⟩ along one entry, in float64, for h = 0.1, 0.1·0.1, ….

    Args:
        function: arrays in, one array out.
        point: where.
        argument: the one that moves.
        index: the entry of it that moves.
        enclosure: of that argument's gradient (`reference.Enclosure`).
        schemes: which quotients: rules of the finite-difference backend, and the complex step.
    """
    moved = _along(function, point, argument, index)
    true = enclosure.balls[index]
    steps = [FIRST_STEP]
    while len(steps) < STEPS:
        steps.append(steps[-1] * FIRST_STEP)
    rows = tuple(_row(moved, step, true, schemes) for step in steps)
    return StepTable(argument, index, float(enclosure.lower[index]), float(enclosure.upper[index]), rows)


def _along(function: Function, point: Point, argument: str, index: tuple[int, ...]) -> Phi:
    """The function of the distance that one entry moves; what `stop_gradient` holds stays still."""
    with recorded() as held, np.errstate(all="ignore"):
        function(**point.arguments)

    def phi(distance: complex) -> complex:
        moved = point.arguments[argument].astype(complex if isinstance(distance, complex) else np.float64)
        moved[index] += distance
        with replayed(held):
            value = np.asarray(function(**{**point.arguments, argument: moved}))
        weighted = value if point.cotangent is None else point.cotangent * value
        total: complex = weighted.sum()[()]
        return total

    return phi


def _row(phi: Phi, step: float, true: Any, schemes: Sequence[str]) -> StepRow:
    quotients = {name: _quotient(name, phi, step) for name in schemes}
    numbers = {name: number for name, number in quotients.items() if math.isfinite(number)}
    return StepRow(step, numbers, {name: _error(number, true) for name, number in numbers.items()})


def _quotient(scheme: str, phi: Phi, step: float) -> float:
    """The quotient, or NaN where the function leaves its domain or takes no complex numbers."""
    with np.errstate(all="ignore"):
        try:
            return _complex_step(phi, step) if scheme == COMPLEX_STEP else _real_quotient(RULES[scheme], phi, step)
        except (TypeError, ValueError, ArithmeticError):
            return math.nan


def _real_quotient(rule: Rule, phi: Phi, step: float) -> float:
    """Σ wₖ·f(x + cₖ·h) / h; for the forward rule that is (f(x + h) - f(x))/h to the last bit."""
    terms = (float(w) * phi(float(c) * step) for c, w in zip(rule.offsets, rule.weights, strict=True))
    return float(np.real(sum(terms) / step))


def _complex_step(phi: Phi, step: float) -> float:
    """Im f(x + ih) / h, error O(h²) and no subtraction (Squire and Trapp 1998)."""
    return float(phi(1j * step).imag / step)


def _error(quotient: float, true: Any) -> float:
    """|quotient - derivative|, rounded upward; the derivative is a ball far narrower than float64."""
    from flint import arb

    with precision(PRECISION):
        distance = arb(quotient) - true
    return 0.0 if distance == 0 else math.nextafter(float(distance.abs_upper()), math.inf)
