"""The picture of all ratios."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from diffcheck.record import Run
from diffcheck.report.plots import HIGHEST, LOWEST, _across, render


def texts(picture: str) -> list[str]:
    """Every text in an SVG."""
    return [element.text or "" for element in ET.fromstring(picture).iter() if element.tag.endswith("text")]


def test_every_method_has_a_line(run: Run) -> None:
    """Methods are named as text that a reader can search for."""
    shown = texts(render(run))
    assert {"sympy R · float64", "torch F · float64", "jax R jit · float32", "handwritten R · float64"} <= set(shown)


def test_the_legend_names_verdicts(run: Run) -> None:
    """Verdicts differ by marker and word, not by colour alone."""
    assert {"AGREES", "NOT_FINITE, WRONG"} <= set(texts(render(run)))


def test_no_date_and_no_random_names(run: Run) -> None:
    """Nothing in the file depends on when or where it was drawn."""
    picture = render(run)
    assert "<dc:date>" not in picture
    assert picture == render(run)


def test_ratios_beyond_the_axis_stand_at_its_edge(run: Run) -> None:
    """Zero, a huge ratio and NaN have a place on a logarithmic axis."""
    agreeing, wrong, nan = run.records[0].judgement, run.records[-1].judgement, run.records[6].judgement
    assert _across(replace(agreeing, ratio=0.0)) == LOWEST
    assert _across(agreeing) == agreeing.ratio
    assert _across(wrong) == _across(nan) == HIGHEST


def test_a_run_without_numbers_can_be_drawn(run: Run) -> None:
    """Only unsupported cells, or none at all, give an empty picture."""
    assert render(replace(run, records=(run.records[4],)))
    assert render(Run({}, ()))
