"""The parts that a run of the figures is divided into; each is stored when it is done.

What is stored belongs to one build: the text of everything that may change a number.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import detection
from benchmarks.alarms import AlarmRow, alarm_rows
from benchmarks.detection import Threshold, thresholds
from benchmarks.false_alarms import Findings, look_at_all
from benchmarks.functions import PROBLEMS
from benchmarks.structural import Trial, trials
from benchmarks.subjects import Subject, subjects
from diffcheck.report.json import plain

ROOT = Path(__file__).parents[1]
TEXTS = ("diffcheck/**/*.py", "diffcheck/**/*.json", "cases/*.py", "benchmarks/*.py", "constraints.txt")

PLANTED = "planted"
MUTANTS = "mutants"
ALARMS = "alarms"

DIVISIONS = 40
"""False alarms are looked for in so many parts."""


@dataclass(frozen=True)
class Part:
    """A part of a run.

    Attributes:
        figure: PLANTED, MUTANTS or ALARMS.
        key: PLANTED: the number of the function, and gradient entries; MUTANTS: the number of the function;
            ALARMS: the number of the first subject, and how many subjects further the next one is.
        quick: whether it belongs to a quick run.
    """

    figure: str
    key: tuple[int, ...]
    quick: bool

    @property
    def file(self) -> str:
        """What it is stored as."""
        return f"{'-'.join([self.figure, *map(str, self.key)])}.json"


def plan(*, quick: bool) -> list[Part]:
    """Every part of a run, those that take long first."""
    effort = detection.QUICK if quick else detection.FULL
    numbers = range(0, len(PROBLEMS), 4 if quick else 1)
    sizes = sorted(effort.seeds, reverse=True)
    planted = [Part(PLANTED, (number, size), quick) for size in sizes for number in numbers]
    first = range(0, DIVISIONS, DIVISIONS if quick else 1)
    alarms = [Part(ALARMS, (start, DIVISIONS), quick) for start in first]
    return [*planted, *alarms, *(Part(MUTANTS, (number,), quick) for number in numbers)]


def build() -> str:
    """A name for the text of everything that may change a number."""
    text = hashlib.sha256()
    for path in sorted(path for pattern in TEXTS for path in ROOT.glob(pattern)):
        text.update(path.relative_to(ROOT).as_posix().encode())
        text.update(path.read_bytes())
    return text.hexdigest()[:12]


# ---- doing -----------------------------------------------------------------------------------


def done(part: Part) -> Any:
    """Do a part; what JSON can hold comes back."""
    return plain(WORK[part.figure](part))


def _planted(part: Part) -> list[Threshold]:
    number, size = part.key
    return list(thresholds(PROBLEMS[number], size, detection.QUICK if part.quick else detection.FULL))


def _mutants(part: Part) -> list[Trial]:
    return list(trials(PROBLEMS[part.key[0]]))


def _alarms(part: Part) -> dict[str, Any]:
    first, step = part.key
    numbered = dict(list(enumerate(_subjects()))[first::step])
    found = look_at_all(numbered)
    return {
        "subjects": found.subjects,
        "compared": found.compared,
        **{name: [[*key, times] for key, times in getattr(found, name).items()] for name in COUNTED},
        "alarms": alarm_rows(found.alarms),
    }


COUNTED = ("entries", "answers", "undecided")

WORK: Mapping[str, Callable[[Part], Any]] = {PLANTED: _planted, MUTANTS: _mutants, ALARMS: _alarms}


@cache
def _subjects() -> list[Subject]:
    return list(subjects())


# ---- reading back ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Results:
    """What all parts have found.

    Attributes:
        thresholds: of planted errors.
        trials: of structural mutants.
        findings: of unmodified frameworks, without the alarms.
        alarms: by their reason.
    """

    thresholds: Sequence[Threshold]
    trials: Sequence[Trial]
    findings: Findings
    alarms: Sequence[AlarmRow]


def results(contents: Mapping[Part, Any]) -> Results:
    """The parts' contents, read back and put together."""

    def of(figure: str) -> Iterator[Any]:
        return (content for part, content in contents.items() if part.figure == figure)

    findings = Findings()
    for content in of(ALARMS):
        entries, answers, undecided = ({tuple(key): times for *key, times in content[name]} for name in COUNTED)
        counted = Counter(entries), Counter(answers), Counter(undecided)
        findings += Findings(content["subjects"], content["compared"], *counted)
    return Results(
        [Threshold(**{**row, "delta": float(row["delta"])}) for content in of(PLANTED) for row in content],
        [Trial(**row) for content in of(MUTANTS) for row in content],
        findings,
        [AlarmRow(**row) for content in of(ALARMS) for row in content["alarms"]],
    )
