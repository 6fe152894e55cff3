"""What a branch not taken, a mask or a missing entry does to a gradient."""

import jax.numpy as jnp
import pytest
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import nan
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS

NAN = float("nan")

EXPECTED = {
    "nan/where_at_edge": {"torch": DIFFERS, "jax": DIFFERS},
    "nan/where_outside_domain": {"torch": DIFFERS, "jax": DIFFERS},
    "nan/where_quotient": {"torch": DIFFERS, "jax": DIFFERS},
    "nan/double_where": {"torch": HOLDS, "jax": HOLDS},
    "nan/masked_log": {"torch": DIFFERS, "jax": DIFFERS},
    "nan/selected_log": {"torch": HOLDS, "jax": HOLDS},
    "nan/zero_times_root": {"torch": DIFFERS, "jax": DIFFERS},
    "nan/replaced": {"torch": DIFFERS, "jax": DIFFERS},
    "nan/nansum": {"torch": HOLDS, "jax": HOLDS},
    "nan/nanmean": {"torch": HOLDS, "jax": HOLDS},
    "nan/nansum_of_squares": {"torch": DIFFERS, "jax": DIFFERS},
    "nan/kink_of_nan": {"torch": DIFFERS, "jax": DIFFERS},
    "nan/max_of_nan": {"torch": DIFFERS, "jax": HOLDS},
}

FLIPS = {
    "nan/where_at_edge": seen(gradient=NAN),
    "nan/where_outside_domain": seen(gradient=[NAN, 0.25]),
    "nan/where_quotient": seen(gradient=1.0),
    "nan/double_where": seen(gradient=[NAN, 0.25]),
    "nan/masked_log": seen(gradient=[NAN, 1.0]),
    "nan/selected_log": seen(gradient=[NAN, 1.0]),
    "nan/zero_times_root": seen(gradient=NAN),
    "nan/replaced": seen(gradient=[NAN, 0.25]),
    "nan/nansum": seen(gradient=[1.0, NAN]),
    "nan/nanmean": seen(gradient=[0.5, NAN, 0.5]),
    "nan/nansum_of_squares": seen(gradient=[2.0, NAN]),
    "nan/kink_of_nan": seen(clip=0.0, relu=NAN),
    "nan/max_of_nan": seen(gradient=[0.0, 1.0, 0.0]),
}

REFUTED_TODAY = {
    "nan/where_at_edge": seen(gradient=0.0),
    "nan/where_outside_domain": seen(gradient=[0.0, 0.25]),
    "nan/where_quotient": seen(gradient=0.0),
    "nan/masked_log": seen(gradient=[0.0, 1.0]),
    "nan/zero_times_root": seen(gradient=0.0),
    "nan/replaced": seen(gradient=[0.0, 0.25]),
    "nan/nansum_of_squares": seen(gradient=[2.0, 0.0]),
    "nan/kink_of_nan": seen(clip=NAN, relu=NAN),
    "nan/max_of_nan": seen(gradient=[NAN, NAN, NAN]),
}


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


@pytest.mark.parametrize("name", REFUTED_TODAY)
def test_a_statement_that_is_refuted_today_could_hold(name):
    [behaviour] = [one for one in nan.BEHAVIOURS if one.name == name]
    assert observation(behaviour, "torch", REFUTED_TODAY[name]).outcome == HOLDS


def test_a_root_that_is_finite_everywhere_would_be_seen(monkeypatch):
    """Without an infinity in the branch not taken there is no NaN."""
    monkeypatch.setattr(torch, "sqrt", lambda x: x.clamp(min=0.25) ** 0.5)
    assert _outcome(nan.WHERE_AT_EDGE) == HOLDS
    assert _outcome(nan.WHERE_OUTSIDE_DOMAIN) == HOLDS
    assert _outcome(nan.ZERO_TIMES_ROOT) == HOLDS


def test_a_logarithm_that_is_finite_everywhere_would_be_seen(monkeypatch):
    log = jnp.log
    monkeypatch.setattr(jnp, "log", lambda x: log(jnp.where(x > 0, x, 1)))
    assert _outcome(nan.MASKED_LOG, "jax") == HOLDS


def test_a_where_that_took_the_other_branch_would_be_seen(monkeypatch):
    """The second where helps only when both look at the same condition."""
    where = torch.where
    monkeypatch.setattr(torch, "where", lambda condition, x, y: where(~condition, x, y))
    assert _outcome(nan.DOUBLE_WHERE) == DIFFERS


def test_a_nansum_that_is_a_sum_would_be_seen(monkeypatch):
    """The gradient of a sum is 1 also for a NaN."""
    monkeypatch.setattr(torch, "nansum", torch.sum)
    assert _outcome(nan.NANSUM) == DIFFERS


def test_a_maximum_that_lets_a_nan_through_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "max", lambda x: torch.logsumexp(x, 0))
    assert _outcome(nan.MAX_OF_NAN) == HOLDS
