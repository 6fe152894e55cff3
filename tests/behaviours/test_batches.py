"""Minibatches."""

import pytest
import torch

from diffcheck.behaviours import regression
from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import batches
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS

EXPECTED = {
    f"batches/{name}": {"torch": HOLDS, "jax": HOLDS}
    for name in ("converges", "crawls", "by_chance", "overflows", "last_batch", "accumulation")
}

FLIPS = {
    "batches/converges": seen(loss="4.95e-05"),
    "batches/crawls": seen(loss="9.2165"),
    "batches/overflows": seen(step=25, growth="9.67", divisors=[1000]),
    "batches/by_chance": seen(
        likely_1=["12", "13"], likely_2=["10", "12"], likely_3=["8.5", "9.7"], likely_10=["2.0", "2.5"]
    ),
    "batches/last_batch": seen(full=[1.0], mean_of_full=[1.0], last=[-9.0, -4.5], mean_of_last=[-9.0, -4.5]),
    "batches/accumulation": seen(whole=[0.03125, -11.71875], accumulated=[0.0625, -23.4375]),
}


def _outcome(behaviour: Behaviour) -> str:
    return observation(behaviour, "torch", look(behaviour, "torch")).outcome


def test_a_framework_that_did_not_add_gradients_up_would_be_seen(monkeypatch):
    """Micro-batches only make a batch where gradients accumulate."""
    backward = torch.Tensor.backward
    w = torch.tensor
    leaves = []

    def remembered(*args, **kwargs):
        leaves.append(w(*args, **kwargs))
        return leaves[-1]

    def overwriting(self):
        leaves[-1].grad = None
        return backward(self)

    monkeypatch.setattr(torch, "tensor", remembered)
    monkeypatch.setattr(torch.Tensor, "backward", overwriting)
    assert _outcome(batches.ACCUMULATION) == DIFFERS


def test_a_mean_that_is_a_sum_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch, "mean", torch.sum)
    assert _outcome(batches.LAST_BATCH) == DIFFERS


@pytest.mark.parametrize("behaviour", [batches.CONVERGES, batches.CRAWLS])
def test_gradients_that_are_never_zeroed_would_be_seen(monkeypatch, behaviour):
    """Without zeroing, every step uses the sum of all gradients so far."""
    monkeypatch.setattr(torch.Tensor, "zero_", lambda self: self)
    assert _outcome(behaviour) == DIFFERS


def test_a_loss_twice_as_large_overflows_earlier(monkeypatch):
    """A backward pass of twice the loss doubles λ, and the steps to overflow are fewer than predicted."""
    backward = torch.Tensor.backward
    monkeypatch.setattr(torch.Tensor, "backward", lambda self: backward(2 * self))
    assert _outcome(batches.OVERFLOWS) == DIFFERS


def test_the_crawling_loss_lies_where_the_tutorial_saw_it():
    assert 8.6 < float(batches.expected_loss("0.001")) < 9.5
    assert float(batches.expected_loss("0.03")) == pytest.approx(5e-5, rel=0.1)


def test_the_growth_is_that_of_a_matrix_of_which_it_is_known():
    """The rows (1, 1) and (1, −1) have the identity for second moments, so that |1 − 10·1| = 9."""
    assert regression.growth([[1.0, 1.0], [1.0, -1.0]], 10) == pytest.approx(9)
