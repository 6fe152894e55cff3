"""The progress bar."""

from __future__ import annotations

import io

import pytest

from diffcheck.progress import CLEAR, Progress
from diffcheck.record import Cell, Judgement, Record
from diffcheck.sheet import Sheet
from diffcheck.verdict import Verdict


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


RECORD = Record("id", Cell("scalar/quadratic", "torch", "R", "", "float64"), Judgement(Verdict.AGREES))


def test_a_terminal_sees_how_far_it_is() -> None:
    """Count, total, and which case."""
    stream = Terminal()
    with Progress(4, stream) as progress:
        progress.watch(RECORD)
        assert stream.getvalue() == f"{CLEAR}{'█' * 6}{'░' * 18} 1/4 scalar/quadratic"


def test_a_pipe_sees_nothing() -> None:
    """A file or a log is not filled with bars."""
    stream = io.StringIO()
    with Progress(4, stream) as progress:
        progress.watch(RECORD)
    assert stream.getvalue() == ""
    assert progress.done == 1


def test_the_bar_goes_away_whatever_happens() -> None:
    """An error message does not stand behind half a bar."""
    stream = Terminal()
    with pytest.raises(KeyboardInterrupt), Progress(1, stream):
        raise KeyboardInterrupt
    assert stream.getvalue().endswith(CLEAR)


def test_sheets_are_not_counted() -> None:
    """The total counts cells."""
    progress = Progress(1, io.StringIO())
    progress.watch(Sheet("a/b"))
    assert progress.done == 0
