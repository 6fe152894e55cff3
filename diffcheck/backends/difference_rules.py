"""Difference quotients: Σ wₖ·f(x + cₖ·h) / h, and how far each is from the derivative.

Taylor's theorem with Lagrange's remainder: where a quotient is exact for polynomials of degree
m − 1, its truncation error is at most h^(m−1) · Σ|wₖ||cₖ|^m / m! · max|f⁽ᵐ⁾| over the interval
that its nodes span.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import factorial


@dataclass(frozen=True)
class Rule:
    """One difference quotient.

    Attributes:
        offsets: cₖ: where the function is evaluated, in steps.
        weights: wₖ.
    """

    offsets: tuple[Fraction, ...]
    weights: tuple[Fraction, ...]

    @cached_property
    def order(self) -> int:
        """m: the first degree of a polynomial that the quotient gets wrong."""
        m = 2
        while self._moment(m) == 0:
            m += 1
        return m

    @cached_property
    def reach(self) -> float:
        """The largest |cₖ|."""
        return float(max(map(abs, self.offsets)))

    @cached_property
    def remainder(self) -> float:
        """Σ|wₖ||cₖ|^m / m!"""
        terms = (abs(w) * abs(c) ** self.order for c, w in zip(self.offsets, self.weights, strict=True))
        return float(sum(terms) / factorial(self.order))

    def _moment(self, degree: int) -> Fraction:
        return sum((w * c**degree for c, w in zip(self.offsets, self.weights, strict=True)), Fraction(0))


def _rule(nodes: dict[Fraction | int, Fraction | int]) -> Rule:
    return Rule(tuple(map(Fraction, nodes)), tuple(map(Fraction, nodes.values())))


def _symmetric(nodes: dict[Fraction | int, Fraction | int]) -> Rule:
    """A rule with f(x + c·h) − f(x − c·h) for each offset."""
    return _rule({**nodes, **{-offset: -weight for offset, weight in nodes.items()}})


_HALF, _QUARTER = Fraction(1, 2), Fraction(1, 4)

RULES = {
    "forward": _rule({0: -1, 1: 1}),
    "central": _symmetric({1: _HALF}),
    "five-point": _symmetric({1: Fraction(8, 12), 2: Fraction(-1, 12)}),
    # Central quotients D(h), D(h/2), D(h/4), extrapolated twice: (D(h) − 20·D(h/2) + 64·D(h/4))/45.
    "richardson": _symmetric({1: _HALF / 45, _HALF: Fraction(-20, 45), _QUARTER: Fraction(128, 45)}),
}
COMPLEX_STEP = "complex-step"
