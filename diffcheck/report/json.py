"""The report for other programs.

Numbers are JSON numbers in their shortest text that reads back exactly; what JSON has no number
for is the text `"nan"`, `"inf"` or `"-inf"`. `null` only ever means that a number is not there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from diffcheck.record import Record, Run
from diffcheck.report.claim import claims
from diffcheck.report.convention import conventions
from diffcheck.report.matrix import counts

SCHEMA = 1
"""Raised when a field changes its meaning or goes away; new fields leave it."""

MOST_VALUES = 1000
"""Larger arrays of a point have `null` for their values: each would be written once for every cell."""


def render(run: Run) -> str:
    """Environment, counts, conventions, records, sheets, behaviours and claims."""
    content = {
        "schema": SCHEMA,
        "environment": dict(run.environment),
        "complete": run.complete,
        "missing": list(run.missing),
        "gone": list(run.gone),
        "counts": {verdict.name: number for verdict, number in counts(run).items()},
        "conventions": [plain(convention) for convention in conventions(run.records)],
        "records": [_record(record) for record in run.records],
        "sheets": [plain(sheet) for sheet in run.sheets],
        "behaviours": [plain(row) for row in run.behaviours],
        "claims": [plain(claim) for claim in claims(run)],
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _record(record: Record) -> dict[str, Any]:
    """A record with the words that belong to its verdict, for readers without our tables."""
    verdict = record.judgement.verdict
    return {**plain(record), "method": record.cell.method, "failure": verdict.failure, "meaning": verdict.value.message}


def plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def _array(array: np.ndarray) -> dict[str, Any]:
    """Dtype, shape, and the values where they are few; the run file has them all."""
    values = plain(array.ravel().tolist()) if array.size <= MOST_VALUES else None
    return {"dtype": array.dtype.name, "shape": list(array.shape), "values": values}
