"""The functions whose derivatives the benchmarks plant errors in, each with data of four sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from math import prod
from typing import Any

import numpy as np

from diffcheck import array_namespace, special
from diffcheck.case import Case
from diffcheck.point import Point

Array = Any

SIZES = (3, 100, 1_000, 100_000)
"""Gradient entries, exactly so many for every function."""


# ---- the functions ---------------------------------------------------------------------------


def cubic_sum(x: Array) -> Array:
    """Σ x³/3, whose gradient is x²."""
    return array_namespace(x).sum(x**3) / 3


def least_squares(inputs: Array, weights: Array, targets: Array) -> Array:
    """Σ (X·w − t)²"""
    xp = array_namespace(weights)
    return xp.sum((xp.matmul(inputs, weights) - targets) ** 2)


def logistic_regression(inputs: Array, weights: Array, signs: Array) -> Array:
    """Σ log(1 + exp(−s·(X·w))), with s = ±1"""
    xp = array_namespace(weights)
    return xp.sum(special.softplus(-signs * xp.matmul(inputs, weights)))


def two_layer_network(inputs: Array, weights: Array, weights_2: Array, targets: Array) -> Array:
    """Σ (relu(X·W)·V − T)²"""
    xp = array_namespace(weights)
    hidden = special.relu(xp.matmul(inputs, weights))
    return xp.sum((xp.matmul(hidden, weights_2) - targets) ** 2)


def softmax_cross_entropy(inputs: Array, weights: Array, one_hot: Array) -> Array:
    """−Σ Y∘log softmax(X·W)"""
    xp = array_namespace(weights)
    return -xp.sum(one_hot * special.log_softmax(xp.matmul(inputs, weights)))


def logsumexp(x: Array) -> Array:
    """log Σ exp(x)"""
    return special.logsumexp(x)


def two_pass_variance(x: Array) -> Array:
    """The mean of (x − mean x)²."""
    xp = array_namespace(x)
    return xp.mean((x - xp.mean(x)) ** 2)


def layer_norm(x: Array, direction: Array) -> Array:
    """Σ D∘(x − μ)/√(σ² + 10⁻⁵), row by row."""
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred**2, axis=-1, keepdims=True)
    return xp.sum(direction * centred / xp.sqrt(variance + 1e-5))


def attention(x: Array, direction: Array) -> Array:
    """Σ D∘softmax(X·Xᵀ/√d)·X: queries, keys and values are the same."""
    xp = array_namespace(x)
    scores = xp.matmul(x, xp.matrix_transpose(x)) / x.shape[-1] ** 0.5
    return xp.sum(direction * xp.matmul(special.softmax(scores), x))


def convolution(images: Array, kernels: Array, targets: Array) -> Array:
    """Σ (w∗x − t)²"""
    return array_namespace(images).sum((special.conv2d(images, kernels) - targets) ** 2)


# ---- with data -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """A function, and where it is differentiated.

    Attributes:
        function: arrays in, one number out.
        wrt: what is differentiated.
        positive: whether the data are positive (U(0, 1) instead of N(0, 1)), so that sums have terms of one sign.
        shapes: number of gradient entries → the arguments' shapes, in the order of the signature.
    """

    function: Callable[..., Any]
    wrt: tuple[str, ...]
    positive: bool
    shapes: Mapping[int, tuple[tuple[int, ...], ...]]

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.function.__name__.replace("_", " ")

    @property
    def case(self) -> Case:
        """What a backend is asked about."""
        return Case(self.function.__name__, "benchmarks", self.function, {}, self.wrt, (), "benchmarks")

    def point(self, size: int, seed: int, dtype: str) -> Point:
        """Numbers of a seed: the same ones in every dtype, since all of them are float32 numbers."""
        random = np.random.default_rng([seed, size])
        shapes = zip(signature(self.function).parameters, self.shapes[size], strict=True)
        drawn = {name: _draw(name, shape, self.positive, random) for name, shape in shapes}
        return Point({name: array.astype(np.float32).astype(dtype) for name, array in drawn.items()})


def _draw(name: str, shape: tuple[int, ...], positive: bool, random: np.random.Generator) -> np.ndarray:
    """Numbers for one argument; weights are so small that sums over them are of the order of one."""
    if name == "one_hot":
        return np.eye(shape[-1])[random.integers(shape[-1], size=shape[:-1])]
    if name == "signs":
        return random.choice([-1.0, 1.0], shape)
    numbers = random.uniform(size=shape) if positive else random.standard_normal(shape)
    if name not in ("weights", "weights_2", "kernels"):
        return numbers
    terms = prod(shape[1:]) if name == "kernels" else shape[0]
    return np.asarray(numbers / (terms if positive else np.sqrt(terms)))


def _vector(n: int) -> tuple[tuple[int, ...], ...]:
    return ((n,),)


def _samples(n: int, samples: int) -> tuple[tuple[int, ...], ...]:
    """Samples of n numbers, n weights, one number for each sample."""
    return ((samples, n), (n,), (samples,))


def _layers(samples: int, inputs: int, hidden: int, outputs: int) -> tuple[tuple[int, ...], ...]:
    return ((samples, inputs), (inputs, hidden), (hidden, outputs), (samples, outputs))


def _classes(samples: int, inputs: int, classes: int) -> tuple[tuple[int, ...], ...]:
    return ((samples, inputs), (inputs, classes), (samples, classes))


def _rows(rows: int, columns: int) -> tuple[tuple[int, ...], ...]:
    return ((rows, columns), (rows, columns))


def _images(images: tuple[int, ...], kernels: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Images (N, C, H, W), kernels (O, C, K, L), and targets of the output's shape."""
    across = [size - window + 1 for size, window in zip(images[2:], kernels[2:], strict=True)]
    return (images, kernels, (images[0], kernels[0], *across))


_VECTORS = {n: _vector(n) for n in SIZES}
_REGRESSIONS = {n: _samples(n, samples) for n, samples in zip(SIZES, (5, 100, 100, 10), strict=True)}

PROBLEMS = (
    Problem(cubic_sum, ("x",), False, _VECTORS),
    Problem(least_squares, ("weights",), True, _REGRESSIONS),
    Problem(logistic_regression, ("weights",), True, _REGRESSIONS),
    Problem(
        two_layer_network,
        ("weights", "weights_2"),
        False,
        {
            3: _layers(5, 2, 1, 1),
            100: _layers(10, 9, 10, 1),
            1_000: _layers(10, 99, 10, 1),
            100_000: _layers(100, 990, 100, 10),
        },
    ),
    Problem(
        softmax_cross_entropy,
        ("weights",),
        False,
        {
            3: _classes(5, 1, 3),
            100: _classes(10, 10, 10),
            1_000: _classes(10, 100, 10),
            100_000: _classes(100, 1_000, 100),
        },
    ),
    Problem(logsumexp, ("x",), False, _VECTORS),
    Problem(two_pass_variance, ("x",), True, _VECTORS),
    Problem(
        layer_norm,
        ("x",),
        False,
        {3: _rows(1, 3), 100: _rows(4, 25), 1_000: _rows(10, 100), 100_000: _rows(100, 1_000)},
    ),
    Problem(
        attention, ("x",), True, {3: _rows(3, 1), 100: _rows(10, 10), 1_000: _rows(50, 20), 100_000: _rows(500, 200)}
    ),
    Problem(
        convolution,
        ("images", "kernels"),
        True,
        {
            3: _images((1, 1, 1, 2), (1, 1, 1, 1)),
            100: _images((1, 1, 8, 8), (4, 1, 3, 3)),
            1_000: _images((1, 4, 10, 16), (10, 4, 3, 3)),
            100_000: _images((1, 40, 10, 10), (96, 40, 5, 5)),
        },
    ),
)
