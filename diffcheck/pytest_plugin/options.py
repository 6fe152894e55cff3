"""What can be typed after `pytest`: the options of `diffcheck run`, each with a prefix."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from diffcheck.arguments import names

if TYPE_CHECKING:
    from diffcheck.plan import Settings

CASES = "--diffcheck"
PREFIX = "diffcheck"
PROFILE = "quick"
SEED = 0

OF_HYPOTHESIS = 100
"""Points that Hypothesis draws where nobody says how many."""


def add_options(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup(PREFIX, "derivatives (diffcheck)")
    cases = "collect case files, too: one test for each way to differentiate a case"
    group.addoption(CASES, action="store_true", default=False, help=cases)
    filters = {
        "backend": "only these backends: torch, jax, sympy, …",
        "mode": "only these modes: R, F, RR, …",
        "transform": "only these transforms; `plain` is a mode alone",
        "dtype": "float64, float32, bfloat16, float16 (default: float64, float32)",
    }
    for name, text in filters.items():
        group.addoption(_flag(name), type=names, action="extend", default=[], metavar=name.upper(), help=text)
    orders = "order of the derivative, 1 or 2; may be repeated (default: that of the modes, else 1)"
    group.addoption(_flag("order"), type=int, action="append", default=[], metavar="N", help=orders)
    profile = f"how hard to try at a case: quick, ci, deep (default: {PROFILE})"
    group.addoption(_flag("profile"), metavar="NAME", help=profile)
    points = "points drawn for each case and dtype, and for each function that a test asserts the gradient of"
    group.addoption(_flag("max-examples"), type=int, metavar="N", help=points)
    group.addoption(_flag("seed"), type=int, metavar="N", help=f"of every random choice (default: {SEED})")
    known = "known findings; their points come first (default: known.toml beside a case file)"
    group.addoption(_flag("known"), type=Path, metavar="FILE", help=known)
    run_file = "store the records of case files there, for `diffcheck report` and `diffcheck replay`"
    group.addoption(_flag("run-file"), type=Path, metavar="FILE", help=run_file)


def option(config: pytest.Config, name: str) -> Any:
    """What was typed after `--diffcheck-NAME`."""
    return config.getoption(_flag(name))


def collects_cases(config: pytest.Config) -> bool:
    """Whether case files are collected."""
    return bool(config.getoption(CASES))


def is_typed(config: pytest.Config) -> bool:
    """Whether somebody typed `--diffcheck` just now; in a configuration it is a wish for whatever is collected."""
    return CASES in config.invocation_params.args


def is_worker(config: pytest.Config) -> bool:
    """Whether this is a process of pytest-xdist, which runs tests for another one that reports."""
    return hasattr(config, "workerinput")


def check_options(config: pytest.Config) -> None:
    """Check that every option names something.

    Raises:
        UsageError: the first one that does not.
    """
    from diffcheck.known import KnownError, read_known
    from diffcheck.plan import SettingsError, check_settings

    asked = settings(config)
    try:
        check_settings(asked)
        if asked.known is not None:
            read_known(asked.known)
    except (SettingsError, KnownError) as error:
        raise pytest.UsageError(f"diffcheck: {error}") from None


def settings(config: pytest.Config) -> Settings:
    """What the case files of a session are asked; one process, for pytest has its own ways to more."""
    from diffcheck.plan import Settings

    return Settings(
        backends=tuple(option(config, "backend")),
        modes=tuple(option(config, "mode")),
        orders=tuple(option(config, "order")),
        transforms=tuple("" if name == "plain" else name for name in option(config, "transform")),
        dtypes=tuple(option(config, "dtype")),
        profile=option(config, "profile") or PROFILE,
        max_examples=_examples_of_cases(config),
        seed=seed(config),
        known=option(config, "known"),
        sheets=False,
    )


def seed(config: pytest.Config) -> int:
    """Of every random choice: ours, else a number after `--hypothesis-seed`."""
    typed = option(config, "seed")
    if typed is not None:
        return int(typed)
    of_hypothesis = str(config.getoption("--hypothesis-seed", None))
    return int(of_hypothesis) if of_hypothesis.isdecimal() else SEED


def examples(config: pytest.Config) -> int | None:
    """How many points to draw, where somebody said so: here, or in the profile of Hypothesis that is loaded.

    Not to be asked while a test runs, for then Hypothesis answers with the settings of that test.
    """
    typed = option(config, "max-examples")
    if typed is not None or "hypothesis" not in sys.modules:
        return typed
    from hypothesis import settings

    loaded = settings().max_examples
    return None if loaded == OF_HYPOTHESIS else loaded


def command(node: str, config: pytest.Config) -> str:
    """The command that runs one test of a case file again."""
    return shlex.join(["pytest", CASES, node, *_again(settings(config))])


def _examples_of_cases(config: pytest.Config) -> int | None:
    """A profile that is typed says more about cases than Hypothesis' own does."""
    if option(config, "profile"):
        return option(config, "max-examples")
    return examples(config)


def _again(asked: Settings) -> list[str]:
    """The options that make the same points: what else was typed chooses among the tests."""
    texts = {
        "backend": ",".join(asked.backends),
        "transform": ",".join(name or "plain" for name in asked.transforms),
        "mode": ",".join(asked.modes),
        "profile": "" if asked.profile == PROFILE else asked.profile,
        "max-examples": "" if asked.max_examples is None else str(asked.max_examples),
        "seed": "" if asked.seed == SEED else str(asked.seed),
        "known": "" if asked.known is None else str(asked.known),
    }
    orders = [f"{_flag('order')}={order}" for order in asked.orders]
    return [*(f"{_flag(name)}={text}" for name, text in texts.items() if text), *orders]


def _flag(name: str) -> str:
    return f"--{PREFIX}-{name}"
