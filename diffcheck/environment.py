"""What a run ran with: versions, switches, threads, seed, settings, definitions."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata

from diffcheck.case import Case
from diffcheck.dtype import ORDINARY
from diffcheck.identity import definition_hash
from diffcheck.known import Known
from diffcheck.plan import Settings
from diffcheck.run_file import Header

PACKAGES = ("diffcheck", "numpy", "sympy", "python-flint", "hypothesis", "torch", "jax")


def header(cases: Sequence[Case], settings: Settings, known: Sequence[Known] = ()) -> Header:
    """The first line of a run file: everything that decides what the run finds."""
    asked = {
        "backends": " ".join(settings.backends) or "all",
        "modes": " ".join(settings.modes) or "all",
        "orders": " ".join(map(str, settings.chosen_orders)),
        "transforms": " ".join(name or "plain" for name in settings.transforms) or "all",
        "dtypes": " ".join(settings.dtypes or ORDINARY),
        "examples": str(settings.effort.examples),
        "known": " ".join(sorted(f"{entry.title}: {entry.verdict}" for entry in known)),
        "required": " ".join(settings.required),
    }
    return Header(environment(settings), asked, {case.id: definition_hash(case) for case in cases})


def environment(settings: Settings) -> dict[str, str]:
    """Versions, switches, threads, seed and profile: what may change a number in the run."""
    return {
        **versions(),
        "jax_enable_x64": "on for float64, off otherwise",
        "threads": "1",
        "seed": str(settings.seed),
        "profile": settings.profile,
    }


def versions() -> dict[str, str]:
    """What is installed, and on what kind of machine."""
    found = {name: _version(name) for name in PACKAGES}
    return {
        **{name: version for name, version in found.items() if version},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
