"""The load of a check: what it has to hold in memory, and how many points are worth their time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from math import prod

from diffcheck.leaf import Leaf
from diffcheck.subject import CheckError

BYTES = 700
"""For each number of the arguments: 10⁷ of them were certified and judged in 6.2 GiB (`benchmarks/speed.py`)."""

MOST_NUMBERS = 10_000_000
"""At all points of one kind together; 10⁶ numbers are judged in a second or two."""


def numbers_of(leaves: Iterable[Leaf]) -> int:
    """How many numbers the arguments hold; a named size counts as one."""
    return sum(prod(size for size in leaf.domain.shape if isinstance(size, int)) for leaf in leaves)


def check_memory(numbers: int) -> None:
    """See that a check fits into this machine.

    Raises:
        CheckError: it would take more than its memory.
    """
    needed, there = BYTES * numbers, _memory()
    if there is not None and needed > there:
        raise CheckError(
            f"{numbers:,} numbers take about {_in_gib(needed)} to certify, and this machine has {_in_gib(there)}: "
            "give smaller arrays"
        )


def affordable(points: int, numbers: int) -> int:
    """How many of some points are judged of large arguments: at least one, and no more than were asked for."""
    return min(points, max(1, MOST_NUMBERS // max(numbers, 1)))


def _memory() -> int | None:
    """The memory of this machine; `None` where that cannot be asked."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _in_gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
