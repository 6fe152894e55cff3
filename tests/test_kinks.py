"""Kinks: what torch and jax do at them, forwards and backwards, and what is made of it.

The numbers are those of each framework's spelling of the same function; a framework that changes its
mind shows here first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import Derivative, Task
from diffcheck.case import Case
from diffcheck.judge import judge
from diffcheck.reference.reference import refer
from diffcheck.special import relu
from diffcheck.verdict import Cause, Verdict
from tests.judging import asked, judged, point_of, referred
from tests.spelled import absolute, root, xp

V, C = Verdict, Cause
NAN, INF = float("nan"), float("inf")
Function = Callable[..., Any]
KINK, FINE = (V.CONVENTION, C.TIE), (V.AGREES, C.ROUNDING)
CHOSEN, NO_NUMBER = (V.SELECTION, C.CHOICES), (V.NOT_FINITE, C.TIE)
JUMP, HOLE = (V.UNDEFINED, C.JUMP), (V.UNDEFINED, C.HOLE)


def clipped(x: Any) -> Any:
    return xp(x).clip(x, 0, None)


def soft_threshold(x: Any) -> Any:
    return xp(x).sum(xp(x).sign(x) * relu(absolute(x) - 0.1))


def safe_logsumexp(x: Any) -> Any:
    largest = xp(x).max(x)
    return largest + xp(x).log(xp(x).sum(xp(x).exp(x - largest)))


# function, where → backend and mode → what it answers, and the verdict.
Answers = dict[str, tuple[Any, tuple[Verdict, Cause]]]


def both(torch: Any, jax: Any, verdict: tuple[Verdict, Cause]) -> Answers:
    """The same in both modes, for a function of one number."""
    return {**alike("torch", torch, verdict), **alike("jax", jax, verdict)}


def alike(backend: str, answer: Any, verdict: tuple[Verdict, Cause]) -> Answers:
    return {f"{backend} R": (answer, verdict), f"{backend} F": (answer, verdict)}


TABLE: list[tuple[str, Function, Any, Answers]] = [
    ("relu", relu, 0.0, both(0.0, 0.0, KINK)),
    ("maximum", lambda x: xp(x).maximum(x, 0), 0.0, both(0.5, 0.5, KINK)),
    ("clamp", clipped, 0.0, both(1.0, 0.5, KINK)),
    ("where", lambda x: xp(x).where(x > 0, x, 0), 0.0, both(0.0, 0.0, KINK)),
    ("abs", absolute, 0.0, both(0.0, 1.0, KINK)),
    ("relu of relu", lambda x: relu(relu(x)), 0.0, both(0.0, 0.0, KINK)),
    ("relu − relu", lambda x: relu(x) - relu(-x), 0.0, both(0.0, 0.0, CHOSEN)),
    (
        "clamp − clamp",
        lambda x: clipped(x) - clipped(-x),
        0.0,
        {**alike("torch", 2.0, CHOSEN), **alike("jax", 1.0, FINE)},
    ),
    (
        "abs − abs",
        lambda x: absolute(x) - absolute(-x),
        0.0,
        {**alike("torch", 0.0, FINE), **alike("jax", 2.0, CHOSEN)},
    ),
    (
        "norm",
        lambda x: xp(x).linalg.vector_norm(x),
        [0.0, 0.0],
        {
            "torch R": ([0.0, 0.0], KINK),
            "torch F": (0.0, KINK),
            "jax R": ([NAN, NAN], NO_NUMBER),
            "jax F": (NAN, NO_NUMBER),
        },
    ),
    (
        "max of a tie",
        lambda x: xp(x).max(x),
        [2.0, 2.0],
        {"torch R": ([0.5, 0.5], KINK), "torch F": (1.0, FINE), "jax R": ([0.5, 0.5], KINK), "jax F": (1.0, FINE)},
    ),
    (
        "max of three",
        lambda x: xp(x).max(x),
        [2.0, 2.0, 2.0],
        {"torch R": ([1 / 3] * 3, KINK), "torch F": (1.0, FINE), "jax R": ([1 / 3] * 3, KINK), "jax F": (1.0, FINE)},
    ),
    (
        "sum of abs",
        lambda x: xp(x).sum(absolute(x)),
        np.zeros(100),
        {"torch R": ([0.0] * 100, KINK), "torch F": (0.0, KINK), "jax R": ([1.0] * 100, KINK), "jax F": (100.0, KINK)},
    ),
    (
        "unselected root",
        lambda x: xp(x).where(x < 1, x, root(x)),
        0.0,
        {
            "torch R": (NAN, (V.NOT_FINITE, C.NONE)),
            "torch F": (1.0, FINE),
            "jax R": (NAN, (V.NOT_FINITE, C.NONE)),
            "jax F": (1.0, FINE),
        },
    ),
    ("jump", lambda x: xp(x).where(x > 0, x + 1, x), 0.0, both(1.0, 1.0, JUMP)),
    ("root", root, 0.0, both(INF, INF, (V.AGREES, C.INFINITE))),
    ("root of abs", lambda x: root(absolute(x)), 0.0, both(NAN, INF, JUMP)),
    ("root of a square", lambda x: root(x * x), 0.0, both(NAN, NAN, NO_NUMBER)),
    ("cube of a root", lambda x: root(x) ** 3, 0.0, both(NAN, NAN, (V.NOT_FINITE, C.NONE))),
    ("x log x", lambda x: x * xp(x).log(x), 0.0, both(NAN, NAN, HOLE)),
    ("x² log x", lambda x: x * x * xp(x).log(x), 0.0, both(NAN, NAN, HOLE)),
    ("sin x / x", lambda x: xp(x).sin(x) / x, 0.0, both(NAN, NAN, HOLE)),
    ("(eˣ − 1) / x", lambda x: (xp(x).exp(x) - 1) / x, 0.0, both(NAN, NAN, HOLE)),
    ("pole", lambda x: 1 / x, 0.0, both(-INF, -INF, (V.UNDEFINED, C.DOMAIN))),
    ("persistent tie", lambda x: xp(x).maximum(x, 2 * (x / 2)), 1.0, both(1.0, 1.0, FINE)),
    ("degenerate kink", lambda x: relu(x * x), 0.0, both(0.0, 0.0, FINE)),
    ("two slopes", lambda x: 2 * x if x > 0 else 3 * x, 0.0, both(3.0, 3.0, KINK)),
    ("broken", lambda x: 2 * x + 1 if x > 0 else 3 * x, 0.0, both(3.0, 3.0, JUMP)),
    ("triangle wave", lambda x: absolute(x - xp(x).round(x)), 0.5, both(1.0, 1.0, KINK)),
    ("stable softplus", lambda x: relu(x) + xp(x).log1p(xp(x).exp(-absolute(x))), 0.0, both(0.0, -0.5, CHOSEN)),
    (
        "stable logsumexp",
        safe_logsumexp,
        [1.0, 1.0],
        {"torch R": ([0.5, 0.5], FINE), "torch F": (1.0, FINE), "jax R": ([0.5, 0.5], FINE), "jax F": (1.0, FINE)},
    ),
    (
        "soft threshold",
        soft_threshold,
        [0.0, 1.0],
        {"torch R": ([0.0, 1.0], FINE), "torch F": (1.0, FINE), "jax R": ([0.0, 1.0], FINE), "jax F": (1.0, FINE)},
    ),
    (
        "norm of relu",
        lambda x: root(xp(x).sum(relu(x) ** 2)),
        [-1.0, -2.0],
        {
            "torch R": ([0.0, 0.0], FINE),
            "torch F": (NAN, (V.NOT_FINITE, C.NONE)),
            "jax R": ([0.0, 0.0], FINE),
            "jax F": (NAN, (V.NOT_FINITE, C.NONE)),
        },
    ),
]


@pytest.mark.parametrize(
    ("function", "x", "how", "answer", "verdict"),
    [
        pytest.param(function, x, how, answer, verdict, id=f"{name}-{how}")
        for name, function, x, answers in TABLE
        for how, (answer, verdict) in answers.items()
    ],
)
def test_what_frameworks_do_at_kinks(
    function: Function, x: Any, how: str, answer: Any, verdict: tuple[Verdict, Cause]
) -> None:
    """The number they pick, and its verdict."""
    backend, mode = how.split()
    point = point_of({"x": x}, "float64")
    case = Case("function", "tests", function, {}, ("x",), (), "tests")
    derivative = BACKENDS[backend].differentiate(Task(function, point, ("x",), mode, "", case))
    [answered] = derivative.entries.values()
    assert answered is not None
    np.testing.assert_allclose(answered, answer, rtol=1e-15)
    judgement = judge(derivative, refer(function, point, ("x",), mode))
    assert (judgement.verdict, judgement.cause) == verdict


# --- what somebody might answer -------------------------------------------------------------------

F32 = {"dtype": "float32"}


@pytest.mark.parametrize(
    ("function", "answer", "options", "verdict"),
    [
        (lambda x: xp(x).max(x, axis=0), [1.0, 0.0], {"x": [2.0, 2.0]}, KINK),
        (lambda x: xp(x).max(x, axis=0), [1.0, 1.0], {"x": [2.0, 2.0]}, (V.WRONG, C.BEYOND_KINK)),
        (lambda x: xp(x).where(x < 1, x, root(x)), 2.0, {"x": 0.0}, (V.WRONG, C.FORMULA)),
        (lambda x: xp(x).sin(x) / x, 0.0, {"x": 0.0, "value": 1.0}, FINE),
        (lambda x: xp(x).sin(x) / x, NAN, {"x": 0.0, "value": NAN}, HOLE),
        (lambda x: xp(x).sin(x) / x, NAN, {"x": 0.0, "value": 1.0}, (V.NOT_FINITE, C.NONE)),
        (lambda x: (xp(x).exp(x) - 1) / x, 0.5, {"x": 0.0, "value": 1.0}, FINE),
        (lambda x: x * x * xp(x).log(x), 0.0, {"x": 0.0, "value": 0.0}, FINE),
        (lambda x: x * xp(x).log(x), -INF, {"x": 0.0, "value": 0.0}, (V.AGREES, C.INFINITE)),
        (lambda x: x * xp(x).log(x), 0.0, {"x": 0.0, "value": 0.0}, (V.WRONG, C.FORMULA)),
        (lambda x: root(x) ** 3, 0.0, {"x": 0.0}, FINE),
        (lambda x: xp(x).maximum(x, 2 * (x / 2)), 0.5, {"x": 1.0}, (V.WRONG, C.BEYOND_KINK)),
        (lambda x: relu(x * x), 1e-3, {"x": 0.0}, (V.WRONG, C.FORMULA)),
        (lambda x: relu(x - 0.1), 0.0, {"x": 0.1, **F32}, (V.CONVENTION, C.NEAR_KINK)),
        (lambda x: relu(x - 0.1), 1.0, {"x": 0.1, **F32}, FINE),
        (lambda x: relu(x - 0.1), 1.1, {"x": 0.1, **F32}, (V.WRONG, C.FORMULA)),
        (relu, 0.5, {"x": 0.0, **F32}, KINK),
        (relu, 1 + 2.0**-22, {"x": 0.0, **F32}, KINK),
        (relu, 1 + 2.0**-18, {"x": 0.0, **F32}, (V.WRONG, C.BEYOND_KINK)),
        (lambda x: 1e-30 * absolute(x), -1e-30, {"x": 0.0, **F32}, KINK),
        (lambda x: 1e-30 * absolute(x), 2e-30, {"x": 0.0, **F32}, (V.WRONG, C.BEYOND_KINK)),
        (lambda x: 1e-200 * absolute(x), 0.0, {"x": 0.0}, KINK),
        (lambda x: 1e-200 * absolute(x), 2e-200, {"x": 0.0}, (V.WRONG, C.BEYOND_KINK)),
        (lambda x: relu(x - 1e-160) * 1e160, 1e160, {"x": 1e-160}, KINK),
        (lambda x: xp(x).maximum(x, 0 * x + 1e-300), 0.0, {"x": 0.0}, FINE),
        (lambda x: xp(x).maximum(x, 0 * x + 1e-300), 1.0, {"x": 0.0}, (V.WRONG, C.FORMULA)),
        (lambda x: absolute(x) + 1e-200 * absolute(x - 1), 0.0, {"x": 0.0}, KINK),
    ],
)
def test_what_an_answer_at_a_kink_is(
    function: Function, answer: Any, options: dict[str, Any], verdict: tuple[Verdict, Cause]
) -> None:
    """Frameworks' other spellings, right numbers and wrong ones, near a kink and at any scale."""
    judgement = judged(function, answer, **options)
    assert (judgement.verdict, judgement.cause) == verdict


@pytest.mark.parametrize(("function", "answer"), [(lambda x: xp(x).sin(x) / x, 1.0), (lambda x: x * x / x, 0.0)])
def test_another_number_in_a_hole_does_not_agree(function: Function, answer: float) -> None:
    """A suspicion at least: what the dtype would compute there is no number, and bounds nothing."""
    judgement = judged(function, answer, x=0.0, value=1.0 if answer else 0.0)
    assert judgement.verdict in (V.WRONG, V.INCONCLUSIVE)
    assert judgement.cause in (C.FORMULA, C.EXCESS)


def norm(x: Any) -> Any:
    return xp(x).linalg.vector_norm(x)


def distances(x: Any) -> Any:
    return xp(x).sum(xp(x).linalg.vector_norm(x[:, None, :] - x[None, :, :], axis=-1))


def larger(x: Any) -> Any:
    return x[0] * 1 if x[0] > x[1] else x[1] * 1


COINCIDENT = [[0.0, 0.0], [0.0, 0.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ("function", "x", "right", "wrong"),
    [
        (norm, [0.0, 0.0], [[0.0, 0.0], [1.0, 0.0], [0.6, 0.8], [-0.5, 0.5]], [[1.0, 1.0], [2.0, 0.0], [0.6, 0.81]]),
        (norm, [0.0] * 40, [[0.1] * 40, [0.0] * 39 + [1.0]], [[1.0] * 40, [0.2] * 40, [0.0] * 39 + [1.1]]),
        (larger, [2.0, 2.0], [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], [[1.0, 1.0], [0.0, 0.0], [0.5, 0.6]]),
        (
            distances,
            COINCIDENT,
            [[[-2.0, 0.0], [-2.0, 0.0], [4.0, 0.0]], [[0.0, 0.0], [-4.0, 0.0], [4.0, 0.0]]],
            [[[5.0, 0.0], [-9.0, 0.0], [4.0, 0.0]], [[0.0, 0.0], [0.0, 0.0], [4.0, 0.0]]],
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_kinks_with_more_than_two_sides(function: Function, x: Any, right: Any, wrong: Any, dtype: str) -> None:
    """Norms, branches on data and coincident points: each answer is admissible or wrong, and none is left open."""
    for answers, verdict in ((right, KINK), (wrong, (V.WRONG, C.BEYOND_KINK))):
        for answer in answers:
            judgement = judged(function, np.array(answer, dtype), x=x, dtype=dtype)
            assert (judgement.verdict, judgement.cause) == verdict
            assert not (verdict is KINK and judgement.ratio)


def deviation(x: Any) -> Any:
    return xp(x).std(x)


@pytest.mark.parametrize(
    ("function", "x", "answer", "verdict"),
    [
        (deviation, [0.1] * 3, [1.0, 0.0, -1.0], (V.INCONCLUSIVE, C.NEAR_KINK)),
        (deviation, [0.1] * 3, [0.3, 0.0, -0.3], KINK),
        (deviation, [0.1] * 3, [0.0, 0.0, 0.0], KINK),
        (deviation, [0.0] * 3, [1.0, 0.0, -1.0], (V.WRONG, C.BEYOND_KINK)),
        (lambda x: norm(x - xp(x).flip(x)), [0.1, 0.1], [1.0, 1.0], (V.WRONG, C.BEYOND_KINK)),
        (lambda x: norm(3 * x - (x + 2 * x)), [0.1, 0.2], [1.0, 1.0], (V.INCONCLUSIVE, C.WIDE)),
    ],
)
def test_where_rounding_moves_a_root_off_its_zero_nobody_is_accused(
    function: Function, x: Any, answer: Any, verdict: tuple[Verdict, Cause]
) -> None:
    """x − mean(x) is zero for constant x, and computed it is anything small, which √ makes steep."""
    judgement = judged(function, answer, x=x, dtype="float32")
    assert (judgement.verdict, judgement.cause) == verdict


@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize("mode", ["R", "F"])
def test_frameworks_at_the_deviation_of_constant_data(backend: str, mode: str) -> None:
    """In float32 the mean of thirty times 0.1 is not 0.1; what comes of it is not called wrong."""
    judgement = asked(deviation, backend, mode=mode, dtype="float32", x=[0.1] * 30)
    assert judgement.verdict in (V.INCONCLUSIVE, V.CONVENTION, V.AGREES)


def test_the_true_slope_beside_a_branch_that_is_taken_nowhere_else() -> None:
    """0·x at 0, x beside it: 1 is right, 0 is what the chain rule says of the branch, 2 is wrong."""
    for answer, verdict in ((1.0, FINE), (0.0, CHOSEN), (2.0, (V.WRONG, C.BEYOND_KINK))):
        judgement = judged(lambda x: 0 * x if x == 0 else x, answer, x=0.0)
        assert (judgement.verdict, judgement.cause) == verdict


def test_two_arguments_are_judged_jointly() -> None:
    """max(x, y) at x = y: (1, 1) is wrong, and either 1 with 0 is right."""
    reference = referred(lambda x, y: xp(x).maximum(x, y), {"x": 1.0, "y": 1.0})
    for x, y, verdict in ((1.0, 0.0, KINK), (0.5, 0.5, KINK), (1.0, 1.0, (V.WRONG, C.BEYOND_KINK))):
        judgement = judge(Derivative(None, {"x": np.array(x), "y": np.array(y)}), reference)
        assert (judgement.verdict, judgement.cause) == verdict


@pytest.mark.parametrize(
    ("function", "x", "low", "high"),
    [
        (relu, 0.0, 0.0, 1.0),
        (absolute, 0.0, -1.0, 1.0),
        (lambda x: xp(x).linalg.vector_norm(x), [0.0, 0.0], -1.0, 1.0),
        (lambda x: relu(x) - relu(-x), 0.0, 1.0, 1.0),
        (lambda x: xp(x).max(x), [2.0, 2.0], 0.0, 1.0),
    ],
)
def test_the_record_shows_what_is_admissible(function: Function, x: Any, low: float, high: float) -> None:
    """From the lowest to the highest limit of an entry."""
    judgement = judged(function, np.zeros(np.shape(x)), x=x)
    assert (judgement.lower, judgement.upper) == (low, high)
