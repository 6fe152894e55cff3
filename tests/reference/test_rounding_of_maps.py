"""The rounding of maps: an argument that meets itself brings one error, not two."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.reference.rounded import Arithmetic, Rounded
from diffcheck.reference.rounding import RoundingAlgebra
from diffcheck.reference.rounding_of_maps import meets_itself, rounded_map
from diffcheck.reference.rounding_of_scalars import RoundingRules

A, B = SLOTS[:2]
U = 2.0**-53


def rounded(scalar: sp.Expr, *arguments: tuple[float, float]) -> Rounded:
    """A map of numbers with errors of so many units, at most six times as much."""
    node = nodes.mapped(scalar, *(nodes.variable(name, ()) for name, _ in zip("ab", arguments, strict=False)))
    given = [Rounded(np.array(x), np.array(units * U), np.array(6 * units * U)) for x, units in arguments]
    return rounded_map(scalar, given, RoundingRules(RoundingAlgebra(Arithmetic.of("float64")), node))


@pytest.mark.parametrize(
    ("scalar", "x", "slope"),
    [
        (A + sp.sin(A), 0.5, 1 + np.cos(0.5)),
        (A * sp.exp(A), 2.0, 3 * np.exp(2.0)),
        (sp.exp(A - heads.softplus(A)), 30.0, np.exp(-30.0)),
        (A - A**2 / 2, 1.0, 0.0),
    ],
)
def test_an_error_grows_by_the_slope_of_the_whole(scalar: sp.Expr, x: float, slope: float) -> None:
    """Where the parts add up, and where they cancel; what the operations round comes on top."""
    off = 1e4
    own = rounded(scalar, (x, 0.0)).sigma
    expected = np.hypot(own, slope * off * U)
    assert rounded(scalar, (x, off)).sigma == pytest.approx(expected, rel=1e-6, abs=1e-4 * U)


def test_where_the_slope_is_zero_the_second_order_is_left() -> None:
    """x − x²/2 at 1, with x known to four digits: the error is that of its square."""
    sigma = rounded(A - A**2 / 2, (1.0, 1e-4 / U)).sigma
    assert 0.5 * (1e-4) ** 2 <= 6 * sigma <= 40 * (1e-4) ** 2


def test_errors_of_different_arguments_are_independent() -> None:
    """a·b + a: (b + 1)·σ and a·τ."""
    own = rounded(A * B + A, (3.0, 0.0), (5.0, 0.0)).sigma
    sigma = rounded(A * B + A, (3.0, 100.0), (5.0, 100.0)).sigma
    assert sigma == pytest.approx(np.sqrt(own**2 + (600 * U) ** 2 + (300 * U) ** 2), rel=1e-9)


def test_the_bound_stays_the_bound_of_every_order() -> None:
    """What errors can do at worst is still added up operation by operation."""
    found = rounded(A - A**2 / 2, (1.0, 1e6))
    assert found.worst >= 6e6 * U


@pytest.mark.parametrize(
    ("scalar", "meets"),
    [
        (A + B, False),
        (sp.exp(A) * B, False),
        (A**3, False),
        (A * sp.exp(A), True),
        (A - heads.frozen(A), False),
        (A - heads.floored(A), False),
    ],
)
def test_only_an_argument_in_several_places_meets_itself(scalar: sp.Expr, meets: bool) -> None:
    """A frozen one counts as another number, and a jump is left to the operations."""
    assert meets_itself(scalar) is meets


def test_where_the_slope_is_infinite_an_error_is_allowed_for() -> None:
    """eˣ·√x at 0."""
    with np.errstate(all="ignore"):
        assert rounded(sp.exp(A) * sp.sqrt(A), (0.0, 1.0)).sigma > 0
