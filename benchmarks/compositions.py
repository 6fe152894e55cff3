"""Random smooth programs: a few steps, each of which combines what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcheck import array_namespace, special

Array = Any
Step = Callable[[Any, Array, Array], Array]

STEPS: Mapping[str, Step] = {
    "x + y": lambda _, x, y: x + y,
    "x - y": lambda _, x, y: x - y,
    "x*y": lambda _, x, y: x * y,
    "x/(1 + y²)": lambda _, x, y: x / (1 + y**2),
    "3x/7": lambda _, x, __: 3 * x / 7,
    "sin x": lambda xp, x, _: xp.sin(x),
    "cos(x + y)": lambda xp, x, y: xp.cos(x + y),
    "tanh x": lambda xp, x, _: xp.tanh(x),
    "atan x": lambda xp, x, _: xp.atan(x),
    "exp(-x²)": lambda xp, x, _: xp.exp(-(x**2)),
    "log1p(x²)": lambda xp, x, _: xp.log1p(x**2),
    "√(1 + x²)": lambda xp, x, _: xp.sqrt(1 + x**2),
    "x tanh y": lambda xp, x, y: x * xp.tanh(y),
    "expit x": lambda _, x, __: special.expit(x),
    "erf x": lambda _, x, __: special.erf(x),
    "softplus x": lambda _, x, __: special.softplus(x),
    "silu x": lambda _, x, __: special.silu(x),
    "x - mean y": lambda xp, x, y: x - xp.mean(y),
    "x·mean(xy)": lambda xp, x, y: x * xp.mean(x * y),
    "x/√(1 + mean y²)": lambda xp, x, y: x / xp.sqrt(1 + xp.mean(y**2)),
    "softmax x": lambda _, x, __: special.softmax(x),
    "flip x + y": lambda xp, x, y: xp.flip(x) + y,
}

ENDS: Mapping[str, Step] = {
    "Σx": lambda xp, x, _: xp.sum(x),
    "Σx²": lambda xp, x, _: xp.sum(x**2),
    "Σxy": lambda xp, x, y: xp.sum(x * y),
    "logsumexp x": lambda _, x, __: special.logsumexp(x),
    "x": lambda _, x, __: x,
}


@dataclass(frozen=True)
class Composition:
    """A program on two vectors.

    Attributes:
        steps: the name of each step, and which two arrays it combines (0 is y, 1 is x, 2 the first result).
        end: what is made of the last two arrays.
    """

    steps: tuple[tuple[str, int, int], ...]
    end: str

    @classmethod
    def drawn(cls, random: np.random.Generator, length: int) -> Composition:
        """A program of some steps; each of them takes the latest result, and any other array."""
        names = list(STEPS)
        steps = [(names[int(random.integers(len(names)))], k + 1, int(random.integers(k + 2))) for k in range(length)]
        return cls(tuple(steps), list(ENDS)[int(random.integers(len(ENDS)))])

    def __call__(self, x: Array, y: Array) -> Array:
        """The value."""
        xp = array_namespace(x)
        known = [y, x]
        for name, first, second in self.steps:
            known.append(STEPS[name](xp, known[first], known[second]))
        return ENDS[self.end](xp, known[-1], known[-2])

    def __str__(self) -> str:
        """What it computes, step by step."""
        lines = [f"{name} of {first}, {second}" for name, first, second in self.steps]
        return "; ".join([*lines, self.end])
