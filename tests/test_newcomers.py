"""What people try first, and what they are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diffcheck as dc
from diffcheck.backends.base import Derivative
from diffcheck.judge import judge
from diffcheck.point import Point
from diffcheck.reference.public import reference
from diffcheck.reference.reference import refer
from diffcheck.verdict import Verdict


def size(x: Any) -> Any:
    """|x| by an `if`."""
    return x if x > 0 else -x


@pytest.mark.parametrize("claimed", [-1.0, 0.0, 1.0])
def test_an_if_at_its_kink_accuses_nobody(claimed: float) -> None:
    """The branch that was taken is not the only one: another subgradient is not wrong."""
    found = refer(size, Point({"x": np.array(0.0)}), ("x",))
    assert judge(Derivative(np.array(0.0), {"x": np.array(claimed)}), found).verdict is Verdict.CONVENTION


def test_beyond_the_branches_of_an_if_nothing_is_right() -> None:
    """No branch has this slope, nor any mixture of them."""
    found = refer(size, Point({"x": np.array(0.0)}), ("x",))
    assert judge(Derivative(np.array(0.0), {"x": np.array(2.0)}), found).verdict is Verdict.WRONG


def test_an_if_away_from_its_kink_is_judged() -> None:
    """There is one branch only."""
    found = refer(size, Point({"x": np.array(2.0)}), ("x",))
    assert judge(Derivative(np.array(2.0), {"x": np.array(-1.0)}), found).verdict is Verdict.WRONG


@pytest.mark.parametrize(("name", "at"), [("log", -1.0), ("log1p", -2.0), ("atanh", 2.0), ("sqrt", -1.0)])
def test_outside_its_domain_a_function_has_no_derivative(name: str, at: float) -> None:
    """1/x is a number at −1, but log has no value there."""
    found = reference(lambda x: getattr(dc.array_namespace(x), name)(x), x=at)
    assert np.isnan(found.lower["x"])


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: 2 * np.exp(x), r"array_namespace\(x\)\.exp"),
        (lambda x: 2 * np.sum(x), "NumPy arrays only|array_namespace"),
        (lambda x: x.sum(), r"array_namespace\(x\)\.sum"),
        (lambda x: x * float(x), "plain number"),
    ],
)
def test_functions_of_numpy_and_python_say_what_to_write_instead(function: Any, said: str) -> None:
    """The commonest mistake in a first case."""
    with pytest.raises((TypeError, AttributeError), match=said):
        reference(function, x=1.0)


def test_numpy_constants_mix_with_traced_arrays() -> None:
    """On either side of an operator."""
    weights = np.array([1.0, 2.0])
    found = reference(lambda x: dc.array_namespace(x).sum(weights * x + x * weights), x=[3.0, 5.0])
    assert found.lower["x"].tolist() == [2.0, 4.0]


@pytest.mark.parametrize(("options", "said"), [({"wrt": "q"}, "wrt names 'q'"), ({"mode": "Q"}, "no mode 'Q'")])
def test_unknown_names_are_refused(options: dict[str, Any], said: str) -> None:
    """In one line that says what there is."""
    with pytest.raises(ValueError, match=said):
        reference(lambda x: x * x, x=1.0, **options)


@pytest.mark.parametrize("size", [-1, 1.5])
def test_a_size_is_a_number_of_entries(size: Any) -> None:
    """A range is not a shape."""
    with pytest.raises(ValueError, match="not a size"):
        dc.real(size)


def test_a_table_beyond_the_range_of_floats_is_printed() -> None:
    """SymPy's exact answer may be larger than any float."""
    assert "inf" in str(dc.table(lambda x: x * x, x=1e308))


def test_a_table_far_out_warns_of_nothing() -> None:
    """What overflows is in the table; NumPy's warnings, errors in these tests, would only repeat it."""
    assert "AGREES" in str(dc.table(lambda x: 5 * x**2 - 4 * x, x=1e200))


def test_whole_numbers_are_numbers() -> None:
    """Typed ones are real; a NumPy array of them is a constant unless it is differentiated by name."""
    assert reference(lambda x: x * x, x=3).lower["x"] == 6
    assert reference(lambda x: x * x, x=[1, 2]).lower["x"].tolist() == [2, 4]
    labels = np.array([1, 2])
    assert reference(lambda x: x * x, x=labels, wrt="x").lower["x"].tolist() == [2, 4]
    assert list(reference(lambda x, k: x * k, x=1.0, k=np.array(2)).entries) == ["x"]


@pytest.mark.parametrize("options", [{}, {"wrt": ()}])
def test_constants_alone_have_no_derivative(options: Any) -> None:
    """Why, and what to write instead."""
    with pytest.raises(
        ValueError, match=r"^nothing to differentiate: .* are constants; give floats, or name one in wrt$"
    ):
        reference(lambda x: x * x, x=np.array([1, 2]), **options)


def test_a_cases_integers_stay_constants() -> None:
    """Also where somebody asks for their derivative."""

    @dc.case(x=dc.real(), k=dc.integers(low=0, high=3), source="none")
    def power(x: Any, k: Any) -> Any:
        return x * k

    with pytest.raises(ValueError, match="wrt names 'k', which holds integers and has no derivative"):
        reference(power, x=1.0, k=2, wrt="k")


def test_a_cotangent_has_the_shape_of_the_output() -> None:
    """The message has both."""
    with pytest.raises(ValueError, match=r"the cotangent has shape \(3,\), the output \(2,\)"):
        reference(lambda x: x * x, x=[1.0, 2.0], cotangent=[1.0, 2.0, 3.0])
