"""Observing: each probe by itself, and nothing of it left behind."""

import jax
import jax.numpy as jnp
import torch

from diffcheck.behaviours import behaviours
from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.observe import look, observation, observe, observe_at_once, source_of
from diffcheck.behaviours.rules import equals, raises
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE, RAISED


def _doubles() -> Evidence:
    x = torch.ones(())
    return seen(double=2 * x)


def _untidy() -> Evidence:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(7)
    return seen(dtype=torch.ones(()).dtype)


def _breaks() -> Evidence:
    raise RuntimeError("broken")


def _of(probe, rule):
    return Behaviour("group/name", "Statement", "why", rule, {"torch": probe, "jax": Absent("no such notion")})


def test_a_probe_is_shown_without_its_name():
    assert source_of(_doubles) == "x = torch.ones(())\nreturn seen(double=2 * x)"


def test_what_is_seen_is_held_against_the_rule():
    [row] = observe([_of(_doubles, equals(double=2.0))]).rows
    assert [one.outcome for one in row.observations] == [HOLDS, NOT_APPLICABLE]
    assert row.observations[0].evidence == {"double": "2.0"}
    assert row.observations[0].version == torch.__version__
    assert row.observations[1].said == "no such notion"
    assert row.group == "group"


def test_processes_of_their_own_see_the_same():
    chosen = behaviours(["accumulates", "shrinking_steps"])
    assert observe_at_once(chosen) == observe(chosen)


def test_something_else_is_said():
    [row] = observe([_of(_doubles, equals(double=3.0))], ["torch"]).rows
    assert (row.observations[0].outcome, row.observations[0].said) == (DIFFERS, "double 2.0")


def test_an_exception_of_which_the_statement_does_not_speak_is_an_outcome():
    [row] = observe([_of(_breaks, equals(double=2.0))], ["torch"]).rows
    assert (row.observations[0].outcome, row.observations[0].said) == (RAISED, "RuntimeError: broken")


def test_an_exception_of_which_it_speaks_bears_it_out():
    behaviour = _of(_breaks, raises("RuntimeError", "broken"))
    assert observation(behaviour, "torch", look(behaviour, "torch")).outcome == HOLDS


def test_a_probe_leaves_nothing_behind():
    state, default = torch.get_rng_state(), torch.get_default_dtype()
    with torch.no_grad():
        assert look(_of(_untidy, equals()), "torch") == seen(dtype="float64")
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == default


def test_a_probe_of_jax_starts_from_its_own_defaults():
    def widths() -> Evidence:
        return seen(dtype=jnp.ones(()).dtype)

    behaviour = Behaviour("group/name", "Statement", "why", equals(), {"jax": widths})
    with jax.enable_x64(True):
        assert look(behaviour, "jax") == seen(dtype="float32")
        assert jnp.ones(()).dtype == "float64"
