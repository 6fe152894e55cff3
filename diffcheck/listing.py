"""What `diffcheck list` prints: rows of words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import Backend, installed
from diffcheck.behaviours import behaviours as all_behaviours
from diffcheck.case import Case
from diffcheck.known import read_known

Row = tuple[str, ...]

LETTERS = {"R": "reverse: the cotangent pulled back", "F": "forward: the tangent pushed forward"}


def cases(chosen: Iterable[Case]) -> list[Row]:
    """Name, source, first line of the docstring."""
    return [(case.id, case.source, (case.function.__doc__ or "").strip().partition("\n")[0]) for case in chosen]


def backends() -> list[Row]:
    """Name, version, what it can do."""
    return [
        (
            backend.name,
            backend.version() if installed(backend) else "not installed",
            f"modes {' '.join(backend.capabilities.modes)}",
            f"transforms {_transforms(backend)}",
            " ".join(backend.capabilities.dtypes),
            backend.capabilities.one_line,
        )
        for backend in BACKENDS.values()
    ]


def modes() -> list[Row]:
    """Mode, its meaning, the backends that have it."""
    found = dict.fromkeys(mode for backend in BACKENDS.values() for mode in backend.capabilities.modes)
    return [
        (
            mode,
            ", over ".join(LETTERS.get(letter, letter) for letter in mode),
            " ".join(name for name, backend in BACKENDS.items() if mode in backend.capabilities.modes),
        )
        for mode in found
    ]


def behaviours() -> list[Row]:
    """Name, source, statement."""
    return [(one.name, one.source, one.statement) for one in all_behaviours()]


def known(file: Path | None) -> list[Row]:
    """Which cells, verdict, reason."""
    return [] if file is None else [(entry.title, entry.verdict, entry.reason) for entry in read_known(file)]


def _transforms(backend: Backend) -> str:
    names = [name or "plain" for name in backend.capabilities.transforms]
    return " ".join(names) or "named by the case"
