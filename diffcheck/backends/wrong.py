"""Planted errors, for testing the tester: a right backend, and one thing wrong with it.

Each `Plant` is a mistake that people make. A plant can be without effect where it stands (the
transpose of a symmetric gradient, 1e-9 in float32): `changed` tells. None of this is in
`BACKENDS`, so no run ever sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.backends.base import (
    PLAIN,
    REVERSE,
    SPELLING,
    Backend,
    Capabilities,
    Derivative,
    Task,
    Unsupported,
    function_of,
)
from diffcheck.case import Case

if TYPE_CHECKING:
    import torch

Function = Callable[..., Any]


@dataclass(frozen=True)
class Plant:
    """One mistake.

    Attributes:
        name: what it is called.
        sentence: what is wrong.
        differentiate: the right backend and a task → the wrong derivative, of the right shapes.
    """

    name: str
    sentence: str
    differentiate: Callable[[Backend, Task], Derivative]


@dataclass(frozen=True)
class WrongBackend:
    """A backend with a planted error; everything else is the base's."""

    base: Backend
    name: str
    plant: Plant

    @property
    def capabilities(self) -> Capabilities:
        """Those of the base."""
        return self.base.capabilities

    def version(self) -> str:
        """The version of what the base wraps."""
        return self.base.version()

    def transforms(self, case: Case) -> tuple[str, ...]:
        """Those of the base."""
        return self.base.transforms(case)

    def differentiate(self, task: Task) -> Derivative:
        """Compute the derivative as the base does, with the mistake.

        Raises:
            Unsupported: the base declines, or the mistake cannot be made there.
        """
        return self.plant.differentiate(self.base, task)


def changed(original: Derivative, altered: Derivative) -> bool:
    """Whether any entry differs; NaN is equal to NaN, and 0 to 0 of either sign."""
    return any(not _same(entry, altered.entries[name]) for name, entry in original.entries.items())


def _same(left: np.ndarray | None, right: np.ndarray | None) -> bool:
    if left is None or right is None:
        return left is right
    return np.array_equal(left, right, equal_nan=True)


# Mistakes in the numbers: the right derivative, altered.


def _altered(alter: Callable[[np.ndarray], np.ndarray]) -> Callable[[Backend, Task], Derivative]:
    """Alter every array of the right derivative, keeping its shape and dtype."""

    def differentiate(base: Backend, task: Task) -> Derivative:
        right = base.differentiate(task)
        entries = {name: None if entry is None else _like(entry, alter(entry)) for name, entry in right.entries.items()}
        return replace(right, entries=entries)

    return differentiate


def _like(entry: np.ndarray, altered: np.ndarray) -> np.ndarray:
    return np.asarray(altered, entry.dtype).reshape(entry.shape)


def _one_zeroed(entry: np.ndarray) -> np.ndarray:
    """Zero the smallest entry that is not zero: the one that a norm shows least."""
    altered = entry.copy()
    magnitudes = np.where(entry == 0, np.inf, np.abs(entry))
    altered.flat[np.argmin(magnitudes)] = 0
    return altered


def _transposed(entry: np.ndarray) -> np.ndarray:
    """Swap the last two axes, read in the old shape; reverse a vector; leave a scalar."""
    if entry.ndim > 1:
        return np.swapaxes(entry, -1, -2)
    return np.flip(entry)


def _summed(base: Backend, task: Task) -> Derivative:
    """Multiply by the number of samples, taken to be the longest first axis of the arguments."""
    samples = max(array.shape[0] if array.ndim else 1 for array in task.point.arguments.values())
    return _altered(lambda entry: entry * samples)(base, task)


# Mistakes in the program: the right derivative of something else.


def _stale(base: Backend, task: Task) -> Derivative:
    """Pair the value at the point with the derivative a little earlier, 2⁻¹⁰ (relative) nearer to zero."""
    arguments = task.point.arguments
    earlier = {name: arguments[name] - np.ldexp(arguments[name], -10) for name in task.wrt}
    point = replace(task.point, arguments={**arguments, **earlier})
    return replace(base.differentiate(replace(task, point=point)), value=_value(base, task))


def _term_missing(base: Backend, task: Task) -> Derivative:
    """Leave out the last number of the direction: of the cotangent, or of the first input's tangent."""
    point = task.point
    if task.mode == REVERSE:
        cotangent = point.cotangent_for(_value(base, task).shape)
        return base.differentiate(replace(task, point=replace(point, cotangent=_last_zeroed(cotangent))))
    tangent = _last_zeroed(point.tangent_for(task.wrt[0]))
    return base.differentiate(replace(task, point=replace(point, tangents={**point.tangents, task.wrt[0]: tangent})))


def _last_zeroed(direction: np.ndarray) -> np.ndarray:
    altered = np.array(direction)
    altered.flat[-1] = 0
    return altered


def _value(base: Backend, task: Task) -> np.ndarray:
    value = base.differentiate(task).value
    if value is None:
        raise Unsupported(f"{base.name} computes no value")
    return value


def _argument_detached(base: Backend, task: Task) -> Derivative:
    """Cut the first input off, whole."""
    from diffcheck.special import stop_gradient

    function = function_of(base, task)
    first = task.wrt[0]

    def run(**arguments: Any) -> Any:
        return function(**{**arguments, first: stop_gradient(arguments[first])})

    return _of_another(base, task, run)


def _path_detached(base: Backend, task: Task) -> Derivative:
    """Cut the first input off where it is first used, as one stray `.detach()` does."""
    if base.name != "torch":
        raise Unsupported("a single path is detached in torch only")
    function = function_of(base, task)
    first = task.wrt[0]

    def run(**arguments: Any) -> Any:
        with _detach_first_use(arguments[first]):
            return function(**arguments)

    return _of_another(base, task, run)


def _of_another(base: Backend, task: Task, function: Function) -> Derivative:
    """The base's derivative of another function."""
    transform = PLAIN if task.transform == SPELLING else task.transform
    return base.differentiate(replace(task, function=function, transform=transform))


def _detach_first_use(tensor: torch.Tensor) -> AbstractContextManager[Any]:
    """A context in which the first torch operation on this very tensor gets it detached, in one place."""
    from torch import Tensor
    from torch.overrides import TorchFunctionMode

    class DetachFirstUse(TorchFunctionMode):
        used = False

        def __torch_function__(self, operation: Function, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = operation(*args, **(kwargs or {}))
            places = [place for place, argument in enumerate(args) if argument is tensor]
            # What comes of a shape or a comparison carries no derivative: that is no use.
            if self.used or not places or not (isinstance(result, Tensor) and result.is_floating_point()):
                return result
            self.used = True
            detached = [*args]
            detached[places[0]] = tensor.detach()
            return operation(*detached, **(kwargs or {}))

    return DetachFirstUse()


PLANTS = (
    Plant("sign flipped", "Every entry has the opposite sign.", _altered(np.negative)),
    Plant("factor two", "Every entry is twice what it should be.", _altered(lambda entry: entry * 2)),
    Plant("one entry zeroed", "The smallest entry that is not zero is lost.", _altered(_one_zeroed)),
    Plant("transposed", "The last two axes are swapped, or a vector is reversed.", _altered(_transposed)),
    Plant("a billionth", "Every entry is multiplied by 1 + 1e-9.", _altered(lambda entry: entry * (1 + 1e-9))),
    Plant("wrong reduction", "The gradient of the sum where the function takes the mean.", _summed),
    Plant("stale value", "The derivative belongs to an earlier point than the value.", _stale),
    Plant("term missing", "The last number of the cotangent or tangent is left out.", _term_missing),
    Plant("argument detached", "The first input is cut off from the graph.", _argument_detached),
    Plant("path detached", "The first input is cut off where it is first used, and only there.", _path_detached),
)


def wrong_backends(base: Backend) -> tuple[WrongBackend, ...]:
    """Every planted error on top of one backend."""
    return tuple(WrongBackend(base, f"{base.name}, {plant.name}", plant) for plant in PLANTS)
