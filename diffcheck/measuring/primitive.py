"""The primitives whose accuracy is measured: every smooth row of the table, and three powers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.expression import heads
from diffcheck.expression.functions import FUNCTIONS
from diffcheck.expression.heads import SLOTS
from diffcheck.measuring import grid
from diffcheck.reference.accuracies import HIGHEST_ORDER

Columns = tuple[np.ndarray, ...]

_X = SLOTS[0]
_BINARY = ("atan2", "logaddexp", "xlogy", "hypot", "power")
_ORDERS = range(1, HIGHEST_ORDER + 1)
_GAMMA = ("gammaln", "digamma", *(f"polygamma{order}" for order in _ORDERS))
_LOWEST_OF_GAMMA = -1000.0  # there balls of polygamma functions end


@dataclass(frozen=True)
class Primitive:
    """A smooth function that frameworks compute in one call.

    Attributes:
        name: its row in the table of scalar functions, with the order of a polygamma function; three powers have
            names of their own.
        expression: of the slots.
        ball: `arb` scalars in, an enclosure out.
        order: of a polygamma function.
        is_basic: whether IEEE 754 asks for the correctly rounded result.
    """

    name: str
    expression: sp.Expr
    ball: Callable[..., arb]
    order: int | None = None
    is_basic: bool = False

    def points(self, dtype: str) -> Columns:
        """Where it is measured: one array for each argument."""
        if self.name in _BINARY:
            return grid.plane(dtype)
        found = grid.line(dtype)
        return (found[found >= _LOWEST_OF_GAMMA] if self.name in _GAMMA else found,)


def primitives() -> Iterator[Primitive]:
    """All of them."""
    for row in FUNCTIONS.values():
        if row.head is heads.polygamma:
            for order in _ORDERS:
                yield Primitive(f"{row.name}{order}", row.head(order, _X), partial(row.ball, arb(order)), order)
        elif row.analytic and row.head is not heads.frozen:
            yield Primitive(row.name, row.head(*SLOTS[: 2 if row.name in _BINARY else 1]), row.ball)
    yield Primitive("sqrt", sp.sqrt(_X), arb.sqrt, is_basic=True)
    yield Primitive("rsqrt", 1 / sp.sqrt(_X), arb.rsqrt)
    yield Primitive("reciprocal", 1 / _X, lambda x: 1 / x, is_basic=True)


# ---- in the frameworks -----------------------------------------------------------------------

Function = Callable[..., Any]


def in_numpy(primitive: Primitive) -> Function:
    """NumPy's own function, or SciPy's."""
    from scipy import special

    return _in_framework(primitive, np, special.polygamma, lambda x: 1 / np.sqrt(x))


def in_torch(primitive: Primitive) -> Function:
    """torch's own function."""
    import torch
    from array_api_compat import torch as namespace

    return _in_framework(primitive, namespace, torch.special.polygamma, torch.rsqrt)


def in_jax(primitive: Primitive) -> Function:
    """jax's own function."""
    import jax

    return _in_framework(primitive, jax.numpy, jax.scipy.special.polygamma, jax.lax.rsqrt)


def _in_framework(primitive: Primitive, namespace: Any, polygamma: Function, rsqrt: Function) -> Function:
    from diffcheck.spellings import TABLE, spelling

    if primitive.order is not None:
        return partial(polygamma, primitive.order)
    if primitive.name == "gelu_ndtr":
        return _in_gelu(namespace)
    if primitive.name == "rsqrt":
        return rsqrt
    if primitive.name in TABLE:
        return spelling(primitive.name, namespace)
    found: Function = getattr(namespace, "pow" if primitive.name == "power" else primitive.name)
    return found


def _in_gelu(namespace: Any) -> Function:
    """What gelu multiplies its argument by, and every other time what its derivative adds: torch has a kernel for each.

    Raises:
        NotImplementedError: another framework is asked.
    """
    import array_api_compat as compat

    if not compat.is_torch_namespace(namespace):
        raise NotImplementedError("gelu is made of other functions")

    def distribution(x: Any) -> Any:
        given = x.detach().requires_grad_()
        value = namespace.nn.functional.gelu(given)
        (slope,) = namespace.autograd.grad(value.sum(), given)
        wide = x.double()
        density = namespace.exp(-(wide**2) / 2) / math.sqrt(2 * math.pi)
        found = slope.double() - namespace.where(density > 0, wide * density, 0.0)
        factor = value.detach().double() / wide
        found[::2] = namespace.where(x == 0, 0.5, factor)[::2]
        return found.to(x.dtype)

    return distribution
