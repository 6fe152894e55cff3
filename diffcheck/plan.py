"""What a run is asked to do, and the cells that follow: every combination that makes sense."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import FORWARD, REVERSE, SECOND_ORDER, Backend, installed
from diffcheck.case import Case
from diffcheck.dtype import DTYPES, ORDINARY
from diffcheck.effort import PROFILES, Effort
from diffcheck.record import Cell

MODES = (REVERSE, FORWARD, *SECOND_ORDER)
ORDERS = tuple(dict.fromkeys(map(len, MODES)))


class SettingsError(ValueError):
    """A run that cannot be done as asked; the message is one line that says what to do."""


@dataclass(frozen=True)
class Settings:
    """What a run is asked to do. An empty filter lets everything through.

    Attributes:
        backends, modes, transforms: filters; the transform `""` is a mode alone.
        orders: of the derivative; empty: those of the modes that are named, or 1.
        dtypes: to judge in; empty: float64 and float32.
        profile: `quick`, `ci` or `deep`.
        max_examples: points drawn for each case and dtype; `None`: as the profile says.
        seed: of every random choice.
        jobs: worker processes; 1 is this process, unless there is a timeout.
        timeout: seconds for one case in one dtype; `None`: as long as it takes.
        known: file of known findings.
        required: backends that must be installed.
        sheets: whether every case's sheet is made along with its records.
    """

    backends: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    transforms: tuple[str, ...] = ()
    orders: tuple[int, ...] = ()
    dtypes: tuple[str, ...] = ()
    profile: str = "quick"
    max_examples: int | None = None
    seed: int = 0
    jobs: int = 1
    timeout: float | None = None
    known: Path | None = None
    required: tuple[str, ...] = ()
    sheets: bool = True

    @property
    def chosen_orders(self) -> tuple[int, ...]:
        """The orders to judge."""
        return self.orders or tuple(dict.fromkeys(map(len, self.modes))) or (1,)

    @property
    def effort(self) -> Effort:
        """How hard to try."""
        effort = PROFILES[self.profile]
        return effort if self.max_examples is None else replace(effort, examples=self.max_examples)


def plan(cases: Iterable[Case], settings: Settings) -> list[Cell]:
    """Every cell that a run fills: by case, by dtype, then in the order of the backends.

    Raises:
        SettingsError: a setting that nothing answers to.
    """
    check_settings(settings)
    backends = [BACKENDS[name] for name in BACKENDS if not settings.backends or name in settings.backends]
    return [
        cell
        for case in cases
        for dtype in DTYPES
        if dtype in (settings.dtypes or ORDINARY)
        for cell in _cells(case, dtype, backends)
        if _chosen(cell, settings)
    ]


def check_settings(settings: Settings) -> None:
    """Check that every setting names something.

    Raises:
        SettingsError: the first one that does not.
    """
    _require_known("backend", (*settings.backends, *settings.required), BACKENDS)
    _require_known("mode", settings.modes, MODES)
    _require_known("order", settings.orders, ORDERS)
    _require_known("dtype", settings.dtypes, DTYPES)
    _require_known("profile", (settings.profile,), PROFILES)
    if settings.jobs < 1:
        raise SettingsError(f"{settings.jobs} jobs: at least 1 is needed")
    if settings.max_examples is not None and settings.max_examples < 1:
        raise SettingsError(f"{settings.max_examples} examples: at least 1 is needed")
    if settings.timeout is not None and not settings.timeout > 0:
        raise SettingsError(f"a timeout of {settings.timeout} seconds: more than 0 is needed")


def missing_backends(settings: Settings) -> tuple[str, ...]:
    """Required backends that are not installed."""
    return tuple(name for name in settings.required if not installed(BACKENDS[name]))


def _cells(case: Case, dtype: str, backends: Iterable[Backend]) -> list[Cell]:
    return [
        Cell(case.id, backend.name, mode, transform, dtype)
        for backend in backends
        if dtype in backend.capabilities.dtypes
        for mode in backend.capabilities.modes
        for transform in backend.transforms(case)
    ]


def _chosen(cell: Cell, settings: Settings) -> bool:
    filters = (
        (cell.mode, settings.modes),
        (cell.transform, settings.transforms),
    )
    return len(cell.mode) in settings.chosen_orders and all(not wanted or name in wanted for name, wanted in filters)


def _require_known(kind: str, asked: Iterable[object], choices: Iterable[object]) -> None:
    choices = list(choices)
    for name in asked:
        if name not in choices:
            raise SettingsError(f"no {kind} {name!r}; there are {', '.join(map(str, choices))}")


def jobs_of(cells: Sequence[Cell]) -> dict[tuple[str, str], list[Cell]]:
    """The cells of each case and dtype, in order: one job each."""
    jobs: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        jobs.setdefault((cell.case, cell.dtype), []).append(cell)
    return jobs
