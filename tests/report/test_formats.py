"""What all formats have in common."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from diffcheck.record import Run
from diffcheck.report import FORMATS, render

RENDER = """
import hashlib, sys
sys.path.insert(0, {folder!r})
import conftest
from diffcheck.report import FORMATS, render
run = conftest.handmade_run()
print({{name: hashlib.sha256(render(name, run).encode()).hexdigest() for name in FORMATS}})
"""


@pytest.mark.parametrize("name", FORMATS)
def test_same_input_same_bytes(name: str, run: Run) -> None:
    """A report holds no clock, no counter and no memory address."""
    assert render(name, run) == render(name, run)


def test_same_bytes_in_another_process() -> None:
    """Nor does it depend on the order of a set or on the seed of a hash."""
    code = RENDER.format(folder=str(Path(__file__).parent))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_every_report_ends_its_last_line(name: str, run: Run) -> None:
    """A text file ends in one line break."""
    text = render(name, run)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_an_unknown_format_is_an_error(run: Run) -> None:
    """The check that a person reads is made before, in `output`."""
    with pytest.raises(KeyError):
        render("pdf", run)
