"""A progress bar on a terminal, and nothing anywhere else."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self, TextIO

from diffcheck.record import Record
from diffcheck.sheet import Sheet

WIDTH = 24
CLEAR = "\r\x1b[K"


class Progress:
    """Counts what is done out of a total.

    Args:
        total: how many there are.
        stream: where to draw, standard error by default; nothing is drawn where it is no terminal.
    """

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self.total = total
        self.done = 0
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty()

    def watch(self, item: Record | Sheet) -> None:
        """Count a record as it arrives."""
        if isinstance(item, Record):
            self.advance(item.cell.case)

    def advance(self, label: str) -> None:
        """One more is done; the label says which."""
        self.done += 1
        if self._shown:
            filled = WIDTH * self.done // max(self.total, 1)
            bar = "█" * filled + "░" * (WIDTH - filled)
            self._stream.write(f"{CLEAR}{bar} {self.done}/{self.total} {label}")
            self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away, whatever happened."""
        if self._shown:
            self._stream.write(CLEAR)
            self._stream.flush()
