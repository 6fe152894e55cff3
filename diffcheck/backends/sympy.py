"""SymPy: the function runs on symbols, every entry is differentiated as an explicit scalar.

The scalars are evaluated in balls to 50 digits, so an entry is a fraction with a certain bound on
its error, and not a float. SymPy's part is the calculus: `sympy.diff` of one scalar for each entry;
of order 2, of a scalar that is differentiated along the tangents before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from importlib.metadata import version
from math import inf, nextafter
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.backends.base import (
    REVERSE,
    Capabilities,
    Derivative,
    Task,
    Unsupported,
    check_output,
    function_of,
    plain_and_spelling,
)
from diffcheck.case import Case
from diffcheck.dtype import is_floating
from diffcheck.point import Point

if TYPE_CHECKING:
    from flint import arb

    from diffcheck.symbolic.derivation import Derivation, Leaf

# One scalar is differentiated for each entry; what a scalar costs is limited in `symbolic.gradient`.
LARGEST_GRADIENT = 128
LARGEST_ARGUMENTS = 512

# 50 digits are 166 bits. A derivative below 2⁻¹²⁰⁰ is below every dtype, and need not have digits.
DIGITS_BITS = 170
SMALLEST_EXPONENT = -1200
LARGEST_EXPONENT = 2**14
PRECISIONS = (256, 1536, 4096)

REVERSE_OVER_FORWARD = "RF"

COTANGENT = "the cotangent"  # no name that an argument can have

# Derivations kept: a search draws a case's sizes over and over.
KEPT = 512


class SympyBackend:
    """Explicit scalar differentiation by SymPy, for small sizes."""

    name = "sympy"
    capabilities = Capabilities(
        modes=(REVERSE, REVERSE_OVER_FORWARD),
        dtypes=("float64",),
        requires="sympy",
        one_line="SymPy: explicit scalars, differentiated one by one, to 50 digits",
    )

    def __init__(self) -> None:
        self._derivations: dict[Any, Derivation] = {}

    def version(self) -> str:
        """The installed version of SymPy."""
        return version("sympy")

    def transforms(self, case: Case) -> tuple[str, ...]:
        """The mode alone."""
        return plain_and_spelling(self, case)

    def differentiate(self, task: Task) -> Derivative:
        """Evaluate SymPy's derivative of every entry, as a fraction with a bound on its error.

        Raises:
            Unsupported: too many entries, a function that symbols do not have, a kink exactly at
                the point, or no finite derivative there.
            BadOutput: the function does not return one array of numbers.
        """
        function = function_of(self, task)
        _refuse_large(task)
        values = _symbol_values(task)
        leaf = self._leaf(function, task, values)
        if leaf.tie:
            raise Unsupported("a kink lies exactly at this point: SymPy's derivative is not defined there")
        return _derivative(leaf, values)

    def _leaf(self, function: Callable[..., Any], task: Task, values: Mapping[Any, arb]) -> Leaf:
        from diffcheck.symbolic.decider import Undefined
        from diffcheck.symbolic.derivation import Refused

        try:
            return self._derivation(function, task).at(values)
        except (Refused, Undefined) as error:
            raise Unsupported(str(error)) from error

    def _derivation(self, function: Callable[..., Any], task: Task) -> Derivation:
        from diffcheck.symbolic.derivation import Derivation
        from diffcheck.symbolic.gradient import symbols

        given = task.point.cotangent
        cotangent = None if given is None else symbols(COTANGENT, given.shape)
        key = (function, task.mode, _shapes_and_constants(task.point), task.wrt, None if given is None else given.shape)
        if key not in self._derivations:
            while len(self._derivations) >= KEPT:
                del self._derivations[next(iter(self._derivations))]
            checked = _checked(function, task.point)
            tangents = {name: symbols(_tangent(name), task.point.arguments[name].shape) for name in task.wrt}
            along = tangents if task.mode == REVERSE_OVER_FORWARD else None
            self._derivations[key] = Derivation(checked, _arguments(task.point), task.wrt, cotangent, along)
        return self._derivations[key]


def _checked(function: Callable[..., Any], point: Point) -> Callable[..., Any]:
    """The function, refusing what is not one array of numbers."""
    from diffcheck.symbolic.array import SymbolArray

    def run(**arguments: Any) -> SymbolArray:
        output = function(**arguments)
        check_output(output, SymbolArray, point.dtype, point.cotangent)
        return output

    return run


def _refuse_large(task: Task) -> None:
    counts = {name: array.size for name, array in task.point.arguments.items() if is_floating(array.dtype)}
    differentiated = sum(counts[name] for name in task.wrt)
    if differentiated > LARGEST_GRADIENT:
        raise Unsupported(f"{differentiated:,} entries; the limit is {LARGEST_GRADIENT}")
    if sum(counts.values()) > LARGEST_ARGUMENTS:
        raise Unsupported(f"{sum(counts.values()):,} numbers in the arguments; the limit is {LARGEST_ARGUMENTS}")


def _arguments(point: Point) -> dict[str, tuple[int, ...] | np.ndarray]:
    """Shapes of what becomes symbols, and the integer arrays, which are constants."""
    return {name: array.shape if is_floating(array.dtype) else array for name, array in point.arguments.items()}


def _shapes_and_constants(point: Point) -> tuple[Any, ...]:
    """The same, hashable."""
    return tuple(
        (name, array.shape, b"" if is_floating(array.dtype) else array.tobytes())
        for name, array in point.arguments.items()
    )


def _tangent(name: str) -> str:
    return f"the tangent of {name}"


def _symbol_values(task: Task) -> dict[Any, arb]:
    """The exact values of what becomes symbols, and of the cotangent's and the tangents'."""
    from diffcheck.symbolic.gradient import values_at

    point = task.point
    arrays = {name: array for name, array in point.arguments.items() if is_floating(array.dtype)}
    arrays |= {_tangent(name): point.tangent_for(name) for name in task.wrt}
    if point.cotangent is not None:
        arrays[COTANGENT] = point.cotangent
    return values_at(arrays)


# --- balls → fractions ----------------------------------------------------------------------------


def _derivative(leaf: Leaf, values: Mapping[Any, arb]) -> Derivative:
    from diffcheck.symbolic.derivation import split

    balls = split(leaf, _narrow(leaf, values))
    value = _each(float, balls.pop(""), float)
    entries = {name: _each(_fraction, array, object) for name, array in balls.items()}
    bound = {name: _each(_radius, array, float) for name, array in balls.items()}
    return Derivative(value, entries, bound)


def _narrow(leaf: Leaf, values: Mapping[Any, arb]) -> list[arb]:
    """The results to 50 digits, by increasing precision.

    Raises:
        Unsupported: one of them is not finite, or would need more bits than are tried.
    """
    from flint import ctx

    for bits in PRECISIONS:
        with ctx.workprec(bits):
            balls = leaf.program.evaluate(values)
            if all(_is_narrow(ball) for ball in balls):
                return balls
    if not all(ball.is_finite() for ball in balls):
        raise Unsupported("SymPy's derivative has no finite value at this point")
    raise Unsupported(f"50 digits would need more than {PRECISIONS[-1]} bits at this point")


def _is_narrow(ball: arb) -> bool:
    if not ball.is_finite():
        return False
    return ball.rel_accuracy_bits() >= DIGITS_BITS or _exponent(ball.abs_upper()) < SMALLEST_EXPONENT or ball.rad() == 0


def _exponent(ball: arb) -> int:
    """The binary exponent of a ball's midpoint: |mid| < 2**exponent; very small for zero."""
    mantissa, exponent = ball.mid().man_exp()
    return int(exponent) + int(mantissa).bit_length() if mantissa else -(2**62)


def _fraction(ball: arb) -> Fraction:
    mantissa, exponent = (int(part) for part in ball.mid().man_exp())
    if _exponent(ball) > LARGEST_EXPONENT:
        raise Unsupported(f"the derivative exceeds 2^{LARGEST_EXPONENT} at this point")
    if _exponent(ball) < -LARGEST_EXPONENT:
        return Fraction(0)
    return Fraction(mantissa) * Fraction(2) ** exponent


def _radius(ball: arb) -> float:
    """A float above the ball's radius, and above what `_fraction` drops, which is below every float."""
    return nextafter(float(ball.rad()), inf)


def _each(convert: Callable[[arb], Any], balls: np.ndarray, dtype: Any) -> np.ndarray:
    array = np.empty(balls.shape, dtype)
    array.flat[:] = [convert(ball) for ball in balls.flat]
    return array
