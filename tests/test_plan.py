"""What a run is asked to do, and the cells that follow."""

from __future__ import annotations

from typing import Any

import pytest

from diffcheck.case import case
from diffcheck.domain import real
from diffcheck.plan import Settings, SettingsError, jobs_of, missing_backends, plan
from diffcheck.record import Cell


@case(x=real(), source="none")
def square(x: Any) -> Any:
    """y = x²"""
    return x * x


@square.spelling("torch")
def _(x: Any) -> Any:
    return x.square()


@square.handwritten("by hand")
def _(x: Any) -> Any:
    return {"x": 2 * x}


def methods(**settings: Any) -> list[tuple[str, ...]]:
    """Backend, mode and transform of every planned cell."""
    return [(cell.backend, cell.mode, cell.transform) for cell in plan([square], Settings(**settings))]


def test_every_compatible_combination_is_planned() -> None:
    """A backend's modes and transforms are combined as it declares them, spellings where the case has one."""
    float32 = methods(backends=("torch", "jax", "handwritten"), dtypes=("float32",))
    assert float32 == [
        ("torch", "R", ""),
        ("torch", "R", "spelling"),
        ("torch", "F", ""),
        ("torch", "F", "spelling"),
        ("jax", "R", ""),
        ("jax", "R", "jit"),
        ("jax", "F", ""),
        ("jax", "F", "jit"),
        ("handwritten", "R", "by hand"),
    ]


def test_a_run_is_of_order_1_unless_it_is_asked_for_another() -> None:
    """An order has all modes of its length; a mode that is named has its own order."""

    def modes(**settings: Any) -> list[str]:
        cells = plan([square], Settings(backends=("torch",), transforms=("",), dtypes=("float64",), **settings))
        return [cell.mode for cell in cells]

    assert modes() == ["R", "F"]
    assert modes(orders=(2,)) == ["RR", "FR", "RF", "FF"]
    assert modes(orders=(1, 2)) == ["R", "F", "RR", "FR", "RF", "FF"]
    assert modes(modes=("RR", "R")) == ["R", "RR"]
    assert modes(modes=("RR", "R"), orders=(2,)) == ["RR"]
    assert modes(modes=("R",), orders=(2,)) == []


def test_who_knows_no_second_derivative_has_no_cell_of_order_2() -> None:
    """Neither a formula for a gradient nor a difference quotient is asked for one."""
    assert {backend for backend, _, _ in methods(orders=(2,))} == {"sympy", "torch", "jax"}


def test_a_backend_is_planned_only_in_its_dtypes() -> None:
    """SymPy computes in no dtype: it stands in the float64 matrix alone."""
    assert methods(backends=("sympy",), dtypes=("float32",)) == []
    assert methods(backends=("sympy",), dtypes=("float64",)) == [("sympy", "R", "")]


@pytest.mark.parametrize(
    ("asked", "planned"),
    [
        ((), ["float64", "float32"]),
        (("float16",), ["float16"]),
        (("float16", "bfloat16", "float64"), ["float64", "bfloat16", "float16"]),
    ],
)
def test_low_precision_is_planned_where_it_is_asked_for(asked: tuple[str, ...], planned: list[str]) -> None:
    """Without being asked, a run is in float64 and float32; the widest dtype comes first."""
    cells = plan([square], Settings(backends=("torch",), modes=("F",), transforms=("",), dtypes=asked))
    assert [cell.dtype for cell in cells] == planned


def test_filters_leave_out_what_is_not_asked_for() -> None:
    """Filters on modes and transforms combine; the empty transform is the mode alone."""
    assert methods(backends=("torch", "jax"), modes=("F",), transforms=("", "jit"), dtypes=("float64",)) == [
        ("torch", "F", ""),
        ("jax", "F", ""),
        ("jax", "F", "jit"),
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backends": ("tensorflow",)}, "no backend 'tensorflow'; there are sympy, torch, jax"),
        ({"required": ("tensorflow",)}, "no backend 'tensorflow'"),
        ({"modes": ("Q",)}, "no mode 'Q'; there are R, F, RR, FR, RF, FF"),
        ({"orders": (3,)}, "no order 3; there are 1, 2"),
        ({"dtypes": ("half",)}, "no dtype 'half'; there are float64, float32, bfloat16, float16"),
        ({"profile": "slow"}, "no profile 'slow'; there are quick, ci, deep"),
        ({"jobs": 0}, "0 jobs: at least 1"),
        ({"max_examples": 0}, "0 examples: at least 1"),
        ({"timeout": 0.0}, "a timeout of 0.0 seconds: more than 0"),
    ],
)
def test_a_setting_that_names_nothing_is_one_line(settings: dict[str, Any], message: str) -> None:
    """What cannot be done is said before anything runs, with what there is instead."""
    with pytest.raises(SettingsError, match=message) as error:
        plan([square], Settings(**settings))
    assert "\n" not in str(error.value)


def test_a_number_of_examples_overrides_the_profile() -> None:
    """Everything else stays as the profile says."""
    assert Settings(max_examples=3).effort.examples == 3
    assert Settings(max_examples=3).effort.shrink_tries == Settings().effort.shrink_tries


def test_jobs_are_cases_and_dtypes() -> None:
    """The cells of one case in one dtype make one job, in the order of the plan."""
    cells = [Cell(name, "torch", "R", "", dtype) for name in ("b", "a") for dtype in ("float64", "float32")]
    assert list(jobs_of(cells)) == [("b", "float64"), ("b", "float32"), ("a", "float64"), ("a", "float32")]
    assert [cell for job in jobs_of(cells).values() for cell in job] == cells


def test_a_required_backend_that_is_not_installed_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is required and absent is missing."""
    assert missing_backends(Settings(required=("handwritten",))) == ()
    monkeypatch.setattr("diffcheck.plan.installed", lambda backend: backend.name != "jax")
    assert missing_backends(Settings(required=("torch", "jax"))) == ("jax",)
    assert missing_backends(Settings()) == ()
