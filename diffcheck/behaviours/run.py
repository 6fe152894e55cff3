"""A run of statements about frameworks: what they do, and what follows for what the tutorials say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.observe import FRAMEWORKS, observe
from diffcheck.behaviours.stated import claim_rows
from diffcheck.behaviours.tutorials import STATED
from diffcheck.environment import versions
from diffcheck.plan import SettingsError
from diffcheck.record import Run
from diffcheck.run_file import write_run


def run(behaviours: Sequence[Behaviour], frameworks: Sequence[str] = ()) -> Run:
    """Put statements to the test, and hold what sources say against what was seen.

    Args:
        behaviours: statements; claims about others are left out.
        frameworks: to look at; none means all.

    Raises:
        SettingsError: a framework that nobody knows, or of which there is no behaviour.
    """
    for name in frameworks:
        if name not in FRAMEWORKS:
            raise SettingsError(f"no behaviours of {name!r}; there are those of {', '.join(FRAMEWORKS)}")
    observed = observe(behaviours, frameworks or FRAMEWORKS)
    chosen = {behaviour.name for behaviour in behaviours}
    stated = [one for one in STATED if chosen.issuperset(behaviour for behaviour, _ in one.places)]
    claims = claim_rows(stated, observed.sights)
    return Run(versions(), (), behaviours=observed.rows, claims=claims)


def store(done: Run, folder: Path) -> None:
    """Write what each framework did to a run file of its own, named for its version: `torch-2.13.0.jsonl`.

    Raises:
        RunFileError: a file cannot be written.
    """
    for framework in dict.fromkeys(one.framework for row in done.behaviours for one in row.observations):
        rows = tuple(
            replace(row, observations=tuple(one for one in row.observations if one.framework == framework))
            for row in done.behaviours
        )
        version = next(one.version for row in rows for one in row.observations)
        write_run(folder / f"{framework}-{version.partition('+')[0]}.jsonl", replace(done, behaviours=rows, claims=()))
