"""Hand-written gradients: the formulas attached to a case, run on NumPy arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from diffcheck.backends.base import (
    REVERSE,
    BadOutput,
    Capabilities,
    Derivative,
    Task,
    Unsupported,
    check_output,
)
from diffcheck.case import Case
from diffcheck.dtype import is_floating
from diffcheck.lift.formula import formula_program
from diffcheck.lift.program import Program
from diffcheck.point import Point

Function = Callable[..., Any]


class HandwrittenBackend:
    """The formulas of `@case.handwritten(name)`, each a transform of its own."""

    name = "handwritten"
    capabilities = Capabilities(
        modes=(REVERSE,),
        transforms=(),
        one_line="gradient formulas written by hand beside a case, on NumPy arrays",
    )

    def version(self) -> str:
        """The version of NumPy, which computes the formulas."""
        return version("numpy")

    def transforms(self, case: Case) -> tuple[str, ...]:
        """The names of the case's formulas; none where it has none."""
        return tuple(case.handwritten_formulas)

    def differentiate(self, task: Task) -> Derivative:
        """Compute the function's value and what one formula says its gradient is.

        A formula is judged on the arguments it returns: at least one, each of `wrt`.

        Raises:
            Unsupported: there is no such formula, or it takes no cotangent and one is given.
            BadOutput: the formula or the function answers with something that cannot be judged.
        """
        formula = _formula(task)
        with np.errstate(all="ignore"):
            value = task.function(**_copies(task.point))
            check_output(value, (np.ndarray, np.generic), task.point.dtype, task.point.cotangent)
            given = _asked_for(formula, task.point, np.shape(value))
            gradients = formula(**given)

        def program() -> Program:
            return formula_program(formula, tuple(given), task.function, task.point)

        return Derivative(np.array(value), _entries(gradients, task), program=program, framework="numpy")


def _formula(task: Task) -> Function:
    if task.mode != REVERSE:
        raise Unsupported(f"handwritten has no mode {task.mode}")
    formulas = task.case.handwritten_formulas
    if task.transform not in formulas:
        raise Unsupported(f"{task.case.name} has no handwritten formula {task.transform!r}")
    return formulas[task.transform]


def _asked_for(formula: Function, point: Point, output_shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """The arguments that a formula's signature names, and the cotangent if it names that."""
    parameters = inspect.signature(formula).parameters
    given = _copies(point)
    cotangent = np.array(point.cotangent_for(output_shape))
    if "cotangent" in parameters:
        given["cotangent"] = cotangent
    elif np.any(cotangent != 1):
        raise Unsupported("the formula takes no cotangent: it is the gradient for a cotangent of ones")
    if unknown := [name for name in parameters if name not in given]:
        raise BadOutput(f"the formula asks for {unknown[0]!r}: the function's arguments are {_listed(point.arguments)}")
    return {name: given[name] for name in parameters}


def _entries(gradients: Any, task: Task) -> dict[str, np.ndarray]:
    if not isinstance(gradients, Mapping) or not gradients:
        raise BadOutput("the formula returns no gradient: return {argument: gradient}")
    if unknown := [name for name in gradients if name not in task.wrt]:
        raise BadOutput(f"the formula returns a gradient for {unknown[0]!r}: differentiated are {_listed(task.wrt)}")
    return {name: _entry(name, gradients[name], task.point) for name in task.wrt if name in gradients}


def _entry(name: str, gradient: Any, point: Point) -> np.ndarray:
    """One gradient as an array of the dtype under test; numbers and integers are converted."""
    array = np.array(gradient)
    expected = point.arguments[name]
    if array.shape != expected.shape:
        raise BadOutput(f"the gradient for {name!r} has shape {array.shape}, the argument {expected.shape}")
    is_number = isinstance(gradient, (int, float)) and not isinstance(gradient, np.generic)
    if is_floating(array.dtype) and array.dtype != expected.dtype and not is_number:
        raise BadOutput(f"the gradient for {name!r} is {array.dtype.name} where the argument is {expected.dtype.name}")
    return array.astype(expected.dtype)


def _copies(point: Point) -> dict[str, np.ndarray]:
    """Arrays that a formula may write to."""
    return {name: np.array(array) for name, array in point.arguments.items()}


def _listed(names: Any) -> str:
    return ", ".join(names)
