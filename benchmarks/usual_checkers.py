"""What the usual checkers say about wrong and right derivatives: prints the table of the README.

Run it with `python benchmarks/usual_checkers.py`. Every checker has its default settings.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import torch
from jax.test_util import check_grads

from diffcheck import array_namespace, special

Function = Callable[[Any], Any]


@dataclass(frozen=True)
class Question:
    """A function at a point, and by what its derivative is multiplied.

    Attributes:
        text: how the table names it.
        function: of torch's and of jax's arrays.
        point: where.
        factor: 1 where the derivative is right; broadcast against the point.
    """

    text: str
    function: Function
    point: np.ndarray
    factor: np.ndarray | float = 1.0

    @property
    def right(self) -> bool:
        """Whether a checker should let this derivative pass."""
        return bool(np.all(np.asarray(self.factor) == 1.0))


def with_entry(size: int, factor: float) -> np.ndarray:
    """Ones, but for one entry."""
    factors = np.ones(size)
    factors[size // 3] = factor
    return factors


def cubes(x: Any) -> Any:
    """x³/3, whose derivative is x²."""
    return x**3 / 3


def sum_of_cubes(x: Any) -> Any:
    """Σ x³/3, whose gradient is x²."""
    return cubes(x).sum()


def sine(x: Any) -> Any:
    """The sine of x."""
    return array_namespace(x).sin(x)


def root(x: Any) -> Any:
    """The square root of x."""
    return array_namespace(x).sqrt(x)


NORMAL = np.random.default_rng(0).normal(size=1000)
NORMAL_FLOAT32 = NORMAL.astype(np.float32)

QUESTIONS = [
    Question("Σx³/3, n = 1000, one entry zero", sum_of_cubes, NORMAL, with_entry(1000, 0.0)),
    Question("Σx³/3, n = 1000, one entry 0.1 % off", sum_of_cubes, NORMAL, with_entry(1000, 1.001)),
    Question("Σx³/3, n = 1000, all entries 0.1 % off", sum_of_cubes, NORMAL, 1.001),
    Question("x³/3, 1000 outputs, all entries 1 % off", cubes, NORMAL, 1.01),
    Question("sin x, 1000 outputs, float32, all entries zero", sine, NORMAL_FLOAT32, 0.0),
    Question("10⁻⁶ sin x at 0.5, zero", lambda x: 1e-6 * sine(x), np.array(0.5), 0.0),
    Question("x + 10¹⁰ at 1", lambda x: x + 1e10, np.array(1.0)),
    Question("x² at 10¹²", lambda x: x**2, np.array(1e12)),
    Question("x² at 1000, float32", lambda x: x**2, np.array(1000.0, np.float32)),
    Question("sin x at 0.5, float32", sine, np.array(0.5, np.float32)),
    Question("sin 10⁴x at 1", lambda x: sine(1e4 * x), np.array(1.0)),
    Question("√x at 10⁻⁷", root, np.array(1e-7)),
    Question("abs x at 0", abs, np.array(0.0)),
    Question("relu x at 0", special.relu, np.array(0.0)),
]


def in_torch(question: Question) -> tuple[Callable[[Any], Any], Any]:
    """The function with its planted derivative, and the point, for torch."""
    point = torch.tensor(question.point, requires_grad=True)
    factor = torch.tensor(question.factor, dtype=point.dtype)

    def function(x: Any) -> Any:
        constant = x.detach()
        return question.function(constant + factor * (x - constant))

    return function, point


def in_jax(question: Question) -> tuple[Callable[[Any], Any], Any]:
    """The function with its planted derivative, and the point, for jax."""
    factor = np.asarray(question.factor, question.point.dtype)

    def function(x: Any) -> Any:
        constant = jax.lax.stop_gradient(x)
        return question.function(jax.numpy.asarray(constant + factor * (x - constant)))

    return function, question.point


def gradcheck(question: Question, fast_mode: bool) -> bool:
    """Whether `torch.autograd.gradcheck` lets the derivative pass."""
    function, point = in_torch(question)
    return torch.autograd.gradcheck(function, (point,), fast_mode=fast_mode, raise_exception=False)


def check_grads_passes(question: Question, mode: str) -> bool:
    """Whether `jax.test_util.check_grads` lets the derivative pass at order 1."""
    function, point = in_jax(question)
    try:
        check_grads(function, (point,), order=1, modes=[mode])
    except AssertionError:
        return False
    return True


CHECKERS: dict[str, Callable[[Question], bool]] = {
    "gradcheck": lambda question: gradcheck(question, fast_mode=False),
    "gradcheck, fast mode": lambda question: gradcheck(question, fast_mode=True),
    "check_grads, reverse": lambda question: check_grads_passes(question, "rev"),
    "check_grads, forward": lambda question: check_grads_passes(question, "fwd"),
}


def cell(question: Question, passes: bool) -> str:
    """What the table says: bold where the checker is mistaken."""
    word = "passes" if passes else "fails"
    return word if passes == question.right else f"**{word}**"


def main() -> None:
    """Print the table."""
    jax.config.update("jax_enable_x64", True)
    warnings.simplefilter("ignore")
    print("| derivative of | is |", " | ".join(CHECKERS), "|")
    print("|---|---|" + "---|" * len(CHECKERS))
    for question in QUESTIONS:
        cells = [cell(question, passes(question)) for passes in CHECKERS.values()]
        print("|", question.text, "|", "right" if question.right else "wrong", "|", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
