"""Whether the formula of a derivative is proved: for all numbers at once, at a small size."""

from __future__ import annotations

from dataclasses import replace

from diffcheck.case import Case
from diffcheck.cell import differentiate
from diffcheck.point import Point
from diffcheck.record import Cell, Record
from diffcheck.reference.program_proof import Entries, Shapes, prove_program


def with_proof(record: Record, case: Case) -> Record:
    """A record that says so, where what a framework runs is proved to be the derivative.

    Args:
        record: of the case; one with a failing verdict, or of an order above 1, stays as it is.
        case: whose definition is the truth.
    """
    if record.judgement.verdict.failure or record.point is None or len(record.cell.mode) > 1:
        return record
    shapes = _proved(case, record.cell)
    return record if shapes is None else replace(record, proved=_sentence(shapes))


def _proved(case: Case, cell: Cell) -> Shapes | None:
    """For which shapes it is proved."""

    def entries_at(point: Point) -> Entries | None:
        lifted = differentiate(case, cell, point.astype(cell.dtype)).program
        program = None if lifted is None else lifted()
        return None if program is None or program.branches else program.entries

    try:
        return prove_program(case, cell.mode, entries_at)
    except Exception:  # noqa: BLE001 - whatever somebody's function raises; without a proof nothing is lost
        return None


def _sentence(shapes: Shapes) -> str:
    """`x of shape (3,), scale of shape ()`"""
    return ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
