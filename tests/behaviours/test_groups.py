"""All groups of statements: what is seen today, and that each rule could say otherwise."""

from importlib import import_module
from pathlib import Path

import pytest

from diffcheck.backends import BACKENDS
from diffcheck.behaviours import GROUPS, behaviours
from diffcheck.behaviours.behaviour import Absent
from diffcheck.behaviours.observe import FRAMEWORKS, look, observation
from diffcheck.observation import DIFFERS
from diffcheck.run_file import read_run

TABLES = {group: import_module(f"tests.behaviours.test_{group}") for group in GROUPS}
ALL = behaviours()
STORED = {
    (row.name, seen.framework, seen.version): seen
    for file in (Path(__file__).parents[2] / "cases/behaviours").glob("*.jsonl")
    for row in read_run(file).behaviours
    for seen in row.observations
}


def _table(behaviour, name):
    return getattr(TABLES[behaviour.name.partition("/")[0]], name)


def test_there_are_sixty_statements():
    assert len(ALL) >= 60
    assert len({behaviour.name for behaviour in ALL}) == len(ALL)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("behaviour", ALL, ids=lambda behaviour: behaviour.name)
def test_every_statement_is_seen_to_be_what_it_is(behaviour, framework):
    """As its group's test says, and as it is stored for this version; last digits may be those of the machine."""
    found = observation(behaviour, framework, look(behaviour, framework))
    assert found.outcome == _table(behaviour, "EXPECTED")[behaviour.name][framework]
    stored = STORED.get((behaviour.name, framework, found.version), found)
    assert (stored.outcome, stored.evidence.keys()) == (found.outcome, found.evidence.keys())


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_the_installed_version_does_is_stored(framework):
    version = BACKENDS[framework].version()
    assert {behaviour.name for behaviour in ALL} == {name for name, *rest in STORED if rest == [framework, version]}


@pytest.mark.parametrize("behaviour", ALL, ids=lambda behaviour: behaviour.name)
def test_every_rule_is_flipped_by_other_evidence(behaviour):
    framework = next(name for name, probe in behaviour.probes.items() if not isinstance(probe, Absent))
    assert observation(behaviour, framework, _table(behaviour, "FLIPS")[behaviour.name]).outcome == DIFFERS


@pytest.mark.parametrize("behaviour", ALL, ids=lambda behaviour: behaviour.name)
def test_every_statement_looks_at_both_frameworks_or_says_why_not(behaviour):
    assert set(behaviour.probes) == set(FRAMEWORKS)
    assert behaviour.why
    assert not behaviour.statement.endswith(".")
