"""The report for other programs."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np

from diffcheck.point import Point
from diffcheck.record import Run
from diffcheck.report import render


def test_numbers_read_back_exactly(run: Run) -> None:
    """A JSON reader gets the very numbers of the run."""
    content = json.loads(render("json", run))
    wrong = content["records"][-1]
    assert wrong["judgement"]["ratio"] == run.records[-1].judgement.ratio
    assert wrong["point"]["arguments"]["w1"] == {"dtype": "float64", "shape": [1, 1], "values": [-1.0]}


def test_null_never_means_nan(run: Run) -> None:
    """NaN is the text "nan"; null is a number that there is not."""
    judgements = [record["judgement"] for record in json.loads(render("json", run))["records"]]
    assert judgements[6]["value"] == "nan"
    assert judgements[6]["ulps"] == "inf"
    assert judgements[-1]["ulps"] is None
    assert math.isnan(float(judgements[6]["value"]))


def test_a_reader_needs_no_table_of_ours(run: Run) -> None:
    """Each record says in words what its verdict means and whether it fails a run."""
    wrong = json.loads(render("json", run))["records"][-1]
    assert wrong["judgement"]["verdict"] == "WRONG"
    assert wrong["failure"] is True
    assert wrong["method"] == "handwritten R tutorial"
    assert wrong["meaning"].startswith("proved wrong")


def test_everything_is_there(run: Run) -> None:
    """Environment, counts, sheets, and whether the run is complete."""
    content = json.loads(render("json", replace(run, complete=False, gone=("x",), missing=("jax",))))
    assert content["environment"] == dict(run.environment)
    assert content["counts"] == {"WRONG": 1, "NOT_FINITE": 1, "AGREES": 5, "UNSUPPORTED": 2}
    assert [sheet["case"] for sheet in content["sheets"]] == ["scalar/quadratic", "vector/norm"]
    assert (content["complete"], content["gone"], content["missing"]) == (False, ["x"], ["jax"])


def test_a_large_array_is_not_written_once_for_every_cell(run: Run) -> None:
    """Its dtype and shape are there; the run file has its numbers."""
    bad = run.records[-1]
    huge = replace(bad, point=Point({"x": np.zeros((100, 1000))}))
    [record] = json.loads(render("json", Run({}, (huge,))))["records"]
    assert record["point"]["arguments"]["x"] == {"dtype": "float64", "shape": [100, 1000], "values": None}
