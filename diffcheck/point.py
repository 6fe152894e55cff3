"""A point: one value for every argument, exact in the dtype under test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import DTypeLike

from diffcheck.dtype import is_floating


@dataclass(frozen=True, eq=False)
class Point:
    """Where a function is differentiated, and along what.

    Attributes:
        arguments: name → array. Floating arrays all have the dtype under test; integer arrays
            (indices, labels) are constants of the function.
        cotangent: pulled back in modes with an R; shape of the output; `None` means all ones.
        tangents: pushed forward in mode F, and what a derivative is differentiated along above order 1,
            name → array; an argument not named has all ones.
    """

    arguments: Mapping[str, np.ndarray]
    cotangent: np.ndarray | None = None
    tangents: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def dtype(self) -> np.dtype:
        """The dtype under test: that of the floating arguments.

        Raises:
            ValueError: there is no floating argument, or two have different dtypes.
        """
        dtypes = {name: array.dtype for name, array in self.arguments.items() if is_floating(array.dtype)}
        if len(set(dtypes.values())) != 1:
            found = ", ".join(f"{name} {dtype}" for name, dtype in dtypes.items()) or "none"
            raise ValueError(f"the floating arguments must all have one dtype, but there are: {found}")
        return next(iter(dtypes.values()))

    def cotangent_for(self, shape: tuple[int, ...]) -> np.ndarray:
        """The cotangent of an output of this shape."""
        if self.cotangent is None:
            return np.ones(shape, self.dtype)
        try:
            return np.broadcast_to(self.cotangent, shape)
        except ValueError:
            raise ValueError(f"the cotangent has shape {self.cotangent.shape}, the output {shape}") from None

    def tangent_for(self, name: str) -> np.ndarray:
        """The tangent of one argument."""
        if name in self.tangents:
            return self.tangents[name]
        return np.ones_like(self.arguments[name])

    def astype(self, dtype: DTypeLike) -> Point:
        """The same point with every floating array cast (rounded, if narrower) to `dtype`."""

        def cast(array: np.ndarray) -> np.ndarray:
            return array.astype(dtype) if is_floating(array.dtype) else array

        return replace(
            self,
            arguments={name: cast(array) for name, array in self.arguments.items()},
            cotangent=None if self.cotangent is None else cast(self.cotangent),
            tangents={name: cast(array) for name, array in self.tangents.items()},
        )
