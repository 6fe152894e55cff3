"""Is a program's formula right, whatever the rounding? Its graph is compared with the closed form, symbol by symbol.

Both are written out at a small size, on every branch of the function, and their difference must be the
zero of a normal form. So a backward pass is proved to be the derivative for all numbers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import monotonic

import numpy as np

from diffcheck.case import Case
from diffcheck.expression.closed_form import derive_closed_form
from diffcheck.expression.explicit import explicit
from diffcheck.expression.functions import NotCovered
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Traced
from diffcheck.point import Point
from diffcheck.reference.branches import resolve
from diffcheck.reference.comparison import Comparison, Outcome, compare
from diffcheck.reference.deciders import Branches
from diffcheck.reference.proof import POINTS, random_values
from diffcheck.reference.tiny import TooManyEntries, tiny_point, tiny_sizes
from diffcheck.reference.tracing import trace_at
from diffcheck.symbolic import array as symbolic
from diffcheck.symbolic.decider import Undefined, deciding
from diffcheck.symbolic.pattern import Indeterminate

SECONDS = 2.0
"""For a whole program."""

Shapes = Mapping[str, tuple[int, ...]]
Entries = Mapping[str, Node | None]


def prove_program(case: Case, mode: str, entries_at: Callable[[Point], Entries | None]) -> Shapes | None:
    """Prove that a program computes the derivative, whatever the numbers.

    Args:
        case: the function.
        mode: of the derivative: `R` or `F`.
        entries_at: point → what is computed there, name by name; `None` where that is not known.

    Returns:
        argument → the shape for which it is proved; `None` where it is not.
    """
    try:
        sizes = tiny_sizes(case)
        points = [tiny_point(case, sizes, seed) for seed in range(POINTS)]
        traced = trace_at(case.function, points[0])
        entries = entries_at(replace(points[0], cotangent=np.ones(traced.output.shape)))
        if entries is None or not _is_proved(case, mode, traced, entries, points):
            return None
    except (TooManyEntries, NotCovered, Indeterminate, Undefined, symbolic.NotCovered):
        return None
    return {name: points[0].arguments[name].shape for name in case.wrt}


def _is_proved(case: Case, mode: str, traced: Traced, entries: Entries, points: Sequence[Point]) -> bool:
    """Whether every entry is, on every branch."""
    end = monotonic() + SECONDS
    true = _arriving(derive_closed_form(traced, case.wrt, mode).entries)
    claimed = _arriving(entries)
    if true.keys() != claimed.keys():
        return False
    values = [random_values(traced, case.wrt, point, seed) for seed, point in enumerate(points)]
    branches = Branches(traced, values)
    for decider in branches:
        with deciding(decider):
            for comparison in _compared(claimed, true):
                if compare(comparison, values, decider, end - monotonic()) is not Outcome.PROVED:
                    return False
    return branches.complete


def _arriving(entries: Entries) -> dict[str, Node]:
    return {name: node for name, node in entries.items() if node is not None}


def _compared(claimed: Mapping[str, Node], true: Mapping[str, Node]) -> Iterator[Comparison]:
    """Every entry of a program beside that of the closed form, on one branch."""
    for name in true:
        ours, theirs = explicit([true[name], claimed[name]])
        for index in np.ndindex(ours.shape):
            yield Comparison(name, index, resolve(theirs[index]), resolve(ours[index]))
