"""Draws arrays from domains: simple numbers and ties first.

Everything is drawn through one function, `pick(n)`: a whole number below n, where a smaller one is
simpler. Hypothesis picks, and shrinks what it picked.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from diffcheck.domain import Domain
from diffcheck.dtype import limits, rounded_to

Pick = Callable[[int], int]

SIMPLE = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0)
WEIGHTS = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0)

# Larger arrays are drawn as a seed, a scale and a pattern: Hypothesis bounds how much one input may draw.
LARGEST_BY_ENTRY = 64
SCALES = (1.0, 0.125, 8.0, 2.0**-10)

# A case that wants smaller numbers names them as `special`.
SMALLEST = 2.0**-30


def smallest(dtype: str) -> float:
    """The smallest number drawn: float32 can cube 2⁻³⁰ without underflow, float16 square 2⁻⁷."""
    return max(SMALLEST, math.sqrt(limits(dtype).smallest_normal))


def draw_array(pick: Pick, domain: Domain, shape: tuple[int, ...], dtype: str, *, simple: bool = False) -> np.ndarray:
    """Draw an array of a domain's kind; exact in the dtype; of simple numbers only, if asked."""
    if domain.kind == "integer":
        return _draw_integers(pick, domain, shape)
    if domain.kind == "one_hot":
        return _draw_one_hot(pick, shape, dtype)
    if domain.kind == "probabilities":
        return _draw_probabilities(pick, domain, shape, dtype)
    if math.prod(shape) > LARGEST_BY_ENTRY:
        return _draw_large(pick, domain, shape, dtype)
    return _draw_small(pick, domain, shape, dtype, simple=simple)


def draw_weights(pick: Pick, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Draw small exact numbers other than zero, for a cotangent or a tangent: all ones first."""
    if pick(2) == 0:
        return np.ones(shape, dtype)
    indices = _draw_indices(pick, len(WEIGHTS), shape)
    return np.take(np.array(WEIGHTS, dtype), indices.ravel()).reshape(shape)


def _draw_small(pick: Pick, domain: Domain, shape: tuple[int, ...], dtype: str, *, simple: bool) -> np.ndarray:
    """One number everywhere, two numbers mixed, or each entry its own: ties are as likely as not."""
    count = math.prod(shape)
    variety = pick(4) if count > 1 else 0
    distinct = (1, 2, count, count)[variety]
    numbers = np.array([draw_number(pick, domain, dtype, simple=simple) for _ in range(distinct)], dtype)
    if variety == 1:
        return np.take(numbers, _draw_indices(pick, 2, shape))
    return np.full(shape, numbers) if variety == 0 else numbers.reshape(shape)


def draw_number(pick: Pick, domain: Domain, dtype: str, *, simple: bool = False) -> float:
    """Draw a simple number, a short dyadic, a number anywhere in the range, or one of any magnitude."""
    first, last = ends(domain, dtype)
    tier = 0 if simple else pick(5)
    if tier <= 1:
        numbers = simple_numbers(domain, dtype)
        return numbers[pick(len(numbers))]
    draw = (_draw_dyadic, _draw_uniform, partial(_draw_magnitude, least=smallest(dtype)))[tier - 2]
    return min(max(_rounded(draw(pick, first, last), dtype), first), last)


def simple_numbers(domain: Domain, dtype: str) -> list[float]:
    """The simplest numbers of a domain: small ones, its special ones, its ends."""
    first, last = ends(domain, dtype)
    special = (_rounded(number, dtype) for number in domain.special)
    candidates = dict.fromkeys([*SIMPLE, *special, first, last])
    return [number for number in candidates if first <= number <= last]


def ends(domain: Domain, dtype: str) -> tuple[float, float]:
    """The first and the last number of a domain in a dtype; an open end at 0 begins at the `smallest`."""
    largest = limits(dtype).largest
    first = _inside(max(domain.low, -largest), domain.open_low, +1, dtype)
    last = _inside(min(domain.high, largest), domain.open_high, -1, dtype)
    if first > last:
        raise ValueError(f"a range from {domain.low} to {domain.high} holds no {dtype} number")
    return first, last


def _inside(end: float, is_open: bool, direction: int, dtype: str) -> float:
    if is_open and end == 0.0:
        return direction * smallest(dtype)
    number = np.dtype(dtype).type(end)
    outside = float(number) < end if direction > 0 else float(number) > end
    if outside or (is_open and float(number) == end):
        number = np.nextafter(number, number.dtype.type(direction * np.inf))
    return float(number)


def _draw_dyadic(pick: Pick, first: float, last: float) -> float:
    """A multiple of a power of two, of which there are about a hundred in the range."""
    step = 2.0 ** math.floor(math.log2(last - first) - 6) if last > first else 1.0
    low, high = math.ceil(first / step), math.floor(last / step)
    if low > high:
        return first
    nearest = min(max(0, low), high)
    multiples = sorted(range(low, high + 1), key=lambda multiple: (abs(multiple - nearest), -multiple))
    return multiples[pick(len(multiples))] * step


def _draw_uniform(pick: Pick, first: float, last: float) -> float:
    fraction = pick(2**53) / 2**53
    return first * (1.0 - fraction) + last * fraction


def _draw_magnitude(pick: Pick, first: float, last: float, least: float) -> float:
    """A number whose exponent, not its value, is evenly spread."""
    negative = first < 0.0 and (last <= 0.0 or pick(2) == 1)
    low, high = (-last, -first) if negative else (first, last)
    top = math.frexp(max(high, least))[1]
    bottom = math.frexp(max(low, least))[1]
    exponent = top - pick(top - bottom + 1)
    significand = 1.0 - pick(2**52) / 2**53
    magnitude = math.ldexp(significand, exponent)
    return -magnitude if negative else magnitude


def _rounded(number: float, dtype: str) -> float:
    return float(rounded_to(number, dtype))


def _draw_large(pick: Pick, domain: Domain, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    pattern = pick(4)
    if pattern == 0:
        return np.full(shape, draw_number(pick, domain, dtype), dtype)
    first, last = ends(domain, dtype)
    scale = SCALES[pick(len(SCALES))]
    generator = np.random.default_rng(pick(2**16))
    spread = first + (last - first) * generator.random(shape)
    numbers = spread if pattern == 1 else scale * generator.standard_normal(shape)
    if pattern == 3:
        numbers = np.round(numbers / scale) * scale
    inside = (numbers >= first) & (numbers <= last)
    array: np.ndarray = np.where(inside, numbers, spread).clip(first, last).astype(dtype)
    return array


def _draw_integers(pick: Pick, domain: Domain, shape: tuple[int, ...]) -> np.ndarray:
    low = math.ceil(domain.low)
    count = math.floor(domain.high) - low + 1
    return (low + _draw_indices(pick, count, shape)).astype(np.int64)


def _draw_one_hot(pick: Pick, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return np.take(np.eye(shape[-1], dtype=dtype), _draw_indices(pick, shape[-1], shape[:-1]), axis=0)


def _draw_probabilities(pick: Pick, domain: Domain, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Multiples of a power of two that add up to 1 without rounding: differences of sorted cuts."""
    length = shape[-1]
    finest = min(2**20, round(1 / limits(dtype).unit))
    fine = finest if pick(2) else min(finest, 2 ** (2 * length).bit_length())
    least = 1 if domain.open_low else 0
    cuts = np.sort(_draw_indices(pick, fine - least * length + 1, (*shape[:-1], length - 1)), axis=-1)
    parts: np.ndarray = np.diff(cuts, axis=-1, prepend=0, append=fine - least * length) + least
    array: np.ndarray = (parts / fine).astype(dtype)
    return array


def _draw_indices(pick: Pick, count: int, shape: tuple[int, ...]) -> np.ndarray:
    """Whole numbers below `count`: each picked, or for many of them by a seeded generator."""
    total = math.prod(shape)
    if total > LARGEST_BY_ENTRY:
        return np.random.default_rng(pick(2**16)).integers(count, size=shape)
    return np.array([pick(count) for _ in range(total)], dtype=np.int64).reshape(shape)
