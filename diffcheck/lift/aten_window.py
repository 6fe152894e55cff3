"""Convolution and pooling: entries gathered in windows, in any number of dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, prod
from typing import Any

import numpy as np

from diffcheck.expression import manipulation, nodes, reduction, sums
from diffcheck.expression.elementwise import where
from diffcheck.expression.nodes import Node, positions_of
from diffcheck.expression.trace import Tracer
from diffcheck.lift.aten_choice import Choice, first_largest
from diffcheck.lift.aten_indexing import spread
from diffcheck.lift.program import NotLifted

Rule = Callable[..., Any]
Sizes = Sequence[int]


@dataclass(frozen=True)
class Windows:
    """How windows lie on images of shape N×C×…, one number for each dimension of an image."""

    kernel: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes

    @classmethod
    def of(cls, rank: int, kernel: Sizes, stride: Sizes = (), padding: Sizes = (0,), dilation: Sizes = (1,)) -> Windows:
        """One number may stand for all dimensions; without a stride, windows lie side by side."""
        given = (kernel, stride or kernel, padding, dilation)
        return cls(*(tuple(sizes) * rank if len(sizes) == 1 else tuple(sizes) for sizes in given))

    def places(self, shape: Sizes) -> np.ndarray:
        """The flat places of each window's entries, N×C×windows…×kernel…; −1 beyond the edge."""
        rank = len(self.kernel)
        edges = [(0, 0), (0, 0), *[(width, width) for width in self.padding]]
        padded = np.pad(positions_of(shape), edges, constant_values=-1)
        spans = [1 + (size - 1) * step for size, step in zip(self.kernel, self.dilation, strict=True)]
        windows = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=tuple(range(2, 2 + rank)))
        steps = [slice(None, None, step) for step in (*self.stride, *self.dilation)]
        return windows[(slice(None), slice(None), *steps)]


# ---- convolution -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Convolution:
    """Windows times kernels: labels of the image's patches, of the kernel, and of the output."""

    windows: Windows
    groups: int

    def patches(self, shape: Sizes) -> np.ndarray:
        """Places, N×groups×(channels of a group)×windows…×kernel…."""
        places = self.windows.places(shape)
        return places.reshape(places.shape[0], self.groups, -1, *places.shape[2:])

    def labels(self) -> tuple[list[int], list[int], list[int]]:
        """Of patches (n, group, channel, windows, kernel), kernels (group, out, channel, kernel), output."""
        rank = len(self.windows.kernel)
        batch, group, channel, out = range(4)
        window, kernel = range(4, 4 + rank), range(4 + rank, 4 + 2 * rank)
        return [batch, group, channel, *window, *kernel], [group, out, channel, *kernel], [batch, group, out, *window]

    def grouped(self, node: Node, axis: int) -> Node:
        """A node with the groups on an axis of their own."""
        shape = node.shape
        return _reshaped(node, (*shape[:axis], self.groups, shape[axis] // self.groups, *shape[axis + 1 :]))


def _reshaped(node: Node, shape: Sizes) -> Node:
    return manipulation.reshape(_tracer(node), tuple(shape)).node


def _tracer(node: Node) -> Tracer:
    from diffcheck.expression.elementwise import context_of

    return Tracer(node, context_of())


def _convolution_of(w: Tracer, stride: Sizes, padding: Sizes, dilation: Sizes, transposed: bool, groups: int) -> Any:
    if transposed:
        raise NotLifted("convolution: transposed")
    kernel = w.shape[2:]
    return _Convolution(Windows.of(len(kernel), kernel, stride, padding, dilation), groups)


def _convolution(
    x: Tracer,
    w: Tracer,
    bias: Tracer | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    _: Sizes,
    groups: int,
) -> Tracer:
    convolution = _convolution_of(w, stride, padding, dilation, transposed, groups)
    patches, kernels, output = convolution.labels()
    gathered = nodes.gather(x.node, convolution.patches(x.shape))
    product = sums.einsum([(gathered, patches), (convolution.grouped(w.node, 0), kernels)], output)
    shape = (product.shape[0], w.shape[0], *product.shape[3:])
    result = Tracer(_reshaped(product, shape), x.context)
    return result if bias is None else result + _per_channel(bias, len(shape))


def _convolution_backward(
    g: Tracer,
    x: Tracer,
    w: Tracer,
    _: Any,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    __: Sizes,
    groups: int,
    wanted: Sequence[bool],
) -> tuple[Tracer | None, Tracer | None, Tracer | None]:
    """The gradients of image, kernel and bias, as far as they are wanted."""
    convolution = _convolution_of(w, stride, padding, dilation, transposed, groups)
    patches, kernels, output = convolution.labels()
    places = convolution.patches(x.shape)
    incoming = (convolution.grouped(g.node, 1), output)
    of_image = of_kernel = of_bias = None
    if wanted[0]:
        spread_out = sums.einsum([incoming, (convolution.grouped(w.node, 0), kernels)], patches)
        of_image = Tracer(nodes.scatter(spread_out, places, x.shape), x.context)
    if wanted[1]:
        product = sums.einsum([incoming, (nodes.gather(x.node, places), patches)], kernels)
        of_kernel = Tracer(_reshaped(product, w.shape), x.context)
    if wanted[2]:
        of_bias = reduction.sum(g, axis=(0, *range(2, g.ndim)))
    return of_image, of_kernel, of_bias


def _per_channel(x: Tracer, rank: int) -> Tracer:
    return manipulation.reshape(x, (-1, *[1] * (rank - 2)))


# ---- pooling ---------------------------------------------------------------------------------


def _pooled_places(x: Tracer, windows: Windows, ceil_mode: bool) -> np.ndarray:
    """Places, N×C×windows…×entries of a window."""
    if ceil_mode:
        raise NotLifted("pooling: windows that reach over the edge")
    if x.ndim != 2 + len(windows.kernel):
        raise NotLifted("pooling: an image without a batch")
    places = windows.places(x.shape)
    return places.reshape(*places.shape[: x.ndim], prod(windows.kernel))


def _max_pool(
    x: Tracer,
    kernel: Sizes,
    stride: Sizes = (),
    padding: Sizes = (0,),
    dilation: Sizes = (1,),
    ceil_mode: bool = False,
) -> tuple[Tracer, Choice]:
    """The largest entries and, as torch counts them, their places in the image; at a tie the first."""
    places = _pooled_places(x, Windows.of(x.ndim - 2, kernel, stride, padding, dilation), ceil_mode)
    entries = _entries(x, places, beyond=-inf)
    image = prod(x.shape[2:])
    return reduction.max(entries, axis=-1), Choice(places % image, first_largest(entries))


def _max_pool_backward(
    g: Tracer,
    x: Tracer,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    choice: Choice,
) -> Tracer:
    places = _pooled_places(x, Windows.of(x.ndim - 2, kernel, stride, padding, dilation), ceil_mode)
    return spread(g, choice.chosen, places, x.shape)


def _entries(x: Tracer, places: np.ndarray, beyond: float) -> Tracer:
    gathered = Tracer(nodes.gather(x.node, places), x.context)
    return gathered if (places >= 0).all() else where(places >= 0, gathered, beyond)


def _counts(places: np.ndarray, with_padding: bool, divisor: int | None) -> Any:
    """How many entries each window's sum is divided by."""
    if divisor is not None or with_padding:
        return divisor or places.shape[-1]
    return (places >= 0).sum(axis=-1)


def _avg_pool(
    x: Tracer,
    kernel: Sizes,
    stride: Sizes = (),
    padding: Sizes = (0,),
    ceil_mode: bool = False,
    with_padding: bool = True,
    divisor: int | None = None,
) -> Tracer:
    places = _pooled_places(x, Windows.of(x.ndim - 2, kernel, stride, padding), ceil_mode)
    return reduction.sum(_entries(x, places, beyond=0), axis=-1) / _counts(places, with_padding, divisor)


def _avg_pool_backward(
    g: Tracer,
    x: Tracer,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceil_mode: bool,
    with_padding: bool,
    divisor: int | None,
) -> Tracer:
    places = _pooled_places(x, Windows.of(x.ndim - 2, kernel, stride, padding), ceil_mode)
    shares = g / _counts(places, with_padding, divisor)
    repeated = manipulation.broadcast_to(shares[..., None], places.shape)
    return Tracer(nodes.scatter(repeated.node, places, x.shape), g.context)


RULES: dict[str, Rule] = {
    "avg_pool2d": _avg_pool,
    "avg_pool2d_backward": _avg_pool_backward,
    "avg_pool3d": _avg_pool,
    "avg_pool3d_backward": _avg_pool_backward,
    "convolution": _convolution,
    "convolution_backward": _convolution_backward,
    "max_pool2d_with_indices": _max_pool,
    "max_pool2d_with_indices_backward": _max_pool_backward,
    "max_pool3d_with_indices": _max_pool,
    "max_pool3d_with_indices_backward": _max_pool_backward,
}
