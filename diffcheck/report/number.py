"""Numbers as a reader sees them: exact where they may be copied, short in a matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from diffcheck.dtype import limits, rounded_to

SHOWN = 4
"""Entries of a large array that are printed before the ellipsis, with a few digits each."""

WHOLE = 16
"""Arrays of at most this many entries are printed whole."""

WIDE = 1e-6
"""Relative width from which an enclosure is a range of admissible values, not one number."""

SMALLEST_NORMAL = limits("float64").smallest_normal

BFLOAT16 = "bfloat16"
"""NumPy does not print its numbers the short way."""

MOST_DIGITS = 17
"""So many tell every number from its neighbours, in float64 too."""


def decimal(value: float, dtype: str = "float64") -> str:
    """The shortest decimal text that reads back as this number in its dtype."""
    if dtype == "float64" or not math.isfinite(value):
        return repr(float(value))
    if dtype == BFLOAT16:
        shorter = (float(f"{value:.{digits}g}") for digits in range(1, MOST_DIGITS + 1))
        return repr(next(number for number in shorter if rounded_to(number, dtype) == rounded_to(value, dtype)))
    return str(np.dtype(dtype).type(value))


def hexadecimal(value: float) -> str:
    """The number exactly, in hexadecimal without trailing zeros: `0x1.8p+1`."""
    mantissa, exponent, power = float(value).hex().partition("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return mantissa + exponent + power


def short(value: float) -> str:
    """One to four digits, for a cell of a matrix."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    if 0.095 <= abs(value) < 9.95:
        return f"{value:.1f}"
    if 9.95 <= abs(value) < 9999.5:
        return f"{value:.0f}"
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def brief(value: float) -> str:
    """Six digits at most, and no sign of a zero: for numbers that are compared by eye."""
    return f"{value + 0.0:g}"


def ratio_bin(ratio: float) -> str:
    """The ratio of error to allowance, binned so that it is the same on every machine.

    What rounding leaves lies mostly between 0.01 and 0.3 of the allowance, so no bin ends there.
    """
    if math.isnan(ratio) or ratio >= 1000:
        return "≫1"
    for limit, name in ((0.001, "≪1"), (1, "<1"), (10, "≥1"), (100, "≥10")):
        if ratio < limit:
            return name
    return "≥100"


def enclosure(lower: float | None, upper: float | None) -> str:
    """An enclosure: one number where it is one, exact ends where it is narrow, seven digits at a kink."""
    if lower is None or upper is None:
        return "unknown"
    if lower == upper:
        return decimal(lower)
    if upper - lower > WIDE * max(abs(lower), abs(upper)):
        return f"{lower:.7g} … {upper:.7g}"
    return f"{decimal(lower)} … {decimal(upper)}"


def counted(count: int, noun: str) -> str:
    """`1 case`, `3 cases`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def shape_text(shape: Sequence[int]) -> str:
    """`100×1000`, as people say it."""
    return "×".join(str(length) for length in shape)


def array(shape: Sequence[int], values: Sequence[float], dtype: str = "float64") -> str:
    """An array: nested brackets where it is small, else its shape and its first numbers."""
    if whole(shape):
        words = [decimal(value, dtype) if isinstance(value, float) else str(value) for value in values]
        return nested(shape, words)
    return f"array of {shape_text(shape)}: {', '.join(f'{value:.6g}' for value in values[:SHOWN])}, …"


def enclosures(shape: Sequence[int], lower: Sequence[float], upper: Sequence[float]) -> str:
    """An array of enclosures: an entry is an interval only where its ends differ in the digits shown."""
    pairs = zip(lower, upper, strict=True)
    if whole(shape):
        return nested(shape, [_entry(low, high) for low, high in pairs])
    return array(shape, [(low + high) / 2 for low, high in pairs])


def _entry(low: float, high: float) -> str:
    if max(abs(low), abs(high)) < SMALLEST_NORMAL:
        return "0"
    first, last = f"{low:.12g}", f"{high:.12g}"
    return first if first == last else enclosure(low, high)


def whole(shape: Sequence[int]) -> bool:
    """Whether an array of this shape is printed with all its entries."""
    return math.prod(shape) <= WHOLE


def nested(shape: Sequence[int], words: Sequence[str]) -> str:
    """Words in brackets, as the array's axes have them."""
    if not shape:
        return words[0]
    step = math.prod(shape[1:])
    rows = [nested(shape[1:], words[k * step : (k + 1) * step]) for k in range(shape[0])]
    return f"[{', '.join(rows)}]"


def entry(argument: str, index: Sequence[int]) -> str:
    """One entry of an array: `w1[0, 3]`, or the name alone where it is a scalar."""
    if not index:
        return argument
    return f"{argument}[{', '.join(str(k) for k in index)}]"
