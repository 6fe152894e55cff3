"""The array API namespace of traced arrays: everything that diffcheck can trace.

Collected from one file per family, each of which lists its public names in `FUNCTIONS`.
A function that none of them has raises an error naming it.
"""

from __future__ import annotations

from math import e, inf, nan, pi
from typing import Any

from diffcheck.expression import creation, elementwise, linalg, linear, manipulation, network, reduction
from diffcheck.expression.functions import NotCovered

_FAMILIES = (elementwise, reduction, linear, manipulation, creation, network)
_FUNCTIONS = {name: getattr(family, name) for family in _FAMILIES for name in family.FUNCTIONS}

# Dtypes are stand-ins: an expression holds exact numbers.
_TYPES = {"float64": float, "float32": float, "int64": int, "int32": int, "bool": bool}

is_diffcheck = True
newaxis = None

__all__ = ["e", "inf", "is_diffcheck", "linalg", "nan", "newaxis", "pi", *_FUNCTIONS, *_TYPES]


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    if name in _TYPES:
        return _TYPES[name]
    if name.startswith("__"):
        raise AttributeError(name)
    raise NotCovered(f"diffcheck cannot trace {name!r} yet: it has no rule for this function")
