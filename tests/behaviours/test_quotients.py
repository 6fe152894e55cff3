"""Difference quotients in a framework's own arithmetic."""

import torch

from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import quotients
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS

EXPECTED = {
    "quotients/shrinking_steps": {"torch": HOLDS, "jax": HOLDS},
    "quotients/tiny_steps": {"torch": HOLDS, "jax": HOLDS},
}

FLIPS = {
    "quotients/shrinking_steps": seen(quotients=[6.5, 6.05, 6.005, 6.0005, 6.00005]),
    "quotients/tiny_steps": seen(nearer={"from 1e-1 to 1e-7": True, "from 1e-7 to 1e-14": True}),
}


def test_arithmetic_in_fewer_digits_would_be_seen(monkeypatch):
    tensor = torch.tensor
    monkeypatch.setattr(torch, "tensor", lambda value, dtype: tensor(value, dtype=torch.float32))
    shrinking = quotients.SHRINKING_STEPS
    assert observation(shrinking, "torch", look(shrinking, "torch")).outcome == DIFFERS
