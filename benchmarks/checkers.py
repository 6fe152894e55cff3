"""The usual checkers, each asked whether it objects to a gradient with a planted error; with default settings.

A checker sees an ordinary function, whose value is right everywhere and whose gradient is the right
one and something more: f(x) + ⟨extra, x − constant x⟩. It is asked about many errors at one point, so
what it finds there without looking at the gradient is kept.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from unittest import mock

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
    with warnings.catch_warnings(), _brief():
        warnings.simplefilter("ignore")  # that float32 is not precise enough for it
        return not torch.autograd.gradcheck(function, inputs, fast_mode=fast_mode, raise_exception=False)


def _brief() -> AbstractContextManager[Any]:
    """Without the slow mode's numbers in the message that the fast mode objects with: nobody reads it here."""
    module = importlib.import_module("torch.autograd.gradcheck")
    return mock.patch.object(module, "_run_slow_mode_and_get_error", return_value="")


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

    value = _value_of_flat(claim.function, claim.point, tuple(claim.gradient))
    start = _flat(claim.moving)

    def norm(gradient: Arrays) -> float:
        return float(check(lambda flat: value(flat.tobytes(), flat.dtype), lambda _: _flat(gradient), start))

    return not norm(claim.claimed) <= 2 * norm(claim.gradient)


@lru_cache(maxsize=1)
def _value_of_flat(function: Callable[..., Any], point: Point, names: tuple[str, ...]) -> Callable[..., Any]:
    """The function of all moving numbers in a row, which remembers what it was asked."""
    shapes = {name: point.arguments[name].shape for name in names}

    @lru_cache(maxsize=2_048)
    def value(flat: bytes, dtype: np.dtype) -> Any:
        parts = _parts(np.frombuffer(flat, dtype), shapes)
        return function(**{**point.arguments, **parts})

    return value


def derivative(claim: Claim) -> bool:
    """Whether one entry is beyond the error that `scipy.differentiate.derivative` estimates, plus what it promises.

    It stops at an estimated error of √ε of its answer.
    """
    name, index = claim.entry
    found, error = _estimated(claim.function, claim.point, name, index)
    promised = error + float(np.sqrt(np.finfo(claim.point.dtype).eps)) * abs(found)
    return not abs(float(claim.claimed[name][index]) - found) <= promised


@lru_cache(maxsize=1)
def _estimated(function: Callable[..., Any], point: Point, name: str, index: tuple[int, ...]) -> tuple[float, float]:
    """What SciPy takes one entry and its error to be."""
    from scipy.differentiate import derivative as estimate

    array = point.arguments[name]

    def value(numbers: np.ndarray) -> np.ndarray:
        result = np.empty_like(numbers)
        for place, number in np.ndenumerate(numbers):
            moved = array.copy()
            moved[index] = number
            result[place] = function(**{**point.arguments, name: moved})
        return result

    with np.errstate(all="ignore"):
        found = estimate(value, array[index])
    return float(found.df), float(found.error)


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
    Checker("scipy check_grad, told the right gradient", 1_000, check_grad),
    Checker("scipy derivative, told the entry", 100_000, derivative),
)
