"""A case at a size at which every entry can be written out, and random points of it."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from diffcheck.case import Case
from diffcheck.domain import Domain
from diffcheck.point import Point
from diffcheck.strategy import shape_of, size_ranges

# Two shows what an index does; larger sizes only repeat it.
SIZE = 2
LARGEST_GRADIENT = 64
LARGEST_ARGUMENTS = 256

# Random numbers are taken from here where the domain allows it: larger ones saturate what is computed.
LOW, HIGH = -3.0, 3.0


class TooManyEntries(ValueError):
    """A case that is not small at any size; the message says how large it is."""


def tiny_sizes(case: Case) -> dict[str, int]:
    """Two for every named dimension, or what its range allows; the smallest sizes if that is too much.

    Raises:
        TooManyEntries: those are too much as well.
    """
    ranges = size_ranges(case)
    small = {name: max(low, min(SIZE, high)) for name, (low, high) in ranges.items()}
    smallest = {name: low for name, (low, _) in ranges.items()}
    if _is_tiny(case, small):
        return small
    if _is_tiny(case, smallest):
        return smallest
    differentiated, all_numbers = _counts(case, smallest)
    raise TooManyEntries(f"{case.id}: {differentiated} entries and {all_numbers} numbers at its smallest size")


def _is_tiny(case: Case, sizes: Mapping[str, int]) -> bool:
    differentiated, all_numbers = _counts(case, sizes)
    return differentiated <= LARGEST_GRADIENT and all_numbers <= LARGEST_ARGUMENTS


def _counts(case: Case, sizes: Mapping[str, int]) -> tuple[int, int]:
    counts = {name: prod(shape_of(domain, sizes)) for name, domain in case.domains.items()}
    return sum(counts[name] for name in case.wrt), sum(counts.values())


def tiny_point(case: Case, sizes: Mapping[str, int], seed: int) -> Point:
    """A random point without ties; integers are the same for every seed, being constants."""
    random, constants = np.random.default_rng(seed), np.random.default_rng(0)
    return Point(
        {
            name: _array(domain, shape_of(domain, sizes), constants if domain.kind == "integer" else random)
            for name, domain in case.domains.items()
        }
    )


def _array(domain: Domain, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    if domain.kind == "integer":
        return np.asarray(random.integers(int(domain.low), int(domain.high), shape, endpoint=True))
    if domain.kind != "real":
        return np.asarray(random.uniform(0.05, 0.95, shape))
    low, high = max(domain.low, LOW), min(domain.high, HIGH)
    if low >= high:
        low, high = domain.low, domain.high
    return np.asarray(random.uniform(low, high, shape))
