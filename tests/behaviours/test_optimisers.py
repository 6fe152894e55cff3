"""Optimisers, step by step."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import optimisers
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE

FOLLOWING = ("sgd", "momentum", "nesterov", "weight_decay", "adam", "adamw")


def _by_optax(outcome: str) -> str:
    return outcome if find_spec("optax") else NOT_APPLICABLE


EXPECTED = {
    **{f"optimisers/{name}": {"torch": HOLDS, "jax": _by_optax(HOLDS)} for name in FOLLOWING},
    # optax adds ε inside the root.
    "optimisers/rmsprop": {"torch": HOLDS, "jax": _by_optax(DIFFERS)},
    "optimisers/adagrad": {"torch": HOLDS, "jax": _by_optax(DIFFERS)},
    "optimisers/newton": {"torch": HOLDS, "jax": HOLDS},
}

PLAIN = [[0.9375, -1.75], [1.125, -1.78125], [1.0, -2.15625], [0.96875, -2.03125], [1.21875, -2.09375]]
SLIGHTLY_OFF = [*PLAIN[:-1], [1.21875, -2.09375 + 2**-48]]

FLIPS = {
    **{name: seen(weights=PLAIN) for name in EXPECTED},
    "optimisers/sgd": seen(weights=SLIGHTLY_OFF),
    "optimisers/newton": seen(weights=[1.0, -2.0]),
}


def _outcome(behaviour: Behaviour) -> str:
    return observation(behaviour, "torch", look(behaviour, "torch")).outcome


def test_an_ascending_optimiser_would_be_seen(monkeypatch):
    """SGD that goes uphill is not SGD."""
    step = torch.optim.SGD.step

    def ascending(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = -parameter.grad
        return step(self, closure)

    monkeypatch.setattr(torch.optim.SGD, "step", ascending)
    assert _outcome(optimisers.SGD) == DIFFERS


def test_a_decay_inside_the_gradient_would_be_seen(monkeypatch):
    """AdamW that did what Adam does with its weight decay would differ."""
    monkeypatch.setattr(torch.optim, "AdamW", torch.optim.Adam)
    assert _outcome(optimisers.ADAMW) == DIFFERS


@pytest.mark.parametrize("behaviour", [optimisers.ADAM, optimisers.RMSPROP, optimisers.ADAGRAD])
def test_another_epsilon_would_be_seen(monkeypatch, behaviour):
    """An optimiser that drops its ε differs from the formula."""
    steps = optimisers.torch_steps
    monkeypatch.setattr(optimisers, "torch_steps", lambda kind, **others: steps(kind, **{**others, "eps": 1e-30}))
    assert _outcome(behaviour) == DIFFERS


def test_a_hessian_that_is_off_would_be_seen(monkeypatch):
    """Newton's step with twice the Hessian is half as long."""
    hessian = torch.func.hessian
    monkeypatch.setattr(torch.func, "hessian", lambda f: lambda w: 2 * hessian(f)(w))
    assert _outcome(optimisers.NEWTON) == DIFFERS


def test_weights_that_are_no_numbers_follow_no_formula():
    evidence = seen(weights=[[float("nan")] * 2] * len(PLAIN))
    assert observation(optimisers.SGD, "torch", evidence).outcome == DIFFERS


def test_weights_of_fewer_steps_follow_no_formula():
    assert observation(optimisers.SGD, "torch", seen(weights=PLAIN[:2])).outcome == DIFFERS


def test_what_rounding_can_do_is_allowed():
    """The formula's own weights in NumPy's arithmetic are right; a thousandth of a millionth off is not."""
    gradients = np.array(optimisers.GRADIENTS)
    steps = range(1, len(gradients) + 1)
    weights = np.stack([optimisers.formula("adam")(np.array(optimisers.START), gradients[:k]) for k in steps])
    assert observation(optimisers.ADAM, "torch", seen(weights=weights)).outcome == HOLDS
    assert observation(optimisers.ADAM, "torch", seen(weights=weights * (1 + 1e-9))).outcome == DIFFERS


def test_without_optax_there_is_nothing_to_look_at(monkeypatch):
    monkeypatch.setattr(optimisers, "find_spec", lambda name: None)
    assert optimisers.with_optax(optimisers.sgd_jax) == Absent("optax is not installed")
