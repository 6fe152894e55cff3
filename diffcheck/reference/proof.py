"""The symbolic proof: the closed form is SymPy's derivative of an independently obtained scalar.

The function is run twice: traced, and on arrays of symbols in a namespace that knows no expression.
The closed form's entries, written out, must equal `sympy.diff` of the symbols' scalars; so must the
directional derivative and the value. At kinks this is shown for every sign pattern of their arguments.
An entry whose difference is the zero of a normal form is *proved*. One that is not within its time
is compared at random points in balls, and only *checked*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import sympy as sp
from flint import arb, ctx

from diffcheck.case import Case
from diffcheck.dtype import is_floating
from diffcheck.expression.closed_form import COTANGENT, OUTPUT, derive_closed_form, tangent_name
from diffcheck.expression.explicit import explicit
from diffcheck.expression.trace import Traced
from diffcheck.point import Point
from diffcheck.reference.branches import resolve
from diffcheck.reference.contradiction import contradict
from diffcheck.reference.normal_form import is_zero
from diffcheck.reference.tiny import TooManyEntries, tiny_point, tiny_sizes
from diffcheck.reference.tracing import trace_at
from diffcheck.symbolic.decider import AtPoint, Undefined, deciding
from diffcheck.symbolic.gradient import Explicit, explicit_gradient, symbols, values_at
from diffcheck.symbolic.pattern import Pattern, TooManyPatterns, patterns
from diffcheck.symbolic.program import Values, compiled

SECONDS = 5.0
PATTERNS = 64
POINTS = 32
BITS = 256
# With fewer points at which both sides are finite, agreement means little.
FEWEST_POINTS = 8


class Outcome(Enum):
    """What is known of an entry, from best to worst. The value is the sentence a person reads."""

    PROVED = "the difference to SymPy's derivative is zero, symbolically"
    CHECKED = "equal to SymPy's derivative in balls at random points"
    OPEN = "could not be compared"
    REFUTED = "differs from SymPy's derivative"


@dataclass(frozen=True)
class Entry:
    """One compared number of a case.

    Attributes:
        part: `value`, `tangent` (the directional derivative), or the argument whose gradient it is.
        index: where in that array.
        outcome: the worst of all sign patterns.
    """

    part: str
    index: tuple[int, ...]
    outcome: Outcome


@dataclass(frozen=True)
class Proof:
    """What was compared for a case, at a size.

    Attributes:
        sizes: named dimension → size.
        patterns: how many sign patterns of the kinks were gone through.
        entries: every number that was compared.
    """

    sizes: Mapping[str, int]
    patterns: int
    entries: tuple[Entry, ...]

    def count(self, outcome: Outcome) -> int:
        """How many entries have this outcome."""
        return sum(entry.outcome is outcome for entry in self.entries)


@dataclass(frozen=True)
class _Comparison:
    """A scalar of the closed form's side and the one it must equal, on one branch."""

    part: str
    index: tuple[int, ...]
    claimed: sp.Expr
    true: sp.Expr


def prove(case: Case, seconds: float = SECONDS) -> Proof:
    """Compare a case's closed form with SymPy's derivative, at tiny sizes.

    Args:
        case: whose function, domains and `wrt`.
        seconds: how long to try to prove one entry on one branch.

    Raises:
        TooManyEntries: even its smallest size is too large to be written out.
        NotCovered, TooLarge: the function cannot be run on symbols.
        Indeterminate: a kink argument has no value at the first random points.
    """
    sizes = tiny_sizes(case)
    points = [tiny_point(case, sizes, seed) for seed in range(POINTS)]
    traced = trace_at(case.function, points[0])
    values = [_values(traced, case.wrt, point, seed) for seed, point in enumerate(points)]
    outcomes: dict[tuple[str, tuple[int, ...]], list[Outcome]] = {}
    branches = _Branches(traced, values)
    for decider in branches:
        for comparison in _compared(case, traced, points[0], decider):
            found = _outcome(comparison, values, decider, seconds)
            outcomes.setdefault((comparison.part, comparison.index), []).append(found)
    ceiling = Outcome.PROVED if branches.complete else Outcome.CHECKED
    entries = tuple(Entry(part, index, _worst([ceiling, *found])) for (part, index), found in outcomes.items())
    return Proof(sizes, branches.count, entries)


# --- the branches of a function -------------------------------------------------------------------


class _Branches:
    """Deciders for the branches of a function: all sign patterns, or one point's branch.

    A function that loops or branches on its data was traced at a point, so its expression holds on
    that point's branch only.

    Attributes:
        count: how many branches were gone through.
        complete: whether these are all.
    """

    def __init__(self, traced: Traced, values: Sequence[Values]) -> None:
        self._traced = traced
        self._values = values
        self.count = 0
        self.complete = True

    def __iter__(self) -> Iterator[Pattern | AtPoint]:
        if self._traced.path:
            self.count, self.complete = 1, False
            yield AtPoint(self._values[0])
            return
        try:
            for pattern in patterns(self._values[:2], PATTERNS):
                self.count += 1
                yield pattern
        except TooManyPatterns:
            self.complete = False


def _values(traced: Traced, wrt: Sequence[str], point: Point, seed: int) -> dict[sp.Symbol, arb]:
    """Every symbol's value at a point, with random cotangents and tangents."""
    random = np.random.default_rng(1000 + seed)
    arrays = {name: array for name, array in point.arguments.items() if is_floating(array.dtype)}
    tangents = {tangent_name(name): random.uniform(0.5, 2.0, arrays[name].shape) for name in wrt}
    return values_at({**arrays, **tangents, COTANGENT: random.uniform(0.5, 2.0, traced.output.shape)})


# --- both sides -----------------------------------------------------------------------------------


def _compared(case: Case, traced: Traced, point: Point, decider: Pattern | AtPoint) -> Iterator[_Comparison]:
    """Every number of the closed form beside the one from symbols, on one branch."""
    arguments = {name: array.shape if is_floating(array.dtype) else array for name, array in point.arguments.items()}
    cotangent = symbols(COTANGENT, traced.output.shape)
    true = explicit_gradient(case.function, arguments, case.wrt, cotangent, decider)
    expected = {"value": true.value, **true.entries, "tangent": _directional(true, cotangent)}
    with deciding(decider):
        for part, claimed in _closed_form(traced, case.wrt, expected).items():
            for index in np.ndindex(claimed.shape):
                yield _Comparison(part, index, resolve(claimed[index]), expected[part][index])


def _closed_form(traced: Traced, wrt: tuple[str, ...], like: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The value, the gradients and the directional derivative of the traced function, written out."""
    reverse = derive_closed_form(traced, wrt, "R").entries
    forward = derive_closed_form(traced, wrt, "F").entries
    graph = {"value": traced.output, **reverse, "tangent": forward[OUTPUT]}
    written = iter(explicit([node for node in graph.values() if node is not None]))
    return {
        part: np.full(like[part].shape, sp.S.Zero, object) if node is None else next(written)
        for part, node in graph.items()
    }


def _directional(true: Explicit, cotangent: np.ndarray) -> np.ndarray:
    """Σ tangent·gradient for every unit cotangent: the derivative along the tangents."""
    total = sp.Add(
        *[
            tangent * entry
            for name, gradient in true.entries.items()
            for tangent, entry in zip(symbols(tangent_name(name), gradient.shape).flat, gradient.flat, strict=True)
        ]
    )
    result = np.empty(cotangent.shape, object)
    for index in np.ndindex(cotangent.shape):
        unit = {symbol: sp.Integer(place == index) for place, symbol in np.ndenumerate(cotangent)}
        result[index] = total.xreplace(unit)
    return result


# --- one comparison -------------------------------------------------------------------------------


def _outcome(comparison: _Comparison, values: Sequence[Values], decider: Pattern | AtPoint, seconds: float) -> Outcome:
    if comparison.claimed == comparison.true or is_zero(comparison.claimed - comparison.true, seconds):
        return Outcome.PROVED
    if not set(compiled((comparison.claimed,)).symbols) <= set(values[0]):
        return Outcome.PROVED if contradict(tuple(decider.asked), values) else Outcome.OPEN
    equal = [_overlap(comparison, point) for point in values]
    if False in equal:
        return _difference(decider, values)
    return Outcome.CHECKED if equal.count(True) >= FEWEST_POINTS else Outcome.OPEN


def _overlap(comparison: _Comparison, values: Values) -> bool | None:
    """Whether both scalars may be equal at a point; `None` where one of them is not finite."""
    with ctx.workprec(BITS):
        claimed, true = compiled((comparison.claimed, comparison.true)).evaluate(values)
    if not (claimed.is_finite() and true.is_finite()):
        return None
    return bool(claimed.overlaps(true))


def _difference(decider: Pattern | AtPoint, values: Sequence[Values]) -> Outcome:
    """What a difference on a branch means: nothing where no point at all takes that branch."""
    signs = tuple(decider.asked)
    if any(_is_on_branch(signs, point) for point in values):
        return Outcome.REFUTED
    return Outcome.PROVED if contradict(signs, values) else Outcome.OPEN


def _is_on_branch(signs: tuple[tuple[sp.Expr, int], ...], values: Values) -> bool:
    """Whether every kink argument has its sign at a point."""
    there = AtPoint(values)
    try:
        return all(there.sign(argument) == sign for argument, sign in signs)
    except Undefined:
        return False


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    return max(outcomes, key=list(Outcome).index)


__all__ = ["Entry", "Outcome", "Proof", "TooManyEntries", "prove"]
