"""vmap and checkpoints: what is seen, and what would be seen otherwise."""

import jax
import torch
import torch.utils.checkpoint

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import seen
from diffcheck.behaviours.groups import transforms
from diffcheck.behaviours.observe import look, observation
from diffcheck.observation import DIFFERS, HOLDS, NOT_APPLICABLE

EXPECTED = {
    "transforms/both_sides": {"torch": HOLDS, "jax": HOLDS},
    "transforms/side_not_taken": {"torch": DIFFERS, "jax": HOLDS},
    "transforms/row_without_vmap": {"torch": HOLDS, "jax": HOLDS},
    "transforms/python_branch": {"torch": HOLDS, "jax": HOLDS},
    "transforms/vmap_of_vmap": {"torch": HOLDS, "jax": HOLDS},
    "transforms/per_example": {"torch": HOLDS, "jax": HOLDS},
    "transforms/checkpointed": {"torch": HOLDS, "jax": HOLDS},
    "transforms/functional": {"torch": HOLDS, "jax": NOT_APPLICABLE},
    "transforms/own_rule": {"torch": HOLDS, "jax": HOLDS},
    "transforms/own_rule_forward": {"torch": HOLDS, "jax": HOLDS},
}

FLIPS = {
    "transforms/both_sides": seen(root=True, negative=False),
    "transforms/side_not_taken": seen(gradient=[float("nan"), 0.25]),
    "transforms/row_without_vmap": seen(gradient=float("nan")),
    "transforms/python_branch": seen(values=[4.0, 9.0]),
    "transforms/vmap_of_vmap": seen(table=[[8.0, 16.0, 24.0], [10.0, 20.0, 30.0]], loop=[[8.0, 10.0]]),
    "transforms/per_example": seen(each=[2.0, 8.0, 12.0, -16.0], mean=1.5, of_the_mean=6.0),
    "transforms/checkpointed": seen(gradient=[1.0, 10.0, 25.0], forward_passes=1),
    "transforms/functional": seen(
        stateful={"weight": [[69.0, 92.0]], "bias": [23.0]}, functional={"weight": [[0.0, 0.0]], "bias": [0.0]}
    ),
    "transforms/own_rule": seen(alone=7.0, rows=[2.0, 4.0]),
    "transforms/own_rule_forward": seen(tangent=2.0),
}


def _outcome(behaviour: Behaviour, framework: str) -> str:
    return observation(behaviour, framework, look(behaviour, framework)).outcome


def test_a_conditional_that_guarded_both_sides_would_be_seen(monkeypatch):
    """torch's NaN comes from the side that is not taken, and goes when that side gets a harmless argument."""

    def guarded(condition, first, second, operands):
        (x,) = operands
        return torch.where(condition, first(torch.where(condition, x, 1.0)), second(x))

    monkeypatch.setattr(torch, "cond", guarded)
    assert _outcome(transforms.SIDE_NOT_TAKEN, "torch") == HOLDS


def test_a_conditional_that_did_not_guard_would_be_seen(monkeypatch):
    def selecting(condition, first, second, x):
        return jax.numpy.where(condition, first(x), second(x))

    monkeypatch.setattr(jax.lax, "cond", selecting)
    assert _outcome(transforms.SIDE_NOT_TAKEN, "jax") == DIFFERS
    assert _outcome(transforms.ROW_WITHOUT_VMAP, "jax") == DIFFERS


def test_a_checkpoint_that_kept_everything_would_be_seen(monkeypatch):
    monkeypatch.setattr(torch.utils.checkpoint, "checkpoint", lambda f, x, **_: f(x))
    monkeypatch.setattr(jax, "checkpoint", lambda f: f)
    assert _outcome(transforms.CHECKPOINTED, "torch") == DIFFERS
    assert _outcome(transforms.CHECKPOINTED, "jax") == DIFFERS


def test_a_functional_call_with_the_old_parameters_would_be_seen(monkeypatch):
    call = torch.func.functional_call
    monkeypatch.setattr(
        torch.func,
        "functional_call",
        lambda model, params, args: call(model, {name: one.detach() for name, one in params.items()}, args),
    )
    assert _outcome(transforms.FUNCTIONAL, "torch") == DIFFERS


def test_a_vmap_that_mixed_its_rows_would_be_seen(monkeypatch):
    vmap = jax.vmap
    monkeypatch.setattr(jax, "vmap", lambda f, in_axes: lambda *args: vmap(f, in_axes)(*args)[::-1])
    assert _outcome(transforms.PER_EXAMPLE, "jax") == DIFFERS
