"""What a session comes to: a line above it, a section below it, and a run file if one is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from diffcheck.pytest_plugin.finds import Finds, add
from diffcheck.pytest_plugin.options import collects_cases, option, settings

if TYPE_CHECKING:
    from diffcheck.record import Record
    from diffcheck.run_file import RunWriter

FRAMEWORKS = ("torch", "jax")


def header(config: pytest.Config) -> str:
    """`diffcheck 0.1.0: torch 2.13.0, jax 0.10.2; profile quick, seed 0`; nothing is imported to know it."""
    versions = ", ".join(_installed()) or "neither torch nor jax"
    line = f"diffcheck {metadata.version('diffcheck')}: {versions}"
    if not collects_cases(config):
        return line
    asked = settings(config)
    points = "" if asked.max_examples is None else f", {asked.max_examples} points"
    return f"{line}; profile {asked.profile}{points}, seed {asked.seed}"


class Summary:
    """Collects what the tests of a session find, stores it and sums it up."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._finds = Finds()
        self._writer: RunWriter | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Begin the run file, so that a file that cannot be written is noticed now."""
        path = option(self._config, "run-file")
        if path is None or self._config.option.collectonly:
            return
        from diffcheck.environment import header as first_line
        from diffcheck.run_file import RunFileError, RunWriter

        try:
            self._writer = RunWriter(path, first_line((), settings(self._config)))
        except RunFileError as error:
            raise pytest.UsageError(f"diffcheck: {error}") from None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what a report carries."""
        for record in add(report, self._finds):
            if self._writer is not None and _has_name(record):
                self._writer.record(record)

    def pytest_sessionfinish(self) -> None:
        """End the run file."""
        if self._writer is None:
            return
        from diffcheck.outcome import count_verdicts, outcome
        from diffcheck.run_file import Footer

        records = [record for record in self._finds.records if _has_name(record)]
        gone = tuple(dict.fromkeys(self._finds.gone))
        self._writer.footer(Footer(count_verdicts(records), gone, outcome=outcome(records, gone=gone)))
        self._writer.close()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """A short section, where a derivative was judged."""
        if not self._finds.records:
            return
        terminalreporter.write_sep("=", "diffcheck")
        for line in self._lines(terminalreporter):
            terminalreporter.write_line(line)

    def _lines(self, terminal: pytest.TerminalReporter) -> Iterator[str]:
        """Each finding in one line, then how many cells have which verdict."""
        from diffcheck.record import Run
        from diffcheck.report.finding import findings
        from diffcheck.report.line import lines
        from diffcheck.report.paint import ansi, plain
        from diffcheck.report.text import summary

        run = Run({}, tuple(self._finds.records), gone=tuple(dict.fromkeys(self._finds.gone)))
        yield from lines(findings(run), ansi if terminal.hasmarkup else plain)
        yield summary(run)
        path = option(self._config, "run-file")
        if path is not None:
            yield f"stored in {path}; to see it all: diffcheck report {path}"


def _has_name(record: Record) -> bool:
    """Whether a record is of a case file: two tests may judge two functions under one name."""
    return bool(record.id)


def _installed() -> Iterator[str]:
    for name in FRAMEWORKS:
        with suppress(metadata.PackageNotFoundError):
            yield f"{name} {metadata.version(name)}"
