"""torch's own defects, shown by fractions alone: second derivatives through a factorisation's forward derivative.

Run it with `python benchmarks/torch_second_order.py`. The forward derivative of `solve`, `slogdet` and `det`
uses factors that are taken for constants when it is differentiated again, so that terms are missing. The
gradient of `det` may be differentiated again, but not where singular values are equal: NaN, or a wrong number.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import torch
from torch.func import jacfwd, jacrev

Function = Callable[[torch.Tensor], torch.Tensor]

WAYS: dict[str, tuple[Callable[..., Function], Callable[..., Function]]] = {
    "RR": (jacrev, jacrev),
    "FR": (jacfwd, jacrev),
    "RF": (jacrev, jacfwd),
    "FF": (jacfwd, jacfwd),
}


def solved(x: torch.Tensor) -> torch.Tensor:
    """1/x, as the solution of a system of one equation."""
    return torch.linalg.solve(x.reshape(1, 1), torch.ones(1, dtype=x.dtype))[0]


def logarithm(x: torch.Tensor) -> torch.Tensor:
    """log x, as the logarithm of a determinant."""
    return torch.linalg.slogdet(x.reshape(1, 1))[1]


def identity(x: torch.Tensor) -> torch.Tensor:
    """x, as the determinant of a 1×1 matrix."""
    return torch.linalg.det(x.reshape(1, 1))


def scaled(x: torch.Tensor) -> torch.Tensor:
    """x², as the determinant of x·I."""
    return torch.linalg.det(x * torch.eye(2, dtype=x.dtype))


def sheared(x: torch.Tensor) -> torch.Tensor:
    """2x² − 4, as the determinant of [[2x, 1], [4, x]]."""
    one = torch.ones((), dtype=x.dtype)
    return torch.linalg.det(torch.stack([2 * x, one, 4 * one, x]).reshape(2, 2))


# Second derivatives at 4.
CASES: tuple[tuple[Function, Fraction], ...] = (
    (solved, Fraction(2, 4**3)),
    (logarithm, Fraction(-1, 4**2)),
    (identity, Fraction(0)),
    (scaled, Fraction(2)),
    (sheared, Fraction(4)),
)


def computed(function: Function, way: str) -> float:
    """torch's second derivative at 4; `way` is a word over R and F, outermost first."""
    outer, inner = WAYS[way]
    return float(outer(inner(function))(torch.tensor(4.0, dtype=torch.float64)))


def main() -> None:
    """Print what every way gives."""
    for function, true in CASES:
        answers = ", ".join(f"{way} {computed(function, way):.6g}" for way in WAYS)
        print(f"{(function.__doc__ or '').rstrip('.')}: {float(true):g}; {answers}")


if __name__ == "__main__":
    main()
