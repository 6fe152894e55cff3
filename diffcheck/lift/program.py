"""A program that a framework ran to compute a derivative, as an expression.

It says two things that the definition's closed form cannot: how far rounding moves what really ran,
and, evaluated in balls, whether its formula is right whatever the rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from diffcheck.expression.nodes import Node


class NotLifted(Exception):
    """A program that cannot be lifted; the message names the first operation without a rule."""


@dataclass(frozen=True, eq=False)
class Program:
    """What ran, operation by operation.

    Its inputs have the names of the reference's: the arguments, `cotangent`, and `tangent of x`.

    Attributes:
        value: the function's value.
        entries: modes with an R: argument → gradient, or its derivative along the tangent, `None` where
            none arrives; others: `output` → directional derivative.
        held: further inputs and their numbers: tensors of a function that hands numbers to others, some of
            which are what came back.
        branches: whether a branch may have been taken by the numbers of this point, so that another program
            may run elsewhere.
    """

    value: Node
    entries: Mapping[str, Node | None]
    held: Mapping[str, np.ndarray] = field(default_factory=dict)
    branches: bool = False

    @property
    def outputs(self) -> dict[str, Node]:
        """The entries that something is computed for."""
        return {name: node for name, node in self.entries.items() if node is not None}
