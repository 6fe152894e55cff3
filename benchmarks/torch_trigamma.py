"""torch's own defect, shown by mpmath alone: its float64 gradient of digamma is right to nine digits.

Run it with `python benchmarks/torch_trigamma.py`; nothing of diffcheck is needed to see it.
"""

from __future__ import annotations

import mpmath
import torch

POINTS = (0.5, 1.3, 2.0, 5.0, 10.0)
DIGITS = 30


def off(x: float) -> float:
    """How many roundings torch's derivative of digamma is off by."""
    argument = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (computed,) = torch.autograd.grad(torch.digamma(argument), argument)
    with mpmath.workdps(DIGITS):
        true = mpmath.polygamma(1, mpmath.mpf(x))
        return float(abs(mpmath.mpf(computed.item()) - true) / true * 2**53)


def off_in_entropy(x: float) -> float:
    """The same of k + log Γ(k) + (1 − k)·digamma(k), the entropy of a gamma variable, whose slope has a trigamma."""
    shape = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    entropy = shape + torch.lgamma(shape) + (1 - shape) * torch.digamma(shape)
    (computed,) = torch.autograd.grad(entropy, shape)
    with mpmath.workdps(DIGITS):
        true = 1 + (1 - mpmath.mpf(x)) * mpmath.polygamma(1, mpmath.mpf(x))
        return float(abs(mpmath.mpf(computed.item()) - true) * 2**53)


def main() -> None:
    """Print the error at a few ordinary points."""
    for x in POINTS:
        print(f"x = {x}: {off(x):.1e} roundings of float64; in the entropy {off_in_entropy(x):.1e}")


if __name__ == "__main__":
    main()
