"""A normal form for real scalars, good enough to prove that two derivatives are the same.

A scalar becomes a quotient of polynomials. Its generators are the symbols and, in place of all that
is not arithmetic: roots (with Rᵏ = base), exponentials of monomials (so that exp(a + b) is
exp(a)·exp(b)), logarithms of the absolute values of irreducible factors, and any other function of
arguments in normal form. Every rule is an identity of real numbers wherever the scalar is defined.
So a numerator that is the zero polynomial proves a scalar zero; one that is not proves nothing,
since generators may be related in ways that are not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import fmpq, fmpq_mpoly, fmpz

from diffcheck.reference.quotient import LARGEST_POWER, GaveUp, Quotient, QuotientField

ODD = (sp.sin, sp.tan, sp.asin, sp.atan, sp.sinh, sp.tanh, sp.asinh, sp.atanh, sp.erf)
EVEN = (sp.cos, sp.cosh)


def is_zero(scalar: sp.Expr, seconds: float) -> bool:
    """Whether a scalar is proved to be zero.

    Args:
        scalar: a SymPy scalar of real symbols.
        seconds: how long to try.

    Returns:
        True: it is zero wherever it is defined. False: that could not be proved.
    """
    form = _NormalForm(seconds)
    try:
        return bool(form.reduced(form.of(scalar).numerator).is_zero())
    except (GaveUp, RecursionError, OverflowError):
        return False


@dataclass(frozen=True)
class _Root:
    """A generator R with R^degree = base."""

    position: int
    degree: int
    base: Quotient


def _key(polynomial: fmpq_mpoly) -> Hashable:
    return tuple(polynomial.terms())


def _leads_with_minus(x: Quotient) -> bool:
    return not x.numerator.is_zero() and bool(x.numerator.leading_coefficient() < 0)


class _NormalForm:
    """Brings scalars into normal form, over generators that they share."""

    def __init__(self, seconds: float) -> None:
        self._field = QuotientField(seconds)
        self._known: dict[sp.Expr, Quotient] = {}
        self._roots: list[_Root] = []
        self._exponentials: dict[int, Quotient] = {}  # position → what it is the exponential of
        self._logarithms: dict[int, fmpq_mpoly] = {}  # position → what it is the logarithm of
        self._units: dict[Any, fmpq] = {}  # term → the multiple of it that has a generator
        self._signs: dict[Any, int] = {}  # polynomial → its sign wherever the scalar is defined

    def of(self, scalar: sp.Expr) -> Quotient:
        """The normal form of a scalar."""
        if scalar not in self._known:
            self._known[scalar] = self._convert(scalar)
        return self._known[scalar]

    def _convert(self, scalar: sp.Expr) -> Quotient:
        field = self._field
        if scalar.is_Rational:
            return field.number(fmpq(int(scalar.p), int(scalar.q)))
        if scalar.is_Add:
            return self._fold(field.add, scalar.args)
        if scalar.is_Mul:
            return self._fold(field.multiply, scalar.args)
        if scalar.is_finite is False or scalar is sp.nan:
            raise GaveUp
        if scalar == sp.E:
            return self._exponential(field.number(1))
        if not scalar.args:
            return field.generator(scalar)
        arguments = [self.of(argument) for argument in scalar.args]
        if scalar.is_Pow:
            return self._power(*arguments)
        return self._function(scalar.func, arguments)

    def _fold(self, combine: Callable[[Quotient, Quotient], Quotient], scalars: tuple[sp.Expr, ...]) -> Quotient:
        total = self.of(scalars[0])
        for scalar in scalars[1:]:
            total = combine(total, self.of(scalar))
        return total

    def _function(self, function: Any, arguments: list[Quotient]) -> Quotient:
        """A function of arguments in normal form; an odd or even one of an argument that leads with a plus."""
        field = self._field
        if function is sp.exp:
            return self._exponential(arguments[0])
        if function is sp.log:
            return self._logarithm(arguments[0])
        if function is sp.erfc:
            return field.add(field.number(1), field.opposite(self._function(sp.erf, arguments)))
        if function in ODD and arguments[0].numerator.is_zero():
            return field.number(0)
        if function in ODD + EVEN and _leads_with_minus(arguments[0]):
            value = self._function(function, [field.opposite(arguments[0])])
            return value if function in EVEN else field.opposite(value)
        return field.generator((function, tuple(argument.key for argument in arguments)))

    # --- powers -----------------------------------------------------------------------------------

    def _power(self, base: Quotient, exponent: Quotient) -> Quotient:
        """A rational power; any other is exp(exponent·log base)."""
        if exponent.numerator.is_zero():
            raise GaveUp
        if exponent.numerator.is_constant() and exponent.denominator.is_constant():
            return self._rational_power(base, exponent.numerator.leading_coefficient())
        return self._exponential(self._field.multiply(exponent, self._logarithm(base)))

    def _rational_power(self, base: Quotient, exponent: fmpq) -> Quotient:
        """A whole power times a power of a root."""
        whole, rest = divmod(int(exponent.p), int(exponent.q))
        power = self._field.power(base, whole)
        if rest == 0:
            return power
        return self._field.multiply(power, self._field.power(self._root(base, int(exponent.q)), rest))

    def _root(self, base: Quotient, degree: int) -> Quotient:
        key = ("root", base.key, degree)
        if not self._field.knows(key):
            self._roots.append(_Root(self._field.position(key), degree, base))
        return self._field.generator(key)

    # --- exponentials -----------------------------------------------------------------------------

    def _exponential(self, x: Quotient) -> Quotient:
        """The product of the exponentials of the terms of x."""
        result = self._field.number(1)
        for monomial, coefficient in x.numerator.terms():
            term = self._field.quotient(self._field.ring.from_dict({monomial: 1}), x.denominator)
            result = self._field.multiply(result, self._exponential_of_term(term, coefficient))
        return result

    def _exponential_of_term(self, term: Quotient, coefficient: fmpq) -> Quotient:
        """exp(coefficient·term) as a power of a generator; exp(c·log |p|) is |p|ᶜ."""
        for position, polynomial in self._logarithms.items():
            if term.denominator.is_one() and self._field.is_generator(term.numerator, position):
                return self._rational_power(self._absolute(polynomial), coefficient)
        unit = self._units.setdefault(term.key, coefficient)
        key = ("exp", term.key)
        if not self._field.knows(key):
            self._exponentials[self._field.position(key)] = self._field.scale(term, unit)
        return self._rational_power(self._field.generator(key), coefficient / unit)

    def _absolute(self, polynomial: fmpq_mpoly) -> Quotient:
        """|p|: ±p where the sign is known, else the root of p²."""
        sign = self._signs.get(_key(polynomial))
        if sign is None:
            return self._root(self._field.of(self._field.product(polynomial, polynomial)), 2)
        return self._field.scale(self._field.of(polynomial), sign)

    # --- logarithms -------------------------------------------------------------------------------

    def _logarithm(self, x: Quotient) -> Quotient:
        """Σ multiplicity·log |factor| over the irreducible factors of x, which is positive."""
        self._field.check_time()
        if x.numerator.is_zero():
            raise GaveUp
        above, factors = x.numerator.factor()
        below, divisors = x.denominator.factor()
        powers = [(factor, int(multiplicity)) for factor, multiplicity in factors]
        powers += [(factor, -int(multiplicity)) for factor, multiplicity in divisors]
        self._note_sign(powers, above / below)
        result = self._logarithm_of_number(above / below)
        for factor, multiplicity in powers:
            result = self._field.add(result, self._field.scale(self._logarithm_of_factor(factor), multiplicity))
        return result

    def _note_sign(self, powers: list[tuple[fmpq_mpoly, int]], content: fmpq) -> None:
        """A product whose logarithm is taken is positive; with one odd power that gives a sign."""
        odd = [factor for factor, multiplicity in powers if multiplicity % 2 and not self._is_exponential(factor)]
        if len(odd) == 1:
            self._signs[_key(odd[0])] = 1 if content > 0 else -1

    def _is_exponential(self, factor: fmpq_mpoly) -> bool:
        return any(self._field.is_generator(factor, position) for position in self._exponentials)

    def _logarithm_of_number(self, number: fmpq) -> Quotient:
        result = self._field.number(0)
        for whole, sign in ((abs(number.p), 1), (number.q, -1)):
            for prime, multiplicity in fmpz(whole).factor():
                logarithm = self._logarithm_generator(self._field.ring.constant(prime))
                result = self._field.add(result, self._field.scale(logarithm, sign * int(multiplicity)))
        return result

    def _logarithm_of_factor(self, factor: fmpq_mpoly) -> Quotient:
        """Of an exponential it is the argument, of a root a fraction of the base's logarithm."""
        for position, argument in self._exponentials.items():
            if self._field.is_generator(factor, position):
                return argument
        for root in self._roots:
            if self._field.is_generator(factor, root.position):
                return self._field.scale(self._logarithm(root.base), fmpq(1, root.degree))
        return self._logarithm_generator(factor)

    def _logarithm_generator(self, polynomial: fmpq_mpoly) -> Quotient:
        key = ("log", _key(polynomial))
        if not self._field.knows(key):
            self._logarithms[self._field.position(key)] = polynomial
        return self._field.generator(key)

    # --- relations --------------------------------------------------------------------------------

    def reduced(self, polynomial: fmpq_mpoly) -> fmpq_mpoly:
        """A multiple of a polynomial, not by zero, in which every root's power is below its degree.

        The latest root goes first: the base of a root holds earlier generators only.
        """
        for root in reversed(self._roots):
            polynomial = self._without_powers(polynomial, root)
        return polynomial

    def _without_powers(self, polynomial: fmpq_mpoly, root: _Root) -> fmpq_mpoly:
        by_power: dict[int, dict[Any, Any]] = {}
        for monomial, coefficient in polynomial.terms():
            times, rest = divmod(int(monomial[root.position]), root.degree)
            lowered = (*monomial[: root.position], rest, *monomial[root.position + 1 :])
            by_power.setdefault(times, {})[lowered] = coefficient
        most = max(by_power, default=0)
        if most > LARGEST_POWER:
            raise GaveUp
        total = self._field.ring.constant(0)
        for times, terms in by_power.items():
            factor = root.base.numerator**times * root.base.denominator ** (most - times)
            total += self._field.product(self._field.ring.from_dict(terms), factor)
        return total
