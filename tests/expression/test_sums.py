"""Sums of products: read through views, without deltas and numbers, and with one size for each label."""

from __future__ import annotations

from typing import Any

import pytest

from diffcheck.expression import nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node

A = SLOTS[0]
X = nodes.variable("x", (2, 3))
Y = nodes.variable("y", (2, 3))
V = nodes.variable("v", (3,))


def einsum(factors: Any, output: Any, sizes: Any = None, *, in_blocks: bool = False) -> Any:
    """`sums.einsum` with letters for labels, which reads better."""
    return sums.einsum(factors, output, sizes, in_blocks=in_blocks)


def test_a_permutation_and_its_inverse_are_nothing() -> None:
    """Views are read through: the transpose of the transpose is the array itself."""
    transposed = einsum([(X, "ij")], "ji")
    assert transposed.shape == (3, 2)
    assert einsum([(transposed, "ij")], "ji") is X


def test_a_product_of_a_view_is_a_product_of_what_it_views() -> None:
    """Written with a transpose or with other labels, it is one node."""
    transposed = einsum([(X, "ij")], "ji")
    assert einsum([(transposed, "ji"), (V, "j")], "i") is einsum([(X, "ab"), (V, "b")], "a")


def test_a_sum_of_a_broadcast_counts() -> None:
    """Summing an axis along which a vector was repeated multiplies by its size, in the same node."""
    repeated = einsum([(V, "j")], "ij", {"i": 2})
    summed = einsum([(repeated, "ij")], "j")
    assert isinstance(summed, nodes.Einsum)
    assert summed.factors[0][0] is V
    assert [summed.size_of[label] for label in summed.summed] == [2]


def test_a_framework_s_own_sum_is_another_node() -> None:
    """It is rounded otherwise; a product of matrices with ones is none."""
    ones = nodes.filled(1, (3, 4))
    own = einsum([(X, "ij")], "i", in_blocks=True)
    assert own is einsum([(X, "ij")], "i", in_blocks=True)
    assert own is not einsum([(X, "ij")], "i")
    assert not einsum([(X, "ij"), (ones, "jk")], "ik").in_blocks
    assert einsum([(X, "ij")], "ji", in_blocks=True).is_view


def test_a_label_that_a_number_carried_still_counts() -> None:
    """Σᵢ 2 over five entries is 10, and Σᵢⱼ 2xⱼ over i too."""
    assert einsum([(nodes.filled(2, (5,)), "i")], "") is nodes.filled(10)
    weighed = einsum([(nodes.filled(2, (5,)), "i"), (V, "j")], "")
    assert isinstance(weighed, nodes.Map)
    assert weighed.scalar == 2 * A


@pytest.mark.parametrize(
    ("factors", "output", "expected"),
    [
        ([(nodes.delta(3), "ij"), (V, "j")], "i", V),
        ([(nodes.delta(3), "ij"), (V, "i")], "j", V),
        ([(nodes.delta(3), "ij"), (nodes.delta(3), "jk"), (V, "k")], "i", V),
        ([(nodes.delta(3), "jj"), (nodes.filled(1), "")], "", nodes.filled(3)),
    ],
)
def test_a_delta_renames_a_label(factors: Any, output: str, expected: Node) -> None:
    """Σⱼ δᵢⱼ vⱼ is vᵢ, and the trace of the identity is its size."""
    assert einsum(factors, output) is expected


def test_a_delta_with_both_labels_kept_stays() -> None:
    """δᵢⱼ vⱼ is a diagonal matrix."""
    node = einsum([(nodes.delta(3), "ij"), (V, "j")], "ij")
    assert isinstance(node, nodes.Einsum)
    assert len(node.factors) == 2


@pytest.mark.parametrize(
    ("factors", "sizes"),
    [([(X, "ij"), (V, "i")], None), ([(V, "i")], {"i": 5}), ([(X, "ii")], None)],
)
def test_a_label_has_one_size(factors: Any, sizes: Any) -> None:
    """What does not fit is refused where it is written, with both sizes."""
    with pytest.raises(ValueError, match=r"sizes \d and \d of a common axis do not fit"):
        einsum(factors, "i", sizes)


@pytest.mark.parametrize(
    ("node", "view"),
    [
        (einsum([(X, "ij")], "ji"), True),
        (einsum([(V, "i")], "ji", {"j": 4}), True),
        (einsum([(nodes.variable("z", (1, 3)), "ij")], "j"), True),
        (einsum([(X, "ij")], "j"), False),
        (einsum([(nodes.variable("q", (3, 3)), "ii")], "i"), False),
        (einsum([(X, "ij"), (Y, "ij")], "ij"), False),
        (einsum([(V, "i")], "i", {"j": 4}), False),
    ],
)
def test_a_view_rearranges_or_repeats_and_nothing_else(node: nodes.Einsum, view: bool) -> None:
    """A sum, a product, a diagonal or a count is no view."""
    assert node.is_view is view
