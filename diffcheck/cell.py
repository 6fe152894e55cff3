"""A cell at a point: what its method answers there, and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import Derivative, Task, Unsupported, first_line
from diffcheck.case import Case
from diffcheck.confirm import confirm
from diffcheck.evidence import Evidence
from diffcheck.explanation import explained
from diffcheck.expression.functions import NotCovered
from diffcheck.judge import judge_failure, weigh
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement, as_float
from diffcheck.reference.reference import Reference, refer
from diffcheck.verdict import Cause, Verdict
from diffcheck.witness import witness

VALUE = "value"  # where a judgement is about the function's value


class NoReference(Exception):
    """There is nothing to judge by at a point; carries what every method gets there."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.message)
        self.judgement = judgement


def reference_at(case: Case, point: Point, mode: str) -> Reference:
    """The reference of a case at a point.

    Raises:
        NoReference: the function raises, or calls something without a rule.
    """
    try:
        return refer(case.function, point, case.wrt, mode)
    except NotCovered as error:
        raise NoReference(Judgement(Verdict.INCONCLUSIVE, Cause.NOT_COVERED, message=first_line(error))) from error
    except Exception as error:
        message = f"the definition raises {type(error).__name__}: {first_line(error)}"
        raise NoReference(Judgement(Verdict.RAISED, Cause.EXCEPTION, message=message)) from error


def reference_or_judgement(case: Case, point: Point, mode: str) -> Reference | Judgement:
    """The reference of a case at a point, or what every method gets where there is none."""
    try:
        return reference_at(case, point, mode)
    except NoReference as error:
        return error.judgement


def differentiate(case: Case, cell: Cell, point: Point) -> Derivative:
    """What a cell's method answers at a point; raises what the method raises."""
    task = Task(case.function, point, case.wrt, cell.mode, cell.transform, case)
    return BACKENDS[cell.backend].differentiate(task)


def judge_cell(case: Case, cell: Cell, point: Point, reference: Reference | Judgement) -> Judgement:
    """What follows for a cell at a point; never raises."""
    if isinstance(reference, Judgement):
        return _witnessed(case, cell, point, reference) if reference.cause is Cause.NOT_COVERED else reference
    try:
        derivative = differentiate(case, cell, point)
    except Exception as error:  # noqa: BLE001 - whatever a framework raises becomes a verdict
        return judge_failure(error, reference)
    judgement, evidence = weigh(derivative, reference)
    return confirm(case, cell, point, judgement, differentiate, reference_at, lifted=lambda: _is_lifted(evidence))


def explain(case: Case, cell: Cell, point: Point, judgement: Judgement, reference: Reference | Judgement) -> Judgement:
    """A judgement with what a person wants to know beyond its numbers; it costs more than judging."""
    if isinstance(reference, Judgement) or judgement.value is None:
        return judgement
    try:
        _, evidence = weigh(differentiate(case, cell, point), reference)
    except Exception:  # noqa: BLE001 - a method that raises has no numbers to explain
        return judgement
    return explained(judgement, evidence)


def _is_lifted(evidence: Mapping[str, Evidence]) -> bool:
    """Whether the program that ran is known."""
    return any(about.together.ran is not None for about in evidence.values())


def _witnessed(case: Case, cell: Cell, point: Point, judgement: Judgement) -> Judgement:
    """Where nothing can be traced a method still runs, and the function's values say how its answer looks.

    They say so of a first derivative only.
    """
    if len(cell.mode) > 1:
        return judgement
    try:
        derivative = differentiate(case, cell, point)
        said = witness(case.function, point, case.wrt, cell.mode, derivative)
    except (Unsupported, NotCovered) as error:
        return judge_failure(Unsupported(first_line(error)))
    except Exception as error:  # noqa: BLE001 - whatever a framework raises is told
        said = f"it raises {type(error).__name__}: {first_line(error)}"
    return replace(judgement, message=f"{judgement.message}; {said}")


def answer(case: Case, cell: Cell, point: Point, argument: str, index: tuple[int, ...]) -> float | None:
    """One number of what a cell's method answers at a point; `None` where it gives none.

    Args:
        case: of the cell.
        cell: the method.
        point: where.
        argument: `value` for the function's value; else an argument, or `output` in mode F.
        index: the entry of it.
    """
    try:
        derivative = differentiate(case, cell, point)
    except Exception:  # noqa: BLE001 - a method that raises gives no number
        return None
    array = derivative.value if argument == VALUE else derivative.entries.get(argument)
    return None if array is None else as_float(np.asarray(array)[index])
