"""Known findings: what was looked at already, so that a run says what is new and what is gone.

The file is TOML, one table per finding:

    [[known]]
    case = "network/two_layer"
    backend = "handwritten"
    transform = "tutorial"                 # left out, as mode and dtype: any
    verdict = "WRONG"
    reason = "clamps the gradient where it should mask by the sign of the pre-activation"
    link = "T3"
    versions = { numpy = "2.3" }           # with which it was seen; left out: any
    point = { x = [[1]], w1 = [[-1]], w2 = [[1]], y = [[-1]] }

`case`, `backend`, `mode`, `transform` and `dtype` may be globs; without a mode a finding is about those of
order 1, and `mode = "??"` is order 2. The point holds every argument of
the case, and optionally `cotangent`, as a worked example does. It is replayed before anything else
is drawn. A record with the same verdict is marked with the reason and does not fail the run; an
entry whose verdict no longer occurs in any cell that it names is reported as gone and does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from diffcheck.case import Case, CaseError
from diffcheck.example import check_example, example_point
from diffcheck.point import Point
from diffcheck.record import Cell, Record
from diffcheck.verdict import Verdict

ANY = "*"
ANY_OF_ORDER_1 = "?"
REQUIRED = ("case", "backend", "verdict", "reason", "point")


class KnownError(ValueError):
    """A file of known findings that cannot be used; the message is one line that says what to do."""


@dataclass(frozen=True)
class Known:
    """One known finding.

    Attributes:
        case, backend, mode, transform, dtype: the cells that show it; globs.
        verdict: what they show.
        reason: why that is so, in one sentence.
        link: where it is discussed: a source's label, an upstream thread.
        versions: package → version with which it was seen.
        point: argument → numbers, as in a worked example.
    """

    case: str
    backend: str
    verdict: str
    reason: str
    point: Mapping[str, Any]
    mode: str = ANY_OF_ORDER_1
    transform: str = ANY
    dtype: str = ANY
    link: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    def names(self, cell: Cell) -> bool:
        """Whether this finding is about a cell."""
        globs = (
            (cell.case, self.case),
            (cell.backend, self.backend),
            (cell.mode, self.mode),
            (cell.transform, self.transform),
            (cell.dtype, self.dtype),
        )
        return all(fnmatchcase(name, glob) for name, glob in globs)

    @property
    def title(self) -> str:
        """Which cells it is about: `network/two_layer · handwritten tutorial`."""
        method = (part for part in (self.backend, self.mode, self.transform) if part not in ("", ANY, ANY_OF_ORDER_1))
        return " · ".join([self.case, " ".join(method), *([] if self.dtype == ANY else [self.dtype])])


def read_known(path: Path) -> tuple[Known, ...]:
    """Read a file of known findings.

    Raises:
        KnownError: the first thing wrong with it.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("known", [])
    except OSError as error:
        raise KnownError(f"{path}: {error.strerror}; name a file of known findings") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnownError(f"{path}: not TOML: {error}") from None
    return tuple(_entry(table, f"{path}: entry {number}") for number, table in enumerate(tables, 1))


def check_known(known: Iterable[Known], cases: Sequence[Case]) -> None:
    """Check the points of known findings against the domains of the cases they name.

    Raises:
        KnownError: a point does not fit its case.
    """
    for entry in known:
        for case in cases:
            if fnmatchcase(case.id, entry.case):
                _check_point(entry, case)


def known_points(known: Iterable[Known], case: Case, dtype: str) -> tuple[Point, ...]:
    """The points of known findings about a case, rounded to a dtype: they are replayed first."""
    return tuple(
        example_point(case, entry.point, dtype)
        for entry in known
        if fnmatchcase(case.id, entry.case) and fnmatchcase(dtype, entry.dtype)
    )


def mark(record: Record, known: Iterable[Known]) -> Record:
    """The record, with the reason where its verdict is a known finding."""
    for entry in known:
        if entry.names(record.cell) and entry.verdict == record.judgement.verdict.name:
            return replace(record, known=f"{entry.reason} ({entry.link})" if entry.link else entry.reason)
    return record


def gone(known: Iterable[Known], records: Sequence[Record]) -> tuple[str, ...]:
    """One sentence for each known finding whose cells ran and none of which shows it any more."""
    ran = ((entry, _ran(entry, records)) for entry in known)
    return tuple(_farewell(entry, cells) for entry, cells in ran if cells and _expired(entry, cells))


def _ran(entry: Known, records: Iterable[Record]) -> list[Record]:
    return [record for record in records if entry.names(record.cell) and record.points]


def _expired(entry: Known, records: Iterable[Record]) -> bool:
    return not any(record.verdicts.get(entry.verdict) for record in records)


def _farewell(entry: Known, records: list[Record]) -> str:
    now = ", ".join(sorted({record.judgement.verdict.name for record in records}))
    seen = ", ".join(f"{name} {version}" for name, version in entry.versions.items())
    before = f" (seen with {seen})" if seen else ""
    return f"{entry.title}: {entry.verdict}{before} is now {now}; remove the entry: {entry.reason}"


def _entry(table: Mapping[str, Any], where: str) -> Known:
    names = [field.name for field in fields(Known)]
    if unknown := [name for name in table if name not in names]:
        raise KnownError(f"{where}: unknown key {unknown[0]!r}; the keys are {', '.join(names)}")
    if missing := [name for name in REQUIRED if name not in table]:
        raise KnownError(f"{where}: has no {missing[0]!r}")
    if table["verdict"] not in Verdict.__members__:
        raise KnownError(f"{where}: no verdict {table['verdict']!r}; they are {', '.join(Verdict.__members__)}")
    return Known(**table)


def _check_point(entry: Known, case: Case) -> None:
    try:
        check_example(case, entry.point, f"known finding {entry.title}")
    except CaseError as error:
        raise KnownError(str(error)) from None
