"""Measuring sums: as how many additions, one after another, a framework's sum along one axis errs.

A sum of K terms that is computed one after another errs, in units of round-off u, like
√((A/2)‖p‖² + (A/3)(Σp)²)/√3 with A = K − 1 (`reference.rounding_of_sums`). Frameworks add up in
blocks, and blocks of blocks. The A that says how far they are off, in the mean square over some arrays,
is measured for long and short sums, along the first, a middle and the last axis, of terms with one sign,
with both, and of one number repeated, whose roundings all have one sign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from math import fsum
from typing import Any

import numpy as np

from diffcheck.dtype import limits
from diffcheck.measuring.fit import SAFETY
from diffcheck.reference.accuracies import LONGEST_SUM

LENGTHS = (50, 100, 300, 1_000, 3_000, 10_000, 100_000, LONGEST_SUM)
"""Of the sums."""

ROWS = 8
"""Sums in one array."""

MOST_NUMBERS = 2_000_000
"""In all the arrays of one length; 20 arrays at most."""

_LADDER = tuple(mantissa * 10**power for power in range(1, 5) for mantissa in (1, 2, 3, 4, 6, 8))

DESCRIPTION = """\
For each length K, min(20, ⌈2,000,000/8K⌉) arrays of eight rows of K numbers, rounded to the dtype, drawn by \
numpy.random.default_rng(0) in this order: uniform in [0, 1), normal, and one uniform number of [1/2, 1) repeated in \
each row. Each row is summed along the first, a middle and the last axis, and on its own."""

Sums = Callable[[np.ndarray], np.ndarray]


def additions(worst: float) -> int:
    """What is stored for the most that was measured: a round number, SAFETY times the error."""
    return min(number for number in _LADDER if number >= SAFETY**2 * worst)


def measured(framework: str, dtype: str) -> Iterator[float]:
    """As how many additions a framework's sums err: one number for each length, kind of numbers and layout."""
    ways = WAYS[framework]
    random = np.random.default_rng(0)
    for length in LENGTHS:
        count = min(20, -(-MOST_NUMBERS // (ROWS * length)))
        for draw in KINDS:
            arrays = [draw(random, length).astype(dtype) for _ in range(count)]
            exact = [exact_sums(array) for array in arrays]
            for way in ways:
                pairs = zip(arrays, exact, strict=True)
                yield float(np.mean([as_additions(array, way(array), true, dtype) for array, true in pairs]))


def as_additions(array: np.ndarray, found: np.ndarray, exact: tuple[np.ndarray, np.ndarray], dtype: str) -> np.ndarray:
    """As how many additions some sums err: the A that makes the mean square of the error what it is.

    Args:
        array: of the terms, row by row.
        found: their sums, as computed.
        exact: the true ones, as two numbers each.
        dtype: of the terms.
    """
    high, low = exact
    error = (found.astype(float) - high) - low
    squares = np.sum(array.astype(float) ** 2, axis=1)
    of_one = limits(dtype).unit ** 2 / 3 * (squares / 2 + high**2 / 3)
    return np.asarray(error**2 / of_one)


def exact_sums(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sums of the rows, and what float64 leaves of them."""
    rows = array.astype(float)
    high = np.array([fsum(row) for row in rows])
    return high, np.array([fsum([*row, -total]) for row, total in zip(rows, high, strict=True)])


# ---- numbers ---------------------------------------------------------------------------------


def _positive(random: np.random.Generator, length: int) -> np.ndarray:
    return random.random((ROWS, length))


def _normal(random: np.random.Generator, length: int) -> np.ndarray:
    return random.standard_normal((ROWS, length))


def _constant(random: np.random.Generator, length: int) -> np.ndarray:
    return np.repeat(0.5 + random.random((ROWS, 1)) / 2, length, axis=1)


KINDS = (_positive, _normal, _constant)


# ---- in the frameworks -----------------------------------------------------------------------


def _along_the_first(add_up: Callable[[np.ndarray, int], np.ndarray]) -> Sums:
    return lambda rows: add_up(np.ascontiguousarray(rows.T), 0)


def _along_the_middle(add_up: Callable[[np.ndarray, int], np.ndarray]) -> Sums:
    def sums(rows: np.ndarray) -> np.ndarray:
        halves = np.stack([half.T for half in np.split(rows, 2)])
        return add_up(halves, 1).ravel()

    return sums


def _along_the_last(add_up: Callable[[np.ndarray, int], np.ndarray]) -> Sums:
    return lambda rows: add_up(rows, 1)


def _one_by_one(add_up: Callable[[np.ndarray, int], np.ndarray]) -> Sums:
    return lambda rows: np.array([add_up(row, 0) for row in rows])


_LAYOUTS = (_along_the_first, _along_the_middle, _along_the_last, _one_by_one)


def _in_torch(array: np.ndarray, axis: int) -> np.ndarray:
    import torch

    return np.asarray(torch.from_numpy(array).sum(axis).numpy())


def _in_jax(array: np.ndarray, axis: int) -> np.ndarray:
    import jax

    with jax.enable_x64(array.dtype == np.float64):
        return np.asarray(jax.numpy.sum(array, axis))


def _in_jax_with_more(array: np.ndarray, axis: int) -> np.ndarray:
    """As part of a program that multiplies first: by one, which it is not told."""
    import jax

    with jax.enable_x64(array.dtype == np.float64):
        return np.asarray(_compiled(axis)(array, np.ones((), array.dtype)))


@cache
def _compiled(axis: int) -> Callable[..., Any]:
    import jax

    return jax.jit(lambda x, factor: jax.numpy.sum(x * factor, axis))


WAYS: dict[str, tuple[Sums, ...]] = {
    "torch": tuple(layout(_in_torch) for layout in _LAYOUTS),
    "jax": tuple(layout(add_up) for add_up in (_in_jax, _in_jax_with_more) for layout in _LAYOUTS),
}
"""Each framework's own ways to add up along one axis."""
