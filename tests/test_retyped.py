"""The command that shows a finding of a check again: it is run, and shows the same."""

from __future__ import annotations

import importlib
import json
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import diffcheck as dc
from diffcheck.cli import main
from diffcheck.retyped import SCRIPT, typed_name
from diffcheck.typed import typed_function

MODULE = """
import torch


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, cotangent):
        return 2 * cotangent


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.ones(2))

    def forward(self, x):
        return Doubled.apply(self.w * x)


def doubled(x):
    return Doubled.apply(x)


def itself(x):
    return x * 1


def nested(params, names, power, word, chosen):
    assert power == 2 and word == "a"
    return Doubled.apply(params["w"][0] * params["b"] + names[1]) * chosen[1]


def fixed(x, share):
    return Doubled.apply(x) * share


net = Net()
"""


@pytest.fixture
def ops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module with wrong rules."""
    (tmp_path / "wrong_ops.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("wrong_ops")
    sys.modules.pop("wrong_ops")


def replay_of(report: dc.Report) -> str:
    return next(finding.record.replay for finding in report.findings if finding.mode == "R")


def shown_again(command: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The records of the run that a command starts."""
    program, *words = shlex.split(command)
    assert program == "diffcheck"
    assert main([*words, "--output", "json"]) == 1
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["records"]
    return found


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_function_with_a_name(ops: Any, dtype: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its point takes the place of the domain, its cotangent is told; in every dtype."""
    report = dc.check(ops.doubled, dc.real(2), backend="torch", modes=["R"], dtypes=[dtype], max_examples=5)
    [finding] = report.findings
    [record] = shown_again(replay_of(report), capsys)
    assert record["judgement"]["verdict"] == finding.verdict.name
    assert record["judgement"]["value"] == finding.value
    assert record["points"] <= 4


def test_a_rule_with_a_definition(ops: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Both are named."""
    report = dc.check(ops.Doubled.apply, dc.real(), definition=ops.itself, modes=["R"], max_examples=5)
    assert "--definition wrong_ops:itself" in replay_of(report)
    [record] = shown_again(replay_of(report), capsys)
    assert record["judgement"]["verdict"] == "WRONG"


def test_nested_arguments_and_options(ops: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Every array is in its place, whole numbers and words are handed on."""
    arguments = ({"w": [dc.real(2)], "b": dc.real()}, (None, dc.real(2)), 2, "a", [None, dc.real()])
    report = dc.check(ops.nested, *arguments, modes=["R"], dtypes=["float64"], max_examples=5)
    [record] = shown_again(replay_of(report), capsys)
    assert record["judgement"]["verdict"] == "WRONG"
    assert record["judgement"]["argument"] == report.findings[0].argument


def test_what_has_no_name_or_cannot_be_typed_has_a_script(ops: Any) -> None:
    """A function made on the way, a module's own parameters, a number that would be taken for an array."""
    for function, *arguments in (
        (lambda x: 2 * ops.Doubled.apply(x), dc.real(2)),
        (ops.net, dc.real(2)),
        (ops.fixed, dc.real(2), 0.5),
        (ops.doubled, dc.real(400)),
    ):
        report = dc.check(function, *arguments, modes=["R"], dtypes=["float64"], max_examples=2)
        assert replay_of(report) == SCRIPT
        assert report.findings[0].script()


def test_what_agrees_is_not_replayed(ops: Any) -> None:
    """Nobody would."""
    report = dc.check(ops.itself, dc.real(2), backend="torch", max_examples=2)
    assert {record.replay for record in report.records} == {""}


def test_the_words_that_were_typed_are_kept(ops: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A module in a module is found by what was typed; the report prints the command."""
    main(["check", "wrong_ops:doubled", "--input", "x=real()", "-m", "R", "-d", "float64", "-n", "3"])
    assert "replay   diffcheck check wrong_ops:doubled --input x=" in capsys.readouterr().out


def test_a_name_leads_back_to_its_function() -> None:
    """Else it is none."""
    for function in (dc.real, torch.nn.functional.softplus, torch.nn.functional.silu):
        name = typed_name(function)
        assert name is not None
        assert typed_function(name) is function
    assert typed_name(lambda x: x) is None
    assert typed_name(SimpleNamespace()) is None
