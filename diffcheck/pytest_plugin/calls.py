"""What a test calls: `assert_gradient` and `check_gradient`, with the options of its mark."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from diffcheck.pytest_plugin.finds import keep
from diffcheck.pytest_plugin.options import examples, seed

if TYPE_CHECKING:
    from diffcheck.checked import Report

MARK = "diffcheck"
MARK_LINE = (
    f"{MARK}(max_examples=…, dtypes=…, seed=…, …): options of diffcheck.check, "
    "for what this test calls by the fixtures assert_gradient and check_gradient"
)

RUNNING = pytest.StashKey[pytest.Item]()
"""Under this key a session knows the test that runs."""


# Of the whole session, though each call asks which test runs: Hypothesis refuses to run a test with
# @given whose fixtures are made anew for each test, but not for each of its examples.


@pytest.fixture(scope="session")
def check_gradient(pytestconfig: pytest.Config) -> Callable[..., Report]:
    """`diffcheck.check` with the options of the test's mark; what it finds is in the summary, too."""
    options = _options(pytestconfig)

    def check_gradient(function: Callable[..., Any], /, *arguments: Any, **own: Any) -> Report:
        __tracebackhide__ = True
        from diffcheck.check import check

        item = pytestconfig.stash[RUNNING]
        report = check(function, *arguments, **{**options, **marked(item), **own})
        keep(item, report.records)
        return report

    return check_gradient


@pytest.fixture(scope="session")
def assert_gradient(check_gradient: Callable[..., Report]) -> Callable[..., None]:
    """`diffcheck.assert_gradient` with the options of the test's mark; what it finds is in the summary, too."""

    def assert_gradient(function: Callable[..., Any], /, *arguments: Any, **own: Any) -> None:
        __tracebackhide__ = True
        from diffcheck.check import assert_ok

        assert_ok(check_gradient(function, *arguments, **own))

    return assert_gradient


def marked(item: pytest.Item) -> dict[str, Any]:
    """The options of a test's marks; that of the function counts more than that of its class or module."""
    marks = [mark.kwargs for mark in item.iter_markers(MARK)]
    return {name: value for options in reversed(marks) for name, value in options.items()}


def refuse_idle_mark(item: pytest.Item) -> None:
    """Fail a test whose own mark says something that nothing hears."""
    for mark in item.own_markers:
        if mark.name == MARK and (mark.args or mark.kwargs):
            _refuse(mark, getattr(item, "fixturenames", ()))


def _refuse(mark: pytest.Mark, fixtures: tuple[str, ...]) -> None:
    from diffcheck.check import check

    parameters = inspect.signature(check).parameters.values()
    known = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    unknown = [repr(argument) for argument in mark.args] + [name for name in mark.kwargs if name not in known]
    if unknown:
        pytest.fail(f"@pytest.mark.{MARK}: no option {unknown[0]}; there are {', '.join(known)}", pytrace=False)
    if "check_gradient" not in fixtures:
        idle = "nothing in this test hears it; take the fixture assert_gradient or check_gradient as an argument"
        pytest.fail(f"@pytest.mark.{MARK}: {idle}", pytrace=False)


def _options(config: pytest.Config) -> dict[str, Any]:
    """What the command line and the profile of Hypothesis say, read before a test runs."""
    drawn = examples(config)
    return {"seed": seed(config)} | ({} if drawn is None else {"max_examples": drawn})
