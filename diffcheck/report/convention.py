"""Conventions: what every method picks at a kink, where any number of a range is right."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from diffcheck.point import Point
from diffcheck.record import Cell, Judgement, Record
from diffcheck.report.number import brief, entry
from diffcheck.report.place import REVERSE, place
from diffcheck.verdict import Cause, Verdict

EXAMPLE = "example"
"""Where a point came from: a worked example."""

PLAIN = "plain"
"""What the command line calls a method without a transform."""

NOISE = 1e-6
"""What is this small beside the ends of the range is rounding, or truncation: six digits are shown."""


@dataclass(frozen=True)
class Kink:
    """One entry of a derivative at a point where several numbers are right, in the words of a report.

    Attributes:
        case: whose derivative.
        at: the point: `x = 0`.
        entry: which entry: `∂/∂x[0]`; nothing where there is only one.
        admissible: what is right: `[-1, 1]`.
    """

    case: str
    at: str
    entry: str
    admissible: str

    @property
    def where(self) -> str:
        """Point and entry."""
        return f"{self.at}, {self.entry}" if self.entry else self.at


@dataclass(frozen=True)
class Convention:
    """What is picked at one kink.

    Attributes:
        kink: where.
        picks: number → who answers it, smallest number first, a NaN last; modes, transforms and dtypes are
            named only where they differ.
        silent: backends that answer no number.
    """

    kink: Kink
    picks: Mapping[str, tuple[str, ...]]
    silent: tuple[str, ...]

    @property
    def picked(self) -> str:
        """`torch, jax pick 0 · torch (spelling) picks 1 · sympy gives none`."""
        said = [f"{_subject(who, _verb(number))} {number}" for number, who in self.picks.items()]
        return " · ".join([*said, f"{_subject(self.silent, 'give')} none"] if self.silent else said)


def conventions(records: Sequence[Record], portable: bool = False) -> list[Convention]:
    """What was picked, once for each case, point and entry; dtypes, modes and methods stand together.

    Args:
        records: of a run.
        portable: only what is the same on every machine.
    """
    answers: dict[Kink, dict[Cell, str]] = {}
    for record in records:
        kink = _kink(record)
        if kink is not None and (_is_portable(record) or not portable):
            answers.setdefault(kink, {}).update(_answers(record))
    order = {record.cell: place for place, record in enumerate(records)}
    return [
        _convention(kink, {cell: given[cell] for cell in order if cell in given and not (portable and _measures(cell))})
        for kink, given in answers.items()
    ]


def _is_portable(record: Record) -> bool:
    """Whether a record's point is typed in the case: where drawing ends up, rounding may decide."""
    return record.found == EXAMPLE and not _measures(record.cell)


def _measures(cell: Cell) -> bool:
    """Whether a method picks nothing: its numbers end in rounding."""
    return cell.backend == "finite_difference"


# ---- where -----------------------------------------------------------------------------------


def _kink(record: Record) -> Kink | None:
    """Where a record shows a convention, if it shows one."""
    judgement, point = record.judgement, record.point
    if (judgement.verdict, judgement.cause) != (Verdict.CONVENTION, Cause.TIE) or point is None:
        return None
    if judgement.lower is None or judgement.upper is None:
        return None
    admissible = f"[{brief(judgement.lower)}, {brief(judgement.upper)}]"
    return Kink(
        record.cell.case, place(point, record.cell.mode), _entry(judgement, point, record.cell.mode), admissible
    )


def _entry(judgement: Judgement, point: Point, mode: str) -> str:
    order = f"order {len(mode)}" if len(mode) > 1 else ""
    return ", ".join(part for part in (order, _direction(judgement, point, mode)) if part)


def _direction(judgement: Judgement, point: Point, mode: str) -> str:
    if [array.size for array in point.arguments.values()] == [1]:
        return ""
    if REVERSE not in mode:
        return "along the tangent"
    return f"∂/∂{entry(judgement.argument, judgement.index)}"


# ---- who -------------------------------------------------------------------------------------


def _answers(record: Record) -> dict[Cell, str]:
    """What the record's own method answers, and the others beside it; nothing in words where that is no number."""
    others = {_beside(record.cell, method): answer for method, answer in record.others.items()}
    answers = {record.cell: record.judgement.value, **others}
    return {cell: "" if answer is None else _number(answer, record.judgement) for cell, answer in answers.items()}


def _number(answer: float, judgement: Judgement) -> str:
    largest = max(abs(judgement.lower or 0.0), abs(judgement.upper or 0.0))
    return brief(0.0 if abs(answer) < NOISE * largest else answer)


def _beside(cell: Cell, method: str) -> Cell:
    """The cell of another method of the same case and dtype."""
    backend, mode, *transform = method.split(" ", 2)
    return Cell(cell.case, backend, mode, "".join(transform), cell.dtype)


def _convention(kink: Kink, answers: Mapping[Cell, str]) -> Convention:
    picks: dict[str, list[str]] = {}
    silent = []
    for backend in dict.fromkeys(cell.backend for cell in answers):
        own = {cell: answer for cell, answer in answers.items() if cell.backend == backend}
        numbers = {cell: answer for cell, answer in own.items() if answer}
        for number, who in _named(backend, numbers).items():
            picks.setdefault(number, []).append(who)
        if not numbers:
            silent.append(backend)
    return Convention(kink, {number: tuple(picks[number]) for number in sorted(picks, key=_size)}, tuple(silent))


def _size(number: str) -> tuple[bool, float]:
    """Sorts numbers, and what is none after them."""
    return math.isnan(float(number)), float(number)


Part = Callable[[Cell], str]

PARTS: tuple[Part, ...] = (
    lambda _: "",
    lambda cell: cell.transform or PLAIN,
    lambda cell: f"{cell.transform or PLAIN} {cell.mode}",
    lambda cell: f"{cell.transform or PLAIN} {cell.dtype}",
    lambda cell: f"{cell.transform or PLAIN} {cell.mode} {cell.dtype}",
)
"""How much of a cell is named: no more than tells apart those with different answers."""


def _named(backend: str, numbers: Mapping[Cell, str]) -> dict[str, str]:
    """Number → who of a backend answers it: `torch`, or `torch (plain, jit)`."""
    part = next(part for part in PARTS if _tells_apart(part, numbers))
    parts: dict[str, dict[str, None]] = {}
    for cell, number in numbers.items():
        parts.setdefault(number, {})[part(cell)] = None
    return {number: f"{backend} ({', '.join(names)})".replace(" ()", "") for number, names in parts.items()}


def _tells_apart(part: Part, numbers: Mapping[Cell, str]) -> bool:
    found: dict[str, str] = {}
    return all(found.setdefault(part(cell), number) == number for cell, number in numbers.items())


def _verb(number: str) -> str:
    """A NaN is no pick."""
    return "pick" if math.isfinite(float(number)) else "answer"


def _subject(who: tuple[str, ...], verb: str) -> str:
    """`torch picks`, `torch, jax pick`."""
    several = len(who) > 1 or "," in who[0]
    return f"{', '.join(who)} {verb if several else verb + 's'}"
