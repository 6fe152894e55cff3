"""A case file as pytest collects it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from diffcheck.pytest_plugin.case_item import SEARCHES, CaseItem
from diffcheck.pytest_plugin.options import is_typed, settings
from diffcheck.pytest_plugin.snapshot_file import SNAPSHOTS

if TYPE_CHECKING:
    from diffcheck.known import Known
    from diffcheck.pytest_plugin.searches import Search

KNOWN_FILE = "known.toml"

CASE = re.compile(r"^@(?:\w+\.)?case\b", re.MULTILINE)
"""What makes a file a case file before it is imported, and where it cannot be."""

NO_CASES = "no case among what was collected; name a case file or a folder of them: pytest --diffcheck cases/"
NO_METHOD = "no method is left to run; loosen --diffcheck-backend, -mode, -transform, -dtype or -order"


class CaseFile(pytest.File):
    """A file of cases."""

    is_read = False

    def collect(self) -> Iterator[CaseItem]:
        """One test for each way to differentiate a case."""
        from diffcheck.case import CaseError
        from diffcheck.known import KnownError

        self.config.stash.setdefault(FILES, []).append(self)
        try:
            searches = list(self._searches())
        except (CaseError, KnownError) as error:
            raise self.CollectError(str(error)) from None
        self.is_read = True
        self.config.stash.setdefault(SEARCHES, []).extend(searches)
        for search in searches:
            for cell in search.cells:
                yield CaseItem.from_parent(self, cell=cell, search=search)

    def _searches(self) -> Iterator[Search]:
        from diffcheck.known import check_known
        from diffcheck.plan import jobs_of, plan
        from diffcheck.pytest_plugin.searches import Search
        from diffcheck.registry import load

        cases = {case.id: case for case in load([os.path.relpath(self.path)])}
        asked = settings(self.config)
        known = self._known(asked.known)
        check_known(known, tuple(cases.values()))
        for (case, _), cells in jobs_of(plan(cases.values(), asked)).items():
            yield Search(cases[case], tuple(cells), asked, known)

    def _known(self, named: Path | None) -> tuple[Known, ...]:
        """The findings of the file that was named, else of the one that lies beside the cases."""
        from diffcheck.known import read_known

        beside = self.path.with_name(KNOWN_FILE)
        path = named or (beside if beside.is_file() else None)
        return () if path is None else read_known(path)


FILES = pytest.StashKey[list[CaseFile]]()
"""Under this key a session has the case files that were collected, with or without success."""


def is_case_file(path: Path, session: pytest.Session) -> bool:
    """Whether a file is a case file: one that is named, or looks like one; none that pytest takes for a test module."""
    if path.suffix != ".py" or any(path.match(pattern) for pattern in session.config.getini("python_files")):
        return False
    return session.isinitpath(path) or _looks_like_cases(path)


def refuse_nothing(session: pytest.Session) -> None:
    """Where case files were asked for and nothing comes of it, that is an error: nothing is no success."""
    config = session.config
    files = config.stash.get(FILES, [])
    is_nothing = not files and not config.stash.get(SNAPSHOTS, [])
    if is_nothing and is_typed(config) and not config.getoption("lf", default=False):
        _refuse(session, NO_CASES)
    if any(file.is_read for file in files) and not config.stash[SEARCHES]:
        _refuse(session, NO_METHOD)


def _refuse(session: pytest.Session, reason: str) -> None:
    """As an error of collection, which pytest-xdist's workers can report, too."""
    session.ihook.pytest_collectreport(report=pytest.CollectReport("--diffcheck", "failed", reason, []))


def _looks_like_cases(path: Path) -> bool:
    """Whether a file that is met in a folder defines cases; nothing is imported to find out."""
    if path.name.startswith("_"):
        return False
    text = path.read_text(encoding="utf-8", errors="replace")
    return "diffcheck" in text and CASE.search(text) is not None
