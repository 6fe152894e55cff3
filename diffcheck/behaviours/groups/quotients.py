"""Difference quotients in a framework's own arithmetic, as the first tutorial prints them."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals


def shrinking_steps_torch() -> Evidence:
    import torch

    x = torch.tensor(1.0, dtype=torch.float64)
    h, quotients = 0.1, []
    for _ in range(5):
        quotients.append((5 * (x + h) ** 2 - 4 * (x + h) - (5 * x**2 - 4 * x)) / h)
        h *= 0.1
    return seen(quotients=quotients)


def shrinking_steps_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        x = jnp.float64(1.0)
        h, quotients = 0.1, []
        for _ in range(5):
            quotients.append((5 * (x + h) ** 2 - 4 * (x + h) - (5 * x**2 - 4 * x)) / h)
            h *= 0.1
        return seen(quotients=quotients)


SHRINKING_STEPS = Behaviour(
    name="quotients/shrinking_steps",
    statement="The forward quotients of 5x² − 4x at 1, with steps 0.1, 0.1·0.1, …, have the digits of Python's floats",
    why="a framework in float64 computes what plain Python does",
    rule=equals(
        quotients=[6.5000000000000036, 6.050000000000021, 6.004999999999148, 6.00050000000074, 6.000050000043442]
    ),
    probes={"torch": shrinking_steps_torch, "jax": shrinking_steps_jax},
    source="T1",
)


def tiny_steps_torch() -> Evidence:
    import torch

    x = torch.tensor(1.0, dtype=torch.float64)

    def error(h):
        return abs((5 * (x + h) ** 2 - 4 * (x + h) - (5 * x**2 - 4 * x)) / h - 6)

    nearer = {"from 1e-1 to 1e-7": error(1e-7) < error(1e-1), "from 1e-7 to 1e-14": error(1e-14) < error(1e-7)}
    return seen(nearer=nearer)


def tiny_steps_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        x = jnp.float64(1.0)

        def error(h):
            return abs((5 * (x + h) ** 2 - 4 * (x + h) - (5 * x**2 - 4 * x)) / h - 6)

        nearer = {"from 1e-1 to 1e-7": error(1e-7) < error(1e-1), "from 1e-7 to 1e-14": error(1e-14) < error(1e-7)}
        return seen(nearer=nearer)


TINY_STEPS = Behaviour(
    name="quotients/tiny_steps",
    statement="A smaller step makes a difference quotient better only until rounding takes over",
    why="the error of a quotient over its step is a V: below about 1e-8 in float64 digits cancel",
    rule=equals(nearer={"from 1e-1 to 1e-7": True, "from 1e-7 to 1e-14": False}),
    probes={"torch": tiny_steps_torch, "jax": tiny_steps_jax},
    source="T1",
)


BEHAVIOURS = (SHRINKING_STEPS, TINY_STEPS)
