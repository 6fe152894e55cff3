"""Traces: the lines of the person who wrote the test, not ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from diffcheck.pytest_plugin.trace import hide_our_lines
from diffcheck.registry import load
from diffcheck.subject import CheckError


def files(call: pytest.CallInfo[None]) -> set[str]:
    """The files whose lines are shown."""
    assert call.excinfo is not None
    return {entry.path.name for entry in call.excinfo.traceback if hasattr(entry.path, "name")}


def called(function: Callable[[], None]) -> pytest.CallInfo[None]:
    """What pytest knows of a call."""
    call = pytest.CallInfo.from_call(function, "call")
    assert call.excinfo is not None
    return call


def ours() -> None:
    load(["no such file"])


def another() -> None:
    "a,b".index(";")


def test_our_lines_are_left_out_where_the_error_is_ours() -> None:
    """The message says what to do; where it was raised helps nobody."""
    call = called(ours)
    assert "registry.py" in files(call)
    hide_our_lines(call)
    assert "registry.py" not in files(call)
    assert "test_trace.py" in files(call)


def test_other_errors_are_as_they_were() -> None:
    """A mistake in a test is shown as always, one in our own code, too."""
    call = called(another)
    before = files(call)
    hide_our_lines(call)
    assert files(call) == before


def test_the_cause_shows_the_persons_function() -> None:
    """What the function did after we called it stays; that we called it does not."""

    def check() -> None:
        try:
            ours()
        except ValueError as error:
            raise CheckError("the function raises") from error

    call = called(check)
    assert call.excinfo is not None
    assert call.excinfo.value.__cause__ is not None
    hide_our_lines(call)
    trace = call.excinfo.value.__cause__.__traceback__
    while trace is not None:
        assert "registry.py" not in trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
