"""Which of several equal entries a gradient goes to."""

from types import SimpleNamespace

import jax.numpy as jnp
import pytest
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import ties
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS

FIRST = [0.0, 1.0, 0.0]

EXPECTED = {
    "ties/maximum": {"torch": HOLDS, "jax": HOLDS},
    "ties/minimum": {"torch": HOLDS, "jax": HOLDS},
    "ties/maximum_of_itself": {"torch": HOLDS, "jax": HOLDS},
    "ties/max": {"torch": HOLDS, "jax": HOLDS},
    "ties/max_along_axis": {"torch": HOLDS, "jax": HOLDS},
    "ties/max_spellings": {"torch": DIFFERS, "jax": DIFFERS},
    "ties/sort": {"torch": HOLDS, "jax": HOLDS},
    "ties/median_of_odd": {"torch": HOLDS, "jax": HOLDS},
    "ties/median_of_even": {"torch": DIFFERS, "jax": HOLDS},
    "ties/max_pool": {"torch": HOLDS, "jax": HOLDS},
    "ties/cumulative_max": {"torch": HOLDS, "jax": HOLDS},
    "ties/infinity_norm": {"torch": HOLDS, "jax": HOLDS},
}

FLIPS = {
    "ties/maximum": seen(gradient=[1.0, 1.0]),
    "ties/minimum": seen(gradient=[0.0, 0.0]),
    "ties/maximum_of_itself": seen(gradient=2.0),
    "ties/max": seen(gradient=[0.0, 1.0, 1.0]),
    "ties/max_along_axis": seen(gradient=[0.5, 0.5, 0.0]),
    "ties/max_spellings": seen(max=FIRST, along_axis=FIRST, top=FIRST, sort=[0.0, 0.0, 1.0]),
    "ties/sort": seen(gradient=[3.0, 0.0]),
    "ties/median_of_odd": seen(gradient=[1.0, 1.0, 0.0]),
    "ties/median_of_even": seen(value=2.0, gradient=[0.0, 1.0, 0.0, 0.0]),
    "ties/max_pool": seen(gradient=[[[[0.0, 1.0], [1.0, 1.0]]]]),
    "ties/cumulative_max": seen(gradient=[3.0, 0.0, 1.0]),
    "ties/infinity_norm": seen(gradient=[0.5, 0.5]),
}

REFUTED_TODAY = {
    "ties/max_spellings": seen(max=FIRST, along_axis=FIRST, top=FIRST, sort=FIRST),
    "ties/median_of_even": seen(value=3.0, gradient=[0.0, 0.5, 0.5, 0.0]),
}


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


@pytest.mark.parametrize("name", REFUTED_TODAY)
def test_a_statement_that_is_refuted_today_could_hold(name):
    [behaviour] = [one for one in ties.BEHAVIOURS if one.name == name]
    assert observation(behaviour, "torch", REFUTED_TODAY[name]).outcome == HOLDS


def test_a_maximum_that_counted_every_tied_entry_would_be_seen(monkeypatch):
    """Shares that add up to 2 are a gradient of no maximum."""
    monkeypatch.setattr(torch.Tensor, "max", lambda x: (x * (x == x.amax())).sum())
    assert _outcome(ties.MAX) == DIFFERS


def test_a_maximum_that_dropped_a_tie_would_be_seen(monkeypatch):
    """With strict comparisons on both sides nobody gets the gradient of a tie."""
    monkeypatch.setattr(torch, "maximum", lambda x, y: torch.where(x > y, x, 0) + torch.where(y > x, y, 0))
    assert _outcome(ties.MAXIMUM) == DIFFERS
    assert _outcome(ties.MAXIMUM_OF_ITSELF) == DIFFERS


def test_a_median_that_is_the_mean_of_the_middle_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "median", lambda x: x.quantile(0.5))
    assert _outcome(ties.MEDIAN_OF_EVEN) == HOLDS


def test_a_median_that_is_the_lower_of_the_middle_would_be_seen(monkeypatch):
    monkeypatch.setattr(jnp, "median", lambda x: jnp.sort(x)[1])
    assert _outcome(ties.MEDIAN_OF_EVEN, "jax") == DIFFERS


def test_spellings_of_max_that_agreed_would_be_seen(monkeypatch):
    """The first of the tied entries is what an index finds, and could be what all of them find."""
    sort = torch.Tensor.sort

    def first_largest(x, dim=None):
        largest = x.topk(1).values[0]
        return largest if dim is None else SimpleNamespace(values=largest)

    def ascending(x):
        return SimpleNamespace(values=sort(x, descending=True, stable=True).values.flip(0))

    monkeypatch.setattr(torch.Tensor, "max", first_largest)
    monkeypatch.setattr(torch.Tensor, "sort", ascending)
    assert _outcome(ties.MAX_SPELLINGS) == HOLDS
