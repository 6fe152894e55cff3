"""The rounding of a map: what its own operations round, and what the errors of its arguments become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, reduce

import numpy as np
import sympy as sp

from diffcheck.expression import heads, numeric
from diffcheck.expression.derive import scalar_derivative
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.scalar import fold
from diffcheck.reference.rounded import SIGMAS, Rounded
from diffcheck.reference.rounding_of_scalars import JUMPS, RoundingRules


def rounded_map(scalar: sp.Expr, arguments: Sequence[Rounded], rules: RoundingRules) -> Rounded:
    """A scalar expression at rounded arguments.

    An argument that occurs in several places brings the same error everywhere: it becomes as much of it
    as the derivative of the whole expression says. In exp(x − softplus(x)) the two errors nearly cancel,
    in x + sin(x) they add up.
    """
    if not meets_itself(scalar):
        return _fold(scalar, arguments, rules)
    own = _fold(scalar, [replace(argument, sigma=np.zeros_like(argument.sigma)) for argument in arguments], rules)
    brought = [_brought(scalar, k, arguments) for k, argument in enumerate(arguments) if np.any(argument.sigma)]
    sigma = reduce(np.hypot, brought, own.sigma)
    unknown = np.isnan(sigma)
    if unknown.any():
        sigma = np.where(unknown, _fold(scalar, arguments, rules).sigma, sigma)
    return replace(own, sigma=sigma)


def _fold(scalar: sp.Expr, arguments: Sequence[Rounded], rules: RoundingRules) -> Rounded:
    """Operation by operation, as if the errors of operands were independent."""
    return fold(scalar, dict(zip(SLOTS, arguments, strict=False)), rules)


def _brought(scalar: sp.Expr, k: int, arguments: Sequence[Rounded]) -> np.ndarray:
    """What one argument's error becomes; the slope is the largest between the ends of where the arguments may be."""
    slope = scalar_derivative(scalar, SLOTS[k])
    reach = [np.fmin(SIGMAS * argument.sigma, argument.worst) for argument in arguments]
    largest = np.zeros(())
    for end in (0.0, -1.0, 1.0):
        at = [argument.value + end * off for argument, off in zip(arguments, reach, strict=True)]
        largest = np.fmax(largest, np.abs(numeric.value(slope, at)))
    sigma = arguments[k].sigma
    return np.where(sigma == 0, 0.0, largest * sigma)


@lru_cache(maxsize=4096)
def meets_itself(scalar: sp.Expr) -> bool:
    """Whether some argument occurs in several places, and no jump hangs on its error; frozen is another number."""
    if scalar.has(heads.frozen, *JUMPS):
        return False
    leaves = [leaf for leaf in sp.preorder_traversal(scalar) if leaf in SLOTS]
    return len(leaves) > len(set(leaves))
