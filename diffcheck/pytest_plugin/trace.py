"""Traces without our lines: an error that we raise for a person is shown where that person called us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest

PACKAGE = Path(__file__).parents[1]


def hide_our_lines(call: pytest.CallInfo[None]) -> None:
    """Where the error is one of this package's, leave our lines out of its trace and of that of its cause."""
    if call.excinfo is None or not is_ours(call.excinfo.value):
        return
    error = call.excinfo.value
    for one in (error, error.__cause__):
        if one is not None:
            one.__traceback__ = _of_others(one.__traceback__) or one.__traceback__
    call.excinfo = pytest.ExceptionInfo.from_exception(error)


def is_ours(error: BaseException) -> bool:
    """Whether an error is one of this package's: then it is meant for a person, and its message says what to do."""
    return type(error).__module__.partition(".")[0] == PACKAGE.name


def _of_others(trace: TracebackType | None) -> TracebackType | None:
    """The trace without our lines; nothing where there are no others."""
    rest = None
    for step in reversed(list(_steps(trace))):
        if not Path(step.tb_frame.f_code.co_filename).is_relative_to(PACKAGE):
            rest = TracebackType(rest, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return rest


def _steps(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next
