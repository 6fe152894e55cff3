"""Kink points: every kink of a function is gone to, in its domain, and nothing is found where nothing kinks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck import array_namespace
from diffcheck.case import Case, case
from diffcheck.domain import Domain, integers, normal, one_hot, positive, probabilities, real
from diffcheck.example import check_example
from diffcheck.identity import point_hash
from diffcheck.kink_points import kink_points
from diffcheck.point import Point
from diffcheck.reference.reference import refer
from diffcheck.registry import load
from diffcheck.special import relu, softmax
from diffcheck.strategy import few_sizes, shape_of

Function = Callable[..., Any]

CASES = {one.id: one for one in load()}


def a_case(function: Function, **settings: Any) -> Case:
    """A case without examples."""
    return case(source="none", **settings)(function)


def of(function: Function, dtype: str = "float64", limit: int = 12, seed: int = 0, **domains: Domain) -> list[Point]:
    """The kink points of a function; by default of one number."""
    return kink_points(a_case(function, **(domains or {"x": real()})), dtype, seed, limit)


def values(points: list[Point], name: str = "x") -> list[Any]:
    """One argument at some points."""
    return [point.arguments[name].tolist() for point in points]


def is_kinked(one: Case, point: Point) -> bool:
    """Whether balls leave an entry open at a point, or rounding may: within it, another branch would be taken."""
    reference = refer(one.function, point, one.wrt)
    entries = reference.entries.values()
    undecided = any((entry.open | ~np.isfinite(entry.high)).any() for entry in entries)
    return undecided or bool(reference.slack) or reference.jumps or reference.nearby.has_path


def absolute(x: Any) -> Any:
    return array_namespace(x).abs(x)


def larger(x: Any, y: Any) -> Any:
    return array_namespace(x).maximum(x, y)


def largest(x: Any) -> Any:
    return array_namespace(x).max(x)


def root_above_one(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.where(x < 1, x, xp.sqrt(x))


def clamp(x: Any) -> Any:
    return array_namespace(x).clip(x, -0.5, 2.0)


def root(x: Any) -> Any:
    return array_namespace(x).sqrt(x)


def logarithm(x: Any) -> Any:
    return array_namespace(x).log(x)


def norm(x: Any) -> Any:
    return array_namespace(x).linalg.vector_norm(x)


def branching(x: Any) -> Any:
    return x * x if x > 0.5 else 3 * x


def pinball(x: Any, y: Any) -> Any:
    xp = array_namespace(x)
    return xp.sum(xp.maximum(0.25 * (y - x), -0.75 * (y - x)))


def network(x: Any, w: Any, b: Any) -> Any:
    xp = array_namespace(x)
    return xp.sum(relu(xp.matmul(w, x) + b))


KINKS: dict[str, tuple[Function, list[float]]] = {
    "absolute": (absolute, [0.0]),
    "clamp": (clamp, [-0.5, 2.0]),
    "root above one": (root_above_one, [0.0, 1.0]),
    "floor": (lambda x: x * array_namespace(x).floor(x), [0.0, 1.0, -1.0]),
    "round": (lambda x: array_namespace(x).round(x), [0.5, -0.5]),
    "branch": (branching, [0.5]),
    "arcsine": (lambda x: array_namespace(x).asin(x / 2), [-2.0, 2.0]),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", KINKS)
def test_every_kink_of_one_number_is_gone_to(name: str, dtype: str) -> None:
    """Kinks, jumps, branches and edges of the domain, all of those at simple numbers."""
    function, expected = KINKS[name]
    assert set(expected) <= set(values(of(function, dtype)))


EVERYWHERE: dict[str, Case] = {
    "absolute": a_case(absolute, x=real()),
    "clamp": a_case(clamp, x=real()),
    "floor": a_case(lambda x: array_namespace(x).floor(x), x=real()),
    "larger": a_case(larger, x=real(), y=real()),
    "largest": a_case(largest, dims={"n": (2, 4)}, x=real("n")),
    "root": a_case(root, x=real(low=0.0)),
    "logarithm": a_case(logarithm, x=real(low=0.0)),
    "norm": a_case(norm, x=real("n")),
    "branching": a_case(branching, x=real()),
    "relu of a tenth": a_case(lambda x: relu(x - 0.1), x=real()),
    "pinball": a_case(pinball, x=real("n"), y=real("n")),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", EVERYWHERE)
def test_balls_are_open_at_every_kink_point(name: str, dtype: str) -> None:
    """At each of the points the certified derivative is open, or infinite, or rounding may turn a branch."""
    one = EVERYWHERE[name]
    points = kink_points(one, dtype, 0, 6)
    assert points
    assert all(is_kinked(one, point) for point in points)


def test_both_sides_of_a_kink_between_two_numbers() -> None:
    """relu(x − 0.1) in float32: a point on each side, one ulp apart, in float64 the kink itself."""
    below, above = sorted(values(of(lambda x: relu(x - 0.1), "float32")))
    assert below < 0.1 < above
    assert above - below == np.spacing(np.float32(below))
    assert values(of(lambda x: relu(x - 0.1))) == [0.1]


def test_ties_of_two_and_of_all() -> None:
    """The largest entry ties with one other, and with all of them."""
    points = kink_points(a_case(largest, dims={"n": (3, 3)}, x=real("n")), "float64", 0, 12)
    ties = {sum(entry == max(x) for entry in x) for x in values(points)}
    assert ties == {2, 3}


def test_a_unit_of_a_network_is_exactly_zero() -> None:
    """A hidden unit of a network with biases: alone, with all others, and near zero where it cannot be zero."""
    one = a_case(network, dims={"n": (2, 2), "m": (3, 3)}, x=real("n"), w=real("m", "n"), b=real("m"))
    wide = [point.astype("float64").arguments for point in kink_points(one, "float32", 0, 24)]
    units = [np.abs(arguments["w"] @ arguments["x"] + arguments["b"]) for arguments in wide]
    assert {0, 1, 3} <= {int((unit == 0).sum()) for unit in units}
    assert all(unit.min() < 1e-5 for unit in units)


COLLECTION = [
    "network/sequential",
    "network/two_layer_network",
    "piecewise/frobenius_norm",
    "piecewise/greater_of_two",
    "piecewise/hinge_loss",
    "piecewise/lasso",
    "piecewise/leaky_rectifier",
    "piecewise/max_norm",
    "piecewise/total_variation",
    "vector/doubling",
]


@pytest.mark.parametrize("name", COLLECTION)
def test_kinks_of_the_collection_are_found(name: str) -> None:
    """Losses, norms, networks and a loop that ends by a comparison: balls confirm a kink at most points."""
    points = kink_points(CASES[name], "float32", 0, 6)
    assert points
    assert 2 * sum(is_kinked(CASES[name], point) for point in points) >= len(points)


def test_branches_that_meet_smoothly_are_gone_to() -> None:
    """Huber's loss at ±1, where neither side is wrong, and at 0."""
    found = {abs(number) for x in values(kink_points(CASES["piecewise/huber_loss"], "float64", 0, 6)) for number in x}
    assert {0.0, 1.0} <= found


SMOOTH = ["scalar/sinc", "regression/softmax_cross_entropy", "network/attention", "vector/squared_norm"]


@pytest.mark.parametrize("name", SMOOTH)
def test_a_smooth_function_has_none(name: str) -> None:
    """Nothing is found where nothing kinks: sums, quotients, softmax with its shift."""
    assert kink_points(CASES[name], "float64", 0, 12) == []


def test_an_open_end_is_not_gone_to() -> None:
    """Where the domain leaves the edge out, no point lies on it."""
    assert of(logarithm, x=positive()) == []
    assert of(root, x=real(low=0.5)) == []


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_points_lie_in_the_domain(dtype: str) -> None:
    """Ranges, labels, one-hot rows and probabilities stay what they are declared to be."""

    def function(x: Any, t: Any, p: Any, y: Any, k: Any) -> Any:
        xp = array_namespace(x)
        return xp.sum(relu(x - 0.3) * p + xp.abs(t - p) * y) + xp.sum(relu(x - xp.astype(k, x.dtype)))

    one = a_case(
        function,
        dims={"n": (3, 3)},
        x=real("n", low=0.1, high=0.7),
        t=positive("n", high=0.5),
        p=probabilities("n"),
        y=one_hot("n"),
        k=integers("n", low=-1, high=1),
    )
    points = kink_points(one, dtype, 0, 40)
    assert len(points) == 40
    for point in points:
        check_example(one, dict(point.arguments), "a kink point")
        assert point.dtype.name == dtype


def test_points_share_one_choice_of_sizes() -> None:
    """What compiles for every set of shapes compiles once: for the sizes of a small worked example."""
    for one in CASES.values():
        if one.group == "piecewise":
            sizes = few_sizes(one)[0]
            shapes = {name: shape_of(domain, sizes) for name, domain in one.domains.items()}
            for point in kink_points(one, "float64", 0, 6):
                assert {name: array.shape for name, array in point.arguments.items()} == shapes


def test_no_point_twice_and_no_example_again() -> None:
    """Points differ from each other and from the worked examples, which are judged anyway."""
    one = CASES["piecewise/total_variation"]
    points = kink_points(one, "float64", 0, 100)
    assert len({point_hash(point) for point in points}) == len(points) > 20
    assert [1.0, 3.0, 3.0, 0.5] not in values(points)


def test_the_same_seed_gives_the_same_points() -> None:
    """To the last bit; a smaller limit gives the first of them, another seed others."""
    one = CASES["piecewise/hinge_loss"]

    def hashes(seed: int, limit: int = 12) -> list[str]:
        return [point_hash(point) for point in kink_points(one, "float32", seed, limit)]

    assert hashes(1) == hashes(1)
    assert hashes(1, 5) == hashes(1)[:5]
    assert hashes(1) != hashes(2)
    assert hashes(1, 0) == []


def test_a_function_that_cannot_be_traced_has_none() -> None:
    """What it raises is told by its records."""

    def raises(x: Any) -> Any:
        raise LookupError(f"no value at {type(x).__name__}")

    assert of(raises) == []


def test_a_case_of_large_arrays_only() -> None:
    """Where no small point exists, uniform ones are looked at."""
    one = case(x=real(30, 40), examples=[{"x": normal(30, 40)}], source="none")(
        lambda x: array_namespace(x).sum(relu(x))
    )
    points = kink_points(one, "float64", 0, 12)
    assert [0.0] in [np.unique(x).tolist() for x in values(points)]


def test_a_shift_by_the_largest_is_no_kink_of_softmax() -> None:
    """Softmax is smooth at ties; the largest entry that somebody subtracts is not, for a framework."""

    def shifted(x: Any) -> Any:
        return array_namespace(x).exp(x - largest(x))

    assert of(lambda x: softmax(x, axis=0), x=real("n")) == []
    assert of(shifted, x=real("n")) != []
