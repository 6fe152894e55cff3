"""Whole numbers that depend on the data."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.lift.jaxpr_whole import comparison, is_whole

_X = nodes.variable("x", (3,))
_SIGN = nodes.mapped(heads.signum(SLOTS[0]), _X)
_COUNT = nodes.constant(np.array([0, 1, 2]))

WHOLE: dict[str, Node] = {
    "a sign": _SIGN,
    "a count": _COUNT,
    "what two of them make": nodes.mapped(3 * SLOTS[0] ** 2 - heads.larger(SLOTS[0], SLOTS[1]), _SIGN, _COUNT),
    "one of them": nodes.gather(nodes.select(_SIGN, _COUNT, nodes.filled(7, (3,))), np.array([0, -1])),
}
NOT_WHOLE: dict[str, Node] = {
    "a number": _X,
    "a quotient": nodes.mapped(SLOTS[0] / SLOTS[1], _SIGN, _COUNT),
    "a half": nodes.mapped(SLOTS[0] + sp.Rational(1, 2), _SIGN),
    "a share of a tie": nodes.winner(_X, (0,)),
    "numbers": nodes.constant(np.array([0.0, 0.5])),
    "perhaps a number": nodes.select(_SIGN, _COUNT, _X),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_are_known(name: str) -> None:
    """What is made of whole numbers without dividing is one."""
    assert is_whole(WHOLE[name])


@pytest.mark.parametrize("name", NOT_WHOLE)
def test_other_numbers_are_not(name: str) -> None:
    """Nothing is taken for a whole number that may be none."""
    assert not is_whole(NOT_WHOLE[name])


@pytest.mark.parametrize("head", [heads.greater, heads.greater_equal, heads.equal])
@pytest.mark.parametrize(("x", "y"), [(1, 2), (2, 2), (3, 2)])
def test_a_comparison_of_whole_numbers_is_the_comparison(head: type[sp.Function], x: int, y: int) -> None:
    """With half a number between them it has the same answer."""
    given = dict(zip(SLOTS, map(sp.Integer, (x, y)), strict=False))
    assert comparison(head, _SIGN, _COUNT).xreplace(given) == head(x, y)
    assert comparison(head, _SIGN, _X) == head(*SLOTS[:2])
