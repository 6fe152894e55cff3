"""Derivatives that are zero by construction: no path leads from the argument to the output."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from diffcheck.expression.closed_form import OUTPUT, ClosedForm
from diffcheck.reference.ball import exact_balls
from diffcheck.reference.enclosure import Enclosure


def with_zeros(closed_form: ClosedForm, entries: Mapping[str, Enclosure]) -> dict[str, Enclosure]:
    """The entries of a closed form, in its order: exact zeros beside those that are given."""
    shapes = {name: node.shape for name, node in closed_form.traced.inputs.items()}
    shapes[OUTPUT] = closed_form.traced.output.shape
    return {name: entries.get(name) or _exact_zeros(shapes[name]) for name in closed_form.entries}


def _exact_zeros(shape: tuple[int, ...]) -> Enclosure:
    nowhere = np.zeros(shape, dtype=bool)
    return Enclosure(exact_balls(np.zeros(shape)), nowhere, nowhere)
