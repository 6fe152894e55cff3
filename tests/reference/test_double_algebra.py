"""The algebra of double-double numbers: what it says, Arb's balls say too; what it cannot say, it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.functions import PROBLEMS, Problem
from diffcheck.dtype import limits
from diffcheck.expression import heads, nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import FUNCTIONS, ScalarFunction
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.reference import certify as certification
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.certify import PRECISIONS
from diffcheck.reference.double_algebra import DoubleAlgebra
from diffcheck.reference.double_double import DoubleDouble, NotInDoubles
from diffcheck.reference.literals import Literals
from diffcheck.reference.precision import precision
from diffcheck.reference.reference import refer

A, B = SLOTS[:2]
X, Y = nodes.variable("x", (4,)), nodes.variable("y", (4,))


def both(node: Node, algebra: Any = (DoubleAlgebra, BallAlgebra), **arrays: Any) -> tuple[DoubleDouble, np.ndarray]:
    """A node in double-double numbers, and in balls."""
    in_doubles, in_balls = algebra
    with precision(PRECISIONS[0]):
        [doubles] = evaluate([node], {k: DoubleDouble.exact(np.asarray(v)) for k, v in arrays.items()}, in_doubles())
        [balls] = evaluate([node], {k: exact_balls(np.asarray(v)) for k, v in arrays.items()}, in_balls())
    return doubles, balls


def assert_the_same(doubles: DoubleDouble, balls: np.ndarray, bits: int = 90) -> None:
    """They overlap, and are known to about as many bits."""
    assert doubles.shape == balls.shape
    for ours, theirs in zip(doubles.balls().ravel(), balls.ravel(), strict=True):
        assert ours.overlaps(theirs)
        assert ours.is_exact() or ours.rel_accuracy_bits() > min(bits, theirs.rel_accuracy_bits() - 30)


# --- scalar functions -----------------------------------------------------------------------------

SMOOTH = [row for row in FUNCTIONS.values() if row.kink is None and row.head not in (heads.frozen, heads.polygamma)]
KINKED = [row for row in FUNCTIONS.values() if row.kink is not None]


def _applied(row: ScalarFunction) -> tuple[Node, dict[str, Any]]:
    """The function at points in its domain, of one argument or two."""
    two = row.head in (sp.atan2, heads.logaddexp, heads.xlogy, heads.hypot, heads.power) or row.head in _OF_TWO
    shift = 1.0 if row.head is sp.acosh else 0.0
    arrays = {"x": shift + np.array([0.3, 0.7, 0.01, 0.45]), "y": np.array([0.4, 0.2, 0.9, 0.55])}
    return (nodes.mapped(row.head(A, B), X, Y), arrays) if two else (nodes.mapped(row.head(A), X), {"x": arrays["x"]})


_OF_TWO = (heads.larger, heads.smaller, heads.greater, heads.greater_equal, heads.equal)


@pytest.mark.parametrize("row", [*SMOOTH, *KINKED], ids=lambda row: row.name)
def test_every_scalar_function_is_that_of_the_balls(row: ScalarFunction) -> None:
    """Smooth ones and kinked ones, away from their kinks."""
    node, arrays = _applied(row)
    assert_the_same(*both(node, **arrays))


@given(st.lists(st.floats(-8, 8).filter(lambda x: abs(x) > 1e-6), min_size=4, max_size=4))
def test_powers_are_those_of_the_balls(numbers: list[float]) -> None:
    """Whole, negative, half and other exponents."""
    x = np.abs(np.array(numbers))
    for exponent in (2, 3, 7, -1, -2, sp.Rational(1, 2), sp.Rational(-1, 2), sp.Rational(2, 3)):
        assert_the_same(*both(nodes.mapped(A**exponent, X), x=x))


# --- decisions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "node",
    [
        nodes.mapped(heads.step(A), X),
        nodes.Winner((4,), X, (0,)),
        nodes.mapped(1 / A, X),
        nodes.mapped(sp.sqrt(A), X),
        nodes.mapped(sp.log(A), X),
    ],
)
def test_ties_and_limits_are_left_to_arb(node: Node) -> None:
    """A kink at a point, an equal pair, a pole, the edge of a domain."""
    with pytest.raises(NotInDoubles):
        both(node, x=np.zeros(4))


def test_a_condition_that_is_not_open_is_decided_as_the_program_decides_it() -> None:
    """x > 0 fails at 0, x ≥ 0 holds; where the derivative hangs on it, neither is said."""
    for head in (heads.greater, heads.greater_equal):
        condition = nodes.mapped(head(A, 0), X)
        assert_the_same(*both(condition, x=np.zeros(4)))
        with pytest.raises(NotInDoubles):
            both(condition, (lambda c=condition: DoubleAlgebra(frozenset([c])), BallAlgebra), x=np.zeros(4))


@pytest.mark.parametrize("head", [heads.relu, heads.absolute])
def test_a_continuous_function_has_a_value_at_its_kink(head: Any) -> None:
    """Both branches say zero."""
    doubles, _ = both(nodes.mapped(head(A), X), x=np.array([0.0, 1.0, -1.0, 2.0]))
    assert doubles.high[0] == doubles.radius[0] == 0


def test_what_a_rectifier_cuts_off_is_zero_exactly() -> None:
    """However little is known of the number that was there."""
    doubles, _ = both(nodes.mapped(heads.relu(A), nodes.mapped(sp.log(A), X)), x=np.full(4, 0.3))
    assert doubles.is_zero.all()


def test_a_sign_that_the_bits_leave_open_is_refused() -> None:
    """sin² + cos² − 1 is zero, and no number of bits shows it."""
    zero = nodes.mapped(sp.sin(A) ** 2 + sp.cos(A) ** 2 - 1, X)
    for head in (heads.step, heads.relu):
        with pytest.raises(NotInDoubles):
            both(nodes.mapped(head(A), zero), x=np.ones(4))


def test_the_largest_and_its_place() -> None:
    """Along axes, as the balls have them."""
    source = nodes.variable("x", (2, 3))
    x = np.array([[1.0, 3.0, 2.0], [-1.0, -3.0, -2.0]])
    assert_the_same(*both(nodes.Maximum((2,), source, (1,)), x=x))
    assert_the_same(*both(nodes.Winner((2, 3), source, (1,)), x=x))


def test_what_is_not_selected_has_no_effect() -> None:
    """Entry by entry."""
    node = nodes.Select((4,), nodes.mapped(heads.greater(A, 0), X), nodes.mapped(2 * A, X), nodes.mapped(A**2, X))
    assert_the_same(*both(node, x=np.array([1.0, -1.0, 0.5, -3.0])))


# --- rearranging, literals ------------------------------------------------------------------------


def test_entries_are_taken_and_added_up() -> None:
    """−1 stands for zero; a position that is named twice gets the sum."""
    index = nodes.StaticIndex(np.array([[3, 0], [-1, 3]]))
    assert_the_same(*both(nodes.Gather((2, 2), X, index), x=np.array([0.1, 0.2, 0.3, 0.4])))
    spread = nodes.Scatter((4,), nodes.variable("x", (2, 2)), index)
    assert_the_same(*both(spread, x=np.array([[0.1, 0.2], [0.3, 0.4]])))


def test_long_literals_are_widened_as_in_balls() -> None:
    """0.1 may stand for a tenth; a half is a half."""
    literals = Literals(limits("float32"))
    algebras = (lambda: DoubleAlgebra(literals=literals), lambda: BallAlgebra(literals=literals))
    constant = nodes.constant(np.array([0.1, 0.5, 3.0, 0.7], np.float32))
    doubles, balls = both(nodes.mapped(A * B, constant, X), algebras, x=np.ones(4))
    assert (doubles.radius > 0).tolist() == [True, False, False, True]
    assert all(ours.overlaps(theirs) for ours, theirs in zip(doubles.balls(), balls, strict=True))
    filled, _ = both(nodes.mapped(sp.Rational(0.1) * A, X), algebras, x=np.ones(4))
    assert filled.balls()[0].contains(arb(1) / 10)


@pytest.mark.parametrize(("other", "is_one"), [(1 - A / 2**60, True), (1 - A / 2**40, False)])
def test_branches_within_half_an_ulp_stand_for_one_formula(other: sp.Expr, is_one: bool) -> None:
    """1 for the slope of softplus at 40, in a program of which literals are widened; in a definition they do not."""
    node = nodes.Select((4,), nodes.mapped(heads.greater(A, 0), X), nodes.filled(1, (4,)), nodes.mapped(other, X))
    literals = Literals(limits("float64"))
    algebras = (lambda: DoubleAlgebra(literals=literals), lambda: BallAlgebra(literals=literals))
    doubles, balls = both(node, algebras, x=np.ones(4))
    exact, _ = both(node, x=np.ones(4))
    assert exact.radius.tolist() == [0.0] * 4
    assert (doubles.radius > 0).tolist() == [is_one] * 4
    assert [bool(ball.rad() > 0) for ball in balls] == [is_one] * 4


# --- whole gradients ------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_a_whole_gradient_is_that_of_the_balls(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks, attention, convolution: every entry overlaps, and is narrow."""
    point = problem.point(100, 3, "float64")
    monkeypatch.setattr(certification, "MOST_BALLS", 0)
    fast = refer(problem.function, point, problem.wrt)
    monkeypatch.setattr(certification, "MOST_BALLS", 10**9)
    sure = refer(problem.function, point, problem.wrt)
    for name, entry in sure.entries.items():
        for ours, theirs in zip(fast.entries[name].balls.ravel(), entry.balls.ravel(), strict=True):
            assert ours.overlaps(theirs)
            assert ours.rel_accuracy_bits() >= certification.CORRECT_BITS or ours.is_exact()
