"""The run file: JSON lines, written as results arrive, readable after a crash.

The first line is the header, then come points, records, sheets, behaviours and claims in any order, and the footer, if
the run reached its end. Every line says its `kind`; a reader skips kinds that it does not know. A
point is written once, before the first record that refers to it. Floats are exact (`exact.py`).
Of two records of one cell the later one counts: a resumed run repeats what was half done.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from diffcheck.dtype import DTYPES
from diffcheck.exact import decode, encode
from diffcheck.identity import point_hash
from diffcheck.observation import BehaviourRow
from diffcheck.outcome import count_verdicts, outcome
from diffcheck.point import Point
from diffcheck.record import Cell, Record, Run
from diffcheck.sheet import ClaimRow, Sheet

SCHEMA = 1


class RunFileError(ValueError):
    """A run file that cannot be read or written; the message is one line that says what to do."""


@dataclass(frozen=True)
class Header:
    """The first line of a run file.

    Attributes:
        environment: name → text: versions, dtype switches, threads, seed, profile.
        settings: name → text: what was asked for, as far as it decides what the run finds.
        definitions: case → hash of its definition, in the order of the plan.
        schema: version of the file's layout.
    """

    environment: Mapping[str, str]
    settings: Mapping[str, str]
    definitions: Mapping[str, str]
    schema: int = SCHEMA


@dataclass(frozen=True)
class Footer:
    """The last line of a run that reached its end.

    Attributes:
        verdicts: verdict name → how many records.
        gone: known findings that no longer occur, one sentence each.
        missing: required backends that are not installed.
        outcome: the exit code.
    """

    verdicts: Mapping[str, int] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    outcome: int = 0


def write_run(path: Path, run: Run) -> None:
    """Write a whole run that is over.

    Raises:
        RunFileError: the file cannot be written.
    """
    with RunWriter(path, Header(run.environment, run.settings, run.definitions)) as writer:
        for record in run.records:
            writer.record(record)
        for row in run.behaviours:
            writer.behaviour(row)
        for claim in run.claims:
            writer.claim(claim)
        writer.footer(Footer(count_verdicts(run.records), outcome=outcome(run.records)))


class RunWriter:
    """Writes a run file line by line; each line is on its way to the disk before the next begins.

    Args:
        path: of the file; its folder is made where it is missing.
        header: of the run.
        resume: go on after what the file holds already, without its footer and its cut last line.

    Raises:
        RunFileError: the file cannot be written, or was begun with another header.
    """

    def __init__(self, path: Path, header: Header, *, resume: bool = False) -> None:
        kept = _kept(path, header) if resume and path.exists() else []
        self._points = {line["key"] for line in kept if line["kind"] == "point"}
        self._file = _open(path, kept)
        if not kept:
            self._write({"kind": "header", **encode(header)})

    def record(self, record: Record) -> None:
        """Append a record, and its point where no record before had it."""
        key = "" if record.point is None else point_hash(record.point)
        if record.point is not None and key not in self._points:
            self._points.add(key)
            self._write({"kind": "point", "key": key, **encode(record.point)})
        self._write({"kind": "record", **encode(replace(record, point=None)), "point": key})

    def sheet(self, sheet: Sheet) -> None:
        """Append what a report shows about a case besides its records."""
        self._write({"kind": "sheet", **encode(sheet)})

    def behaviour(self, row: BehaviourRow) -> None:
        """Append a statement about frameworks, and what they do."""
        self._write({"kind": "behaviour", **encode(row)})

    def claim(self, row: ClaimRow) -> None:
        """Append what became of something that a source says about frameworks."""
        self._write({"kind": "claim", **encode(row)})

    def footer(self, footer: Footer) -> None:
        """Append the line that says that the run reached its end."""
        self._write({"kind": "footer", **encode(footer)})

    def close(self) -> None:
        """Close the file; it is readable before, too."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, line: Mapping[str, Any]) -> None:
        self._file.write(_text(line))
        self._file.flush()


def read_run(path: Path) -> Run:
    """Read a run file.

    Args:
        path: of the file; its last line may be cut off.

    Returns:
        The run, its records in the order of the plan: by case, by dtype, then as they were written.

    Raises:
        RunFileError: there is no such file, or it is no run file, or from a later schema.
    """
    lines = list(_lines(path))
    header = decode(Header, lines[0])
    footers = [decode(Footer, line) for line in lines if line["kind"] == "footer"]
    footer = footers[-1] if footers else Footer()
    order = {name: number for number, name in enumerate(header.definitions)}
    records = sorted(_records(lines).values(), key=lambda record: _place(record.cell, order))
    sheets = {line["case"]: decode(Sheet, line) for line in lines if line["kind"] == "sheet"}
    return Run(
        environment=header.environment,
        records=tuple(records),
        sheets=tuple(sheets[name] for name in sorted(sheets, key=lambda name: order.get(name, len(order)))),
        gone=footer.gone,
        missing=footer.missing,
        complete=bool(footers),
        settings=header.settings,
        definitions=header.definitions,
        behaviours=tuple(decode(BehaviourRow, line) for line in lines if line["kind"] == "behaviour"),
        claims=tuple(decode(ClaimRow, line) for line in lines if line["kind"] == "claim"),
    )


def _place(cell: Cell, order: Mapping[str, int]) -> tuple[int, int]:
    """Worker processes end in any order; a reader sees the order of the plan."""
    dtype = DTYPES.index(cell.dtype) if cell.dtype in DTYPES else len(DTYPES)
    return order.get(cell.case, len(order)), dtype


def _records(lines: list[dict[str, Any]]) -> dict[Cell, Record]:
    points = {line["key"]: decode(Point, line) for line in lines if line["kind"] == "point"}
    records: dict[Cell, Record] = {}
    for line in lines:
        if line["kind"] == "record":
            record = replace(decode(Record, {**line, "point": None}), point=points.get(line["point"]))
            records[record.cell] = record
    return records


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a run file, each parsed; a cut last line is left out."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise RunFileError(f"{path}: {error.strerror}; name a run file, `diffcheck run` writes one") from None
    lines = text.split("\n")[:-1]
    for number, line in enumerate(lines, 1):
        parsed = _parsed(line)
        if number == 1:
            _require_header(path, parsed)
        if parsed is None:
            raise RunFileError(f"{path}:{number}: damaged line; remove it, or run again")
        yield parsed
    if not lines:
        _require_header(path, None)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(line)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) and "kind" in parsed else None


def _require_header(path: Path, line: Mapping[str, Any] | None) -> None:
    if line is None or line["kind"] != "header":
        raise RunFileError(f"{path}: not a run file; `diffcheck run` writes one")
    if line["schema"] > SCHEMA:
        raise RunFileError(f"{path}: written by a later diffcheck (schema {line['schema']}); update diffcheck")


def _require_same(path: Path, old: Header, new: Header) -> None:
    for name in ("settings", "definitions", "environment"):
        before, now = getattr(old, name), getattr(new, name)
        if before == now:
            continue
        changed = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
        raise RunFileError(f"{path}: begun with other {name} ({', '.join(changed)}); start afresh without --resume")


def _kept(path: Path, header: Header) -> list[dict[str, Any]]:
    """What a resumed run goes on from: everything but the footer and a cut last line."""
    lines = [line for line in _lines(path) if line["kind"] != "footer"]
    _require_same(path, decode(Header, lines[0]), header)
    return lines


def _open(path: Path, kept: list[dict[str, Any]]) -> IO[str]:
    """Open a file that holds these lines, which are never lost on the way, and append to it."""
    beside = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text("".join(map(_text, kept)), encoding="utf-8", newline="\n")
        beside.replace(path)
        return path.open("a", encoding="utf-8", newline="\n")
    except OSError as error:
        reason = f"{error.strerror}; make {path.parent} writable or name another file"
        raise RunFileError(f"cannot write {path}: {reason}") from None


def _text(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"
