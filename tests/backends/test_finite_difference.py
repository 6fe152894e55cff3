"""Finite differences: every quotient lies within its own bound, and the bound is small where it can be."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffcheck import special
from diffcheck.backends import BACKENDS
from diffcheck.backends.base import BadOutput, Derivative, Task, Unsupported
from diffcheck.backends.difference_rules import COMPLEX_STEP, RULES, Rule
from diffcheck.backends.neighbourhood import Line, neighbourhood
from diffcheck.backends.real_quotient import choose_step
from diffcheck.case import Case
from diffcheck.namespace import array_namespace
from diffcheck.point import Point
from diffcheck.reference.precision import precision
from diffcheck.reference.reference import refer
from diffcheck.registry import load
from tests.backends.conftest import MakeTask
from tests.programs import Program, matrices, programs

BACKEND = BACKENDS["finite_difference"]
TRANSFORMS = BACKEND.capabilities.transforms
DTYPES = BACKEND.capabilities.dtypes


def excess(derivative: Derivative, task: Task) -> float:
    """How far the worst entry lies beyond its bound; at most zero where all keep to it."""
    found = refer(task.function, task.point, task.wrt)
    worst = -np.inf
    assert derivative.bound is not None
    for name in task.wrt:
        entry, enclosure, bound = derivative.entries[name], found.entries[name], derivative.bound[name]
        assert entry is not None
        known = np.isfinite(bound) & ~enclosure.open & np.isfinite(enclosure.high)
        with np.errstate(invalid="ignore"):  # ∞ − ∞ where the bound is infinite, which is left out
            beyond = enclosure.distance(entry.astype(float)) - bound - enclosure.radius
        worst = max(worst, float(np.max(np.where(known, beyond, -np.inf), initial=-np.inf)))
    return worst


def only(derivative: Derivative) -> tuple[float, float]:
    """The value and the bound of a derivative with one entry, `x`."""
    assert derivative.bound is not None
    entry = derivative.entries["x"]
    assert entry is not None
    return float(entry.item()), float(derivative.bound["x"].item())


# --- the rules ------------------------------------------------------------------------------------


def quotient_of_monomial(rule: Rule, degree: int) -> Fraction:
    """What a rule makes of tⁿ at t = 0 with h = 1."""
    return sum((w * c**degree for c, w in zip(rule.offsets, rule.weights, strict=True)), Fraction(0))


@pytest.mark.parametrize(("name", "order"), [("forward", 2), ("central", 3), ("five-point", 5), ("richardson", 7)])
def test_rules_are_exact_below_their_order(name: str, order: int) -> None:
    """A rule of order m differentiates tⁿ exactly for n < m, and t^m not."""
    rule = RULES[name]
    assert rule.order == order
    assert [quotient_of_monomial(rule, n) for n in range(order)] == [int(n == 1) for n in range(order)]
    assert quotient_of_monomial(rule, order) != 0


# --- values and bounds ----------------------------------------------------------------------------


def smooth(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.sum(xp.exp(x) * xp.sin(x) / (1 + x * x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_smooth_function(make_task: MakeTask, transform: str, dtype: str) -> None:
    """Every rule in every dtype keeps to its bound, and the bound says something."""
    task = make_task(smooth, transform=transform, dtype=dtype, x=[0.5, -2.0, 3.0])
    derivative = BACKEND.differentiate(task)
    entry, bound = derivative.entries["x"], derivative.bound
    assert entry is not None
    assert bound is not None
    assert entry.dtype == dtype
    assert excess(derivative, task) <= 0
    unit = np.finfo(dtype).eps
    order = 1.0 if transform == COMPLEX_STEP else 1 - 1 / RULES[transform].order
    assert np.all(bound["x"] < 1000 * unit**order)


@pytest.mark.parametrize("transform", RULES)
def test_a_wrong_quotient_is_noticed(make_task: MakeTask, transform: str) -> None:
    """A quotient that is off by a part in a thousand lies beyond the bound of the right rule."""
    task = make_task(smooth, transform=transform, x=[0.5, -2.0, 3.0])
    right = BACKEND.differentiate(task)
    assert right.bound is not None
    entry = right.entries["x"]
    assert entry is not None
    wrong = Derivative(right.value, {"x": entry * 1.001}, right.bound)
    assert excess(right, task) <= 0
    assert excess(wrong, task) > 0


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_all_worked_examples(transform: str) -> None:
    """At every worked example of every case, in both dtypes, no quotient lies beyond its bound."""
    judged = 0
    for case in load():
        for dtype in DTYPES:
            task = _task_of(case, dtype, transform)
            try:
                derivative = BACKEND.differentiate(task)
            except Unsupported:
                continue
            judged += 1
            assert excess(derivative, task) <= 0, case.id
    assert judged > 100


def _task_of(case: Case, dtype: str, transform: str) -> Task:
    from diffcheck.example import example_point

    return Task(case.function, example_point(case, case.examples[0], dtype), case.wrt, "R", transform, case)


@settings(max_examples=150)
@given(programs(), matrices(largest=8.0), st.sampled_from(TRANSFORMS), st.sampled_from(DTYPES))
def test_random_programs(program: Program, at: dict[str, np.ndarray], transform: str, dtype: str) -> None:
    """Whatever the program and the point, no quotient lies beyond its bound."""
    point = Point({name: array.astype(dtype) for name, array in at.items()})
    case = Case("program", "tests", program, {}, ("x", "y"), (), "tests")
    task = Task(program, point, ("x", "y"), "R", transform, case)
    try:
        derivative = BACKEND.differentiate(task)
    except Unsupported:
        assume(False)
    assert excess(derivative, task) <= 0


def test_a_cotangent_weighs_the_outputs(make_task: MakeTask) -> None:
    """The gradient is that of ⟨cotangent, f⟩."""
    task = make_task(lambda x: x * x, transform="central", cotangent=[1.0, -2.0], x=[3.0, 5.0])
    derivative = BACKEND.differentiate(task)
    assert derivative.entries["x"] == pytest.approx(np.array([6.0, -20.0]), abs=1e-9)
    assert excess(derivative, task) <= 0


def test_integer_arguments_are_constants(make_task: MakeTask) -> None:
    """Labels and indices stay what they are."""
    task = make_task(lambda x, k: x[0] * 3 + k[1], transform="central", x=[2.0, 7.0], k=[1, 4])
    derivative = BACKEND.differentiate(task)
    assert derivative.value == 10.0
    assert list(derivative.entries) == ["x"]
    assert derivative.entries["x"] == pytest.approx(np.array([3.0, 0.0]))


def test_arguments_are_not_written_to(make_task: MakeTask) -> None:
    """A function that changes its argument in place spoils no other evaluation."""

    def careless(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            x *= 2
            return array_namespace(x).sum(x)
        return array_namespace(x).sum(2 * x)

    task = make_task(careless, transform="central", x=[1.0, 2.0])
    assert BACKEND.differentiate(task).entries["x"] == pytest.approx(np.array([2.0, 2.0]))
    assert task.point.arguments["x"].tolist() == [1.0, 2.0]


# --- kinks, domains, branches ---------------------------------------------------------------------


@pytest.mark.parametrize("transform", RULES)
@pytest.mark.parametrize(
    "function",
    [
        lambda x: array_namespace(x).abs(x),
        special.relu,
        lambda x: array_namespace(x).where(x > 0, x, 2 * x),
    ],
)
def test_no_bound_at_a_kink_and_one_beside_it(
    make_task: MakeTask, function: Callable[[Any], Any], transform: str
) -> None:
    """The bound is infinite exactly at a kink, and useful a thousandth away."""
    _, at = only(BACKEND.differentiate(make_task(function, transform=transform, x=0.0)))
    value, beside = only(BACKEND.differentiate(make_task(function, transform=transform, x=2.0**-10)))
    assert at == np.inf
    assert beside < 1e-3
    assert abs(value - 1.0) <= beside


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("transform", RULES)
def test_steps_stay_inside_the_domain(make_task: MakeTask, transform: str, dtype: str) -> None:
    """Near the edge of a domain a shorter step finds a value and a bound."""

    def root(x: Any) -> Any:
        return array_namespace(x).sqrt(x)

    task = make_task(root, transform=transform, dtype=dtype, x=2.0**-28)
    value, bound = only(BACKEND.differentiate(task))
    assert value == pytest.approx(2.0**13, rel=1e-2)
    assert bound < 2.0**12
    assert excess(BACKEND.differentiate(task), task) <= 0


def test_no_bound_at_the_edge_of_the_domain(make_task: MakeTask) -> None:
    """Where no step of the dtype stays inside, there is no bound."""

    def edge(x: Any) -> Any:
        return array_namespace(x).log(1 - x)

    _, bound = only(BACKEND.differentiate(make_task(edge, transform="central", x=float(np.nextafter(1.0, 0.0)))))
    assert bound == np.inf


def doubling(x: Any) -> Any:
    """2ᵏ·x, doubled until it is not below 100"""
    while x < 100:
        x = 2 * x
    return x


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_branch_must_hold_where_the_quotient_reaches(make_task: MakeTask, transform: str) -> None:
    """A loop that ends elsewhere on the interval leaves no bound; one that ends alike is linear there."""
    _, at = only(BACKEND.differentiate(make_task(doubling, transform=transform, x=100.0 / 64)))
    value, inside = only(BACKEND.differentiate(make_task(doubling, transform=transform, x=1.25)))
    assert at == np.inf
    assert inside < 1e-4
    assert abs(value - 128.0) <= inside


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_what_is_stopped_is_held_still(make_task: MakeTask, transform: str) -> None:
    """`stop_gradient` keeps the value it had at the point, as the definition says."""

    def detached(x: Any) -> Any:
        return special.stop_gradient(x * x) * x

    task = make_task(detached, transform=transform, x=3.0)
    value, bound = only(BACKEND.differentiate(task))
    assert value == pytest.approx(9.0)
    assert bound < 1e-5
    assert excess(BACKEND.differentiate(task), task) <= 0


def test_a_pole_leaves_no_bound(make_task: MakeTask) -> None:
    """A value that is not finite has no bound, and does not raise."""
    value, bound = only(BACKEND.differentiate(make_task(lambda x: 1 / x, transform="forward", x=0.0)))
    assert not np.isfinite(value)
    assert bound == np.inf


# --- the step -------------------------------------------------------------------------------------


def line(function: Callable[..., Any], x: float, dtype: str = "float64") -> Line:
    return Line(neighbourhood(function, Point({"x": np.array(x, dtype)})), "x", ())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RULES)
def test_the_step_is_nearly_the_best(name: str, dtype: str) -> None:
    """No step that is a power of two has a bound less than half of the one that was chosen."""
    rule, along = RULES[name], line(smooth, 0.75, dtype)

    def bound(size: float) -> float:
        reach = size * rule.reach
        remainder = float(along.derivatives(reach, rule.order)[-1].abs_upper()) * rule.remainder
        return remainder * size ** (rule.order - 1) + sum(
            abs(float(w)) * along.rounding(along.center) / size for w in rule.weights
        )

    with precision(128):
        chosen = choose_step(rule, along).size
        assert np.frexp(chosen)[0] == 0.5
        assert bound(chosen) <= 2 * min(bound(chosen * 2.0**k) for k in range(-12, 5))


@pytest.mark.parametrize("x", [2.0**-60, 1.0, 2.0**40, 2.0**200])
@pytest.mark.parametrize("name", RULES)
def test_the_step_grows_with_the_entry(name: str, x: float) -> None:
    """Steps fit the magnitude of the entry: x³ has a relative bound at every scale, if not below 2⁻³⁰."""
    along = line(lambda x: x * x * x, x)
    with precision(128):
        step = choose_step(RULES[name], along)
    assert step.usable
    assert step.size * RULES[name].reach < x or x < 2.0**-30


# --- the complex step -----------------------------------------------------------------------------


ANALYTIC: dict[str, Callable[[Any], Any]] = {
    "inner product": lambda x: array_namespace(x).vecdot(x, x),
    "norm": lambda x: array_namespace(x).linalg.vector_norm(x),
    "variance": lambda x: array_namespace(x).var(x),
    "deviation": lambda x: array_namespace(x).std(x, correction=1),
    "hypotenuse": lambda x: array_namespace(x).hypot(x[0], x[1]),
    "softmax": lambda x: special.softmax(x)[0],
    "logsumexp": special.logsumexp,
    "cube root": lambda x: array_namespace(x).sum(special.cbrt(x - 3)),
    "odd power": lambda x: array_namespace(x).sum(x**-2.5),
    "error function": lambda x: array_namespace(x).sum(x * special.erf(x)),
    "gelu": lambda x: array_namespace(x).sum(special.gelu(x)),
    "digamma": lambda x: array_namespace(x).sum(special.digamma(x) * special.gammaln(x)),
    "log1p": lambda x: array_namespace(x).sum(array_namespace(x).log1p(x * 1e-9) ** 2),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ANALYTIC)
def test_analytic_functions(make_task: MakeTask, name: str, dtype: str) -> None:
    """Nothing is conjugated, and the complex functions of NumPy and SciPy round no more than allowed for."""
    for x in ([1.0, 2.0, 4.5], [0.0078125, 9.0, 1.4616321]):
        task = make_task(ANALYTIC[name], transform=COMPLEX_STEP, dtype=dtype, x=x)
        derivative = BACKEND.differentiate(task)
        assert derivative.bound is not None
        assert np.all(np.isfinite(derivative.bound["x"]))
        assert excess(derivative, task) <= 0


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: array_namespace(x).abs(x), "uses |x|, which is not analytic"),
        (special.relu, "uses max(x, 0), which is not analytic"),
        (lambda x: array_namespace(x).floor(x), "uses ⌊x⌋, which is not analytic"),
        (lambda x: array_namespace(x).where(x > 0, x, 2 * x), "uses x > y, which is not analytic"),
        (lambda x: array_namespace(x).max(x), "uses the largest of several numbers, which is not analytic"),
        (lambda x: array_namespace(x).linalg.vector_norm(x, ord=1), "uses |x|, which is not analytic"),
    ],
)
def test_kinks_refuse_the_complex_step(make_task: MakeTask, function: Callable[[Any], Any], reason: str) -> None:
    """A function that is not analytic is refused by name, wherever the point lies."""
    with pytest.raises(Unsupported, match=reason.replace("|", r"\|").replace("(", r"\(").replace(")", r"\)")):
        BACKEND.differentiate(make_task(function, transform=COMPLEX_STEP, x=[1.5, 2.5]))


def test_numpy_without_complex_numbers_refuses_the_complex_step(make_task: MakeTask) -> None:
    """A function that NumPy or SciPy computes for real numbers only is refused by name."""
    from scipy.special import gammaln

    def real_only(x: Any) -> Any:
        return gammaln(x) if isinstance(x, np.ndarray) else special.gammaln(x)

    with pytest.raises(Unsupported, match="gammaln takes no complex numbers"):
        BACKEND.differentiate(make_task(real_only, transform=COMPLEX_STEP, x=1.5))


def test_a_dropped_imaginary_part_refuses_the_complex_step(make_task: MakeTask) -> None:
    """A function that makes its argument real again would have the derivative zero."""

    def dropping(x: Any) -> Any:
        return x.astype(np.float64) * 2 if isinstance(x, np.ndarray) else 2 * x

    with pytest.raises(Unsupported, match="drops the imaginary part"):
        BACKEND.differentiate(make_task(dropping, transform=COMPLEX_STEP, x=1.5))


def test_a_real_answer_refuses_the_complex_step(make_task: MakeTask) -> None:
    """A function that returns real numbers for complex ones has lost the derivative on the way."""

    def measuring(x: Any) -> Any:
        return np.real(x) * 2 if isinstance(x, np.ndarray) else 2 * x

    with pytest.raises(Unsupported, match="returns float64 for complex128"):
        BACKEND.differentiate(make_task(measuring, transform=COMPLEX_STEP, x=1.5))


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transform", "evaluations"), [("forward", 130), ("central", 130), ("richardson", 390), (COMPLEX_STEP, 65)]
)
def test_many_entries_are_refused(make_task: MakeTask, transform: str, evaluations: int) -> None:
    """Beyond 64 entries the reason says how many evaluations it would take; 64 are differentiated."""
    with pytest.raises(Unsupported, match=f"65 entries need {evaluations} evaluations; the limit is 64 entries"):
        BACKEND.differentiate(make_task(smooth, transform=transform, x=np.ones(65)))
    entry = BACKEND.differentiate(make_task(lambda x: array_namespace(x).sum(x), transform=transform, x=np.ones(64)))
    assert entry.entries["x"] == pytest.approx(np.ones(64))


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_factorisations_are_refused(make_task: MakeTask, transform: str) -> None:
    """NumPy's determinant rounds otherwise than the expression, so there would be no bound."""
    with pytest.raises(Unsupported, match="factorises a matrix"):
        BACKEND.differentiate(
            make_task(lambda x: array_namespace(x).linalg.det(x), transform=transform, x=[[1.0, 2.0], [3.0, 4.0]])
        )


@pytest.mark.parametrize(("mode", "transform"), [("F", "central"), ("R", ""), ("R", "jit")])
def test_other_modes_and_transforms_are_refused(make_task: MakeTask, mode: str, transform: str) -> None:
    """Only declared combinations are computed."""
    with pytest.raises(Unsupported):
        BACKEND.differentiate(make_task(smooth, mode=mode, transform=transform, x=[1.0]))


def test_several_outputs_are_refused(make_task: MakeTask) -> None:
    """What is not one array cannot be judged."""
    with pytest.raises(BadOutput, match="2 outputs"):
        BACKEND.differentiate(make_task(lambda x: (x, x), transform="central", x=1.0))


def test_rounding_is_a_bound_on_values() -> None:
    """A value that NumPy computes lies as near to the exact one as the bound says, and not always on it."""
    along = line(smooth, 0.7, "float32")
    with precision(128):
        exact = along.derivatives(0.0, 1)[0]
        error = abs(along.value(along.center) - exact)
    assert error <= along.rounding(along.center)
    assert error > arb(0)
