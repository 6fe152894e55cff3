"""The trust chain, first link: the expression's value is what the case's own Python returns.

At the worked examples and at random points, in both dtypes: the value in balls, widened by what rounding
can do in whatever order, contains what NumPy, torch and jax compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from diffcheck.backends.base import Derivative
from diffcheck.case import Case
from diffcheck.dtype import ulp
from diffcheck.example import example_point
from diffcheck.expression import array_api, elementwise
from diffcheck.judge import judge
from diffcheck.point import Point
from diffcheck.reference.reference import Reference, refer
from diffcheck.registry import load
from diffcheck.strategy import EVERYTHING, draw_point, output_shape
from diffcheck.verdict import Verdict

CASES = load()
DTYPES = ("float64", "float32")
RANDOM_POINTS = 2
LARGEST = 5_000
"""Arrays with more entries than this are compared in the runs, not here."""

FEWEST = 5_000
"""So many entries are compared in all, at least: fewer would mean that something is silently left out."""

# Left out at random points, and why.
EXAMPLES_ONLY = {
    "vector/determinant": "NumPy and jax take exp(log|det|): off by |log|det|| units, which no sum of products is",
}


@dataclass(frozen=True)
class Framework:
    """How a framework runs a function: NumPy arrays become its own, and its result one of NumPy's."""

    name: str
    array: Callable[[np.ndarray], Any]
    numpy: Callable[[Any], np.ndarray]
    state: Callable[[str], AbstractContextManager[Any]]

    def value(self, case: Case, point: Point) -> np.ndarray:
        """The case's own Python on this framework's arrays."""
        with self.state(point.dtype.name), np.errstate(all="ignore"):
            return self.numpy(case.function(**{name: self.array(array) for name, array in point.arguments.items()}))


def frameworks() -> Iterator[Framework]:
    """NumPy, torch and jax; jax's x64 switch belongs to the dtype."""
    import jax
    import torch

    yield Framework("numpy", np.array, np.array, lambda dtype: nullcontext())
    yield Framework("torch", torch.tensor, torch.Tensor.numpy, lambda dtype: torch.no_grad())
    yield Framework("jax", jax.numpy.asarray, np.array, lambda dtype: jax.enable_x64(dtype == "float64"))


def points(case: Case, dtype: str) -> list[Point]:
    """The worked examples, and some random points: the same ones each time."""
    random = np.random.default_rng([*case.id.encode()])
    shape = output_shape(case)
    drawn = [
        draw_point(lambda count: int(random.integers(count)), case, dtype, shape, EVERYTHING)
        for _ in range(RANDOM_POINTS)
    ]
    examples = [example_point(case, example, dtype) for example in case.examples]
    found = examples if case.id in EXAMPLES_ONLY else examples + drawn
    return [point for point in found if all(array.size <= LARGEST for array in point.arguments.values())]


@dataclass(frozen=True)
class Comparison:
    """What was compared at one point: so many entries, of which so many within rounding and nothing else."""

    different: bool
    entries: int
    within: int


def compared(value: np.ndarray, reference: Reference) -> Comparison:
    """Hold a value against its enclosure."""
    judgement = judge(Derivative(value, {}), reference)
    slight = 2 * ulp(reference.value.high, reference.dtype)
    with np.errstate(invalid="ignore"):
        within = reference.value.distance(value.astype(float)) <= reference.rounded_value.worst + slight
    return Comparison(judgement.verdict is Verdict.DIFFERENT, value.size, int(within.sum()))


def comparisons(case: Case, alter: Callable[[np.ndarray], np.ndarray] = np.array) -> Iterator[tuple[str, Comparison]]:
    """Every point of a case in both dtypes on every framework; jax, which compiles for each shape, at the first."""
    for dtype in DTYPES:
        for place, point in enumerate(points(case, dtype)):
            reference = refer(case.function, point, case.wrt)
            for framework in frameworks():
                if framework.name == "jax" and place > 0:
                    continue
                value = alter(framework.value(case, point))
                assert value.dtype == point.dtype
                assert value.shape == reference.value.shape
                yield f"{framework.name} {dtype} at {point.arguments}", compared(value, reference)


TOTAL: dict[str, Comparison] = {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_expression_is_the_function(case: Case) -> None:
    """On all three frameworks, in shape, dtype and every number."""
    found = list(comparisons(case))
    TOTAL[case.id] = Comparison(False, sum(one.entries for _, one in found), sum(one.within for _, one in found))
    assert found
    assert [where for where, one in found if one.different] == []


def test_enough_was_compared() -> None:
    """Nine entries of ten lie within rounding and are not excused by range, kinks or jumps."""
    if len(TOTAL) < len(CASES):
        pytest.skip("only with the cases before it")
    entries = sum(one.entries for one in TOTAL.values())
    within = sum(one.within for one in TOTAL.values())
    assert entries > FEWEST
    assert within > 0.9 * entries


@pytest.mark.parametrize("case", [case for case in CASES if case.group == "regression"], ids=lambda case: case.id)
def test_a_value_that_is_slightly_off_is_found(case: Case) -> None:
    """By a part in a thousand, at some point."""
    altered = comparisons(case, lambda value: (value * 1.001).astype(value.dtype))
    assert any(one.different for _, one in altered)


def test_a_wrong_tracer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sine that is traced as a cosine is another function."""
    [case] = [case for case in CASES if case.id == "stability/faint_sine"]
    fresh = replace(case, function=lambda x: case.function(x) * 1)
    with monkeypatch.context() as patched:
        patched.setitem(array_api._FUNCTIONS, "sin", elementwise.cos)
        assert all(one.different for _, one in comparisons(fresh))
