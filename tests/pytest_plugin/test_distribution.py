"""pytest-xdist: the same outcomes, and the tests of one search in one process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from diffcheck.pytest_plugin.distribution import search_of
from tests.pytest_plugin.conftest import QUICK


@pytest.mark.parametrize(
    ("node", "search"),
    [
        ("cases/mine.py::cubes[torch-R-float64]", "cases/mine.py::cubes[float64]"),
        ("cases/mine.py::cubes[handwritten-R-by_hand-float32]", "cases/mine.py::cubes[float32]"),
        ("tests/test_mine.py::test_cubes", "tests/test_mine.py::test_cubes"),
        ("tests/test_mine.py::test_cubes[torch]", "tests/test_mine.py::test_cubes[torch]"),
    ],
)
def test_tests_of_one_search_have_its_name(node: str, search: str) -> None:
    """Case and dtype; any other test stands alone."""
    assert search_of(node) == search


def test_workers_share_the_tests(pytester: pytest.Pytester, mine: Path) -> None:
    """Two workers find what one finds, it is summed up once, and no search is done in both."""
    options = [option for option in QUICK if "dtype" not in option]
    result = pytester.runpytest_subprocess(
        "-n2", "-v", "--diffcheck", "cases", "--diffcheck-run-file=run.jsonl", *options
    )
    result.assert_outcomes(passed=4, failed=2, warnings=2)
    result.stdout.fnmatch_lines(["2 cases, 6 cells, *", "stored in run.jsonl; *"])
    ran = re.findall(r"\[(gw\d)\].*::cubes\[.*-(float\d\d)\]", result.stdout.str())
    assert len(set(ran)) == 2 == len({dtype for _, dtype in ran})
