"""Where a report goes is settled before a run begins."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from diffcheck.record import Run
from diffcheck.report import output as module
from diffcheck.report import render
from diffcheck.report.output import Output, OutputError, outputs, terminal_paint, write
from diffcheck.report.paint import ansi, plain


def test_text_is_the_default() -> None:
    """Who asks for nothing gets text on standard output."""
    assert outputs([]) == (Output("text", None),)


def test_a_path_follows_a_colon(tmp_path: Path) -> None:
    """Later colons belong to the path."""
    file = tmp_path / "a:b.json"
    assert outputs([f"json:{file}", "text"]) == (Output("json", file), Output("text", None))


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["pdf"], "no format 'pdf'; there are text, json, markdown, html, plots"),
        (["html:"], "names no file"),
        (["text", "json"], "two reports on standard output"),
    ],
)
def test_a_mistake_is_told(texts: list[str], says: str) -> None:
    """The message says what to do."""
    with pytest.raises(OutputError, match=says):
        outputs(texts)


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A format whose package is not installed is refused before the run, with the command that helps."""
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "jinja2" else find_spec(name))
    with pytest.raises(OutputError, match=r"html needs jinja2; install it with `pip install 'diffcheck\[report\]'`"):
        outputs(["html:page.html"])
    assert outputs(["text"])


def test_checking_leaves_files_as_they_are(tmp_path: Path) -> None:
    """A new file is not left behind empty, and an old one keeps its content."""
    old = tmp_path / "old.md"
    old.write_text("kept", encoding="utf-8")
    outputs([f"markdown:{old}", f"json:{tmp_path / 'new' / 'a.json'}"])
    assert old.read_text(encoding="utf-8") == "kept"
    assert list((tmp_path / "new").iterdir()) == []


def test_an_unwritable_folder_is_told(tmp_path: Path) -> None:
    """A file where a folder should be, or a folder where a file should be."""
    file = tmp_path / "file"
    file.touch()
    for path in (file / "report.html", tmp_path):
        with pytest.raises(OutputError, match=r"cannot write .*: .*; make .* writable or name another file"):
            outputs([f"html:{path}"])


def test_a_file_holds_what_the_format_renders(tmp_path: Path, run: Run) -> None:
    """Files are UTF-8 with Unix line ends on every system."""
    file = tmp_path / "report.md"
    write(Output("markdown", file), run)
    assert file.read_bytes() == render("markdown", run).encode()


def test_standard_output_gets_plain_text_when_piped(capsys: pytest.CaptureFixture[str], run: Run) -> None:
    """No colours, no folding."""
    write(Output("text", None), run)
    assert capsys.readouterr().out == render("text", run)


class Terminal:
    """Standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "paint"),
    [({}, ansi), ({"NO_COLOR": "1"}, plain), ({"NO_COLOR": ""}, ansi), ({"TERM": "dumb"}, plain)],
)
def test_colours_only_where_they_are_wanted(
    environment: dict[str, str], paint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_COLOR with any text in it, or a terminal that cannot, means none."""
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert terminal_paint(environment) is paint


def test_a_pipe_gets_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the environment says."""
    assert terminal_paint({}) is plain
    assert capsys.readouterr().out == ""
