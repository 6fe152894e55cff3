"""Jets: Taylor coefficients in balls agree with the closed form, and take kinks one-sidedly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb, ctx
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffcheck import special
from diffcheck.expression import heads, nodes
from diffcheck.expression.derive import push_forward
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.functions import FUNCTIONS
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace
from diffcheck.reference import series
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.jet import directional_derivatives
from diffcheck.reference.precision import precision
from tests.programs import Program, matrices, programs

A, B = SLOTS[:2]
Numbers = Mapping[str, Any]


def balls_of(numbers: Numbers) -> dict[str, np.ndarray]:
    return {name: exact_balls(np.asarray(array, dtype=float)) for name, array in numbers.items()}


def jet(output: Node, at: Numbers, along: Numbers, order: int = 2) -> list[np.ndarray]:
    with precision(192):
        return directional_derivatives(output, balls_of(at), balls_of(along), order)


def closed_forms(output: Node, at: Numbers, along: Numbers) -> list[np.ndarray]:
    """The value, φ′ and φ″ by the derivative rules."""
    inputs = [node for node in nodes.topological([output]) if isinstance(node, nodes.Input) and node.name in along]
    tangents: dict[Node, Node] = {node: nodes.variable(f"d{node.name}", node.shape) for node in inputs}
    zero = nodes.filled(0, output.shape)
    first = push_forward(output, tangents) or zero
    second = push_forward(first, tangents) or zero
    numbers = balls_of({**at, **{f"d{name}": array for name, array in along.items()}})
    with precision(192):
        return evaluate([output, first, second], numbers, BallAlgebra())


def disagreements(found: list[np.ndarray], expected: list[np.ndarray]) -> list[tuple[int, arb, arb]]:
    """Entries where both are known and share no number."""
    pairs = [
        (k, ours, theirs)
        for k, (left, right) in enumerate(zip(found, expected, strict=True))
        for ours, theirs in zip(left.ravel(), right.ravel(), strict=True)
    ]
    return [pair for pair in pairs if pair[1].is_finite() and pair[2].is_finite() and not pair[1].overlaps(pair[2])]


def scalar_jet(function: Callable[[Any], Any], x: float, order: int = 1) -> list[float]:
    """φ(0), φ′(0+), … of a function of one number."""
    traced = trace(function, {"x": ()})
    return [float(array.item()) for array in jet(traced.output, {"x": x}, {"x": 1.0}, order)]


# --- the table ------------------------------------------------------------------------------------


def rows_without_a_rule(functions: Any) -> set[Any]:
    return set(functions) - {*series.SMOOTH, *series.KINKED, heads.frozen}


def test_every_function_has_a_jet_rule() -> None:
    """No row of the table of functions lacks a rule, no rule lacks a row, and none has two."""
    assert rows_without_a_rule(FUNCTIONS) == set()
    assert {*series.SMOOTH, *series.KINKED} <= set(FUNCTIONS)
    assert not set(series.SMOOTH) & set(series.KINKED)


def test_a_missing_rule_is_noticed() -> None:
    """The test above fails for a function that nobody gave a rule."""
    novelty = sp.Function("novelty")
    assert rows_without_a_rule({**FUNCTIONS, novelty: None}) == {novelty}


INSIDE = {sp.acosh: (1.5, 40.0), heads.polygamma: (0.5, 3.25), sp.log: (1e-20, 2.5), heads.gammaln: (0.25, 7.0, -2.5)}
UNIT = (sp.asin, sp.acos, sp.atanh, heads.logit)
POINTS = (-1.75, -0.25, 0.5, 3.0)


def points_of(head: Any) -> tuple[float, ...]:
    if head in INSIDE:
        return INSIDE[head]
    return (0.125, 0.75) if head in UNIT else POINTS


def applied(head: Any) -> tuple[Node, int]:
    """A function as a graph, and how many arguments it takes."""
    if head is heads.polygamma:
        return nodes.mapped(head(sp.Integer(2), A), nodes.variable("x", ())), 1
    arity = 2 if head in (sp.atan2, heads.logaddexp, heads.xlogy, heads.hypot, heads.power) else 1
    arguments = [nodes.variable(name, ()) for name in ("x", "y")[:arity]]
    return nodes.mapped(head(*(A, B)[:arity]), *arguments), arity


@pytest.mark.parametrize("head", series.SMOOTH, ids=lambda head: head.__name__)
def test_smooth_functions_agree_with_their_derivatives(head: Any) -> None:
    """Value, first and second derivative of every smooth function overlap what SymPy's rules give, narrowly."""
    output, arity = applied(head)
    compared = 0
    for x in points_of(head):
        at = {"x": x, "y": abs(x) + 0.375} if arity == 2 else {"x": x}
        along = {"x": 1.5, "y": -0.75} if arity == 2 else {"x": 1.5}
        found, expected = jet(output, at, along), closed_forms(output, at, along)
        assert disagreements(found, expected) == []
        compared += sum(ball.item().rel_accuracy_bits() > 50 or ball.item().is_zero() for ball in found)
    assert compared >= 6


def test_a_wrong_rule_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails for a rule that is off by one part in 10¹²."""
    monkeypatch.setitem(series.SMOOTH, sp.sin, lambda x: type(x).sin(x) * arb(1 + 1e-12))
    output, _ = applied(sp.sin)
    found, expected = jet(output, {"x": 0.5}, {"x": 1.0}), closed_forms(output, {"x": 0.5}, {"x": 1.0})
    assert [k for k, _, _ in disagreements(found, expected)] == [1, 2]


@pytest.mark.parametrize(
    "exponent",
    [sp.Integer(n) for n in (-3, -1, 2, 5)] + [sp.Rational(*pair) for pair in ((1, 2), (-1, 2), (2, 3), (-5, 4))],
    ids=str,
)
def test_powers_agree_with_their_derivatives(exponent: sp.Rational) -> None:
    """Whole powers hold on both sides of zero, others right of it."""
    output = nodes.mapped(A**exponent, nodes.variable("x", ()))
    for x in (-1.5, 0.25, 7.0):
        found = jet(output, {"x": x}, {"x": 2.0})
        assert disagreements(found, closed_forms(output, {"x": x}, {"x": 2.0})) == []
        assert all(ball.item().is_finite() for ball in found) == (x > 0 or exponent.is_Integer)


def test_high_orders() -> None:
    """The tenth derivative of exp(2t) is 2¹⁰."""
    output = nodes.mapped(sp.exp(A), nodes.variable("x", ()))
    found = jet(output, {"x": 0.0}, {"x": 2.0}, 10)
    assert [float(ball.item()) for ball in found] == [2.0**k for k in range(11)]


# --- graphs ---------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(programs(), matrices(largest=4.0), matrices(largest=2.0))
def test_random_programs_agree_with_their_closed_forms(
    program: Program, at: dict[str, np.ndarray], along: dict[str, np.ndarray]
) -> None:
    """Away from kinks, jets of first and second order overlap the closed form of every program."""
    assume(at["x"].shape == along["x"].shape)
    output = trace(program, {name: array.shape for name, array in at.items()}).output
    assume(not _at_a_tie(output, at))
    assert disagreements(jet(output, at, along), closed_forms(output, at, along)) == []


def _at_a_tie(output: Node, at: Numbers) -> bool:
    """Whether a step, an impulse or a comparison is asked about exactly zero."""
    algebra = BallAlgebra(frozenset(nodes.topological([output])))
    with precision(192):
        evaluate([output], balls_of(at), algebra)
    return algebra.tied


@settings(max_examples=60)
@given(
    programs(without=frozenset({"where"})),
    matrices(largest=2.0),
    st.floats(0, 2.0**-4),
    st.integers(0, 8),
    st.floats(-1, 1),
)
def test_an_interval_holds_every_point_inside(
    program: Program, at: dict[str, np.ndarray], reach: float, entry: int, inside: float
) -> None:
    """Where an entry is an interval, the k-th ball contains φ⁽ᵏ⁾ at each of its points."""
    index = np.unravel_index(entry % at["x"].size, at["x"].shape)
    output = trace(program, {name: array.shape for name, array in at.items()}).output
    direction = np.zeros(at["x"].shape)
    direction[index] = 1.0
    moved = {**at, "x": at["x"].astype(float)}
    moved["x"][index] += inside * reach
    wide = balls_of(at)
    wide["x"][index] = arb(float(at["x"][index]), reach * (1 + 2.0**-20))
    with precision(192):
        hull = directional_derivatives(output, wide, {"x": exact_balls(direction)}, 2)
    for outer, inner in zip(hull, jet(output, moved, {"x": direction}), strict=True):
        pairs = zip(outer.ravel(), inner.ravel(), strict=True)
        assert all(not a.is_finite() or not b.is_finite() or a.overlaps(b) for a, b in pairs)


def test_shapes_of_two_and_three_stay_arrays() -> None:
    """NumPy would unpack a series into its coefficients; arrays of every rank stay arrays of series."""
    for shape in ((), (1,), (3,), (2, 3), (3, 3)):
        traced = trace(lambda x: 2 * x * x + 1, {"x": shape})
        value, slope, curvature = jet(traced.output, {"x": np.full(shape, 3.0)}, {"x": np.ones(shape)})
        assert value.shape == slope.shape == curvature.shape == shape
        assert {float(ball) for ball in curvature.ravel()} == {4.0}


def test_sums_of_products_in_every_arrangement() -> None:
    """Traces, repeated labels, counted labels, three factors and empty sums."""

    def function(x: Any, y: Any) -> Any:
        xp = array_namespace(x)
        first = xp.einsum("ij,jk,ki->", x, y, x)
        return first + xp.linalg.trace(x @ y) + xp.sum(xp.broadcast_to(x[0, 0], (4, 5))) + xp.sum(x[:0, :])

    at = {"x": np.array([[1.0, 2.0], [-0.5, 3.0]]), "y": np.array([[0.25, -1.0], [2.0, 0.5]])}
    along = {"x": np.array([[1.0, -1.0], [0.5, 2.0]]), "y": np.array([[0.0, 1.0], [1.0, -3.0]])}
    output = trace(function, {"x": (2, 2), "y": (2, 2)}).output
    found, expected = jet(output, at, along), closed_forms(output, at, along)
    assert [float(ball.item()) for ball in found] == [float(ball.item()) for ball in expected]


def test_closed_forms_can_be_put_into_jets() -> None:
    """The jet of a derivative is the next derivative: scatter, step and winner have rules too."""

    def function(x: Any) -> Any:
        xp = array_namespace(x)
        return xp.max(x**3) + xp.sum(special.relu(x[1:]) ** 2)

    traced = trace(function, {"x": (3,)})
    tangent = nodes.variable("dx", (3,))
    first = push_forward(traced.output, {traced.inputs["x"]: tangent})
    assert first is not None
    at, along = {"x": [1.0, -2.0, 3.0]}, {"x": [1.0, 0.5, -1.0]}
    slope = jet(first, {**at, "dx": along["x"]}, along, 1)
    direct = jet(traced.output, at, along, 2)
    assert [float(ball.item()) for ball in slope] == [float(ball.item()) for ball in direct[1:]]


# --- kinks, jumps, selections ---------------------------------------------------------------------


ONE_SIDED = {
    "abs": (lambda x: array_namespace(x).abs(x), 0.0, [0.0, 1.0]),
    "abs left": (lambda x: array_namespace(x).abs(x), -2.0, [2.0, -1.0]),
    "abs of falling": (lambda x: abs(-3 * x), 0.0, [0.0, 3.0]),
    "relu": (special.relu, 0.0, [0.0, 1.0]),
    "relu of falling": (lambda x: special.relu(-x), 0.0, [0.0, 0.0]),
    "relu of a square": (lambda x: special.relu(x * x - 2 * x * x), 0.0, [0.0, 0.0]),
    "identity in disguise": (lambda x: special.relu(x) - special.relu(-x), 0.0, [0.0, 1.0]),
    "maximum": (lambda x: array_namespace(x).maximum(x, 2 * x), 0.0, [0.0, 2.0]),
    "minimum": (lambda x: array_namespace(x).minimum(x, 2 * x), 0.0, [0.0, 1.0]),
    "where greater": (lambda x: array_namespace(x).where(x > 0, x, 5 * x), 0.0, [0.0, 1.0]),
    "where less": (lambda x: array_namespace(x).where(x < 0, x, 5 * x), 0.0, [0.0, 5.0]),
    "where equal": (lambda x: array_namespace(x).where(x == 0, x, 5 * x), 0.0, [0.0, 5.0]),
    "floor at a whole number": (lambda x: array_namespace(x).floor(x), 2.0, [2.0, 0.0]),
    "floor of falling": (lambda x: array_namespace(x).floor(-x), -2.0, [1.0, 0.0]),
    "round at a half": (lambda x: array_namespace(x).round(x), 0.5, [1.0, 0.0]),
    "sign": (lambda x: array_namespace(x).sign(x), 0.0, [1.0, 0.0]),
    "frozen": (lambda x: special.stop_gradient(x) * x, 3.0, [9.0, 3.0]),
    "shift that cancels": (lambda x: special.logsumexp(array_namespace(x).stack([x, x]), axis=0), 0.0, None),
}


@pytest.mark.parametrize("name", ONE_SIDED)
def test_kinks_are_taken_for_small_positive_t(name: str) -> None:
    """A branch is chosen by the first coefficient that is not zero; what is frozen does not move."""
    function, x, expected = ONE_SIDED[name]
    found = scalar_jet(function, x)
    assert found == expected if expected is not None else found[1] == 1.0


def test_entries_that_do_not_move_stay_at_their_tie() -> None:
    """Along another entry, a tie is decided as the program decides it, and its derivative exists."""

    def function(x: Any) -> Any:
        xp = array_namespace(x)
        return xp.sum(xp.where(x > 0, x, 5 * x))

    [value, slope] = jet(trace(function, {"x": (2,)}).output, {"x": [0.0, 1.0]}, {"x": [0.0, 1.0]}, 1)
    assert (float(value.item()), float(slope.item())) == (1.0, 1.0)


@pytest.mark.parametrize(
    "function",
    [
        special.relu,
        lambda x: array_namespace(x).abs(x),
        lambda x: array_namespace(x).maximum(x, 0 * x),
        lambda x: array_namespace(x).where(x > 0, x, 2 * x),
        lambda x: array_namespace(x).max(array_namespace(x).stack([x, -x])),
        lambda x: array_namespace(x).floor(x),
        lambda x: 1 / x,
        lambda x: array_namespace(x).sqrt(x),
    ],
)
def test_an_interval_with_a_kink_has_no_derivative(function: Callable[[Any], Any]) -> None:
    """Where an interval holds a kink, a jump or a pole, derivatives are NaN, and away from it they are not."""
    output = trace(function, {"x": ()}).output
    direction = {"x": exact_balls(np.ones(()))}
    with precision(64):
        across = directional_derivatives(output, {"x": np.array(arb(0, 0.25), object)}, direction, 2)
        beside = directional_derivatives(output, {"x": np.array(arb(0.5, 0.25), object)}, direction, 2)
    assert across[1].item().is_nan()
    assert across[2].item().is_nan()
    assert all(ball.item().is_finite() for ball in beside)


def test_what_is_not_selected_has_no_effect() -> None:
    """A branch that is NaN does not reach the result of a selection that leaves it out."""
    found = scalar_jet(lambda x: array_namespace(x).where(x < 1, x, array_namespace(x).sqrt(x - 5)), 0.0)
    assert found == [0.0, 1.0]


def test_a_root_at_zero_has_no_series() -> None:
    """The square root at the edge of its domain has a value and no derivative."""
    output = nodes.mapped(sp.sqrt(A), nodes.variable("x", ()))
    value, slope = jet(output, {"x": 0.0}, {"x": 1.0}, 1)
    assert value.item().is_zero()
    assert not slope.item().is_finite()


# --- context --------------------------------------------------------------------------------------


def test_the_length_of_series_is_restored() -> None:
    """Arb's process-wide length of series is what it was, after an error too."""
    before = ctx.cap
    output = nodes.mapped(A * B, nodes.variable("x", ()), nodes.variable("y", ()))
    jet(output, {"x": 1.0, "y": 2.0}, {"x": 1.0}, 3)
    with pytest.raises(KeyError):
        jet(output, {"x": 1.0}, {"x": 1.0}, 3)
    assert ctx.cap == before
