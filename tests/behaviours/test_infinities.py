"""Masked scores, overflow, unguarded quotients, and the modes that look for NaN."""

from contextlib import nullcontext

import jax
import pytest
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.groups import infinities
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS

NAN = float("nan")

EXPECTED = {
    "infinities/masked_softmax": {"torch": HOLDS, "jax": HOLDS},
    "infinities/fully_masked_softmax": {"torch": DIFFERS, "jax": DIFFERS},
    "infinities/masked_logsumexp": {"torch": HOLDS, "jax": HOLDS},
    "infinities/fully_masked_logsumexp": {"torch": DIFFERS, "jax": DIFFERS},
    "infinities/log_softmax": {"torch": HOLDS, "jax": HOLDS},
    "infinities/log_of_softmax": {"torch": DIFFERS, "jax": DIFFERS},
    "infinities/softplus": {"torch": HOLDS, "jax": HOLDS},
    "infinities/written_softplus": {"torch": DIFFERS, "jax": DIFFERS},
    "infinities/normalised": {"torch": HOLDS, "jax": HOLDS},
    "infinities/hole": {"torch": HOLDS, "jax": HOLDS},
    "infinities/nan_is_found": {"torch": HOLDS, "jax": HOLDS},
    "infinities/infinity_is_found": {"torch": DIFFERS, "jax": DIFFERS},
}

FLIPS = {
    "infinities/masked_softmax": seen(gradient=[-0.25, 0.25, NAN]),
    "infinities/fully_masked_softmax": seen(gradient=[NAN, NAN]),
    "infinities/masked_logsumexp": seen(gradient=[1.0, NAN]),
    "infinities/fully_masked_logsumexp": seen(gradient=[NAN, NAN]),
    "infinities/log_softmax": seen(gradient=[NAN, NAN]),
    "infinities/log_of_softmax": seen(gradient=[NAN, NAN]),
    "infinities/softplus": seen(gradient=NAN),
    "infinities/written_softplus": seen(gradient=NAN),
    "infinities/normalised": seen(value=[NAN, NAN], gradient=[0.0, 0.0]),
    "infinities/hole": seen(value=1.0, gradient=0.0),
    "infinities/nan_is_found": seen(gradient=NAN),
    "infinities/infinity_is_found": seen(gradient=float("inf")),
}

REFUTED_TODAY = {
    "infinities/fully_masked_softmax": seen(gradient=[0.0, 0.0]),
    "infinities/fully_masked_logsumexp": seen(gradient=[0.5, 0.5]),
    "infinities/log_of_softmax": seen(gradient=[-1.0, 1.0]),
    "infinities/written_softplus": seen(gradient=1.0),
    "infinities/infinity_is_found": Evidence(raised="FloatingPointError", message="inf"),
}


def _outcome(behaviour: Behaviour, framework: str = "torch") -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


@pytest.mark.parametrize("name", REFUTED_TODAY)
def test_a_statement_that_is_refuted_today_could_hold(name):
    [behaviour] = [one for one in infinities.BEHAVIOURS if one.name == name]
    assert observation(behaviour, "torch", REFUTED_TODAY[name]).outcome == HOLDS


def test_a_softmax_that_survives_a_fully_masked_row_would_be_seen(monkeypatch):
    """Scores that are finite, however small, have a softmax."""
    softmax = torch.softmax
    monkeypatch.setattr(torch, "softmax", lambda x, dim: softmax(x.clamp(min=-1e4), dim))
    assert _outcome(infinities.FULLY_MASKED_SOFTMAX) == HOLDS


def test_a_softmax_that_chokes_on_one_masked_score_would_be_seen(monkeypatch):
    """Shifting by the smallest score instead of the largest is minus infinity less minus infinity."""
    monkeypatch.setattr(torch, "softmax", lambda x, _: torch.exp(x - x.min()) / torch.exp(x - x.min()).sum())
    assert _outcome(infinities.MASKED_SOFTMAX) == DIFFERS


def test_a_log_softmax_in_two_steps_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch, "log_softmax", lambda x, dim: torch.log(torch.softmax(x, dim)))
    assert _outcome(infinities.LOG_SOFTMAX) == DIFFERS


def test_an_anomaly_mode_that_looks_at_nothing_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.autograd, "detect_anomaly", nullcontext)
    assert _outcome(infinities.NAN_IS_FOUND) == DIFFERS


def test_a_mode_that_looks_for_infinities_would_be_seen(monkeypatch):
    """jax has one beside `debug_nans`."""
    monkeypatch.setattr(jax, "debug_nans", jax.debug_infs)
    assert _outcome(infinities.INFINITY_IS_FOUND, "jax") == HOLDS


def test_an_exception_that_names_no_nan_does_not_bear_a_statement_out():
    other = Evidence(raised="RuntimeError", message="out of memory")
    assert observation(infinities.NAN_IS_FOUND, "torch", other).outcome == DIFFERS
