"""Compiling and loops: what is seen, and what would be seen otherwise."""

import jax
import torch

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import tracing
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, RAISED

EXPECTED = {
    "tracing/frozen_branch": {"torch": DIFFERS, "jax": HOLDS},
    "tracing/compiled_branch": {"torch": HOLDS, "jax": HOLDS},
    "tracing/compiled": {"torch": HOLDS, "jax": HOLDS},
    "tracing/captured": {"torch": HOLDS, "jax": DIFFERS},
    "tracing/compiled_rule": {"torch": HOLDS, "jax": HOLDS},
    "tracing/python_loop": {"torch": HOLDS, "jax": HOLDS},
    "tracing/loop_in_reverse": {"torch": HOLDS, "jax": RAISED},
    "tracing/loop_forward": {"torch": RAISED, "jax": HOLDS},
}

FLIPS = {
    "tracing/frozen_branch": seen(gradient=-6.0),
    "tracing/compiled_branch": seen(gradients=[4.0, -6.0]),
    "tracing/compiled": seen(plain=[1.0, 10.0, 25.0], compiled=[1.0, 10.0, 24.0]),
    "tracing/captured": seen(before=2.0, after=2.0),
    "tracing/compiled_rule": seen(gradient=2.0),
    "tracing/python_loop": seen(gradient=2.0),
    "tracing/loop_in_reverse": seen(gradient=1.0),
    "tracing/loop_forward": seen(tangent=1.0),
}


def _outcome(behaviour: Behaviour, framework: str) -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


def test_a_jit_that_did_not_trace_would_be_seen(monkeypatch):
    """It would take Python's way, and see numbers change outside."""
    monkeypatch.setattr(jax, "jit", lambda f: f)
    assert _outcome(tracing.FROZEN_BRANCH, "jax") == DIFFERS
    assert _outcome(tracing.CAPTURED, "jax") == HOLDS


def test_a_compiler_that_changed_the_gradient_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda f, **_: lambda x: 2 * f(x))
    assert _outcome(tracing.COMPILED, "torch") == DIFFERS


def test_a_compiler_that_froze_a_branch_would_be_seen(monkeypatch):
    """torch.compile that traced once would take the first call's way at every other."""

    def tracing_once(backend):
        assert backend == "eager"
        return lambda f: torch.jit.trace(f, torch.tensor(2.0))

    monkeypatch.setattr(torch, "compile", tracing_once)
    assert _outcome(tracing.COMPILED_BRANCH, "torch") == DIFFERS


def test_a_while_loop_that_recorded_its_steps_would_be_seen(monkeypatch):
    def stepwise(condition, body, x):
        while condition(x):
            x = body(x)
        return x

    monkeypatch.setattr(jax.lax, "while_loop", stepwise)
    assert _outcome(tracing.LOOP_IN_REVERSE, "jax") == HOLDS
