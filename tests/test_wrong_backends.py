"""The whole chain against planted errors: what is wrong is caught, what is right is not accused.

At every worked example of every case, in float64. Where a planted error is not caught, its entries
are shown, in balls, to lie no further from the true derivative than rounding is allowed to move them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from flint import arb

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import Backend, Derivative, Task, Unsupported
from diffcheck.backends.wrong import PLANTS, WrongBackend, changed, wrong_backends
from diffcheck.case import Case
from diffcheck.evidence import gather
from diffcheck.example import example_point
from diffcheck.judge import judge
from diffcheck.known import Known, read_known
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.reference.reference import Reference, refer
from diffcheck.registry import default_folder, load
from diffcheck.verdict import Verdict

Judge = Callable[[Derivative, Reference], Judgement]

CASES = load()
METHODS = [("torch", "R"), ("torch", "F"), ("handwritten", "R")]
QUESTIONED = [
    pytest.param(case, backend, mode, id=f"{case.id}-{backend}-{mode}")
    for case in CASES
    for backend, mode in METHODS
    if BACKENDS[backend].transforms(case)
]


@dataclass(frozen=True)
class Question:
    """One derivative at one point: the right backend's task, and what is true."""

    backend: Backend
    task: Task
    reference: Reference

    @property
    def smooth(self) -> bool:
        """Whether the derivative exists, is finite and has no kink here, nor one within rounding."""
        entries = self.reference.entries.values()
        kinked = bool(self.reference.slack) or self.reference.jumps
        return not kinked and all(not e.open.any() and np.isfinite(e.high).all() for e in entries)


def questions(case: Case, backend: str, mode: str) -> Iterator[Question]:
    """Every worked example of a case, by every transform of a backend."""
    right = BACKENDS[backend]
    for example in case.examples:
        point = example_point(case, example, "float64")
        reference = refer(case.function, point, case.wrt, mode)
        for transform in right.transforms(case):
            if transform != "spelling":
                yield Question(right, Task(case.function, point, case.wrt, mode, transform, case), reference)


def escaped(question: Question, judged: Judge = judge) -> list[str]:
    """The planted errors that are not caught, although they go further than rounding may."""
    try:
        right = question.backend.differentiate(question.task)
    except Unsupported:
        return []
    return [wrong.name for wrong in wrong_backends(question.backend) if _escapes(wrong, right, question, judged)]


def _escapes(wrong: WrongBackend, right: Derivative, question: Question, judged: Judge) -> bool:
    try:
        altered = wrong.differentiate(question.task)
    except Unsupported:
        return False
    if not changed(right, altered):
        return False
    found = judged(altered, question.reference).verdict
    return not found.failure and found is not Verdict.INCONCLUSIVE and not within_allowance(altered, question.reference)


def within_allowance(derivative: Derivative, reference: Reference) -> bool:
    """Whether every entry certainly lies within the allowance of the true one; decided in balls."""
    return all(
        entry is not None and _entry_within(name, entry, reference) for name, entry in derivative.entries.items()
    )


def _entry_within(name: str, entry: np.ndarray, reference: Reference) -> bool:
    enclosure = reference.entries[name]
    claim = gather({name: entry}, Derivative(None, {name: entry}), reference)[name]
    # An infinite allowance bounds nothing, so it excuses nothing.
    allowance = np.where(np.isfinite(claim.allowance), claim.allowance, 0.0)
    numbers = zip(entry.ravel().tolist(), enclosure.balls.ravel(), allowance.ravel().tolist(), strict=True)
    return all(abs(arb(value) - true.mid()) <= arb(allowed) for value, true, allowed in numbers)


@cache
def known_findings() -> tuple[Known, ...]:
    """What is known to be wrong in the frameworks and in the tutorials."""
    return read_known(default_folder() / "known.toml")


def is_known(question: Question, verdict: Verdict) -> bool:
    """Whether a finding is listed, with its reason, in the file of known findings."""
    task = question.task
    cell = Cell(task.case.id, question.backend.name, task.mode, task.transform, "float64")
    return any(known.names(cell) and known.verdict == verdict.name for known in known_findings())


@pytest.mark.parametrize(("case", "backend", "mode"), QUESTIONED)
def test_planted_errors_are_caught_wherever_rounding_cannot_hide_them(case: Case, backend: str, mode: str) -> None:
    """Of every plant: a failing verdict, an undecided one, or the proof that nothing was to be caught."""
    for question in questions(case, backend, mode):
        if question.smooth:
            assert escaped(question) == []


@pytest.mark.parametrize(("case", "backend", "mode"), QUESTIONED)
def test_right_derivatives_never_fail(case: Case, backend: str, mode: str) -> None:
    """No framework and no formula is accused, but of what is known, with its reason."""
    for question in questions(case, backend, mode):
        try:
            right = question.backend.differentiate(question.task)
        except Unsupported:
            continue
        judgement = judge(right, question.reference)
        assert not judgement.verdict.failure or is_known(question, judgement.verdict), judgement


# --- the plants and the test itself ---------------------------------------------------------------


def form(x: Any, w: Any) -> Any:
    """y = x ∘ x W, on which every plant has an effect"""
    return x * (x @ w)


@pytest.fixture
def question() -> Question:
    """A smooth function at an ordinary point."""
    case = Case("form", "tests", form, {}, ("x", "w"), (), "tests")
    point = Point({"x": np.array([[1.0, 2.0], [3.0, 5.0], [7.0, 11.0]]), "w": np.array([[1.0, 3.0], [0.5, 2.0]])})
    return Question(BACKENDS["torch"], Task(form, point, case.wrt, "R", "", case), refer(form, point, case.wrt, "R"))


def wrong_verdict(question: Question, name: str) -> Verdict:
    """What one planted error is judged to be."""
    wrong = next(wrong for wrong in wrong_backends(question.backend) if wrong.plant.name == name)
    altered = wrong.differentiate(question.task)
    assert changed(question.backend.differentiate(question.task), altered)
    return judge(altered, question.reference).verdict


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_every_plant_is_caught_somewhere(question: Question, plant: Any) -> None:
    """None of them is without effect everywhere: on this function each one fails."""
    expected = Verdict.MISSING if plant.name == "argument detached" else Verdict.WRONG
    assert wrong_verdict(question, plant.name) is expected


@pytest.mark.parametrize("mode", ["R", "F"])
def test_without_a_planted_error_the_same_question_agrees(question: Question, mode: str) -> None:
    """It is the plant that fails, not the function."""
    task = replace(question.task, mode=mode)
    reference = refer(form, task.point, task.wrt, mode)
    assert judge(question.backend.differentiate(task), reference).verdict is Verdict.AGREES


def test_a_judge_that_always_agrees_is_found_out(question: Question) -> None:
    """This is what the first test would say of it: every planted error escapes."""

    def lenient(derivative: Derivative, reference: Reference) -> Judgement:
        return Judgement(Verdict.AGREES)

    assert len(escaped(question, lenient)) == len(PLANTS)
    assert escaped(question) == []


def test_an_allowance_is_checked_entry_by_entry(question: Question) -> None:
    """The right derivative lies within it; one entry moved by a billionth, or gone, does not."""
    right = question.backend.differentiate(question.task)
    assert within_allowance(right, question.reference)
    entry = right.entries["w"]
    assert entry is not None
    moved = entry.copy()
    moved[1, 1] *= 1 + 1e-9
    assert not within_allowance(replace(right, entries={**right.entries, "w": moved}), question.reference)
    assert not within_allowance(replace(right, entries={**right.entries, "w": None}), question.reference)
