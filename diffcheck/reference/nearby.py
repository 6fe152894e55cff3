"""What rounding may make of a point: the branches, kinks and paths that it may take instead of the exact ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from diffcheck.expression import nodes
from diffcheck.expression.roots import argument_of_square_root
from diffcheck.reference.ball import BallAlgebra
from diffcheck.reference.cells import Cells
from diffcheck.reference.certify import PRECISIONS, certify
from diffcheck.reference.enclosure import Enclosure
from diffcheck.reference.rounded import Arithmetic, Rounded
from diffcheck.reference.rounding import propagate
from diffcheck.reference.surroundings import active_conditions, derived_for
from diffcheck.reference.tracing import trace_turned
from diffcheck.reference.unreached import with_zeros

if TYPE_CHECKING:
    from diffcheck.reference.reference import Reference

# Rounding seldom reaches more than one condition of a loop.
_MOST_PATHS = 8


class Nearby:
    """The derivatives beside a reference, within rounding of its point.

    Args:
        reference: what is true at the point itself.
    """

    def __init__(self, reference: Reference) -> None:
        self.reference = reference

    @cached_property
    def entries(self) -> Mapping[str, Enclosure]:
        """The hulls of the derivatives of all branches that rounding may take."""
        reference = self.reference
        if not reference.slack:
            return reference.entries
        graph = reference.closed_form.reached
        open_ties = active_conditions(reference.closed_form)
        found = certify(
            list(graph.values()),
            reference.inputs,
            reference.dtype,
            lambda: BallAlgebra(open_ties, reference.slack),
            PRECISIONS[:1],
        )
        return {**reference.entries, **dict(zip(graph, found, strict=True))}

    @cached_property
    def value(self) -> Enclosure:
        """The hull of the function's values on all branches that rounding may take."""
        reference = self.reference
        output = reference.closed_form.traced.output
        algebra = BallAlgebra(frozenset(), reference.slack)
        return certify([output], reference.inputs, reference.dtype, lambda: algebra, PRECISIONS[:1])[0]

    @cached_property
    def rounded(self) -> Mapping[str, Rounded]:
        """How the dtype computes the entries where everything is switched on that rounding may switch on."""
        reference = self.reference
        graph = reference.closed_form.reached
        found, _ = propagate(list(graph.values()), reference.inputs, Arithmetic.of(reference.dtype), steps_up=True)
        return dict(zip(graph, found, strict=True))

    @cached_property
    def cells(self) -> Cells:
        """The derivatives on all branches that rounding may take, one by one."""
        return self.reference.cells(self.reference.slack)

    @cached_property
    def has_root(self) -> bool:
        """Whether rounding may move a root off its zero, or onto it: then its slope is a matter of rounding."""
        reference = self.reference
        below = map(argument_of_square_root, nodes.topological([reference.closed_form.traced.output]))
        arguments = [node for node in below if node is not None]
        found, _ = propagate(arguments, reference.inputs, Arithmetic.of(reference.dtype))
        return any(bool(np.any((part.worst > 0) & (np.abs(part.value) <= part.worst))) for part in found)

    @cached_property
    def has_path(self) -> bool:
        """Whether rounding may turn a condition that the function branched on."""
        return self.reference.path_ties or bool(self._conditions)

    @property
    def has_more_paths(self) -> bool:
        """Whether rounding may turn several conditions at once, which leads to paths that were not followed."""
        return len(self._conditions) > 1

    @cached_property
    def paths(self) -> list[Mapping[str, Enclosure]]:
        """The derivatives on the paths that the function takes when rounding turns one of its conditions."""
        reference, around = self.reference, self.reference.surroundings
        found: list[Mapping[str, Enclosure]] = []
        for turned in self._conditions[:_MOST_PATHS]:
            traced = trace_turned(around.function, around.point, turned)
            closed_form = derived_for(traced, around.point, around.wrt, reference.closed_form.mode)
            graph = closed_form.reached
            entries = certify(list(graph.values()), reference.inputs, reference.dtype)
            found.append(with_zeros(closed_form, dict(zip(graph, entries, strict=True))))
        return found

    @cached_property
    def _conditions(self) -> list[int]:
        """Which conditions of the path rounding may turn."""
        reference = self.reference
        return [
            k
            for k, condition in enumerate(reference.closed_form.traced.conditions)
            if not reference.slack.keys().isdisjoint(nodes.topological([condition]))
        ]
