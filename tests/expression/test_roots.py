"""What roots are taken of, and that it is nowhere negative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from diffcheck import array_namespace as xp
from diffcheck.expression.nodes import Node
from diffcheck.expression.roots import argument_of_root, argument_of_square_root, is_never_negative
from diffcheck.expression.trace import trace

Function = Callable[..., Any]


def node_of(function: Function) -> Node:
    """The expression of a function of three numbers."""
    return trace(function, {"x": (3,)}).output


@pytest.mark.parametrize(
    ("function", "is_root", "is_square_root"),
    [
        (lambda x: xp(x).sqrt(x), True, True),
        (lambda x: x**0.5, True, True),
        (lambda x: x**0.25, True, False),
        (lambda x: x**1.5, False, False),
        (lambda x: x**-0.5, False, False),
        (lambda x: xp(x).hypot(x, 2 * x), False, True),
        (lambda x: xp(x).exp(x), False, False),
        (lambda x: x, False, False),
    ],
)
def test_what_is_a_root(function: Function, is_root: bool, is_square_root: bool) -> None:
    """A power between zero and one; a half, or a hypotenuse, is a square root."""
    node = node_of(function)
    assert (argument_of_root(node) is not None, argument_of_square_root(node) is not None) == (is_root, is_square_root)


NEVER: list[Function] = [
    lambda x: x * x,
    lambda x: x**2 + x**4,
    lambda x: xp(x).var(x),
    lambda x: xp(x).vecdot(x, x),
    lambda x: xp(x).sum(x**2) / 3 + xp(x).exp(x),
    lambda x: xp(x).max(x * x),
    lambda x: xp(x).flip(x * x),
    lambda x: xp(x).where(x > 0, x * x, 2.0),
    lambda x: xp(x).square(xp(x).sin(x)) * xp(x).asarray(np.array([0.0, 1.0, 2.0])),
    lambda x: xp(x).sum(xp(x).square(x[:, None] - x[None, :]), axis=-1),
]
PERHAPS: list[Function] = [
    lambda x: x,
    lambda x: xp(x).sum(x),
    lambda x: x * xp(x).flip(x),
    lambda x: xp(x).vecdot(x, xp(x).flip(x)),
    lambda x: x * x - 1e-9,
    lambda x: x**3,
    lambda x: xp(x).where(x > 0, x * x, x),
    lambda x: xp(x).min(x * x) * x,
    lambda x: -(x**2),
]


@pytest.mark.parametrize("function", NEVER)
@settings(max_examples=20, deadline=None)
@given(x=arrays(float, 3, elements={"min_value": -9, "max_value": 9}))
def test_what_is_never_negative_has_no_negative_value(function: Function, x: np.ndarray) -> None:
    """Sums and products of squares, and what is picked from them."""
    assert is_never_negative(node_of(function))
    assert (np.asarray(function(x)) >= 0).all()


@pytest.mark.parametrize("function", PERHAPS)
def test_what_may_be_negative_is_not_said_to_be_none(function: Function) -> None:
    """Nor what is only not seen to be none."""
    assert not is_never_negative(node_of(function))
