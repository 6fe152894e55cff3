"""Convolution, and transposed convolution: windows times kernels, in any number of dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcheck.expression import manipulation, nodes, reduction, sums
from diffcheck.expression.elementwise import context_of
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Tracer
from diffcheck.lift.aten_window import Windows

Rule = Callable[..., Any]
Sizes = Sequence[int]


@dataclass(frozen=True)
class _Convolution:
    """Windows times kernels: labels of the image's patches, of the kernel, and of the output."""

    windows: Windows
    groups: int

    @classmethod
    def of(cls, w: Tracer, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> _Convolution:
        """The convolution with a kernel of the shape of w."""
        kernel = w.shape[2:]
        return cls(Windows.of(len(kernel), kernel, stride, padding, dilation), groups)

    # ---- what it computes ----

    def output(self, x: Tracer, w: Tracer, counts: Sizes | None = None) -> Tracer:
        """The sum of products in every window, or in the first so many along each axis."""
        patches, kernels, output = self._labels()
        gathered = nodes.gather(x.node, self._patches(x.shape, counts))
        product = sums.einsum([(gathered, patches), (self._grouped(w.node, 0), kernels)], output)
        return Tracer(_reshaped(product, (product.shape[0], w.shape[0], *product.shape[3:])), x.context)

    def image(self, g: Tracer, w: Tracer, shape: Sizes) -> Tracer:
        """What comes to an image of a shape when its output is pulled back."""
        patches, kernels, output = self._labels()
        spread = sums.einsum([(self._grouped(g.node, 1), output), (self._grouped(w.node, 0), kernels)], patches)
        return Tracer(nodes.scatter(spread, self._patches(shape, g.shape[2:]), tuple(shape)), g.context)

    def kernel(self, g: Tracer, x: Tracer, shape: Sizes) -> Tracer:
        """What comes to the kernel."""
        patches, kernels, output = self._labels()
        gathered = nodes.gather(x.node, self._patches(x.shape, g.shape[2:]))
        product = sums.einsum([(self._grouped(g.node, 1), output), (gathered, patches)], kernels)
        return Tracer(_reshaped(product, shape), g.context)

    def image_shape(self, x: Tracer, w: Tracer, more: Sizes) -> tuple[int, ...]:
        """The shape of the image that a transposed convolution makes of x; `more` at its far edges."""
        windows = self.windows
        sizes = zip(x.shape[2:], windows.kernel, windows.stride, windows.padding, windows.dilation, more, strict=True)
        edges = [(n - 1) * step - 2 * pad + (k - 1) * gap + 1 + extra for n, k, step, pad, gap, extra in sizes]
        return (int(x.shape[0]), int(w.shape[1]) * self.groups, *map(int, edges))

    # ---- pieces ----

    def _patches(self, shape: Sizes, counts: Sizes | None) -> np.ndarray:
        """Places, N×groups×(channels of a group)×windows…×kernel…."""
        places = self.windows.places(shape)
        if counts is not None:
            places = places[(slice(None), slice(None), *(slice(int(count)) for count in counts))]
        return places.reshape(places.shape[0], self.groups, -1, *places.shape[2:])

    def _labels(self) -> tuple[list[int], list[int], list[int]]:
        """Of patches (n, group, channel, windows, kernel), kernels (group, out, channel, kernel), output."""
        rank = len(self.windows.kernel)
        batch, group, channel, out = range(4)
        window, kernel = range(4, 4 + rank), range(4 + rank, 4 + 2 * rank)
        return [batch, group, channel, *window, *kernel], [group, out, channel, *kernel], [batch, group, out, *window]

    def _grouped(self, node: Node, axis: int) -> Node:
        """A node with the groups on an axis of their own."""
        shape = node.shape
        return _reshaped(node, (*shape[:axis], self.groups, shape[axis] // self.groups, *shape[axis + 1 :]))


def _reshaped(node: Node, shape: Sizes) -> Node:
    return manipulation.reshape(Tracer(node, context_of()), tuple(shape)).node


# ---- rules -----------------------------------------------------------------------------------


def _convolution(
    x: Tracer,
    w: Tracer,
    bias: Tracer | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    transposed: bool,
    more: Sizes,
    groups: int,
) -> Tracer:
    convolution = _Convolution.of(w, stride, padding, dilation, groups)
    shape = convolution.image_shape(x, w, more)
    result = convolution.image(x, w, shape) if transposed else convolution.output(x, w)
    return result if bias is None else result + manipulation.reshape(bias, (-1, *[1] * (result.ndim - 2)))


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
    convolution = _Convolution.of(w, stride, padding, dilation, groups)
    of_image = of_kernel = of_bias = None
    if wanted[0]:
        of_image = convolution.output(g, w, x.shape[2:]) if transposed else convolution.image(g, w, x.shape)
    if wanted[1]:
        of_kernel = convolution.kernel(x, g, w.shape) if transposed else convolution.kernel(g, x, w.shape)
    if wanted[2]:
        of_bias = reduction.sum(g, axis=(0, *range(2, g.ndim)))
    return of_image, of_kernel, of_bias


RULES: dict[str, Rule] = {
    "convolution": _convolution,
    "convolution_backward": _convolution_backward,
}
