"""The explicit gradient: scalars from running a function on symbols, differentiated by SymPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.symbolic.array import SymbolArray, entries, wrap
from diffcheck.symbolic.decider import Decider, deciding
from diffcheck.symbolic.size import TooLarge, refuse_large_gradient

Shape = tuple[int, ...]
Argument = Shape | np.ndarray


@dataclass(frozen=True)
class Explicit:
    """A function's value and gradient as SymPy scalars.

    Attributes:
        value: object array of the output's shape.
        entries: argument → object array of the argument's shape.
    """

    value: np.ndarray
    entries: Mapping[str, np.ndarray]


def symbols(name: str, shape: Shape) -> np.ndarray:
    """An object array of symbols: `x` for a scalar, else `x_0`, `x_1` … or `x_0_0`, `x_0_1` …"""
    array = np.empty(shape, object)
    for index in np.ndindex(shape):
        array[index] = sp.Symbol("_".join([name, *map(str, index)]), real=True)
    return array


def values_at(arrays: Mapping[str, np.ndarray]) -> dict[sp.Symbol, arb]:
    """Every symbol's exact value, where the arguments have these numbers."""
    return {
        symbol: arb(float(number))
        for name, array in arrays.items()
        for symbol, number in zip(symbols(name, array.shape).flat, array.flat, strict=True)
    }


def run_on_symbols(function: Callable[..., Any], arguments: Mapping[str, Argument]) -> SymbolArray:
    """Run a function; a shape becomes symbols, an array is a constant.

    Raises:
        TypeError: the function does not return one array.
    """
    given = {
        name: wrap(symbols(name, argument) if isinstance(argument, tuple) else argument)
        for name, argument in arguments.items()
    }
    output = function(**given)
    if not isinstance(output, SymbolArray):
        raise TypeError(f"the function returns a {type(output).__name__}: return one array")
    return output


def explicit_gradient(
    function: Callable[..., Any],
    arguments: Mapping[str, Argument],
    wrt: Sequence[str],
    cotangent: np.ndarray | None,
    decider: Decider,
    tangents: Mapping[str, np.ndarray] | None = None,
) -> Explicit:
    """Differentiate Σ cotangent·output, or its derivative along tangents, with respect to each entry of some arguments.

    Args:
        function: arrays in (by name), one array out.
        arguments: name → the shape of an argument of symbols, or an array that is a constant.
        wrt: the arguments to differentiate with respect to; they must be of symbols.
        cotangent: numbers or symbols that broadcast to the output; `None` for all ones.
        decider: picks the branch at every kink.
        tangents: argument → numbers or symbols of its shape; `None`: the gradient itself is wanted.

    Raises:
        TooLarge: SymPy would take too long.
        NotCovered: the function uses something that symbols do not have.
    """
    try:
        return _derive(function, arguments, wrt, cotangent, decider, tangents)
    except RecursionError:
        raise TooLarge("the scalar is nested too deeply for SymPy") from None


def _derive(
    function: Callable[..., Any],
    arguments: Mapping[str, Argument],
    wrt: Sequence[str],
    cotangent: np.ndarray | None,
    decider: Decider,
    tangents: Mapping[str, np.ndarray] | None,
) -> Explicit:
    with deciding(decider) as call:
        output = entries(run_on_symbols(function, arguments))
    weights = _weights(cotangent, output.shape)
    total = sp.Add(*[weight * entry for weight, entry in zip(weights.flat, output.flat, strict=True)])
    inputs = {name: symbols(name, _shape(arguments[name])) for name in wrt}
    count = sum(array.size for array in inputs.values())
    refuse_large_gradient(total, count)
    if tangents is not None:
        total = _along(tangents, total, inputs)
        refuse_large_gradient(total, count)
    derive = _entrywise(lambda symbol: call.thaw(sp.diff(total, symbol)))
    return Explicit(_entrywise(call.thaw)(output), {name: derive(array) for name, array in inputs.items()})


def _along(tangents: Mapping[str, np.ndarray], total: sp.Expr, inputs: Mapping[str, np.ndarray]) -> sp.Expr:
    """The derivative of a scalar along some tangents."""
    pairs = [pair for name, array in inputs.items() for pair in zip(array.flat, tangents[name].flat, strict=True)]
    return sp.Add(*[along * sp.diff(total, symbol) for symbol, along in pairs])


def _entrywise(scalar: Callable[[sp.Expr], sp.Expr]) -> Callable[[np.ndarray], np.ndarray]:
    """A function of scalars, applied to every entry of an object array."""
    universal = np.frompyfunc(scalar, 1, 1)
    return lambda array: wrap(universal(array)).values


def _weights(cotangent: np.ndarray | None, shape: Shape) -> np.ndarray:
    if cotangent is None:
        return np.full(shape, sp.S.One, object)
    return np.broadcast_to(entries(cotangent), shape)


def _shape(argument: Argument) -> Shape:
    if not isinstance(argument, tuple):
        raise TypeError("an argument that is a constant cannot be differentiated with respect to")
    return argument
