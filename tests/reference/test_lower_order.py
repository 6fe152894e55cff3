"""Higher orders at kinks: where there is a derivative, where there are several, and where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.namespace import array_namespace
from diffcheck.reference.public import reference
from diffcheck.reference.reference import Reference
from diffcheck.special import relu, softplus
from diffcheck.verdict import Cause, Verdict
from tests.judging import judged

Function = Callable[..., Any]
INF = float("inf")


def xp(x: Any) -> Any:
    return array_namespace(x)


def absolute(x: Any) -> Any:
    return xp(x).abs(x)


def leaky(x: Any) -> Any:
    return xp(x).where(x > 0, x, x / 8)


def huber(x: Any) -> Any:
    return xp(x).where(absolute(x) <= 1, x**2 / 2, absolute(x) - 0.5)


def elu(x: Any) -> Any:
    return xp(x).where(x > 0, x, xp(x).expm1(x))


def clamped(x: Any) -> Any:
    return xp(x).clip(x, 0, 1)


def branching(x: Any) -> Any:
    return x * x if x > 0 else -x * x


def sign(x: Any) -> Any:
    return xp(x).sign(x)


def admissible(found: Reference) -> tuple[float, float]:
    """The lowest and the highest derivative; NaN where there is none."""
    [(low, high)] = zip(found.lower.values(), found.upper.values(), strict=True)
    if found.is_undefined:
        return np.nan, np.nan
    if found.kink is not None and found.kink.asked.size:
        low, high = found.kink.ranges
    return float(low.item()), float(high.item())


NONE: list[tuple[str, Function, float]] = [
    ("relu", relu, 0.0),
    ("leaky relu", leaky, 0.0),
    ("abs", absolute, 0.0),
    ("where", lambda x: xp(x).where(x > 0, x, 0 * x), 0.0),
    ("max", lambda x: xp(x).maximum(x, -x), 0.0),
    ("min", lambda x: xp(x).minimum(x, x * x), 0.0),
    ("clamp, below", clamped, 0.0),
    ("clamp, above", clamped, 1.0),
    ("x·sign x", lambda x: x * sign(x), 0.0),
    ("a branch", lambda x: x if x > 0 else -x, 0.0),
    ("√x", lambda x: xp(x).sqrt(x), 0.0),
    ("a jump", lambda x: xp(x).where(x > 0, x + 1, x), 0.0),
    ("a floor", lambda x: xp(x).floor(x), 2.0),
    ("a pole", lambda x: 1 / x, 0.0),
    ("outside", lambda x: xp(x).log(x), -1.0),
]


@pytest.mark.parametrize(("name", "function", "x"), NONE)
@pytest.mark.parametrize("mode", ["FR", "FF", "FFR"])
def test_where_a_lower_order_jumps_there_is_no_derivative(name: str, function: Function, x: float, mode: str) -> None:
    """Whatever a method answers, also the 0 that is right on both sides: there is nothing to judge."""
    assert name
    assert reference(function, x=x, mode=mode).is_undefined
    assert judged(function, 0.0, mode=mode, x=x).verdict is Verdict.UNDEFINED


def test_that_there_is_none_has_its_own_cause() -> None:
    """A first derivative that jumps is no jump of the function."""
    assert judged(relu, 0.0, mode="FR", x=0.0).cause is Cause.LOWER_ORDER
    assert judged(lambda x: xp(x).sqrt(x), -INF, mode="FR", x=0.0).cause is Cause.LOWER_ORDER
    assert judged(lambda x: xp(x).where(x > 0, x + 1, x), 0.0, mode="FR", x=0.0).cause is Cause.JUMP
    assert judged(lambda x: xp(x).log(x), 0.0, mode="FR", x=-1.0).cause is Cause.DOMAIN


# function, where, mode → the lowest and the highest admissible number.
SEVERAL: list[tuple[str, Function, float, str, float, float]] = [
    ("x·|x|", lambda x: x * absolute(x), 0.0, "FR", -2.0, 2.0),
    ("relu²", lambda x: relu(x) ** 2, 0.0, "FR", 0.0, 2.0),
    ("relu³", lambda x: relu(x) ** 3, 0.0, "FFR", 0.0, 6.0),
    ("Huber at 1", huber, 1.0, "FR", 0.0, 1.0),
    ("Huber at −1", huber, -1.0, "FF", 0.0, 1.0),
    ("elu", elu, 0.0, "FR", 0.0, 1.0),
    ("where of squares", lambda x: xp(x).where(x > 0, x**2, -(x**2)), 0.0, "FR", -2.0, 2.0),
    ("x²·sign x", lambda x: x * x * sign(x), 0.0, "FR", -2.0, 2.0),
    ("a branch", branching, 0.0, "FR", -2.0, 2.0),
]


@pytest.mark.parametrize(("name", "function", "x", "mode", "low", "high"), SEVERAL)
def test_where_the_lower_order_has_a_kink_its_subdifferential_is_admissible(
    name: str, function: Function, x: float, mode: str, low: float, high: float
) -> None:
    """Ends and middle of it are conventions; what lies beyond is wrong."""
    assert name
    assert admissible(reference(function, x=x, mode=mode)) == (low, high)
    for inside in (low, (low + high) / 2, high):
        assert judged(function, inside, mode=mode, x=x).verdict is Verdict.CONVENTION
    for beyond in (low - 1, high + 1, 10.0):
        assert judged(function, beyond, mode=mode, x=x).verdict is Verdict.WRONG


# function, where, mode → the derivative.
ONE: list[tuple[str, Function, float, str, float]] = [
    ("a square", lambda x: 5 * x**2 - 4 * x, 1.0, "FR", 10.0),
    ("a cube", lambda x: x**3, 2.0, "FF", 12.0),
    ("a cube, order 3", lambda x: x**3, 2.0, "FFR", 6.0),
    ("softplus", softplus, 0.0, "FR", 0.25),
    ("relu, right", relu, 1.0, "FR", 0.0),
    ("abs, left", absolute, -1.0, "FF", 0.0),
    ("x·|x|, left", lambda x: x * absolute(x), -3.0, "FR", -2.0),
    ("relu³", lambda x: relu(x) ** 3, 0.0, "FR", 0.0),
    ("x³·sign x", lambda x: x**3 * sign(x), 0.0, "FR", 0.0),
    ("Huber, inside", huber, 0.5, "FR", 1.0),
    ("Huber, outside", huber, 2.0, "FR", 0.0),
    ("Huber, order 3", huber, 0.5, "FFR", 0.0),
    ("elu, left", elu, -1.0, "FR", float(np.exp(-1))),
    ("clamp, inside", clamped, 0.5, "FR", 0.0),
    ("relu(x) − relu(−x), which is x", lambda x: relu(x) - relu(-x), 0.0, "FR", 0.0),
    ("√x³", lambda x: x**1.5, 0.0, "FR", INF),
    ("√x⁵", lambda x: x**2.5, 0.0, "FR", 0.0),
    ("|x|³", lambda x: absolute(x) ** 3, 0.0, "FR", 0.0),
    ("a linear function", lambda x: 3 * x, 1.0, "FR", 0.0),
    ("a constant direction", lambda x: 0 * x + 1, 1.0, "FF", 0.0),
]


@pytest.mark.parametrize(("name", "function", "x", "mode", "truth"), ONE)
def test_a_smooth_point_has_one_derivative(name: str, function: Function, x: float, mode: str, truth: float) -> None:
    """It agrees, and nothing else does."""
    assert name
    assert judged(function, truth, mode=mode, x=x).verdict is Verdict.AGREES
    assert judged(function, -1.0 if truth == 0 else truth * 1.001 if truth < INF else 1.0, mode=mode, x=x).verdict in (
        Verdict.WRONG,
        Verdict.INCONCLUSIVE if truth == 0 else Verdict.WRONG,
    )


def test_a_hole_is_filled_by_limits() -> None:
    """The second derivative of sin(x)/x at 0 is −1/3, which the closed form cannot tell."""
    found = reference(lambda x: xp(x).sin(x) / x, x=0.0, mode="FR")
    assert found.lower["x"] < -1 / 3 < found.upper["x"]


def test_a_square_of_the_choice_at_a_kink_is_a_selection() -> None:
    """cos|x| is cos x, whose second derivative at 0 is −1; with slope 0 for |x| the chain rule says 0, with none 1."""

    def cosine(x: Any) -> Any:
        return xp(x).cos(absolute(x))

    assert judged(cosine, -1.0, mode="FR", x=0.0).verdict is Verdict.AGREES
    assert judged(cosine, 0.0, mode="FR", x=0.0).verdict is Verdict.SELECTION
    assert judged(cosine, 1.5, mode="FR", x=0.0).verdict is Verdict.WRONG


# ---- several numbers -------------------------------------------------------------------------


def test_only_the_entries_that_jump_have_no_derivative() -> None:
    """Σ relu(x): the first entry lies at its kink, and the others are as if it did not."""
    found = reference(lambda x: xp(x).sum(relu(x) ** 2 + relu(x)), x=[0.0, 1.0, -1.0], mode="FR")
    assert np.array_equal(found.lower["x"], [np.nan, 2.0, 0.0], equal_nan=True)
    assert found.kink is None


def test_the_second_derivative_is_taken_along_the_tangent() -> None:
    """H·v, whatever the word of the mode; FF is vᵀHv."""
    tangents = {"x": [1.0, -2.0], "y": 3.0}

    def function(x: Any, y: Any) -> Any:
        return xp(x).sum(x**2) * y

    for mode in ("FR", "RR", "RF"):
        found = reference(function, x=[1.0, 2.0], y=5.0, mode=mode, tangents=tangents)
        assert found.lower["x"].tolist() == [10.0 * 1 + 2 * 3, -20.0 + 4 * 3]
        assert found.lower["y"] == 2.0 - 8.0
    along = reference(function, x=[1.0, 2.0], y=5.0, mode="FF", tangents=tangents)
    assert along.lower["output"] == 1 * 16.0 - 2 * -8.0 + 3 * -6.0


def test_entries_at_a_kink_of_order_two_are_judged_jointly() -> None:
    """relu(x − y)²: at x = y the rows of the second derivative have opposite signs."""

    def function(x: Any, y: Any) -> Any:
        return relu(x - y) ** 2

    found = reference(function, x=1.0, y=1.0, mode="FR", tangents={"x": 1.0, "y": 0.0})
    assert found.kink is not None
    spread = found.kink.exploration.limits or found.kink.limits
    assert {(float(one.entries["x"].item()), float(one.entries["y"].item())) for one in spread} == {(0, 0), (2, -2)}


@given(st.floats(-4, 4), st.floats(-4, 4))
@settings(max_examples=30, deadline=None)
def test_the_hessian_is_symmetric_beside_kinks(x: float, y: float) -> None:
    """Where it exists, what one argument says of the other is what that says of it."""

    def function(x: Any, y: Any) -> Any:
        return relu(x * y) ** 2 + absolute(x) * y

    of_x = reference(function, x=x, y=y, mode="FR", tangents={"x": 1.0, "y": 0.0}).entries["y"].balls.item()
    of_y = reference(function, x=x, y=y, mode="FR", tangents={"x": 0.0, "y": 1.0}).entries["x"].balls.item()
    assert of_x.overlaps(of_y) or of_x.is_nan() or of_y.is_nan()


@pytest.mark.parametrize("mode", ["", "Q", "RQ", "rf"])
def test_a_mode_is_a_word_over_r_and_f(mode: str) -> None:
    """Anything else is refused in one line."""
    with pytest.raises(ValueError, match=f"no mode '{mode}'; R is the gradient"):
        reference(lambda x: x, x=1.0, mode=mode)


@pytest.mark.parametrize(
    ("tangents", "message"), [({"y": 1.0}, "tangents name 'y'"), ({"x": [1.0, 2.0]}, "does not have the shape")]
)
def test_a_tangent_fits_an_argument(tangents: dict[str, Any], message: str) -> None:
    """One for an argument that is not there, or of another shape, is refused."""
    with pytest.raises(ValueError, match=message):
        reference(lambda x: x, x=[1.0, 2.0, 3.0], mode="FR", tangents=tangents)
