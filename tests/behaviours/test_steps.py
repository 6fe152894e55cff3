"""Functions that are constant between their jumps."""

import jax.numpy as jnp
import pytest
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import steps
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, RAISED

EXPECTED = {
    "steps/sign": {"torch": HOLDS, "jax": HOLDS},
    "steps/sign_at_jump": {"torch": DIFFERS, "jax": DIFFERS},
    "steps/round_and_floor": {"torch": HOLDS, "jax": HOLDS},
    "steps/remainder": {"torch": HOLDS, "jax": HOLDS},
    "steps/heaviside": {"torch": RAISED, "jax": HOLDS},
    "steps/comparison": {"torch": RAISED, "jax": HOLDS},
}

FLIPS = {
    "steps/sign": seen(gradient=[-1.0, 1.0]),
    "steps/sign_at_jump": seen(gradient=1.0),
    "steps/round_and_floor": seen(round=[0.0, 0.0], floor=[1.0, 1.0]),
    "steps/remainder": seen(gradient=[1.0, 0.0]),
    "steps/heaviside": seen(gradient=1.0),
    "steps/comparison": seen(gradient=1.0),
}

REFUTED_TODAY = {
    "steps/sign_at_jump": seen(gradient=float("nan")),
    "steps/heaviside": seen(gradient=0.0),
    "steps/comparison": seen(gradient=0.0),
}


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


@pytest.mark.parametrize("name", REFUTED_TODAY)
def test_a_statement_that_is_refuted_today_could_hold(name):
    [behaviour] = [one for one in steps.BEHAVIOURS if one.name == name]
    assert observation(behaviour, "torch", REFUTED_TODAY[name]).outcome == HOLDS


def test_a_round_that_lets_gradients_through_would_be_seen(monkeypatch):
    """The straight-through estimator answers 1."""
    monkeypatch.setattr(torch.Tensor, "round", lambda x: x + (torch.round(x) - x).detach())
    assert _outcome(steps.ROUND_AND_FLOOR) == DIFFERS


def test_a_sign_without_a_gradient_at_its_jump_would_be_seen(monkeypatch):
    monkeypatch.setattr(jnp, "sign", lambda x: x / jnp.sqrt(x * x))
    assert _outcome(steps.SIGN_AT_JUMP, "jax") == HOLDS


def test_a_heaviside_step_with_a_gradient_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch, "heaviside", lambda x, _: torch.where(x > 0, 0 * x + 1, 0 * x))
    assert _outcome(steps.HEAVISIDE) == HOLDS
    monkeypatch.setattr(torch, "heaviside", lambda x, _: torch.sigmoid(x))
    assert _outcome(steps.HEAVISIDE) == DIFFERS


def test_a_remainder_that_forgets_its_argument_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch, "remainder", lambda x, _: 0 * x)
    assert _outcome(steps.REMAINDER) == DIFFERS
