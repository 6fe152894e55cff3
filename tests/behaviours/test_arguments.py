"""Several arguments, trees and unused ones: what is seen, and what would be seen otherwise."""

import jax
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import arguments
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE

EXPECTED = {
    "arguments/first": {"torch": HOLDS, "jax": HOLDS},
    "arguments/order": {"torch": HOLDS, "jax": HOLDS},
    "arguments/tied": {"torch": HOLDS, "jax": DIFFERS},
    "arguments/dictionary": {"torch": HOLDS, "jax": HOLDS},
    "arguments/nested": {"torch": HOLDS, "jax": HOLDS},
    "arguments/unused": {"torch": DIFFERS, "jax": HOLDS},
    "arguments/unused_functional": {"torch": HOLDS, "jax": HOLDS},
    "arguments/unused_refused": {"torch": HOLDS, "jax": DIFFERS},
    "arguments/unused_on_request": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "arguments/auxiliary": {"torch": HOLDS, "jax": HOLDS},
    "arguments/pair": {"torch": HOLDS, "jax": HOLDS},
    "arguments/value": {"torch": DIFFERS, "jax": HOLDS},
}

FLIPS = {
    "arguments/first": seen(gradient=4.0),
    "arguments/order": seen(asked=[12.0, 4.0], numbered=[4.0, 12.0]),
    "arguments/tied": seen(gradients=[3.0, 3.0]),
    "arguments/dictionary": seen(gradient={"weight": 2.0, "bias": [3.0, 3.0]}),
    "arguments/nested": seen(gradient=[[12.0, 8.0], {"scale": 0.0}]),
    "arguments/unused": seen(gradient=None),
    "arguments/unused_functional": seen(gradient=None),
    "arguments/unused_refused": seen(gradient=[0.0, 0.0]),
    "arguments/unused_on_request": seen(allowed=[0.0, 0.0], filled=[0.0, 0.0]),
    "arguments/auxiliary": seen(gradient=42.0, extra=12.0),
    "arguments/pair": seen(gradient=7.0),
    "arguments/value": seen(first=6.0, second=9.0),
}


def _outcome(behaviour: Behaviour, framework: str) -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


def test_an_auxiliary_output_that_added_to_the_gradient_would_be_seen(monkeypatch):
    grad = jax.grad

    def adding(f, has_aux):
        return lambda x: (grad(lambda x: sum(f(x)))(x), f(x)[has_aux])

    monkeypatch.setattr(jax, "grad", adding)
    assert _outcome(arguments.AUXILIARY, "jax") == DIFFERS


def test_a_framework_that_filled_in_zeros_unasked_would_be_seen(monkeypatch):
    grad = torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda y, x: grad(y, x, materialize_grads=True))
    assert _outcome(arguments.UNUSED_REFUSED, "torch") == DIFFERS


def test_the_other_order_of_value_and_gradient_would_be_seen(monkeypatch):
    """The statement holds of torch as soon as torch puts the value first."""
    both = torch.func.grad_and_value
    monkeypatch.setattr(torch.func, "grad_and_value", lambda f: lambda x: both(f)(x)[::-1])
    assert _outcome(arguments.VALUE, "torch") == HOLDS


def test_gradients_sorted_by_argument_would_be_seen(monkeypatch):
    grad = jax.grad
    monkeypatch.setattr(jax, "grad", lambda f, argnums: grad(f, argnums=tuple(sorted(argnums))))
    assert _outcome(arguments.ORDER, "jax") == DIFFERS
