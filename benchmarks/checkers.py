"""The usual checkers, each asked whether it objects to a gradient with a planted error; with default settings.

A checker sees an ordinary function, whose value is right everywhere and whose gradient is the right
one and something more: f(x) + ⟨extra, x − constant x⟩.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcheck.point import Point

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Claim:
    """A gradient that somebody claims a function has.

    Attributes:
        function: of any framework's arrays, by name; one number out.
        point: where.
        gradient: the right one, of the arguments that are differentiated.
        extra: what is added to it.
        entry: an argument and an index, for a checker that looks at one entry only.
    """

    function: Callable[..., Any]
    point: Point
    gradient: Arrays
    extra: Arrays
    entry: tuple[str, tuple[int, ...]]

    @property
    def moving(self) -> Arrays:
        """The arguments that are differentiated."""
        return {name: self.point.arguments[name] for name in self.gradient}

    def value(self, moved: Arrays) -> Any:
        """The function at other arguments, in NumPy."""
        return self.function(**{**self.point.arguments, **moved})

    @property
    def claimed(self) -> Arrays:
        """The gradient with what is added to it, in its dtype."""
        return {name: np.asarray(entry + self.extra[name], entry.dtype) for name, entry in self.gradient.items()}


@dataclass(frozen=True)
class Checker:
    """One of the usual checkers.

    Attributes:
        name: what tables call it.
        largest: the most entries that it is asked about: beyond, one answer takes minutes.
        objects: whether it objects to a claim.
    """

    name: str
    largest: int
    objects: Callable[[Claim], bool]


# ---- torch -----------------------------------------------------------------------------------


def gradcheck(claim: Claim, *, fast_mode: bool) -> bool:
    """Whether `torch.autograd.gradcheck` objects."""
    import torch

    arguments = {name: torch.from_numpy(array) for name, array in claim.point.arguments.items()}
    extra = {name: torch.from_numpy(np.asarray(array, claim.point.dtype)) for name, array in claim.extra.items()}
    names = list(claim.gradient)

    def function(*inputs: torch.Tensor) -> torch.Tensor:
        moved = dict(zip(names, inputs, strict=True))
        added = [torch.sum(extra[name] * (moved[name] - moved[name].detach())) for name in names]
        return claim.function(**{**arguments, **moved}) + sum(added)

    inputs = tuple(arguments[name].clone().requires_grad_() for name in names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that float32 is not precise enough for it
        return not torch.autograd.gradcheck(function, inputs, fast_mode=fast_mode, raise_exception=False)


# ---- jax -------------------------------------------------------------------------------------


def check_grads(claim: Claim) -> bool:
    """Whether `jax.test_util.check_grads` objects to the reverse mode at order 1."""
    import jax
    from jax.test_util import check_grads as check

    names = list(claim.gradient)
    with jax.enable_x64(claim.point.dtype == np.float64):
        constants = {name: jax.numpy.asarray(array) for name, array in claim.point.arguments.items()}
        extra = {name: jax.numpy.asarray(np.asarray(e, claim.point.dtype)) for name, e in claim.extra.items()}

        def function(*inputs: jax.Array) -> jax.Array:
            moved = {name: jax.numpy.asarray(array) for name, array in zip(names, inputs, strict=True)}
            added = [jax.numpy.sum(extra[name] * (moved[name] - jax.lax.stop_gradient(moved[name]))) for name in names]
            return claim.function(**{**constants, **moved}) + sum(added)

        try:
            check(function, tuple(constants[name] for name in names), order=1, modes=["rev"])
        except AssertionError:
            return True
    return False


# ---- SciPy -----------------------------------------------------------------------------------


def check_grad(claim: Claim) -> bool:
    """Whether the norm that `scipy.optimize.check_grad` returns is twice that of the right gradient.

    It has no threshold of its own; this one knows what the right gradient would have got.
    """
    from scipy.optimize import check_grad as check

    shapes = {name: array.shape for name, array in claim.moving.items()}

    def value(flat: np.ndarray) -> Any:
        return claim.value(_parts(flat, shapes))

    def norm(gradient: Arrays) -> float:
        return float(check(value, lambda _: _flat(gradient), _flat(claim.moving)))

    return not norm(claim.claimed) <= 2 * norm(claim.gradient)


def derivative(claim: Claim) -> bool:
    """Whether one entry is beyond the error that `scipy.differentiate.derivative` estimates, plus what it promises.

    It stops at an estimated error of √ε of its answer.
    """
    from scipy.differentiate import derivative as estimate

    name, index = claim.entry
    array = claim.moving[name]

    def value(numbers: np.ndarray) -> np.ndarray:
        result = np.empty_like(numbers)
        for place, number in np.ndenumerate(numbers):
            moved = array.copy()
            moved[index] = number
            result[place] = claim.value({name: moved})
        return result

    with np.errstate(all="ignore"):
        found = estimate(value, array[index])
    promised = float(found.error) + float(np.sqrt(np.finfo(array.dtype).eps)) * abs(float(found.df))
    return not abs(float(claim.claimed[name][index]) - float(found.df)) <= promised


def _flat(arrays: Arrays) -> np.ndarray:
    return np.concatenate([array.ravel() for array in arrays.values()])


def _parts(flat: np.ndarray, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
    parts = zip(shapes.items(), np.split(flat, ends[:-1]), strict=True)
    return {name: part.reshape(shape) for (name, shape), part in parts}


CHECKERS = (
    Checker("gradcheck", 1_000, lambda claim: gradcheck(claim, fast_mode=False)),
    Checker("gradcheck, fast mode", 100_000, lambda claim: gradcheck(claim, fast_mode=True)),
    Checker("check_grads", 100_000, check_grads),
    Checker("scipy check_grad", 1_000, check_grad),
    Checker("scipy derivative, told the entry", 100_000, derivative),
)
