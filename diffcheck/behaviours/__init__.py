"""Behaviours: what frameworks are said to do, put to the test.

To add a statement, copy a neighbour in its group. To add a group, write a file beside the others that ends in
`BEHAVIOURS`, and name it here.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diffcheck.behaviours.behaviour import Behaviour

GROUPS = (
    "state",
    "leaves",
    "cutting",
    "leaks",
    "shapes",
    "arguments",
    "types",
    "kinks",
    "ties",
    "steps",
    "nan",
    "singular",
    "infinities",
    "modes",
    "transforms",
    "tracing",
    "randomness",
    "quotients",
    "optimisers",
    "training",
    "batches",
)


def behaviours(patterns: Sequence[str] = ()) -> tuple[Behaviour, ...]:
    """The statements, group by group.

    Args:
        patterns: names, short names, globs, groups or `source:T3`; none means all.

    Raises:
        NothingSelected: a pattern that no statement matches.
    """
    from diffcheck.registry import SOURCE, NothingSelected

    found = [one for group in GROUPS for one in import_module(f"{__name__}.groups.{group}").BEHAVIOURS]
    for pattern in patterns:
        if not any(_matches(one, pattern, SOURCE) for one in found):
            raise NothingSelected(f"no behaviour {pattern!r}; `diffcheck list behaviours` shows them all")
    return tuple(one for one in found if not patterns or any(_matches(one, pattern, SOURCE) for pattern in patterns))


def _matches(behaviour: Behaviour, pattern: str, source: str) -> bool:
    if pattern.startswith(source):
        return pattern.removeprefix(source) in behaviour.source.replace(",", " ").split()
    group, _, short = behaviour.name.partition("/")
    return any(fnmatchcase(name, pattern) for name in (behaviour.name, short, group))
