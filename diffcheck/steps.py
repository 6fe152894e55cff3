"""The step-size table: difference quotients of one entry, step after step, beside their true errors.

The smaller the step, the smaller the truncation error and the larger the rounding error: drawn on
logarithmic axes, error against step is a V. Unlike the finite-difference backend, which chooses one
step, this takes them all, and computes every quotient as plainly as a tutorial does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from diffcheck.case import Function
from diffcheck.point import Point
from diffcheck.reference.certify import precision
from diffcheck.sheet import StepRow, StepTable

PRECISION = 256  # bits, so that the subtraction adds nothing that float64 could show

Phi = Callable[[complex], complex]
Scheme = Callable[[Phi, float], complex]

FIRST_STEP = 0.1
STEPS = 16  # to about 1e-16, where float64 no longer tells x + h from x near 1


def forward(phi: Phi, h: float) -> complex:
    """(f(x + h) - f(x)) / h, error O(h)."""
    return (phi(h) - phi(0.0)) / h


def central(phi: Phi, h: float) -> complex:
    """(f(x + h) - f(x - h)) / 2h, error O(h²)."""
    return (phi(h) - phi(-h)) / (2 * h)


def five_point(phi: Phi, h: float) -> complex:
    """Four values around x, error O(h⁴)."""
    return (phi(-2 * h) - 8 * phi(-h) + 8 * phi(h) - phi(2 * h)) / (12 * h)


def complex_step(phi: Phi, h: float) -> complex:
    """Im f(x + ih) / h, error O(h²) and no subtraction (Squire and Trapp 1998)."""
    return phi(1j * h).imag / h


SCHEMES: Mapping[str, Scheme] = {
    "forward": forward,
    "central": central,
    "five-point": five_point,
    "complex step": complex_step,
}

# The complex step needs an analytic function: |x + ih| has no imaginary part to find.
REAL_SCHEMES = {name: scheme for name, scheme in SCHEMES.items() if scheme is not complex_step}


def step_table(
    function: Function,
    point: Point,
    argument: str,
    index: tuple[int, ...],
    enclosure: Any,
    schemes: Mapping[str, Scheme] = SCHEMES,
) -> StepTable:
    """Difference quotients of ⟨cotangent, f⟩ along one entry, in float64, for h = 0.1, 0.1·0.1, ….

    Args:
        function: arrays in, one array out.
        point: where.
        argument: the one that moves.
        index: the entry of it that moves.
        enclosure: of that argument's gradient (`reference.Enclosure`).
        schemes: name → scheme.
    """
    moved = _along(function, point, argument, index)
    true = enclosure.balls[index]
    steps = [FIRST_STEP]
    while len(steps) < STEPS:
        steps.append(steps[-1] * FIRST_STEP)
    rows = tuple(_row(moved, step, true, schemes) for step in steps)
    return StepTable(argument, index, float(enclosure.lower[index]), float(enclosure.upper[index]), rows)


def _along(function: Function, point: Point, argument: str, index: tuple[int, ...]) -> Phi:
    """The function of the distance that one entry moves."""

    def phi(distance: complex) -> complex:
        arguments = dict(point.arguments)
        moved = arguments[argument].astype(complex if isinstance(distance, complex) else np.float64)
        moved[index] += distance
        value = np.asarray(function(**{**arguments, argument: moved}))
        weighted = value if point.cotangent is None else point.cotangent * value
        total: complex = weighted.sum()[()]
        return total

    return phi


def _row(phi: Phi, step: float, true: Any, schemes: Mapping[str, Scheme]) -> StepRow:
    quotients = {name: _quotient(scheme, phi, step) for name, scheme in schemes.items()}
    numbers = {name: number for name, number in quotients.items() if math.isfinite(number)}
    return StepRow(step, numbers, {name: _error(number, true) for name, number in numbers.items()})


def _quotient(scheme: Scheme, phi: Phi, step: float) -> float:
    """The quotient, or NaN where the function leaves its domain or takes no complex numbers."""
    with np.errstate(all="ignore"):
        try:
            return float(np.real(scheme(phi, step)))
        except (TypeError, ValueError, ArithmeticError):
            return math.nan


def _error(quotient: float, true: Any) -> float:
    """|quotient - derivative|, rounded upward; the derivative is a ball far narrower than float64."""
    from flint import arb

    with precision(PRECISION):
        distance = arb(quotient) - true
    return 0.0 if distance == 0 else math.nextafter(float(distance.abs_upper()), math.inf)
