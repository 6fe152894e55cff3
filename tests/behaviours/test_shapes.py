"""Vectors, shapes and broadcasting: what is seen, and what would be seen otherwise."""

import warnings

import jax
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import shapes
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE

EXPECTED = {
    "shapes/not_scalar": {"torch": HOLDS, "jax": HOLDS},
    "shapes/pulled_back": {"torch": HOLDS, "jax": HOLDS},
    "shapes/pushed_forward": {"torch": HOLDS, "jax": HOLDS},
    "shapes/doubled": {"torch": HOLDS, "jax": HOLDS},
    "shapes/vector_shape": {"torch": HOLDS, "jax": HOLDS},
    "shapes/input_shape": {"torch": HOLDS, "jax": HOLDS},
    "shapes/stretched": {"torch": HOLDS, "jax": HOLDS},
    "shapes/jacobian": {"torch": HOLDS, "jax": HOLDS},
    "shapes/column_minus_vector": {"torch": HOLDS, "jax": HOLDS},
    "shapes/loss_warns": {"torch": HOLDS, "jax": NOT_APPLICABLE},
}

FLIPS = {
    "shapes/not_scalar": seen(gradient=[2.0, 4.0]),
    "shapes/pulled_back": seen(product=[23.0, 1.0]),
    "shapes/pushed_forward": seen(product=[13.0, 2.0]),
    "shapes/doubled": seen(doublings=8, norm=1280.0, gradient_by_v=[256.0, 256.0, 128.0]),
    "shapes/vector_shape": seen(gradient=[2.0, 4.0]),
    "shapes/input_shape": seen(shapes=[[1], [1], [4], [2, 3], [0]]),
    "shapes/stretched": seen(gradient=[1.0, 1.0, 1.0]),
    "shapes/jacobian": seen(shape=[2, 3, 6]),
    "shapes/column_minus_vector": seen(shape=[3, 1], gradient=[[11.0]], reshaped=[[11.0]]),
    "shapes/loss_warns": seen(warns=False),
}


def _outcome(behaviour: Behaviour, framework: str) -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


def test_a_vjp_that_was_a_jvp_would_be_seen(monkeypatch):
    """The vector is chosen so that vᵀJ and J·v are not the same."""

    def confused(f, x):
        return f(x), lambda v: (jax.jvp(f, (x,), (v,))[1],)

    monkeypatch.setattr(jax, "vjp", confused)
    assert _outcome(shapes.PULLED_BACK, "jax") == DIFFERS


def test_a_backward_pass_that_summed_in_silence_would_be_seen(monkeypatch):
    backward = torch.Tensor.backward
    monkeypatch.setattr(torch.Tensor, "backward", lambda self: backward(self.sum()))
    assert _outcome(shapes.NOT_SCALAR, "torch") == DIFFERS


def test_a_gradient_that_lost_its_shape_would_be_seen(monkeypatch):
    grad = jax.grad
    monkeypatch.setattr(jax, "grad", lambda f: lambda x: grad(f)(x).ravel())
    assert _outcome(shapes.INPUT_SHAPE, "jax") == DIFFERS


def test_a_subtraction_that_aligned_its_operands_would_be_seen(monkeypatch):
    subtract = torch.Tensor.__sub__
    monkeypatch.setattr(torch.Tensor, "__sub__", lambda self, other: subtract(self, other.reshape(self.shape)))
    assert _outcome(shapes.COLUMN_MINUS_VECTOR, "torch") == DIFFERS


def test_a_loss_without_a_warning_would_be_seen(monkeypatch):
    monkeypatch.setattr(warnings, "warn", lambda *_, **__: None)
    assert _outcome(shapes.LOSS_WARNS, "torch") == DIFFERS
