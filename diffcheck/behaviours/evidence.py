"""Evidence: what a probe saw a framework do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MOST_CHARACTERS = 200
"""Of an exception's message: what follows is advice."""


@dataclass(frozen=True)
class Evidence:
    """What a probe saw.

    Attributes:
        values: name → numbers, lists of numbers, truth values, text or `None`; no array of any framework.
        raised: the type of the exception that ended the probe; empty if none did.
        message: the first line of what it said.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    raised: str = ""
    message: str = ""

    @property
    def exception(self) -> str:
        """The exception, cut where its message goes on and on."""
        text = f"{self.raised}: {self.message}"
        return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"

    def as_text(self) -> dict[str, str]:
        """Everything as Python writes it."""
        said = {"raised": self.exception} if self.raised else {}
        return {**{name: repr(value) for name, value in self.values.items()}, **said}


def seen(**values: Any) -> Evidence:
    """Evidence of some values; arrays of every framework become lists."""
    return Evidence({name: plain(value) for name, value in values.items()})


def failed(error: BaseException) -> Evidence:
    """Evidence of an exception."""
    lines = str(error).strip().splitlines() or [""]
    return Evidence(raised=type(error).__name__, message=lines[0])


def plain(value: Any) -> Any:
    """A value without any framework: arrays as lists, dtypes as their names."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if hasattr(value, "detach"):
        value = value.detach()
    if hasattr(value, "tolist"):
        return value.tolist()
    if value is None or isinstance(value, bool | int | float | complex | str):
        return value
    return _name(value)


def _name(value: Any) -> str:
    """A dtype, a device or a type by its own name: `float32`, `cpu`."""
    try:
        return np.dtype(value).name
    except TypeError:
        return str(value).removeprefix("torch.")
