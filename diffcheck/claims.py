"""What became of the numbers that sources state: computed from the reference, never typed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np

from diffcheck.case import Case
from diffcheck.claim import Claim
from diffcheck.example import example_point
from diffcheck.reference.reference import refer
from diffcheck.sheet import ClaimRow

HOLDS = "holds"
REFUTED = "refuted"
UNTESTED = "untested"
VALUE = "value"
EXACT_DIGITS = 12

# Statement of one number: what it is of, the number, the enclosure's ends.
Statement = tuple[str, Any, np.ndarray, np.ndarray]


def claim_rows(case: Case) -> tuple[ClaimRow, ...]:
    """Hold every claim of a case against the reference, in float64."""
    return tuple(claim_row(case, claim) for claim in case.claims)


def claim_row(case: Case, claim: Claim) -> ClaimRow:
    """Hold one claim against the reference.

    Returns:
        `holds` when every number it states holds, `refuted` when one does not, `untested` when it
        states none, or when there is no derivative at its point.
    """
    if claim.value is None and not claim.gradient:
        return ClaimRow(claim.statement, UNTESTED)
    statements = list(_statements(case, claim))
    if any(np.isnan(lower).any() or np.isnan(upper).any() for _, _, lower, upper in statements):
        return ClaimRow(claim.statement, UNTESTED, _written(statements))
    outcome = HOLDS if all(_all_hold(*statement[1:]) for statement in statements) else REFUTED
    return ClaimRow(claim.statement, outcome, _written(statements), _truth(statements))


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
    point = example_point(case, claim.at or case.examples[0], np.float64)
    reference = refer(case.function, point, case.wrt, "R")
    if claim.value is not None:
        yield VALUE, claim.value, reference.value.lower, reference.value.upper
    for name, gradient in (claim.gradient or {}).items():
        enclosure = reference.entries[name]
        yield f"gradient of {name}", gradient, enclosure.lower, enclosure.upper


def _all_hold(claimed: Any, lower: np.ndarray, upper: np.ndarray) -> bool:
    """Whether every entry holds; one number claimed for an array is claimed of each entry."""
    numbers = np.asarray(claimed, dtype=object)
    if numbers.ndim and numbers.shape != lower.shape:
        return False
    entries = np.broadcast_to(numbers, lower.shape).ravel()
    return all(map(holds, entries, lower.ravel().tolist(), upper.ravel().tolist()))


def _written(statements: list[Statement]) -> str:
    return ", ".join(f"{name} {claimed}" for name, claimed, _, _ in statements)


def _truth(statements: list[Statement]) -> str:
    return ", ".join(f"{name} {_shown(lower, upper)}" for name, _, lower, upper in statements)


def _shown(lower: np.ndarray, upper: np.ndarray) -> str:
    """The true numbers, as many digits as fit on a line; the run file's sheet has the enclosure."""
    middle = lower + (upper - lower) / 2
    return np.array2string(middle, separator=", ", precision=EXACT_DIGITS, threshold=20, floatmode="maxprec")
