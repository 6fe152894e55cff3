"""A step: one operation of a run, with the arrays that it got and the adjoint of what it returned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter, Signature
from typing import Any

import numpy as np

from diffcheck.lift.line import Line


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation as a function of its own.

    Attributes:
        function: the arguments in, a list of floating arrays out.
        names: what it calls its arguments.
    """

    function: Callable[..., Any]
    names: tuple[str, ...]

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    @property
    def __signature__(self) -> Signature:
        return Signature([Parameter(name, Parameter.POSITIONAL_ONLY) for name in self.names])


@dataclass(frozen=True, eq=False)
class Step:
    """One operation of a run.

    Attributes:
        name: what it is called.
        line: where the function calls it.
        operation: it alone.
        arguments: what it got, copied before it ran; arrays are the framework's.
        wrt: the leaves of them that move with what is differentiated.
        adjoint: of what it returned; several outputs one after the other.
        has_own_rule: whether somebody wrote its backward by hand.
        within: its own tape, where it is a program of operations.
    """

    name: str
    line: Line | None
    operation: Operation
    arguments: tuple[Any, ...]
    wrt: tuple[str, ...]
    adjoint: np.ndarray
    has_own_rule: bool = False
    within: Callable[[], Tape] | None = None

    def __str__(self) -> str:
        return _located(self.name, self.line)


@dataclass(frozen=True)
class Stop:
    """Something that keeps gradients from what moves, or changes them on their way.

    Attributes:
        name: what it is called.
        line: where the function calls it.
        is_read: whether it counts as part of what the function computes, where nothing else defines that.
    """

    name: str
    line: Line | None
    is_read: bool

    def __str__(self) -> str:
        return _located(self.name, self.line)


@dataclass(frozen=True, eq=False)
class Tape:
    """What ran.

    Attributes:
        steps: the operations that the cotangent reaches, in the order of the run.
        stops: what stands in its way.
        is_whole: whether every operation was seen, and is among the steps.
    """

    steps: tuple[Step, ...]
    stops: tuple[Stop, ...] = ()
    is_whole: bool = True

    def shortened(self, most: int) -> Tape:
        """The steps with a rule of their own alone, where there are more than so many."""
        if len(self.steps) <= most:
            return self
        return replace(self, steps=tuple(step for step in self.steps if step.has_own_rule), is_whole=False)


def one_array(adjoints: Sequence[np.ndarray]) -> np.ndarray:
    """The adjoints of several outputs as the one array that `Call` makes of them."""
    if len(adjoints) == 1:
        return adjoints[0]
    return np.concatenate([adjoint.reshape(-1) for adjoint in adjoints])


def _located(name: str, line: Line | None) -> str:
    return name if line is None else f"{name} ({line})"
