"""Options: what is typed becomes settings, a mistake is one line, and a command repeats what counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from diffcheck.plan import Settings
from diffcheck.pytest_plugin.options import OF_HYPOTHESIS, command, examples, seed, settings
from tests.pytest_plugin.conftest import Run


@pytest.fixture
def loaded() -> None:
    """As if nobody had loaded a profile of Hypothesis; `run` loads this suite's again."""
    hypothesis_settings.load_profile("default")


TYPED = {
    "nothing": ([], Settings(sheets=False)),
    "names": (
        ["--diffcheck-backend=torch,jax", "--diffcheck-mode=R", "--diffcheck-mode=F", "--diffcheck-dtype=float32"],
        Settings(backends=("torch", "jax"), modes=("R", "F"), dtypes=("float32",), sheets=False),
    ),
    "plain": (["--diffcheck-transform=plain,jit"], Settings(transforms=("", "jit"), sheets=False)),
    "numbers": (
        ["--diffcheck-order=1", "--diffcheck-order=2", "--diffcheck-max-examples=5", "--diffcheck-seed=3"],
        Settings(orders=(1, 2), max_examples=5, seed=3, sheets=False),
    ),
    "files": (
        ["--diffcheck-profile=ci", "--diffcheck-known=mine.toml"],
        Settings(profile="ci", known=Path("mine.toml"), sheets=False),
    ),
    "a seed of Hypothesis": (["--hypothesis-seed=8"], Settings(seed=8, sheets=False)),
    "no seed of Hypothesis": (["--hypothesis-seed=random"], Settings(sheets=False)),
    "both seeds": (["--hypothesis-seed=8", "--diffcheck-seed=0"], Settings(sheets=False)),
}


@pytest.mark.parametrize(("typed", "meant"), TYPED.values(), ids=TYPED)
def test_options_are_those_of_run(typed: list[str], meant: Settings, loaded: None, pytester: pytest.Pytester) -> None:
    """Each option means what it means after `diffcheck run`."""
    try:
        assert settings(pytester.parseconfig(*typed)) == meant
    finally:
        hypothesis_settings.load_profile("reproducible")


def test_a_profile_of_hypothesis_says_how_many_points(pytester: pytest.Pytester) -> None:
    """Its own number counts; the one that Hypothesis comes with is nobody's wish; our profile and number count more."""
    assert hypothesis_settings.get_profile("default").max_examples == OF_HYPOTHESIS
    assert examples(pytester.parseconfig()) == 25
    assert settings(pytester.parseconfig()).max_examples == 25
    assert settings(pytester.parseconfig("--diffcheck-profile=quick")).max_examples is None
    assert settings(pytester.parseconfig("--diffcheck-max-examples=3")).max_examples == 3


def test_a_seed_is_ours_first(pytester: pytest.Pytester) -> None:
    """Then Hypothesis', then 0."""
    assert seed(pytester.parseconfig("--diffcheck-seed=1", "--hypothesis-seed=2")) == 1
    assert seed(pytester.parseconfig("--hypothesis-seed=2")) == 2
    assert seed(pytester.parseconfig()) == 0


def test_a_command_repeats_what_counts(pytester: pytest.Pytester) -> None:
    """What makes the points, not what chooses among the tests or where they are stored."""
    typed = ["--diffcheck-backend=torch,jax", "--diffcheck-order=2", "--diffcheck-max-examples=3"]
    config = pytester.parseconfig(*typed, "--diffcheck-dtype=float32", "--diffcheck-run-file=run.jsonl")
    shown = command("cases/mine.py::f[torch-R-float32]", config)
    chosen = "--diffcheck-backend=torch,jax --diffcheck-max-examples=3 --diffcheck-order=2"
    assert shown == f"pytest --diffcheck 'cases/mine.py::f[torch-R-float32]' {chosen}"


MISTAKES = {
    "--diffcheck-backend=tourch": "no backend 'tourch'; there are sympy, torch, *",
    "--diffcheck-dtype=float8": "no dtype 'float8'; there are *",
    "--diffcheck-order=7": "no order 7; there are 1, 2",
    "--diffcheck-profile=slow": "no profile 'slow'; there are quick, ci, deep",
    "--diffcheck-max-examples=0": "0 examples: at least 1 is needed",
    "--diffcheck-known=none.toml": "none.toml: No such file or directory; name a file of known findings",
    "--diffcheck-run-file=mine.py/run.jsonl": "cannot write mine.py/run.jsonl: *; make mine.py writable or *",
}


@pytest.mark.parametrize(("typed", "said"), MISTAKES.items())
def test_a_mistake_is_one_line(typed: str, said: str, run: Run, pytester: pytest.Pytester) -> None:
    """Before anything is collected, and without a trace."""
    (pytester.path / "mine.py").touch()
    result = run("--diffcheck", typed)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: diffcheck: {said}"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
