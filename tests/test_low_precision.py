"""bfloat16 and float16 are judged by the rules of the other dtypes, with their own unit round-off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck import array_namespace as xp
from diffcheck.backends.base import Derivative
from diffcheck.dtype import LOW, limits
from diffcheck.judge import judge
from diffcheck.special import logsumexp, relu, softmax
from diffcheck.verdict import Verdict
from tests.judging import asked, judged, referred

V = Verdict

NUMBERS = [0.3, -1.7, 2.5, 0.011, -0.25]
TERMS = np.random.default_rng(0).random(1000).tolist()

FUNCTIONS: list[tuple[str, Callable[..., Any], Any]] = [
    ("a cube", lambda x: xp(x).sum(x**3), NUMBERS),
    ("a mean", lambda x: xp(x).mean(x * x), TERMS),
    ("a variance", lambda x: xp(x).mean((x - xp(x).mean(x)) ** 2), NUMBERS),
    ("the logarithm of a sum", logsumexp, NUMBERS),
    ("a softmax", lambda x: xp(x).sum(softmax(x) ** 2), NUMBERS),
    ("a rectifier", lambda x: xp(x).sum(relu(x)), NUMBERS),
    ("a quotient", lambda x: xp(x).sum(1 / (1 + x * x)), NUMBERS),
    ("a broadcast", lambda x: xp(x).sum(x[0] * x), TERMS),
    ("a matrix", lambda x: xp(x).sum(xp(x).matmul(xp(x).reshape(x, (20, 50)), xp(x).reshape(x, (50, 20)))), TERMS),
]


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize("mode", ["R", "F"])
@pytest.mark.parametrize(("function", "x"), [pytest.param(f, x, id=name) for name, f, x in FUNCTIONS])
def test_right_derivatives_agree(function: Any, x: Any, mode: str, backend: str, dtype: str) -> None:
    """What torch and jax answer in low precision is within its rounding."""
    assert asked(function, backend, dtype=dtype, mode=mode, x=x).verdict is V.AGREES


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize(("function", "x"), [pytest.param(f, x, id=name) for name, f, x in FUNCTIONS])
def test_a_wrong_entry_is_told_from_rounding(function: Any, x: Any, dtype: str) -> None:
    """One entry of the wrong sign is out of the reach of rounding even where numbers have eight digits."""
    reference = referred(function, {"x": x}, dtype)
    true = reference.entries["x"].high
    answer = np.array(true)
    largest = int(np.argmax(np.abs(true)))
    answer[largest] *= -1
    assert judge(Derivative(None, {"x": answer}), reference).verdict is V.WRONG
    assert judge(Derivative(None, {"x": true}), reference).verdict is V.AGREES


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize(("roundings", "verdict"), [(4, V.AGREES), (16, V.WRONG)])
def test_a_long_sum_is_no_excuse(roundings: int, verdict: Verdict, dtype: str) -> None:
    """A thousand terms are added up in float32: an error of 16 roundings is not theirs."""
    total = float(np.sum(np.array(TERMS, dtype).astype(float)))
    answer = total * (1 + roundings * limits(dtype).unit)

    def function(s: Any, x: Any) -> Any:
        return xp(x).sum(s * x)

    assert judged(function, answer, dtype=dtype, s=1.0, x=TERMS).verdict is verdict


@pytest.mark.parametrize(("dtype", "verdict"), [("float16", V.RANGE), ("bfloat16", V.AGREES)])
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_float16_overflows_where_bfloat16_does_not(backend: str, dtype: str, verdict: Verdict) -> None:
    """It ends at 65504; bfloat16 has the range of float32."""
    assert asked(lambda x: xp(x).sqrt(x * x), backend, dtype=dtype, x=300.0).verdict is verdict


@pytest.mark.parametrize("dtype", LOW)
def test_a_flushed_subnormal_is_range_only_where_subnormals_are_flushed(dtype: str) -> None:
    """A factor lost to flushing explains a zero of jax's, and none of a method that keeps subnormals."""
    small = 2 * limits(dtype).smallest_normal
    factor = 2 / limits(dtype).unit
    reference = referred(lambda x: (x * small) * (x / small) * (1 / factor) * factor * x, {"x": 0.125}, dtype)
    zero = {"x": np.asarray(0.0)}
    flushed = Derivative(None, zero, settings={"subnormals": "flushed"})
    kept = Derivative(None, zero, settings={"subnormals": "kept"})
    assert judge(flushed, reference).verdict is V.RANGE
    assert judge(kept, reference).verdict is V.WRONG


@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize("mode", ["R", "F"])
def test_a_number_beyond_float16_is_no_error(mode: str, backend: str) -> None:
    """x/2²⁰ is x divided by infinity there: the value is 0, and so is the derivative."""

    def faint(x: Any) -> Any:
        return xp(x).sin(x) / 2**20

    assert asked(faint, backend, dtype="float16", mode=mode, x=-10.0).verdict in {V.RANGE, V.AGREES}


@pytest.mark.parametrize(("dtype", "verdict"), [("float16", V.INCONCLUSIVE), ("bfloat16", V.AGREES)])
def test_an_overflow_may_turn_a_branch(dtype: str, verdict: Verdict) -> None:
    """jax squares 256 to find the norm of a vector, and leaves the loop two doublings early."""

    def doubled(x: Any) -> Any:
        y = 2 * x
        while xp(x).linalg.vector_norm(y) < 1000:
            y = 2 * y
        return y

    assert asked(doubled, "jax", dtype=dtype, x=[1.0]).verdict is verdict
