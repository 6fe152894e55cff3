"""What torch answers, beside what the program lifted from it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcheck.backends.base import Task
from diffcheck.backends.torch import TorchBackend
from diffcheck.case import Case
from diffcheck.expression.closed_form import COTANGENT, tangent_name
from diffcheck.lift.aten import torch_primal, torch_program
from diffcheck.lift.program import Program
from diffcheck.point import Point
from diffcheck.reference.rounded import Arithmetic, Rounded
from diffcheck.reference.rounding import propagate

Function = Callable[..., Any]


@dataclass(frozen=True)
class Run:
    """One derivative: torch's numbers, and the lifted program's with their allowance, by name."""

    program: Program
    inputs: Mapping[str, np.ndarray]
    torch: Mapping[str, np.ndarray]
    lifted: Mapping[str, Rounded]

    @property
    def differences(self) -> dict[str, str]:
        """The outputs where torch is further away than the program's roundings allow, with both numbers."""
        apart = {name: self._apart(name) for name in self.lifted}
        return {
            name: f"torch {self.torch[name][mask]}, lifted {self.lifted[name].value[mask]}"
            for name, mask in apart.items()
            if mask.any()
        }

    def _apart(self, name: str) -> np.ndarray:
        numbers, lifted = self.torch[name].astype(float), self.lifted[name]
        info = np.finfo(self.torch[name].dtype)
        with np.errstate(invalid="ignore"):
            allowed = lifted.worst + 2 * info.eps * np.abs(numbers) + info.smallest_subnormal
            near = np.abs(numbers - lifted.value) <= allowed
        same = (numbers == lifted.value) | (np.isnan(numbers) & np.isnan(lifted.value))
        return np.asarray(~(near | same))


def run(function: Function, point: Point, wrt: tuple[str, ...], mode: str) -> Run:
    """Differentiate on torch, and lift what it ran."""
    case = Case("function", "tests", function, {}, wrt, (), "")
    answer = TorchBackend().differentiate(Task(function, point, wrt, mode, "", case))
    program = torch_program(function, point, wrt, mode)
    missing = {name for name, entry in answer.entries.items() if entry is None}
    assert missing == {name for name, node in program.entries.items() if node is None}
    assert answer.value is not None
    inputs = {**point.arguments, COTANGENT: point.cotangent_for(program.value.shape)}
    inputs |= {tangent_name(name): point.tangent_for(name) for name in wrt}
    graph = {"value": program.value, **program.outputs}
    found, _ = propagate(list(graph.values()), inputs, Arithmetic.of(point.dtype))
    numbers = {"value": answer.value, **{name: entry for name, entry in answer.entries.items() if entry is not None}}
    return Run(program, inputs, numbers, dict(zip(graph, found, strict=True)))


def assert_as_torch(function: Function, arrays: Mapping[str, Any], dtype: str = "float64", modes: str = "R") -> None:
    """The lifted program of each mode answers what torch answers, at weights of both signs."""
    import torch

    def by_name(**tensors: Any) -> Any:
        return function(*tensors.values())

    arguments = {name: _array(value, dtype) for name, value in arrays.items()}
    wrt = tuple(name for name, array in arguments.items() if array.dtype.kind == "f")
    shape = tuple(function(*map(torch.from_numpy, arguments.values())).shape)
    tangents = {name: weights(arguments[name].shape, dtype) for name in wrt}
    points = {"R": Point(arguments, cotangent=weights(shape, dtype)), "F": Point(arguments, tangents=tangents)}
    for mode in modes:
        assert not run(by_name, points[mode], wrt, mode).differences, mode


def assert_value_as_torch(function: Function, arrays: Mapping[str, Any], dtype: str = "float64") -> None:
    """The function's lifted value is what torch answers."""
    import torch

    arguments = {name: _array(value, dtype) for name, value in arrays.items()}
    node = torch_primal(lambda **tensors: function(*tensors.values()), Point(arguments))
    [found], _ = propagate([node], arguments, Arithmetic.of(np.dtype(dtype)))
    value = function(*map(torch.from_numpy, arguments.values())).numpy()
    assert not Run(Program(node, {}), arguments, {"value": value}, {"value": found}).differences


def _array(value: Any, dtype: str) -> np.ndarray:
    array = np.asarray(value)
    return array.astype(dtype) if array.dtype.kind == "f" else array


def weights(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Short numbers of both signs."""
    count = int(np.prod(shape, initial=1))
    return (np.arange(count) * 5 % 7 / 2 - 1.25).reshape(shape).astype(dtype)
