"""Alarms: verdicts that fail an unmodified framework, whose fault they are, and the smallest point that shows them.

An alarm is the framework's own defect only where its lifted backward graph, in balls, excludes the
truth, or where one of DEMONSTRATIONS shows it with mpmath or fractions alone; in every entry that is off.
Otherwise it is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks import jax_standard_deviation, torch_determinant, torch_trigamma, where_not_taken
from diffcheck.case import Case
from diffcheck.cell import differentiate, reference_or_judgement
from diffcheck.dtype import ORDINARY
from diffcheck.effort import PROFILES
from diffcheck.evidence import Evidence
from diffcheck.judge import weigh
from diffcheck.measuring.fit import LARGE
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.shrink import Shrinker
from diffcheck.tally import SEARCH, Tally
from diffcheck.verdict import Verdict

FEW = 8
"""A point of so many numbers is told in full."""

OURS = "ours"
GRAPH = "the framework's: its own program, in balls, computes another number"


@dataclass(frozen=True)
class Demonstration:
    """A script of this folder that shows a framework's defect with mpmath alone.

    Attributes:
        script: its name.
        backend, dtypes, modes: what it is about.
        case: the function that it is about.
        off: its argument → by how many roundings the framework's derivative is off, entry by entry.
        argument: its name.
        lone: whether it is about a single number only.
    """

    script: str
    backend: str
    dtypes: tuple[str, ...]
    case: str
    off: Callable[[np.ndarray], np.ndarray]
    argument: str = "x"
    modes: tuple[str, ...] = ("R", "F")
    lone: bool = False

    def shows(self, alarm: Alarm, entries: np.ndarray) -> bool:
        """Whether it shows the defect of an alarm in some entries; in a sum over all of them where it is in one."""
        cell, x = alarm.cell, alarm.point.arguments.get(self.argument)
        if (cell.backend, cell.case) != (self.backend, self.case) or cell.dtype not in self.dtypes:
            return False
        if x is None or cell.mode not in self.modes or (self.lone and x.size != 1):
            return False
        is_off = np.asarray(self.off(x) > LARGE)
        return bool(is_off[entries].all() if entries.shape == is_off.shape else is_off.any())


def _each(off: Callable[[float], float]) -> Callable[[np.ndarray], np.ndarray]:
    """Of each number by itself."""

    def of_all(numbers: np.ndarray) -> np.ndarray:
        return np.array([off(float(number)) for number in numbers.ravel()]).reshape(numbers.shape)

    return of_all


DEMONSTRATIONS = (
    Demonstration("torch_trigamma.py", "torch", ("float64",), "elementwise/digamma", _each(torch_trigamma.off)),
    Demonstration(
        "torch_trigamma.py",
        "torch",
        ("float64",),
        "special/gamma_entropy",
        _each(torch_trigamma.off_in_entropy),
        argument="shape",
    ),
    *(
        Demonstration("torch_determinant.py", "torch", ORDINARY, "vector/determinant", off, argument="a", modes=(mode,))
        for mode, off in torch_determinant.OFF.items()
    ),
    Demonstration(
        "jax_standard_deviation.py",
        "jax",
        ORDINARY,
        "reductions/standard deviation",
        _each(jax_standard_deviation.off),
        lone=True,
    ),
    *(
        Demonstration(
            "where_not_taken.py",
            framework,
            ORDINARY,
            "piecewise/square_root_above_one",
            _each(partial(where_not_taken.off, framework)),
            modes=("R",),
        )
        for framework in where_not_taken.ANSWERS
    ),
)


@dataclass(frozen=True, eq=False)
class Alarm:
    """A verdict that fails an unmodified framework.

    Attributes:
        case: the function.
        cell: how it was differentiated.
        judgement: of the worst entry.
        point: where.
        where: the sizes and the data, in words.
        smooth: whether the function is smooth there.
    """

    case: Case
    cell: Cell
    judgement: Judgement
    point: Point
    where: str
    smooth: bool

    @property
    def size(self) -> int:
        """How many numbers the point holds."""
        return sum(array.size for array in self.point.arguments.values())


@dataclass(frozen=True)
class AlarmRow:
    """Alarms with a common reason.

    Attributes:
        case, method, dtype, smooth, verdict, cause: of which all of them are.
        fault: OURS, or why it is the framework's.
        times: how many answers.
        size: how many numbers the smallest point holds that showed it.
        text: the smallest of them, as a person wants to see it.
    """

    case: str
    method: str
    dtype: str
    smooth: bool
    verdict: str
    cause: str
    fault: str
    times: int
    size: int
    text: str

    @property
    def group(self) -> tuple[str | bool, ...]:
        """What alarms with a common reason have in common."""
        return (self.case, self.method, self.dtype, self.smooth, self.verdict, self.cause, self.fault)


def alarm_rows(alarms: Sequence[Alarm]) -> list[AlarmRow]:
    """Alarms by their reason, each with the smallest point that shows it."""
    groups: dict[tuple[str | bool, ...], tuple[AlarmRow, list[Alarm]]] = {}
    for alarm in alarms:
        row = _row(alarm)
        groups.setdefault(row.group, (row, []))[1].append(alarm)
    return [_shrunk(row, found) for row, found in groups.values()]


def merged(rows: Sequence[AlarmRow]) -> list[AlarmRow]:
    """The rows of several parts of a run: of each reason the smallest, and how often it occurred."""
    groups: dict[tuple[str | bool, ...], list[AlarmRow]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    smallest = [min(group, key=lambda row: row.size) for group in groups.values()]
    return [replace(row, times=sum(one.times for one in groups[row.group])) for row in smallest]


# ---- whose fault -----------------------------------------------------------------------------


def fault(alarm: Alarm) -> str:
    """Whose fault an alarm is: the framework's where that is shown in every entry that is off, else OURS."""
    reference = reference_or_judgement(alarm.case, alarm.point, alarm.cell.mode)
    if isinstance(reference, Judgement) or alarm.judgement.verdict is Verdict.DIFFERENT:
        return OURS
    try:
        _, evidence = weigh(differentiate(alarm.case, alarm.cell, alarm.point), reference)
    except Exception:  # noqa: BLE001 - a framework that raises shows nothing in balls
        return OURS
    off = {name: _off(about) for name, about in evidence.items()}
    if not any(mask.any() for mask in off.values()):
        return OURS
    if all(_is_excluded(about, off[name]) for name, about in evidence.items()):
        return GRAPH
    for demonstration in DEMONSTRATIONS:
        if all(demonstration.shows(alarm, entries) for entries in off.values()):
            return f"the framework's: {demonstration.script}"
    return OURS


def _off(about: Evidence) -> np.ndarray:
    """The entries beyond their allowance, or within one that excuses no other formula."""
    beyond = np.asarray(~(about.error <= about.allowance))
    if about.ran is None:
        return beyond
    return beyond | (about.is_careless & about.ran.accounts_for(about.name, about.error))


def _is_excluded(about: Evidence, off: np.ndarray) -> bool:
    """Whether the program that ran computes another number than the truth in all of some entries."""
    if not off.any():
        return True
    ran = about.together.ran
    return ran is not None and bool(ran.excludes(about.name)[off].all())


# ---- the smallest ----------------------------------------------------------------------------


def _row(alarm: Alarm) -> AlarmRow:
    cell, judged = alarm.cell, alarm.judgement
    return AlarmRow(
        alarm.case.id,
        cell.method,
        cell.dtype,
        alarm.smooth,
        judged.verdict.name,
        judged.cause.name,
        fault(alarm),
        1,
        alarm.size,
        _text(alarm),
    )


def _shrunk(row: AlarmRow, alarms: Sequence[Alarm]) -> AlarmRow:
    """The row, of all its alarms, at a point that is as small as a search makes it."""
    smallest = min(alarms, key=lambda alarm: alarm.size)
    cell = smallest.cell
    tally = Tally(cell)
    tally.add(smallest.judgement, smallest.point, SEARCH)
    record = Shrinker(smallest.case, cell.dtype, [cell], PROFILES["quick"], seed=0).finish(tally)
    assert record.point is not None
    found = replace(smallest, judgement=record.judgement, point=record.point)
    kept = smallest if fault(found) != row.fault else found
    return replace(row, times=len(alarms), size=kept.size, text=_text(kept))


def _text(alarm: Alarm) -> str:
    """The entry that is off, the point if it is small, and what is known about it."""
    judged = alarm.judgement
    arguments = alarm.point.arguments
    values = ", ".join(f"{name} = {array.tolist()}" for name, array in arguments.items())
    where = values if alarm.size <= FEW else alarm.where
    entry = f"{judged.argument}{list(judged.index)} = {judged.value!r}, true [{judged.lower!r}, {judged.upper!r}]"
    return f"at {where}: {entry}, {judged.ratio:.3g} times the allowance. {'; '.join([judged.message, *judged.causes])}"
