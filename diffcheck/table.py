"""`diffcheck.table`: a function's derivative by every method at one point, for a notebook."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcheck.case import Case, CaseError, case
from diffcheck.describe import describe
from diffcheck.domain import Domain
from diffcheck.example import COTANGENT, check_example
from diffcheck.report.sheet_text import sheet_text
from diffcheck.sheet import Sheet


@dataclass(frozen=True)
class Table:
    """A sheet that prints as text and shows itself as a page in a notebook."""

    sheet: Sheet

    def __str__(self) -> str:
        return sheet_text(self.sheet)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from diffcheck.report.html import fragment

        return fragment(self.sheet)


def table(function: Callable[..., Any], /, **point: Any) -> Table:
    """Compute a function's derivative by every method at one point.

    Args:
        function: a case, or any function of arrays that returns one array.
        **point: argument → numbers, and optionally `cotangent`. For a case, an argument that is
            left out has its value of the first worked example.

    Returns:
        The table: formula, closed form, the value by every method with its verdict, and the
        difference quotients of one entry from large steps to small ones. Everything in float64.

    Raises:
        CaseError: an argument is missing, unknown, of the wrong shape or outside its domain.
    """
    if isinstance(function, Case):
        return Table(describe(function, example_at(function, point)))
    return Table(describe(_case_of(function, point), point))


def example_at(case: Case, point: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first worked example, with what a person typed in place of its values.

    Raises:
        CaseError: what was typed does not fit the case, in one line.
    """
    typed = {**(case.examples[0] if case.examples else {}), **point}
    check_example(case, typed, case.id)
    return typed


def _case_of(function: Callable[..., Any], point: Mapping[str, Any]) -> Case:
    """A case made of a plain function: whole-number arrays are constants, everything else is real."""
    domains: Any = {name: _domain(value) for name, value in point.items() if name != COTANGENT}
    if not domains:
        raise CaseError(f"{function.__name__}: give a point, for example table({function.__name__}, x=1.0)")
    _check_names(function, domains)
    made = case(source="", **domains)(function)
    check_example(made, point, function.__name__)
    return made


def _check_names(function: Callable[..., Any], given: Iterable[str]) -> None:
    takes = tuple(inspect.signature(function).parameters)
    if set(takes) != set(given):
        values = ", ".join(f"{name}=…" for name in takes)
        raise CaseError(f"{function.__name__} takes ({', '.join(takes)}), not ({', '.join(given)}): give {values}")


def _domain(value: Any) -> Domain:
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return Domain(value.shape, "integer", float(value.min(initial=0)), float(value.max(initial=0)))
    return Domain(np.shape(value), "real", -np.inf, np.inf)
