"""Windows moved over an array: convolution, pooling, and how jax pulls pooling back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from diffcheck.expression import nodes, sums
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.lift.jaxpr_elementwise import applied
from diffcheck.lift.jaxpr_known import Value, node_of
from diffcheck.lift.jaxpr_order import chosen, first_largest, repeated
from diffcheck.lift.jaxpr_rearrangement import padded
from diffcheck.lift.jaxpr_sums import summed
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn

Sizes = Sequence[int]


def window_positions(
    positions: np.ndarray,
    sizes: Sizes,
    strides: Sizes,
    padding: Sequence[tuple[int, int]],
    base_dilation: Sizes,
    window_dilation: Sizes,
) -> np.ndarray:
    """The flat positions in each window: the axes of the windows, then those inside one; −1 is padding."""
    config = [(before, after, step - 1) for (before, after), step in zip(padding, base_dilation, strict=True)]
    reach = [(size - 1) * step + 1 for size, step in zip(sizes, window_dilation, strict=True)]
    wide = padded(positions, config)
    rank = positions.ndim
    if any(size < needed for size, needed in zip(wide.shape, reach, strict=True)):
        return np.zeros((*(max(s - r + 1, 0) for s, r in zip(wide.shape, reach, strict=True)), *sizes), dtype=int)
    windows = np.lib.stride_tricks.sliding_window_view(wide, reach)
    steps = [slice(None, None, int(step)) for step in (*strides, *window_dilation)]
    assert windows.ndim == 2 * rank
    return np.asarray(windows[tuple(steps)])


# ---- convolution -----------------------------------------------------------------------------


def _convolution(equation: JaxprEqn, x: Value, w: Value) -> Node:
    """Windows of x times kernels, by groups of channels or of the batch."""
    parameters = equation.params
    numbers = parameters["dimension_numbers"]
    images, kernels = node_of(x), node_of(w)
    own = nodes.positions_of(kernels.shape).transpose(numbers.rhs_spec)
    spatial = own.shape[2:]
    windows = window_positions(
        nodes.positions_of(images.shape).transpose(numbers.lhs_spec),
        (1, 1, *spatial),
        (1, 1, *parameters["window_strides"]),
        ((0, 0), (0, 0), *parameters["padding"]),
        (1, 1, *parameters["lhs_dilation"]),
        (1, 1, *parameters["rhs_dilation"]),
    )
    places = windows.shape[2 : 2 + len(spatial)]
    batch, channels = windows.shape[:2]
    by_batch, by_feature = parameters["batch_group_count"], parameters["feature_group_count"]
    groups = by_batch * by_feature
    # Axes: group of the batch, of the features, the rest of both, places, inside the window.
    windows = windows.reshape(by_batch, batch // by_batch, by_feature, channels // by_feature, *places, prod(spatial))
    windows = np.swapaxes(windows, 1, 2).reshape(groups, batch // by_batch, channels // by_feature, -1, prod(spatial))
    own = own.reshape(groups, own.shape[0] // groups, own.shape[1], prod(spatial))
    group, image, channel, place, inside, feature = range(6)
    found = sums.einsum(
        [
            (nodes.gather(images, windows), (group, image, channel, place, inside)),
            (nodes.gather(kernels, own), (group, feature, channel, inside)),
        ],
        (image, group, feature, place),
    )
    shape = (batch // by_batch, groups * own.shape[1], *places)
    order = np.argsort(numbers.out_spec)
    return nodes.gather(found, nodes.positions_of(shape).transpose(order))


# ---- pooling ---------------------------------------------------------------------------------


def _windows_of(equation: JaxprEqn, shape: Sizes) -> np.ndarray:
    """The positions in each window, with one axis for all that is inside."""
    parameters = equation.params
    sizes = parameters["window_dimensions"]
    ones = (1,) * len(sizes)
    windows = window_positions(
        nodes.positions_of(shape),
        sizes,
        parameters["window_strides"],
        parameters["padding"],
        parameters.get("base_dilation", ones),
        parameters.get("window_dilation", ones),
    )
    return windows.reshape(*windows.shape[: len(sizes)], prod(sizes))


def _inside(node: Node, windows: np.ndarray, sign: int) -> Node:
    """The entries of each window, where padding is no candidate for the largest."""
    entries = applied(sign * SLOTS[0], nodes.gather(node, windows))
    lowest = nodes.filled(-sp.oo, windows.shape)
    return nodes.select(nodes.constant(windows >= 0), entries, lowest)


def _window_sum(equation: JaxprEqn, operand: Value) -> Node:
    node = node_of(operand)
    windows = _windows_of(equation, node.shape)
    return summed(nodes.gather(node, windows), (windows.ndim - 1,))


def _window_largest(sign: int) -> Callable[..., Node]:
    def apply(equation: JaxprEqn, operand: Value) -> Node:
        node = node_of(operand)
        windows = _windows_of(equation, node.shape)
        largest = nodes.maximum(_inside(node, windows, sign), (windows.ndim - 1,))
        return applied(sign * SLOTS[0], largest)

    return apply


def _first_chosen(equation: JaxprEqn, node: Node, windows: np.ndarray) -> Node:
    """Which entry of each window jax selects: the first of the largest, or of the smallest."""
    comparison = equation.params["select_prim"].name
    if comparison not in ("ge", "le"):
        raise NotLifted(f"no rule for jax {equation.primitive.name} by {comparison}")
    return first_largest(_inside(node, windows, 1 if comparison == "ge" else -1), windows.ndim - 1)


def _select_and_scatter_add(equation: JaxprEqn, source: Value, operand: Value) -> Node:
    node, given = node_of(operand), node_of(source)
    windows = _windows_of(equation, node.shape)
    last = windows.ndim - 1
    spread = repeated(given, last, windows.shape[last])
    sent = nodes.select(_first_chosen(equation, node, windows), spread, nodes.filled(0, windows.shape))
    return nodes.scatter(sent, windows, node.shape)


def _select_and_gather_add(equation: JaxprEqn, tangents: Value, operand: Value) -> Node:
    node = node_of(operand)
    windows = _windows_of(equation, node.shape)
    entries = nodes.gather(node_of(tangents), windows)
    return chosen(_first_chosen(equation, node, windows), entries, windows.ndim - 1)


RULES: dict[str, Callable[..., Any]] = {
    "conv_general_dilated": _convolution,
    "reduce_window_max": _window_largest(1),
    "reduce_window_min": _window_largest(-1),
    "reduce_window_sum": _window_sum,
    "select_and_gather_add": _select_and_gather_add,
    "select_and_scatter_add": _select_and_scatter_add,
}
