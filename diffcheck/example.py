"""A worked example: what a case file types, checked against the domains and made a point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from diffcheck.case import Case, CaseError
from diffcheck.domain import Domain, Normal
from diffcheck.dtype import ulp
from diffcheck.point import Point

COTANGENT = "cotangent"


def example_point(case: Case, example: Mapping[str, Any], dtype: DTypeLike) -> Point:
    """Turn a worked example into a point.

    Args:
        case: whose domains say which arguments are integers.
        example: argument → numbers, as typed in the case; optionally `cotangent`.
        dtype: the dtype under test; typed decimals are rounded to it.

    Raises:
        CaseError: a value is not an array of numbers.
    """
    arguments = {name: _array(example[name], _dtype_of(domain, dtype)) for name, domain in case.domains.items()}
    cotangent = example.get(COTANGENT)
    return weighed(case, Point(arguments, None if cotangent is None else _array(cotangent, dtype)))


def weighed(case: Case, point: Point) -> Point:
    """A point with the case's own cotangent, where it has none."""
    if case.cotangent is None or point.cotangent is not None:
        return point
    return replace(point, cotangent=_array(case.cotangent, point.dtype))


def check_example(case: Case, example: Mapping[str, Any], where: str) -> None:
    """Check a worked example against the case's domains.

    Args:
        case: whose example it is.
        example: argument → numbers.
        where: how a message names the example.

    Raises:
        CaseError: the first thing wrong with it, in one line.
    """
    try:
        _check_names(case, example)
        sizes: dict[str, tuple[int, str]] = {}
        for name, domain in case.domains.items():
            array = _array(example[name], np.float64)
            _check_finite(name, array)
            _check_shape(name, array, domain, sizes)
            _check_values(name, array, domain)
        if COTANGENT in example:
            _check_finite(COTANGENT, _array(example[COTANGENT], np.float64))
    except CaseError as error:
        raise CaseError(f"{where}: {error}") from None


def _dtype_of(domain: Domain, dtype: DTypeLike) -> DTypeLike:
    return np.int64 if domain.kind == "integer" else dtype


def _array(value: Any, dtype: DTypeLike) -> np.ndarray:
    if isinstance(value, Normal):
        return value.array(dtype)
    try:
        return np.asarray(value, dtype)
    except (TypeError, ValueError):
        raise CaseError("a value is not an array of numbers; give rows of equal length") from None


def _check_names(case: Case, example: Mapping[str, Any]) -> None:
    if not isinstance(example, Mapping):
        raise CaseError(f"is a {type(example).__name__}; write one value for each argument, {{'x': 1.0}}")
    if missing := [name for name in case.domains if name not in example]:
        raise CaseError(f"has no value for argument {missing[0]!r}")
    if unknown := [name for name in example if name not in case.domains and name != COTANGENT]:
        raise CaseError(f"names {unknown[0]!r}, which is not an argument of {case.name}({', '.join(case.domains)})")


def _check_finite(name: str, array: np.ndarray) -> None:
    if np.isnan(array).any():
        raise CaseError(f"{name!r} holds a NaN; a worked example needs numbers")


def _check_shape(name: str, array: np.ndarray, domain: Domain, sizes: dict[str, tuple[int, str]]) -> None:
    """Check an argument's shape; `sizes` collects what each named dimension is, and who said so."""
    if array.ndim != len(domain.shape):
        raise CaseError(f"{name!r} has shape {array.shape}, but its domain has shape {_written(domain)}")
    for size, declared in zip(array.shape, domain.shape, strict=True):
        if isinstance(declared, int):
            if size != declared:
                raise CaseError(f"{name!r} has shape {array.shape}, but its domain has shape {_written(domain)}")
            continue
        known, elsewhere = sizes.setdefault(declared, (size, name))
        if size != known:
            raise CaseError(f"dimension {declared} is {known} in {elsewhere!r} and {size} in {name!r}")


def _written(domain: Domain) -> str:
    return f"({', '.join(str(size) for size in domain.shape)})"


def _check_values(name: str, array: np.ndarray, domain: Domain) -> None:
    below = array <= domain.low if domain.open_low else array < domain.low
    above = array >= domain.high if domain.open_high else array > domain.high
    outside = below | above
    if outside.any():
        raise CaseError(f"{name!r} holds {array[outside][0]}, outside its domain from {domain.low} to {domain.high}")
    if domain.kind == "integer" and (array != np.round(array)).any():
        raise CaseError(f"{name!r} must hold whole numbers")
    if domain.kind == "one_hot" and not (_is_binary(array) and (array.sum(axis=-1) == 1).all()):
        raise CaseError(f"{name!r} must hold rows with a single 1")
    if domain.kind == "probabilities" and not _adds_up(array):
        raise CaseError(f"{name!r} must hold rows that add up to 1")


def _is_binary(array: np.ndarray) -> bool:
    return bool(((array == 0) | (array == 1)).all())


def _adds_up(array: np.ndarray) -> bool:
    """Whether rows add up to 1, up to the rounding of typed decimals and of their sum."""
    allowed = array.shape[-1] * float(ulp(1.0, np.float64))
    return bool((np.abs(array.sum(axis=-1) - 1) <= allowed).all())
