"""Tracing: a function of arrays runs unchanged on expression nodes, or says in one line why it cannot."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp

from diffcheck.expression import array_api, nodes
from diffcheck.expression.evaluate import evaluate
from diffcheck.expression.explicit import explicit
from diffcheck.expression.functions import NotCovered
from diffcheck.expression.trace import Traced, TraceError, Tracer, trace
from diffcheck.namespace import array_namespace
from diffcheck.reference.ball import BallAlgebra, exact_balls

SHAPES = {"x": (2,), "y": (2,)}


def entries(traced: Traced) -> list[str]:
    """The output, written out."""
    [array] = explicit([traced.output])
    return [str(entry) for entry in array.ravel()]


# --- operators ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x, y: x + y, "x_0 + y_0"),
        (lambda x, y: x - y, "x_0 - y_0"),
        (lambda x, y: x * y, "x_0*y_0"),
        (lambda x, y: x / y, "x_0/y_0"),
        (lambda x, y: x**2, "x_0**2"),
        (lambda x, y: x**y, "power(x_0, y_0)"),
        (lambda x, y: 2**x, "power(2, x_0)"),
        (lambda x, y: 1 + x, "x_0 + 1"),
        (lambda x, y: 1 - x, "1 - x_0"),
        (lambda x, y: 3 * x, "3*x_0"),
        (lambda x, y: 1 / x, "1/x_0"),
        (lambda x, y: -x, "-x_0"),
        (lambda x, y: +x, "x_0"),
        (lambda x, y: abs(x), "absolute(x_0)"),
        (lambda x, y: x @ y, "x_0*y_0 + x_1*y_1"),
        (lambda x, y: x[1], "x_1"),
        (lambda x, y: x[-1], "x_1"),
        (lambda x, y: x[np.int64(1)], "x_1"),
        (lambda x, y: x[::-1], "x_1"),
        (lambda x, y: x[np.array([1, 0])], "x_1"),
        (lambda x, y: x[[1, 1]], "x_1"),
        (lambda x, y: x[np.array([False, True])], "x_1"),
        (lambda x, y: x[None, ...], "x_0"),
        (lambda x, y: np.array([3, 4]) * x, "3*x_0"),
        (lambda x, y: x + np.float32(0.5), "x_0 + 1/2"),
        (lambda x, y: sum(x), "x_0 + x_1"),
        (lambda x, y: len(x) * x, "2*x_0"),
        (lambda x, y: x.size * x.ndim * x.shape[0] * x, "4*x_0"),
    ],
)
def test_an_operator_is_what_it_is_on_arrays(function: Callable[..., Any], expected: str) -> None:
    """Also reflected, with numbers and NumPy arrays on either side, with len(), sum() and indices."""
    assert entries(trace(function, SHAPES))[0] == expected


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne])
@pytest.mark.parametrize(("x", "y"), [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0)])
def test_a_comparison_of_constants_is_pythons(compare: Callable[[Any, Any], Any], x: float, y: float) -> None:
    """Known while tracing, so `if` can use it without a point."""
    left = array_api.asarray(x)
    assert bool(compare(left, y)) is compare(x, y)
    assert bool(compare(left, array_api.asarray(y))) is compare(x, y)


def test_a_selection_by_a_constant_comparison_is_the_one_that_holds() -> None:
    """Also where the comparison is of uniform arrays, infinities, or numbers that must be computed."""

    def function(x: Any) -> Any:
        xp = array_namespace(x)
        chosen = xp.where(xp.ones(2) > 2, 3 * x, x)
        chosen = xp.where(-xp.inf < xp.zeros(2), chosen, 5 * x)
        return xp.where(xp.exp(xp.ones(2)) > 3, 7 * x, chosen)

    traced = trace(function, {"x": (2,)})
    inputs = {"x": exact_balls(np.array([1.0, 2.0]))}
    [found] = evaluate([traced.output], inputs, BallAlgebra())
    assert [float(ball) for ball in found] == [1.0, 2.0]


def test_a_computed_constant_is_decided_at_the_point() -> None:
    """relu(−1) is zero, which its symbol does not show."""
    with pytest.raises(TraceError, match="trace it at a point"):
        trace(lambda x: x if array_api.relu(array_api.asarray(-1.0)) else 2 * x, {"x": ()})


@pytest.mark.parametrize("x", [False, True])
@pytest.mark.parametrize("y", [False, True])
def test_logic_of_constants_is_pythons(x: bool, y: bool) -> None:
    """and, or, not: as operators on conditions."""
    left, right = array_api.asarray(x), array_api.asarray(y)
    assert bool(left & right) is (x and y)
    assert bool(left | right) is (x or y)
    assert bool(~left) is (not x)


def test_an_array_says_what_an_array_says() -> None:
    """Shape, axes, size, dtype, namespace, repr and iteration."""
    seen: list[Any] = []

    def function(x: Any, y: Any) -> Any:
        seen.extend([x.shape, x.ndim, x.size, x.dtype, (x > 0).dtype, x.device, repr(x), len(list(x)), x.T.shape])
        return x

    trace(function, {"x": (2, 3), "y": ()})
    assert seen == [(2, 3), 2, 6, float, bool, "cpu", "Tracer(shape=(2, 3))", 2, (3, 2)]


def test_the_namespace_of_a_traced_array_is_ours() -> None:
    """Also beside NumPy constants."""
    found: list[Any] = []

    def function(x: Any, y: Any) -> Any:
        found.append(array_namespace(np.ones(2), x))
        return y

    trace(function, SHAPES)
    assert found == [array_api]


def test_tracers_are_compared_entry_by_entry_and_hashed_by_identity() -> None:
    """Equality is an array, so a tracer must stay usable as a key."""
    seen: dict[Any, int] = {}

    def function(x: Any, y: Any) -> Any:
        seen[x] = 1
        seen[y] = 2
        return array_api.where(x == y, x, y)

    trace(function, SHAPES)
    assert sorted(seen.values()) == [1, 2]


# --- arguments and outputs ------------------------------------------------------------------------


def test_static_arguments_are_constants() -> None:
    """Labels are used as an index while tracing."""
    traced = trace(lambda x, k: x[k], {"x": (3,)}, {"k": np.array([2, 2, 0])})
    assert entries(traced) == ["x_2", "x_2", "x_0"]
    assert list(traced.inputs) == ["x"]


@pytest.mark.parametrize(("output", "expected"), [(3, "3"), (0.5, "1/2"), (np.float32(2), "2"), (np.ones(()), "1")])
def test_a_function_may_return_a_plain_number(output: Any, expected: str) -> None:
    """It is a constant: nothing reaches it."""
    assert entries(trace(lambda x: output, {"x": ()})) == [expected]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: (x, x), "returns a tuple; return one array"),
        (lambda x: {"y": x}, "returns a dict"),
        (lambda x: None, "returns a NoneType"),
        (lambda x: "text", "returns a str"),
        (lambda x: x > 0, "returns truth values"),
        (lambda x: float(x) * x, "a plain number has no derivative"),
        (lambda x: x[int(x)], "a plain number has no derivative"),
        (lambda x: [*range(x)], "a plain number has no derivative"),
        (lambda x: x if x > 0 else -x, "branches on its data; trace it at a point"),
        (lambda x: x or -x, "branches on its data; trace it at a point"),
        (lambda x: x if array_api.stack([x, x]) > 0 else -x, "with several entries is not one answer"),
        (lambda x: array_api.stack([x, x])[array_api.astype(x, int)], "an index depends on the arguments"),
        (lambda x: array_api.asarray([x, x]), "join them with stack"),
    ],
)
def test_what_cannot_be_traced_is_said_in_one_line(function: Callable[..., Any], message: str) -> None:
    """And with what to do about it."""
    with pytest.raises(TraceError, match=message) as caught:
        trace(function, {"x": ()})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("function", [lambda x: x // 2, lambda x: x % 2, lambda x: np.sin(x) + 1, lambda x: x << 1])
def test_an_operator_without_a_rule_is_a_type_error(function: Callable[..., Any]) -> None:
    """NumPy's functions, too, are refused and never loop over the entries."""
    with pytest.raises(TypeError, match=r"Tracer|NumPy arrays only"):
        trace(function, {"x": (2,)})


@pytest.mark.parametrize("name", ["bitwise_and", "argsort", "unique_values", "nonzero", "fft", "searchsorted", "sinc"])
def test_a_function_without_a_rule_is_named(name: str) -> None:
    """The message names it, so that a person can replace it or ask for it."""
    with pytest.raises(NotCovered, match=name):
        trace(lambda x: getattr(array_namespace(x), name)(x), {"x": (2,)})


@pytest.mark.parametrize("name", ["qr", "svd", "cholesky", "eigh", "slogdet", "matrix_power"])
def test_a_linear_algebra_function_without_a_rule_is_named(name: str) -> None:
    """With its module."""
    with pytest.raises(NotCovered, match=f"linalg.{name}"):
        trace(lambda x: getattr(array_namespace(x).linalg, name)(x), {"x": (2, 2)})


def test_private_attributes_are_missing_in_the_ordinary_way() -> None:
    """So that copying, pickling and `hasattr` of Python's own protocols keep working."""
    assert not hasattr(array_api, "__wrapped__")
    assert not hasattr(array_api.linalg, "__wrapped__")


# --- branches on data -----------------------------------------------------------------------------


def test_a_branch_is_decided_at_the_point_and_remembered() -> None:
    """Conditions in the order of asking, each with its answer."""
    asked: list[Any] = []

    def decide(condition: nodes.Node) -> bool:
        asked.append(condition)
        return len(asked) < 3

    def doubling(x: Any) -> Any:
        y = x
        while y < 100:
            y = 2 * y
        return y

    traced = trace(doubling, {"x": ()}, decide=decide)
    assert entries(traced) == ["4*x"]
    assert [answer for _, answer in traced.path] == [True, True, False]
    assert [condition for condition, _ in traced.path] == asked


def test_the_truth_of_a_number_is_whether_it_is_not_zero() -> None:
    """`if x` asks for x ≠ 0."""
    conditions: list[nodes.Node] = []

    def decide(condition: nodes.Node) -> bool:
        conditions.append(condition)
        return False

    trace(lambda x: x or 2 * x, {"x": ()}, decide=decide)
    [condition] = conditions
    assert str(condition.scalar) == "1 - equal(a0, 0)"  # type: ignore[attr-defined]


def test_a_known_condition_is_not_asked_for() -> None:
    """A branch on shapes or constants is no branch on data."""
    traced = trace(lambda x: 2 * x if array_api.ones(()) > 0 and x.shape[0] > 1 else x, {"x": (2,)})
    assert entries(traced) == ["2*x_0", "2*x_1"]
    assert traced.path == ()


# --- symbolic sizes -------------------------------------------------------------------------------


def test_sizes_may_be_symbols() -> None:
    """For reading: the mean divides by n."""
    n = sp.Symbol("n", integer=True, positive=True)
    traced = trace(lambda x: 0.5 + array_api.mean(x), {"x": (n,)})
    assert str(traced.output.arguments[0].scalar) == "a0/n"  # type: ignore[attr-defined]


def test_what_needs_numbers_says_so() -> None:
    """A reshape of n entries is no formula."""
    n = sp.Symbol("n", integer=True, positive=True)
    with pytest.raises(TraceError, match="needs sizes that are numbers"):
        trace(lambda x: 2 * array_api.flip(x), {"x": (n,)})


def test_a_trace_of_equal_functions_is_one_expression() -> None:
    """Nodes are shared across traces."""
    first, second = (trace(lambda x: array_api.exp(x) * x, {"x": (2,)}) for _ in range(2))
    assert first.output is second.output


def test_a_tracer_made_by_hand_has_a_context() -> None:
    """Constants have one too, so that functions of constants alone work."""
    constant = array_api.asarray(2.0)
    assert isinstance(constant, Tracer)
    assert bool(constant > 1)
