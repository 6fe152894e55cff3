"""Forward and reverse mode: what is seen, and what would be seen otherwise."""

import jax
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import modes
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS

EXPECTED = {
    "modes/inner_product": {"torch": HOLDS, "jax": HOLDS},
    "modes/linear": {"torch": HOLDS, "jax": HOLDS},
    "modes/rows": {"torch": HOLDS, "jax": HOLDS},
    "modes/columns": {"torch": HOLDS, "jax": HOLDS},
    "modes/hessian": {"torch": HOLDS, "jax": HOLDS},
    "modes/reverse_of_forward": {"torch": HOLDS, "jax": HOLDS},
    "modes/hessian_vector": {"torch": HOLDS, "jax": HOLDS},
    "modes/thrice": {"torch": HOLDS, "jax": HOLDS},
    "modes/two_levels": {"torch": HOLDS, "jax": HOLDS},
    "modes/two_levels_forward": {"torch": HOLDS, "jax": HOLDS},
}

JACOBIAN = [[3.0, 2.0], [4.0, 0.0], [0.0, 27.0]]
HESSIAN = [[6.0, 4.0], [4.0, 18.0]]

FLIPS = {
    "modes/inner_product": seen(forward=95.0, reverse=94.0),
    "modes/linear": seen(at_once=[42.0, -6.0], in_parts=[42.0, 6.0]),
    "modes/rows": seen(jacobian=JACOBIAN, rows=[[3.0, 4.0, 0.0], [2.0, 0.0, 27.0]]),
    "modes/columns": seen(forward=JACOBIAN, reverse=JACOBIAN, columns=[[3.0, 4.0, 0.0], [2.0, 0.0, 27.0]]),
    "modes/hessian": seen(hessian=HESSIAN, forward_of_reverse=HESSIAN, reverse_of_reverse=[[6.0, 4.0], [0.0, 18.0]]),
    "modes/reverse_of_forward": seen(reverse_of_forward=HESSIAN, forward_of_forward=[[0.0, 0.0], [0.0, 0.0]]),
    "modes/hessian_vector": seen(product=[46.0, 180.0], gradient_of_slope=[46.0, 180.0]),
    "modes/thrice": seen(derivatives=[12.0, 12.0, 6.0, 6.0]),
    "modes/two_levels": seen(derivative=2.0),
    "modes/two_levels_forward": seen(derivative=2.0),
}


def _outcome(behaviour: Behaviour, framework: str) -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


def test_a_vjp_that_was_not_linear_would_be_seen(monkeypatch):
    vjp = torch.func.vjp

    def squaring(f, x):
        value, pull_back = vjp(f, x)[:2]
        return value, lambda v: pull_back(v * v)

    monkeypatch.setattr(torch.func, "vjp", squaring)
    assert _outcome(modes.LINEAR, "torch") == DIFFERS
    assert _outcome(modes.INNER_PRODUCT, "torch") == DIFFERS


def test_a_forward_mode_that_disagreed_with_reverse_mode_would_be_seen(monkeypatch):
    jacfwd = jax.jacfwd
    monkeypatch.setattr(jax, "jacfwd", lambda f: lambda x: 2 * jacfwd(f)(x))
    assert _outcome(modes.COLUMNS, "jax") == DIFFERS
    assert _outcome(modes.HESSIAN, "jax") == DIFFERS


def test_confused_perturbations_would_be_seen(monkeypatch):
    """Without a tag the inner derivative of x + y sees the tangent of x too."""
    monkeypatch.setattr(jax, "jacfwd", _untagged)
    assert _outcome(modes.TWO_LEVELS_FORWARD, "jax") == DIFFERS


class _Dual:
    def __init__(self, value, slope):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return _Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, factor):
        return _Dual(self.value * factor, self.slope * factor)


def _untagged(f):
    return lambda x: f(_Dual(x, 1.0)).slope


def test_a_jacobian_transposed_would_be_seen(monkeypatch):
    jacrev = torch.func.jacrev
    monkeypatch.setattr(torch.func, "jacrev", lambda f: lambda x: jacrev(f)(x).T)
    assert _outcome(modes.ROWS, "torch") == DIFFERS
