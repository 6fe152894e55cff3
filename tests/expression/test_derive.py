"""Differentiation: reverse and forward agree, and both agree with limits of difference quotients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from diffcheck.expression import heads, nodes
from diffcheck.expression.derive import depends_on, pullback, push_forward
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace
from diffcheck.reference.ball import BallAlgebra, exact_balls
from diffcheck.reference.precision import precision
from tests.programs import Program, matrices, programs

A, B = SLOTS[:2]
X = nodes.variable("x", (3,))
C = nodes.variable("c", (3,))
STEP = arb(2) ** -400


def in_balls(node: Node, inputs: Mapping[str, np.ndarray], bits: int = 192) -> np.ndarray:
    """Evaluate a node, with both branches of every condition that holds by a tie."""
    with precision(bits):
        [found] = evaluate([node], inputs, BallAlgebra(frozenset(nodes.topological([node]))))
    return found


def exactly(inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: exact_balls(np.asarray(array, dtype=float)) for name, array in inputs.items()}


def floats(balls: np.ndarray) -> list[Any]:
    return np.vectorize(float, otypes=[float])(balls).tolist()


def narrow(ball: arb) -> bool:
    """Whether neither a tie nor a jump nor a pole keeps a ball open."""
    return bool(ball.is_finite() and ball.rad() <= (1 + abs(ball)) * 1e-30)


def finite(balls: np.ndarray) -> bool:
    return all(ball.is_finite() for ball in balls.ravel())


def weighed(weights: np.ndarray, balls: np.ndarray) -> arb:
    total = arb(0)
    for weight, ball in zip(weights.ravel().tolist(), balls.ravel(), strict=True):
        total = total + arb(weight) * ball
    return total


# --- properties of every program ------------------------------------------------------------------


@settings(max_examples=300)
@given(program=programs(), point=matrices(), seed=st.integers(0, 2**16))
def test_reverse_and_forward_mode_are_adjoint(program: Program, point: dict[str, np.ndarray], seed: int) -> None:
    """⟨c, J v⟩ by pushing v forward and by pulling c back are the same number, in overlapping balls."""
    traced = trace(program, {name: array.shape for name, array in point.items()})
    random = np.random.default_rng(seed)
    directions = {f"d{name}": random.integers(-3, 4, array.shape) for name, array in point.items()}
    cotangent = random.integers(-3, 4, traced.output.shape)
    inputs = exactly({**point, **directions, "c": cotangent})

    tangents: dict[Node, Node] = {traced.inputs[name]: nodes.variable(f"d{name}", point[name].shape) for name in point}
    tangent = push_forward(traced.output, tangents)
    gradients = pullback(traced.output, nodes.variable("c", traced.output.shape), traced.inputs.values())
    reverse = arb(0)
    for name, node in traced.inputs.items():
        if (gradient := gradients[node]) is not None:
            reverse = reverse + weighed(directions[f"d{name}"], in_balls(gradient, inputs))
    forward = arb(0) if tangent is None else weighed(cotangent, in_balls(tangent, inputs))
    assert forward.overlaps(reverse) or not forward.is_finite() or not reverse.is_finite()


@settings(max_examples=200)
@given(program=programs(longest=4), point=matrices(largest=8), seed=st.integers(0, 2**16))
def test_forward_mode_is_the_limit_of_difference_quotients(
    program: Program, point: dict[str, np.ndarray], seed: int
) -> None:
    """(f(x + hv) − f(x − hv))/2h with h = 2⁻⁴⁰⁰ in 2048 bits is the derivative, wherever there is one.

    `stop_gradient` is part of the definition and no part of the quotient: programs with it are left out.
    """
    if any(name == "stop_gradient" for name, *_ in program.steps):
        return
    traced = trace(program, {name: array.shape for name, array in point.items()})
    random = np.random.default_rng(seed)
    directions = {name: random.integers(-3, 4, array.shape) for name, array in point.items()}
    tangents: dict[Node, Node] = {traced.inputs[name]: nodes.variable(f"d{name}", point[name].shape) for name in point}
    tangent = push_forward(traced.output, tangents)
    inputs = exactly({**point, **{f"d{name}": array for name, array in directions.items()}})
    derivative = exact_balls(np.zeros(traced.output.shape)) if tangent is None else in_balls(tangent, inputs, 2048)
    values = in_balls(traced.output, inputs, 2048)
    quotient = _quotient(traced.output, point, directions)
    for there, value, found in zip(quotient.ravel(), values.ravel(), derivative.ravel(), strict=True):
        if narrow(value) and narrow(found) and narrow(there):
            assert abs(there - found) <= arb(2) ** -60 * (1 + abs(found)), f"{there} is not {found}"


def _quotient(output: Node, point: Mapping[str, np.ndarray], directions: Mapping[str, np.ndarray]) -> np.ndarray:
    with precision(2048):
        sides = []
        for sign in (1, -1):
            moved = {name: exact_balls(point[name]) + directions[name] * (sign * STEP) for name in point}
            sides.append(in_balls(output, moved, 2048))
        return np.asarray((sides[0] - sides[1]) / (2 * STEP), object)


@settings(max_examples=60)
@given(program=programs(longest=3), point=matrices(largest=4), seed=st.integers(0, 2**16))
def test_second_derivatives_are_symmetric(program: Program, point: dict[str, np.ndarray], seed: int) -> None:
    """⟨u, H v⟩ = ⟨v, H u⟩, the Hessian being the derivative of the gradient's expression."""
    if any(name == "stop_gradient" for name, *_ in program.steps):
        return  # what is frozen has no symmetric second derivative
    traced = trace(program, {name: array.shape for name, array in point.items()})
    x = traced.inputs["x"]
    gradient = pullback(traced.output, nodes.filled(1, traced.output.shape), [x])[x]
    if gradient is None:
        return
    hessian = push_forward(gradient, {x: nodes.variable("v", x.shape)})
    if hessian is None:
        return
    random = np.random.default_rng(seed)
    u, v = random.integers(-3, 4, (2, *x.shape))
    there = weighed(u, in_balls(hessian, exactly({**point, "v": v})))
    back = weighed(v, in_balls(hessian, exactly({**point, "v": u})))
    assert there.overlaps(back) or not there.is_finite() or not back.is_finite()


@given(
    positions=st.lists(st.integers(-1, 4), min_size=1, max_size=8),
    seed=st.integers(0, 2**16),
)
def test_gather_and_scatter_are_adjoint(positions: list[int], seed: int) -> None:
    """⟨c, gather x⟩ = ⟨scatter c, x⟩, padding and repeated positions included; exactly, in integers."""
    random = np.random.default_rng(seed)
    x, c = random.integers(-9, 10, 5), random.integers(-9, 10, len(positions))
    source, cotangent = nodes.variable("x", (5,)), nodes.variable("c", (len(positions),))
    index = np.array(positions)
    gathered = nodes.gather(source, index)
    scattered = nodes.scatter(cotangent, index, (5,))
    inputs = exactly({"x": x, "c": c})
    assert weighed(c, in_balls(gathered, inputs)) == weighed(x, in_balls(scattered, inputs))
    if isinstance(gathered, nodes.Gather):
        assert pullback(gathered, cotangent, [source])[source] is scattered
        assert push_forward(scattered, {cotangent: gathered}) is nodes.scatter(gathered, index, (5,))


# --- what has no path, and what is the input itself -----------------------------------------------


@pytest.mark.parametrize(
    "build",
    [
        lambda x: nodes.filled(3, (3,)),
        lambda x: nodes.mapped(heads.frozen(A), x),
        lambda x: nodes.mapped(heads.greater(A, B), x, C),
        lambda x: nodes.mapped(heads.equal(A, 0), x),
        lambda x: nodes.mapped(sp.sin(A), C),
        lambda x: nodes.winner(x, (0,)),
        lambda x: nodes.select(nodes.mapped(heads.greater(A, 0), x), C, nodes.filled(1, (3,))),
    ],
)
def test_without_a_path_there_is_no_derivative(build: Any) -> None:
    """Not an array of zeros: `None`, which the judge tells from a gradient that got lost."""
    output = build(X)
    assert pullback(output, nodes.variable("ct", (3,)), [X]) == {X: None}
    assert push_forward(output, {X: nodes.variable("dx", (3,))}) is None


def test_an_input_is_its_own_derivative() -> None:
    """The gradient of ⟨c, x⟩ is c, and the tangent of x its tangent."""
    assert pullback(X, C, [X]) == {X: C}
    assert push_forward(X, {X: C}) is C


def test_what_is_asked_for_may_be_an_intermediate() -> None:
    """The gradient with respect to a node inside, and to two nodes at once."""
    inside = nodes.mapped(sp.exp(A), X)
    output = nodes.mapped(A * B, inside, X)
    assert pullback(output, C, [inside])[inside] is nodes.mapped(A * B, C, X)
    assert set(pullback(output, C, [inside, X])) == {inside, X}


def test_only_what_depends_on_the_inputs_is_active() -> None:
    """The rest of the graph is never differentiated."""
    constant = nodes.mapped(sp.sin(A), C)
    output = nodes.mapped(A * B, X, constant)
    assert depends_on(output, [X]) == {X, output}


def test_a_graph_may_be_deeper_than_the_stack() -> None:
    """The gradient of 3,000 sines of sines; its value at 0 is one."""
    node: Node = X
    for _ in range(3_000):
        node = nodes.mapped(sp.sin(A), node)
    gradient = pullback(node, nodes.filled(1, (3,)), [X])[X]
    assert gradient is not None
    assert floats(in_balls(gradient, exactly({"x": [0.0, 0.0, 0.0]}))) == [1.0, 1.0, 1.0]


# --- known derivatives ----------------------------------------------------------------------------


def gradient_of(function: Any, **point: Any) -> dict[str, np.ndarray]:
    arrays = {name: np.asarray(array, dtype=float) for name, array in point.items()}
    traced = trace(function, {name: array.shape for name, array in arrays.items()})
    found = pullback(traced.output, nodes.filled(1, traced.output.shape), traced.inputs.values())
    inputs = exactly(arrays)
    return {name: in_balls(found[node], inputs) for name, node in traced.inputs.items()}  # type: ignore[arg-type]


# Ways to rearrange entries without using one twice.
MOVES: list[Callable[[Any, Any], Any]] = [
    lambda xp, x: x[:, None],
    lambda xp, x: x[::-1],
    lambda xp, x: xp.reshape(x, (1, 2, 1)),
    lambda xp, x: xp.reshape(x, (2, 1)).T,
    lambda xp, x: xp.roll(x, 1),
    lambda xp, x: xp.tril(x[None, :] * xp.ones((1, 1)), k=1),
    lambda xp, x: xp.concat([x, xp.ones(1)]),
    lambda xp, x: xp.flip(xp.permute_dims(x[None, :, None], (2, 1, 0)), axis=1),
]


def selected_root(move: Callable[[Any, Any], Any], x: Any) -> Any:
    """√x where x ≥ 1, else x; chosen after the root has been moved."""
    xp = array_namespace(x)
    return xp.where(move(xp, x) < 1, move(xp, x), move(xp, xp.sqrt(x)))


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (lambda x: 5 * x**2 - 4 * x, 1.0, 6.0),
        (lambda x: x**4, 2.0, 32.0),
        (lambda x: 1 / x, 4.0, -0.0625),
        (lambda x: array_namespace(x).einsum("ii->", x), [[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]),
        (lambda x: array_namespace(x).einsum("ii->i", x)[1] ** 2, [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 8.0]]),
        (lambda x: array_namespace(x).linalg.det(x), [[1.0, 2.0], [3.0, 5.0]], [[5.0, -3.0], [-2.0, 1.0]]),
        (lambda x: array_namespace(x).linalg.det(x), [[1.0, 1.0], [1.0, 1.0]], [[1.0, -1.0], [-1.0, 1.0]]),
        (lambda x: array_namespace(x).linalg.det(x), [[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
        (lambda x: array_namespace(x).prod(x), [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
        (lambda x: array_namespace(x).prod(x), [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
        (lambda x: array_namespace(x).max(x), [1.0, 3.0, 2.0], [0.0, 1.0, 0.0]),
        (lambda x: array_namespace(x).min(x), [1.0, 3.0, 2.0], [1.0, 0.0, 0.0]),
        (lambda x: array_namespace(x).where(x < 1, x, array_namespace(x).sqrt(x)), [0.0, 4.0], [1.0, 0.25]),
        (lambda x: array_namespace(x).where(x > 0, array_namespace(x).log(x), x), [-1.0, 4.0], [1.0, 0.25]),
        *((lambda x, move=move: selected_root(move, x), [0.0, 4.0], [1.0, 0.25]) for move in MOVES),
        (lambda x: array_namespace(x).where(np.array([1, 0]) > 0, x[[0, 0]], 0), [7.0], [1.0]),
        (lambda x: array_namespace(x).where(np.array([1, 0]) > 0, x[:, None] + np.zeros(2), 0), [7.0], [1.0]),
        (lambda x: array_namespace(x).stop_gradient(x) * x, 3.0, 3.0),
        (lambda x: array_namespace(x).trunc(x) * x, [0.0, 2.5], [0.0, 2.0]),
    ],
)
def test_a_known_gradient(function: Any, x: Any, expected: Any) -> None:
    """Polynomials, diagonals, singular determinants, products with zeros, selections beside NaN."""
    assert floats(gradient_of(function, x=x)["x"]) == expected


@pytest.mark.parametrize(
    ("function", "x", "ends"),
    [
        (lambda x: array_namespace(x).max(x), [2.0, 1.0, 2.0], [(0, 1), (0, 0), (0, 1)]),
        (lambda x: array_namespace(x).min(x), [2.0, 1.0, 1.0], [(0, 0), (0, 1), (0, 1)]),
        (lambda x: array_namespace(x).abs(x), [0.0, -3.0], [(-1, 1), (-1, -1)]),
        (lambda x: array_namespace(x).relu(x), [0.0, 3.0], [(0, 1), (1, 1)]),
        (lambda x: array_namespace(x).maximum(x, 1.0), [1.0, 0.0], [(0, 1), (0, 0)]),
        (lambda x: array_namespace(x).clip(x, -1, 1), [-1.0, 0.0, 1.0], [(0, 1), (1, 1), (0, 1)]),
    ],
)
def test_at_a_tie_the_derivative_is_an_interval(function: Any, x: Any, ends: list[tuple[int, int]]) -> None:
    """It reaches from branch to branch, and nowhere else is it open."""
    for ball, (low, high) in zip(gradient_of(function, x=x)["x"], ends, strict=True):
        assert ball.contains(low)
        assert ball.contains(high)
        assert ball.rad() <= (high - low) / 2 + 1e-8


@pytest.mark.parametrize("x", [[0.0], [-1.0]])
def test_jumps_and_points_outside_have_no_derivative(x: list[float]) -> None:
    """sign at 0, and the root and logarithm of a negative number: indeterminate, not an exception."""
    xp = array_namespace
    function = (lambda x: xp(x).sign(x)) if x == [0.0] else (lambda x: xp(x).sqrt(x) + xp(x).log(x))
    assert not finite(gradient_of(function, x=x)["x"])


def test_the_root_has_an_infinite_slope_at_zero() -> None:
    """Infinite with one sign, and exactly so."""
    [slope] = gradient_of(lambda x: array_namespace(x).sqrt(x), x=[0.0])["x"]
    assert slope.is_exact()
    assert float(slope) == np.inf


def test_every_order_comes_for_free() -> None:
    """The derivatives of x⁴ are 4x³, 12x², 24x, 24 and nothing."""
    x = nodes.variable("x", ())
    one = nodes.filled(1)
    node: Node | None = nodes.mapped(A**4, x)
    found = []
    while node is not None:
        node = pullback(node, one, [x])[x]
        if node is not None:
            found.append(float(in_balls(node, exactly({"x": 2.0})).item()))
    assert found == [32.0, 48.0, 48.0, 24.0]


def test_mixed_orders_agree() -> None:
    """Forward over reverse is reverse over forward, for a determinant, which frameworks get wrong."""

    def determinant(x: Any) -> Any:
        return array_namespace(x).linalg.det(x)

    traced = trace(determinant, {"x": (2, 2)})
    x, one = traced.inputs["x"], nodes.filled(1)
    v = nodes.variable("v", (2, 2))
    gradient = pullback(traced.output, one, [x])[x]
    tangent = push_forward(traced.output, {x: v})
    assert gradient is not None
    assert tangent is not None
    over = push_forward(gradient, {x: v})
    under = pullback(tangent, one, [x])[x]
    assert over is not None
    assert under is not None
    inputs = exactly({"x": [[1.0, 2.0], [3.0, 4.0]], "v": [[1.0, 0.0], [0.0, 2.0]]})
    assert floats(in_balls(over, inputs)) == floats(in_balls(under, inputs)) == [[2.0, 0.0], [0.0, 1.0]]
