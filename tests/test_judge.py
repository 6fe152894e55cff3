"""The judge: right derivatives agree, wrong ones do not, and what frameworks do at odd points has its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffcheck.backends.base import BadOutput, Derivative, Unsupported
from diffcheck.dtype import ulp
from diffcheck.judge import judge, judge_failure
from diffcheck.namespace import array_namespace
from diffcheck.point import Point
from diffcheck.record import Judgement
from diffcheck.reference.reference import Reference, refer
from diffcheck.special import log_softmax, logsumexp, relu, softmax, softplus, stop_gradient
from diffcheck.verdict import Cause, Verdict
from tests.judging import asked, judged, referred
from tests.programs import Program, matrices, programs

V = Verdict


def xp(x: Any) -> Any:
    return array_namespace(x)


# --- smooth functions: right agrees, wrong by a little does not ------------------------------------

SMOOTH: list[tuple[str, Callable[..., Any], dict[str, Any]]] = [
    ("quadratic", lambda x: 5 * x**2 - 4 * x, {"x": 1.7}),
    ("sine", lambda x: xp(x).sin(x), {"x": 1.3}),
    ("faint sine", lambda x: 1e-6 * xp(x).sin(x), {"x": 1.3}),
    ("far away", lambda x: x**2, {"x": 1e12}),
    ("shifted", lambda x: x + 1e10, {"x": 1.0}),
    ("cubes", lambda x: xp(x).sum(x**3) / 3, {"x": np.linspace(0.5, 2.5, 40)}),
    ("product", lambda x, w: xp(x).sum(xp(x).tanh(x @ w)), {"x": np.eye(3) + 0.25, "w": np.full((3, 2), 0.5)}),
    ("softmax", lambda x: xp(x).sum(softmax(x) * xp(x).arange(3)), {"x": [0.3, -1.2, 2.0]}),
    ("logsumexp", logsumexp, {"x": [0.3, -1.2, 2.0]}),
    ("log_softmax", lambda x: log_softmax(x)[0], {"x": [0.3, -1.2, 2.0]}),
    ("softplus", lambda x: xp(x).sum(softplus(x)), {"x": [0.3, -1.2, 2.0]}),
    ("norm", lambda x: xp(x).linalg.vector_norm(x), {"x": [3.0, 4.0, 12.0]}),
    ("variance", lambda x: xp(x).var(x), {"x": [3.0, 4.0, 12.0]}),
    ("determinant", lambda x: xp(x).linalg.det(x), {"x": [[2.0, 1.0], [0.5, 3.0]]}),
    ("rectifier", lambda x: xp(x).sum(relu(x) ** 2), {"x": [0.3, 1.2, 2.0]}),
    ("detached", lambda x: xp(x).sum(stop_gradient(x) * x), {"x": [0.3, 1.2, 2.0]}),
]
smooth = pytest.mark.parametrize(("function", "x"), [pytest.param(f, x, id=name) for name, f, x in SMOOTH])
dtypes = pytest.mark.parametrize(("dtype", "slightly"), [("float64", 1e-9), ("float32", 1e-4)])


def nearest(reference: Reference) -> Derivative:
    """What is true, rounded to the dtype."""
    return Derivative(None, {name: entry.high.astype(reference.dtype) for name, entry in reference.entries.items()})


def altered(derivative: Derivative, alter: Callable[[np.ndarray], np.ndarray]) -> Derivative:
    """Every array of a derivative changed, in its dtype."""
    entries = {
        name: alter(np.asarray(entry)).astype(np.asarray(entry).dtype) for name, entry in derivative.entries.items()
    }
    return replace(derivative, entries=entries)


def one_zeroed(entry: np.ndarray) -> np.ndarray:
    changed = np.array(entry)
    changed.flat[np.argmax(np.abs(changed))] = 0
    return changed


@smooth
@dtypes
def test_the_nearest_number_agrees(function: Any, x: Any, dtype: str, slightly: float) -> None:
    """With no more than an ulp to the truth."""
    reference = referred(function, x, dtype)
    judgement = judge(nearest(reference), reference)
    assert judgement.verdict is V.AGREES
    assert judgement.ulps is None or judgement.ulps <= 1


@smooth
@dtypes
def test_what_is_wrong_is_wrong(function: Any, x: Any, dtype: str, slightly: float) -> None:
    """By its sign, by a factor, by one entry, and by no more than a billionth (a ten-thousandth in float32)."""
    reference = referred(function, x, dtype)
    right = nearest(reference)
    mistakes: list[Callable[[np.ndarray], np.ndarray]] = [
        np.negative,
        lambda entry: 2 * entry,
        lambda entry: entry * (1 + slightly),
        lambda entry: entry * (1 - slightly),
        one_zeroed,
    ]
    for mistake in mistakes:
        assert judge(altered(right, mistake), reference).verdict is V.WRONG


@smooth
@dtypes
@pytest.mark.parametrize(("backend", "mode"), [("torch", "R"), ("torch", "F"), ("jax", "R")])
def test_frameworks_agree_where_nothing_is_odd(
    function: Any, x: Any, dtype: str, slightly: float, backend: str, mode: str
) -> None:
    """Value and derivative, backwards and forwards."""
    assert asked(function, backend, dtype=dtype, mode=mode, **x).verdict is V.AGREES


@settings(max_examples=30)
@given(program=programs(longest=4), point=matrices())
def test_a_random_program_is_judged_right_and_wrong(program: Program, point: dict[str, np.ndarray]) -> None:
    """What is true agrees at every point, kinks and infinities included; its double never does."""
    reference = refer(program, Point(point), ("x", "y"))
    entries = reference.entries.values()
    assume(all(np.isfinite(e.high).all() and not e.open.any() and not e.wide.any() for e in entries))
    with np.errstate(over="ignore"):
        right = nearest(reference)
        double = altered(right, lambda entry: 2 * entry)
    assert judge(right, reference).verdict is V.AGREES
    if any(np.abs(entry.high).max(initial=0) > 1e-30 for entry in entries):
        assert judge(double, reference).verdict is not V.AGREES


# --- what frameworks do at odd points: the table of FIELD ------------------------------------------

FIELD: list[tuple[str, Callable[..., Any], Any, Any, Any]] = [
    ("relu at 0", relu, 0.0, V.CONVENTION, V.CONVENTION),
    ("maximum at 0", lambda x: xp(x).maximum(x, 0 * x), 0.0, V.CONVENTION, V.CONVENTION),
    ("clip at 0", lambda x: xp(x).clip(x, 0, None), 0.0, V.CONVENTION, V.CONVENTION),
    ("where at 0", lambda x: xp(x).where(x > 0, x, 0 * x), 0.0, V.CONVENTION, V.CONVENTION),
    ("abs at 0", lambda x: xp(x).abs(x), 0.0, V.CONVENTION, V.CONVENTION),
    ("norm at 0", lambda x: xp(x).linalg.vector_norm(x), [0.0, 0.0], V.CONVENTION, V.NOT_FINITE),
    ("unselected root", lambda x: xp(x).where(x < 1, x, xp(x).sqrt(x)), 0.0, V.NOT_FINITE, V.NOT_FINITE),
    ("two rectifiers", lambda x: relu(x) - relu(-x), 0.0, V.SELECTION, V.SELECTION),
    ("a tie", lambda x: xp(x).max(x), [2.0, 2.0], V.CONVENTION, V.CONVENTION),
    ("a tie along an axis", lambda x: xp(x).sum(xp(x).max(x, axis=0)), [2.0, 2.0], V.CONVENTION, V.CONVENTION),
    ("naive softplus at 800", lambda x: xp(x).log(1 + xp(x).exp(x)), 800.0, V.RANGE, V.RANGE),
    ("determinant of a singular matrix", lambda x: xp(x).linalg.det(x), np.ones((2, 2)), V.WRONG, V.AGREES),
    ("determinant of a regular matrix", lambda x: xp(x).linalg.det(x), [[1.0, 2.0], [3.0, 4.0]], V.AGREES, V.AGREES),
    ("root at 0", lambda x: xp(x).sqrt(x), 0.0, V.AGREES, V.AGREES),
    ("a jump", lambda x: xp(x).where(x > 0, x + 1, x), 0.0, V.UNDEFINED, V.UNDEFINED),
    ("sign at 0", lambda x: xp(x).sign(x) * x, 0.0, V.CONVENTION, V.CONVENTION),
    ("log at −1", lambda x: xp(x).log(x), -1.0, V.UNDEFINED, V.UNDEFINED),
    ("stable logsumexp", logsumexp, [-200.0, 1.0], V.AGREES, V.AGREES),
    ("overflow of the derivative", lambda x: xp(x).exp(x), 800.0, V.AGREES, V.AGREES),
    ("the root of a square, far away", lambda x: xp(x).sqrt(x * x), 1e200, V.RANGE, V.RANGE),
    ("the root of a square, near zero", lambda x: xp(x).sqrt(x * x), 1e-200, V.RANGE, V.RANGE),
    ("an angle at the cut", lambda x: xp(x).atan2(x, x - 1), -0.0, V.AGREES, V.AGREES),
]
FIELD_FLOAT32: list[tuple[str, Callable[..., Any], Any, Any, Any]] = [
    ("a rectifier near its kink", lambda x: relu(x - 0.1), 0.1, V.CONVENTION, V.CONVENTION),
    ("a jump near the point", lambda x: xp(x).where(x > 0.1, x + 1, x), 0.1, V.AGREES, V.AGREES),
    ("steps near the point", lambda x: x * xp(x).floor(10 * x), 0.7, V.CONVENTION, V.CONVENTION),
    ("an underflow", lambda x: xp(x).sqrt(x * x), 1e-30, V.RANGE, V.RANGE),
    ("an exponent that is no float32", lambda x: x**0.3, 1e30, V.AGREES, V.AGREES),
    ("a saturated logistic", lambda x: 1 / (1 + xp(x).exp(-x)), 20.0, V.AGREES, V.AGREES),
    ("tanh far out", lambda x: xp(x).tanh(x), 9.0, V.AGREES, V.AGREES),
    ("expm1 far out", lambda x: xp(x).expm1(x), -15.0, V.AGREES, V.AGREES),
    ("softplus far out", softplus, 13.5, V.AGREES, V.AGREES),
    ("large logaddexp", lambda x: xp(x).logaddexp(x, x), 5929.0, V.AGREES, V.AGREES),
]


@pytest.mark.parametrize(
    ("function", "x", "dtype", "torch", "jax"),
    [
        *(pytest.param(f, x, "float64", torch, jax, id=name) for name, f, x, torch, jax in FIELD),
        *(pytest.param(f, x, "float32", torch, jax, id=name) for name, f, x, torch, jax in FIELD_FLOAT32),
    ],
)
def test_what_frameworks_do_at_odd_points(function: Any, x: Any, dtype: str, torch: Verdict, jax: Verdict) -> None:
    """In reverse mode: kinks are conventions, jumps have no derivative, range explains, and errors are errors."""
    assert (asked(function, "torch", dtype=dtype, x=x).verdict, asked(function, "jax", dtype=dtype, x=x).verdict) == (
        torch,
        jax,
    )


def test_an_unselected_root_is_right_in_forward_mode() -> None:
    """Torch and jax answer NaN backwards, and 1 forwards."""

    def function(x: Any) -> Any:
        return xp(x).where(x < 1, x, xp(x).sqrt(x))

    assert [asked(function, backend, mode="F", x=0.0).verdict for backend in ("torch", "jax")] == [V.AGREES] * 2


@pytest.mark.parametrize(
    ("function", "answer", "x", "said"),
    [
        (lambda x: xp(x).abs(x), -0.0, 0.0, "picks 0 of [-1, 1]"),
        (relu, 0.5, 0.0, "picks 0.5 of [0, 1]"),
        (lambda x: xp(x).max(x), [1 / 3, 2 / 3], [2.0, 2.0], "picks 0.333333 of [0, 1]"),
        (lambda x: relu(x) - relu(-x), 0.0, 0.0, "the true derivative is 1, the choices at the kinks give 0"),
        (lambda x: relu(x) + relu(x), 0.5, 0.0, "picks 0.5 of [0, 2]"),
        (relu, 0.0, -1.0, Cause.ROUNDING.value),
        (relu, 2.0, 0.0, Cause.BEYOND_KINK.value),
    ],
)
def test_at_a_kink_the_judge_names_what_was_picked(function: Any, answer: Any, x: Any, said: str) -> None:
    """And what there was to pick from; elsewhere the cause is all there is to say."""
    assert judged(function, answer, x=x).message == said


# --- the function's own value ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "value", "options", "verdict"),
    [
        (lambda x: x**2, 9.0, {"x": 3.0}, V.AGREES),
        (lambda x: x**2, 9.0 * (1 + 1e-12), {"x": 3.0}, V.DIFFERENT),
        (lambda x: x**2, 9.001, {"x": 3.0, "dtype": "float32"}, V.DIFFERENT),
        (lambda x: x**2, np.nan, {"x": 3.0}, V.AGREES),
        (lambda x: x**2, [9.0], {"x": 3.0}, V.DIFFERENT),
        (lambda x: 0 * x + xp(x).where(x > 0.1, 9, 0) + x * 6, 0.6, {"x": 0.1, "dtype": "float32"}, V.AGREES),
        (lambda x: 0 * x + xp(x).where(x > 0.1, 9, 0) + x * 6, 12.0, {"x": 0.1, "dtype": "float32"}, V.DIFFERENT),
        (lambda x: 6 * xp(x).sqrt(x * x), 0.0, {"x": 1e-200}, V.AGREES),
        (lambda x: xp(x).atan2(0 * x, x) + 6 * x, -np.pi - 18, {"x": -3.0}, V.AGREES),
    ],
)
def test_another_value_is_another_function(function: Any, value: Any, options: Any, verdict: Verdict) -> None:
    """Unless a jump within rounding, underflow, overflow or the sign of a zero explains it."""
    judgement = judged(function, 6.0, value=value, **options)
    assert judgement.verdict is verdict
    assert (judgement.argument == "value") is (verdict is V.DIFFERENT)


def test_a_value_after_an_overflow_is_not_another_function() -> None:
    """x/√(x²) is 1, and 0 where x² is infinite: its derivative, 0, is judged all the same."""
    judgement = judged(lambda x: x / xp(x).sqrt(x * x), 0.0, value=0.0, x=1e200)
    assert judgement.verdict is V.AGREES
    assert judged(lambda x: x / xp(x).sqrt(x * x), 0.0, value=0.0, x=1e100).verdict is V.DIFFERENT


def test_the_derivative_of_another_function_is_not_judged() -> None:
    """The tanh form of gelu is 1.5e-4 off at 1: the message says it is the value."""
    judgement = judged(lambda x: xp(x).sin(x), -1.0, value=0.5, x=1.0)
    assert (judgement.verdict, judgement.cause, judgement.argument) == (V.DIFFERENT, Cause.VALUE, "value")
    assert judgement.value == 0.5
    assert judgement.lower <= np.sin(1.0) <= judgement.upper
    assert "value is not the definition's" in judgement.message


# --- gradients that do not arrive -----------------------------------------------------------------


def of_two(x: Any, y: Any) -> Any:
    """y has no path to the output, though its value takes part."""
    return xp(x).sum(x * stop_gradient(y))


@pytest.mark.parametrize(
    ("x", "y", "verdict"),
    [
        ([2.0, 3.0], None, V.AGREES),
        ([2.0, 3.0], [0.0, 0.0], V.AGREES),
        ([2.0, 3.0], [0.0, 1e-9], V.WRONG),
        ([2.0, 3.0], [np.nan, 0.0], V.NOT_FINITE),
        (None, None, V.MISSING),
    ],
)
def test_a_gradient_that_does_not_arrive(x: Any, y: Any, verdict: Verdict) -> None:
    """Right where no path leads to the output; there a zero is right too, and nothing else."""
    reference = referred(of_two, {"x": [1.0, 1.0], "y": [2.0, 3.0]})
    answers = {name: None if answer is None else np.array(answer) for name, answer in (("x", x), ("y", y))}
    assert judge(Derivative(None, answers), reference).verdict is verdict


def test_a_gradient_that_is_zero_by_chance_must_arrive() -> None:
    """x² at 0 has the slope 0, but a path."""
    assert judged(lambda x: x * x, None, x=0.0).verdict is V.MISSING
    assert judged(lambda x: xp(x).sign(x), None, x=0.0).verdict is V.UNDEFINED


def test_nothing_answered_is_missing() -> None:
    """An empty answer is never success."""
    assert judge(Derivative(None, {}), referred(lambda x: x, {"x": 1.0})).verdict is V.MISSING


def test_an_answer_of_another_shape_is_no_answer() -> None:
    """With both shapes in the message."""
    judgement = judged(lambda x: xp(x).sum(x * x), [[2.0], [4.0]], x=[1.0, 2.0])
    assert judgement.verdict is V.RAISED
    assert "(2,)" in judgement.message
    assert "(2, 1)" in judgement.message


# --- the worst entry ------------------------------------------------------------------------------


def test_the_worst_entry_speaks_for_all() -> None:
    """By verdict first, then by the ratio of error to allowance; the counts are of all entries."""
    reference = referred(lambda x, y: xp(x).sum(x**2) + xp(y).sum(y**3), {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0]})
    right = {"x": np.array([2.0, 4.0, 6.0]), "y": np.array([3.0, 12.0])}
    judgement = judge(Derivative(None, {**right, "x": np.array([2.0, 4.5, 7.0])}), reference)
    assert (judgement.verdict, judgement.argument, judgement.index, judgement.value) == (V.WRONG, "x", (2,), 7.0)
    assert judgement.counts == {"AGREES": 3, "WRONG": 2}
    assert (judgement.lower, judgement.upper) == (6.0, 6.0)
    assert judgement.ratio > 1e10
    assert judgement.ulps == pytest.approx(1.0 / np.spacing(6.0))
    nan = judge(Derivative(None, {**right, "y": np.array([np.nan, 12.0])}), reference)
    assert (nan.verdict, nan.argument, nan.index, nan.counts) == (
        V.NOT_FINITE,
        "y",
        (0,),
        {"AGREES": 4, "NOT_FINITE": 1},
    )


def test_all_is_well_has_numbers_too() -> None:
    """The largest ratio of an agreement is what the search makes worse."""
    judgement = judged(lambda x: xp(x).exp(x), np.exp([0.5, 1.0]) * [1, 1 + 2**-52], x=[0.5, 1.0])
    assert judgement.verdict is V.AGREES
    assert judgement.index == (1,)
    assert 0 < judgement.ratio < 1
    assert judgement.allowance is not None
    assert judgement.message


def test_where_the_truth_is_zero_ulps_mean_nothing() -> None:
    """The ratio is shown instead."""
    judgement = judged(lambda x: x * x, 1e-300, x=0.0)
    assert judgement.ulps is None
    assert judgement.ratio > 1


def test_no_entries_are_no_errors() -> None:
    """An empty gradient agrees, with nothing counted."""
    judgement = judged(lambda x: xp(x).sum(x), np.zeros((0,)), x=np.zeros((0,)))
    assert (judgement.verdict, judgement.counts) == (V.AGREES, {})


def test_zeros_of_either_sign_are_zero() -> None:
    """As a point and as a value."""
    assert judged(lambda x: x * x, -0.0, x=-0.0).verdict is V.AGREES


# --- what was raised ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reference", "verdict", "cause", "message"),
    [
        (Unsupported("no forward mode"), None, V.UNSUPPORTED, Cause.REFUSED, "no forward mode"),
        (ValueError("bad\nshape"), None, V.RAISED, Cause.EXCEPTION, "ValueError: bad"),
        (BadOutput("returns a tuple"), None, V.RAISED, Cause.EXCEPTION, "returns a tuple"),
        (ZeroDivisionError("1/0"), "defined", V.RAISED, Cause.EXCEPTION, "ZeroDivisionError: 1/0"),
        (ZeroDivisionError("1/0"), "undefined", V.UNDEFINED, Cause.DOMAIN, "ZeroDivisionError: 1/0"),
        (Unsupported("declined"), "undefined", V.UNSUPPORTED, Cause.REFUSED, "declined"),
        (BadOutput("no array"), "undefined", V.RAISED, Cause.EXCEPTION, "no array"),
    ],
)
def test_an_exception_has_a_verdict(
    error: Exception, reference: Any, verdict: Verdict, cause: Cause, message: str
) -> None:
    """A refusal is none; where there is nothing to find, an exception is an answer."""
    known = {
        None: None,
        "defined": referred(lambda x: x, {"x": 1.0}),
        "undefined": referred(lambda x: 1 / x, {"x": 0.0}),
    }
    judgement = judge_failure(error, known[reference])
    assert judgement == Judgement(verdict, cause, message=message)


# --- units ----------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False), st.sampled_from([np.float64, np.float32]))
def test_an_ulp_is_the_gap_between_two_numbers(number: float, dtype: Any) -> None:
    """Positive and finite for every number, also beyond the range of the dtype."""
    found = ulp(np.array(number), np.dtype(dtype)).item()
    assert 0 < found < np.inf
    largest = float(np.finfo(dtype).max)
    if abs(number) < largest / 2:
        assert found == float(np.spacing(dtype(abs(number))))
    if abs(number) >= largest:
        assert found == largest - float(np.nextafter(dtype(largest), dtype(0)))
