"""False alarms: everything is counted, and an alarm is ours unless it is shown to be the framework's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

import diffcheck.backends
from benchmarks import alarms, false_alarms, torch_determinant
from benchmarks.alarms import GRAPH, OURS, Alarm, alarm_rows, fault, merged
from benchmarks.data import KINDS, point_of
from benchmarks.false_alarms import Findings, is_smooth, look_at, look_at_all
from benchmarks.subjects import Subject, subjects
from diffcheck import array_namespace, real, registry, special
from diffcheck.backends import BACKENDS
from diffcheck.backends.wrong import PLANTS, WrongBackend
from diffcheck.case import Case
from diffcheck.cell import judge_cell, reference_at
from diffcheck.measuring.fit import LARGE
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement
from diffcheck.verdict import Cause, Verdict

PLANT = {plant.name: plant for plant in PLANTS}


def case(function, name="f") -> Case:
    return Case(name, "elementwise", function, {"x": real("n")}, ("x",), (), "a test")


def cubes(x):
    return array_namespace(x).sum(x**3)


def alarm(of: Case, backend: str, x: list[float], mode: str = "R") -> Alarm:
    """What the judge says of a backend at a point, taken for an alarm."""
    return judged_alarm(of, backend, {"x": np.array(x)}, mode)


def judged_alarm(of: Case, backend: str, arrays: Mapping[str, np.ndarray], mode: str) -> Alarm:
    """The same of any arguments."""
    point = Point(dict(arrays))
    cell = Cell(of.id, backend, mode, "", "float64")
    judgement = judge_cell(of, cell, point, reference_at(of, point, mode))
    return Alarm(of, cell, judgement, point, "somewhere", smooth=True)


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch):
    """torch with a planted error."""

    def plant(name: str) -> None:
        table = {**BACKENDS, "torch": WrongBackend(BACKENDS["torch"], "torch", PLANT[name])}
        for module in (diffcheck.backends, diffcheck.cell):
            monkeypatch.setattr(module, "BACKENDS", MappingProxyType(table))

    return plant


# ---- counting --------------------------------------------------------------------------------


def test_enough_is_looked_at() -> None:
    """There are more than a thousand functions at sizes, no two the same, and every kind of data."""
    names = [subject.name for subject in subjects()]
    assert len(names) == len(set(names)) >= 1_000
    assert {"N(0, 1)", "U(0, 1)", "constant", "whole", "repeated"} == set(KINDS)
    assert max(size for subject in subjects() for size in subject.sizes.values()) == 100_000


def test_every_number_is_counted() -> None:
    """Two backends, two dtypes and five kinds of data: one number forward, three in reverse."""
    found = look_at(Subject(case(cubes), {"n": 3}), 0)
    assert sum(found.entries.values()) == 2 * 2 * 5 * (1 + 3)
    assert sum(found.answers.values()) == 2 * 2 * 5 * 2
    assert (found.subjects, found.compared, found.alarms) == (1, 1, [])


def test_a_wrong_framework_is_an_alarm_everywhere(wrong) -> None:
    """What fails is never lost among what agrees."""
    wrong("factor two")
    found = look_at(Subject(case(cubes), {"n": 2}), 1)
    assert len(found.alarms) == sum(count for (_, verdict), count in found.answers.items() if verdict == "WRONG") > 0
    assert {one.cell.backend for one in found.alarms} == {"torch"}


def test_what_is_not_decided_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict that neither agrees nor fails names its function, method and cause."""

    def doubtful(*given):
        return replace(judge_cell(*given), verdict=Verdict.INCONCLUSIVE, cause=Cause.EXCESS, counts={"INCONCLUSIVE": 1})

    monkeypatch.setattr(false_alarms, "judge_cell", doubtful)
    found = look_at(Subject(case(cubes), {"n": 1}), 0)
    assert found.undecided["elementwise/f", "torch R float64", "INCONCLUSIVE", "EXCESS"] == 5
    assert found.entries[True, "INCONCLUSIVE"] == 2 * 2 * 2 * 5


@pytest.mark.parametrize(("x", "expected"), [(0.0, False), (1.0, True), (float("inf"), False)])
def test_kinks_are_counted_apart(x: float, expected: bool) -> None:
    """Only where there is a finite derivative and no kink is an answer compared at a smooth point."""
    of = case(lambda x: array_namespace(x).sum(abs(x) + x**2))
    assert is_smooth(reference_at(of, Point({"x": np.array([x])}), "R")) is expected


def test_without_a_reference_nothing_is_smooth() -> None:
    """What could not be judged is counted elsewhere."""
    assert not is_smooth(Judgement(Verdict.INCONCLUSIVE, Cause.NOT_COVERED))


def test_parts_add_up() -> None:
    """Two subjects together are one and the other."""
    first, second = (Subject(case(cubes), {"n": n}) for n in (1, 2))
    together = look_at_all({3: first, 4: second})
    apart = look_at(first, 3) + look_at(second, 4)
    assert together == apart
    assert together + Findings() == together


def test_all_dtypes_get_the_same_numbers() -> None:
    """What is compared in float32 is compared in float64, too."""
    of = case(cubes)
    for kind in KINDS:
        narrow, wide = (point_of(of, {"n": 5}, kind, 0, dtype).arguments["x"] for dtype in ("float32", "float64"))
        assert (narrow == wide).all()


# ---- whose fault -----------------------------------------------------------------------------


def test_a_program_that_excludes_the_truth_is_the_frameworks(wrong) -> None:
    """A stray `.detach()` is in the graph that ran: in balls it computes another number."""
    wrong("path detached")
    assert (
        fault(alarm(case(lambda x: array_namespace(x).sum(x * array_namespace(x).exp(x))), "torch", [0.5, 2.0]))
        == GRAPH
    )


def test_a_right_program_with_wrong_numbers_is_ours(wrong) -> None:
    """The graph that ran is right: then nothing shows that the framework is to blame."""
    wrong("factor two")
    found = alarm(case(cubes), "torch", [0.5, 2.0])
    assert found.judgement.verdict is Verdict.WRONG
    assert fault(found) == OURS


def test_trigamma_is_torchs_by_its_script() -> None:
    """mpmath alone shows that torch's derivative of digamma is off; jax's is not accused by that."""
    of = case(special.digamma, "digamma")
    found = alarm(of, "torch", [1.3, 2.5])
    assert found.judgement.verdict is Verdict.WRONG
    assert fault(found) == "the framework's: torch_trigamma.py"
    assert fault(replace(found, cell=replace(found.cell, backend="jax"))) == OURS


def test_a_script_excuses_only_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a script finds the framework right, or is about another function, the alarm is ours."""
    of = case(special.digamma, "digamma")
    found = alarm(of, "torch", [1.3])
    demonstration = alarms.DEMONSTRATIONS[0]
    assert (
        fault(replace(found, case=case(special.digamma, "g"), cell=replace(found.cell, case="elementwise/g"))) == OURS
    )
    monkeypatch.setattr(alarms, "DEMONSTRATIONS", (replace(demonstration, off=np.ones_like),))
    assert fault(found) == OURS


@pytest.mark.parametrize(
    ("case_id", "point", "mode"),
    [
        ("gamma_entropy", {"shape": 2.0}, "R"),
        ("gamma_entropy", {"shape": 2.0}, "F"),
        ("determinant", {"a": np.ones((2, 2))}, "R"),
        ("determinant", {"a": np.zeros((1, 1))}, "F"),
    ],
)
def test_known_defects_of_cases_are_the_frameworks(case_id: str, point: Any, mode: str) -> None:
    """torch's trigamma inside of an entropy, and its determinant of a singular matrix."""
    [of] = registry.select(registry.load(), [case_id])
    found = judged_alarm(of, "torch", {name: np.asarray(numbers) for name, numbers in point.items()}, mode)
    assert found.judgement.verdict is Verdict.WRONG
    assert fault(found).startswith("the framework's")


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # what torch itself loads at its first jvp
def test_a_determinant_that_is_not_zero_has_the_right_derivatives() -> None:
    """The script shows nothing there, in either mode."""
    for off in torch_determinant.OFF.values():
        assert (off(np.array([[2.0, 1.0], [1.0, 3.0]])) < LARGE).all()


@pytest.mark.parametrize("mode", ["R", "F"])
def test_the_deviation_of_one_number_is_jaxs_and_that_of_two_is_ours(mode: str) -> None:
    """Its script is about one number: of two equal ones there is a kink, which it says nothing about."""
    of = Case("standard deviation", "reductions", lambda x: array_namespace(x).std(x), {"x": real("n")}, ("x",), (), "")
    one = alarm(of, "jax", [0.5], mode)
    assert one.judgement.verdict is Verdict.NOT_FINITE
    assert fault(one) == "the framework's: jax_standard_deviation.py"
    assert fault(alarm(of, "jax", [0.5, 0.5], mode)) == OURS


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_nan_from_a_branch_that_is_not_taken_is_the_frameworks(framework: str) -> None:
    """At 0, where the script shows it."""
    [of] = registry.select(registry.load(), ["piecewise/square_root_above_one"])
    found = judged_alarm(of, framework, {"x": np.asarray(0.0)}, "R")
    assert found.judgement.verdict is Verdict.NOT_FINITE
    assert fault(found) == "the framework's: where_not_taken.py"


def test_no_alarm_is_the_frameworks_without_an_error() -> None:
    """Nothing that agrees is put down to anybody else."""
    assert fault(alarm(case(cubes), "torch", [0.5])) == OURS


# ---- the smallest ----------------------------------------------------------------------------


def test_alarms_of_one_reason_are_one_row_at_a_small_point(wrong) -> None:
    """Two answers, one row; its point is smaller than both, and still shows the verdict."""
    wrong("factor two")
    of = case(cubes)
    (row,) = alarm_rows([alarm(of, "torch", [0.7, 1.3, 5.1]), alarm(of, "torch", [0.3, 2.2])])
    assert (row.times, row.size, row.verdict, row.fault) == (2, 1, "WRONG", OURS)
    assert "twice" in row.text


def test_rows_of_parts_are_merged() -> None:
    """The smallest is kept, the numbers are added, reasons stay apart."""
    row = alarms.AlarmRow("f", "torch R", "float64", True, "WRONG", "FORMULA", OURS, 3, 7, "large")
    small = replace(row, times=2, size=1, text="small")
    assert merged([row, small, replace(row, fault=GRAPH)]) == [replace(small, times=5), replace(row, fault=GRAPH)]
