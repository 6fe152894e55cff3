"""torch's own defects, shown by fractions alone: second derivatives of which terms are missing.

Run it with `python benchmarks/torch_second_order.py`. The forward derivatives of `solve`, `slogdet`, `det` and
`layer_norm` use what was computed on the way, and take it for a constant when they are differentiated again,
so that terms are missing. The gradient of `det` may be differentiated again, but not where singular values are
equal: NaN, or a wrong number.
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


def normalised(x: torch.Tensor) -> torch.Tensor:
    """x/√(x² + 1), as the first of (x, −x) normalised with ε = 1."""
    return torch.nn.functional.layer_norm(torch.stack([x, -x]), (2,), eps=1.0)[0]


# Where, and the second derivative there.
CASES: tuple[tuple[Function, float, Fraction], ...] = (
    (solved, 4.0, Fraction(2, 4**3)),
    (logarithm, 4.0, Fraction(-1, 4**2)),
    (identity, 4.0, Fraction(0)),
    (scaled, 4.0, Fraction(2)),
    (sheared, 4.0, Fraction(4)),
    (normalised, 0.75, Fraction(-3 * 3 * 4**4, 5**5)),
)


def computed(function: Function, x: float, way: str) -> float:
    """torch's second derivative at a number; `way` is a word over R and F, outermost first."""
    outer, inner = WAYS[way]
    return float(outer(inner(function))(torch.tensor(x, dtype=torch.float64)))


def main() -> None:
    """Print what every way gives."""
    for function, x, true in CASES:
        answers = ", ".join(f"{way} {computed(function, x, way):.6g}" for way in WAYS)
        print(f"{(function.__doc__ or '').rstrip('.')}, at {x:g}: {float(true):g}; {answers}")


if __name__ == "__main__":
    main()
