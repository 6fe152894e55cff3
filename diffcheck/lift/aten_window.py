"""Windows: which entries of an image each of them holds, in any number of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from diffcheck.expression.nodes import positions_of

Sizes = Sequence[int]

PADDING, OUTSIDE = -1, -2
"""Places beside an image: in its padding, and beyond that, where the last window may reach."""


@dataclass(frozen=True)
class Windows:
    """How windows lie on images of shape N×C×…, one number for each dimension of an image.

    Attributes:
        kernel, stride, padding, dilation: as torch has them.
        reaches_over: whether the last window may reach beyond the padding, torch's `ceil_mode`.
    """

    kernel: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes
    reaches_over: bool = False

    @classmethod
    def of(
        cls,
        rank: int,
        kernel: Sizes,
        stride: Sizes = (),
        padding: Sizes = (0,),
        dilation: Sizes = (1,),
        reaches_over: bool = False,
    ) -> Windows:
        """One number may stand for all dimensions; without a stride, windows lie side by side."""
        given = (kernel, stride or kernel, padding, dilation)
        kernel, stride, padding, dilation = (tuple(sizes) * (rank if len(sizes) == 1 else 1) for sizes in given)
        return cls(kernel, stride, padding, dilation, reaches_over)

    def places(self, shape: Sizes) -> np.ndarray:
        """The flat places of each window's entries, N×C×windows…×kernel…; negative beside the image."""
        rank = len(self.kernel)
        sizes = [int(size) for size in shape[2:]]
        counts = [self._count(axis, size) for axis, size in enumerate(sizes)]
        beyond = [(0, max(0, self._missing(axis, counts[axis], size))) for axis, size in enumerate(sizes)]
        none = [(0, 0), (0, 0)]
        edges = [(width, width) for width in self.padding]
        padded = np.pad(positions_of(shape), [*none, *edges], constant_values=PADDING)
        padded = np.pad(padded, [*none, *beyond], constant_values=OUTSIDE)
        spans = [self._span(axis) for axis in range(rank)]
        windows = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=tuple(range(2, 2 + rank)))
        steps = [slice(None, None, step) for step in (*self.stride, *self.dilation)]
        every = (slice(None), slice(None))
        return windows[(*every, *steps)][(*every, *(slice(count) for count in counts))]

    def _span(self, axis: int) -> int:
        """From the first entry of a window to its last."""
        return 1 + (self.kernel[axis] - 1) * self.dilation[axis]

    def _count(self, axis: int, size: int) -> int:
        """How many windows lie along an axis; the last one begins within the image or the padding before it."""
        room = size + 2 * self.padding[axis] - self._span(axis)
        step = self.stride[axis]
        if not self.reaches_over:
            return room // step + 1
        count = -(-room // step) + 1
        return count - 1 if (count - 1) * step >= size + self.padding[axis] else count

    def _missing(self, axis: int, count: int, size: int) -> int:
        """By how much the last window reaches beyond the padding."""
        return (count - 1) * self.stride[axis] + self._span(axis) - size - 2 * self.padding[axis]


def adaptive_places(shape: Sizes, counts: Sizes) -> np.ndarray:
    """The flat places of the entries of windows that share an image out, N×C×windows…×entries.

    Windows differ in size by one entry at most; the smaller ones have `OUTSIDE` at their ends.
    """
    places = positions_of(shape)
    for axis, count in enumerate(counts, start=2):
        begins, ends = _shares(int(shape[axis]), int(count))
        index = begins[:, None] + np.arange((ends - begins).max())
        taken = np.take(places, np.minimum(index, int(shape[axis]) - 1), axis=axis)
        inside = (index < ends[:, None]).reshape(*index.shape, *[1] * (places.ndim - axis - 1))
        places = np.moveaxis(np.where(inside, taken, OUTSIDE), axis + 1, -1)
    rank = 2 + len(counts)
    return places.reshape(*places.shape[:rank], prod(places.shape[rank:]))


def _shares(size: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each of some windows begins and ends."""
    steps = np.arange(count)
    return steps * size // count, -(-(steps + 1) * size // count)
