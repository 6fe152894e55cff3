"""Precision, integers and complex numbers: what is seen, and what would be seen otherwise."""

import jax
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import types
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS

EXPECTED = {
    "types/gradient_dtype": {"torch": HOLDS, "jax": HOLDS},
    "types/gradient_device": {"torch": HOLDS, "jax": HOLDS},
    "types/integers": {"torch": HOLDS, "jax": HOLDS},
    "types/loss_in_float64": {"torch": HOLDS, "jax": HOLDS},
    "types/float64_kept": {"torch": HOLDS, "jax": DIFFERS},
    "types/float64_on_request": {"torch": HOLDS, "jax": HOLDS},
    "types/python_number": {"torch": HOLDS, "jax": HOLDS},
    "types/scalar_array": {"torch": HOLDS, "jax": DIFFERS},
    "types/cast": {"torch": HOLDS, "jax": HOLDS},
    "types/underflow": {"torch": HOLDS, "jax": HOLDS},
    "types/complex_gradient": {"torch": HOLDS, "jax": DIFFERS},
    "types/holomorphic": {"torch": DIFFERS, "jax": HOLDS},
    "types/complex_loss": {"torch": HOLDS, "jax": HOLDS},
    "types/real_through_complex": {"torch": HOLDS, "jax": HOLDS},
}

FLIPS = {
    "types/gradient_dtype": seen(dtypes=["float16", "float32", "float32"]),
    "types/gradient_device": seen(same_device=[True, False]),
    "types/integers": seen(gradient=[2, 4]),
    "types/loss_in_float64": seen(loss="float64", gradient="float64"),
    "types/float64_kept": seen(dtype="float64", gradient=2.0),
    "types/float64_on_request": seen(dtype="float32", gradient=2.0),
    "types/python_number": seen(loss="float32", gradient="float16"),
    "types/scalar_array": seen(loss="float64", gradient="float32"),
    "types/cast": seen(dtype="float32", gradient=0.3333333432674408),
    "types/underflow": seen(gradient=2**-26, scaled=2**-26),
    "types/complex_gradient": seen(gradient=6 - 8j),
    "types/holomorphic": seen(gradient=6 - 8j),
    "types/complex_loss": seen(gradient=6 + 8j),
    "types/real_through_complex": seen(dtype="complex64", gradient=30 + 0j),
}


def _outcome(behaviour: Behaviour, framework: str) -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


def test_a_gradient_in_another_precision_would_be_seen(monkeypatch):
    grad = torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda y, x: [one.float() for one in grad(y, x)])
    assert _outcome(types.GRADIENT_DTYPE, "torch") == DIFFERS


def test_integers_that_were_made_floats_in_silence_would_be_seen(monkeypatch):
    tensor = torch.tensor
    monkeypatch.setattr(torch, "tensor", lambda data, **how: tensor([float(one) for one in data], **how))
    assert _outcome(types.INTEGERS, "torch") == DIFFERS


def test_the_other_complex_convention_would_be_seen(monkeypatch):
    """Conjugated, jax's gradients are torch's: one statement holds and the other does not."""
    grad = jax.grad
    monkeypatch.setattr(jax, "grad", lambda f, **how: lambda z: grad(f, **how)(z).conj())
    assert _outcome(types.COMPLEX_GRADIENT, "jax") == HOLDS
    assert _outcome(types.HOLOMORPHIC, "jax") == DIFFERS


def test_a_framework_that_cut_float64_would_be_seen(monkeypatch):
    tensor = torch.tensor
    monkeypatch.setattr(torch, "tensor", lambda data, **how: tensor(data, **{**how, "dtype": torch.float32}))
    assert _outcome(types.FLOAT64_KEPT, "torch") == DIFFERS
    assert _outcome(types.LOSS_IN_FLOAT64, "torch") == DIFFERS
