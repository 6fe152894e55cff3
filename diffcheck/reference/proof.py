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

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.case import Case
from diffcheck.dtype import is_floating
from diffcheck.expression.closed_form import COTANGENT, OUTPUT, derive_closed_form, tangent_name
from diffcheck.expression.explicit import explicit
from diffcheck.expression.trace import Traced
from diffcheck.point import Point
from diffcheck.reference.branches import resolve
from diffcheck.reference.comparison import Comparison, Outcome, compare, worst
from diffcheck.reference.deciders import Branches
from diffcheck.reference.tiny import TooManyEntries, tiny_point, tiny_sizes
from diffcheck.reference.tracing import trace_at
from diffcheck.symbolic.decider import AtPoint, deciding
from diffcheck.symbolic.gradient import Explicit, explicit_gradient, symbols, values_at
from diffcheck.symbolic.pattern import Pattern

SECONDS = 5.0
POINTS = 32


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
    values = [random_values(traced, case.wrt, point, seed) for seed, point in enumerate(points)]
    outcomes: dict[tuple[str, tuple[int, ...]], list[Outcome]] = {}
    branches = Branches(traced, values)
    for decider in branches:
        for comparison in _compared(case, traced, points[0], decider):
            found = compare(comparison, values, decider, seconds)
            outcomes.setdefault((comparison.part, comparison.index), []).append(found)
    ceiling = Outcome.PROVED if branches.complete else Outcome.CHECKED
    entries = tuple(Entry(part, index, worst([ceiling, *found])) for (part, index), found in outcomes.items())
    return Proof(sizes, branches.count, entries)


def random_values(traced: Traced, wrt: Sequence[str], point: Point, seed: int) -> dict[sp.Symbol, arb]:
    """Every symbol's value at a point, with random cotangents and tangents."""
    random = np.random.default_rng(1000 + seed)
    arrays = {name: array for name, array in point.arguments.items() if is_floating(array.dtype)}
    tangents = {tangent_name(name): random.uniform(0.5, 2.0, arrays[name].shape) for name in wrt}
    return values_at({**arrays, **tangents, COTANGENT: random.uniform(0.5, 2.0, traced.output.shape)})


# --- both sides -----------------------------------------------------------------------------------


def _compared(case: Case, traced: Traced, point: Point, decider: Pattern | AtPoint) -> Iterator[Comparison]:
    """Every number of the closed form beside the one from symbols, on one branch."""
    arguments = {name: array.shape if is_floating(array.dtype) else array for name, array in point.arguments.items()}
    cotangent = symbols(COTANGENT, traced.output.shape)
    true = explicit_gradient(case.function, arguments, case.wrt, cotangent, decider)
    expected = {"value": true.value, **true.entries, "tangent": _directional(true, cotangent)}
    with deciding(decider):
        for part, claimed in _closed_form(traced, case.wrt, expected).items():
            for index in np.ndindex(claimed.shape):
                yield Comparison(part, index, resolve(claimed[index]), expected[part][index])


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


__all__ = ["Entry", "Outcome", "Proof", "TooManyEntries", "prove"]
