"""Reports: each format is one file with one function, `render(run) -> str`.

A report is rendered from records and sheets and recomputes nothing. The same run gives the same
bytes. To add a format, write a neighbour and add its row to `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

# The names of the formats belong to `--help`, which imports no array library.
if TYPE_CHECKING:
    from diffcheck.record import Run


class Render(Protocol):
    """What every format's file offers under the name `render`."""

    def __call__(self, run: Run) -> str:
        """The whole report as one text, ending in a line break."""


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        module: where its `render` is.
        requires: the module that must be installed for it, or `None`.
        one_line: what it is, for `--help`.
    """

    module: str
    requires: str | None
    one_line: str


FORMATS: Mapping[str, Format] = {
    "text": Format("diffcheck.report.text", None, "matrix and findings, for a terminal"),
    "json": Format("diffcheck.report.json", None, "everything, for other programs"),
    "markdown": Format("diffcheck.report.markdown", None, "verdicts and binned ratios, the same on every machine"),
    "html": Format("diffcheck.report.html", "jinja2", "one self-contained page"),
    "plots": Format("diffcheck.report.plots", "matplotlib", "every cell's error beside its allowance, as SVG"),
}


def render(name: str, run: Run) -> str:
    """The run in the format of this name.

    Raises:
        KeyError: there is no such format.
        ModuleNotFoundError: what the format requires is not installed.
    """
    written: Render = import_module(FORMATS[name].module).render
    return written(run)
