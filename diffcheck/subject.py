"""A subject: somebody's own function, with the definition that it is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from diffcheck.backends.base import first_line
from diffcheck.expression.trace import Decide, Traced, Tracer
from diffcheck.lift.departures import departures
from diffcheck.lift.paths import Paths
from diffcheck.lift.primal import FRAMEWORKS, array_of, at_rest, framework_of, numpy_of
from diffcheck.namespace import array_namespace
from diffcheck.point import Point
from diffcheck.pytree import leaves, mapped
from diffcheck.reference.tracing import decider_at, trace_along, trace_at

Function = Callable[..., Any]

ARRAY_API = "array API"


class CheckError(ValueError):
    """A function that cannot be checked; the message is one line that says what to do."""


@dataclass(frozen=True)
class Slot:
    """The place of an array among a function's arguments."""

    name: str


@dataclass(frozen=True, eq=False)
class Call:
    """A function of arrays by name: they take their places among its arguments, its outputs become one array.

    Attributes:
        function: as somebody wrote it.
        arguments: its positional arguments, with a slot in place of every array that may change.
    """

    function: Function
    arguments: tuple[Any, ...]

    def __call__(self, **arrays: Any) -> Any:
        return _one_array(self.function(*self.given(arrays)))

    def given(self, arrays: Mapping[str, Any]) -> tuple[Any, ...]:
        """What the function is given: the arrays in their places."""
        return mapped(lambda _, leaf: arrays[leaf.name] if isinstance(leaf, Slot) else leaf, self.arguments)


@dataclass(frozen=True, eq=False)
class Definition:
    """What a subject is judged by.

    Attributes:
        call: a function of arrays.
        language: `array API`, `torch` or `jax`: what it is written for.
        dtype: in which it is read, whatever is under test: a literal is then nearer to what was meant.
            `None` for a function that is its own definition: as it runs.
    """

    call: Call
    language: str
    dtype: str | None = None

    def traced_at(self, point: Point, beside: Mapping[str, np.ndarray] | None) -> Traced:
        """Its expression at a point.

        Raises:
            NotCovered: it cannot be read; the message says why.
        """
        if self.language == ARRAY_API:
            return trace_at(self.call, point, beside)
        return self.traced_along(point, decider_at(point, beside))

    def traced_along(self, point: Point, decide: Decide) -> Traced:
        """Its expression on the path that some answers to its conditions lead along.

        Args:
            point: for everything but its conditions.
            decide: a condition → its answer; asked once for each, in their order.

        Raises:
            NotCovered: as `traced_at`.
        """
        if self.language == ARRAY_API:
            return trace_along(self.call, point, decide)
        return self._paths.along(point if self.dtype is None else point.astype(self.dtype), decide)

    @cached_property
    def _paths(self) -> Paths:
        return Paths(self.call, self.language)


@dataclass(frozen=True, eq=False)
class Subject:
    """Somebody's own function, as a case has one: it runs on a framework's arrays, and it has an expression.

    Attributes:
        call: what is judged; on a framework's arrays it is what runs.
        definition: whose expression stands for it.
        framework: `torch` or `jax`, whose arrays it takes where it is given NumPy's.
    """

    call: Call
    definition: Definition
    framework: str

    def __call__(self, **arrays: Any) -> Any:
        if any(isinstance(array, Tracer) for array in arrays.values()):
            return self.definition.call(**arrays)
        if all(isinstance(array, np.ndarray) for array in arrays.values()):
            return self.on_numpy(arrays)
        return self.call(**arrays)

    def traced_at(self, point: Point, beside: Mapping[str, np.ndarray] | None = None) -> Traced:
        """The expression of its definition at a point."""
        return self.definition.traced_at(point, beside)

    def traced_along(self, point: Point, decide: Decide) -> Traced:
        """The expression of its definition on the path that some answers lead along."""
        return self.definition.traced_along(point, decide)

    def on_numpy(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """Its value, computed by the framework."""
        with at_rest(self.framework, Point(arrays).dtype.name):
            return numpy_of(self.call(**_given(self.framework, arrays)))


def try_out(call: Call, framework: str, point: Point) -> bool:
    """Run a function twice, and see that it is one that has a derivative.

    Returns:
        whether it stays within its framework, so that its forward can be read.

    Raises:
        CheckError: it raises, is random, or returns nothing that can be differentiated.
    """
    with at_rest(framework, point.dtype.name):
        try:
            with departures(framework) as left:
                first, second = (call(**_given(framework, point.arguments)) for _ in range(2))
        except CheckError:
            raise
        except Exception as error:
            raise CheckError(f"the function raises {type(error).__name__}: {first_line(error)}") from error
        if framework_of(first) != framework:
            raise CheckError(f"the function does not return {framework}'s arrays where it is given them")
        values = numpy_of(first), numpy_of(second)
    if values[0].shape != values[1].shape:
        raise CheckError(
            f"the function is random: one call gives the shape {values[0].shape}, the next {values[1].shape}"
        )
    if not np.array_equal(*values, equal_nan=True):
        raise CheckError("the function is random: two calls give two values; call .eval() on a module, or fix its seed")
    return not left


def written_to(call: Call, framework: str, point: Point) -> str | None:
    """The first argument that a function writes to; `None` if it leaves all of them alone."""
    with at_rest(framework, point.dtype.name):
        given = _given(framework, point.arguments)
        call(**given)
    changed = (
        name
        for name, array in point.arguments.items()
        if not np.array_equal(numpy_of(given[name]), array, equal_nan=True)
    )
    return next(changed, None)


def read(function: Function, arguments: tuple[Any, ...], framework: str, point: Point) -> Definition:
    """A definition, in whatever it is written: for the array API, torch or jax.

    Args:
        function: the definition.
        arguments: as `Call` takes them.
        framework: of the subject; what is tried first after the array API.
        point: where it is tried.

    Raises:
        CheckError: it is none of them.
    """
    call = Call(function, arguments)
    reasons = []
    frameworks = sorted(FRAMEWORKS, key=lambda name: name != framework)
    ways = [(ARRAY_API, None), *((name, dtype) for name in frameworks for dtype in ("float64", None))]
    for language, dtype in ways:
        definition = Definition(call, language, dtype)
        try:
            definition.traced_at(point, None)
        except Exception as error:  # noqa: BLE001 - a function of another framework may raise anything
            reasons.append(f"{language}: {first_line(error)}")
        else:
            return definition
    raise CheckError(f"the definition cannot be read ({'; '.join(dict.fromkeys(reasons))})")


def _given(framework: str, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    return {name: array_of(framework, array) for name, array in arrays.items()}


# ---- one array of all outputs ------------------------------------------------------------------


def _one_array(output: Any) -> Any:
    """The output; several of them, one after the other.

    Raises:
        CheckError: nothing among them can be differentiated.
    """
    outputs = [leaf for _, leaf in leaves(output) if leaf is not None]
    floating = [leaf for leaf in outputs if _is_floating(leaf)]
    if not floating:
        raise CheckError(f"the function returns {_described(outputs)}: return an array of floating numbers")
    if len(outputs) == 1:
        return floating[0]
    xp = array_namespace(*floating)
    return xp.concat([xp.reshape(array, (-1,)) for array in floating])


def _is_floating(leaf: Any) -> bool:
    if isinstance(leaf, Tracer):
        return not leaf.is_condition
    return (framework_of(leaf) is not None or isinstance(leaf, (np.ndarray, np.generic))) and "float" in str(leaf.dtype)


def _described(outputs: list[Any]) -> str:
    if not outputs:
        return "nothing"
    dtypes = dict.fromkeys(
        str(leaf.dtype) if framework_of(leaf) else f"a Python {type(leaf).__name__}" for leaf in outputs
    )
    return " and ".join(dtypes)
