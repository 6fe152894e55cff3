"""A stored look at frameworks, as pytest collects it: each statement is a test that nothing has changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from diffcheck.pytest_plugin.case_item import Fails

if TYPE_CHECKING:
    from diffcheck.observation import BehaviourRow, Observation

MARKER = b'"kind": "behaviour"'
"""What a run file holds that knows what frameworks did."""


class SnapshotFile(pytest.File):
    """A run file with what frameworks did."""

    def collect(self) -> Iterator[BehaviourItem]:
        """One test for each statement and framework that has the notion."""
        from diffcheck.observation import NOT_APPLICABLE
        from diffcheck.run_file import RunFileError, read_run

        self.config.stash.setdefault(SNAPSHOTS, []).append(self)
        try:
            rows = read_run(Path(os.path.relpath(self.path))).behaviours
        except RunFileError as error:
            raise self.CollectError(str(error)) from None
        for row in rows:
            for seen in row.observations:
                if seen.outcome != NOT_APPLICABLE:
                    yield BehaviourItem.from_parent(self, row=row, seen=seen)


SNAPSHOTS = pytest.StashKey[list[SnapshotFile]]()
"""Under this key a session has the run files that were collected."""


def is_snapshot(path: Path) -> bool:
    """Whether a file is a run file that knows what frameworks did."""
    return path.suffix == ".jsonl" and MARKER in path.read_bytes()


class BehaviourItem(pytest.Item):
    """What one framework does, which is to be as it was.

    Args:
        row: the statement.
        seen: what the framework did.
    """

    def __init__(self, *, parent: pytest.File, row: BehaviourRow, seen: Observation, **inherited: Any) -> None:
        name = f"{row.name}[{seen.framework}]"
        super().__init__(name=name, parent=parent, nodeid=f"{parent.nodeid}::{name}", **inherited)
        self.row = row
        self.seen = seen

    def runtest(self) -> None:
        """Look again."""
        from dataclasses import replace

        from diffcheck.behaviours import behaviours
        from diffcheck.behaviours.observe import observe
        from diffcheck.compare import changes
        from diffcheck.record import Run

        observed = observe(behaviours([self.row.name]), [self.seen.framework])
        if not observed.rows[0].observations:
            pytest.skip(f"{self.seen.framework} is not installed")
        before = Run({}, (), behaviours=(replace(self.row, observations=(self.seen,)),))
        if changed := changes(before, Run({}, (), behaviours=observed.rows)):
            raise Fails("\n".join([self.row.statement, *changed]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone where it says it all."""
        return super().repr_failure(excinfo, "value" if isinstance(excinfo.value, Fails) else style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """The run file and the name of the statement."""
        return self.path, None, self.name
