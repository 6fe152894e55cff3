"""Replays a record: the same cell at the same point, computed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diffcheck.case import Case
from diffcheck.cell import explain, judge_cell, reference_or_judgement
from diffcheck.identity import record_id
from diffcheck.record import Record, Run

FEWEST_CHARACTERS = 4


class ReplayError(ValueError):
    """A record that cannot be replayed; the message is one line that says what to do."""


def find_record(identifier: str, run: Run) -> Record:
    """Find a record by its id, or by the first few characters that no other id begins with.

    Raises:
        ReplayError: no record has it, or several do.
    """
    found = [record for record in run.records if record.id.startswith(identifier)]
    if len(identifier) < FEWEST_CHARACTERS:
        raise ReplayError(f"{identifier!r} is too short for an id; give at least {FEWEST_CHARACTERS} characters")
    if not found:
        raise ReplayError(f"no record {identifier!r} in this run; `diffcheck report` shows the ids of findings")
    if len(found) > 1:
        raise ReplayError(f"{identifier!r} is the beginning of {len(found)} ids; give more characters")
    return found[0]


def find_case(record: Record, cases: Sequence[Case]) -> Case:
    """Find the case of a record.

    Raises:
        ReplayError: it is not among the cases.
    """
    case = next((case for case in cases if case.id == record.cell.case), None)
    if case is None:
        raise ReplayError(f"{record.id} is about {record.cell.case}, which is not among the cases; name its file")
    return case


def unchanged_case(record: Record, cases: Sequence[Case]) -> Case:
    """Find the case of a record, as it was when the record was made.

    Raises:
        ReplayError: it is not among the cases, or it is another one now.
    """
    case = find_case(record, cases)
    if record_id(case, record.cell, record.point) != record.id:
        raise ReplayError(f"{record.id}: {case.id} has changed since; run it again")
    return case


def replay(identifier: str, run: Run, cases: Sequence[Case]) -> Record:
    """Compute a record again at its point.

    Args:
        identifier: the record's id, or its first few characters.
        run: that holds it.
        cases: to take its case from.

    Returns:
        The record with what follows today; its `points` is 1. Its id differs from the old one where
        the definition has changed.

    Raises:
        ReplayError: no such record, it never ran, or its case is not among the cases.
    """
    old = find_record(identifier, run)
    if old.point is None:
        raise ReplayError(f"{old.id} has no point: {old.judgement.message or old.judgement.cause.value}")
    case = find_case(old, cases)
    truth = reference_or_judgement(case, old.point, old.cell.mode)
    judgement = explain(case, old.cell, old.point, judge_cell(case, old.cell, old.point, truth), truth)
    return replace(
        old,
        id=record_id(case, old.cell, old.point),
        judgement=judgement,
        points=1,
        entries=sum(judgement.counts.values()),
        verdicts={judgement.verdict.name: 1},
        others={},
    )
