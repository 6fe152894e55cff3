"""What is picked where a function bends."""

import jax.numpy as jnp
import pytest
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import kinks
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS

EXPECTED = {
    "kinks/relu": {"torch": HOLDS, "jax": HOLDS},
    "kinks/clamp_at_zero": {"torch": HOLDS, "jax": HOLDS},
    "kinks/relu_spellings": {"torch": DIFFERS, "jax": DIFFERS},
    "kinks/relu_difference": {"torch": DIFFERS, "jax": DIFFERS},
    "kinks/clip": {"torch": HOLDS, "jax": HOLDS},
    "kinks/bounded": {"torch": HOLDS, "jax": HOLDS},
    "kinks/where": {"torch": HOLDS, "jax": HOLDS},
    "kinks/abs": {"torch": HOLDS, "jax": HOLDS},
    "kinks/leaky_relu": {"torch": HOLDS, "jax": HOLDS},
    "kinks/huber": {"torch": HOLDS, "jax": HOLDS},
    "kinks/clamped_backward_of_inactive": {"torch": DIFFERS, "jax": DIFFERS},
    "kinks/clamped_backward_of_active": {"torch": DIFFERS, "jax": DIFFERS},
    "kinks/masked_backward": {"torch": HOLDS, "jax": HOLDS},
}

FLIPS = {
    "kinks/relu": seen(gradient=1.5),
    "kinks/clamp_at_zero": seen(gradient=-0.5),
    "kinks/relu_spellings": seen(relu=0.0, clamp=0.0, maximum=0.0, where=1.0),
    "kinks/relu_difference": seen(gradient=2.0),
    "kinks/clip": seen(gradient=[1.0, 2.0]),
    "kinks/bounded": seen(relu6=[0.0, 0.0], hardtanh=[0.0, -1.0]),
    "kinks/where": seen(gradient=2.0),
    "kinks/abs": seen(gradient=float("nan")),
    "kinks/leaky_relu": seen(gradient=0.0),
    "kinks/huber": seen(gradient=[-1.0, 0.0]),
    "kinks/clamped_backward_of_inactive": seen(gradient=[[2.0]]),
    "kinks/clamped_backward_of_active": seen(gradient=[[0.0]]),
    "kinks/masked_backward": seen(gradient=[[0.0, 0.0]]),
}

REFUTED_TODAY = {
    "kinks/relu_spellings": seen(relu=0.5, clamp=0.5, maximum=0.5, where=0.5),
    "kinks/relu_difference": seen(gradient=1.0),
    "kinks/clamped_backward_of_inactive": seen(gradient=[[0.0]]),
    "kinks/clamped_backward_of_active": seen(gradient=[[-2.0]]),
}


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


@pytest.mark.parametrize("name", REFUTED_TODAY)
def test_a_statement_that_is_refuted_today_could_hold(name):
    [behaviour] = [one for one in kinks.BEHAVIOURS if one.name == name]
    assert observation(behaviour, "torch", REFUTED_TODAY[name]).outcome == HOLDS


def test_a_relu_with_too_large_a_slope_would_be_seen(monkeypatch):
    """No number above 1 is admissible at 0."""
    monkeypatch.setattr(torch, "relu", lambda x: torch.where(x >= 0, 2 * x, 0))
    assert _outcome(kinks.RELU) == DIFFERS


def test_spellings_of_relu_that_agreed_would_be_seen(monkeypatch):
    relu = torch.relu
    monkeypatch.setattr(torch.Tensor, "clamp", lambda x, **_: relu(x))
    monkeypatch.setattr(torch, "maximum", lambda x, _: relu(x))
    assert _outcome(kinks.RELU_SPELLINGS) == HOLDS


def test_half_a_slope_at_the_kink_would_make_a_difference_right(monkeypatch):
    """With ½ at 0 for relu(x) and for relu(−x), the gradient of their difference is 1."""
    monkeypatch.setattr(torch, "relu", lambda x: torch.maximum(x, torch.zeros(())))
    assert _outcome(kinks.RELU_DIFFERENCE) == HOLDS


def test_a_leaky_relu_that_does_not_leak_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.nn.functional, "leaky_relu", torch.relu)
    assert _outcome(kinks.LEAKY_RELU) == DIFFERS


def test_an_absolute_value_of_another_slope_would_be_seen(monkeypatch):
    """The probe of jax runs what jax has under that name."""
    monkeypatch.setattr(jnp, "abs", lambda x: 2 * x)
    assert _outcome(kinks.ABS, "jax") == DIFFERS


def test_the_right_mask_in_place_of_the_clamp_would_be_seen(monkeypatch):
    """The unit of the first example is inactive, that of the second active."""
    monkeypatch.setattr(torch.Tensor, "clamp_", lambda gradient, **_: gradient.mul_(0))
    assert _outcome(kinks.CLAMPED_BACKWARD_OF_INACTIVE) == HOLDS
    monkeypatch.setattr(torch.Tensor, "clamp_", lambda gradient, **_: gradient)
    assert _outcome(kinks.CLAMPED_BACKWARD_OF_ACTIVE) == HOLDS
