"""Certification: as many bits as it takes, and an end where bits cannot help."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb, ctx

from diffcheck.expression import heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference.ball import BallAlgebra
from diffcheck.reference.certify import CORRECT_BITS, MOST_BALLS, PRECISIONS, certify
from diffcheck.reference.double_enclosure import DoubleEnclosure
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.precision import precision

A, B = SLOTS[:2]
X = nodes.variable("x", ())
FLOAT64, FLOAT32 = np.dtype("float64"), np.dtype("float32")


class Counted(BallAlgebra):
    """Counts how many precisions were tried."""

    tried = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).tried += 1


@pytest.fixture
def counted() -> Any:
    """A class of its own for each test, with its count at zero."""
    return type("CountedHere", (Counted,), {"tried": 0})


def enclosed(node: Node, x: float, dtype: np.dtype = FLOAT64, algebra: Any = BallAlgebra) -> Enclosure:
    [found] = certify([node], {"x": np.array(x)}, dtype, algebra)
    return found


def of(scalar: sp.Expr) -> Node:
    """A map of x, with nothing simplified across its parts."""
    return nodes.mapped(scalar, X)


def minus(first: Node, second: Node) -> Node:
    return nodes.mapped(A - B, first, second)


# --- the precision --------------------------------------------------------------------------------


def test_the_precision_is_restored_also_after_an_exception() -> None:
    """It is Arb's, and process-wide."""
    before = ctx.prec
    with precision(777):
        assert ctx.prec == 777
    with pytest.raises(ZeroDivisionError), precision(777):
        _ = 1 // 0
    assert ctx.prec == before
    enclosed(of(sp.exp(A)), 1.0)
    assert ctx.prec == before


@pytest.mark.parametrize(
    ("node", "x", "tries"),
    [
        (of(sp.exp(A)), 1.0, 1),
        (of(A**2), 1e-300, 1),
        (minus(of(A + 10**40), nodes.filled(10**40)), 1e-30, 2),
        (minus(of(sp.sin(A) ** 2), of(1 - sp.cos(A) ** 2)), 1.0, 3),
    ],
)
def test_more_bits_are_tried_only_where_they_are_needed(node: Node, x: float, tries: int, counted: Any) -> None:
    """One precision for an ordinary value, the third for a zero that no bits make exact."""
    found = enclosed(node, x, FLOAT64, counted)
    assert counted.tried == tries
    assert not found.open.any()
    assert not found.wide.any()


def test_a_cancellation_keeps_its_digits() -> None:
    """(x + 10⁴⁰) − 10⁴⁰ is x, to 60 bits."""
    found = enclosed(minus(of(A + 10**40), nodes.filled(10**40)), 0.1)
    assert found.balls.item().contains(arb(0.1))
    assert found.balls.item().rel_accuracy_bits() >= CORRECT_BITS


@pytest.mark.parametrize("dtype", [FLOAT64, FLOAT32])
def test_an_exact_zero_ends_below_the_smallest_number(dtype: np.dtype) -> None:
    """sin² + cos² − 1 is enclosed within a thousandth of the smallest subnormal."""
    found = enclosed(minus(of(sp.sin(A) ** 2), of(1 - sp.cos(A) ** 2)), 1.0, dtype)
    assert found.balls.item().contains(0)
    assert found.balls.item().rad() <= arb(2) ** -10 * arb(float(np.finfo(dtype).smallest_subnormal))
    assert not found.wide.any()


# --- what stays wide ------------------------------------------------------------------------------


def test_a_tie_is_open_after_two_precisions(counted: Any) -> None:
    """The second shows that bits do not help."""
    found = enclosed(of(heads.step(A)), 0.0, FLOAT64, counted)
    assert found.open.item()
    assert not found.wide.item()
    assert counted.tried == 2


def test_a_tie_that_does_not_matter_is_not_open(counted: Any) -> None:
    """0·step(0) is 0: narrow at once."""
    zero = nodes.mapped(A * B, minus(X, X), of(heads.step(A)))
    found = enclosed(zero, 0.0, FLOAT64, counted)
    assert not found.open.item()
    assert counted.tried == 1


def test_a_computed_tie_is_open_too(counted: Any) -> None:
    """sin²x + cos²x > 1 can never be decided: a kink, as far as anyone can tell."""
    condition = of(heads.step(sp.sin(A) ** 2 + sp.cos(A) ** 2 - 1))
    found = enclosed(condition, 1.0, FLOAT64, counted)
    assert found.open.item()
    assert counted.tried == len(PRECISIONS)


def test_what_bits_cannot_make_narrow_is_wide_and_not_open(counted: Any) -> None:
    """exp(exp(12)) has 234,000 bits before the point: the difference to itself stays anything."""
    tower = nodes.mapped(sp.exp(A), of(sp.exp(A)))
    found = enclosed(minus(tower, nodes.mapped(A * B, tower, nodes.filled(1))), 12.0, FLOAT64, counted)
    assert found.wide.item()
    assert not found.open.item()
    assert counted.tried == len(PRECISIONS)


def test_one_narrow_entry_beside_a_wide_one() -> None:
    """Each entry is judged on its own."""
    x = nodes.variable("x", (3,))
    [found] = certify([nodes.mapped(heads.step(A), x)], {"x": np.array([1.0, 0.0, -1.0])}, FLOAT64)
    assert found.open.tolist() == [False, True, False]


def test_what_is_not_a_number_is_neither_open_nor_narrow() -> None:
    """The logarithm of −1: indeterminate at every precision."""
    found = enclosed(of(sp.log(A)), -1.0)
    assert found.balls.item().is_nan()
    assert not found.open.item()


def test_infinities_are_exact(counted: Any) -> None:
    """The slope of the root at zero needs one precision."""
    found = enclosed(of(A ** sp.Rational(-1, 2)), 0.0, FLOAT64, counted)
    assert found.infinite.item()
    assert not found.wide.item()
    assert counted.tried == 1


# --- large graphs ---------------------------------------------------------------------------------

MANY = nodes.variable("x", (MOST_BALLS + 1,))
STEPS = nodes.mapped(heads.step(A), MANY)


def _of_many(node: Node, first: float, counted: Any) -> Enclosure:
    """A node of many numbers, all of them 0.5 but the first."""
    x = np.full(MANY.shape, 0.5)
    x[0] = first
    [found] = certify([node], {"x": x}, FLOAT64, counted)
    return found


def test_a_large_graph_needs_no_balls(counted: Any) -> None:
    """Double-double numbers do, as long as they are narrow."""
    found = _of_many(nodes.mapped(A**2 + A, MANY), 0.1, counted)
    assert isinstance(found, DoubleEnclosure)
    assert counted.tried == 1  # built, and not used
    with precision(200):
        assert found.balls[0].contains(arb(0.1) ** 2 + arb(0.1))


@pytest.mark.parametrize(
    ("node", "first"),
    [
        (STEPS, 0.0),
        (nodes.mapped(A**2, MANY), 1e-200),
        (nodes.mapped(sp.log(A), MANY), 0.0),
        (nodes.mapped(A - B, nodes.mapped(A + 10**40, MANY), nodes.filled(10**40, MANY.shape)), 0.1),
    ],
    ids=["a tie", "an exponent", "an infinity", "a cancellation"],
)
def test_what_double_double_numbers_cannot_say_balls_do(node: Node, first: float, counted: Any) -> None:
    """All of it, as if the graph were small."""
    found = _of_many(node, first, counted)
    assert not isinstance(found, DoubleEnclosure)
    assert not found.wide.any()
    assert found.open.tolist() == [node is STEPS and first == 0] + [False] * MOST_BALLS


def test_choices_and_rounding_are_left_to_balls() -> None:
    """A step that rounding may turn is open, though its argument has a sign."""
    x = np.full(MANY.shape, 0.5)
    slack = {STEPS: np.where(np.arange(x.size) == 7, 1.0, 0.0)}
    [found] = certify([STEPS], {"x": x}, FLOAT64, lambda: BallAlgebra(frozenset(), slack))
    assert found.open.nonzero()[0].tolist() == [7]
