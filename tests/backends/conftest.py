"""A task in one line, for the tests of every backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcheck.backends.base import Task
from diffcheck.case import Case
from diffcheck.dtype import is_floating
from diffcheck.point import Point

MakeTask = Callable[..., Task]


@pytest.fixture
def make_task() -> MakeTask:
    """Make a task of a function and numbers; floats get the dtype, integers stay."""

    def make(
        function: Callable[..., Any],
        *,
        mode: str = "R",
        transform: str = "",
        dtype: str = "float64",
        wrt: tuple[str, ...] | None = None,
        cotangent: Any = None,
        tangents: Any = None,
        **arguments: Any,
    ) -> Task:
        def array(numbers: Any) -> np.ndarray:
            given = np.array(numbers)
            return given if given.dtype.kind == "i" else given.astype(dtype)

        arrays = {name: array(numbers) for name, numbers in arguments.items()}
        chosen = wrt or tuple(name for name, given in arrays.items() if is_floating(given.dtype))
        point = Point(
            arrays,
            None if cotangent is None else array(cotangent),
            {name: array(numbers) for name, numbers in (tangents or {}).items()},
        )
        case = Case(function.__name__, "tests", function, {}, chosen, (), "tests")
        return Task(function, point, chosen, mode, transform, case)

    return make
