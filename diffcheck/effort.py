"""How hard a search tries, and what it asks of Hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hypothesis


@dataclass(frozen=True)
class Effort:
    """How hard a search tries.

    Attributes:
        examples: points drawn for each case and dtype.
        few_sizes: whether they share a few choices of sizes.
        compiled_shapes: how many sets of small shapes a framework that compiles sees at drawn
            points; those of worked examples come first. jax compiles every operation for every
            shape, eagerly too: 20 to 30 ms each, which was 84 % of the time of a quick run that let
            it see all.
        shrink_tries: points tried to make one finding small.
        shrink_range: whether a RANGE is made small, too.
        share: whether a finding may take another cell's small point instead of a search of its own.
        second_opinion: up to which order a second certified opinion is asked for, at the worked
            examples and at every point that a record shows. On two cores, 2 ms a point for order 1,
            10 ms for orders 1 to 4.
        kink_points: how many points at kinks are solved for, at most; judging them takes a tenth of
            the time of the cases that have kinks.
    """

    examples: int
    few_sizes: bool
    compiled_shapes: int
    shrink_tries: int
    shrink_range: bool
    share: bool
    second_opinion: int = 1
    kink_points: int = 0


# quick: all cases in four minutes on two cores. ci: a job of its own. deep: overnight.
PROFILES = {
    "quick": Effort(
        examples=8,
        few_sizes=True,
        compiled_shapes=1,
        shrink_tries=120,
        shrink_range=False,
        share=True,
        second_opinion=1,
        kink_points=6,
    ),
    "ci": Effort(
        examples=60,
        few_sizes=False,
        compiled_shapes=4,
        shrink_tries=500,
        shrink_range=True,
        share=True,
        second_opinion=2,
        kink_points=24,
    ),
    "deep": Effort(
        examples=1000,
        few_sizes=False,
        compiled_shapes=16,
        shrink_tries=2000,
        shrink_range=True,
        share=False,
        second_opinion=4,
        kink_points=100,
    ),
}


def settings(examples: int) -> hypothesis.settings:
    """Hypothesis settings under which the same seed gives the same points.

    No deadline and no health check: how long a point takes says nothing about a derivative. No
    database: what to replay first stands in the file of known findings. Everything else that counts
    is said, too, so that a profile loaded elsewhere does not change a run.
    """
    from hypothesis import HealthCheck, Phase, Verbosity, settings

    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=False,
        phases=(Phase.generate, Phase.target, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        backend="hypothesis",
    )


@contextmanager
def within_a_test() -> Iterator[None]:
    """Search within somebody's test with `@given`, too, which Hypothesis refuses unless its settings allow it.

    It asks those that are the default at the moment. Afterwards they are the test's own again.
    """
    from hypothesis._settings import local_settings  # no public way changes the default for a while

    with local_settings(settings(1)):
        yield
