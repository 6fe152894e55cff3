"""Finite differences: the case's own Python on NumPy, entry by entry, each value with its own bound."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from math import prod

import numpy as np

from diffcheck.backends.base import REVERSE, Capabilities, Derivative, Task, Unsupported, function_of
from diffcheck.backends.difference_rules import COMPLEX_STEP, RULES
from diffcheck.case import Case

# Entries that are differentiated at most: each needs several evaluations, and a jet for its bound.
LARGEST_GRADIENT = 64


class FiniteDifferenceBackend:
    """Difference quotients of a case's own function on NumPy arrays."""

    name = "finite_difference"
    capabilities = Capabilities(
        modes=(REVERSE,),
        transforms=(*RULES, COMPLEX_STEP),
        one_line="difference quotients on NumPy arrays, each with a bound on its own error",
    )

    def version(self) -> str:
        """The version of NumPy, which evaluates the function."""
        return version("numpy")

    def transforms(self, case: Case) -> tuple[str, ...]:
        """Every rule applies to every case."""
        return self.capabilities.transforms

    def differentiate(self, task: Task) -> Derivative:
        """Compute a gradient entry by entry.

        A bound is infinite where the quotient reaches over a kink or leaves the domain, at every
        step that the dtype has.

        Raises:
            Unsupported: there are too many entries, the function factorises a matrix, or it is not
                analytic (complex step).
            BadOutput: the function answers with something that cannot be judged.
        """
        from diffcheck.backends.complex_step import complex_step, require_analytic
        from diffcheck.backends.neighbourhood import Line, neighbourhood
        from diffcheck.backends.real_quotient import real_quotient

        function = function_of(self, task)
        _require_few_entries(task)
        around = neighbourhood(function, task.point)
        if around.traced.factorises:
            raise Unsupported("factorises a matrix, and no bound on the rounding of that is known here")
        if task.transform == COMPLEX_STEP:
            require_analytic(around)
        quotient = partial(real_quotient, RULES[task.transform]) if task.transform in RULES else complex_step
        entries: dict[str, np.ndarray | None] = {}
        bounds: dict[str, np.ndarray] = {}
        with np.errstate(all="ignore"):  # what leaves the range or the domain has an infinite bound
            for name in task.wrt:
                shape = task.point.arguments[name].shape
                found = [quotient(Line(around, name, index)) for index in np.ndindex(*shape)]
                numbers, errors = np.array(found, dtype=float).reshape(*shape, 2).transpose(-1, *range(len(shape)))
                entries[name], bounds[name] = numbers.astype(task.point.dtype), errors
        return Derivative(around.value, entries, bounds)


def _require_few_entries(task: Task) -> None:
    count = sum(prod(task.point.arguments[name].shape) for name in task.wrt)
    if count > LARGEST_GRADIENT:
        each = 1 if task.transform == COMPLEX_STEP else len(RULES[task.transform].offsets)
        needed = f"{count:,} entries need {each * count:,} evaluations"
        raise Unsupported(f"{needed}; the limit is {LARGEST_GRADIENT} entries")
