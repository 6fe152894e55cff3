"""The rules of all ATen operations, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcheck.lift import (
    aten_activation,
    aten_contraction,
    aten_convolution,
    aten_creation,
    aten_elementwise,
    aten_factorisation,
    aten_indexing,
    aten_loss,
    aten_normalisation,
    aten_order,
    aten_pooling,
    aten_rearrangement,
    aten_reduction,
    aten_triangular,
    stopped,
)

Rule = Callable[..., Any]

_FAMILIES = (
    aten_elementwise,
    aten_activation,
    aten_reduction,
    aten_rearrangement,
    aten_indexing,
    aten_creation,
    aten_contraction,
    aten_convolution,
    aten_pooling,
    aten_order,
    aten_normalisation,
    aten_loss,
    aten_factorisation,
    aten_triangular,
    stopped,
)

RULES: dict[str, Rule] = {name: rule for family in _FAMILIES for name, rule in family.RULES.items()}


def rule_of(operation: Any) -> Rule | None:
    """The rule of an operation: of the overload (`max.dim`), else of all (`add`)."""
    namespace, _, overload = str(operation).partition(".")
    if namespace == "prims":
        return PRIMITIVES.get(name_of(operation))
    if namespace != "aten":
        return None
    return RULES.get(overload) or RULES.get(name_of(operation))


# Of the primitives below ATen, those that torch's definitions come down to.
PRIMITIVES: dict[str, Rule] = {"convert_element_type": lambda x, dtype: RULES["_to_copy"](x, dtype=dtype)}

# Operations that make numbers of no tensor: torch itself runs them.
CREATION = ("arange", "eye", "full", "iota", "linspace", "ones", "scalar_tensor", "zeros")

# Operations of integers that depend on the data.
TAKES_CHOICES = frozenset(
    (
        *aten_rearrangement.RULES,
        "adaptive_max_pool2d_backward",
        "adaptive_max_pool3d_backward",
        "gather",
        "linalg_lu_solve",
        "lu_unpack",
        "max_pool2d_with_indices_backward",
        "max_pool3d_with_indices_backward",
        "scatter",
        "scatter_add",
    )
)


def name_of(operation: Any) -> str:
    """`add` for aten.add.Tensor."""
    return str(operation).split(".")[1]


def is_covered(operation: Any) -> bool:
    """Whether an operation needs no definition by others."""
    return rule_of(operation) is not None or name_of(operation) in CREATION
