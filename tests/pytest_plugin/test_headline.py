"""Headlines: what the short summary says of a failed test."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.conftest import Run

TESTS = """
import jax
import jax.numpy as jnp
import diffcheck as dc


@jax.custom_vjp
def sine(x):
    return jnp.sin(x)


sine.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (2 * g * jnp.cos(x),))


def test_wrong():
    dc.assert_gradient(sine, jnp.zeros(1), points="given", modes=["R"])


def test_impossible():
    def broken(x):
        return x @ jnp.ones(7)

    dc.assert_gradient(broken, jnp.ones(2), points="given")


def test_other():
    assert 1 == 2
"""


def test_a_failed_assertion_says_what_is_the_matter(run: Run, pytester: pytest.Pytester) -> None:
    """Without the fixture, too: the finding, the first line of another error of ours, and nothing new for others."""
    pytester.makepyfile(test_mine=TESTS)
    result = run()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "    def broken(x):",
            ">       return x @ jnp.ones(7)",
            "test_mine.py:*: CheckError",
            "FAILED test_mine.py::test_wrong - WRONG: x[[]0[]] is 2.0, not 1.0",
            "FAILED test_mine.py::test_impossible - the function raises TypeError: *",
            "FAILED test_mine.py::test_other - assert 1 == 2",
        ]
    )
    result.stdout.no_fnmatch_line("*diffcheck/*.py:*")


def test_everything_is_shown_on_demand(run: Run, pytester: pytest.Pytester) -> None:
    """--full-trace shows our lines, too."""
    pytester.makepyfile(test_mine=TESTS)
    run("--full-trace", "-k", "impossible").stdout.fnmatch_lines(["*diffcheck/check.py:*"])
