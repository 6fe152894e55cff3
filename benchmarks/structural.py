"""Judging structural mutants: which are caught, which are no mutants at all, and which escape.

A mutant answers what its own graph is in balls, rounded once to the dtype: nothing but its formula
is wrong with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from flint import arb

from benchmarks.disturbed import disturbed
from benchmarks.functions import PROBLEMS, Problem
from benchmarks.judged import judged
from benchmarks.mutants import Mutant, mutants
from diffcheck.backends.base import Derivative
from diffcheck.dtype import limits
from diffcheck.lift.program import Program
from diffcheck.point import Point
from diffcheck.record import Judgement
from diffcheck.reference.certify import certify
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.reference import Reference, refer

SIZE = 100
SEED = 0

CAUGHT = "caught"
EQUIVALENT = "equivalent"
SAME = "same once rounded"
ROUNDING = "within rounding"
ESCAPED = "escaped"
OUTCOMES = (CAUGHT, EQUIVALENT, SAME, ROUNDING, ESCAPED)

DISTURBANCES = 16
"""How often the right program is disturbed, to see whether rounding takes it as far as a mutant is."""


@dataclass(frozen=True)
class Trial:
    """What became of a mutant at a point.

    Attributes:
        problem, mistake, node: which mutant.
        place, dtype: where.
        lifted: whether the judge knew the program.
        outcome: CAUGHT, by a failing verdict; or shown in balls: EQUIVALENT (its enclosure overlaps the true
            one in every entry), SAME (another number, which the dtype rounds to the same one, in every
            entry), ROUNDING (in every entry the right program, its operations off by one rounding each, is as
            far from the truth); else ESCAPED.
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


# ---- where -----------------------------------------------------------------------------------

Move = Callable[[Point], Point | None]

NEAR_ZERO = 2.0**-30
"""A stale value (2⁻¹⁰ nearer to zero) is then 2⁻⁴⁰ off where it is added to one: plain to see in float64, nothing in
float32. What lies in between is for the planted errors to find out."""


def _scaled(point: Point, factor: Callable[[tuple[int, ...]], np.ndarray]) -> Point:
    scaled = {name: array * factor(array.shape) for name, array in point.arguments.items()}
    return replace(point, arguments=scaled)


def _ordinary(point: Point) -> Point:
    return point


def _near_zero(point: Point) -> Point:
    return _scaled(point, lambda _: np.asarray(NEAR_ZERO))


def _underflowing(dtype: str) -> Move:
    """Every other number three times which, negative, underflows in an exponential; beside ordinary ones.

    Were all so large, a softmax would be one-hot and the gradient but rounding, whatever the program.
    """
    scale = 2.0 ** round(np.log2(-np.log(limits(dtype).smallest_subnormal) / 3))

    def alternating(shape: tuple[int, ...]) -> np.ndarray:
        first = np.arange(shape[0]) if shape else np.zeros(1)
        return np.where(first % 2 == 0, 1.0, scale).reshape(-1, *[1] * (len(shape) - 1)) if shape else np.ones(())

    return lambda point: _scaled(point, alternating)


def _near_kink(point: Point) -> Point | None:
    """The first sample moved so that the first unit gets 2⁻²⁰ of what it got, by terms that cancel."""
    if not {"inputs", "weights"} <= set(point.arguments):
        return None
    inputs, weights = (np.array(point.arguments[name]) for name in ("inputs", "weights"))
    unit = weights if weights.ndim == 1 else weights[:, 0]
    inputs[0] -= (1 - 2.0**-20) * (inputs[0] @ unit) / (unit @ unit) * unit
    return replace(point, arguments={**point.arguments, "inputs": inputs})


PLACES: Mapping[str, Move] = {
    "ordinary": _ordinary,
    "underflowing in float32": _underflowing("float32"),
    "underflowing in float64": _underflowing("float64"),
    "near zero": _near_zero,
    "near a kink": _near_kink,
}
"""Kinds of points: what is made of ordinary numbers."""


# ---- trying ----------------------------------------------------------------------------------


def trials(dtypes: Sequence[str], problems: Sequence[Problem] = PROBLEMS) -> Iterator[Trial]:
    """Every mutant of every function, at every kind of point; with its program known, and without."""
    for problem in problems:
        for name, move in PLACES.items():
            point = move(problem.point(SIZE, SEED, "float64"))
            if point is not None:
                yield from Place(problem, name, point.astype("float32").astype("float64")).trials(dtypes)


@dataclass(frozen=True, eq=False)
class Place:
    """A function at a point that float32 holds.

    Attributes:
        problem: the function.
        name: of the kind of point.
        point: in float64.
    """

    problem: Problem
    name: str
    point: Point

    def trials(self, dtypes: Sequence[str]) -> Iterator[Trial]:
        """Every mutant; none where the truth is not finite, or there is a kink."""
        if not all(_is_ordinary(self.truth(dtype)) for dtype in dtypes):
            return
        entries = self.truth(dtypes[0]).closed_form.entries.items()
        for mutant in mutants({name: node for name, node in entries if node is not None}):
            answer = cache(lambda dtype, mutant=mutant: self._enclosed(mutant, dtype))
            for dtype in dtypes:
                yield from self._tried(mutant, answer, dtype)

    def _tried(self, mutant: Mutant, answer: Answer, dtype: str) -> Iterator[Trial]:
        outcome = self._shown(answer(dtype), dtype)
        for lifted in (True, False):
            trial = Trial(self.problem.name, mutant.mistake, mutant.node, self.name, dtype, lifted, outcome)
            if outcome != EQUIVALENT:
                found = self._judged(mutant, answer, dtype, lifted)
                caught = CAUGHT if found.verdict.failure else outcome
                trial = replace(trial, outcome=caught, verdict=found.verdict.name, cause=found.cause.name)
            yield trial

    @cached_property
    def truth(self) -> Callable[[str], Reference]:
        """Dtype → what is true."""
        return cache(lambda dtype: refer(self.problem.function, self.point.astype(dtype), self.problem.wrt))

    def _enclosed(self, mutant: Mutant, dtype: str) -> Mapping[str, Enclosure]:
        truth = self.truth(dtype)
        found = certify(list(mutant.entries.values()), truth.inputs, truth.dtype)
        return dict(zip(mutant.entries, found, strict=True))

    def _judged(self, mutant: Mutant, answer: Answer, dtype: str, lifted: bool) -> Judgement:
        """What the judge says."""
        program = Program(self.truth(dtype).closed_form.traced.output, mutant.entries)

        def derivative(dtype: str) -> Derivative:
            entries = {name: _rounded(found, np.dtype(dtype)) for name, found in answer(dtype).items()}
            return Derivative(None, entries, program=(lambda: program) if lifted else None)

        return judged(self.problem.case, "mutant", self.point.astype(dtype), derivative, self.truth)

    # ---- what is shown in balls ----

    def _shown(self, found: Mapping[str, Enclosure], dtype: str) -> str:
        """What a mutant is if it is not caught."""
        truth = self.truth(dtype)
        if all(_each(arb.overlaps, found[name].balls, truth.entries[name].balls) for name in found):
            return EQUIVALENT
        row = truth.dtype
        if all(np.array_equal(_rounded(found[name], row), _rounded(truth.entries[name], row)) for name in found):
            return SAME
        errors = {name: _distances(found[name].balls, truth.entries[name].balls) for name in found}
        return ROUNDING if all(_each(_reaches, self.reach(dtype)[name], errors[name]) for name in found) else ESCAPED

    @cached_property
    def reach(self) -> Callable[[str], Mapping[str, np.ndarray]]:
        """Dtype → how far from the truth rounding takes each entry, as seen in some disturbances."""
        return cache(self._reach)

    def _reach(self, dtype: str) -> Mapping[str, np.ndarray]:
        truth = self.truth(dtype)
        moved = [disturbed(truth, seed) for seed in range(DISTURBANCES)]
        return {
            name: np.maximum.reduce([_distances(one[name], truth.entries[name].balls) for one in moved])
            for name in moved[0]
        }


Answer = Callable[[str], Mapping[str, Enclosure]]


def _is_ordinary(reference: Reference) -> bool:
    return all(np.isfinite(entry.high).all() and not entry.open.any() for entry in reference.entries.values())


def _rounded(enclosure: Enclosure, dtype: np.dtype) -> np.ndarray:
    with np.errstate(over="ignore"):
        return enclosure.high.astype(dtype)


def _each(test: Callable[[arb, arb], bool], first: np.ndarray, second: np.ndarray) -> bool:
    return bool(np.all(np.frompyfunc(test, 2, 1)(first, second)))


def _distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.abs(first - second)


def _reaches(rounding: arb, error: arb) -> bool:
    return bool(rounding.abs_lower() >= error.abs_upper())


# ---- summing up ------------------------------------------------------------------------------


@dataclass(frozen=True)
class MutantRow:
    """How many mutants came to what.

    Attributes:
        title: a mistake or a kind of point.
        lifted: whether the judge knew the program.
        counts: outcome → how many trials.
    """

    title: str
    lifted: bool
    counts: Mapping[str, int]


def mutant_rows(found: Sequence[Trial]) -> list[MutantRow]:
    """The trials of every mistake, then of every kind of point."""
    titles = [*dict.fromkeys(trial.mistake for trial in found), *dict.fromkeys(trial.place for trial in found)]
    return [
        MutantRow(title, lifted, Counter(t.outcome for t in found if t.lifted is lifted and title in (t.mistake, t.place)))
        for lifted in (True, False)
        for title in titles
    ]


def escapes(found: Iterable[Trial]) -> list[tuple[Trial, int]]:
    """Every kind of escape, as one trial without its node, and how often it occurred; most often first."""
    return Counter(replace(trial, node=-1) for trial in found if trial.outcome == ESCAPED).most_common()
