"""The array API namespace of symbols: every public function of one file per family."""

from __future__ import annotations

from math import e, inf, nan, pi
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from diffcheck.symbolic import elementwise, linear_algebra, product, reduction, structure
from diffcheck.symbolic.array import NotCovered

__all__ = ["e", "inf", "is_diffcheck", "linalg", "nan", "newaxis", "pi"]


def _functions(family: ModuleType) -> dict[str, Any]:
    """The public functions that a file defines."""
    return {
        name: item
        for name, item in vars(family).items()
        if callable(item) and item.__module__ == family.__name__ and not name.startswith("_")
    }


_FUNCTIONS = {**_functions(elementwise), **_functions(reduction), **_functions(structure), **_functions(product)}
_TYPES = {name: np.dtype(name) for name in ("float64", "float32", "int64", "int32", "bool")}
_ALSO_LINEAR_ALGEBRA = ("diagonal", "matmul", "matrix_transpose", "tensordot", "vecdot")

is_diffcheck = True
newaxis = None
linalg = SimpleNamespace(
    **_functions(linear_algebra),
    **{name: _FUNCTIONS[name] for name in _ALSO_LINEAR_ALGEBRA},
)


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    if name in _TYPES:
        return _TYPES[name]
    if name.startswith("__"):
        raise AttributeError(name)
    raise NotCovered(f"symbols have no function {name!r}: add it to a file of diffcheck/symbolic")
