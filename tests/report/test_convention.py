"""What is picked at kinks, as a reader sees it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from diffcheck.point import Point
from diffcheck.record import Cell, Record, Run
from diffcheck.report import FORMATS, render
from diffcheck.report.convention import conventions
from diffcheck.verdict import Cause, Verdict
from tests.report.conftest import convention

OTHERS: dict[str, float | None] = {
    "sympy R": None,
    "jax R": 1.0,
    "jax R jit": 1.0,
    "finite_difference R forward": 1.0,
    "finite_difference R central": -1e-19,
    "finite_difference R complex-step": None,
    "handwritten R by hand": 0.0,
}
ZERO = "torch, finite_difference (central), handwritten pick 0"
PICKED = f"{ZERO} · jax, finite_difference (forward) pick 1 · sympy gives none"


@pytest.fixture
def kinked(run: Run) -> Run:
    """A run in which torch was worst at the kink of a function, in two dtypes, and no other method was."""
    met = [convention("torch", 0.0, OTHERS, dtype) for dtype in ("float64", "float32")]
    beside = [elsewhere(record, method) for record in met for method in OTHERS]
    return replace(run, records=(*beside[:1], *run.records, *met, *beside[1:]))


def elsewhere(record: Record, method: str) -> Record:
    """Another method's record, which was worst at another point."""
    backend, mode, *transform = method.split(" ", 2)
    cell = replace(record.cell, backend=backend, mode=mode, transform="".join(transform))
    return Record("ef", cell, replace(record.judgement, verdict=Verdict.AGREES))


def test_equal_answers_stand_together(kinked: Run) -> None:
    """One line for a point, over dtypes and methods; noise beside 1 is 0; who answers nothing is named."""
    [found] = conventions(kinked.records)
    assert (found.kink.case, found.kink.where, found.kink.admissible) == (
        "piecewise/absolute_value",
        "x = 0",
        "[-1, 1]",
    )
    assert found.picked == PICKED


@pytest.mark.parametrize(
    ("others", "picked"),
    [
        ({"torch R jit": 0.0}, "torch picks 0"),
        ({"torch R jit": 0.5}, "torch (plain) picks 0 · torch (jit) picks 0.5"),
        ({"torch F": 0.5}, "torch (plain R) picks 0 · torch (plain F) picks 0.5"),
        ({"torch R a b": 1 / 3, "torch R c": 1 / 3}, "torch (plain) picks 0 · torch (a b, c) pick 0.333333"),
        ({"torch R jit": float("nan")}, "torch (plain) picks 0 · torch (jit) answers nan"),
        ({"jax R": float("nan"), "sympy R": 1.0}, "torch picks 0 · sympy picks 1 · jax answers nan"),
    ],
)
def test_only_what_differs_is_named(others: dict[str, float | None], picked: str) -> None:
    """Transforms before modes, modes before dtypes."""
    met = convention("torch", 0.0, others)
    [found] = conventions([met, *(elsewhere(met, method) for method in others)])
    assert found.picked == picked


def test_dtypes_are_named_where_they_differ() -> None:
    """One line says both."""
    [found] = conventions([convention("torch", 0.0, {}), convention("torch", 1.0, {}, "float32")])
    assert found.picked == "torch (plain float64) picks 0 · torch (plain float32) picks 1"


@pytest.mark.parametrize(
    ("mode", "point", "index", "where"),
    [
        ("R", {"x": [2.0, -2.0]}, (1,), "x = [2, -2], ∂/∂x[1]"),
        ("R", {"x": 0.0, "y": 0.5}, (), "x = 0, y = 0.5, ∂/∂x"),
        ("F", {"x": 0.0}, (), "x = 0"),
        ("F", {"x": [2.0, -2.0]}, (), "x = [2, -2], along the tangent"),
        ("R", {"x": np.zeros(100)}, (3,), "x = array of 100, ∂/∂x[3]"),
    ],
)
def test_a_point_is_told_in_one_line(mode: str, point: dict[str, Any], index: tuple[int, ...], where: str) -> None:
    """With the entry, where there are several."""
    record = convention("torch", 0.0, {})
    moved = replace(
        record,
        cell=replace(record.cell, mode=mode),
        judgement=replace(record.judgement, index=index),
        point=Point({name: np.asarray(value) for name, value in point.items()}),
    )
    [found] = conventions([moved])
    assert found.kink.where == where


def test_weights_that_are_not_one_are_told() -> None:
    """What is admissible depends on them."""
    record = convention("torch", 0.0, {})
    at = Point({"x": np.array(0.0)}, np.array(2.0), {"x": np.array(-3.0)})
    modes = [replace(record, point=at, cell=replace(record.cell, mode=mode)) for mode in "RF"]
    assert [one.kink.at for one in conventions(modes)] == ["x = 0, cotangent = 2", "x = 0, tangent of x = -3"]


@pytest.mark.parametrize(
    ("verdict", "cause"),
    [
        (Verdict.AGREES, Cause.ROUNDING),
        (Verdict.SELECTION, Cause.CHOICES),
        (Verdict.CONVENTION, Cause.NEAR_KINK),
        (Verdict.INCONCLUSIVE, Cause.TIE),
    ],
)
def test_what_is_no_choice_stays_silent(verdict: Verdict, cause: Cause) -> None:
    """A selection is a finding; near a kink rounding picks."""
    record = convention("torch", 0.0, {})
    assert conventions([replace(record, judgement=replace(record.judgement, verdict=verdict, cause=cause))]) == []


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "plots"])
def test_every_report_names_the_convention(name: str, kinked: Run) -> None:
    """The point, what is admissible, and who picks what."""
    text = render(name, kinked)
    assert "x = 0" in text
    assert "[-1, 1]" in text


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_findings_stand_before_conventions(name: str, kinked: Run) -> None:
    """A person sees first what is wrong."""
    text = render(name, kinked)
    assert text.index(Cause.FORMULA.value) < text.index("x = 0")


def test_the_texts_line(kinked: Run) -> None:
    """It reads as a sentence."""
    assert f"  piecewise/absolute_value at x = 0: {PICKED}; admissible [-1, 1]\n" in render("text", kinked)


def test_the_tracked_report_holds_what_is_the_same_everywhere(kinked: Run) -> None:
    """No difference quotients, whose numbers end in rounding, and no points that were drawn."""
    text = render("markdown", kinked)
    assert "| torch, handwritten pick 0 · jax picks 1 · sympy gives none |" in text
    drawn = tuple(replace(record, found="search") for record in kinked.records)
    assert "## Conventions" not in render("markdown", replace(kinked, records=drawn))


def test_other_programs_get_it_as_data(kinked: Run) -> None:
    """Numbers and who picks them."""
    [found] = json.loads(render("json", kinked))["conventions"]
    assert found["kink"]["admissible"] == "[-1, 1]"
    assert found["picks"]["1"] == ["jax", "finite_difference (forward)"]
    assert found["silent"] == ["sympy"]


def test_a_run_without_kinks_has_no_such_section(run: Run) -> None:
    """An empty heading says nothing."""
    assert "Conventions" not in render("text", run)
    assert "Conventions" not in render("markdown", run)


def test_methods_keep_the_order_of_the_run(kinked: Run) -> None:
    """Not that of a dictionary of answers."""
    answers = dict(reversed(OTHERS.items()))
    reordered = [replace(record, others=answers) if record.others else record for record in kinked.records]
    assert [one.picked for one in conventions(reordered)] == [PICKED]


def test_a_handwritten_name_may_hold_spaces() -> None:
    """The method's words are a backend, a mode and the rest."""
    record = convention("handwritten", 0.0, {"handwritten R two words": 1.0})
    named = replace(record, cell=Cell("a/b", "handwritten", "R", "by hand", "float64"))
    [found] = conventions([named, elsewhere(named, "handwritten R two words")])
    assert found.picked == "handwritten (by hand) picks 0 · handwritten (two words) picks 1"
