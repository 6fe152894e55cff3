"""Describes a case: computes its sheet, everything that a report shows about it besides records."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from diffcheck.answered import nearest_float
from diffcheck.backends import BACKENDS
from diffcheck.backends.base import FORWARD, REVERSE, Derivative, first_line, installed
from diffcheck.backends.difference_rules import COMPLEX_STEP
from diffcheck.case import Case
from diffcheck.cell import NoReference, differentiate, reference_at
from diffcheck.claims import claim_rows
from diffcheck.example import example_point
from diffcheck.expression.show import closed_form
from diffcheck.judge import judge, judge_failure
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.reference.proof import Outcome, prove
from diffcheck.reference.reference import Reference
from diffcheck.sheet import Formula, MethodRow, Numbers, Sheet, StepTable, Trust, WorkedExample
from diffcheck.steps import DRAWN, step_table
from diffcheck.verdict import Cause, Verdict

SHOWN = 16
"""Entries of an array that a sheet keeps; a report prints no more."""

DTYPE = "float64"


def describe(case: Case, example: Mapping[str, Any] | None = None) -> Sheet:
    """Compute a case's sheet, in float64.

    Args:
        case: what to describe.
        example: the point to work out; by default the case's first example.

    Returns:
        The sheet. What cannot be shown (no closed form, no reference) is a note on it.
    """
    notes: list[str] = []
    formula, closed_forms = _formulas(case, notes)
    chosen = example if example is not None else next(iter(case.examples), None)
    return Sheet(
        case=case.id,
        docstring=inspect.getdoc(case.function) or "",
        source=case.source,
        formula=formula,
        closed_forms=closed_forms,
        trust=_trust(case, notes),
        example=None if chosen is None else _worked(case, example_point(case, chosen, DTYPE), notes),
        claims=claim_rows(case) if example is None else (),
        notes=tuple(notes),
    )


def numbers(array: Any) -> Numbers:
    """An array as a report shows it: its shape and its first entries, as float64."""
    array = np.asarray(array)
    return Numbers(array.shape, tuple(nearest_float(value) for value in array.ravel()[:SHOWN]))


def _formulas(case: Case, notes: list[str]) -> tuple[Formula | None, dict[str, Formula]]:
    """The function and its closed form; a note where they are not for reading."""
    try:
        written = closed_form(case)
    except Exception as error:  # noqa: BLE001 - a formula is for reading: the numbers stand without it
        notes.append(f"No formula: {first_line(error)}")
        return None, {}
    entries = {name: Formula(one.latex, one.text) for name, one in written.entries.items()}
    return Formula(written.function.latex, written.function.text), entries


def _trust(case: Case, notes: list[str]) -> Trust | None:
    """How the closed form compares with another derivation; a note where it could not be compared."""
    try:
        proof = prove(case)
    except Exception as error:  # noqa: BLE001 - that there is no proof is said, and costs nothing else
        notes.append(f"No proof: {first_line(error)}")
        return None
    return Trust(
        proved=proof.count(Outcome.PROVED),
        checked=proof.count(Outcome.CHECKED),
        open=proof.count(Outcome.OPEN),
        refuted=proof.count(Outcome.REFUTED),
    )


def _worked(case: Case, point: Point, notes: list[str]) -> WorkedExample:
    arguments = {name: numbers(array) for name, array in point.arguments.items()}
    try:
        references = {mode: reference_at(case, point, mode) for mode in (REVERSE, FORWARD)}
    except NoReference as error:
        notes.append(f"No reference at the worked example: {error}")
        return WorkedExample(arguments, None, {}, {})
    reference = references[REVERSE]
    enclosures = {**reference.entries, **references[FORWARD].entries}
    rows = tuple(_row(case, cell, point, references[cell.mode]) for cell in cells(case))
    return WorkedExample(
        arguments=arguments,
        value=numbers((reference.value.lower + reference.value.upper) / 2),
        lower={name: numbers(enclosure.lower) for name, enclosure in enclosures.items()},
        upper={name: numbers(enclosure.upper) for name, enclosure in enclosures.items()},
        rows=rows,
        steps=_steps(case, point, reference, rows),
    )


def cells(case: Case) -> Iterator[Cell]:
    """Every way that any backend declares to differentiate a case once, in float64."""
    for backend in BACKENDS.values():
        for transform in backend.transforms(case):
            for mode in (REVERSE, FORWARD):
                if mode in backend.capabilities.modes:
                    yield Cell(case.id, backend.name, mode, transform, DTYPE)


def _row(case: Case, cell: Cell, point: Point, reference: Reference) -> MethodRow:
    """What one method answers, and what follows; never raises."""
    if not installed(BACKENDS[cell.backend]):
        return _method_row(cell, None, Judgement(Verdict.UNAVAILABLE, Cause.ABSENT))
    try:
        derivative = differentiate(case, cell, point)
    except Exception as error:  # noqa: BLE001 - whatever a framework raises becomes a verdict
        return _method_row(cell, None, judge_failure(error, reference))
    return _method_row(cell, derivative, judge(derivative, reference))


def _method_row(cell: Cell, derivative: Derivative | None, judgement: Judgement) -> MethodRow:
    entries = {} if derivative is None else derivative.entries
    return MethodRow(
        method=cell.method,
        dtype=cell.dtype,
        answers={name: numbers(entry) for name, entry in entries.items() if entry is not None},
        verdict=judgement.verdict,
        cause=judgement.cause,
        message=judgement.message,
        ratio=judgement.ratio,
        ulps=judgement.ulps,
        argument=judgement.argument,
        index=judgement.index,
        value=judgement.value,
    )


def _steps(case: Case, point: Point, reference: Reference, rows: Iterable[MethodRow]) -> StepTable | None:
    """The step-size table of the first entry whose derivative is a number other than 0, else of none."""
    refused = {row.method.rpartition(" ")[2] for row in rows if row.verdict is Verdict.UNSUPPORTED}
    schemes = [scheme for scheme in DRAWN if scheme != COMPLEX_STEP or scheme not in refused]
    for argument, enclosure in reference.entries.items():
        certain = ~enclosure.open & np.isfinite(enclosure.lower) & np.isfinite(enclosure.upper)
        chosen = np.argwhere(certain & (np.sign(enclosure.lower) * np.sign(enclosure.upper) > 0))
        if len(chosen):
            index = tuple(int(k) for k in chosen[0])
            return step_table(case.function, point, argument, index, enclosure, schemes)
    return None
