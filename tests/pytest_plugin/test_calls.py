"""The fixtures and the mark: one line in any test, with the settings that somebody made, and nobody else's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pytest_plugin.conftest import Run

FUNCTIONS = """
import diffcheck as dc
import jax
import jax.numpy as jnp
import pytest


def function(x):
    return x * x


@jax.custom_vjp
def wrong(x):
    return x * x


wrong.defvjp(lambda x: (x * x, x), lambda x, g: (3 * g * x,))
DOMAIN = dc.real(1)


def settings_of(report):
    [dtype] = {record.cell.dtype for record in report.records}
    return int(report.run.settings["examples"]), int(report.run.environment["seed"]), dtype
"""


def of(tests: str) -> str:
    """A test module with these tests."""
    return FUNCTIONS + tests


def test_one_line_is_a_test(run: Run, pytester: pytest.Pytester) -> None:
    """Green when right, red when wrong with the caller's line and the smallest point; both are summed up."""
    tests = """
def test_right(assert_gradient):
    assert_gradient(function, jnp.ones(1), points="given")

def test_wrong(assert_gradient):
    assert_gradient(wrong, jnp.ones(1), points="given", modes=["R"])
"""
    pytester.makepyfile(test_mine=of(tests))
    result = run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       assert_gradient(wrong, jnp.ones(1), points=*",
            "E *true     2.0 *",
            "test_mine.py:*: GradientError",
            "✗ WRONG  test_mine/wrong · jax R · float32: x[[]0[]] is 3.0, not 2.0",
            "cells: 1 WRONG, 2 AGREES",
        ]
    )


def test_the_readmes_tests_pass(run: Run, pytester: pytest.Pytester) -> None:
    """They are run as tests, in a file of their own with what they are about."""
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    about = [block for block in blocks if "Swish" in block]
    pytester.makepyfile(test_swish="\n".join(["import diffcheck as dc", *about]))
    run().assert_outcomes(passed=2)


MARKED = """
pytestmark = pytest.mark.diffcheck(max_examples=3, seed=5, dtypes=["float32"])


def test_module(check_gradient):
    assert settings_of(check_gradient(function, DOMAIN)) == (3, 5, "float32")

@pytest.mark.diffcheck(max_examples=2, dtypes=["float64"])
def test_function(check_gradient):
    assert settings_of(check_gradient(function, DOMAIN)) == (2, 5, "float64")

@pytest.mark.diffcheck(max_examples=2)
def test_call(check_gradient):
    assert settings_of(check_gradient(function, DOMAIN, seed=7, max_examples=1)) == (1, 7, "float32")

@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.diffcheck(seed=6)), 2])
def test_parameter(check_gradient, n):
    assert settings_of(check_gradient(function, DOMAIN)) == (3, 7 - n if n == 1 else 5, "float32")

def test_without_diffcheck():
    pass
"""


def test_a_mark_sets_options(run: Run, pytester: pytest.Pytester) -> None:
    """The call counts more than the mark, the function's mark more than the module's."""
    pytester.makepyfile(test_mine=of(MARKED))
    run("--strict-markers").assert_outcomes(passed=6)


IDLE = """
@pytest.mark.diffcheck(max_example=3)
def test_mistyped(assert_gradient):
    pass

@pytest.mark.diffcheck(3)
def test_unnamed(assert_gradient):
    pass

@pytest.mark.diffcheck(max_examples=3)
def test_unheard():
    pass

@pytest.mark.diffcheck
def test_bare():
    pass

@pytest.fixture
def asserted(assert_gradient):
    return assert_gradient

@pytest.mark.diffcheck(max_examples=3)
def test_heard_by_a_fixture(asserted):
    pass
"""


def test_a_mark_that_nothing_hears_is_a_mistake(run: Run, pytester: pytest.Pytester) -> None:
    """Each is one line; a mark without options only selects."""
    pytester.makepyfile(test_mine=of(IDLE))
    result = run()
    result.assert_outcomes(passed=2, errors=3)
    result.stdout.fnmatch_lines(
        [
            "@pytest.mark.diffcheck: no option max_example; there are definition, *, max_examples, seed",
            "@pytest.mark.diffcheck: no option 3; there are definition, *",
            "@pytest.mark.diffcheck: nothing in this test hears it; take the fixture assert_gradient or *",
        ]
    )


# ---- Hypothesis --------------------------------------------------------------------------------

HYPOTHESIS = """
from hypothesis import given, settings, strategies as st

drawn = []

@settings(max_examples=4)
@given(st.integers(1, 3))
def test_given(check_gradient, n):
    before = settings.default
    drawn.append(n)
    assert settings_of(check_gradient(function, dc.real(n), dtypes=["float64"], modes=["R"]))[0] == {points}
    assert settings.default is before

def test_number():
    assert len(drawn) <= 4

@given(st.integers(1, 3))
def test_wrong(assert_gradient, n):
    assert_gradient(wrong, jnp.ones(n), points="given", modes=["R"])
"""


def test_a_test_with_given_is_the_persons_own(run: Run, pytester: pytest.Pytester) -> None:
    """Its settings are not touched, nor taken for ours; of its examples the worst record is kept."""
    pytester.makepyfile(test_mine=of(HYPOTHESIS.format(points=2)))
    result = run("--diffcheck-max-examples=2")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["E       Failing test case: test_wrong(", "cells: 1 WRONG, ? AGREES"]
    )  # of torch, too, if it is imported


def test_a_profile_of_hypothesis_is_followed(run: Run, pytester: pytest.Pytester) -> None:
    """Who loads a profile with a number of examples has set ours, unless an option says otherwise."""
    pytester.makeconftest(
        "from hypothesis import settings\n"
        "settings.register_profile('mine', max_examples=7)\n"
        "settings.load_profile('mine')\n"
    )
    tests = """
def test_number(check_gradient):
    assert settings_of(check_gradient(function, DOMAIN, dtypes=["float64"]))[:2] == {}
"""
    pytester.makepyfile(test_mine=of(tests.format((7, 3))))
    unset = pytester.runpytest_inprocess("-Wdefault", "--hypothesis-seed=3")
    unset.assert_outcomes(passed=1)
    pytester.makepyfile(test_mine=of(tests.format((3, 4))))
    run("--diffcheck-seed=4", "--hypothesis-seed=3").assert_outcomes(passed=1)


@settings(max_examples=3)
@given(n=st.integers(1, 2))
def test_fixtures_are_not_of_the_function(n: int, check_gradient: object) -> None:
    """Hypothesis refuses fixtures that are made anew for each test, and takes ours."""
    assert callable(check_gradient)
