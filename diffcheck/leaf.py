"""A leaf: one array among the arguments of somebody's function, and where other values for it come from."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.backends.base import first_line
from diffcheck.domain import Domain, Drawn, Kind
from diffcheck.dtype import DTYPES, is_floating
from diffcheck.lift.primal import framework_of, numpy_of
from diffcheck.subject import CheckError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

INTEGERS = ("int64", "int32")
"""Labels and indices: drawn anew within their range. Arrays of other dtypes without a derivative stay as they are."""


@dataclass(frozen=True)
class Leaf:
    """One array among the arguments of somebody's function.

    Attributes:
        name: `x`, `params['bias']`, or a module's own name for it: `0.weight`.
        domain: where other values for it come from.
        example: the array that was given; `None` where a domain was.
        moves: whether it is differentiated unless somebody says otherwise.
        in_module: whether it is a parameter or a buffer.
    """

    name: str
    domain: Domain
    example: np.ndarray | None = None
    moves: bool = True
    in_module: bool = False


def leaf_of(name: str, value: Any) -> Leaf | None:
    """An argument's leaf; `None` for what stays as it is.

    Raises:
        CheckError: an array whose derivatives cannot be judged.
    """
    if isinstance(value, Domain):
        return Leaf(name, value, moves=value.differentiable)
    if is_strategy(value):
        domain = drawn_from(name, value)
        return Leaf(name, domain, moves=domain.differentiable)
    if framework_of(value) is None and not isinstance(value, np.ndarray):
        return None
    dtype = str(value.dtype).rpartition(".")[2]
    if dtype in INTEGERS:
        return Leaf(name, around(array := _numbers(name, value)), array, moves=False)
    if dtype.startswith(("int", "uint", "bool")):
        return None
    if dtype not in DTYPES:
        raise CheckError(f"{name} has dtype {dtype}; derivatives are judged in {', '.join(DTYPES)}")
    array = _numbers(name, value)
    if not np.isfinite(array.astype(np.float64)).all():
        raise CheckError(f"{name} holds a NaN or an infinity: give numbers")
    return Leaf(name, around(array), array)


def _numbers(name: str, value: Any) -> np.ndarray:
    try:
        return numpy_of(value)
    except (TypeError, RuntimeError, ValueError) as error:  # sparse, without numbers of its own, on a lost device
        raise CheckError(f"the numbers of {name} cannot be read: {first_line(error)}") from error


def is_strategy(value: Any) -> bool:
    """Whether something is a Hypothesis strategy; nothing is, where Hypothesis was never imported."""
    hypothesis = sys.modules.get("hypothesis.strategies")
    return hypothesis is not None and isinstance(value, hypothesis.SearchStrategy)


def drawn_from(name: str, strategy: SearchStrategy[Any]) -> Drawn:
    """The domain of what somebody's own strategy draws.

    Raises:
        CheckError: it draws nothing, or no arrays of numbers.
    """
    import hypothesis

    quiet = hypothesis.settings(database=None, max_examples=100, deadline=None)
    try:
        value = hypothesis.find(strategy, lambda _: True, settings=quiet, random=Random(0))  # noqa: S311  # repeatable
    except hypothesis.errors.HypothesisException as error:
        raise CheckError(f"the strategy for {name} draws nothing: {first_line(error)}") from error
    try:
        simplest = np.asarray(value)
    except ValueError as error:
        raise CheckError(f"the strategy for {name} draws what is no array: {first_line(error)}") from error
    if simplest.dtype.kind not in "fiu":
        raise CheckError(f"the strategy for {name} draws {type(value).__name__}, no array of numbers")
    kind: Kind = "real" if is_floating(simplest.dtype) else "integer"
    return Drawn(simplest.shape, kind, strategy=strategy, simplest=simplest)


def around(array: np.ndarray) -> Domain:
    """Where other values for an array come from: within its magnitude, and on its side of zero."""
    if not is_floating(array.dtype):
        low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
        return Domain(array.shape, "integer", low, high)
    numbers = array.astype(np.float64)
    scale = float(np.abs(numbers).max(initial=0.0)) or 1.0
    positive, negative = bool((numbers > 0).all()), bool((numbers < 0).all())
    if not array.size:
        positive = negative = False
    return Domain(
        array.shape,
        low=0.0 if positive else -scale,
        high=0.0 if negative else scale,
        open_low=positive,
        open_high=negative,
    )
