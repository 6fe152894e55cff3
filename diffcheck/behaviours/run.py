"""A run of statements about frameworks: what they do, and what follows for what the tutorials say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.observe import FRAMEWORKS, observe, observe_at_once
from diffcheck.behaviours.stated import Stated, claim_rows
from diffcheck.behaviours.tutorials import STATED
from diffcheck.environment import versions
from diffcheck.plan import SettingsError
from diffcheck.record import Run
from diffcheck.run_file import write_run

FEW = 40
"""So many statements are put to the test before two new processes have imported their frameworks."""


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
    asked = frameworks or FRAMEWORKS
    observed = (observe_at_once if len(behaviours) > FEW else observe)(behaviours, asked)
    unasked = set(FRAMEWORKS).difference(asked)
    stated = _about({behaviour.name for behaviour in behaviours})
    claims = claim_rows([one for one in stated if one.framework not in unasked], observed.sights)
    return Run(versions(), (), behaviours=observed.rows, claims=claims)


def _about(chosen: set[str]) -> list[Stated]:
    """What sources say about some statements; what no evidence bears on goes with the whole."""
    spoken_of = {behaviour for one in STATED for behaviour, _ in one.places}
    return [one for one in STATED if chosen >= ({behaviour for behaviour, _ in one.places} or spoken_of)]


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
