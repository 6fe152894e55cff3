"""Quotients of polynomials over the rationals, in FLINT, with generators added as they are needed."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from flint import Ordering, fmpq_mpoly, fmpq_mpoly_ctx

# Generators that one proof may need, and terms that one product may have (0.1 s in FLINT).
CAPACITY = 96
LARGEST_PRODUCT = 200_000
LARGEST_POWER = 64


class GaveUp(Exception):
    """A computation that would take too long or too much room."""


@dataclass(frozen=True)
class Quotient:
    """A numerator over a denominator that leads with one, without common factors."""

    numerator: fmpq_mpoly
    denominator: fmpq_mpoly

    @property
    def key(self) -> Hashable:
        """What equal quotients have in common, to be looked up by."""
        return tuple(self.numerator.terms()), tuple(self.denominator.terms())

    @property
    def is_single(self) -> bool:
        """Whether both parts have one term, so that any power is cheap."""
        return len(self.numerator) <= 1 and len(self.denominator) == 1


class QuotientField:
    """The arithmetic of quotients, until a deadline.

    Every operation may raise `GaveUp`: the deadline has passed, or a result would be too large.
    """

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self.ring = fmpq_mpoly_ctx.get([f"g{k}" for k in range(CAPACITY)], Ordering.lex)
        self._generators = self.ring.gens()
        self._positions: dict[Hashable, int] = {}

    def check_time(self) -> None:
        """Give up when the deadline has passed."""
        if time.monotonic() > self._deadline:
            raise GaveUp

    # --- elements ---------------------------------------------------------------------------------

    def number(self, value: Any) -> Quotient:
        """A rational number."""
        return self.of(self.ring.constant(value))

    def of(self, polynomial: fmpq_mpoly) -> Quotient:
        """A polynomial."""
        return Quotient(polynomial, self.ring.constant(1))

    def knows(self, key: Hashable) -> bool:
        """Whether there is a generator of this name."""
        return key in self._positions

    def generator(self, key: Hashable) -> Quotient:
        """The generator of this name; a new one where there is none."""
        return self.of(self._generators[self.position(key)])

    def position(self, key: Hashable) -> int:
        """The place of a generator among all."""
        if key not in self._positions:
            if len(self._positions) == CAPACITY:
                raise GaveUp
            self._positions[key] = len(self._positions)
        return self._positions[key]

    def is_generator(self, polynomial: fmpq_mpoly, position: int) -> bool:
        """Whether a polynomial is the generator at a place."""
        return bool(polynomial == self._generators[position])

    # --- arithmetic -------------------------------------------------------------------------------

    def product(self, x: fmpq_mpoly, y: fmpq_mpoly) -> fmpq_mpoly:
        """x·y of polynomials."""
        self.check_time()
        if len(x) * len(y) > LARGEST_PRODUCT:
            raise GaveUp
        return x * y

    def quotient(self, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> Quotient:
        """A quotient in lowest terms."""
        if denominator.is_zero():
            raise GaveUp
        if numerator.is_zero():
            return self.number(0)
        common = numerator.gcd(denominator) * denominator.leading_coefficient()
        return Quotient(numerator / common, denominator / common)

    def opposite(self, x: Quotient) -> Quotient:
        """−x"""
        return Quotient(-x.numerator, x.denominator)

    def add(self, x: Quotient, y: Quotient) -> Quotient:
        """x + y"""
        if x.denominator == y.denominator:
            return self.quotient(x.numerator + y.numerator, x.denominator)
        crossed = self.product(x.numerator, y.denominator) + self.product(y.numerator, x.denominator)
        return self.quotient(crossed, self.product(x.denominator, y.denominator))

    def multiply(self, x: Quotient, y: Quotient) -> Quotient:
        """x·y"""
        numerator = self.product(x.numerator, y.numerator)
        return self.quotient(numerator, self.product(x.denominator, y.denominator))

    def scale(self, x: Quotient, factor: Any) -> Quotient:
        """A rational multiple of x."""
        return self.multiply(self.number(factor), x)

    def power(self, x: Quotient, exponent: int) -> Quotient:
        """x to a whole power."""
        self.check_time()
        if exponent < 0:
            return self.power(self.quotient(x.denominator, x.numerator), -exponent)
        if exponent > LARGEST_POWER and not x.is_single:
            raise GaveUp
        return Quotient(x.numerator**exponent, x.denominator**exponent)
