"""jax's programs, lifted: they are what ran, they are right where jax is, and they are found again."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffcheck.backends.base import Task
from diffcheck.backends.jax import JaxBackend
from diffcheck.case import Case
from diffcheck.dtype import limits
from diffcheck.example import example_point
from diffcheck.expression import nodes
from diffcheck.expression.closed_form import COTANGENT
from diffcheck.lift.jaxpr import jax_program, jax_value
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra
from diffcheck.reference.certify import PRECISIONS, certify
from diffcheck.reference.literals import Literals
from diffcheck.reference.reference import refer
from diffcheck.registry import load
from tests.lift.jaxpr_agreement import disagreements, matrix, outside

CASES = load()
NOT_LIFTED = {"vector/doubling": "branches on its data"}
DECIDING = "piecewise"
"""The group of cases that are run in jax too, which takes a compilation: balls do not tell how a tie is decided."""

LARGEST = 500
"""Points with more numbers than this are not evaluated in balls."""


def smallest_example(case: Case) -> Point:
    """The worked example with the fewest numbers."""
    points = [example_point(case, example, "float64") for example in case.examples]
    return min(points, key=lambda point: sum(array.size for array in point.arguments.values()))


@pytest.mark.parametrize("case", [case for case in CASES if case.id not in NOT_LIFTED], ids=lambda case: case.id)
def test_a_lifted_program_is_what_ran_and_is_right(case: Case) -> None:
    """In balls it overlaps the certified derivative; where it decides, jax's numbers are within rounding of it."""
    point = smallest_example(case)
    program = jax_program(case.function, point, case.wrt, "R")
    reference = refer(case.function, point, case.wrt)
    if case.group == DECIDING:
        answer = JaxBackend().differentiate(Task(case.function, point, case.wrt, "R", "", case))
        computed = [answer.value, *(answer.entries[name] for name in case.wrt)]
        assert outside(program, reference.inputs, [array for array in computed if array is not None]) == []
    if sum(array.size for array in point.arguments.values()) > LARGEST:
        return
    found = certify(
        [program.value, *program.outputs.values()],
        reference.inputs,
        point.dtype,
        lambda: BallAlgebra(literals=Literals(limits("float64"))),
        PRECISIONS[:1],
    )
    truth = [reference.value, *(reference.entries[name] for name in program.outputs)]
    for lifted, true in zip(found, truth, strict=True):
        pairs = zip(lifted.balls.ravel(), true.balls.ravel(), strict=True)
        assert all(x.overlaps(y) or x == y or x.is_nan() or y.is_nan() for x, y in pairs)


@pytest.mark.parametrize("name", NOT_LIFTED)
def test_what_is_not_lifted_says_why(name: str) -> None:
    """Every time it is asked."""
    [case] = [case for case in CASES if case.id == name]
    for _ in range(2):
        with pytest.raises(NotLifted, match=NOT_LIFTED[name]):
            jax_program(case.function, smallest_example(case), case.wrt, "R")


@pytest.mark.parametrize(("dtype", "lifted"), [("float16", False), ("bfloat16", True), ("float32", True)])
def test_an_infinity_in_float16_may_be_any_number_beyond_it(dtype: str, lifted: bool) -> None:
    """jax hands over 10⁶ as an infinity there: what was meant is not known."""

    def scaled(x: Any) -> Any:
        return x / 1e6

    point = Point({"x": np.array(1.0, dtype)})
    if lifted:
        assert jax_program(scaled, point, ("x",), "R").outputs
    else:
        with pytest.raises(NotLifted, match="may be any number beyond float16"):
            jax_program(scaled, point, ("x",), "R")


def test_inputs_are_named_as_the_references() -> None:
    """Arguments, cotangent and tangents; whole numbers are constants."""

    def scaled(x: Any, w: Any, k: Any) -> Any:
        return x * w * k

    arguments = {"x": np.ones(2), "w": np.ones(2), "k": np.array([2, 3])}
    point = Point(arguments, cotangent=np.ones(2))
    assert names(jax_program(scaled, point, ("x",), "R").outputs["x"]) == {COTANGENT, "w"}
    assert names(jax_program(scaled, point, ("x",), "F").outputs["output"]) == {"tangent of x", "w"}
    assert names(jax_value(scaled, point)) == {"x", "w"}


def names(node: nodes.Node) -> set[str]:
    """The inputs below a node."""
    return {found.name for found in nodes.topological([node]) if isinstance(found, nodes.Input)}


def test_a_program_is_kept_for_its_shapes_dtype_and_whole_numbers() -> None:
    """Other real numbers find the same one; another size, dtype, mode or index does not."""

    def picked(x: Any, k: Any) -> Any:
        return jnp.take(x, k)

    def program(size: int, dtype: str, index: int, number: float, mode: str = "R") -> Any:
        point = Point({"x": np.full(size, number, dtype), "k": np.array(index)})
        return jax_program(picked, point, ("x",), mode)

    first = program(3, "float64", 1, 0.5)
    assert program(3, "float64", 1, 7.0) is first
    others = [program(4, "float64", 1, 0.5), program(3, "float32", 1, 0.5), program(3, "float64", 2, 0.5)]
    assert first not in [*others, program(3, "float64", 1, 0.5, "F")]
    assert others[2].outputs["x"] is not first.outputs["x"]


@jax.custom_vjp
def doubled_slope(x: Any) -> Any:
    """A sine whose rule answers twice its derivative."""
    return jnp.sin(x)


doubled_slope.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (2 * g * jnp.cos(x),))


def test_a_rule_of_the_functions_own_is_what_is_lifted() -> None:
    """A wrong rule gives a wrong program, whose formula balls can tell from rounding."""
    assert disagreements({"doubled slope": doubled_slope}, 0.5, "R") == []
    program = jax_program(doubled_slope, Point({"x": np.array(0.5)}), ("x",), "R")
    [found] = certify(list(program.outputs.values()), {"x": np.array(0.5)}, np.dtype(float), BallAlgebra)
    assert abs(found.high - 2 * np.cos(0.5)) < 1e-15


def test_a_broken_lift_would_be_found() -> None:
    """Jax's derivative of another function lies outside."""
    point = Point({"x": np.array(0.5)})
    program = jax_program(lambda x: jnp.sin(x) * 1, point, ("x",), "R")
    assert outside(program, point.arguments, [np.sin(np.array(0.5)), np.asarray(np.cos(0.5) + 1e-14)]) != []


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: jnp.linalg.eigvalsh(x + x.T), r"no rule for jax eigh"),
        (lambda x: jax.lax.erf_inv(x / 9), r"no rule for jax erf_inv \(test_jaxpr\.py:\d+"),
        (lambda x: jnp.abs(jnp.fft.fft(x)), "complex128"),
        (lambda x: x.astype(jnp.float32).astype(x.dtype), "float32, which is coarser than float64"),
        (lambda x: (x, x), "one array"),
        (lambda x: x * np.asarray(x), "cannot trace|branches"),
        (lambda x: x if x[0, 0] > 0 else -x, "branches on its data"),
        (lambda x: jax.lax.fori_loop(0, 30_000, lambda _, y: y * x, x), "more than 20,000 operations"),
    ],
)
def test_the_reason_names_what_has_no_rule(function: Any, reason: str) -> None:
    """And the line of source where jax knows it; no path of a machine."""
    with pytest.raises(NotLifted, match=reason) as caught:
        jax_program(function, Point({"x": matrix()}), ("x",), "F")
    assert "/" not in str(caught.value)
