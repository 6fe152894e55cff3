"""The README: its code runs and prints what it says, its tables are the ones that the program has."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest

from diffcheck.arguments import parser
from diffcheck.merge import merge
from diffcheck.report.behaviour import short
from diffcheck.run_file import read_run
from diffcheck.verdict import Verdict

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^\$ diffcheck (.*)$", TEXT.replace("\\\n", " "), re.MULTILINE)
PYTEST = re.findall(r"^\$ pytest (.*)$", TEXT, re.MULTILINE)
PROMISED = re.compile(r"^print\(.*\)  # (.+)$", re.MULTILINE)


def section(name: str) -> str:
    """What stands between `<!-- name -->` and `<!-- /name -->`."""
    (text,) = re.findall(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", TEXT, re.DOTALL)
    return str(text)


def run(code: str, folder: Path) -> None:
    """Run code as a program of its own: a file, as a reader would save it."""
    file = folder / "readme.py"
    file.write_text(code, encoding="utf-8")
    runpy.run_path(str(file))


def verdict_table() -> str:
    """The table of verdicts, one row each, as the README shows it."""
    head = "|   | verdict | meaning | a test | exit code |\n|---|---|---|---|---|\n"
    rows = ((verdict.name, verdict.value) for verdict in Verdict)
    return head + "".join(
        f"| {row.glyph} | `{name}` | {row.message} | {row.pytest} | {row.exit_code} |\n" for name, row in rows
    )


def test_there_is_code() -> None:
    """The next test has something to run, and something to compare."""
    assert len(BLOCKS) >= 2
    assert any(PROMISED.search(block) for block in BLOCKS)


def test_code_prints_what_the_readme_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The python blocks run one after the other, and each `print(…)  # this` prints this."""
    code = "\n".join(BLOCKS)
    run(code, tmp_path)
    assert capsys.readouterr().out.splitlines() == PROMISED.findall(code)


def test_a_wrong_promise_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The test above fails where a block prints something else than it says."""
    code = "print(1 + 1)  # 3"
    run(code, tmp_path)
    assert capsys.readouterr().out.splitlines() != PROMISED.findall(code)


@pytest.mark.parametrize("command", [command for command in COMMANDS if "--help" not in command])
def test_commands_are_understood(command: str) -> None:
    """What the README tells a person to type is what the command line takes."""
    assert parser().parse_args(shlex.split(command, comments=True)).command in command


def test_a_command_that_is_not_understood_is_noticed() -> None:
    """The test above fails for an option that does not exist."""
    with pytest.raises(SystemExit):
        parser().parse_args(["run", "--tolerance", "1e-6"])


@pytest.mark.parametrize("command", PYTEST)
def test_commands_of_pytest_are_understood(command: str, pytester: pytest.Pytester) -> None:
    """They collect case files, by options that there are."""
    assert pytester.parseconfig(*shlex.split(command)).getoption("--diffcheck")


def test_verdict_table_is_the_programs() -> None:
    """The README's table of verdicts has the rows of `verdict.py`."""
    assert section("verdicts") == verdict_table()


def test_figures_belong_to_the_pinned_versions() -> None:
    """Who changes a pin measures the table of the usual checkers again."""
    (versions,) = re.findall(r"<!-- usual checkers: (.*) -->", TEXT)
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert {version.replace(" ", "==") for version in versions.split(", ")} <= set(pins)


def test_the_table_of_behaviours_is_that_of_the_stored_looks() -> None:
    """Its numbers are those of the versions that the constraints name."""
    looks = merge([read_run(path) for path in sorted((ROOT / "cases/behaviours").glob("*.jsonl"), reverse=True)])
    assert section("behaviours") == short(looks.behaviours)
