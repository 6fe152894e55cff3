"""Two certified opinions: they overlap on every case, point and order, and a bug in either is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb, arb_series
from hypothesis import given, settings
from sympy.core.cache import clear_cache

from diffcheck import special
from diffcheck.case import Case
from diffcheck.expression import closed_form, derive, heads, nodes, sums
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace
from diffcheck.point import Point
from diffcheck.reference import jet, second_opinion, series
from diffcheck.reference.second_opinion import Disagreement, Opinion, closed_forms, opinions
from diffcheck.reference.tracing import trace_at
from diffcheck.registry import load
from diffcheck.sheet import Agreement
from diffcheck.strategy import output_shape, points
from tests.programs import Program, matrices, programs

Function = Callable[..., Any]

CASES = load()
ORDER = 4

# Left out, and why: no order is asked about twice. A case that leaves this table must be taken out.
TOO_LARGE = {
    "network/net": "62,730 parameters: 2.6 million operations for order 1 at the smallest size",
}


def compared(function: Function, point: Point, order: int = ORDER) -> Agreement:
    """How far both opinions on a function were compared; raises where they disagree."""
    names = tuple(point.arguments)
    return second_opinion.second_opinion(trace_at(function, point), point, names, order, "f")


def asked(function: Function, x: Any, v: Any = 1.0, order: int = 2) -> dict[str, Opinion]:
    """Mode → both opinions on a function of one argument along a tangent."""
    point = Point({"x": np.array(x, float)}, tangents={"x": np.array(v, float)})
    traced = trace(function, {"x": np.shape(x)})
    graphs = closed_forms(traced, ("x",), order, unit_cotangent=True)
    return {opinion.mode: opinion for opinion in opinions(traced, point, ("x",), graphs)}


# --- they overlap ---------------------------------------------------------------------------------

FOUND: dict[str, Agreement] = {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_both_opinions_overlap(case: Case, dtype: str) -> None:
    """On every case, at random points, for orders 1 to 4, by pushing forward alone and after pulling back."""
    found = []

    @settings(max_examples=3)
    @given(points(case, dtype, output_shape(case)))
    def ask(point: Point) -> None:
        traced = trace_at(case.function, point)
        found.append(second_opinion.second_opinion(traced, point, case.wrt, ORDER, case.id))

    ask()
    FOUND[case.id] = sum(found, FOUND.get(case.id, Agreement()))


def test_enough_was_compared() -> None:
    """Every case but those too large was compared, and most entries have two opinions."""
    if len(FOUND) < len(CASES):
        pytest.skip("only with the cases before it")
    assert {name for name, found in FOUND.items() if found.agreed == 0} == {*TOO_LARGE}
    total = sum(FOUND.values(), Agreement())
    assert total.agreed > 4_000
    assert total.silent < 0.1 * total.agreed


@settings(max_examples=60)
@given(programs(), matrices(largest=4.0), matrices(largest=2.0))
def test_both_opinions_on_random_programs_overlap(
    program: Program, at: dict[str, np.ndarray], along: dict[str, np.ndarray]
) -> None:
    """At kinks and jumps too, where the closed form holds what the series find on both sides."""
    if at["x"].shape == along["x"].shape:
        compared(program, Point(at, tangents=along), 3)


# --- kinks ----------------------------------------------------------------------------------------

KINKS: dict[str, tuple[Function, float]] = {
    "relu": (special.relu, 0.0),
    "abs": (lambda x: array_namespace(x).abs(x), 0.0),
    "where": (lambda x: array_namespace(x).where(x > 0, x, 5 * x), 0.0),
    "max": (lambda x: array_namespace(x).max(array_namespace(x).stack([x, -x])), 0.0),
    "maximum": (lambda x: array_namespace(x).maximum(x, 2 * x), 0.0),
    "identity in disguise": (lambda x: special.relu(x) - special.relu(-x), 0.0),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_seen_from_both_sides(name: str) -> None:
    """The closed form is a hull there, and holds the slope on either side."""
    function, x = KINKS[name]
    for opinion in list(asked(function, x, order=1).values()):
        right, left = opinion.series
        assert opinion.closed_form.open.all()
        assert all(opinion.closed_form.balls.item().contains(side.item()) for side in (right, left))
        assert [float(right.item()), float(left.item())] == [
            *(float(asked(function, x + h, order=1)["F"].series[0].item()) for h in (0.5, -0.5)),
        ]


def test_a_smooth_point_is_seen_from_one() -> None:
    """Nothing is asked twice where nothing is open."""
    assert [len(opinion.series) for opinion in asked(lambda x: x**3, 2.0, order=4).values()] == [1] * 8


def test_where_one_says_nothing_is_counted() -> None:
    """The first derivative of a sign at 0 is no number: the series find 0 on both sides, the rules nothing."""

    def sign(x: Any) -> Any:
        return array_namespace(x).sign(x)

    assert compared(sign, Point({"x": np.array(0.0)}), 1) == Agreement(silent=2)
    assert compared(sign, Point({"x": np.array(1.0)}), 1) == Agreement(agreed=2)


def test_beside_a_kink_the_second_derivative_of_relu_is_zero() -> None:
    """That there is none at the kink is for the first derivative to say: both opinions are about both sides."""
    assert compared(special.relu, Point({"x": np.array(0.0)}), 2) == Agreement(agreed=8)


def test_a_pole_and_the_edge_of_a_domain_have_one_opinion() -> None:
    """1/x and √x at 0, log left of it: silence, and no disagreement."""
    for function, x in ((lambda x: 1 / x, 0.0), (lambda x: x**0.5, 0.0), (lambda x: array_namespace(x).log(x), -1.0)):
        assert compared(function, Point({"x": np.array(x)}), 2) == Agreement(silent=4)


def test_zero_by_construction_is_an_opinion() -> None:
    """A derivative that does not exist in the graph is zero, and the series agree."""
    assert compared(lambda x: x**2, Point({"x": np.array(3.0)})) == Agreement(agreed=8)


def test_what_is_too_large_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graph beyond the limit is not evaluated, nor derived any further."""
    everything = Point({"x": np.array(0.5)})

    def function(x: Any) -> Any:
        return array_namespace(x).tanh(x) ** 3

    assert compared(function, everything).expensive == 0
    monkeypatch.setattr(second_opinion, "MOST_NODES", 12)
    second_opinion._is_small.cache_clear()
    some = compared(function, everything)
    second_opinion._is_small.cache_clear()
    assert some.agreed + some.expensive == 2 * ORDER
    assert some.agreed > 0
    assert some.expensive > 0


# --- a bug is found -------------------------------------------------------------------------------


def forget() -> None:
    """Derive again what was derived before."""
    for remembered in (derive.scalar_derivative, closed_form._gradient, closed_form.along_tangents):
        remembered.cache_clear()
    clear_cache()


@pytest.fixture
def planted() -> Iterator[pytest.MonkeyPatch]:
    """For planting bugs in derivative rules."""
    with pytest.MonkeyPatch.context() as patch:
        forget()
        yield patch
    forget()


def same_for_all(node: nodes.Map, cotangent: Node, active: frozenset[Node]) -> Iterator[tuple[Node, Node]]:
    """A map's adjoint with the derivative with respect to its first argument for all."""
    derivative = derive.scalar_derivative(node.scalar, heads.SLOTS[0])
    for argument in node.arguments:
        if argument in active:
            yield argument, derive._product(cotangent, nodes.mapped(derivative, *node.arguments))


def without_the_others(node: nodes.Einsum, k: int, cotangent: Node) -> Node:
    """A factor's adjoint that leaves the other factors out, but for the first."""
    labels = node.factors[k][1]
    return sums.einsum([(cotangent, node.output), node.factors[0]], labels, node.size_of)


def first_term(node: nodes.Einsum, tangents: Any) -> Node | None:
    """The product rule without its other terms."""
    factor, labels = node.factors[0]
    if tangents[factor] is None:
        return None
    return sums.einsum([(tangents[factor], labels), *node.factors[1:]], node.output, node.size_of)


def kept_once(node: nodes.Gather, cotangent: Node) -> Node:
    """A gather's adjoint that keeps one of several entries taken from the same place."""
    positions = node.index.positions
    _, first = np.unique(positions, return_index=True)
    once = np.full(positions.size, -1)
    once[first] = positions.ravel()[first]
    return nodes.scatter(cotangent, once.reshape(positions.shape), node.source.shape)


def never_the_other(node: nodes.Select, tangents: Any) -> Node | None:
    """A selection's tangent that takes what was chosen, whatever the condition says."""
    chosen: Node | None = tangents[node.chosen]
    return chosen


def slightly_off(self: sp.Function, argindex: int = 1) -> sp.Expr:
    """The derivative of log(1 + x), one part in 10¹² too large."""
    return (1 + sp.Rational(1, 10**12)) / (1 + self.args[0])


WRONG_RULES: dict[str, tuple[Function, Any, str, Any]] = {
    "a sign in a head's derivative": (special.expit, heads.expit, "fdiff", lambda self, k=1: self * (1 + self)),
    "one part in 10¹²": (lambda x: array_namespace(x).log1p(x), heads.log1p, "fdiff", slightly_off),
    "SymPy's tanh": (lambda x: array_namespace(x).tanh(x), sp.tanh, "fdiff", lambda self, k=1: 1 - self),
    "abs with the derivative of relu": (
        lambda x: array_namespace(x).abs(x - 1),
        heads.absolute,
        "fdiff",
        lambda self, k=1: heads.step(self.args[0]),
    ),
    "the same step on both sides of a maximum": (
        lambda x: array_namespace(x).maximum(x, x * x),
        heads.larger,
        "fdiff",
        lambda self, k=1: heads.step(self.args[0] - self.args[1]),
    ),
    "from the second derivative on": (
        special.digamma,
        heads.polygamma,
        "fdiff",
        lambda self, k=2: heads.polygamma(self.args[0] + 2, self.args[1]),
    ),
    "a map's adjoint": (lambda x: x[:1] * array_namespace(x).exp(x[1:2]), derive, "_map_adjoints", same_for_all),
    "a factor's adjoint": (
        lambda x: array_namespace(x).vecdot(x, x**2),
        derive,
        "_factor_adjoint",
        without_the_others,
    ),
    "the product rule": (lambda x: array_namespace(x).vecdot(x, x**2), derive, "_einsum_tangent", first_term),
    "the largest entry": (
        lambda x: array_namespace(x).max(x),
        nodes,
        "winner",
        lambda source, axes: nodes.filled(1, source.shape),
    ),
    "entries that are taken twice": (
        lambda x: array_namespace(x).take(x**2, np.array([0, 0, 1])),
        derive,
        "_gather_adjoint",
        kept_once,
    ),
    "a selection": (
        lambda x: array_namespace(x).where(x > 1, x**2, 3 * x),
        derive,
        "_select_tangent",
        never_the_other,
    ),
}

POINT = Point({"x": np.array([0.75, 0.5, 2.0])}, tangents={"x": np.array([1.0, -0.5, 0.25])})


@pytest.mark.parametrize("name", WRONG_RULES)
def test_a_wrong_derivative_rule_is_found(name: str, planted: pytest.MonkeyPatch) -> None:
    """Pushed forward or pulled back, at some order; without the bug nothing is apart."""
    function, owner, rule, wrong = WRONG_RULES[name]
    assert compared(function, POINT).silent == 0
    forget()
    planted.setattr(owner, rule, wrong)
    with pytest.raises(Disagreement):
        compared(function, POINT)


contract = jet._contract


def half_of_the_sum(node: nodes.Einsum, factors: Sequence[np.ndarray]) -> np.ndarray:
    """A sum of products on series, halved."""
    return contract(node, [factors[0] * arb(0.5), *factors[1:]])


WRONG_SERIES: dict[str, tuple[Function, Any, Any, Any]] = {
    "one part in 10¹²": (
        lambda x: array_namespace(x).sin(x),
        series.SMOOTH,
        sp.sin,
        lambda x: x.sin() * arb(1 + 1e-12),
    ),
    "the other side of a kink": (special.relu, series.KINKED, heads.relu, lambda x: arb_series([0])),
    "a Taylor coefficient": (
        special.digamma,
        series.SMOOTH,
        heads.digamma,
        lambda x: series._polygamma_series(0, x) + (x - x[0]) ** 3,
    ),
    "a sum": (lambda x: array_namespace(x).vecdot(x, x), vars(jet), "_contract", half_of_the_sum),
}


@pytest.mark.parametrize("name", WRONG_SERIES)
def test_a_wrong_series_rule_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second opinion may be the wrong one: that is a bug, too."""
    function, table, key, wrong = WRONG_SERIES[name]
    assert compared(function, POINT).silent == 0
    monkeypatch.setitem(table, key, wrong)
    with pytest.raises(Disagreement):
        compared(function, POINT)


def test_the_message_holds_what_a_report_of_the_bug_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """That it is ours; function, derivative, entry, both enclosures and the point, exactly."""
    monkeypatch.setitem(series.SMOOTH, sp.sin, lambda x: x.sin() * arb(1.25))
    point = Point({"x": np.array([0.0, 0.1], np.float32)}, cotangent=np.array([1.0, -2.0], np.float32))
    with pytest.raises(Disagreement) as raised:
        compared(lambda x: array_namespace(x).sin(x), point, 1)
    message = str(raised.value)
    assert "a bug of diffcheck" in message
    assert "please report" in message
    assert "f\n" in message
    assert "F, order 1, entry (0,), in float32" in message
    assert "closed form  1.0000000" in message
    assert "series       1.2500000" in message
    assert "x            [0.0, 0.10000000149011612]" in message
    assert "cotangent    [1.0, -2.0]" in message


def test_a_large_point_is_told_by_its_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads a thousand numbers, and the same seed draws them again."""
    monkeypatch.setitem(series.SMOOTH, sp.sin, lambda x: x.sin() * arb(1.25))
    with pytest.raises(Disagreement, match=r"float64 of shape \(1000,\)"):
        compared(lambda x: array_namespace(x).sin(x), Point({"x": np.ones(1000)}), 1)
