"""An enclosure that is known as double-double numbers; its balls are made when somebody asks."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from diffcheck.reference.double_double import DoubleDouble
from diffcheck.reference.enclosure import Enclosure


class DoubleEnclosure(Enclosure):
    """Every entry is narrow, none is infinite."""

    numbers: DoubleDouble

    def __init__(self, numbers: DoubleDouble) -> None:
        nowhere = np.broadcast_to(np.False_, numbers.shape)
        self.__dict__.update(numbers=numbers, open=nowhere, wide=nowhere)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.numbers.shape

    @cached_property
    def balls(self) -> np.ndarray:
        return self.numbers.balls()

    @cached_property
    def high(self) -> np.ndarray:
        return self.numbers.high

    @cached_property
    def low(self) -> np.ndarray:
        return self.numbers.low

    @cached_property
    def radius(self) -> np.ndarray:
        return self.numbers.radius

    @cached_property
    def exact(self) -> np.ndarray:
        return np.asarray(self.numbers.radius == 0)

    @property
    def has_sign(self) -> np.ndarray:
        return self.numbers.has_sign

    def balls_at(self, mask: np.ndarray) -> np.ndarray:
        return self.numbers.rearranged(lambda part: part[mask]).balls()

    def apart(self, other: Enclosure) -> np.ndarray:
        if isinstance(other, DoubleEnclosure):
            return (self.numbers - other.numbers).has_sign
        return super().apart(other)

    @property
    def _beyond_floats(self) -> np.ndarray:
        return np.broadcast_to(np.False_, self.shape)
