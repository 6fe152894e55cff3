"""Blame: the operation of a composite function whose own backward is wrong.

Every step of the run is judged on its own, with the arrays and the cotangent that it got, going back from the
output. It is held against no other program, so nothing has to be put beside anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from diffcheck.backends.base import first_line
from diffcheck.case import Case
from diffcheck.cell import explain, judge_cell, reference_or_judgement
from diffcheck.given import give
from diffcheck.own_case import first_point, own_case
from diffcheck.record import Cell, Judgement, Record
from diffcheck.report.number import brief, entry, short
from diffcheck.subject import Subject
from diffcheck.tape import TAPES, Step, Stop, Tape
from diffcheck.verdict import Cause, Verdict

MODE = "R"
WRONG = (Verdict.WRONG, Verdict.NOT_FINITE, Verdict.MISSING)
RIGHT = (Verdict.AGREES, Verdict.CONVENTION, Verdict.SELECTION)

MOST_STEPS = 100
"""Of a longer run, only hand-written backwards are looked at: a step takes up to a tenth of a second."""

MOST_NAMED = 3


def blamed(record: Record, case: Case) -> Record:
    """A record with its culprit, where a composite function is wrong in reverse mode.

    No verdict depends on it, so whatever goes wrong on the way leaves the record as it is.
    """
    judgement, cell, subject = record.judgement, record.cell, case.function
    asked = judgement.verdict in WRONG and (cell.mode, cell.transform) == (MODE, "") and record.point is not None
    if not asked or not isinstance(subject, Subject):
        return record
    with suppress(Exception):
        assert record.point is not None
        tape = TAPES[cell.backend](subject.call, record.point, case.wrt)
        sentence = culprit(tape, cell.backend, is_defined=subject.definition.call is not subject.call)
        return replace(record, judgement=replace(judgement, culprit=sentence))
    return record


def culprit(tape: Tape, framework: str, *, is_defined: bool) -> str:
    """What to blame for a wrong derivative, in a sentence; nothing where there is nothing to say.

    Args:
        tape: of a run.
        framework: that ran it.
        is_defined: whether the function is judged by another one.
    """
    search = Search(framework)
    wrong = search.first_wrong(tape)
    if wrong is not None:
        is_everything = [wrong.step] == list(tape.steps)
        return "" if is_everything else _accusation(wrong, search)
    if stops := [stop for stop in _stops(tape) if is_defined or not stop.is_read]:
        return f"{_acquittal(search)}gradients are cut off or changed at {_listed(stops)}"
    if len(search.passed) <= 1 or not search.is_whole:
        return ""
    if search.undecided:
        return f"every operation that could be judged on its own is right; the others: {_listed(search.undecided)}"
    return "every operation is right on its own" + (": is its definition another function?" if is_defined else "")


# ---- the way back ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """A step, and what follows for it alone."""

    step: Step
    judgement: Judgement

    @property
    def is_right(self) -> bool:
        """Whether its backward is right."""
        return self.judgement.verdict in RIGHT

    @property
    def is_wrong(self) -> bool:
        """Whether its backward is wrong."""
        return self.judgement.verdict in WRONG


@dataclass
class Search:
    """A way back through a run.

    Attributes:
        framework: that ran it.
        passed: the steps on the way, without those that are wrong.
        is_whole: whether nothing was left out.
    """

    framework: str
    passed: list[Judged] = field(default_factory=list)
    is_whole: bool = True

    @property
    def undecided(self) -> list[Step]:
        """The steps on the way that could not be judged."""
        return [judged.step for judged in self.passed if not judged.is_right]

    def first_wrong(self, tape: Tape) -> Judged | None:
        """The first step, going back from the output, whose own backward is wrong."""
        tape = tape.shortened(MOST_STEPS)
        self.is_whole &= tape.is_whole
        for step in reversed(tape.steps):
            judged = Judged(step, judgement_of(step, self.framework))
            if not judged.is_right and step.within is not None:
                found = self.first_wrong(step.within())
                if found is not None:
                    return found if found.step.line else replace(found, step=replace(found.step, line=step.line))
            elif not judged.is_wrong:
                self.passed.append(judged)
            if judged.is_wrong:
                return judged
        return None


def judgement_of(step: Step, framework: str) -> Judgement:
    """What follows for a step alone; `INCONCLUSIVE` where it cannot be judged."""
    try:
        given = give(step.operation, step.arguments)
        dtype = given.dtype or ""
        case = own_case(step.operation, given, None, framework, dtype, step.wrt, None)
        point = replace(first_point(given.leaves, dtype), cotangent=step.adjoint)
        cell = Cell(case.id, framework, MODE, "", dtype)
        truth = reference_or_judgement(case, point, MODE)
        judgement = judge_cell(case, cell, point, truth)
        return explain(case, cell, point, judgement, truth) if judgement.verdict in WRONG else judgement
    except Exception as error:  # noqa: BLE001 - a step takes what a check refuses: numbers of two dtypes, infinities
        return Judgement(Verdict.INCONCLUSIVE, Cause.NOT_COVERED, message=first_line(error))


def _stops(tape: Tape) -> list[Stop]:
    """What stops gradients; in the programs within, where nothing does outside."""
    inner = (stop for step in tape.steps if step.within is not None for stop in _stops(step.within()))
    return list(dict.fromkeys(tape.stops or inner))


# ---- in words ----------------------------------------------------------------------------------


def _accusation(wrong: Judged, search: Search) -> str:
    """Which step it is, how wrong, and what is known of those that the cotangent passed before."""
    sentence = (
        f"going back from the output, the first wrong backward is that of {wrong.step}: {_error(wrong.judgement)}"
    )
    if undecided := search.undecided:
        return f"{sentence}; after it, these could not be judged: {_listed(undecided)}"
    return f"{sentence}; all that comes after it is right" if search.passed and search.is_whole else sentence


def _acquittal(search: Search) -> str:
    """What is known of the steps where none is to blame."""
    is_known = search.passed and search.is_whole and not search.undecided
    return "every operation is right on its own, but " if is_known else ""


def _error(judgement: Judgement) -> str:
    if judgement.verdict is Verdict.MISSING:
        return f"it gives no gradient (None) to {judgement.argument}"
    assert judgement.value is not None
    assert judgement.lower is not None
    assert judgement.upper is not None
    name = entry(judgement.argument, judgement.index)
    answer, truth = brief(judgement.value), brief((judgement.lower + judgement.upper) / 2)
    if answer == truth and judgement.ulps is not None:
        error = f"its gradient for its argument {name} is off by {short(judgement.ulps)} ulp"
    else:
        error = f"its gradient for its argument {name} is {answer}, not {truth}"
    return " ".join([error, *(f"({cause})" for cause in judgement.causes)])


def _listed(them: Iterable[Step | Stop]) -> str:
    """The first few of them, and how many more there are."""
    names = list(dict.fromkeys(map(str, them)))
    more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return "; ".join([*names[:MOST_NAMED], *more])
