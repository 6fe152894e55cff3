"""torch's backward and forward programs, lifted."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from diffcheck import registry
from diffcheck.case import Case
from diffcheck.dtype import limits
from diffcheck.example import example_point
from diffcheck.lift.aten import torch_primal, torch_program
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra
from diffcheck.reference.certify import PRECISIONS, certify
from diffcheck.reference.literals import Literals
from diffcheck.reference.reference import Reference, refer
from tests.torch_runs import assert_as_torch, run

CASES = registry.load()

# The program is lifted, but torch's own number is further from it than rounding explains.
DEFECTS = {"special/gamma_entropy": "torch's trigamma in float64 is right to nine digits only"}

LITERALS = Literals(limits("float64"))

# Their sizes are those of the source.
LARGE = {"network/net": "61,706 parameters"}


def _smallest(case: Case) -> Point:
    points = [example_point(case, example, np.float64) for example in case.examples]
    return min(points, key=lambda point: sum(array.size for array in point.arguments.values()))


def _points() -> list[object]:
    return [pytest.param(case, _smallest(case), id=case.id) for case in CASES if case.id not in LARGE]


@pytest.mark.parametrize(("case", "point"), _points())
def test_every_case_is_lifted(case: Case, point: Point) -> None:
    """The program answers what torch answers, to within its own roundings, and in balls what is true."""
    found = run(case.function, point, case.wrt, "R")
    assert bool(found.differences) == (case.id in DEFECTS)
    reference = refer(case.function, point, case.wrt)
    graph = found.program.outputs
    balls = certify(
        list(graph.values()), found.inputs, point.dtype, lambda: BallAlgebra(literals=LITERALS), PRECISIONS[:1]
    )
    for name, enclosure in zip(graph, balls, strict=True):
        assert _overlap(enclosure.balls, reference, name)


def _overlap(balls: np.ndarray, reference: Reference, name: str) -> bool:
    true = reference.entries[name].balls
    return all(ball.overlaps(other) for ball, other in zip(balls.ravel(), true.ravel(), strict=True))


@pytest.mark.parametrize("name", ["network/layer_norm", "piecewise/largest_entry", "vector/inverse"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_forward_mode_is_lifted(name: str, dtype: str) -> None:
    """So is the directional derivative, in every dtype that torch has it in."""
    [case] = registry.select(CASES, [name])
    if (name, dtype) == ("vector/inverse", "float16"):
        pytest.skip("torch inverts no matrix in float16")
    point = example_point(case, case.examples[0], dtype)
    assert not run(case.function, point, case.wrt, "F").differences


def test_a_wrong_formula_is_told_from_rounding() -> None:
    """At a singular matrix torch's own backward pass, evaluated in balls, excludes the true gradient."""
    [case] = registry.select(CASES, ["vector/determinant"])
    point = Point({"a": np.ones((2, 2))})
    found = run(case.function, point, case.wrt, "R")
    assert not found.differences
    [balls] = certify([found.program.outputs["a"]], found.inputs, point.dtype, lambda: BallAlgebra(literals=LITERALS))
    assert not _overlap(balls.balls, refer(case.function, point, case.wrt), "a")


# ---- one program for many points -------------------------------------------------------------


def _point(*numbers: float) -> Point:
    return Point({"x": np.array(numbers)})


def test_a_program_is_found_again() -> None:
    """What does not depend on the data is traced once for all points of one shape."""

    def function(x):
        return (x * torch.tanh(x)).sum()

    first = torch_program(function, _point(1.0, 2.0), ("x",), "R")
    assert torch_program(function, _point(3.0, -4.0), ("x",), "R").entries == first.entries
    assert torch_program(function, _point(3.0), ("x",), "R").entries != first.entries


def test_a_branch_is_followed_at_the_point() -> None:
    """A function that branches on its data has a program for each branch."""

    def function(x):
        return (x * x).sum() if x.sum() > 0 else torch.sin(x).sum()

    for numbers in ((1.0, 2.0), (-1.0, -2.0)):
        assert not run(function, _point(*numbers), ("x",), "R").differences


def test_weights_that_change_are_read_again() -> None:
    """A module's weights are constants of the program at the time."""
    layer = torch.nn.Linear(2, 1, dtype=torch.float64)

    def function(x):
        return layer(x).sum()

    assert not run(function, _point(1.0, 2.0), ("x",), "R").differences
    with torch.no_grad():
        layer.weight += 1
    assert not run(function, _point(1.0, 2.0), ("x",), "R").differences


def test_integers_are_constants() -> None:
    """Another index is another program."""

    def function(x, k):
        return x[k].sum()

    for k in (0, 1):
        point = Point({"x": np.array([[1.0, 2.0], [3.0, 4.0]]), "k": np.array([k])})
        assert not run(function, point, ("x",), "R").differences


def test_no_gradient_is_no_node() -> None:
    """An argument that the value does not depend on has no entry; nor has one of a detached value."""
    point = Point({"x": np.array([1.0]), "y": np.array([2.0])})
    assert torch_program(lambda x, y: x * x, point, ("x", "y"), "R").entries["y"] is None
    assert torch_program(lambda x, y: (x * y).detach(), point, ("x", "y"), "R").outputs == {}


def test_the_value_alone() -> None:
    """The primal is the value of the derivative's program."""
    point = _point(1.0, 2.0)

    def function(x):
        return torch.logsumexp(x, 0)

    assert torch_primal(function, point) is torch_program(function, point, ("x",), "R").value


def test_the_state_of_torch_stays_as_it_was() -> None:
    """Neither the default dtype nor the random state moves."""
    before = torch.get_default_dtype(), torch.get_rng_state()
    torch_program(torch.sin, Point({"input": np.ones(2)}), ("input",), "F")
    assert torch.get_default_dtype() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])


# ---- what is written in place ----------------------------------------------------------------


def _written(x):
    y = x.clone()
    y[0] = 3 * x[1]
    y[1:].mul_(2)
    return y * y


def test_writing_in_place() -> None:
    """An operation that writes into a tensor, or into a view of one, is seen by all who read it."""
    assert_as_torch(_written, {"x": [1.0, 2.0, 3.0]})


# ---- refusals --------------------------------------------------------------------------------


def _most_frequent(x):
    return torch.mode(x).values.sum()


def _noisy(x):
    return (x * torch.rand_like(x)).sum()


def _scaled_by_its_own_number(x):
    return (x * x.sum().item()).sum()


def _halved(x):
    return (x.to(torch.float16) * 2).to(x.dtype).sum()


def _complex(x):
    return torch.fft.fft(x).abs().sum()


def _raises(x):
    raise RuntimeError("nothing today\nnor tomorrow")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            _most_frequent,
            r"no rule for aten\.mode\.default \(in `return torch\.mode\(x\)\.values\.sum\(\)`, test_aten\.py:\d+\)$",
        ),
        (_noisy, r"aten\.rand_like\.default draws random numbers"),
        (_scaled_by_its_own_number, "takes a number out of a tensor"),
        (_halved, r"computes in float16, not in float64"),
        (_complex, "complex|fft"),
        (_raises, "cannot be traced here: nothing today$"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_not_lifted_says_why(function, message: str) -> None:
    """The message names the operation, and the line where the function calls it."""
    for _ in range(2):
        with pytest.raises(NotLifted, match=message):
            torch_program(function, _point(1.0, 2.0), ("x",), "R")


def test_tracing_leaves_nothing_in_a_log(caplog: pytest.LogCaptureFixture) -> None:
    """pytest shows under a failing test whatever was logged; afterwards torch may talk again."""
    talk = logging.getLogger("torch.__trace")
    with caplog.at_level(logging.DEBUG):
        torch_program(lambda x: torch.tanh(x) * 3, _point(1.0, 2.0), ("x",), "R")
        assert not caplog.records
        talk.warning("heard")
    assert [record.message for record in caplog.records] == ["heard"]
