"""torch's and jax's own defect, shown by mpmath alone: NaN as the derivative of where(x < 1, x, √x) at 0.

At 0 and around it the function is x. Reverse mode multiplies the slope of the branch that is not taken,
which is infinite there, by 0. Run it with `python benchmarks/where_not_taken.py`; nothing of diffcheck is
needed to see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import mpmath
import torch

POINTS = (0.0, 0.25, 4.0)


def root_above_one(x: mpmath.mpf) -> mpmath.mpf:
    """x below 1, else its square root."""
    return x if x < 1 else mpmath.sqrt(x)


def in_torch(x: float, wide: bool) -> float:
    """What torch answers."""
    tensor = torch.tensor(x, dtype=torch.float64 if wide else torch.float32, requires_grad=True)
    [slope] = torch.autograd.grad(torch.where(tensor < 1, tensor, torch.sqrt(tensor)), tensor)
    return float(slope)


def in_jax(x: float, wide: bool) -> float:
    """What jax answers."""
    with jax.enable_x64(wide):
        function = jax.grad(lambda number: jax.numpy.where(number < 1, number, jax.numpy.sqrt(number)))
        return float(function(jax.numpy.asarray(x)))


ANSWERS: Mapping[str, Callable[[float, bool], float]] = {"torch": in_torch, "jax": in_jax}


def off(framework: str, x: float) -> float:
    """How many roundings of one a framework's derivative is off by, in the better of float64 and float32."""
    true = mpmath.diff(root_above_one, mpmath.mpf(x))
    return min(_off(mpmath.mpf(ANSWERS[framework](x, wide)), true, wide) for wide in (True, False))


def _off(computed: mpmath.mpf, true: mpmath.mpf, wide: bool) -> float:
    return float("inf") if mpmath.isnan(computed) else float(abs(computed - true) * 2 ** (53 if wide else 24))


def main() -> None:
    """Print the error at a few points."""
    for framework in ANSWERS:
        for x in POINTS:
            print(f"{framework}, x = {x}: {off(framework, x):.1e} roundings of one")


if __name__ == "__main__":
    main()
