"""Several runs shown as one: the parts of a run that was divided between machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diffcheck.observation import BehaviourRow
from diffcheck.record import Cell, Record, Run
from diffcheck.sheet import ClaimRow, Sheet


def merge(runs: Sequence[Run]) -> Run:
    """Put runs together; of two records of one cell, or two looks at one framework, the later counts."""
    if len(runs) == 1:
        return runs[0]
    records: dict[Cell, Record] = {record.cell: record for run in runs for record in run.records}
    sheets: dict[str, Sheet] = {sheet.case: sheet for run in runs for sheet in run.sheets}
    claims: dict[tuple[str, str], ClaimRow] = {(one.source, one.statement): one for run in runs for one in run.claims}
    return Run(
        environment=_environment(runs),
        records=tuple(records.values()),
        sheets=tuple(sheets.values()),
        gone=tuple(dict.fromkeys(sentence for run in runs for sentence in run.gone)),
        missing=tuple(dict.fromkeys(name for run in runs for name in run.missing)),
        complete=all(run.complete for run in runs),
        behaviours=_behaviours(runs),
        claims=tuple(claims.values()),
    )


def _behaviours(runs: Sequence[Run]) -> tuple[BehaviourRow, ...]:
    """Each statement once, with what every framework does."""
    rows: dict[str, BehaviourRow] = {}
    for row in (row for run in runs for row in run.behaviours):
        before = rows[row.name].observations if row.name in rows else ()
        seen = {one.framework: one for one in (*before, *row.observations)}
        rows[row.name] = replace(row, observations=tuple(seen.values()))
    return tuple(rows.values())


def _environment(runs: Sequence[Run]) -> dict[str, str]:
    """Where the runs differ, every value is named."""
    names = dict.fromkeys(name for run in runs for name in run.environment)
    return {
        name: " and ".join(dict.fromkeys(run.environment[name] for run in runs if name in run.environment))
        for name in names
    }
