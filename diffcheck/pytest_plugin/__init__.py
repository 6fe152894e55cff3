"""The pytest plugin: case files as tests, and `assert_gradient` in any test.

`pytest --diffcheck cases/` collects case files, one test for each way to differentiate a case, and run files
of `diffcheck behaviours`, one test for each statement that frameworks still do what they did. The
fixtures `assert_gradient` and `check_gradient` judge a test's own functions, with the options of its
`@pytest.mark.diffcheck`. The hooks are here, each in a few lines; nothing heavy is imported for a
session that asks nothing of diffcheck.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from diffcheck.pytest_plugin.calls import MARK_LINE, RUNNING, assert_gradient, check_gradient, refuse_idle_mark
from diffcheck.pytest_plugin.case_file import CaseFile, is_case_file, refuse_nothing
from diffcheck.pytest_plugin.case_item import CaseItem
from diffcheck.pytest_plugin.finds import FINDS, hand_over
from diffcheck.pytest_plugin.headline import put_headline, put_place
from diffcheck.pytest_plugin.options import add_options, check_options, collects_cases, is_worker
from diffcheck.pytest_plugin.snapshot_file import SnapshotFile, is_snapshot
from diffcheck.pytest_plugin.summary import Summary, header
from diffcheck.pytest_plugin.trace import hide_our_lines

if TYPE_CHECKING:
    from xdist.remote import Producer

__all__ = ["assert_gradient", "check_gradient"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options, in a group of their own."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """The mark, a look at what was typed, and the summary, which the workers of pytest-xdist leave to their master."""
    config.addinivalue_line("markers", MARK_LINE)
    if collects_cases(config):
        check_options(config)
    if not is_worker(config):
        config.pluginmanager.register(Summary(config), "diffcheck summary")


def pytest_report_header(config: pytest.Config) -> str:
    """Versions, profile and seed."""
    return header(config)


# ---- collection --------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, Any, Any]:
    """Case files and stored looks at frameworks are collected; nothing else must take a case file for a test module."""
    collectors = yield
    if collects_cases(parent.config) and is_snapshot(file_path):
        return [SnapshotFile.from_parent(parent, path=file_path)]
    if not collects_cases(parent.config) or not is_case_file(file_path, parent.session):
        return collectors
    others = [collector for collector in collectors if type(collector) is not pytest.Module]
    return [*others, CaseFile.from_parent(parent, path=file_path)]


def pytest_collection_modifyitems(session: pytest.Session) -> None:
    """Nothing is no success."""
    refuse_nothing(session)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> object:
    """Where tests are divided in any way, those of one search stay together."""
    if not collects_cases(config) or config.getoption("dist") != "load":
        return None
    from diffcheck.pytest_plugin.distribution import SearchScheduling

    return SearchScheduling(config, log)


# ---- tests -------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """A fixture of the whole session asks which test it is that runs."""
    item.config.stash[RUNNING] = item
    return (yield)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A mark that nothing hears is a mistake."""
    refuse_idle_mark(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A report has the lines of the person who wrote the test, not ours, and carries what was found."""
    if not item.config.getoption("fulltrace"):
        hide_our_lines(call)
    report = yield
    put_headline(report, call)
    if isinstance(item, CaseItem):
        put_place(report, item)
    if FINDS in item.stash:
        hand_over(item, report)
    return report
