"""Shapes for a formula, however they are typed; numbers are no shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import diffcheck as dc
from diffcheck.expression.shapes import SMALL_SIZE, shapes_of


def product(a: Any, b: Any = 1.0) -> Any:
    """Of two numbers."""
    return a * b


@dc.case(x=dc.real("n", 3), dims={"n": (4, 9)}, source="none")
def declared(x: Any) -> Any:
    """A case has shapes of its own."""
    return x


@pytest.mark.parametrize(
    ("typed", "symbolic", "small"),
    [
        ({}, {"a": ()}, {"a": ()}),
        ({"a": 3}, {"a": (3,)}, {"a": (3,)}),
        ({"a": (2, 3)}, {"a": (2, 3)}, {"a": (2, 3)}),
        ({"a": "n"}, {"a": (sp.Symbol("n", integer=True, positive=True),)}, {"a": (SMALL_SIZE,)}),
        ({"a": dc.real(3)}, {"a": (3,)}, {"a": (3,)}),
        ({"a": (), "b": ()}, {"a": (), "b": ()}, {"a": (), "b": ()}),
    ],
)
def test_a_shape_is_what_a_person_types(typed: dict[str, Any], symbolic: Any, small: Any) -> None:
    """A size or a name is a vector; a tuple is a shape; a domain has one; an argument with a default may stay out."""
    assert shapes_of(product, typed) == (symbolic, small)


def test_a_case_has_its_own() -> None:
    """Its smallest sizes are small enough."""
    assert shapes_of(declared, {})[1] == {"x": (4, 3)}
    with pytest.raises(ValueError, match="test_shapes/declared has shapes of its own"):
        shapes_of(declared, {"x": 3})


@pytest.mark.parametrize("numbers", [1.0, [0.0, 1.0], [2, 3], np.array([1.0, 2.0]), (1.0, 2.0), True, None])
def test_numbers_are_no_shape(numbers: Any) -> None:
    """The commonest mistake: the message says how a shape is typed, and what takes numbers."""
    with pytest.raises(ValueError, match=r"is no shape; closed_form takes shapes: a=\(\) for a scalar.* table"):
        dc.closed_form(product, a=numbers)


def test_an_unknown_argument_is_refused() -> None:
    """In one line that says what there is."""
    with pytest.raises(ValueError, match=r"'z' is not an argument of product\(a, b\)"):
        dc.closed_form(product, z=())
    with pytest.raises(ValueError, match="wrt names 'q'; the arguments are a"):
        dc.closed_form(product, wrt="q")
