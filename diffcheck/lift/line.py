"""A line of somebody's own source: where a function calls an operation."""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

# Frames of these are nobody's own function.
_PACKAGES = ("array_api_compat", "diffcheck", "jax", "torch")


@dataclass(frozen=True)
class Line:
    """A line, and its place."""

    file: str
    number: int

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.number).strip()
        place = f"{Path(self.file).name}:{self.number}"
        return f"in `{text}`, {place}" if text else place


def own_line(frame: FrameType | None, runner: str) -> Line | None:
    """The innermost line of the function that a file runs.

    Args:
        frame: within an operation that the function calls.
        runner: the file.

    Returns:
        `None` where the file calls the operation itself, or by other packages alone.
    """
    while frame is not None and frame.f_code.co_filename != runner:
        if is_own(frame.f_code.co_filename):
            return Line(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return None


@cache
def is_own(file: str) -> bool:
    """Whether a file is somebody's own: not one of a framework or of diffcheck."""
    return not any(Path(file).is_relative_to(home) for home in _homes())


@cache
def _homes() -> list[Path]:
    specs = (find_spec(name) for name in _PACKAGES)
    return [Path(spec.origin).parent for spec in specs if spec is not None and spec.origin is not None]
