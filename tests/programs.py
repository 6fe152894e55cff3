"""Random array programs, for properties that must hold of every function: drawn and shrunk by Hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from diffcheck import special
from diffcheck.namespace import array_namespace

UNARY: dict[str, Callable[[Any, Any], Any]] = {
    "negate": lambda xp, x: -x,
    "square": lambda xp, x: x * x,
    "cube": lambda xp, x: x**3,
    "power": lambda xp, x: xp.abs(x) ** 1.5,
    "reciprocal": lambda xp, x: 1 / x,
    "third": lambda xp, x: x / 3,
    "scale": lambda xp, x: 0.1 * x,
    "shift": lambda xp, x: x + 0.7,
    "exp": lambda xp, x: xp.exp(x),
    "expm1": lambda xp, x: xp.expm1(x),
    "log": lambda xp, x: xp.log(xp.abs(x)),
    "log1p": lambda xp, x: xp.log1p(xp.abs(x)),
    "sqrt": lambda xp, x: xp.sqrt(xp.abs(x)),
    "sin": lambda xp, x: xp.sin(x),
    "atan": lambda xp, x: xp.atan(x),
    "tanh": lambda xp, x: xp.tanh(x),
    "cosh": lambda xp, x: xp.cosh(x),
    "asinh": lambda xp, x: xp.asinh(x),
    "erf": lambda xp, x: special.erf(x),
    "cbrt": lambda xp, x: special.cbrt(x),
    "expit": lambda xp, x: special.expit(x),
    "softplus": lambda xp, x: special.softplus(x),
    "silu": lambda xp, x: special.silu(x),
    "relu": lambda xp, x: special.relu(x),
    "softmax": lambda xp, x: special.softmax(x),
    "log_softmax": lambda xp, x: special.log_softmax(x),
    "logsumexp": lambda xp, x: special.logsumexp(x, axis=-1, keepdims=True) + 0 * x,
    "sum": lambda xp, x: xp.sum(x, axis=0, keepdims=True) + x,
    "mean": lambda xp, x: x - xp.mean(x, axis=-1, keepdims=True),
    "var": lambda xp, x: xp.var(x, axis=-1, keepdims=True) + x,
    "prod": lambda xp, x: xp.prod(x, axis=-1, keepdims=True) + x,
    "max": lambda xp, x: xp.max(x, axis=-1, keepdims=True) - x,
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x, axis=-1),
    "transpose": lambda xp, x: x.T,
    "flip": lambda xp, x: xp.flip(x, axis=0),
    "roll": lambda xp, x: xp.roll(x, 1, axis=1),
    "reshape": lambda xp, x: xp.reshape(xp.reshape(x, (-1,)), x.shape),
    "tril": lambda xp, x: xp.tril(x),
    "first row": lambda xp, x: x[:1, :] + x,
    "stop_gradient": lambda xp, x: special.stop_gradient(x) * x,
}

BINARY: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda xp, x, y: x + y,
    "subtract": lambda xp, x, y: x - y,
    "multiply": lambda xp, x, y: x * y,
    "divide": lambda xp, x, y: x / y,
    "matmul": lambda xp, x, y: x @ y,
    "maximum": lambda xp, x, y: xp.maximum(x, y),
    "minimum": lambda xp, x, y: xp.minimum(x, y),
    "where": lambda xp, x, y: xp.where(x > y, x, 2 * y),
    "hypot": lambda xp, x, y: xp.hypot(x, y),
    "logaddexp": lambda xp, x, y: xp.logaddexp(x, y),
    "concat": lambda xp, x, y: xp.concat([x, y], axis=0)[1 : x.shape[0] + 1, :],
}

Step = tuple[str, int, int]


@dataclass(frozen=True)
class Program:
    """A function of two square matrices: each step applies one operation to earlier results."""

    steps: tuple[Step, ...]

    def __call__(self, x: Any, y: Any) -> Any:
        xp = array_namespace(x)
        results = [x, y]
        for name, first, second in self.steps:
            left = results[first % len(results)]
            if name in UNARY:
                results.append(UNARY[name](xp, left))
            else:
                results.append(BINARY[name](xp, left, results[second % len(results)]))
        return results[-1]


def programs(*, longest: int = 5, without: frozenset[str] = frozenset()) -> st.SearchStrategy[Program]:
    """Programs of a few steps."""
    names = [name for name in (*UNARY, *BINARY) if name not in without]
    place = st.integers(0, longest + 1)
    steps = st.lists(st.tuples(st.sampled_from(names), place, place), min_size=1, max_size=longest)
    return steps.map(lambda drawn: Program(tuple(drawn)))


@st.composite
def matrices(draw: st.DrawFn, dtype: str = "float32", largest: float = 100.0) -> dict[str, np.ndarray]:
    """Two square matrices of one size from 1 to 3, of numbers exact in a dtype."""
    size = draw(st.integers(1, 3))
    numbers = st.floats(-largest, largest, width=32, allow_subnormal=False)
    entries = st.lists(numbers, min_size=size**2, max_size=size**2)
    return {name: np.array(draw(entries), dtype).reshape(size, size) for name in ("x", "y")}
