"""Which tensors get a gradient, and what may step in on its way there."""

import jax
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.groups import leaves
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE, RAISED

EXPECTED = {
    "leaves/only_leaves": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "leaves/retain_grad": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "leaves/hook": {"torch": HOLDS, "jax": HOLDS},
    "leaves/without_detach": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "leaves/second_step": {"torch": HOLDS, "jax": DIFFERS},
    "leaves/detached_step": {"torch": HOLDS, "jax": HOLDS},
    "leaves/variable": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "leaves/module_backward": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "leaves/function_backward": {"torch": HOLDS, "jax": HOLDS},
}

FLIPS = {
    "leaves/only_leaves": seen(leaf=12.0, non_leaf=2.0),
    "leaves/retain_grad": seen(leaf=12.0, non_leaf=None),
    "leaves/hook": seen(gradient=6.0),
    "leaves/without_detach": seen(is_leaf=False, gradient=[1.0, 0.0], old_gradient=[2.0, 0.0]),
    "leaves/second_step": seen(params=[0.25, 0.0]),
    "leaves/detached_step": seen(params=[0.125, 0.0]),
    "leaves/variable": seen(is_tensor=True, type="Variable", is_leaf=True),
    "leaves/module_backward": seen(calls=["backward"], gradient=10.0),
    "leaves/function_backward": seen(gradient=2.0),
}


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


def test_a_gradient_that_is_not_retained_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "retain_grad", lambda self: None)
    assert _outcome(leaves.RETAIN_GRAD) == DIFFERS


def test_a_hook_that_is_ignored_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "register_hook", lambda self, hook: None)
    assert _outcome(leaves.HOOK) == DIFFERS


def test_a_derivative_written_by_hand_that_is_ignored_would_be_seen_in_jax(monkeypatch):
    """Without its rule a function is differentiated as it is."""

    class Ignoring:
        def __init__(self, function):
            self.function = function

        def __call__(self, x):
            return self.function(x)

        def defvjp(self, forward, backward):
            pass

    monkeypatch.setattr(jax, "custom_vjp", Ignoring)
    assert _outcome(leaves.HOOK, "jax") == DIFFERS
    assert _outcome(leaves.FUNCTION_BACKWARD, "jax") == DIFFERS


def test_a_module_whose_backward_is_called_would_be_seen(monkeypatch):
    call = torch.nn.Module.__call__

    def hooked(self, x):
        y = call(self, x)
        y.register_hook(self.backward)
        return y

    monkeypatch.setattr(torch.nn.Module, "__call__", hooked)
    assert _outcome(leaves.MODULE_BACKWARD) == DIFFERS


def test_a_variable_of_its_own_type_would_be_seen(monkeypatch):
    class Variable(torch.Tensor):
        """As before torch 0.4."""

        def __new__(cls, tensor, requires_grad=False):
            return torch.Tensor._make_subclass(cls, tensor, requires_grad)

    monkeypatch.setattr(torch.autograd, "Variable", Variable)
    assert _outcome(leaves.VARIABLE) == DIFFERS


def test_a_detach_that_did_nothing_would_be_seen(monkeypatch):
    """Then the second step of the careful loop fails as that of the careless one does."""
    monkeypatch.setattr(torch.Tensor, "detach", lambda self: self)
    assert _outcome(leaves.DETACHED_STEP) == RAISED


def test_a_type_error_about_something_else_does_not_bear_a_statement_out():
    evidence = Evidence(raised="TypeError", message="'int' object is not callable")
    assert observation(leaves.SECOND_STEP, "torch", evidence).outcome == DIFFERS
