"""Random numbers and samples: what is seen, and what would be seen otherwise."""

import jax
import torch
import torch.utils.checkpoint

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import randomness
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE

EXPECTED = {
    "randomness/dropped": {"torch": HOLDS, "jax": HOLDS},
    "randomness/all_dropped": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "randomness/evaluation": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "randomness/same_seed": {"torch": HOLDS, "jax": HOLDS},
    "randomness/drawn_again": {"torch": HOLDS, "jax": DIFFERS},
    "randomness/backward_draws": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "randomness/replayed": {"torch": HOLDS, "jax": HOLDS},
    "randomness/not_replayed": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "randomness/rows_share": {"torch": HOLDS, "jax": DIFFERS},
    "randomness/reparametrised": {"torch": HOLDS, "jax": HOLDS},
    "randomness/sample": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "randomness/gamma": {"torch": HOLDS, "jax": HOLDS},
    "randomness/discrete": {"torch": HOLDS, "jax": HOLDS},
    "randomness/permuted": {"torch": HOLDS, "jax": HOLDS},
}

FLIPS = {
    "randomness/dropped": seen(gradient_is_mask=False, values=[0.0, 2.0]),
    "randomness/all_dropped": seen(value=[0.0, 0.0], gradient=[float("nan"), float("nan")]),
    "randomness/evaluation": seen(value=[2.0, 0.0, 6.0], gradient=[2.0, 0.0, 2.0]),
    "randomness/same_seed": seen(equal=False),
    "randomness/drawn_again": seen(equal=True),
    "randomness/backward_draws": seen(state_moved=True),
    "randomness/replayed": seen(same_mask=False),
    "randomness/not_replayed": seen(same_mask=True),
    "randomness/rows_share": seen(equal=True),
    "randomness/reparametrised": seen(by_mean=1.0, by_scale_is_noise=False),
    "randomness/sample": seen(gradient=1.0),
    "randomness/gamma": seen(all_positive=False),
    "randomness/discrete": seen(gradient=[1.0, 1.0, 1.0, 1.0, 1.0]),
    "randomness/permuted": seen(gradient_goes_home=False),
}


def _outcome(behaviour: Behaviour, framework: str) -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


def test_a_dropout_whose_gradient_went_straight_through_would_be_seen(monkeypatch):
    dropout = torch.nn.functional.dropout
    monkeypatch.setattr(torch.nn.functional, "dropout", lambda x, p: x + (dropout(x, p) - x).detach())
    assert _outcome(randomness.DROPPED, "torch") == DIFFERS
    assert _outcome(randomness.ALL_DROPPED, "torch") == DIFFERS


def test_a_checkpoint_that_drew_again_would_be_seen(monkeypatch):
    checkpoint = torch.utils.checkpoint.checkpoint

    def forgetful(f, x, use_reentrant):
        return checkpoint(f, x, use_reentrant=use_reentrant, preserve_rng_state=False)

    monkeypatch.setattr(torch.utils.checkpoint, "checkpoint", forgetful)
    assert _outcome(randomness.REPLAYED, "torch") == DIFFERS


def test_a_dropout_that_stayed_on_in_evaluation_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.nn.Dropout, "eval", lambda self: self)
    assert _outcome(randomness.EVALUATION, "torch") == DIFFERS


def test_a_sample_that_kept_its_graph_would_be_seen(monkeypatch):
    normal = torch.distributions.Normal
    monkeypatch.setattr(normal, "sample", normal.rsample)
    assert _outcome(randomness.SAMPLE, "torch") == DIFFERS


def test_a_key_that_could_be_used_once_only_would_be_seen(monkeypatch):
    """The statement holds of jax as soon as the same key gives other numbers the second time."""
    normal, fresh = jax.random.normal, iter(range(2))
    monkeypatch.setattr(jax.random, "normal", lambda key, shape: normal(jax.random.fold_in(key, next(fresh)), shape))
    assert _outcome(randomness.DRAWN_AGAIN, "jax") == HOLDS
