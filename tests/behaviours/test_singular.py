"""Points where a derivative is infinite or there is none."""

import jax.numpy as jnp
import pytest
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import singular
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS

NAN = float("nan")

EXPECTED = {
    "singular/norm": {"torch": HOLDS, "jax": DIFFERS},
    "singular/written_norm": {"torch": DIFFERS, "jax": DIFFERS},
    "singular/hypot": {"torch": DIFFERS, "jax": HOLDS},
    "singular/std": {"torch": HOLDS, "jax": DIFFERS},
    "singular/sqrt": {"torch": HOLDS, "jax": HOLDS},
    "singular/xlogy": {"torch": DIFFERS, "jax": DIFFERS},
    "singular/entropy": {"torch": HOLDS, "jax": HOLDS},
    "singular/power_zero": {"torch": HOLDS, "jax": HOLDS},
    "singular/power_array_zero": {"torch": HOLDS, "jax": DIFFERS},
    "singular/power_of_zero": {"torch": HOLDS, "jax": HOLDS},
    "singular/power_of_itself": {"torch": DIFFERS, "jax": DIFFERS},
    "singular/product": {"torch": HOLDS, "jax": HOLDS},
    "singular/atan2": {"torch": DIFFERS, "jax": HOLDS},
    "singular/guarded": {"torch": HOLDS, "jax": DIFFERS},
}

FLIPS = {
    "singular/norm": seen(gradient=[1.0, 1.0]),
    "singular/written_norm": seen(gradient=[NAN, NAN]),
    "singular/hypot": seen(gradient=[1.0, 1.0]),
    "singular/std": seen(gradient=[1.0, -1.0, 0.0, 0.0]),
    "singular/sqrt": seen(gradient=0.0),
    "singular/xlogy": seen(gradient=0.0),
    "singular/entropy": seen(gradient=[NAN, -1.0]),
    "singular/power_zero": seen(gradient=NAN),
    "singular/power_array_zero": seen(gradient=NAN),
    "singular/power_of_zero": seen(gradient=NAN),
    "singular/power_of_itself": seen(gradient=1.0),
    "singular/product": seen(gradient=[NAN, 0.0, 0.0]),
    "singular/atan2": seen(gradient=[0.0, NAN]),
    "singular/guarded": seen(gradient=[0.0, 0.0]),
}

REFUTED_TODAY = {
    "singular/norm": seen(gradient=[0.6, 0.8]),
    "singular/written_norm": seen(gradient=[0.0, 0.0]),
    "singular/hypot": seen(gradient=[0.0, 1.0]),
    "singular/std": seen(gradient=[0.0, 0.0, 0.0, 0.0]),
    "singular/xlogy": seen(gradient=-float("inf")),
    "singular/power_array_zero": seen(gradient=0.0),
    "singular/power_of_itself": seen(gradient=-float("inf")),
    "singular/atan2": seen(gradient=[NAN, NAN]),
    "singular/guarded": seen(gradient=[2.0, 2.0]),
}


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


@pytest.mark.parametrize("name", REFUTED_TODAY)
def test_a_statement_that_is_refuted_today_could_hold(name):
    [behaviour] = [one for one in singular.BEHAVIOURS if one.name == name]
    assert observation(behaviour, "torch", REFUTED_TODAY[name]).outcome == HOLDS


def test_a_norm_without_a_rule_for_zero_would_be_seen(monkeypatch):
    """The root of the squares answers NaN."""
    monkeypatch.setattr(torch.linalg, "vector_norm", lambda x: torch.sqrt((x * x).sum()))
    assert _outcome(singular.NORM) == DIFFERS
    assert _outcome(singular.GUARDED) == DIFFERS


def test_a_norm_with_a_rule_for_zero_would_be_seen(monkeypatch):
    def norm(x):
        square = (x * x).sum()
        return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1)), 0)

    monkeypatch.setattr(jnp.linalg, "norm", norm)
    assert _outcome(singular.NORM, "jax") == HOLDS
    assert _outcome(singular.GUARDED, "jax") == HOLDS


def test_an_xlogy_that_is_right_at_zero_would_be_seen(monkeypatch):
    """The entropy's rule, with the sign turned."""
    monkeypatch.setattr(torch, "xlogy", lambda x, _: -torch.special.entr(x))
    assert _outcome(singular.XLOGY) == HOLDS


def test_a_product_that_divides_by_its_factors_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "prod", lambda x: torch.exp(torch.log(x).sum()))
    assert _outcome(singular.PRODUCT) == DIFFERS


def test_a_root_with_a_finite_slope_at_zero_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch, "sqrt", lambda x: (x + 1e-12) ** 0.5)
    assert _outcome(singular.SQRT) == DIFFERS
