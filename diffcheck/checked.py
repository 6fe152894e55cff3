"""What a check comes to: a report, and the findings in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path

from diffcheck.case import Case
from diffcheck.held import held_as_they_were
from diffcheck.outcome import OK, outcome
from diffcheck.point import Point
from diffcheck.proved import with_proof
from diffcheck.record import Cell, Record, Run
from diffcheck.report import finding as shown
from diffcheck.report import text
from diffcheck.report.paint import plain
from diffcheck.run_file import write_run
from diffcheck.script.refusal import NoScript
from diffcheck.script.script import script
from diffcheck.verdict import Cause, Verdict


@dataclass(frozen=True)
class Finding:
    """A verdict that a person should look at, with the smallest point that shows it.

    Attributes:
        record: the row of the run that holds it.
        case: the function that was checked; `None` where the record was read from a file.
    """

    record: Record
    case: Case | None = None

    @property
    def verdict(self) -> Verdict:
        """What follows."""
        return self.record.judgement.verdict

    @property
    def cause(self) -> Cause:
        """Why."""
        return self.record.judgement.cause

    @property
    def backend(self) -> str:
        """Whose derivative it is."""
        return self.record.cell.backend

    @property
    def mode(self) -> str:
        """How it was computed: a word over R and F."""
        return self.record.cell.mode

    @property
    def transform(self) -> str:
        """What was on top of the mode."""
        return self.record.cell.transform

    @property
    def dtype(self) -> str:
        """In what it was computed."""
        return self.record.cell.dtype

    @property
    def argument(self) -> str:
        """Which leaf of the arguments: `x`, `params['bias']`, `0.weight`; `output` in mode F."""
        return self.record.judgement.argument

    @property
    def index(self) -> tuple[int, ...]:
        """Which entry of it."""
        return self.record.judgement.index

    @property
    def point(self) -> Point | None:
        """Where; `None` where nothing ran."""
        return self.record.point

    @property
    def value(self) -> float | None:
        """What was computed there."""
        return self.record.judgement.value

    @property
    def reference(self) -> tuple[float, float] | None:
        """The two numbers between which the truth lies; `None` where none was needed."""
        judgement = self.record.judgement
        if judgement.lower is None or judgement.upper is None:
            return None
        return judgement.lower, judgement.upper

    @property
    def ulps(self) -> float | None:
        """How far the value is from the truth, in units in the last place."""
        return self.record.judgement.ulps

    @property
    def ratio(self) -> float:
        """|error| / allowance."""
        return self.record.judgement.ratio

    @property
    def message(self) -> str:
        """Sentences for a person."""
        judgement = self.record.judgement
        parts = (judgement.verdict.value.message, judgement.message, judgement.culprit)
        return "; ".join(dict.fromkeys(part for part in parts if part))

    def script(self) -> str:
        """A stand-alone script of a few lines that shows it, with the framework alone: for an issue, for a colleague.

        Raises:
            NoScript: there is none; one line that says why.
        """
        if self.case is None:
            raise NoScript("nobody knows the function any more: check it again")
        with held_as_they_were(self.case.function):
            return script(self.record, self.case)

    def __str__(self) -> str:
        return text.finding_text(shown.Finding(self.record), None, plain)

    __repr__ = __str__


@dataclass(frozen=True)
class Report:
    """What became of a check. It prints as a table, and shows itself in a notebook.

    Attributes:
        run: its records, and what it ran with.
        cases: cell → the function that was checked, with its definition.
    """

    run: Run
    cases: Mapping[Cell, Case] = field(default_factory=dict)

    @property
    def proved_run(self) -> Run:
        """The run, with what is proved of its records."""
        return replace(self.run, records=self.records)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """One per mode and dtype: the worst of all points, and whether the formula is proved."""
        cases = self.cases
        with held_as_they_were(*(case.function for case in cases.values())):
            return tuple(
                with_proof(record, cases[record.cell]) if record.cell in cases else record
                for record in self.run.records
            )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a person should look at, worst first."""
        found = (record for one in shown.findings(self.run) for record in one.records)
        return tuple(Finding(record, self.cases.get(record.cell)) for record in found)

    @property
    def outcome(self) -> int:
        """The exit code that `diffcheck check` would end with."""
        return outcome(self.run.records)

    @property
    def ok(self) -> bool:
        """Whether something was judged, not all of it inconclusive, and nothing fails."""
        return self.outcome == OK

    def save(self, path: str | Path) -> None:
        """Write a run file, which `diffcheck report` renders."""
        write_run(Path(path), self.proved_run)

    def __str__(self) -> str:
        return text.render(self.proved_run)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def failures(report: Report) -> Sequence[Finding]:
    """The findings that make a check fail."""
    return [finding for finding in report.findings if finding.verdict.failure]
