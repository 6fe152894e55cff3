"""What tests find, and how it travels: with a test's report, from whichever process ran it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from diffcheck.record import Record

ATTRIBUTE = "diffcheck"
"""Under this name a report carries what its test found, as pytest-xdist can send it: text."""


@dataclass
class Finds:
    """What was found, in one test or in all of them.

    Attributes:
        records: one per cell and test.
        gone: known findings that no longer occur, one sentence each.
    """

    records: list[Record] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


FINDS = pytest.StashKey[Finds]()


def keep(item: pytest.Item, records: Iterable[Record]) -> None:
    """Keep records of a test; of those of one cell, as a test with `@given` makes them, the worst."""
    from diffcheck.report.matrix import rank

    finds = item.stash.setdefault(FINDS, Finds())
    worst = {record.cell: record for record in finds.records}
    for record in records:
        worst[record.cell] = max(worst.get(record.cell, record), record, key=rank)
    finds.records = list(worst.values())


def keep_gone(item: pytest.Item, sentence: str) -> None:
    """Keep that a known finding no longer occurs."""
    item.stash.setdefault(FINDS, Finds()).gone.append(sentence)


def hand_over(item: pytest.Item, report: pytest.TestReport) -> None:
    """Let a report carry what its test found since the last one."""
    from diffcheck.exact import encode

    finds = item.stash[FINDS]
    del item.stash[FINDS]
    setattr(report, ATTRIBUTE, json.dumps(encode(finds)))


def add(report: pytest.TestReport, finds: Finds) -> list[Record]:
    """Add what a report carries to what was found before; return its records."""
    if not hasattr(report, ATTRIBUTE):
        return []
    from diffcheck.exact import decode
    from diffcheck.record import Record

    carried = json.loads(getattr(report, ATTRIBUTE))
    records = [decode(Record, record) for record in carried["records"]]
    finds.records += records
    finds.gone += carried["gone"]
    return records
