"""A difference quotient of one entry, its step, and a bound on its error.

The error has two parts. Truncation: the function is expanded around the point, to the degree that
the rule is exact for, and Lagrange's remainder is enclosed by jets over the whole interval that
the rule reaches. Rounding: what the dtype may do to each value, times its weight over the step.
With m the rule's order, A = remainder·|φ⁽ᵐ⁾| and B = Σ|wₖ|·(rounding of φ),

    error(h) ≤ A·h^(m−1) + B/h,   which is least at   h = (B / ((m − 1)·A))^(1/m).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, fmpq

from diffcheck.backends.difference_rules import Rule
from diffcheck.backends.neighbourhood import Line
from diffcheck.dtype import limits, ulp
from diffcheck.reference.precision import precision

BITS = 128

# The interval over which the remainder is taken: the balanced step for a function that varies on
# the scale of its argument, times this, so that the balanced step of most functions lies inside.
GENEROUS = 8.0
# A longer interval than this times what the step needs makes the remainder too large: it is taken again.
WASTEFUL = 16.0
# Where the interval holds a kink or leaves the domain, the next one is this much shorter.
SHORTER = 2.0**-6
MOST_INTERVALS = 10


@dataclass(frozen=True)
class Step:
    """A step, and what is known on the interval that a rule reaches with it.

    Attributes:
        size: h, a power of two, so that c·h is a number of the dtype.
        reach: the derivatives hold up to this distance from the point.
        derivatives: balls that contain φ, φ′, … φ⁽ᵐ⁾ on the interval.
    """

    size: float
    reach: float
    derivatives: Sequence[arb]

    @property
    def usable(self) -> bool:
        """Whether the remainder is bounded at all."""
        return all(derivative.is_finite() for derivative in self.derivatives)


def real_quotient(rule: Rule, line: Line) -> tuple[float, float]:
    """The quotient in the dtype under test, and the most that it can be off (perhaps infinite)."""
    with precision(BITS):
        step = choose_step(rule, line)
        positions = [float(line.dtype.type(line.center + float(c) * step.size)) for c in rule.offsets]
        weights = [arb(fmpq(w.numerator, w.denominator)) / step.size for w in rule.weights]
        exact = sum((w * line.value(x) for w, x in zip(weights, positions, strict=True)), arb(0))
        number = float(line.dtype.type(float(exact.mid())))
        if not step.usable or not math.isfinite(number):
            return number, math.inf
        moves = [arb(x) - line.center for x in positions]
        if not all(abs(move) <= step.reach for move in moves):
            return number, math.inf
        error = abs(exact - number) + _truncation(weights, moves, step) + _rounding(weights, positions, line)
        return number, rounded_up(error)


def rounded_up(error: arb) -> float:
    """The upper end of a ball as a float that is not smaller; infinite where it is no number."""
    largest = float(error.abs_upper())
    return math.nextafter(largest, math.inf) if math.isfinite(largest) else math.inf


# ---- the bound -------------------------------------------------------------------------------


def _truncation(weights: Sequence[arb], moves: Sequence[arb], step: Step) -> arb:
    """How far Σ wₖ·φ(dₖ) is from φ′(0) for the exact φ; dₖ are the moves that the dtype could make.

    Each power of d but the first should have the sum 0; what is left of that counts, so that a
    rule may be used at positions that are only nearly where it wants them.
    """
    *known, remainder = step.derivatives
    total = arb(0)
    for degree, derivative in enumerate(known):
        moment = sum((w * d**degree for w, d in zip(weights, moves, strict=True)), arb(0))
        total += abs((moment - int(degree == 1)) * derivative) / arb(degree).fac()
    order = len(known)
    spread = sum((abs(w) * abs(d) ** order for w, d in zip(weights, moves, strict=True)), arb(0))
    return total + spread * abs(remainder) / arb(order).fac()


def _rounding(weights: Sequence[arb], positions: Sequence[float], line: Line) -> arb:
    """What the rounding of the values makes of the quotient."""
    errors = [line.rounding(x) for x in positions]
    if not all(map(math.isfinite, errors)):
        return arb.pos_inf()
    return sum((abs(w) * error for w, error in zip(weights, errors, strict=True)), arb(0))


# ---- the step --------------------------------------------------------------------------------


def choose_step(rule: Rule, line: Line) -> Step:
    """The step that balances truncation with rounding, by the largest derivative around the point.

    Begins with a generous interval and shortens it while it holds a kink, leaves the domain, or is
    much longer than the step needs.
    """
    shortest = _shortest(line) * rule.reach
    reach = max(_first_reach(rule, line), shortest)
    for _ in range(MOST_INTERVALS):
        step = _step_within(reach, rule, line)
        needed = step.size * rule.reach
        if step.usable and needed * WASTEFUL >= reach:
            return step
        shorter = 2 * needed if step.usable else _past_the_obstacle(reach, line.center)
        if shorter < shortest:
            return step
        reach = shorter
    return step


def _first_reach(rule: Rule, line: Line) -> float:
    unit = limits(line.dtype).unit
    balanced = min(GENEROUS * unit ** (1 / rule.order), 1 / GENEROUS)
    return balanced * max(abs(line.center), 1.0) * rule.reach


def _past_the_obstacle(reach: float, center: float) -> float:
    """A shorter interval, on one side of zero if this is the first that can be."""
    shorter = reach * SHORTER
    one_side = abs(center) / 4
    return max(shorter, one_side) if 0 < one_side < reach else shorter


def _shortest(line: Line) -> float:
    """A step that the dtype still tells from rounding beside the entry; at zero, beside 2⁻²⁰."""
    return GENEROUS * float(ulp(line.center or 2.0**-20, line.dtype))


def _step_within(reach: float, rule: Rule, line: Line) -> Step:
    around = reach * (1 + 2.0**-10)
    derivatives = line.derivatives(around, rule.order)
    size = _power_of_two(_balanced(rule, line, derivatives), reach / rule.reach)
    return Step(size, around, derivatives)


def _power_of_two(size: float, limit: float) -> float:
    """The power of two nearest to a size that is not beyond a limit."""
    nearest = 2.0 ** round(math.log2(min(size, limit)))
    return nearest if nearest <= limit else nearest / 2


def _balanced(rule: Rule, line: Line, derivatives: Sequence[arb]) -> float:
    """The step at which the bound is least; infinite where there is no truncation.

    It need not be so short that the truncation is less than a rounding of the derivative itself.
    """
    slope, largest = (float(derivatives[k].abs_upper()) for k in (1, rule.order))
    truncation = (rule.order - 1) * rule.remainder * largest
    rounding = sum(abs(float(w)) for w in rule.weights) * line.rounding(line.center)
    if not (math.isfinite(truncation) and math.isfinite(rounding)) or truncation == 0:
        return math.inf
    unit = limits(line.dtype).unit
    least = (unit * slope / truncation) ** (1 / (rule.order - 1))
    return max((rounding / truncation) ** (1 / rule.order), least, _shortest(line))
