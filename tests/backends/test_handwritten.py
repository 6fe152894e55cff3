"""Hand-written formulas: called as they ask to be, and judged only on what they return."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from diffcheck import array_namespace
from diffcheck.backends.base import BadOutput, Derivative, Task, Unsupported
from diffcheck.backends.handwritten import HandwrittenBackend

MakeTask = Callable[..., Task]
Formula = Callable[..., Any]

BACKEND = HandwrittenBackend()


def product(x: Any, y: Any) -> Any:
    """z = xy"""
    return x * y


@pytest.fixture
def differentiate(make_task: MakeTask) -> Callable[..., Derivative]:
    """Run one formula for z = xy at a point."""

    def run(formula: Formula, **changes: Any) -> Derivative:
        point = {"x": [1.0, 2.0], "y": [3.0, 4.0]}
        task = make_task(product, **{"transform": "formula", **point, **changes})
        task.case.handwritten("formula")(formula)
        return BACKEND.differentiate(task)

    return run


Differentiate = Callable[..., Derivative]


def both(x: Any, y: Any) -> Any:
    """Both gradients, for a cotangent of ones."""
    return {"x": y, "y": x}


def pulled_back(x: Any, y: Any, cotangent: Any) -> Any:
    """Both gradients, for any cotangent."""
    return {"x": cotangent * y, "y": cotangent * x}


def test_a_formula_is_a_transform_of_its_own(make_task: MakeTask) -> None:
    """A case without formulas has no transforms, and each formula adds its name, in order."""
    task = make_task(product, x=1.0, y=2.0)
    assert BACKEND.transforms(task.case) == ()
    task.case.handwritten("two passes")(both)
    task.case.handwritten("one pass")(both)
    assert BACKEND.transforms(task.case) == ("two passes", "one pass")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_value_and_gradients_come_in_the_dtype_under_test(differentiate: Differentiate, dtype: str) -> None:
    """The value is the case's function on NumPy, the entries are the formula's."""
    derivative = differentiate(both, dtype=dtype)
    assert derivative.value is not None
    assert derivative.value.tolist() == [3.0, 8.0]
    entries = {name: entry for name, entry in derivative.entries.items() if entry is not None}
    assert {name: entry.tolist() for name, entry in entries.items()} == {"x": [3.0, 4.0], "y": [1.0, 2.0]}
    assert {array.dtype.name for array in (derivative.value, *entries.values())} == {dtype}


def test_a_formula_that_asks_for_the_cotangent_gets_it(differentiate: Differentiate) -> None:
    """Given, it is the point's, and otherwise all ones of the output's shape."""
    given = differentiate(pulled_back, cotangent=[1.0, 0.5]).entries["x"]
    assert given is not None
    assert given.tolist() == [3.0, 2.0]
    ones = differentiate(pulled_back).entries["x"]
    assert ones is not None
    assert ones.tolist() == [3.0, 4.0]


def test_a_formula_without_a_cotangent_is_judged_for_ones_only(differentiate: Differentiate) -> None:
    """For another cotangent it says nothing, so it is declined rather than judged."""
    assert differentiate(both, cotangent=[1.0, 1.0]).entries
    with pytest.raises(Unsupported, match="takes no cotangent"):
        differentiate(both, cotangent=[1.0, 0.5])


def test_a_formula_is_given_only_what_it_names(differentiate: Differentiate) -> None:
    """A gradient of y that needs only x may leave y out."""
    entry = differentiate(lambda x: {"y": x}).entries["y"]
    assert entry is not None
    assert entry.tolist() == [1.0, 2.0]


def test_a_formula_is_judged_on_what_it_returns(differentiate: Differentiate) -> None:
    """An argument that the formula leaves out has no entry: it is not a gradient that went missing."""
    assert list(differentiate(lambda y: {"x": y}).entries) == ["x"]


def test_the_entries_stand_in_the_order_of_wrt(differentiate: Differentiate) -> None:
    """Whatever order the formula returns them in."""
    assert list(differentiate(lambda x, y: {"y": x, "x": y}).entries) == ["x", "y"]


@pytest.mark.parametrize("gradient", [6, 6.0, np.float32(6.0), np.array(6.0, np.float32)])
def test_numbers_are_arrays_of_shape_zero(make_task: MakeTask, gradient: Any) -> None:
    """A scalar's gradient may be a Python number, an integer or a NumPy number."""
    task = make_task(product, transform="number", dtype="float32", x=1.0, y=6.0)
    task.case.handwritten("number")(_always({"x": gradient}))
    entry = BACKEND.differentiate(task).entries["x"]
    assert entry is not None
    assert (entry.dtype.name, entry.shape, float(entry)) == ("float32", (), 6.0)


def _always(answer: Any) -> Formula:
    """A formula that answers the same everywhere."""

    def formula(x: Any) -> Any:
        return answer

    return formula


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({}, "the formula returns no gradient: return {argument: gradient}"),
        (None, "the formula returns no gradient: return {argument: gradient}"),
        (np.ones(2), "the formula returns no gradient: return {argument: gradient}"),
        ({"z": np.ones(2)}, "the formula returns a gradient for 'z': differentiated are x, y"),
        ({"x": np.ones(3)}, "the gradient for 'x' has shape (3,), the argument (2,)"),
        ({"x": 1.0}, "the gradient for 'x' has shape (), the argument (2,)"),
        ({"x": np.ones(2, np.float32)}, "the gradient for 'x' is float32 where the argument is float64"),
    ],
)
def test_an_answer_that_cannot_be_judged_is_refused_in_one_line(
    differentiate: Differentiate, answer: Any, message: str
) -> None:
    """No gradient, an unknown name, another shape or dtype."""
    with pytest.raises(BadOutput, match=f"^{re.escape(message)}$"):
        differentiate(_always(answer))


def test_a_gradient_for_a_constant_is_refused(differentiate: Differentiate) -> None:
    """Only what is differentiated has a gradient."""
    with pytest.raises(BadOutput, match="returns a gradient for 'y': differentiated are x"):
        differentiate(both, wrt=("x",))


def test_a_formula_that_asks_for_something_unknown_is_refused(differentiate: Differentiate) -> None:
    """The message names what it asks for and what there is."""
    with pytest.raises(BadOutput, match="asks for 'w': the function's arguments are x, y"):
        differentiate(lambda w: {"x": w})


def test_forward_mode_and_unknown_formulas_are_declined(make_task: MakeTask) -> None:
    """A formula is a gradient: there is no tangent to push forward."""
    task = make_task(product, transform="formula", x=1.0, y=2.0)
    with pytest.raises(Unsupported, match="product has no handwritten formula 'formula'"):
        BACKEND.differentiate(task)
    task.case.handwritten("formula")(both)
    with pytest.raises(Unsupported, match="handwritten has no mode F"):
        BACKEND.differentiate(replace(task, mode="F"))


def test_a_formula_may_write_to_its_arguments(differentiate: Differentiate) -> None:
    """It gets copies, and the gradients are arrays of their own."""

    def careless(x: Any, y: Any) -> Any:
        x *= 0
        y += 1
        return {"x": y, "y": y}

    derivative = differentiate(careless)
    assert derivative.value is not None
    assert derivative.value.tolist() == [3.0, 8.0]
    assert derivative.entries["x"] is not None
    derivative.entries["x"][0] = 7.0
    assert derivative.entries["y"] is not None
    assert derivative.entries["y"].tolist() == [4.0, 5.0]


def test_the_functions_own_output_is_looked_at(make_task: MakeTask) -> None:
    """A function that answers in another dtype on NumPy is refused as everywhere else."""

    def widening(x: Any) -> Any:
        return x * np.ones(2)

    task = make_task(widening, transform="formula", dtype="float32", x=[1.0, 2.0])
    task.case.handwritten("formula")(lambda x: {"x": x})
    with pytest.raises(BadOutput, match="the function returns float64 where the arguments are float32"):
        BACKEND.differentiate(task)


def test_overflow_is_an_answer_and_not_a_warning(make_task: MakeTask) -> None:
    """What NumPy would warn about is judged like any other number."""

    def exponential(x: Any) -> Any:
        return array_namespace(x).exp(x)

    task = make_task(exponential, transform="formula", x=1e4)
    task.case.handwritten("formula")(lambda x: {"x": np.exp(x)})
    derivative = BACKEND.differentiate(task)
    assert derivative.value == np.inf
    assert derivative.entries["x"] == np.inf
