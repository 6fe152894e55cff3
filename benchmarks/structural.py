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

from benchmarks.disturbed import BITS, disturbed
from benchmarks.functions import Problem
from benchmarks.judged import judged
from benchmarks.kinds import KINDS, Kind
from benchmarks.mutants import Mutant, mutants
from diffcheck.backends.base import Derivative
from diffcheck.lift.program import Program
from diffcheck.point import Point
from diffcheck.record import Judgement
from diffcheck.reference.certify import certify
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.precision import precision
from diffcheck.reference.reference import Reference, refer
from diffcheck.verdict import Verdict

SIZE = 100
SEED = 0

CAUGHT = "caught"
EQUIVALENT = "equivalent"
SAME = "same once rounded"
ROUNDING = "within rounding"
DOUBTED = "in doubt"
ESCAPED = "escaped"
OUTCOMES = (CAUGHT, EQUIVALENT, SAME, ROUNDING, DOUBTED, ESCAPED)

DISTURBANCES = 32
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
            far from the truth); else DOUBTED (INCONCLUSIVE or RANGE) or ESCAPED.
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


# ---- trying ----------------------------------------------------------------------------------


def trials(problem: Problem) -> Iterator[Trial]:
    """Every mutant of a function, at every kind of point; with its program known, and without."""
    for kind in KINDS:
        point = kind.move(problem, problem.point(SIZE, SEED, "float64"))
        if point is not None:
            yield from Place(problem, kind, point.astype("float32").astype("float64")).trials()


@dataclass(frozen=True, eq=False)
class Place:
    """A function at a point that float32 holds.

    Attributes:
        problem: the function.
        kind: of point.
        point: in float64.
    """

    problem: Problem
    kind: Kind
    point: Point

    def trials(self) -> Iterator[Trial]:
        """Every mutant; none where the truth is not finite, or there is a kink."""
        dtypes = self.kind.dtypes
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
            trial = Trial(self.problem.name, mutant.mistake, mutant.node, self.kind.name, dtype, lifted, outcome)
            if outcome != EQUIVALENT:
                found = self._judged(mutant, answer, dtype, lifted)
                trial = replace(trial, verdict=found.verdict.name, cause=found.cause.name)
                trial = replace(trial, outcome=_outcome(found.verdict, outcome))
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
        """In what way a mutant is none; nothing where that cannot be shown."""
        truth = self.truth(dtype)
        if all(_each(arb.overlaps, found[name].balls, truth.entries[name].balls) for name in found):
            return EQUIVALENT
        row = truth.dtype
        if all(np.array_equal(_rounded(found[name], row), _rounded(truth.entries[name], row)) for name in found):
            return SAME
        errors = {name: _distances(found[name].balls, truth.entries[name].balls) for name in found}
        return ROUNDING if all(_each(_reaches, self.reach(dtype)[name], errors[name]) for name in found) else ""

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


def _outcome(verdict: Verdict, shown: str) -> str:
    if verdict.failure:
        return CAUGHT
    return shown or (ESCAPED if verdict is Verdict.AGREES else DOUBTED)


def _is_ordinary(reference: Reference) -> bool:
    return all(np.isfinite(entry.high).all() and not entry.open.any() for entry in reference.entries.values())


def _rounded(enclosure: Enclosure, dtype: np.dtype) -> np.ndarray:
    with np.errstate(over="ignore"):
        return enclosure.high.astype(dtype)


def _each(test: Callable[[arb, arb], bool], first: np.ndarray, second: np.ndarray) -> bool:
    return bool(np.all(np.frompyfunc(test, 2, 1)(first, second)))


def _distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    with precision(BITS):
        return np.abs(first - second)


def _reaches(rounding: arb, error: arb) -> bool:
    return bool(rounding.abs_lower() >= error.abs_upper())


# ---- summing up ------------------------------------------------------------------------------


@dataclass(frozen=True)
class MutantRow:
    """How many mutants came to what.

    Attributes:
        title: a mistake, or a kind of point.
        is_mistake: which of the two.
        lifted: whether the judge knew the program.
        counts: outcome → how many trials.
    """

    title: str
    is_mistake: bool
    lifted: bool
    counts: Mapping[str, int]


def mutant_rows(found: Sequence[Trial]) -> list[MutantRow]:
    """The trials of every mistake, then of every kind of point."""
    return [
        MutantRow(title, name == "mistake", lifted, Counter(trial.outcome for trial in chosen))
        for lifted in (True, False)
        for name in ("mistake", "place")
        for title, chosen in _grouped([trial for trial in found if trial.lifted is lifted], name).items()
    ]


def _grouped(found: Iterable[Trial], name: str) -> dict[str, list[Trial]]:
    groups: dict[str, list[Trial]] = {}
    for trial in found:
        groups.setdefault(getattr(trial, name), []).append(trial)
    return groups


def escapes(found: Iterable[Trial]) -> list[tuple[Trial, int]]:
    """Every kind of doubt and escape, as a trial of no node, and how often it occurred; most often first."""
    missed = [replace(trial, node=-1) for trial in found if trial.outcome in (DOUBTED, ESCAPED)]
    return Counter(missed).most_common()
