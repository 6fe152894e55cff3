"""What became of the numbers that sources state: computed from the reference, never typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from diffcheck.case import Case
from diffcheck.claim import Claim
from diffcheck.example import example_point
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.reference import refer
from diffcheck.sheet import ClaimRow

HOLDS = "holds"
REFUTED = "refuted"
DEPENDS = "depends"
UNTESTED = "untested"

DIGITS = 12  # a report's line has no room for more; the run file's sheet has the enclosure


@dataclass(frozen=True)
class Statement:
    """A claimed array of numbers, and what encloses the true ones."""

    name: str
    claimed: Any
    enclosure: Enclosure

    @property
    def written(self) -> str:
        """What is claimed."""
        return f"{self.name} {self.claimed}"

    @property
    def truth(self) -> str:
        """The true numbers; at a kink, the ends of the subdifferential."""
        lower, upper = self.enclosure.lower, self.enclosure.upper
        if self.enclosure.open.any():
            return f"{self.name} between {_text(lower)} and {_text(upper)}"
        return f"{self.name} {_text(lower + (upper - lower) / 2)}"


def claim_rows(case: Case) -> tuple[ClaimRow, ...]:
    """Hold every claim of a case against the reference, in float64."""
    return tuple(claim_row(case, claim) for claim in case.claims)


def claim_row(case: Case, claim: Claim) -> ClaimRow:
    """Hold one claim against the reference.

    Returns:
        `holds` when every number it states holds; `refuted` when one does not; `depends` when one
        is the slope at a kink, where several are admissible; `untested` when it states no number,
        or one where there is none.
    """
    statements = list(_statements(case, claim))
    outcome, true = UNTESTED, ""
    if statements and not any(np.isnan(statement.enclosure.lower).any() for statement in statements):
        outcome, true = _outcome(statements), ", ".join(statement.truth for statement in statements)
    claimed = ", ".join(statement.written for statement in statements)
    return ClaimRow(claim.statement, outcome, claimed, true, claim.source or case.source)


def _outcome(statements: list[Statement]) -> str:
    if not all(_all_hold(statement) for statement in statements):
        return REFUTED
    return DEPENDS if any(statement.enclosure.open.any() for statement in statements) else HOLDS


def holds(claimed: float | str, lower: float, upper: float) -> bool:
    """Whether a claimed number is within half a unit of its last printed decimal of the truth.

    Args:
        claimed: the number as printed: a float, a text where closing zeros matter (`"2.150"`),
            or an int, which prints no decimals and is claimed exactly.
        lower: lower end of the enclosure of the true number.
        upper: its upper end.
    """
    number = Decimal(str(claimed))
    decimals = number.as_tuple().exponent
    if not isinstance(decimals, int) or not np.isfinite((lower, upper)).all():
        return lower == upper == float(number)
    half_unit = Decimal(0) if isinstance(claimed, int) else Decimal(5).scaleb(decimals - 1)
    distance = max(Decimal(lower) - number, number - Decimal(upper), Decimal(0))
    return distance <= half_unit


def _statements(case: Case, claim: Claim) -> Iterator[Statement]:
    if claim.value is None and not claim.gradient:
        return
    point = example_point(case, claim.at or case.examples[0], np.float64)
    reference = refer(case.function, point, case.wrt, "R")
    if claim.value is not None:
        yield Statement("value", claim.value, reference.value)
    for name, gradient in (claim.gradient or {}).items():
        yield Statement(f"gradient of {name}", gradient, reference.entries[name])


def _all_hold(statement: Statement) -> bool:
    """Whether every entry holds; one number claimed for an array is claimed of each entry."""
    numbers = np.asarray(statement.claimed, dtype=object)
    shape = statement.enclosure.shape
    if numbers.ndim and numbers.shape != shape:
        return False
    entries = np.broadcast_to(numbers, shape).ravel()
    ends = zip(statement.enclosure.lower.ravel().tolist(), statement.enclosure.upper.ravel().tolist(), strict=True)
    return all(holds(entry, lower, upper) for entry, (lower, upper) in zip(entries, ends, strict=True))


def _text(array: np.ndarray) -> str:
    return np.array2string(array, separator=", ", precision=DIGITS, threshold=20, floatmode="maxprec")
