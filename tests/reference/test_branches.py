"""One branch of the closed form: every named function becomes SymPy's own, on the decider's side."""

from __future__ import annotations

import pytest
import sympy as sp
from flint import arb

from diffcheck.expression import heads
from diffcheck.expression.explicit import choose
from diffcheck.expression.functions import FUNCTIONS, NotCovered, ScalarFunction
from diffcheck.reference.branches import KINKED, resolve
from diffcheck.symbolic.decider import AtPoint, deciding

X = sp.Symbol("x", real=True)
Y = sp.Symbol("y", real=True)

BRANCHES = [
    (heads.step(X), 0, 1),
    (heads.relu(X), 0, X),
    (heads.absolute(X), -X, X),
    (heads.signum(X), -1, 1),
    (heads.larger(X, Y), Y, X),
    (heads.smaller(X, Y), X, Y),
    (heads.greater(X, Y), 0, 1),
    (heads.greater_equal(Y, X), 1, 0),
    (heads.equal(X, Y), 0, 0),
    (heads.cbrt(X), -sp.cbrt(-X), sp.cbrt(X)),
    (choose(heads.greater(X, 0), X, Y**2), Y**2, X),
    (heads.impulse(X) + heads.frozen(X**2), X**2, X**2),
]


def on_branch(expression: sp.Expr, x: float) -> sp.Expr:
    """The expression on the branch of a point at which y = 1/2."""
    with deciding(AtPoint({X: arb(x), Y: arb(0.5)})):
        return resolve(expression)


@pytest.mark.parametrize(("expression", "below", "above"), BRANCHES)
def test_each_side_has_its_branch(expression: sp.Expr, below: sp.Expr, above: sp.Expr) -> None:
    """At x = −1 and at x = 2 the branches are as the definition says."""
    assert on_branch(expression, -1.0) == below
    assert on_branch(expression, 2.0) == above


def test_inner_kinks_are_taken_first() -> None:
    """max(x, y) − x is y − x where y is larger, and then the step above it knows its sign."""
    assert on_branch(heads.step(heads.larger(X, Y) - X), -1.0) == 1


def test_what_is_not_chosen_is_not_asked() -> None:
    """A selection looks at the branch it takes, and asks nothing of the other."""
    decider = AtPoint({X: arb(-1), Y: arb(0.5)})
    with deciding(decider):
        resolve(choose(heads.greater(X, 0), heads.relu(Y), X))
    assert [argument for argument, _ in decider.asked] == [X]


def test_a_step_at_zero_everywhere_stays_open() -> None:
    """Where two equals are compared the step is a symbol of its own, which only a factor of zero removes."""
    undecided = on_branch(heads.step(X - X), 1.0)
    assert isinstance(undecided, sp.Dummy)
    assert on_branch(heads.step(X - X) * heads.step(-X), 1.0) == 0


@pytest.mark.parametrize("row", FUNCTIONS.values(), ids=lambda row: row.name)
def test_every_row_has_a_branch(row: ScalarFunction) -> None:
    """No named function of the table would be left over: it has branches, or a definition in SymPy's own terms."""
    is_sympys = row.head.__module__ != heads.__name__
    assert is_sympys or row.head in KINKED or row.elementary is not None


def test_a_function_without_a_rule_is_named() -> None:
    """A head that nobody described is an error and not an opaque symbol."""
    unknown = type("unknown", (sp.Function,), {"__module__": heads.__name__})
    with pytest.raises(NotCovered, match="unknown"):
        on_branch(unknown(X), 1.0)
