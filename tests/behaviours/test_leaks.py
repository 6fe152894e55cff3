"""Values that get past the graph."""

from contextlib import nullcontext

import pytest
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.groups import leaks
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE, RAISED

EXPECTED = {
    "leaks/through_data": {"torch": DIFFERS, "jax": HOLDS},
    "leaks/through_detach": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "leaks/leaf_in_place": {"torch": HOLDS, "jax": DIFFERS},
    "leaks/update_under_no_grad": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "leaks/saved_in_place": {"torch": HOLDS, "jax": DIFFERS},
    "leaks/unsaved_in_place": {"torch": HOLDS, "jax": HOLDS},
    "leaks/numpy": {"torch": HOLDS, "jax": HOLDS},
    "leaks/float": {"torch": DIFFERS, "jax": HOLDS},
    "leaks/item": {"torch": DIFFERS, "jax": DIFFERS},
    "leaks/item_compiled": {"torch": NOT_APPLICABLE, "jax": HOLDS},
    "leaks/summed_losses": {"torch": HOLDS, "jax": NOT_APPLICABLE},
}

FLIPS = {
    "leaks/through_data": seen(value=9.0, gradient=20.0),
    "leaks/through_detach": seen(value=9.0, gradient=20.0),
    "leaks/leaf_in_place": seen(w=[1.0, -1.5]),
    "leaks/update_under_no_grad": seen(w=[1.0, -1.5], is_leaf=False, requires_grad=True),
    "leaks/saved_in_place": seen(gradient=[-42.0, 0.25]),
    "leaks/unsaved_in_place": seen(gradient=[10.0, 10.0]),
    "leaks/numpy": seen(y=[0.0, 0.0]),
    "leaks/float": seen(gradient=3.0),
    "leaks/item": seen(gradient=3.0),
    "leaks/item_compiled": seen(gradient=3.0),
    "leaks/summed_losses": seen(gradient=100.0, total=222.0, number=222.0, type="float"),
}


class ConcretizationTypeError(TypeError):
    """As jax calls it."""


def _refusing(self):
    raise ConcretizationTypeError("a concrete value is expected")


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


@pytest.mark.parametrize(("method", "behaviour"), [("__float__", leaks.FLOAT), ("item", leaks.ITEM)])
def test_a_tensor_that_refused_to_be_a_number_would_be_seen(monkeypatch, method, behaviour):
    monkeypatch.setattr(torch.Tensor, method, _refusing)
    assert _outcome(behaviour) == HOLDS


def test_a_tensor_that_gave_itself_to_numpy_would_be_seen(monkeypatch):
    numpy = torch.Tensor.numpy
    monkeypatch.setattr(torch.Tensor, "numpy", lambda self: numpy(self.detach()))
    assert _outcome(leaks.NUMPY) == DIFFERS


def test_a_leaf_that_let_itself_be_updated_would_be_seen(monkeypatch):
    subtract = torch.Tensor.sub_

    def quietly(self, other):
        with torch.no_grad():
            return subtract(self, other)

    monkeypatch.setattr(torch.Tensor, "__isub__", quietly)
    assert _outcome(leaks.LEAF_IN_PLACE) == DIFFERS


def test_a_no_grad_that_switched_nothing_off_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch, "no_grad", nullcontext)
    assert _outcome(leaks.UPDATE_UNDER_NO_GRAD) == RAISED


def test_a_detach_that_counted_no_versions_would_be_seen(monkeypatch):
    """Then it would be as bad as .data is."""
    monkeypatch.setattr(torch.Tensor, "detach", lambda self: self.data)
    assert _outcome(leaks.THROUGH_DETACH) == DIFFERS


def test_a_data_that_counted_versions_would_be_seen(monkeypatch):
    """Then the backward pass would refuse, and no wrong gradient come of it."""
    monkeypatch.setattr(torch.Tensor, "data", property(torch.Tensor.detach))
    assert _outcome(leaks.THROUGH_DATA) == RAISED


def test_an_exception_about_something_else_does_not_bear_a_statement_out():
    evidence = Evidence(raised="ValueError", message="no")
    assert observation(leaks.NUMPY, "torch", evidence).outcome == DIFFERS
