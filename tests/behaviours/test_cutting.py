"""What cuts the graph."""

from contextlib import nullcontext

import jax
import jax.numpy as jnp
import pytest
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.groups import cutting
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE

EXPECTED = {
    "cutting/detach": {"torch": HOLDS, "jax": HOLDS},
    "cutting/without_zeroing": {"torch": DIFFERS, "jax": HOLDS},
    "cutting/comparison": {"torch": HOLDS, "jax": HOLDS},
    "cutting/without_detach": {"torch": HOLDS, "jax": HOLDS},
    "cutting/graph_survives": {"torch": HOLDS, "jax": HOLDS},
    "cutting/forward_mode": {"torch": HOLDS, "jax": HOLDS},
    "cutting/no_grad": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "cutting/inference_mode": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "cutting/argmax": {"torch": HOLDS, "jax": DIFFERS},
    "cutting/integer_cast": {"torch": HOLDS, "jax": DIFFERS},
    "cutting/rounding": {"torch": HOLDS, "jax": HOLDS},
    "cutting/mask": {"torch": HOLDS, "jax": HOLDS},
}

FLIPS = {
    "cutting/detach": seen(u=[0.0, 1.0, 4.0, 9.0], gradient=[0.0, 3.0, 12.0, 27.0]),
    "cutting/without_zeroing": seen(u=[0.0, 1.0, 4.0, 9.0], gradient=[1.0, 2.0, 5.0, 10.0]),
    "cutting/comparison": seen(equal=False),
    "cutting/without_detach": seen(gradient=[0.0, 1.0, 4.0, 9.0]),
    "cutting/graph_survives": seen(gradient=[0.0, 0.0, 0.0, 0.0]),
    "cutting/forward_mode": seen(tangent=6.0),
    "cutting/no_grad": seen(inside=True, outside=True),
    "cutting/inference_mode": seen(value=12.0),
    "cutting/argmax": seen(gradient=[0.0, 0.0]),
    "cutting/integer_cast": seen(gradient=[0.0, 0.0]),
    "cutting/rounding": seen(gradient=[1.0, 1.0]),
    "cutting/mask": seen(gradient=[1.0, 1.0]),
}


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


@pytest.mark.parametrize("behaviour", [cutting.DETACH, cutting.FORWARD_MODE], ids=lambda behaviour: behaviour.name)
def test_a_detach_that_did_not_cut_would_be_seen(monkeypatch, behaviour):
    monkeypatch.setattr(torch.Tensor, "detach", lambda self: self)
    assert _outcome(behaviour) == DIFFERS


@pytest.mark.parametrize("behaviour", [cutting.DETACH, cutting.FORWARD_MODE], ids=lambda behaviour: behaviour.name)
def test_a_stop_gradient_that_did_not_cut_would_be_seen(monkeypatch, behaviour):
    monkeypatch.setattr(jax.lax, "stop_gradient", lambda x: x)
    assert _outcome(behaviour, "jax") == DIFFERS


@pytest.mark.parametrize(
    ("mode", "behaviour"),
    [("no_grad", cutting.NO_GRAD), ("inference_mode", cutting.INFERENCE_MODE)],
)
def test_a_mode_that_switched_nothing_off_would_be_seen(monkeypatch, mode, behaviour):
    """Looking itself uses inference_mode(False), which has to go on working."""
    monkeypatch.setattr(torch, mode, lambda on=True: nullcontext())
    assert _outcome(behaviour) == DIFFERS


def test_a_rounding_that_let_gradients_through_would_be_seen(monkeypatch):
    """Straight-through rounding has a gradient of ones, which is no derivative of it."""
    monkeypatch.setattr(jnp, "round", lambda x: x + jax.lax.stop_gradient(jax.lax.round(x) - x))
    assert _outcome(cutting.ROUNDING, "jax") == DIFFERS


def test_an_argmax_that_kept_the_graph_would_be_seen(monkeypatch):
    argmax = torch.Tensor.argmax
    monkeypatch.setattr(torch.Tensor, "argmax", lambda self: argmax(self) + 0 * self.sum())
    assert _outcome(cutting.ARGMAX) == DIFFERS


def test_a_gradient_that_agrees_would_bear_out_the_claim_without_zeroing():
    evidence = seen(u=[0.0, 1.0, 4.0, 9.0], gradient=[0.0, 1.0, 4.0, 9.0])
    assert observation(cutting.WITHOUT_ZEROING, "torch", evidence).outcome == HOLDS


def test_an_exception_about_something_else_does_not_bear_a_statement_out():
    evidence = Evidence(raised="RuntimeError", message="expected scalar type Float")
    assert observation(cutting.ARGMAX, "torch", evidence).outcome == DIFFERS
