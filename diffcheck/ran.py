"""What ran: the program that computed a derivative, and what is known about it at a point.

Rounding and range are those of that program, not of the definition's closed form: the true slope of a
sigmoid at 15 is missed by y(1 − y) in float32 by many times the allowance of another formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np

from diffcheck.backends.base import Derivative
from diffcheck.dtype import limits
from diffcheck.expression.nodes import Node
from diffcheck.lift.program import NotLifted, Program
from diffcheck.lift.saved import with_saved_output
from diffcheck.reference.ball import BallAlgebra
from diffcheck.reference.certify import PRECISIONS, certify
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.literals import Literals, is_short_fraction, written_in
from diffcheck.reference.range import Ranged, in_range
from diffcheck.reference.reference import Reference
from diffcheck.reference.rounded import Arithmetic, Rounded
from diffcheck.reference.rounding import propagate

Found = TypeVar("Found")

NEGLIGIBLE = 8
"""An error that is so many times as large as what is known of a formula is not the formula's."""


class Ran:
    """A lifted program at a point.

    Args:
        program: what ran.
        reference: what is true there.
        framework: whose functions it calls.
    """

    def __init__(self, program: Program, reference: Reference, framework: str | None = None) -> None:
        self.program = program
        self.reference = reference
        self.framework = framework

    @cached_property
    def rounded(self) -> Mapping[str, Rounded]:
        """How the dtype computes the entries."""
        return self._rounded(underflow=False)

    @cached_property
    def rounded_with_bias(self) -> Mapping[str, Rounded]:
        """How the dtype computes the entries when equal terms of a sum are rounded alike, one after another."""
        return self._rounded(underflow=False, biased=True)

    def rounded_with_underflow(self, flushes: bool) -> Mapping[str, Rounded]:
        """How the dtype computes the entries when every operation may underflow, perhaps to zero."""
        return self._rounded(underflow=True, flushes=flushes)

    @cached_property
    def ranged(self) -> Mapping[str, Ranged]:
        """The entries when what overflows becomes an infinity."""
        return self._named(in_range(self._graph, self.reference.inputs, self.reference.dtype))

    @cached_property
    def enclosures(self) -> Mapping[str, Enclosure]:
        """What the program computes in exact arithmetic, its own long literals widened by half an ulp."""
        literals = Literals(limits(self.reference.dtype), self._written)
        return self._named(self._certified(self._graph, literals))

    @cached_property
    def meant(self) -> Mapping[str, Enclosure]:
        """The truth, with the long literals of the definition widened by half an ulp of float64.

        Where the definition says 2 ** 0.5, its number is not √2, and that of a program may be.
        """
        graph = self.reference.closed_form.reached
        return dict(zip(graph, self._certified(list(graph.values()), Literals(limits(np.float64))), strict=True))

    def _certified(self, graph: list[Node], literals: Literals) -> list[Enclosure]:
        def make_algebra() -> BallAlgebra:
            return BallAlgebra(literals=literals)

        return certify(graph, self.reference.inputs, self.reference.dtype, make_algebra, PRECISIONS[:2])

    def excludes(self, name: str) -> np.ndarray:
        """The entries of which the program computes another number, whatever the rounding."""
        truth = self.reference.entries[name]
        if name not in self.enclosures:
            return np.zeros(truth.shape, dtype=bool)
        found = self.enclosures[name].apart(truth)
        if found.any() and self._stands_for_others and name in self.meant:
            found &= self.enclosures[name].apart(self.meant[name])
        return found

    @cached_property
    def _written(self) -> frozenset[Fraction]:
        """The numbers in the definition."""
        return written_in([self.reference.closed_form.traced.output])

    @cached_property
    def _stands_for_others(self) -> bool:
        """Whether the definition has long numbers, which may stand for others."""
        return not all(map(is_short_fraction, self._written))

    def accounts_for(self, name: str, error: np.ndarray) -> np.ndarray:
        """The entries whose error is the program's own, for the most part, and not that of its rounding."""
        truth = self.reference.entries[name]
        if name not in self.enclosures:
            return np.zeros(truth.shape, dtype=bool)
        with np.errstate(invalid="ignore"):
            own = np.abs(self.enclosures[name].high - truth.high)
        return self.excludes(name) & (own > error / 2)

    def is_right(self, name: str, error: np.ndarray) -> np.ndarray:
        """The entries that the program computes rightly without rounding, as far as an error asks for it."""
        truth = self.reference.entries[name]
        if name not in self.enclosures:
            return np.zeros(truth.shape, dtype=bool)
        found = self.enclosures[name]
        with np.errstate(invalid="ignore"):
            apart = np.abs(found.high - truth.high) + found.radius + truth.radius
        return ~found.open & (apart <= error / NEGLIGIBLE)

    def leads_beyond_range(self, name: str) -> np.ndarray:
        """The entries, within the dtype's range, that the program computes beyond it even in exact arithmetic."""
        truth = self.reference.entries[name]
        if name not in self.enclosures:
            return np.zeros(truth.shape, dtype=bool)
        largest = limits(self.reference.dtype).largest
        beyond = (np.abs(self.enclosures[name].high) > largest) & (np.abs(truth.high) <= largest)
        return self.excludes(name) & beyond

    @property
    def _graph(self) -> list[Node]:
        return list(self.program.outputs.values())

    def _named(self, found: Sequence[Found]) -> dict[str, Found]:
        return dict(zip(self.program.outputs, found, strict=True))

    def _rounded(self, *, underflow: bool, flushes: bool = False, biased: bool = False) -> Mapping[str, Rounded]:
        arithmetic = Arithmetic.of(
            self.reference.dtype,
            underflow=underflow,
            flushes=flushes,
            framework=self.framework,
            lifted=True,
            biased=biased,
        )
        found, _ = propagate(self._graph, self.reference.inputs, arithmetic)
        return self._named(found)


def what_ran(derivative: Derivative, reference: Reference) -> Ran | None:
    """What ran, where it can be lifted."""
    if derivative.program is None:
        return None
    try:
        program = derivative.program()
        if program.held:
            program = with_saved_output(program, derivative.value, reference.closed_form.traced.output)
        return _ran(program, reference, derivative.framework)
    except NotLifted:
        return None


@lru_cache(maxsize=4)
def _ran(program: Program, reference: Reference, framework: str | None) -> Ran:
    """One program at one reference is evaluated once, however many answers are held against it."""
    return Ran(program, reference, framework)
