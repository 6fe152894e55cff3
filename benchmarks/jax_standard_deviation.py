"""jax's own defect, shown by mpmath alone: its derivative of the standard deviation of one number is NaN.

That deviation is 0 whatever the number, and so its derivative is 0. Run it with
`python benchmarks/jax_standard_deviation.py`; nothing of diffcheck is needed to see it.
"""

from __future__ import annotations

import jax
import mpmath

POINTS = (0.0, 1.0, -2.5)


def deviation(number: mpmath.mpf) -> mpmath.mpf:
    """The standard deviation of one number, by its definition."""
    mean = number / 1
    return mpmath.sqrt((number - mean) ** 2 / 1)


def off(x: float) -> float:
    """How many roundings of one jax's derivative is off by, in the better of float64 and float32."""
    true = mpmath.diff(deviation, mpmath.mpf(x))
    return min(_off(x, true, wide) for wide in (True, False))


def _off(x: float, true: mpmath.mpf, wide: bool) -> float:
    with jax.enable_x64(wide):
        computed = mpmath.mpf(float(jax.grad(jax.numpy.std)(jax.numpy.asarray([x]))[0]))
    return float("inf") if mpmath.isnan(computed) else float(abs(computed - true) * 2 ** (53 if wide else 24))


def main() -> None:
    """Print the error at a few points."""
    for x in POINTS:
        print(f"x = [{x}]: {off(x):.1e} roundings of one")


if __name__ == "__main__":
    main()
