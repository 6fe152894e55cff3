"""What people try first, and what they are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diffcheck as dc
from diffcheck.backends.base import Derivative
from diffcheck.judge import judge
from diffcheck.point import Point
from diffcheck.reference.reference import refer, reference
from diffcheck.verdict import Verdict


def size(x: Any) -> Any:
    """|x| by an `if`."""
    return x if x > 0 else -x


@pytest.mark.parametrize("claimed", [1.0, 0.0])
def test_an_if_at_its_kink_accuses_nobody(claimed: float) -> None:
    """The branch that was taken is not the only one: another subgradient is not wrong."""
    at = Point({"x": np.array(0.0)})
    found = refer(size, at, ("x",))
    assert judge(Derivative(np.array(0.0), {"x": np.array(claimed)}), found).verdict is Verdict.INCONCLUSIVE
    assert judge(Derivative(np.array(0.0), {"x": np.array(-1.0)}), found).verdict is Verdict.AGREES


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
def test_unknown_names_are_refused(options: dict[str, str], said: str) -> None:
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
