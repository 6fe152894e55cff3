"""The contract of a backend, and the registry of backends."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import (
    BadOutput,
    Capabilities,
    Task,
    Unsupported,
    check_output,
    first_line,
    function_of,
    installed,
    plain_and_spelling,
)
from diffcheck.backends.finite_difference import FiniteDifferenceBackend
from diffcheck.backends.torch import TorchBackend

MakeTask = Callable[..., Task]

FLOAT64 = np.dtype("float64")
ARRAY = (np.ndarray, np.generic)


def square(x: Any) -> Any:
    """y = x²"""
    return x * x


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_is_registered_under_its_own_name(name: str) -> None:
    """Looking a name up gives the backend of that name, once made and then kept."""
    assert BACKENDS[name].name == name
    assert BACKENDS[name] is BACKENDS[name]


def test_an_unknown_backend_is_not_there() -> None:
    """A name that no backend has is a `KeyError`, and `in` says so without an import."""
    assert "tensorflow" not in BACKENDS
    with pytest.raises(KeyError):
        BACKENDS["tensorflow"]


def test_the_registry_lists_all_five_in_the_order_of_the_matrix() -> None:
    """The wrong backends, which test the tester, are not among them."""
    assert list(BACKENDS) == ["sympy", "torch", "jax", "finite_difference", "handwritten"]
    assert len(BACKENDS) == 5


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_declares_what_it_can_do(name: str) -> None:
    """Every backend has mode R, says in one line what it is, and knows its version."""
    backend = BACKENDS[name]
    assert "R" in backend.capabilities.modes
    assert backend.capabilities.one_line
    assert re.match(r"\d+\.\d+", backend.version())


def test_installed_asks_for_the_required_module_only() -> None:
    """A backend that requires nothing is always installed, one that requires an unknown module never."""

    class Without(TorchBackend):
        capabilities = Capabilities(modes=("R",))

    class Unknown(TorchBackend):
        capabilities = Capabilities(modes=("R",), requires="no_such_framework")

    assert installed(Without())
    assert installed(TorchBackend())
    assert not installed(Unknown())


def test_spelling_applies_where_the_case_has_one_of_this_backend(make_task: MakeTask) -> None:
    """A spelling for jax gives torch nothing to spell."""
    task = make_task(square, x=1.0)
    task.case.spelling("jax")(square)
    assert plain_and_spelling(TorchBackend(), task.case) == ("",)
    task.case.spelling("torch")(square)
    assert plain_and_spelling(TorchBackend(), task.case) == ("", "spelling")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mode": "RRR"}, "torch has no mode RRR"),
        ({"transform": "jit"}, "torch has no transform 'jit'"),
        ({"transform": "spelling"}, "square has no torch spelling"),
    ],
)
def test_what_is_not_declared_is_declined(make_task: MakeTask, change: dict[str, Any], reason: str) -> None:
    """A mode, transform or spelling that the backend does not have is `Unsupported`, with the reason."""
    with pytest.raises(Unsupported, match=f"^{re.escape(reason)}$"):
        function_of(TorchBackend(), replace(make_task(square, x=1.0), **change))


def test_a_dtype_that_is_not_declared_is_declined(make_task: MakeTask) -> None:
    """NumPy adds float16 up in float16 along some axes, and knows no bfloat16: difference quotients have neither."""
    with pytest.raises(Unsupported, match=r"^finite_difference does not compute in float16$"):
        function_of(FiniteDifferenceBackend(), make_task(square, x=1.0, transform="central", dtype="float16"))


def test_the_function_of_a_task_is_the_cases_own_or_its_spelling(make_task: MakeTask) -> None:
    """The transform `spelling` picks the spelling, every other one the case's function."""

    def spelled(x: Any) -> Any:
        return x**2

    task = make_task(square, x=1.0)
    task.case.spelling("torch")(spelled)
    assert function_of(TorchBackend(), task) is square
    assert function_of(TorchBackend(), replace(task, transform="spelling")) is spelled


@pytest.mark.parametrize(
    ("output", "cotangent", "message"),
    [
        ((np.ones(2), np.ones(2)), None, "the function returns 2 outputs: return one array"),
        (2.0, None, "the function returns a float: return an array of the arguments' own kind"),
        (None, None, "the function returns a NoneType: return an array of the arguments' own kind"),
        (np.ones(2, np.int64), None, "the function returns int64 where the arguments are float64"),
        (np.ones(2, np.float32), None, "the function returns float32 where the arguments are float64"),
        (np.ones(2), np.ones(3), "the output has shape (2,), the cotangent (3,): they must be the same"),
        (np.ones(()), np.ones(3), "the output has shape (), the cotangent (3,): they must be the same"),
    ],
)
def test_an_output_that_cannot_be_judged_is_refused_in_one_line(output: Any, cotangent: Any, message: str) -> None:
    """Several outputs, no array, another dtype, a shape that the cotangent does not fit."""
    array = np.ndarray if isinstance(output, float) else ARRAY
    with pytest.raises(BadOutput, match=f"^{re.escape(message)}$"):
        check_output(output, array, FLOAT64, cotangent)


@pytest.mark.parametrize(
    ("output", "cotangent"),
    [(np.ones(2), None), (np.float64(1.0), None), (np.ones((2, 3)), np.ones((2, 3))), (np.ones(2), np.ones(()))],
)
def test_an_output_that_can_be_judged_passes(output: Any, cotangent: Any) -> None:
    """One array of the dtype under test, and a cotangent of its shape or broadcast to it."""
    check_output(output, ARRAY, FLOAT64, cotangent)


@pytest.mark.parametrize(
    ("error", "line"),
    [(ValueError("one\ntwo"), "one"), (ValueError("\n  one\n"), "one"), (NotImplementedError(), "NotImplementedError")],
)
def test_an_exception_is_quoted_by_its_first_line(error: Exception, line: str) -> None:
    """The matrix has room for one line; where the exception says nothing, for its type."""
    assert first_line(error) == line
