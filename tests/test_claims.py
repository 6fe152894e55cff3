"""Claims: what sources state, held against the reference."""

from __future__ import annotations

from typing import Any

import pytest

from diffcheck import array_namespace
from diffcheck.case import case
from diffcheck.claim import Claim
from diffcheck.claims import claim_row, holds
from diffcheck.domain import real


@case(x=real("n"), examples=[{"x": [0.0, 1.0, 2.0, 3.0]}], source="T4")
def squared_norm(x: Any) -> Any:
    """y = 2 xᵀx"""
    return 2 * array_namespace(x).vecdot(x, x)


@case(x=real("n"), examples=[{"x": [0.0, 2.0]}], source="none")
def distance(x: Any) -> Any:
    """y = Σ|x|"""
    xp = array_namespace(x)
    return xp.sum(xp.abs(x))


@case(x=real(), examples=[{"x": 1.0}], source="none")
def root(x: Any) -> Any:
    """y = √x, and nothing below 0"""
    return array_namespace(x).sqrt(x)


@pytest.mark.parametrize(
    ("claimed", "true"),
    [
        (2.158751, 2.1587512),
        (2.158751, 2.1587505),
        (13.93, 13.9349),
        (5e-05, 5.4e-05),
        ("2.150", 2.1502),
        (6, 6.0),
        (0.1, 0.1),
        (float("inf"), float("inf")),
    ],
)
def test_a_claim_holds_within_half_a_unit_of_its_last_decimal(claimed: Any, true: float) -> None:
    """A source that prints a few decimals claims no more than those."""
    assert holds(claimed, true, true)


@pytest.mark.parametrize(
    ("claimed", "true"),
    [
        (2.158751, 2.1587517),
        (2.158752, 2.1587505),
        (13.93, 13.9351),
        (5e-05, 5.6e-05),
        ("2.150", 2.1506),
        (6, 6.0000001),
        (0.1, 0.16),
        (float("inf"), 1e308),
        (1.0, float("inf")),
        (float("nan"), 1.0),
    ],
)
def test_a_claim_is_refuted_beyond_half_a_unit_of_its_last_decimal(claimed: Any, true: float) -> None:
    """Altering a claimed number's last decimal by one unit flips the outcome; a whole number is exact."""
    assert not holds(claimed, true, true)


def test_the_distance_is_to_the_enclosure() -> None:
    """A number inside the enclosure holds, and one beside it is measured from its nearer end."""
    assert holds(3, 2.5, 3.5)
    assert holds(2.4, 2.449, 3.5)
    assert not holds(2.4, 2.451, 3.5)


@pytest.mark.parametrize(
    ("claim", "outcome"),
    [
        (Claim("value and gradient", value=28, gradient={"x": [0, 4, 8, 12]}), "holds"),
        (Claim("an altered value", value=29, gradient={"x": [0, 4, 8, 12]}), "refuted"),
        (Claim("an altered entry", value=28, gradient={"x": [0, 4, 8, 13]}), "refuted"),
        (Claim("the tutorial's comment", gradient={"x": [0, 2, 4, 6]}), "refuted"),
        (Claim("another shape", gradient={"x": [0, 4, 8]}), "refuted"),
        (Claim("at its own point", at={"x": [1.0, 1.0]}, gradient={"x": 4}), "holds"),
        (Claim("no number"), "untested"),
    ],
)
def test_outcomes_are_computed(claim: Claim, outcome: str) -> None:
    """The outcome follows from the reference, and altering a claimed number flips it."""
    assert claim_row(squared_norm, claim).outcome == outcome


def test_a_refuted_claim_shows_both_numbers() -> None:
    """The row holds what was claimed and what is true."""
    row = claim_row(squared_norm, Claim("twice", gradient={"x": [0, 2, 4, 6]}))
    assert row.claimed == "gradient of x [0, 2, 4, 6]"
    assert row.true == "gradient of x [ 0.,  4.,  8., 12.]"


def test_a_claim_about_a_kink_depends() -> None:
    """At a kink an admissible slope is a choice; one outside the subdifferential is refuted."""
    assert claim_row(distance, Claim("0 at 0", gradient={"x": [0, 1]})).outcome == "depends"
    assert claim_row(distance, Claim("2 at 0", gradient={"x": [2, 1]})).outcome == "refuted"
    assert claim_row(distance, Claim("its value", value=2)).outcome == "holds"


def test_a_claim_where_there_is_no_number_is_untested() -> None:
    """Outside the domain there is nothing to hold a number against."""
    assert claim_row(root, Claim("at -1", at={"x": -1.0}, value=1)).outcome == "untested"
