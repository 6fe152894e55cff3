"""An array less its own largest entry: that entry is zero, and nothing is wrong with it."""

from __future__ import annotations

import numpy as np
import pytest

from diffcheck.expression import elementwise, network, nodes, reduction
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Context, Tracer
from diffcheck.reference.rounded import Arithmetic, Rounded
from diffcheck.reference.rounding import propagate

SCORES = np.array([[300.1, 7.3, -20.9], [1.7, 1.7 + 1e-8, -4.1]])


def rounded(node: Node, scores: np.ndarray = SCORES) -> Rounded:
    """As float32 computes it, of scores that are off themselves."""
    [found], _ = propagate([node], {"x": scores / 3}, Arithmetic.of("float32"))
    return found


def scores(shape: tuple[int, ...] = SCORES.shape) -> Tracer:
    """Three times what is given, off by a rounding."""
    return Tracer(nodes.mapped(3 * SLOTS[0], nodes.variable("x", shape)), Context())


def test_the_largest_less_itself_has_no_error() -> None:
    """It is alone in the first row; in the second another one may be the largest in float32."""
    x = scores()
    found = rounded((x - reduction.max(x, axis=-1, keepdims=True)).node)
    assert found.value[0, 0] == found.sigma[0, 0] == found.worst[0, 0] == 0
    assert np.all(found.sigma[1, :2] > 0)
    assert np.all(found.worst[1, :2] > 0)
    assert np.all(found.sigma[:, 2] > 0)


def test_a_saturated_softmax_is_as_exact_as_its_largest_entry() -> None:
    """Its scores are hundreds of roundings off, its one is one: less 300 they would show."""
    found = rounded(network.softmax(scores()).node)
    assert found.sigma[0, 0] < 2.0**-21
    assert rounded(elementwise.exp(scores() - 300).node).sigma[0, 0] > 2.0**-18


@pytest.mark.parametrize("axis", [0, 1])
def test_the_largest_of_other_rows_is_another_number(axis: int) -> None:
    """Square matrices let rows and columns be mistaken for each other."""
    x = scores((2, 2))
    across = elementwise.broadcast(reduction.max(x, axis=axis).node, (2, 2))
    difference = nodes.mapped(SLOTS[0] - SLOTS[1], x.node, across)
    values = np.array([[3.0, 1.0], [0.5, 2.5]])
    found = rounded(difference, values)
    assert np.all(found.sigma[~np.isclose(found.value, 0)] > 0)
    if axis == 1:
        assert np.all(found.sigma > 0)


def test_another_difference_keeps_its_errors() -> None:
    """The largest less a half of it, or less the largest of something else."""
    x = scores()
    largest = reduction.max(x, axis=-1, keepdims=True)
    for other in (x - largest / 2, x - reduction.max(x * 1.0001, axis=-1, keepdims=True)):
        assert np.all(rounded(other.node).sigma > 0)
