"""What changed between two runs: verdicts of cells, and what frameworks do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from diffcheck.observation import Observation
from diffcheck.record import Cell, Record, Run

Key = TypeVar("Key")
Value = TypeVar("Value")


def changes(old: Run, new: Run) -> list[str]:
    """Say what changed, a line each; versions, then verdicts, then behaviours and claims.

    Only what both runs looked at is compared, and that versions differ is no change of its own: an empty
    answer says that whatever was installed, everything is as before.
    """
    lines = [*_verdicts(old, new), *_behaviours(old, new), *_claims(old, new)]
    return [*_versions(old, new), *lines] if lines else []


def _versions(old: Run, new: Run) -> Iterator[str]:
    for name, before, now in _shared(old.environment, new.environment):
        if before != now:
            yield f"{name} {before} → {now}"


def _verdicts(old: Run, new: Run) -> Iterator[str]:
    for cell, before, now in _shared(_records(old), _records(new)):
        first, second = before.judgement.verdict.name, now.judgement.verdict.name
        if first != second:
            yield f"{cell.case} · {cell.method} {cell.dtype}: {first} → {second}"


def _behaviours(old: Run, new: Run) -> Iterator[str]:
    for (name, framework), before, now in _shared(_observations(old), _observations(new)):
        if (before.outcome, before.said, before.evidence) != (now.outcome, now.said, now.evidence):
            yield f"{name} · {framework} {before.version} → {now.version}: {_text(before)} → {_text(now)}"


def _claims(old: Run, new: Run) -> Iterator[str]:
    for (source, statement), before, now in _shared(_outcomes(old), _outcomes(new)):
        if before != now:
            yield f"{source}, {statement}: {before} → {now}"


def _text(seen: Observation) -> str:
    said = f" ({seen.said})" if seen.said else ""
    evidence = ", ".join(f"{name} {value}" for name, value in seen.evidence.items())
    return f"{seen.outcome}{said}" + (f" [{evidence}]" if evidence else "")


def _records(run: Run) -> dict[Cell, Record]:
    return {record.cell: record for record in run.records}


def _observations(run: Run) -> dict[tuple[str, str], Observation]:
    return {(row.name, one.framework): one for row in run.behaviours for one in row.observations}


def _outcomes(run: Run) -> dict[tuple[str, str], str]:
    own = {(one.source, one.statement): one.outcome for one in run.claims}
    return {**{(sheet.case, one.statement): one.outcome for sheet in run.sheets for one in sheet.claims}, **own}


def _shared(old: Mapping[Key, Value], new: Mapping[Key, Value]) -> Iterator[tuple[Key, Value, Value]]:
    return ((key, old[key], new[key]) for key in old if key in new)
