"""A sheet: everything that a report shows about one case besides its records. Data only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from diffcheck.exact import decode, encode
from diffcheck.verdict import Cause, Verdict


@dataclass(frozen=True)
class Formula:
    """A formula in two spellings: LaTeX for a page, plain text for a terminal."""

    latex: str
    text: str


@dataclass(frozen=True)
class Numbers:
    """An array as a report shows it.

    Attributes:
        shape: of the whole array.
        values: the entries in row-major order; only the first few of a large array.
    """

    shape: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def size(self) -> int:
        """How many entries the whole array has."""
        size = 1
        for length in self.shape:
            size *= length
        return size

    @property
    def complete(self) -> bool:
        """Whether every entry is here."""
        return len(self.values) == self.size


@dataclass(frozen=True)
class MethodRow:
    """What one method answers at the worked example, and what follows for it.

    Attributes:
        method: as in a matrix: `torch R`, `finite_difference R central`.
        dtype: the dtype under test.
        answers: argument (`output` in mode F) → the derivative it computed.
        verdict, cause, message: what follows, why, and in a sentence.
        ratio: |error| / allowance of the worst entry.
        ulps: distance of the worst entry to the enclosure; `None` where the reference is 0.
        argument, index, value: the worst entry.
    """

    method: str
    dtype: str
    answers: Mapping[str, Numbers]
    verdict: Verdict
    cause: Cause = Cause.NONE
    message: str = ""
    ratio: float = 0.0
    ulps: float | None = None
    argument: str = ""
    index: tuple[int, ...] = ()
    value: float | None = None


@dataclass(frozen=True)
class StepRow:
    """Difference quotients with one step.

    Attributes:
        step: the step h, exactly as the quotients used it.
        quotients: scheme → its number; a scheme that gave none is absent.
        errors: scheme → |quotient − true derivative|, rounded upward.
    """

    step: float
    quotients: Mapping[str, float]
    errors: Mapping[str, float]


@dataclass(frozen=True)
class StepTable:
    """Difference quotients of one entry of the gradient, step after step: the V-curve.

    Attributes:
        argument, index: which entry.
        lower, upper: the enclosure of the true derivative there.
        rows: from the largest step to the smallest.
    """

    argument: str
    index: tuple[int, ...]
    lower: float
    upper: float
    rows: tuple[StepRow, ...]

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes that gave a number anywhere, in the order of their first appearance."""
        return tuple(dict.fromkeys(scheme for row in self.rows for scheme in row.quotients))


@dataclass(frozen=True)
class WorkedExample:
    """A case at one point, by every method.

    Attributes:
        arguments: name → value.
        value: the function's value there, `None` where it has none.
        lower, upper: argument → enclosure of the gradient, rounded outward.
        rows: what each method answers, in both modes.
        steps: the step-size table, `None` where the gradient has no enclosure.
    """

    arguments: Mapping[str, Numbers]
    value: Numbers | None
    lower: Mapping[str, Numbers]
    upper: Mapping[str, Numbers]
    rows: tuple[MethodRow, ...] = ()
    steps: StepTable | None = None


@dataclass(frozen=True)
class ClaimRow:
    """What a source states, and what became of it.

    Attributes:
        statement: the source's sentence.
        outcome: `holds`, `refuted`, `depends` or `untested`, always computed.
        claimed, true: what is claimed and what is so, as text, `""` where there is none.
        source: who says so.
        behaviour: the statement about frameworks whose evidence it was held against; `""` for a case's numbers.
    """

    statement: str
    outcome: str
    claimed: str = ""
    true: str = ""
    source: str = ""
    behaviour: str = ""


@dataclass(frozen=True)
class Agreement:
    """How far two certified opinions on one derivative were compared; a disagreement ends the run.

    Attributes:
        agreed: entries on which both are certain, and overlap.
        silent: entries on which one of them says nothing: there is no derivative, or a kink is not decided.
        expensive: derivatives whose graph is too large to be asked about twice.
    """

    agreed: int = 0
    silent: int = 0
    expensive: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(self.agreed + other.agreed, self.silent + other.silent, self.expensive + other.expensive)

    @property
    def sentence(self) -> str:
        """For a reader, in one sentence; empty where nobody was asked."""
        if self == Agreement():
            return ""
        parts = [f"{self.agreed} entries at the points shown overlap what Taylor series in balls enclose"]
        parts += [f"{self.silent} have no second opinion"] if self.silent else []
        parts += [f"{self.expensive} derivatives are too large for one"] if self.expensive else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Trust:
    """How the reference of one case was itself checked: every entry, at a tiny size, by another way.

    The other way is SymPy's derivative of the scalars that come from running the case on symbols.

    Attributes:
        proved: entries whose difference to it is symbolically zero.
        checked: entries compared with it at random points in balls only.
        open: entries that could not be compared.
        refuted: entries that differ: the reference is wrong.
        agreement: with a second certified opinion, at the points that the records show.
    """

    proved: int = 0
    checked: int = 0
    open: int = 0
    refuted: int = 0
    agreement: Agreement = Agreement()

    def __add__(self, other: Trust) -> Trust:
        return Trust(
            self.proved + other.proved,
            self.checked + other.checked,
            self.open + other.open,
            self.refuted + other.refuted,
            self.agreement + other.agreement,
        )

    @property
    def sentence(self) -> str:
        """For a reader, in one sentence."""
        return "; ".join(part for part in (self._compared, self.agreement.sentence) if part)

    @property
    def _compared(self) -> str:
        total = self.proved + self.checked + self.open + self.refuted
        if total == 0:
            return ""
        parts = [f"{self.proved} of {total} proved equal to SymPy's derivative of the function run on symbols"]
        parts += [f"{self.checked} checked at random points"] if self.checked else []
        parts += [f"{self.open} not compared"] if self.open else []
        parts += [f"{self.refuted} REFUTED"] if self.refuted else []
        return f"Entries of the closed form, at a tiny size: {', '.join(parts)}"


@dataclass(frozen=True)
class Sheet:
    """What is known about one case, for a reader.

    Attributes:
        case: `group/name`.
        docstring, source: as the case states them.
        formula: the function.
        closed_forms: argument → the closed form of its gradient.
        trust: how the reference was checked, `None` where it was not in this run.
        example: the case at its worked example.
        claims: what became of each number that the source states.
        notes: what could not be shown, and why, one sentence each.
    """

    case: str
    docstring: str = ""
    source: str = ""
    formula: Formula | None = None
    closed_forms: Mapping[str, Formula] = field(default_factory=dict)
    trust: Trust | None = None
    example: WorkedExample | None = None
    claims: tuple[ClaimRow, ...] = ()
    notes: tuple[str, ...] = ()


def total_trust(sheets: Iterable[Sheet]) -> Trust | None:
    """How the references of several cases were checked, together; `None` where none was."""
    found = [sheet.trust for sheet in sheets if sheet.trust is not None]
    return sum(found[1:], found[0]) if found else None


def to_dict(sheet: Sheet) -> dict[str, Any]:
    """The sheet as what JSON can hold, floats as exact hexadecimal text."""
    return dict(encode(sheet))


def from_dict(data: Mapping[str, Any]) -> Sheet:
    """The sheet that `to_dict` was given."""
    return decode(Sheet, data)
