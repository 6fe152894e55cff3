"""The search: finds what is wrong, makes it small, stays silent where nothing is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcheck import array_namespace
from diffcheck.case import Case, case
from diffcheck.domain import normal, real
from diffcheck.effort import Effort
from diffcheck.point import Point
from diffcheck.record import Cell, Record
from diffcheck.search import search
from diffcheck.verdict import Cause, Verdict

EFFORT = Effort(examples=20, few_sizes=True, compiled_shapes=1, shrink_tries=100, shrink_range=True, share=True)


@case(x=real("n"), y=real("n"), examples=[{"x": [1.0, 2.0], "y": [3.0, 4.0]}], source="none")
def product(x: Any, y: Any) -> Any:
    """f = Σ xᵢ² yᵢ"""
    return array_namespace(x, y).sum(x * x * y)


def formula(name: str, one: Case = product) -> Any:
    """Decorate a gradient of a case that is judged under this name."""
    return one.handwritten(name)


@formula("right")
def _(x: Any, y: Any) -> Any:
    return {"x": 2 * x * y, "y": x * x}


@formula("factor two")
def _(x: Any, y: Any) -> Any:
    return {"x": 4 * x * y, "y": x * x}


@formula("a billionth")
def _(x: Any, y: Any) -> Any:
    return {"x": 2 * x * y * (1 + 1e-9), "y": x * x}


@formula("last of several")
def _(x: Any, y: Any) -> Any:
    wrong = x * x
    if x.size > 1:
        wrong[-1] = 0
    return {"x": 2 * x * y, "y": wrong}


@formula("below minus five")
def _(x: Any, y: Any) -> Any:
    return {"x": np.where(x < -5, 0, 2 * x * y), "y": x * x}


@formula("at one point")
def _(x: Any, y: Any) -> Any:
    return {"x": np.where(x == 1234567 / 2**20, 0, 2 * x * y), "y": x * x}


@formula("raises")
def _(x: Any, y: Any) -> Any:
    raise ZeroDivisionError("by hand")


@formula("not a number at a tie")
def _(x: Any, y: Any) -> Any:
    return {"x": np.where(x == y, np.nan, 2 * x * y), "y": x * x}


def searched(
    name: str, one: Case = product, dtype: str = "float64", seed: int = 0, effort: Effort = EFFORT, **points: Any
) -> Record:
    """The record of one hand-written formula."""
    [record] = search(one, dtype, [Cell(one.id, "handwritten", "R", name, dtype)], effort, seed, **points)
    return record


def at(record: Record) -> dict[str, Any]:
    """The arguments of a record's point."""
    assert record.point is not None
    return {name: array.tolist() for name, array in record.point.arguments.items()}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_formula_agrees_everywhere(dtype: str) -> None:
    """The example and every drawn point agree, and every one of them is counted."""
    record = searched("right", dtype=dtype)
    assert record.judgement.verdict is Verdict.AGREES
    assert record.judgement.ratio <= 1
    assert record.verdicts == {"AGREES": record.points}
    assert record.points == EFFORT.examples + 1
    assert record.entries >= 2 * record.points


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_wrong_formula_is_shrunk_to_one_entry_and_ones(dtype: str) -> None:
    """What is wrong everywhere is shown at the smallest size and the simplest numbers, not at the example."""
    record = searched("factor two", dtype=dtype)
    assert (record.judgement.verdict, record.judgement.cause) == (Verdict.WRONG, Cause.GRAPH)
    assert at(record) == {"x": [1.0], "y": [1.0]}
    assert (record.judgement.value, record.judgement.lower, record.judgement.upper) == (4.0, 2.0, 2.0)
    assert record.found == "search"


def test_an_error_of_a_billionth_is_found() -> None:
    """There is no tolerance below which a wrong formula passes, until rounding itself is as large."""
    assert searched("a billionth").judgement.verdict is Verdict.WRONG
    assert searched("a billionth", dtype="float32").judgement.verdict is Verdict.AGREES


def test_an_error_that_needs_two_entries_is_shrunk_to_two() -> None:
    """The size shrinks as far as the finding allows, and no further."""
    record = searched("last of several")
    assert record.judgement.verdict is Verdict.WRONG
    assert at(record)["x"] in ([1.0, 1.0], [0.0, 1.0])
    assert at(record)["y"] == [0.0, 0.0]


def test_an_error_in_part_of_the_range_is_found() -> None:
    """What is right for ordinary numbers and wrong beyond is found, and shrunk to the first whole one of those."""
    record = searched("below minus five")
    assert record.judgement.verdict is Verdict.WRONG
    assert at(record) == {"x": [-6.0], "y": [1.0]}


def test_an_error_at_a_tie_is_found() -> None:
    """Equal arguments are drawn, although no random float would equal another."""
    record = searched("not a number at a tie")
    assert record.judgement.verdict is Verdict.NOT_FINITE
    assert at(record) == {"x": [0.0], "y": [0.0]}


def test_a_known_point_is_judged_first() -> None:
    """A finding that only its own point shows is found there, and stays there."""
    known = Point({"x": np.array([1234567 / 2**20]), "y": np.array([1.0])})
    assert searched("at one point").judgement.verdict is Verdict.AGREES
    record = searched("at one point", known=[known])
    assert record.judgement.verdict is Verdict.WRONG
    assert record.found == "known"
    assert record.point is known
    assert record.verdicts == {"AGREES": record.points - 1, "WRONG": 1}


def test_a_point_that_is_handed_in_is_judged() -> None:
    """Points from elsewhere, such as kinks that were solved for, take part in the search."""
    extra = Point({"x": np.array([1234567 / 2**20]), "y": np.array([1.0])})
    record = searched("at one point", extra=[extra])
    assert record.judgement.verdict is Verdict.WRONG
    assert record.found == "search"


def test_a_finding_at_a_large_example_is_shown_small() -> None:
    """A large worked example is judged entry by entry, and its finding is shown at a small point."""
    big = case(x=real("n"), y=real("n"), examples=[{"x": normal(3000), "y": normal(3000, seed=1)}], source="none")
    large = big(product.function)
    large.handwritten("factor two")(product.handwritten_formulas["factor two"])
    record = searched("factor two", large)
    assert record.entries > 6000
    assert at(record) == {"x": [1.0], "y": [1.0]}


def test_the_same_seed_gives_the_same_record() -> None:
    """A search is repeatable to the last bit; another seed draws other points."""
    names = ("right", "below minus five")
    first, again, other = ([searched(name, seed=seed) for name in names] for seed in (1, 1, 2))
    assert repr(first) == repr(again)
    assert repr(first) != repr(other)


def test_a_formula_that_raises_is_a_verdict() -> None:
    """An exception is what the formula answers, not the end of the search."""
    record = searched("raises")
    assert (record.judgement.verdict, record.judgement.cause) == (Verdict.RAISED, Cause.EXCEPTION)
    assert "by hand" in record.judgement.message
    assert at(record) == {"x": [0.0], "y": [0.0]}


def test_a_definition_that_raises_is_a_verdict_of_every_method() -> None:
    """Without a reference no method is accused: the message names the definition."""

    def raises(x: Any) -> Any:
        raise LookupError(f"no value at {type(x).__name__}")

    broken = case(x=real("n"), source="none")(raises)
    broken.handwritten("any")(lambda x: {"x": x})
    record = searched("any", broken)
    assert record.judgement.verdict is Verdict.RAISED
    assert record.judgement.message.startswith("the definition raises LookupError: no value at")


def test_a_convention_at_a_kink_is_no_finding() -> None:
    """An admissible choice at a kink is told, with its point, and is no failure."""
    kinked = case(x=real("n"), examples=[{"x": [0.0]}], source="none")(
        lambda x: array_namespace(x).sum(array_namespace(x).abs(x))
    )
    kinked.handwritten("sign")(lambda x: {"x": np.sign(x)})
    kinked.handwritten("two")(lambda x: {"x": np.where(x == 0, 2, np.sign(x))})
    assert searched("sign", kinked).judgement.verdict is Verdict.CONVENTION
    assert searched("two", kinked).judgement.verdict not in (Verdict.CONVENTION, Verdict.AGREES)


def test_a_finding_shows_what_the_others_answer() -> None:
    """Beside a wrong entry stand the answers of the other methods to the same entry."""
    cells = [Cell(product.id, "handwritten", "R", name, "float64") for name in ("right", "factor two", "raises")]
    records = {record.cell.transform: record for record in search(product, "float64", cells, EFFORT, 0)}
    assert records["factor two"].others == {"handwritten R right": 2.0, "handwritten R raises": None}
    assert records["right"].others == {}


def test_a_finding_under_jit_is_confirmed_eagerly() -> None:
    """A compiled function's finding says whether the eager one shows it, too; it sees few sizes."""
    pytest.importorskip("jax")

    def doubled_in_jax(x: Any) -> Any:
        in_jax = type(x).__module__.startswith("jax")
        return array_namespace(x).sum(x * (2 if in_jax else 1))

    odd = case(x=real("n"), source="none")(doubled_in_jax)
    cells = [Cell(odd.id, "jax", "R", transform, "float32") for transform in ("", "jit")]
    effort = Effort(examples=12, few_sizes=False, compiled_shapes=2, shrink_tries=40, shrink_range=False, share=True)
    eager, compiled = search(odd, "float32", cells, effort, 0)
    assert eager.judgement.verdict is Verdict.DIFFERENT
    assert compiled.judgement.verdict is Verdict.DIFFERENT
    assert compiled.judgement.message.endswith("the same without jit")
    assert compiled.points < effort.examples
