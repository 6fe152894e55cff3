"""Training loops on T2's readings."""

from fractions import Fraction
from importlib.util import find_spec

import pytest
import torch
from flint import ctx

from diffcheck.behaviours import regression
from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import training
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE

BY_OPTAX = HOLDS if find_spec("optax") else NOT_APPLICABLE

EXPECTED = {
    "training/by_hand": {"torch": HOLDS, "jax": HOLDS},
    "training/sgd": {"torch": HOLDS, "jax": BY_OPTAX},
    "training/same_as_sgd": {"torch": HOLDS, "jax": BY_OPTAX},
    "training/adam_raw": {"torch": HOLDS, "jax": BY_OPTAX},
    "training/adam_scaled": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "training/sgd_raw": {"torch": HOLDS, "jax": HOLDS},
    "training/validation": {"torch": HOLDS, "jax": HOLDS},
    "training/newton": {"torch": HOLDS, "jax": HOLDS},
}

STANDING = seen(early=[["1", "0"]] * training.LOOKED_AT, end=["5.36709", "-17.3012"], loss="2.92765")

FLIPS = {
    "training/by_hand": STANDING,
    "training/sgd": STANDING,
    "training/same_as_sgd": seen(alike=499),
    "training/adam_raw": seen(loss="2.92766"),
    "training/adam_scaled": seen(same={"after 500 epochs": True, "after 2000 epochs": True}),
    "training/sgd_raw": seen(step=40),
    "training/validation": seen(alone=[9.0, -23.75], beside=[9.0, -24.0]),
    "training/newton": seen(end=["0.536772", "-17.3049"]),
}


def _outcome(behaviour: Behaviour) -> str:
    return observation(behaviour, "torch", look(behaviour, "torch")).outcome


def test_the_minimiser_is_the_one_of_the_tutorial():
    """Computed from the readings alone, it is 152075/283314 and −2451344/141657."""
    w, b = regression.minimiser(regression.UNKNOWN, regression.CELSIUS)
    assert (w, b) == (Fraction(152075, 283314), Fraction(-2451344, 141657))
    assert regression.mean_square(regression.UNKNOWN, regression.CELSIUS, w, b) == Fraction(36495491, 12465816)


def test_the_first_step_of_the_recursion_is_the_tutorials_gradient():
    """From w = 1 and b = 0 with step size 1, it subtracts 4517.29636… and 82.6."""
    rows = regression.with_ones(regression.UNKNOWN)
    with ctx.workprec(100):
        w, b = next(regression.descent(rows, regression.CELSIUS, [1, 0], "1", 11))
    assert 1 - float(w) == pytest.approx(4517.296363636364, rel=1e-14)
    assert -float(b) == pytest.approx(82.6, rel=1e-14)


def test_balls_that_allow_for_rounding_contain_the_exact_ones():
    """A descent with a unit round-off encloses the one without, and is wider."""
    rows = regression.with_ones(training.SCALED)
    with ctx.workprec(200):
        wide = regression.descent(rows, regression.CELSIUS, [1, 0], "0.01", 11, training.UNIT)
        thin = regression.descent(rows, regression.CELSIUS, [1, 0], "0.01", 11)
        for _ in range(20):
            for one, other in zip(next(wide), next(thin), strict=True):
                assert one.contains(other)
                assert one.rad() > other.rad()


def _follows_at_first(behaviour: Behaviour) -> bool:
    evidence = look(behaviour, "torch")
    assert evidence is not None
    return training._early(evidence).holds


@pytest.mark.parametrize("behaviour", [training.BY_HAND, training.SGD])
def test_a_gradient_that_is_slightly_off_would_be_seen(monkeypatch, behaviour):
    """A loss that is a hundred-thousandth too large leads elsewhere within fifty steps."""
    monkeypatch.setattr(training, "EPOCHS", 60)
    mean = torch.Tensor.mean
    monkeypatch.setattr(torch.Tensor, "mean", lambda self: mean(self) * (1 + 1e-5))
    assert not _follows_at_first(behaviour)
    monkeypatch.setattr(torch.Tensor, "mean", mean)
    assert _follows_at_first(behaviour)


def test_an_optimiser_with_momentum_is_not_the_loop_by_hand(monkeypatch):
    """SGD that remembers earlier gradients leaves the loop written by hand."""
    sgd = torch.optim.SGD
    monkeypatch.setattr(torch.optim, "SGD", lambda params, lr: sgd(params, lr=lr, momentum=0.5))
    assert _outcome(training.SAME_AS_SGD) == DIFFERS


def test_adam_that_is_sgd_does_not_reach_the_minimum(monkeypatch):
    """On raw readings SGD with Adam's learning rate leaves the float range."""
    monkeypatch.setattr(torch.optim, "Adam", torch.optim.SGD)
    assert _outcome(training.ADAM_RAW) == DIFFERS


def test_a_validation_loss_that_is_differentiated_would_be_seen(monkeypatch):
    """A backward pass that also adds the gradient of something else is seen."""
    backward = torch.Tensor.backward
    monkeypatch.setattr(torch.Tensor, "backward", lambda self: backward(2 * self))
    assert _outcome(training.VALIDATION) == DIFFERS


def test_newton_with_half_a_step_does_not_land(monkeypatch):
    """Twice the Hessian halves the step."""
    hessian = torch.func.hessian
    monkeypatch.setattr(torch.func, "hessian", lambda f: lambda w: 2 * hessian(f)(w))
    assert _outcome(training.NEWTON) == DIFFERS
