"""The reference: the true derivative at a point, how far rounding can move it, and its kinks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb

from diffcheck.expression.closed_form import COTANGENT, ClosedForm, question, tangent_name
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Traced
from diffcheck.point import Point
from diffcheck.reference.ball import BallAlgebra
from diffcheck.reference.cells import Cells
from diffcheck.reference.certify import certify
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.kink import Kink
from diffcheck.reference.lower_order import Gaps, gaps, is_smooth
from diffcheck.reference.nearby import Nearby
from diffcheck.reference.range import Ranged, in_range
from diffcheck.reference.rounded import Arithmetic, Rounded
from diffcheck.reference.rounding import decides, propagate
from diffcheck.reference.singular import resolved, says_nothing
from diffcheck.reference.still import held_still
from diffcheck.reference.surroundings import Surroundings, active_conditions, derived_for
from diffcheck.reference.tracing import ties, trace_at
from diffcheck.reference.unreached import with_zeros

Function = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Reference:
    """The certified derivative of a function at a point.

    Attributes:
        closed_form: the derivative, as an expression.
        inputs: every input of the expression, exact.
        dtype: the dtype under test.
        value: encloses the function's value.
        entries: modes with an R: argument → enclosure of its gradient, or of its derivative along the
            tangent; others: `output` → enclosure of the directional derivative.
        surroundings: what the function does beside the point.
        path_ties: whether a condition that the function branched on holds, or fails, by a tie.
        value_ties: whether the value hangs on a condition that holds, or fails, by a tie.
        removable: whether the function has no value here, but a limit, which stands in for it.
        gaps: above order 1: where the order below is no number, so that there is no derivative of it.
    """

    closed_form: ClosedForm
    inputs: Mapping[str, np.ndarray]
    dtype: np.dtype
    value: Enclosure
    entries: Mapping[str, Enclosure]
    surroundings: Surroundings
    path_ties: bool = False
    value_ties: bool = False
    removable: bool = False
    gaps: Gaps | None = None

    @property
    def lower(self) -> dict[str, np.ndarray]:
        """The lower ends, rounded down to float64."""
        return {name: entry.lower for name, entry in self.entries.items()}

    @property
    def upper(self) -> dict[str, np.ndarray]:
        """The upper ends, rounded up to float64."""
        return {name: entry.upper for name, entry in self.entries.items()}

    @property
    def unreached(self) -> frozenset[str]:
        """The keys whose derivative is zero by construction: no path leads to the output."""
        return frozenset(name for name, node in self.closed_form.entries.items() if node is None)

    @property
    def rounded(self) -> Mapping[str, Rounded]:
        """The keys of entries that are reached → how the dtype computes the closed form."""
        return dict(zip(self.closed_form.reached, self._propagated[0][1:], strict=False))

    @property
    def rounded_value(self) -> Rounded:
        """How the dtype computes the function."""
        return self._propagated[0][0]

    @cached_property
    def slack(self) -> Mapping[Node, np.ndarray]:
        """Node → how far rounding may push its kink arguments across zero."""
        return self._propagated[1] if decides(self._graph) else {}

    @cached_property
    def _propagated(self) -> tuple[list[Rounded], dict[Node, np.ndarray]]:
        """The rounding of value, entries and conditions, when somebody asks: a program that ran has its own."""
        return propagate(self._graph, self.inputs, Arithmetic.of(self.dtype))

    @property
    def _graph(self) -> tuple[Node, ...]:
        """The value, the entries that are reached, and the conditions of the path."""
        traced = self.closed_form.traced
        return (traced.output, *self.closed_form.reached.values(), *traced.conditions)

    @cached_property
    def kink(self) -> Kink | None:
        """The kink, jump or singularity that lies exactly here; `None` at an ordinary point."""
        masks = {name: self._is_asked(name) for name in self.entries}
        singular = self.value_ties or not np.isfinite(self.value.high).all()
        if not (self.path_ties or singular or any(mask.any() for mask in masks.values())):
            return None
        if not self.path_ties:
            masks = {name: masks[name] for name in self.closed_form.reached}
        box = {name: (entry.lower, entry.upper) for name, entry in self.entries.items()}
        return Kink(self.surroundings, self.cells(), masks, box, self.value.balls, self.path_ties)

    def _is_asked(self, name: str) -> np.ndarray:
        """The entries that a kink is asked about: those without a narrow enclosure, or all of them."""
        entry = self.entries[name]
        masks = np.ones(entry.shape, dtype=bool) if self.path_ties else entry.open | says_nothing(entry)
        return masks if self.gaps is None else masks & ~self.gaps.nowhere[name] & ~self.gaps.unknown[name]

    def cells(self, slack: Mapping[Node, np.ndarray] | None = None) -> Cells:
        """The derivatives on all branches that meet here, or that rounding may take."""
        around = self.surroundings
        return Cells(self.closed_form, around.wrt, self.inputs, self.dtype, active_conditions(self.closed_form), slack)

    @cached_property
    def nearby(self) -> Nearby:
        """What rounding may make of the point: the other branches that it may take."""
        return Nearby(self)

    @property
    def is_undefined(self) -> bool:
        """Whether no entry has a derivative here: outside the domain, at a jump, a pole or a cusp."""
        found = [entry for entry in self.entries.values() if entry.high.size]
        if self.value.high.size and np.isnan(self.value.high).all():
            return True
        return self.jumps or (bool(found) and all(np.isnan(entry.high).all() for entry in found))

    @property
    def jumps(self) -> bool:
        """Whether the function itself is discontinuous here."""
        return self.kink is not None and self.kink.jumps

    @cached_property
    def ranged(self) -> Mapping[str, Ranged]:
        """The entries when what overflows becomes an infinity."""
        graph = self.closed_form.reached
        return dict(zip(graph, in_range(list(graph.values()), self.inputs, self.dtype), strict=True))

    @cached_property
    def value_overflowed(self) -> np.ndarray:
        """Where an intermediate of the function's value overflows in the dtype."""
        return in_range([self.closed_form.traced.output], self.inputs, self.dtype)[0].left | self.path_overflowed

    @cached_property
    def path_overflowed(self) -> bool:
        """Whether an intermediate of a condition that the function branched on overflows in the dtype."""
        conditions = self.closed_form.traced.conditions
        return any(ranged.left.any() for ranged in in_range(conditions, self.inputs, self.dtype))

    def rounded_value_with_underflow(self, flushes: bool) -> Rounded:
        """How the dtype computes the function when every operation may underflow, perhaps to zero."""
        arithmetic = Arithmetic.of(self.dtype, underflow=True, flushes=flushes)
        return propagate([self.closed_form.traced.output], self.inputs, arithmetic)[0][0]

    def rounded_with_underflow(self, flushes: bool) -> Mapping[str, Rounded]:
        """How the dtype computes the closed form when every operation may underflow, perhaps to zero."""
        graph = self.closed_form.reached
        arithmetic = Arithmetic.of(self.dtype, underflow=True, flushes=flushes)
        found, _ = propagate(list(graph.values()), self.inputs, arithmetic)
        return {**self.rounded, **dict(zip(graph, found, strict=True))}

    def __repr__(self) -> str:
        lines = [f"value: {_interval(self.value)}"]
        lines += [f"{name}: {_interval(entry)}" for name, entry in self.entries.items()]
        return "\n".join(lines)


def refer(function: Function, point: Point, wrt: tuple[str, ...], mode: str = "R") -> Reference:
    """Certify the derivative of a function at a point, in the point's dtype."""
    traced = trace_at(function, point)
    found = _referred(function, traced, point, wrt, mode)
    if any(says_nothing(entry).any() for entry in found.entries.values()):
        held = held_still(traced, found.inputs, wrt, point.dtype)
        found = found if held is traced else _referred(function, held, point, wrt, mode)
    return _completed(found)


def _referred(function: Function, traced: Traced, point: Point, wrt: tuple[str, ...], mode: str) -> Reference:
    """What the closed form says."""
    closed_form = derived_for(traced, point, wrt, mode)
    inputs = _inputs(traced, point, wrt)
    graph = closed_form.reached
    below = [node for order in closed_form.lower for node in order.values() if node is not None]
    value, *found = certify(
        [traced.output, *graph.values(), *below],
        inputs,
        point.dtype,
        lambda: BallAlgebra(active_conditions(closed_form)),
    )
    entries, lower = found[: len(graph)], found[len(graph) :]
    path_ties = any(ties(condition, inputs) for condition in traced.conditions)
    may_have_gaps = closed_form.order > 1 and (path_ties or not is_smooth(lower))
    return Reference(
        closed_form=closed_form,
        inputs=inputs,
        dtype=point.dtype,
        value=value,
        entries=with_zeros(closed_form, dict(zip(graph, entries, strict=True))),
        surroundings=Surroundings(function, point, closed_form, wrt, inputs),
        path_ties=path_ties,
        gaps=gaps(refer(function, point, wrt, question(mode)[1:])) if may_have_gaps else None,
    )


# ---- pieces ----------------------------------------------------------------------------------


def _completed(found: Reference) -> Reference:
    """What the closed form leaves open, said by the limits around the point; nothing where there is a gap."""
    found = _settled(found)
    return found if found.gaps is None else replace(found, entries=found.gaps.left_out(found.entries))


def _settled(found: Reference) -> Reference:
    silent = any(says_nothing(entry).any() for entry in found.entries.values())
    if found.value.open.any():
        found = _decided(found)
    if not found.value.high.size:
        return found
    if not silent:
        return _outside(found) if np.isnan(found.value.high).all() else found
    if found.kink is None:
        return found
    if found.kink.is_outside:
        return _outside(found)
    entries = resolved(found.entries, found.kink)
    hole = np.isnan(found.value.high).any() and not found.kink.jumps and bool(found.kink.reached)
    if not hole:
        return replace(found, entries=entries)
    nowhere = np.zeros(found.value.shape, dtype=bool)
    value = Enclosure(found.kink.reached[0].value, nowhere, nowhere)
    return replace(found, entries=entries, value=value, removable=True)


def _outside(found: Reference) -> Reference:
    """No derivative, though its formula may have a value: 1/x has one at −1, where log has none."""
    return replace(found, entries={name: _nowhere(entry.shape) for name, entry in found.entries.items()})


def _decided(found: Reference) -> Reference:
    """A value that ties keep open, with the ties decided as the program decides them."""
    [value] = certify([found.closed_form.traced.output], found.inputs, found.dtype)
    return replace(found, value=value, value_ties=True)


def _inputs(traced: Traced, point: Point, wrt: tuple[str, ...]) -> dict[str, np.ndarray]:
    inputs = {name: point.arguments[name] for name in traced.inputs}
    inputs[COTANGENT] = point.cotangent_for(traced.output.shape)
    inputs.update({tangent_name(name): point.tangent_for(name) for name in wrt})
    return inputs


def _nowhere(shape: tuple[int, ...]) -> Enclosure:
    """No derivative: the function itself has no value here."""
    mask = np.zeros(shape, dtype=bool)
    return Enclosure(np.full(shape, arb.nan(), object), mask, ~mask)


def _interval(enclosure: Enclosure) -> str:
    if enclosure.shape == ():
        return f"[{enclosure.lower}, {enclosure.upper}]"
    return f"lower {enclosure.lower.tolist()}, upper {enclosure.upper.tolist()}"
