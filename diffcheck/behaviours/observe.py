"""Observing: probes are run, each by itself, and the rules say what follows."""

from __future__ import annotations

import inspect
import textwrap
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import installed
from diffcheck.behaviours.behaviour import Absent, Behaviour, Probe
from diffcheck.behaviours.evidence import Evidence, failed
from diffcheck.lift.aten_trace import state
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE, RAISED, BehaviourRow, Observation

FRAMEWORKS = ("torch", "jax")

Sights = Mapping[tuple[str, str], Evidence]
"""Behaviour and framework → what its probe saw."""


@dataclass(frozen=True)
class Observed:
    """What was seen, and what follows.

    Attributes:
        rows: one per behaviour.
        sights: all evidence.
    """

    rows: tuple[BehaviourRow, ...]
    sights: Sights


def observe(behaviours: Sequence[Behaviour], frameworks: Sequence[str] = FRAMEWORKS) -> Observed:
    """Put statements to the test.

    Args:
        behaviours: statements.
        frameworks: to look at; one that is not installed is left out.
    """
    present = [name for name in frameworks if installed(BACKENDS[name])]
    sights = {name: {behaviour.name: look(behaviour, name) for behaviour in behaviours} for name in present}
    return _observed(behaviours, sights)


def observe_at_once(behaviours: Sequence[Behaviour], frameworks: Sequence[str] = FRAMEWORKS) -> Observed:
    """The same, each framework in a process of its own.

    Args:
        behaviours: statements, found again there by their names.
        frameworks: as in `observe`.
    """
    present = [name for name in frameworks if installed(BACKENDS[name])]
    names = [behaviour.name for behaviour in behaviours]
    with ProcessPoolExecutor(max(len(present), 1), get_context("spawn")) as pool:
        sights = dict(zip(present, pool.map(_look_at_all, present, repeat(names)), strict=True))
    return _observed(behaviours, sights)


def _look_at_all(framework: str, names: Sequence[str]) -> dict[str, Evidence | None]:
    """What every probe of one framework sees: what a process of its own does."""
    from diffcheck.behaviours import behaviours

    return {behaviour.name: look(behaviour, framework) for behaviour in behaviours(names)}


def _observed(behaviours: Sequence[Behaviour], seen: Mapping[str, Mapping[str, Evidence | None]]) -> Observed:
    """What follows from framework → behaviour → evidence."""
    rows = [
        BehaviourRow(
            one.name,
            one.statement,
            one.why,
            one.source,
            tuple(observation(one, framework, found[one.name]) for framework, found in seen.items()),
        )
        for one in behaviours
    ]
    sights = {
        (name, framework): evidence
        for framework, found in seen.items()
        for name, evidence in found.items()
        if evidence is not None
    }
    return Observed(tuple(rows), sights)


def look(behaviour: Behaviour, framework: str) -> Evidence | None:
    """Run a probe; the framework's switches and random state are afterwards as before.

    Returns:
        what it saw, an exception among it; `None` where there is nothing to look at.
    """
    probe = _probe(behaviour, framework)
    if isinstance(probe, Absent):
        return None
    with undisturbed(framework):
        try:
            return probe()
        except Exception as error:  # noqa: BLE001 - whatever a framework raises is what was seen
            return failed(error)


def observation(behaviour: Behaviour, framework: str, evidence: Evidence | None) -> Observation:
    """What follows from evidence; runs nothing."""
    probe = _probe(behaviour, framework)
    version = BACKENDS[framework].version()
    if isinstance(probe, Absent) or evidence is None:
        reason = probe.reason if isinstance(probe, Absent) else "nobody looked"
        return Observation(framework, NOT_APPLICABLE, reason, version=version)
    if evidence.raised and not behaviour.rule.of_exceptions:
        outcome, said = RAISED, evidence.exception
    else:
        ruling = behaviour.rule.decide(evidence)
        outcome, said = HOLDS if ruling.holds else DIFFERS, ruling.said
    return Observation(framework, outcome, said, evidence.as_text(), source_of(probe), version)


def source_of(probe: Probe) -> str:
    """The lines of a probe, without its own name."""
    lines = inspect.getsource(probe).splitlines()
    start = next(k for k, line in enumerate(lines) if line.rstrip().endswith("-> Evidence:"))
    return textwrap.dedent("\n".join(lines[start + 1 :])).strip()


def _probe(behaviour: Behaviour, framework: str) -> Probe | Absent:
    return behaviour.probes.get(framework, Absent("nobody has written a probe"))


@contextmanager
def undisturbed(framework: str) -> Iterator[None]:
    """A framework as it is when it has just been imported, and afterwards as it was before."""
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context({"torch": _torch_at_rest, "jax": _jax_at_rest}[framework]())
        yield


@contextmanager
def _torch_at_rest() -> Iterator[None]:
    import torch

    with state("float32"):
        torch.manual_seed(0)
        yield


@contextmanager
def _jax_at_rest() -> Iterator[None]:
    import jax

    with jax.enable_x64(False):
        yield
