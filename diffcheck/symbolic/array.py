"""An array of SymPy scalars that answers like an array of the array API standard."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral, Real
from types import ModuleType
from typing import Any

import numpy as np
import sympy as sp

from diffcheck.symbolic.size import refuse_large_scalar


class NotCovered(NotImplementedError):
    """A function that symbols do not have; the message names it."""


class SymbolArray:
    """A NumPy array of SymPy scalars, or of plain integers or truth values.

    Attributes:
        values: dtype object holds SymPy scalars and stands for float64; int64 and bool are
            known while the function runs, so they may be indices and conditions.
    """

    __array_ufunc__ = None  # NumPy leaves mixed operations to us

    T: SymbolArray
    mT: SymbolArray  # noqa: N815  (the standard's name)

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __array_namespace__(self, api_version: str | None = None) -> ModuleType:
        """The functions for such arrays."""
        from diffcheck.symbolic import namespace

        return namespace

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's sizes."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.values.ndim

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.values.size

    @property
    def dtype(self) -> np.dtype:
        """What a framework would call the entries: float64, int64 or bool."""
        return np.dtype("float64") if self.values.dtype == object else self.values.dtype

    @property
    def device(self) -> str:
        """A stand-in."""
        return "cpu"

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[SymbolArray]:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        return f"SymbolArray({self.values!r})"

    def __getitem__(self, key: Any) -> SymbolArray:
        parts = key if isinstance(key, tuple) else (key,)
        plain = tuple(part.values if isinstance(part, SymbolArray) else part for part in parts)
        return wrap(self.values[plain])

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError("the truth value of an array with several entries is not one answer")
        if self.values.dtype == bool:
            return bool(self.values.item())
        return bool(self.__array_namespace__().not_equal(self, 0))

    def __index__(self) -> int:
        if self.values.dtype == object:
            raise NotCovered("a symbol cannot be an index or a plain integer")
        return int(self.values.item())

    __int__ = __index__

    def __float__(self) -> float:
        if self.values.dtype == object:
            raise NotCovered("float() makes a symbol a plain number: keep it an array, or use stop_gradient")
        return float(self.values.item())

    __hash__ = object.__hash__  # comparing entry by entry takes it away


# --- operators: each is the namespace's function of that name -------------------------------------

_BINARY = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "pow", "matmul": "matmul"}
_CONDITIONS = {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
    "and": "logical_and",
    "or": "logical_or",
}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "logical_not"}


def _operator(name: str, reflected: bool = False) -> Any:
    def operator(self: SymbolArray, *other: Any) -> Any:
        function = getattr(self.__array_namespace__(), name)
        return function(*other, self) if reflected else function(self, *other)

    return operator


for _short, _name in {**_BINARY, **_CONDITIONS, **_UNARY}.items():
    setattr(SymbolArray, f"__{_short}__", _operator(_name))
for _short, _name in _BINARY.items():
    setattr(SymbolArray, f"__r{_short}__", _operator(_name, reflected=True))
for _name in ("T", "mT"):
    setattr(SymbolArray, _name, property(_operator("matrix_transpose")))


# --- to and from NumPy ----------------------------------------------------------------------------


def exact(number: Any) -> sp.Expr:
    """A number as the SymPy number it exactly is.

    A float means its exact dyadic value, which is what a framework computes with in float64:
    0.1 is 3602879701896397/2⁵⁵ and not 1/10. In float32 a framework rounds the literal once more,
    and that rounding is the framework's error, at most half an ulp of the literal.
    """
    if isinstance(number, sp.Basic):
        return number
    if isinstance(number, (bool, np.bool_, Integral)):
        return sp.Integer(int(number))
    if not isinstance(number, Real):
        raise NotCovered(f"symbols cannot be combined with a {type(number).__name__}")
    value = float(number)
    if np.isfinite(value):
        return sp.Rational(*value.as_integer_ratio())
    return sp.nan if np.isnan(value) else sp.oo * np.sign(value)


_exact_entries = np.frompyfunc(exact, 1, 1)


def wrap(values: Any) -> SymbolArray:
    """A NumPy result as a `SymbolArray`; NumPy makes single objects of arrays without axes.

    Raises:
        TooLarge: a scalar has grown beyond what SymPy can handle in time.
    """
    if not isinstance(values, np.ndarray):
        values = _single(values) if isinstance(values, sp.Basic) else np.asarray(values)
    if values.dtype == object:
        for scalar in values.flat:
            refuse_large_scalar(scalar)
    return SymbolArray(values)


def _single(value: Any) -> np.ndarray:
    array = np.empty((), object)
    array[()] = value
    return array


def values_of(operand: Any) -> np.ndarray:
    """The values of an operand: SymPy scalars, or integers or truth values where it has those."""
    if isinstance(operand, SymbolArray):
        return operand.values
    if isinstance(operand, sp.Basic):
        return _single(operand)
    if isinstance(operand, (list, tuple)):
        return _of_list(operand)
    array = np.asarray(operand)
    return array if array.dtype.kind in "bi" else entries(array)


def _of_list(operands: list[Any] | tuple[Any, ...]) -> np.ndarray:
    parts = [values_of(operand) for operand in operands]
    if not parts:
        return np.empty(0, object)
    return np.stack(parts if all(part.dtype == parts[0].dtype for part in parts) else [entries(part) for part in parts])


def entries(operand: Any) -> np.ndarray:
    """The values of an operand as SymPy scalars, whatever they are."""
    values = operand if isinstance(operand, np.ndarray) else values_of(operand)
    exact_values = _exact_entries(values)
    return exact_values if isinstance(exact_values, np.ndarray) else _single(exact_values)
