"""Judging structural mutants: which are caught, which are no mutants at all, and which escape.

A mutant answers what its own graph is in balls, rounded once to the dtype: nothing but its formula
is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from flint import arb

from benchmarks.functions import PROBLEMS, Problem
from benchmarks.mutants import Mutant, mutants
from diffcheck.backends.base import PLAIN, REVERSE, Derivative
from diffcheck.case import Case
from diffcheck.confirm import confirm
from diffcheck.judge import weigh
from diffcheck.lift.program import Program
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.reference.certify import certify
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.reference import Reference, refer

SIZE = 100
SEED = 0

CAUGHT = "caught"
EQUIVALENT = "equivalent"
BELOW = "below the dtype"
ESCAPED = "escaped"


@dataclass(frozen=True)
class Place:
    """A kind of point.

    Attributes:
        name: what tables call it.
        scale: what the ordinary numbers are multiplied by.
    """

    name: str
    scale: float


PLACES = (
    Place("ordinary", 1.0),
    Place("underflowing", 2.0**8),  # exp(−256·…) and products of such numbers vanish in float32
    Place("near zero", 2.0**-40),  # where a rectifier bends, and where squares underflow in float32
)


@dataclass(frozen=True)
class Trial:
    """What became of a mutant at a point.

    Attributes:
        problem, mistake, node: which mutant.
        place, dtype: where.
        lifted: whether the judge knew the program.
        outcome: CAUGHT, EQUIVALENT (its enclosure overlaps the true one in every entry), BELOW (another
            number, which the dtype rounds to the same one, in every entry) or ESCAPED.
        verdict, cause: of the judge.
    """

    problem: str
    mistake: str
    node: int
    place: str
    dtype: str
    lifted: bool
    outcome: str
    verdict: str = ""
    cause: str = ""


def trials(dtypes: tuple[str, ...], problems: tuple[Problem, ...] = PROBLEMS) -> Iterator[Trial]:
    """Every mutant of every function, at every kind of point; with its program known, and without."""
    for problem in problems:
        for place in PLACES:
            yield from _trials(problem, place, dtypes)


def _trials(problem: Problem, place: Place, dtypes: tuple[str, ...]) -> Iterator[Trial]:
    @cache
    def point(dtype: str) -> Point:
        return _scaled(problem.point(SIZE, SEED, "float64"), place.scale).astype(dtype)

    @cache
    def truth(dtype: str) -> Reference:
        return refer(problem.function, point(dtype), problem.wrt)

    if not all(_is_ordinary(truth(dtype)) for dtype in dtypes):
        return
    entries = {name: node for name, node in truth(dtypes[0]).closed_form.entries.items() if node is not None}
    for mutant in mutants(entries):
        answer = cache(lambda dtype, mutant=mutant: _enclosed(mutant, truth(dtype)))
        for dtype in dtypes:
            outcome = _compared(answer(dtype), truth(dtype))
            for lifted in (True, False):
                trial = (problem.name, mutant.mistake, mutant.node, place.name, dtype, lifted)
                if outcome == EQUIVALENT:
                    yield Trial(*trial, outcome)
                    continue
                judged = _judged(problem, mutant, answer, truth, point(dtype), lifted)
                found = CAUGHT if judged.verdict.failure else (outcome or ESCAPED)
                yield Trial(*trial, found, judged.verdict.name, judged.cause.name)


def _scaled(point: Point, scale: float) -> Point:
    return Point({name: array * scale for name, array in point.arguments.items()})


def _is_ordinary(reference: Reference) -> bool:
    return all(np.isfinite(entry.high).all() and not entry.open.any() for entry in reference.entries.values())


# ---- what a mutant answers -------------------------------------------------------------------


def _enclosed(mutant: Mutant, truth: Reference) -> dict[str, Enclosure]:
    found = certify(list(mutant.entries.values()), truth.inputs, truth.dtype)
    return dict(zip(mutant.entries, found, strict=True))


def _compared(found: Mapping[str, Enclosure], truth: Reference) -> str:
    """EQUIVALENT or BELOW, shown in balls; else nothing."""
    pairs = [(found[name].balls, truth.entries[name].balls) for name in found]
    if all(_all(arb.overlaps, *pair) for pair in pairs):
        return EQUIVALENT
    dtype = truth.dtype
    same = all(np.array_equal(_rounded(found[name], dtype), _rounded(truth.entries[name], dtype)) for name in found)
    return BELOW if same else ""


def _all(test: Callable[[arb, arb], bool], first: np.ndarray, second: np.ndarray) -> bool:
    return bool(np.all(np.frompyfunc(test, 2, 1)(first, second)))


def _rounded(enclosure: Enclosure, dtype: np.dtype) -> np.ndarray:
    with np.errstate(over="ignore"):
        return enclosure.high.astype(dtype)


def _judged(
    problem: Problem,
    mutant: Mutant,
    enclosed: Callable[[str], Mapping[str, Enclosure]],
    truth: Callable[[str], Reference],
    point: Point,
    lifted: bool,
) -> Judgement:
    """What the judge says, by the way that a user's backend takes."""
    program = Program(truth(point.dtype.name).closed_form.traced.output, mutant.entries)

    def answer(_: Case, __: Cell, at: Point) -> Derivative:
        entries = {name: _rounded(found, at.dtype) for name, found in enclosed(at.dtype.name).items()}
        return Derivative(None, entries, program=(lambda: program) if lifted else None)

    cell = Cell(problem.case.id, "mutant", REVERSE, PLAIN, point.dtype.name)
    judged, evidence = weigh(answer(problem.case, cell, point), truth(point.dtype.name))
    known = any(about.together.ran is not None for about in evidence.values())
    return confirm(
        problem.case, cell, point, judged, answer, lambda _, at, __: truth(at.dtype.name), lifted=lambda: known
    )
