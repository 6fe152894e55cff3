"""Linear regression computed without rounding: what training loops are held against."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import count
from typing import SupportsFloat

from flint import arb, fmpq

Numbers = Sequence[str | float | Fraction]

# Readings of T2, as they are written there.
UNKNOWN = ("35.7", "55.9", "58.2", "81.9", "56.3", "48.9", "33.9", "21.8", "48.4", "60.4", "68.4")
CELSIUS = ("0.5", "14", "15", "28", "11", "8", "3", "-4", "6", "13", "21")

BITS = 5000
"""Balls of a descent of T2 widen by less than a factor 2 per step: so many bits are enough for 5,000 steps."""

# Whole numbers and halves: nothing is rounded, in whatever order it is added up.
X = [[1.0, 2.0], [-2.0, 0.5], [3.0, -1.0], [0.5, 4.0], [2.0, 1.0]]
Y = [2.0, -1.0, 0.5, 3.0, 4.0]
W = [0.5, -1.5]

LARGEST_FLOAT32 = 2.0**128


def digits(numbers: Iterable[SupportsFloat]) -> list[str]:
    """Numbers to six digits."""
    return [f"{float(number):.6g}" for number in numbers]


def synthetic(rows: int, seed: int = 0) -> tuple[list[list[float]], list[float]]:
    """T5's data: y = Xw + b + 0.01·noise with w = [2, −3.4] and b = 4.2, everything normal, the same every time."""
    generator = random.Random(seed)  # noqa: S311 - no secret
    x = [[generator.gauss(), generator.gauss()] for _ in range(rows)]
    return x, [2 * one - 3.4 * other + 4.2 + 0.01 * generator.gauss() for one, other in x]


def minimiser(x: Numbers, y: Numbers) -> tuple[Fraction, Fraction]:
    """The slope and the intercept of least squares, exactly."""
    xs, ys = [Fraction(one) for one in x], [Fraction(one) for one in y]
    middle_x, middle_y = sum(xs, Fraction()) / len(xs), sum(ys, Fraction()) / len(ys)
    spread = sum(((one - middle_x) ** 2 for one in xs), Fraction())
    slope = sum(((one - middle_x) * (other - middle_y) for one, other in zip(xs, ys, strict=True)), Fraction()) / spread
    return slope, middle_y - slope * middle_x


def mean_square(x: Numbers, y: Numbers, w: Fraction, b: Fraction) -> Fraction:
    """The mean of (w·x + b − y)², exactly."""
    squares = [(w * Fraction(one) + b - Fraction(other)) ** 2 for one, other in zip(x, y, strict=True)]
    return sum(squares, Fraction()) / len(x)


def descent(
    rows: Sequence[Numbers],
    targets: Numbers,
    start: Sequence[int],
    rate: str,
    batch: int,
    unit: float = 0.0,
    *,
    halved: bool = False,
) -> Iterator[list[arb]]:
    """Gradient descent on a linear model in balls: the parameters after every step, for ever.

    Batches are taken in order, again and again. The gradient is that of the mean of r², the square of the
    residual, over the batch.

    Args:
        rows: one per example; the model is their product with the parameters.
        targets: one per example.
        start: the parameters.
        rate: the learning rate, as it is written.
        batch: how many examples make a batch.
        unit: the unit round-off of a program whose result must be enclosed, whatever order it adds in; 0 for
            the exact recursion.
        halved: whether the loss is r²/2.
    """
    xs = [[_ball(number, unit) for number in row] for row in rows]
    ys = [_ball(number, unit) for number in targets]
    step = _ball(rate, unit) * (1 if halved else 2)
    parameters = [arb(number) for number in start]
    for first in count(0, batch):
        place = first % len(xs)
        some_x, some_y = xs[place : place + batch], ys[place : place + batch]
        residuals = [
            _rounded(_sum([_rounded(a * p, unit) for a, p in zip(row, parameters, strict=True)], unit) - y, unit)
            for row, y in zip(some_x, some_y, strict=True)
        ]
        # Dividing by the size, doubling and the products with the rate and the row: four roundings a term.
        gradient = [
            _sum([_rounded(row[k] * r, unit, 4) for row, r in zip(some_x, residuals, strict=True)], unit)
            for k in range(len(parameters))
        ]
        parameters = [
            _rounded(p - _rounded(step * g / len(some_x), unit), unit)
            for p, g in zip(parameters, gradient, strict=True)
        ]
        yield parameters


def first_overflow(
    rows: Sequence[Numbers], targets: Numbers, start: Sequence[int], rate: str, *, halved: bool = False
) -> range:
    """The steps of a full-batch descent at which parameters in float32 may be infinite for the first time.

    Not before the terms of a gradient, all of one sign, times the rate if that is large, and not yet divided by
    their number, could sum to more than float32 holds; and no later than the gradient itself is more.
    """
    size = len(rows)
    previous = [arb(number) for number in start]
    earliest = 0
    for number, parameters in enumerate(descent(rows, targets, start, rate, size, halved=halved), 1):
        gradients = [abs(float(p - q)) / float(rate) for p, q in zip(parameters, previous, strict=True)]
        possible = max(_sizes(rows, targets, previous)) * (1 if halved else 2) * max(1.0, float(rate))
        if possible >= LARGEST_FLOAT32 and not earliest:
            earliest = number
        if max(gradients) >= LARGEST_FLOAT32:
            return range(earliest, number + 1)
        previous = parameters
    raise AssertionError


def growth(rows: Sequence[Sequence[float]], rate: float) -> float:
    """|1 − η·λ| for the largest eigenvalue λ of the matrix of second moments, by power iteration."""
    size = range(len(rows[0]))
    moments = [[math.fsum(row[i] * row[j] for row in rows) / len(rows) for j in size] for i in size]
    vector = [1.0] * len(size)
    for _ in range(2000):
        image = [_dot(row, vector) for row in moments]
        vector = [one / math.hypot(*image) for one in image]
    return abs(1 - rate * math.hypot(*[_dot(row, vector) for row in moments]))


def with_ones(x: Numbers) -> list[list[str | float | Fraction]]:
    """One feature and a column of ones, for the intercept."""
    return [[one, 1] for one in x]


# ---- pieces ----------------------------------------------------------------------------------


def _ball(number: str | float | Fraction, unit: float) -> arb:
    """A number as a program with this round-off may have it."""
    exact = Fraction(number)
    return _rounded(arb(fmpq(exact.numerator, exact.denominator)), unit)


def _rounded(ball: arb, unit: float, times: int = 1) -> arb:
    return ball if not unit else ball + arb(0, abs(ball).upper() * (2 * times * unit))


def _sum(terms: list[arb], unit: float) -> arb:
    """Added up in any order: each partial sum is at most the sum of all sizes."""
    total = sum(terms, arb(0))
    if not unit:
        return total
    return total + arb(0, sum((abs(term).upper() for term in terms), arb(0)).upper() * (2 * len(terms) * unit))


def _sizes(rows: Sequence[Numbers], targets: Numbers, parameters: Sequence[arb]) -> list[float]:
    """The largest that a sum of the terms of each gradient may be on the way."""
    values = [float(p) for p in parameters]
    numbers = [[float(Fraction(one)) for one in row] for row in rows]
    residuals = [abs(_dot(row, values) - float(Fraction(y))) for row, y in zip(numbers, targets, strict=True)]
    return [sum(abs(row[k]) * r for row, r in zip(numbers, residuals, strict=True)) for k in range(len(values))]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))
