"""A run of statements: what is chosen, what is stored, and what the command line says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from diffcheck.behaviours import behaviours
from diffcheck.behaviours.run import run, store
from diffcheck.cli import main
from diffcheck.merge import merge
from diffcheck.plan import SettingsError
from diffcheck.registry import NothingSelected
from diffcheck.run_file import read_run

CHOSEN = {
    "all": ([], None),
    "a group": (["state"], {"state"}),
    "a short name": (["accumulates"], {"state"}),
    "a glob": (["sta*"], {"state"}),
    "two patterns": (["state", "quotients/*"], {"state", "quotients"}),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_statements_are_chosen_by_pattern(name: str) -> None:
    patterns, groups = CHOSEN[name]
    found = {one.name.partition("/")[0] for one in behaviours(patterns)}
    assert found == groups or (groups is None and len(found) > 10)


def test_statements_are_chosen_by_source() -> None:
    found = behaviours(["source:T4"])
    assert found
    assert all("T4" in one.source for one in found)


def test_a_pattern_that_nothing_matches_is_a_mistake() -> None:
    with pytest.raises(NothingSelected, match="no behaviour 'stale'"):
        behaviours(["state", "stale"])


def test_a_framework_of_which_there_are_no_behaviours_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match="no behaviours of 'numpy'; there are those of torch, jax"):
        run(behaviours(["accumulates"]), ["numpy"])


def test_claims_about_other_statements_are_left_out() -> None:
    found = run(behaviours(["state/zero_grad"]), ["torch"])
    assert found.claims == ()  # what is claimed depends on another statement, too
    found = run(behaviours(["state/zero_grad", "state/zeros_on_request"]), ["torch"])
    assert [claim.outcome for claim in found.claims] == ["depends"]


def test_what_was_seen_is_read_back(tmp_path: Path) -> None:
    found = run(behaviours(["accumulates"]))
    store(found, tmp_path)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names[1] == f"torch-{torch.__version__.partition('+')[0]}.jsonl"
    torch_first = merge([read_run(tmp_path / name) for name in reversed(names)])
    assert torch_first.behaviours == found.behaviours


def test_the_command_shows_stores_and_compares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (tmp_path / name for name in ("one.jsonl", "two.jsonl"))
    assert main(["behaviours", "accumulates", "-b", "torch", "--run-file", str(one)]) == 0
    shown = capsys.readouterr().out
    assert "A second backward pass adds its gradient to what is there" in shown
    assert "holds     state/accumulates: gradients accumulate in .grad until they are zeroed" in shown
    assert "in jax" not in shown
    two.write_text(one.read_text(encoding="utf-8").replace("[1.0, 5.0, 9.0, 13.0]", "[]"), encoding="utf-8")
    assert main(["compare", str(one), str(one)]) == 0
    assert capsys.readouterr().out == "nothing changed\n"
    assert main(["compare", str(one), str(two)]) == 1
    assert "state/accumulates · torch" in capsys.readouterr().out
    assert main(["compare", "--exit-zero", str(one), str(two)]) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["behaviours", "stale"], 5), (["behaviours", "-b", "numpy"], 2), (["compare", "no.jsonl", "no.jsonl"], 2)],
)
def test_mistakes_are_said_in_one_line(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == code
    assert capsys.readouterr().err.count("\n") == 1


def test_statements_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "behaviours"]) == 0
    assert "state/accumulates" in capsys.readouterr().out
