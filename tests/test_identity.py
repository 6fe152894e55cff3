"""Stable names of definitions, points and records."""

from __future__ import annotations

from dataclasses import replace
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from diffcheck.case import Case, case
from diffcheck.domain import real
from diffcheck.identity import definition_hash, point_hash, record_id, seed_of
from diffcheck.point import Point
from diffcheck.record import Cell


@case(x=real(), source="none")
def square(x: Any) -> Any:
    """y = x²"""
    return x * x


def described() -> Case:
    """The same function with another docstring, comment and layout."""

    @case(x=real(low=0.0, high=1.0), examples=[{"x": 0.5}], source="elsewhere")
    def square(x: Any) -> Any:
        # the docstring is another, and so are the domain and the example
        return (x
                * x)  # fmt: skip

    return replace(square, group="test_identity")


def cubed() -> Case:
    """Another function of the same name."""

    @case(x=real(), source="none")
    def square(x: Any) -> Any:
        return x * x * x

    return replace(square, group="test_identity")


CELL = Cell("test_identity/square", "handwritten", "R", "by hand", "float64")
POINT = Point({"x": np.array(1.5)})


def test_a_definition_is_its_statements() -> None:
    """Docstring, comments, layout, decorators and examples do not change a definition."""
    assert definition_hash(square) == definition_hash(described())
    assert record_id(square, CELL, POINT) == record_id(described(), CELL, POINT)


def test_another_statement_is_another_definition() -> None:
    """Changing what the function computes changes its name."""
    assert definition_hash(square) != definition_hash(cubed())
    assert record_id(square, CELL, POINT) != record_id(cubed(), CELL, POINT)


def test_a_corrected_formula_gets_another_name() -> None:
    """A hand-written formula is part of what its own cells are named by, and of no others."""
    right, wrong = replace(square, handwritten_formulas={}), replace(square, handwritten_formulas={})
    right.handwritten("by hand")(lambda x: {"x": 2 * x})
    wrong.handwritten("by hand")(lambda x: {"x": 3 * x})
    other = replace(CELL, backend="torch", transform="")
    assert definition_hash(right) != definition_hash(wrong)
    assert record_id(right, CELL, POINT) != record_id(wrong, CELL, POINT)
    assert record_id(right, other, POINT) == record_id(wrong, other, POINT)


@pytest.mark.parametrize(
    "other",
    [
        Point({"x": np.array(1.5 + 2**-52)}),
        Point({"x": np.array([1.5])}),
        Point({"y": np.array(1.5)}),
        Point({"x": np.array(1.5, np.float32)}),
        Point({"x": np.array(1.5, "float16")}),
        Point({"x": np.array(1.5, "bfloat16")}),
        Point({"x": np.array(1.5)}, cotangent=np.array(2.0)),
        Point({"x": np.array(1.5)}, tangents={"x": np.array(2.0)}),
        None,
    ],
)
def test_every_bit_of_a_point_counts(other: Point | None) -> None:
    """Points that differ in a number, a shape, a name, a dtype or a direction have different names."""
    assert point_hash(other) != point_hash(POINT)


def test_two_dtypes_of_sixteen_bits_are_told_apart() -> None:
    """The same bits are another number."""
    bits = np.array([0x3C00], np.uint16)
    assert point_hash(Point({"x": bits.view("float16")})) != point_hash(Point({"x": bits.view("bfloat16")}))


def test_names_do_not_change() -> None:
    """Ids are stable across runs and versions: these were computed once."""
    assert point_hash(POINT) == "0e3289584184"
    assert record_id(square, CELL, POINT) == "4a9549b78624"
    assert seed_of(0, "a/b", "float64") == 15691301329414


def test_a_function_without_source_has_its_name() -> None:
    """A function typed in a shell is named by its name."""
    namespace: dict[str, Any] = {}
    exec("def typed(x):\n    return x", namespace)  # noqa: S102 - this is how a shell defines functions
    assert isinstance(namespace["typed"], FunctionType)
    shell = replace(square, function=namespace["typed"])
    assert definition_hash(shell) != definition_hash(square)
