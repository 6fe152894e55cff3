"""Numbers for the arguments of a case: drawn, constant, whole or repeated ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from diffcheck.case import Case
from diffcheck.domain import Domain
from diffcheck.draw import draw_array
from diffcheck.point import Point
from diffcheck.strategy import shape_of

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

REPEATED = 3
"""So many different numbers are in repeated data."""


def _repeated(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return random.choice(random.standard_normal(REPEATED), shape)


KINDS: Mapping[str, Draw] = {
    "N(0, 1)": lambda random, shape: random.standard_normal(shape),
    "U(0, 1)": lambda random, shape: random.uniform(size=shape),
    "constant": lambda random, shape: np.full(shape, random.standard_normal()),
    "whole": lambda random, shape: random.integers(-4, 5, shape).astype(float),
    "repeated": _repeated,
}


def point_of(case: Case, sizes: Mapping[str, int], kind: str, seed: int, dtype: str) -> Point:
    """A point of a case, with weights of the same kind of data to pull back and push forward.

    Args:
        case: whose domains; numbers outside them are folded back in.
        sizes: of its named dimensions.
        kind: of data, for real arguments; labels and probabilities are drawn as the search draws them.
        seed: of the numbers.
        dtype: of every floating array; all dtypes get the same numbers, those of float32.
    """
    random = np.random.default_rng([seed, *sizes.values()])
    arguments = {}
    for name, domain in case.domains.items():
        shape = shape_of(domain, sizes)
        if domain.kind == "real":
            arguments[name] = _inside(domain, KINDS[kind](random, shape)).astype(dtype)
        else:
            arguments[name] = draw_array(lambda count: int(random.integers(count)), domain, shape, dtype)
    tangents = {name: _weights(random, arguments[name].shape, dtype) for name in case.wrt}
    shape = np.shape(case.function(**Point(arguments).astype(np.float64).arguments))
    return Point(arguments, _weights(random, shape, dtype) if shape else None, tangents)


def _weights(random: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return random.standard_normal(shape).astype(np.float32).astype(dtype)


def _inside(domain: Domain, numbers: np.ndarray) -> np.ndarray:
    """Numbers of float32, mirrored at the ends of a domain until they lie in it; an open end is moved off."""
    low, high = domain.low, domain.high
    if np.isfinite(low) and np.isfinite(high):
        folded = np.abs((numbers - low + (high - low)) % (2 * (high - low)) - (high - low))
        numbers = np.where((numbers < low) | (numbers > high), low + folded, numbers)
    numbers = np.where(domain.open_low & (numbers == low), low + (high - low) / 8, numbers)
    numbers = np.where(domain.open_high & (numbers == high), high - (high - low) / 8, numbers)
    return np.clip(numbers.astype(np.float32), low, high)
