"""Finite differences: the case's own Python on NumPy, entry by entry, each value with its own bound.

A bound has two parts. Truncation: the Lagrange remainder, with the higher derivative enclosed by
jets over the interval that the quotient spans. Rounding: what the dtype may do to the function's
values, over the step. It is infinite where the interval holds a kink or the end of the domain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np

from diffcheck.analytic import NotAnalytic
from diffcheck.backends.base import REVERSE, Capabilities, Derivative, Task, Unsupported, check_output, function_of
from diffcheck.backends.difference_rules import COMPLEX_STEP, RULES, Rule
from diffcheck.case import Case
from diffcheck.expression import heads, nodes
from diffcheck.expression.closed_form import COTANGENT, OUTPUT, derive_closed_form, tangent_name
from diffcheck.expression.functions import FUNCTIONS
from diffcheck.expression.nodes import Node
from diffcheck.point import Point
from diffcheck.reference.ball import exact_balls
from diffcheck.reference.certify import precision
from diffcheck.reference.jet import directional_derivatives
from diffcheck.reference.reference import trace_at
from diffcheck.reference.rounding import Arithmetic, propagate
from diffcheck.spellings.numpy import recorded, replayed

LARGEST_GRADIENT = 64
"""Entries that are differentiated at most: each needs several evaluations, and a jet for its bound."""

JET_BITS = 96

# One complex operation is at most four real products and two sums, and its parts are as exact as those.
COMPLEX_ROUNDINGS = 4.0


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

        Raises:
            Unsupported: there are too many entries, or the function is not analytic (complex step).
            BadOutput: the function answers with something that cannot be judged.
        """
        function = function_of(self, task)
        count = sum(task.point.arguments[name].size for name in task.wrt)
        if count > LARGEST_GRADIENT:
            evaluations = f"{2 * count:,} evaluations"
            raise Unsupported(f"{count:,} entries need {evaluations} or more; the limit is {LARGEST_GRADIENT} entries")
        study = _study(function, task.point)
        quotient = _complex_step if task.transform == COMPLEX_STEP else _real_quotient(RULES[task.transform])
        if task.transform == COMPLEX_STEP:
            study.require_analytic()
        try:
            with np.errstate(all="ignore"):
                entries, bounds = _each_entry(study, task.wrt, quotient)
        except NotAnalytic as error:
            raise Unsupported(str(error)) from error
        return Derivative(study.value, entries, bounds)


Quotient = Callable[["_Study", str, tuple[int, ...]], tuple[float, float]]


def _each_entry(
    study: _Study, wrt: tuple[str, ...], quotient: Quotient
) -> tuple[dict[str, np.ndarray | None], dict[str, np.ndarray]]:
    """The quotient and its bound for every entry of every argument, in the dtype under test."""
    entries: dict[str, np.ndarray | None] = {}
    bounds: dict[str, np.ndarray] = {}
    for name in wrt:
        shape = study.point.arguments[name].shape
        found = [quotient(study, name, index) for index in np.ndindex(*shape)]
        exact = np.array([number for number, _ in found], dtype=float).reshape(shape)
        entries[name] = exact.astype(study.point.dtype)
        stored = np.abs(entries[name].astype(float) - exact)
        bounds[name] = np.array([bound for _, bound in found], dtype=float).reshape(shape) + stored
    return entries, bounds


# ---- what is known about a function at a point -----------------------------------------------


@lru_cache(maxsize=4)
def _study(function: Callable[..., Any], point: Point) -> _Study:
    """All five rules ask about the same point in turn."""
    return _Study(function, point)


class _Study:
    """A function at a point: its values nearby, its graph, and what rounding does to them."""

    def __init__(self, function: Callable[..., Any], point: Point) -> None:
        self.function = function
        self.point = point
        self.traced = trace_at(function, point)
        with recorded() as self.frozen, np.errstate(all="ignore"):
            self.value = np.asarray(self._call(point.arguments))
        check_output(self.value, (np.ndarray, np.generic), point.dtype, point.cotangent)
        self.cotangent = point.cotangent_for(self.value.shape).astype(float)

    def _call(self, arguments: Mapping[str, Any]) -> Any:
        return self.function(**{name: np.array(array) for name, array in arguments.items()})

    def at(self, name: str, moved: np.ndarray) -> Any:
        """⟨cotangent, f⟩ with one argument replaced; what is frozen stays as it is at the point."""
        with replayed(self.frozen):
            value = np.asarray(self._call({**self.point.arguments, name: moved}))
        exact = value.astype(complex if np.iscomplexobj(value) else float)
        return np.sum(self.cotangent * exact)

    @cached_property
    def inputs(self) -> dict[str, np.ndarray]:
        """Every input of the graph, and of its directional derivative."""
        found = {name: self.point.arguments[name] for name in self.traced.inputs}
        return {**found, COTANGENT: self.cotangent}

    @cached_property
    def graph(self) -> Node:
        """⟨cotangent, f⟩ as an expression."""
        axes = range(len(self.traced.output.shape))
        weights = nodes.variable(COTANGENT, self.traced.output.shape)
        return nodes.einsum([(weights, axes), (self.traced.output, axes)], ())

    def value_error(self, name: str, index: tuple[int, ...], distance: float = 0.0) -> float:
        """The most that rounding can do to ⟨cotangent, f⟩, with one entry moved by a distance.

        The sum over outputs is taken in float64.
        """
        moved = self.inputs[name].astype(float)
        moved[index] += distance
        [output], _ = propagate([self.traced.output], {**self.inputs, name: moved}, Arithmetic.of(self.point.dtype))
        summation = np.abs(output.value) * np.finfo(float).eps * output.value.size
        rounding = float(np.sum(np.abs(self.cotangent) * (output.worst + summation)))
        return np.inf if np.isnan(rounding) else rounding

    def largest_derivatives(self, name: str, index: tuple[int, ...], reach: float, order: int) -> list[float]:
        """Bounds on |φ|, |φ′|, … over the interval that `reach` spans around one entry."""
        with precision(JET_BITS):
            balls = {key: exact_balls(values) for key, values in self.inputs.items()}
            balls[name][index] = balls[name][index] + _interval(reach)
            direction = exact_balls(np.zeros(self.point.arguments[name].shape))
            direction[index] = exact_balls(np.ones(1))[0]
            found = directional_derivatives(self.graph, balls, {name: direction}, order)
            sizes = [float(array.item().abs_upper()) for array in found]
        return [size if np.isfinite(size) else np.inf for size in sizes]

    def require_analytic(self) -> None:
        """Refuse a function that the complex step cannot pass through.

        Raises:
            Unsupported: it selects, or uses a function with a kink.
        """
        for node in _not_frozen(self.traced.output):
            if isinstance(node, (nodes.Select, nodes.Maximum)):
                raise Unsupported("selects among values, which is not analytic")
            if not isinstance(node, nodes.Map):
                continue
            for row in FUNCTIONS.values():
                if not row.analytic and row.head is not heads.frozen and node.scalar.has(row.head):
                    raise Unsupported(f"uses {row.head.__doc__}, which is not analytic")

    def rounding_of_derivative(self, name: str, index: tuple[int, ...]) -> float:
        """The most that rounding can do to the directional derivative along one entry."""
        closed = derive_closed_form(self.traced, (name,), "F").entries[OUTPUT]
        if closed is None:
            return 0.0
        tangent = np.zeros(self.point.arguments[name].shape)
        tangent[index] = 1.0
        inputs = {**self.inputs, tangent_name(name): tangent}
        [derivative], _ = propagate([closed], inputs, Arithmetic.of(self.point.dtype))
        return float(np.sum(np.abs(self.cotangent) * derivative.worst))


def _interval(reach: float) -> Any:
    from flint import arb

    return arb(0, reach)


def _not_frozen(output: Node) -> Iterator[Node]:
    """The nodes through which an output moves."""
    seen = {output}
    stack = [output]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, nodes.Map) and node.scalar.has(heads.frozen):
            continue
        fresh = [operand for operand in node.operands if operand not in seen]
        seen.update(fresh)
        stack.extend(fresh)


# ---- real quotients --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """A step and what bounds the error of the quotient with it.

    Attributes:
        size: h.
        truncation: Lagrange's remainder, and nodes that the dtype moved a little.
        amplification: by how much the quotient multiplies the rounding of the function's values.
        combination: the rounding of the quotient itself, in float64.
    """

    size: float
    truncation: float
    amplification: float
    combination: float

    def bound(self, value_error: float) -> float:
        """The most that the quotient can be off, where each value is off by at most `value_error`."""
        total = self.truncation + self.amplification * (value_error + self.combination)
        return total if np.isfinite(total) else np.inf


def _real_quotient(rule: Rule) -> Quotient:
    def quotient(study: _Study, name: str, index: tuple[int, ...]) -> tuple[float, float]:
        center = float(study.point.arguments[name][index])
        sizes = _step_sizes(rule, center, study.point.dtype)
        error = study.value_error(name, index)
        best = min((_step(rule, size, study, name, index) for size in sizes), key=lambda step: step.bound(error))
        number = _evaluate(rule, best.size, study, name, index)
        if not np.isfinite(best.bound(error)):
            return number, np.inf
        ends = (study.value_error(name, index, side * rule.reach * best.size) for side in (-1, 1))
        # Twice, because the quotient also evaluates between the point and the ends.
        return number, best.bound(2 * max(error, *ends))

    return quotient


def _step_sizes(rule: Rule, center: float, dtype: np.dtype) -> list[float]:
    """Steps worth trying: powers of two near s·u^(1/m), at which truncation balances rounding.

    The m-th derivative is taken to be of the order |f|/sᵐ: s near |x| is right for powers of x, s
    near 1 for exponentials and waves. A much shorter step serves where a kink or the end of the
    domain is near.
    """
    unit = float(np.finfo(dtype).eps) / 2
    scales = {min(max(abs(center), 2.0**-10), 1.0), max(abs(center), 2.0**-10)}
    balanced = [scale * unit ** (1 / rule.order) for scale in sorted(scales)]
    shortest = 32 * float(np.spacing(np.abs(np.asarray(center, dtype))))
    steps = [*balanced, max(balanced[0] * 2.0**-6, shortest)]
    return sorted({2.0 ** round(np.log2(step)) for step in steps})


def _step(rule: Rule, size: float, study: _Study, name: str, index: tuple[int, ...]) -> _Step:
    moved = _nodes_of(rule, size, study, name, index)
    shifts = np.array([abs((node - center) - float(offset) * size) for node, center, offset in moved])
    weights = np.array([abs(float(weight)) for weight in rule.weights])
    reach = rule.reach * size * (1 + 2.0**-20) + float(shifts.max())
    largest = study.largest_derivatives(name, index, reach, rule.order)
    displaced = float(np.sum(weights * shifts)) / size * largest[1] if shifts.any() else 0.0
    return _Step(
        size=size,
        truncation=rule.remainder * size ** (rule.order - 1) * largest[rule.order] + displaced,
        amplification=float(np.sum(weights)) / size,
        combination=len(weights) * float(np.finfo(float).eps) * largest[0],
    )


def _nodes_of(
    rule: Rule, size: float, study: _Study, name: str, index: tuple[int, ...]
) -> list[tuple[float, float, Any]]:
    """Where the dtype evaluates the function, beside the centre and the offset that was meant."""
    center = study.point.arguments[name][index]
    dtype = study.point.dtype.type
    return [(float(dtype(float(center) + float(c) * size)), float(center), c) for c in rule.offsets]


def _evaluate(rule: Rule, size: float, study: _Study, name: str, index: tuple[int, ...]) -> float:
    total = 0.0
    for (node, _, _), weight in zip(_nodes_of(rule, size, study, name, index), rule.weights, strict=True):
        moved = study.point.arguments[name].copy()
        moved[index] = node
        total += float(weight) * float(study.at(name, moved))
    return total / size


# ---- the complex step ------------------------------------------------------------------------


def _complex_step(study: _Study, name: str, index: tuple[int, ...]) -> tuple[float, float]:
    """Im f(x + ih)/h: no subtraction, so h may be tiny (Squire and Trapp 1998).

    The remainder h²·|f‴|/6 is taken twice over the real interval: at so small a step the third
    derivative is the same on the imaginary one.
    """
    is_double = study.point.dtype == np.float64
    size = 2.0**-120 if is_double else 2.0**-40
    moved = study.point.arguments[name].astype(np.complex128 if is_double else np.complex64)
    moved[index] += 1j * size
    number = float(np.imag(study.at(name, moved))) / size
    largest = study.largest_derivatives(name, index, size, 3)
    rounding = COMPLEX_ROUNDINGS * study.rounding_of_derivative(name, index)
    bound = 2 * size**2 / 6 * largest[3] + rounding + 2 * abs(number) * float(np.finfo(study.point.dtype).eps)
    return number, bound if np.isfinite(bound) else np.inf
