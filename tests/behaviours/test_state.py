"""Where gradients are kept."""

import jax
import pytest
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.groups import state
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE

EXPECTED = {
    "state/nothing_before": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "state/zeros_before": {"torch": DIFFERS, "jax": NOT_APPLICABLE},
    "state/accumulates": {"torch": HOLDS, "jax": DIFFERS},
    "state/two_losses": {"torch": HOLDS, "jax": HOLDS},
    "state/no_backward": {"torch": HOLDS, "jax": HOLDS},
    "state/zero_grad": {"torch": DIFFERS, "jax": NOT_APPLICABLE},
    "state/zeros_on_request": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "state/zero_in_place": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "state/memory": {"torch": HOLDS, "jax": DIFFERS},
    "state/memory_after_zero_grad": {"torch": DIFFERS, "jax": NOT_APPLICABLE},
    "state/second_backward": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "state/retained": {"torch": HOLDS, "jax": HOLDS},
    "state/between_experiments": {"torch": HOLDS, "jax": HOLDS},
}

FLIPS = {
    "state/nothing_before": seen(gradient=[0.0, 0.0]),
    "state/zeros_before": seen(gradient=None),
    "state/accumulates": seen(first=[0.0, 4.0, 8.0, 12.0], gradient=[1.0, 1.0, 1.0, 1.0]),
    "state/two_losses": seen(apart=[9.0, -1.0], together=[5.0, 5.0]),
    "state/no_backward": seen(validation=-5.0, gradient=[9.0, -1.0]),
    "state/zero_grad": seen(gradient=None),
    "state/zeros_on_request": seen(gradient=None),
    "state/zero_in_place": seen(gradient=[0.0, 0.0], kept=False),
    "state/memory": seen(reused=False, first=[2.0, 4.0]),
    "state/memory_after_zero_grad": seen(reused=False),
    "state/second_backward": seen(gradient=12.0),
    "state/retained": seen(first=6.0, second=12.0),
    "state/between_experiments": seen(
        gradients=[[2.0, 4.0], [2.0, 4.0], [4.0, 8.0], [2.0, 4.0]], starts=[[1.0, -2.0], [0.0, -4.0]]
    ),
}


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


def test_a_framework_that_overwrote_gradients_would_be_seen(monkeypatch):
    """The sum of two gradients is what torch leaves behind, and not what the probe expects of it."""
    backward = torch.Tensor.backward

    def overwriting(self, *args, **kwargs):
        for tensor in _leaves(self.grad_fn):
            tensor.grad = None
        return backward(self, *args, **kwargs)

    monkeypatch.setattr(torch.Tensor, "backward", overwriting)
    assert _outcome(state.ACCUMULATES) == DIFFERS
    assert _outcome(state.TWO_LOSSES) == DIFFERS


def test_a_framework_that_accumulated_into_new_memory_would_be_seen(monkeypatch):
    """The same sum, kept elsewhere, is another behaviour."""
    backward = torch.Tensor.backward

    def copying(self, *args, **kwargs):
        leaves = _leaves(self.grad_fn)
        backward(self, *args, **kwargs)
        for tensor in leaves:
            tensor.grad = tensor.grad.clone()

    monkeypatch.setattr(torch.Tensor, "backward", copying)
    assert _outcome(state.ACCUMULATES) == HOLDS
    assert _outcome(state.MEMORY) == DIFFERS


def test_an_optimizer_that_wrote_zeros_would_be_seen(monkeypatch):
    """Zeros instead of None bear out both claims that torch refutes today."""
    zero_grad = torch.optim.Optimizer.zero_grad
    monkeypatch.setattr(torch.optim.Optimizer, "zero_grad", lambda self: zero_grad(self, set_to_none=False))
    assert _outcome(state.ZERO_GRAD) == HOLDS
    assert _outcome(state.MEMORY_AFTER_ZERO_GRAD) == HOLDS


def test_a_zeroing_that_did_nothing_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "zero_", lambda self: self)
    assert _outcome(state.ZERO_IN_PLACE) == DIFFERS


def test_a_vjp_function_that_accumulated_would_be_seen(monkeypatch):
    """The second pullback of jax gives what the first gave, and no sum."""
    vjp = jax.vjp

    def accumulating(function, *primals):
        value, pull_back = vjp(function, *primals)
        calls = []

        def again(cotangent):
            calls.append(cotangent)
            return tuple(len(calls) * gradient for gradient in pull_back(cotangent))

        return value, again

    monkeypatch.setattr(jax, "vjp", accumulating)
    assert _outcome(state.RETAINED, "jax") == DIFFERS


@pytest.mark.parametrize(
    ("behaviour", "evidence"),
    [
        (state.ZEROS_BEFORE, seen(gradient=[0.0, 0.0])),
        (state.ZERO_GRAD, seen(gradient=[0.0, 0.0])),
        (state.MEMORY_AFTER_ZERO_GRAD, seen(reused=True)),
    ],
)
def test_a_statement_that_is_refuted_today_could_hold(behaviour, evidence):
    assert observation(behaviour, "torch", evidence).outcome == HOLDS


def _leaves(step):
    found = [step.variable] if hasattr(step, "variable") else []
    return found + [leaf for after, _ in step.next_functions if after is not None for leaf in _leaves(after)]


def test_an_exception_of_another_kind_does_not_bear_a_statement_out():
    assert observation(state.SECOND_BACKWARD, "torch", Evidence(raised="ValueError", message="no")).outcome == DIFFERS
