"""One way to differentiate one case, as a test."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from diffcheck.pytest_plugin.calls import MARK
from diffcheck.pytest_plugin.finds import keep, keep_gone
from diffcheck.pytest_plugin.headline import of_record
from diffcheck.pytest_plugin.options import command

if TYPE_CHECKING:
    from diffcheck.pytest_plugin.searches import Search
    from diffcheck.record import Cell, Record

SEARCHES = pytest.StashKey[list["Search"]]()
"""Under this key a session has the searches of all its case files."""


class FindingWarning(pytest.PytestWarning):
    """A finding that a person should look at and that fails no test."""


class Fails(Exception):
    """A test fails, and the message says it all: there is no trace to show."""


class FoundFailing(Fails):
    """A derivative fails; the message is the report's.

    Args:
        record: what was found.
        replay: the command that finds it again.
    """

    def __init__(self, record: Record, replay: str) -> None:
        super().__init__(record, replay)
        from diffcheck.report.finding import Finding

        # A command is copied: it stands in a line of its own, which nothing folds.
        self.findings = (Finding(replace(record, id="")),)
        self.replay = replay

    def __str__(self) -> str:
        from diffcheck.report.paint import plain
        from diffcheck.report.text import finding_text

        width = shutil.get_terminal_size().columns
        shown = (finding_text(finding, width, plain) for finding in self.findings)
        return "\n\n".join([*shown, f"replay: {self.replay}"])


class CaseItem(pytest.Item):
    """One way to differentiate one case.

    Args:
        cell: which way.
        search: that fills the cell, and those of its neighbours.
    """

    def __init__(self, *, parent: pytest.File, cell: Cell, search: Search, **inherited: Any) -> None:
        name = name_of(cell)
        # Said as text, what stands in brackets is to pytest what it is in a text that it has stored: --lf compares.
        super().__init__(name=name, parent=parent, nodeid=f"{parent.nodeid}::{name}", **inherited)
        self.cell = cell
        self.search = search
        self.add_marker(MARK)

    def runtest(self) -> None:
        """See what was found; the first test of a search does it."""
        from diffcheck.pytest_plugin.searches import farewell

        record = self.search.record(self.cell)
        keep(self, [record])
        if record.known:
            pytest.xfail(record.known)
        if gone := farewell(self.cell, self.search, self.config.stash[SEARCHES]):
            keep_gone(self, gone)
            raise Fails(f"gone: {gone}")
        self._report(record)

    def _report(self, record: Record) -> None:
        from diffcheck.record import Run
        from diffcheck.report.matrix import unjudged

        verdict = record.judgement.verdict
        match verdict.value.pytest:
            case "failed":
                raise FoundFailing(record, command(self._own_id(), self.config))
            case "warned":
                self.warn(FindingWarning(of_record(record)))
            case "skipped":
                [why] = unjudged(Run({}, (record,)))
                pytest.skip(f"{verdict.name}: {why.reason}")

    def _own_id(self) -> str:
        """As somebody types it where pytest was started."""
        return f"{os.path.relpath(self.path, self.config.invocation_params.dir)}::{self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone where it says it all."""
        says_all = isinstance(excinfo.value, Fails | FindingWarning)
        return super().repr_failure(excinfo, "value" if says_all else style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is defined."""
        return self.path, self.search.case.function.__code__.co_firstlineno - 1, self.name


def name_of(cell: Cell) -> str:
    """`squared_norm[torch-R-float64]`; without spaces, so that it is one word in a shell."""
    parts = (cell.backend, cell.mode, cell.transform, cell.dtype)
    way = "-".join(re.sub(r"\s+", "_", part) for part in parts if part)
    return f"{cell.case.rpartition('/')[2]}[{way}]"
