"""What pytest's short summary says of a test: what is the matter and where, not which class was raised in our lines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from diffcheck.pytest_plugin.trace import is_ours

if TYPE_CHECKING:
    from diffcheck.record import Record


def put_headline(report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
    """Let a report say in one line what an error of this package is about."""
    crash: Any = getattr(report.longrepr, "reprcrash", None)
    if crash is not None and call.excinfo is not None and is_ours(call.excinfo.value):
        crash.message = _headline(call.excinfo.value)


def put_place(report: pytest.TestReport, item: pytest.Item) -> None:
    """Let a report of a case say where the case is defined, for that is where a person looks."""
    path, line, _ = item.reportinfo()
    crash: Any = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        crash.path, crash.lineno = os.fspath(path), (line or 0) + 1
    if report.skipped and isinstance(report.longrepr, tuple):
        report.longrepr = (os.fspath(path), (line or 0) + 1, report.longrepr[2])


def of_record(record: Record) -> str:
    """`WRONG: x[0] is 2.0, not 4.0`."""
    from diffcheck.report.line import statement

    return f"{record.judgement.verdict.name}: {statement(record)}"


def _headline(error: BaseException) -> str:
    """The worst finding of an error that has findings, else its first line."""
    findings = getattr(error, "findings", ())
    return of_record(findings[0].record) if findings else str(error).partition("\n")[0]
