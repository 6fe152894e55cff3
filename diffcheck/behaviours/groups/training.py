"""Training loops on T2's readings, held against the exact minimiser and the exact recursion.

What is not exact is seen to six digits, in float64, so that every machine sees the same.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import islice

from flint import arb, ctx

from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.groups.optimisers import with_optax
from diffcheck.behaviours.regression import (
    BITS,
    CELSIUS,
    UNKNOWN,
    W,
    X,
    Y,
    descent,
    digits,
    first_overflow,
    mean_square,
    minimiser,
    with_ones,
)
from diffcheck.behaviours.rules import Rule, Ruling, both, equals, is_among, same

T_U = [float(reading) for reading in UNKNOWN]
T_UN = [0.1 * reading for reading in T_U]
T_C = [float(reading) for reading in CELSIUS]
SCALED = [Fraction(reading) / 10 for reading in UNKNOWN]

UNIT = 2.0**-53
EPOCHS, LOOKED_AT = 5000, 50


# ---- rules -----------------------------------------------------------------------------------


def _early(evidence: Evidence) -> Ruling:
    """The first steps lie where rounding can take the exact recursion, up to their six digits."""
    with ctx.workprec(200):
        balls = list(islice(descent(with_ones(SCALED), CELSIUS, [1, 0], "0.01", len(CELSIUS), UNIT), LOOKED_AT))
        if len(evidence.values["early"]) != LOOKED_AT:
            return Ruling(False, f"{len(evidence.values['early'])} steps, not {LOOKED_AT}")
        for step, (ball, texts) in enumerate(zip(balls, evidence.values["early"], strict=True), 1):
            for p, text in zip(ball, texts, strict=True):
                if not p.overlaps(_meant(text)):
                    return Ruling(False, f"step {step} is at {text}, the exact recursion at {float(p):.6g}")
    return Ruling(True)


def _meant(text: str) -> arb:
    """All numbers whose six digits these are."""
    exponent = int(f"{float(text):e}".partition("e")[2])
    return arb(text) + arb(0, 0.5) * arb(10) ** (exponent - 5)


def _late(evidence: Evidence) -> Ruling:
    """The last step is that of the exact recursion, and the minimum to six digits."""
    return equals(end=_end(), loss=_minimum()).decide(evidence)


@cache
def _end() -> list[str]:
    with ctx.workprec(BITS):
        return digits(next(islice(descent(with_ones(SCALED), CELSIUS, [1, 0], "0.01", len(CELSIUS)), EPOCHS - 1, None)))


def _minimum() -> str:
    return digits([mean_square(UNKNOWN, CELSIUS, *minimiser(UNKNOWN, CELSIUS))])[0]


def _at_minimum(evidence: Evidence) -> Ruling:
    return equals(loss=_minimum()).decide(evidence)


def _at_minimiser(evidence: Evidence) -> Ruling:
    return equals(end=digits(minimiser(UNKNOWN, CELSIUS))).decide(evidence)


def _overflow_of_readings(evidence: Evidence) -> Ruling:
    with ctx.workprec(BITS):
        steps = first_overflow(with_ones(UNKNOWN), CELSIUS, [1, 0], "0.01")
    return is_among("step", steps).decide(evidence)


FOLLOWS = both(Rule(_early), Rule(_late))


# ---- statements -------------------------------------------------------------------------------


def by_hand_torch() -> Evidence:
    import torch

    t_un, t_c = torch.tensor(T_UN, dtype=torch.float64), torch.tensor(T_C, dtype=torch.float64)
    params = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    early: list[list[str]] = []
    for _ in range(EPOCHS):
        loss = ((params[0] * t_un + params[1] - t_c) ** 2).mean()
        loss.backward()
        params = (params - 1e-2 * params.grad).detach().requires_grad_()
        early = early if len(early) == LOOKED_AT else [*early, digits(params)]
    return seen(early=early, end=digits(params), loss=digits([loss])[0])


def by_hand_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        t_un, t_c = jnp.array(T_UN), jnp.array(T_C)

        def loss(params):
            return ((params[0] * t_un + params[1] - t_c) ** 2).mean()

        step = jax.jit(lambda params: params - 1e-2 * jax.grad(loss)(params))
        params = jnp.array([1.0, 0.0])
        early = [digits(params := step(params)) for _ in range(LOOKED_AT)]
        params = jax.lax.fori_loop(LOOKED_AT, EPOCHS, lambda _, params: step(params), params)
        return seen(early=early, end=digits(params), loss=digits([loss(params)])[0])


BY_HAND = Behaviour(
    name="training/by_hand",
    statement="Gradient descent by hand follows the exact recursion for 50 steps and ends where it ends after 5,000",
    why="a loop may lower the loss although its gradient is wrong",
    rule=FOLLOWS,
    probes={"torch": by_hand_torch, "jax": by_hand_jax},
    source="T2",
)


def sgd_torch() -> Evidence:
    import torch

    t_un, t_c = torch.tensor(T_UN, dtype=torch.float64), torch.tensor(T_C, dtype=torch.float64)
    params = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([params], lr=1e-2)
    early: list[list[str]] = []
    for _ in range(EPOCHS):
        optimiser.zero_grad()
        loss = ((params[0] * t_un + params[1] - t_c) ** 2).mean()
        loss.backward()
        optimiser.step()
        early = early if len(early) == LOOKED_AT else [*early, digits(params)]
    return seen(early=early, end=digits(params), loss=digits([loss])[0])


def sgd_jax() -> Evidence:
    import jax
    import jax.numpy as jnp
    import optax

    with jax.enable_x64(True):
        t_un, t_c = jnp.array(T_UN), jnp.array(T_C)
        optimiser = optax.sgd(1e-2)

        def loss(params):
            return ((params[0] * t_un + params[1] - t_c) ** 2).mean()

        @jax.jit
        def step(params, state):
            updates, state = optimiser.update(jax.grad(loss)(params), state)
            return optax.apply_updates(params, updates), state

        carried = jnp.array([1.0, 0.0]), optimiser.init(jnp.array([1.0, 0.0]))
        early = [digits((carried := step(*carried))[0]) for _ in range(LOOKED_AT)]
        params, _ = jax.lax.fori_loop(LOOKED_AT, EPOCHS, lambda _, carried: step(*carried), carried)
        return seen(early=early, end=digits(params), loss=digits([loss(params)])[0])


SGD = Behaviour(
    name="training/sgd",
    statement="SGD follows the exact recursion of gradient descent, and ends where the loop written by hand does",
    why="the optimiser is nothing but the line that it replaces",
    rule=FOLLOWS,
    probes={"torch": sgd_torch, "jax": with_optax(sgd_jax)},
    source="T2",
)


def same_as_sgd_torch() -> Evidence:
    import torch

    t_un, t_c = torch.tensor(T_UN), torch.tensor(T_C)
    by_hand = torch.tensor([1.0, 0.0], requires_grad=True)
    params = torch.tensor([1.0, 0.0], requires_grad=True)
    optimiser = torch.optim.SGD([params], lr=2**-7)
    alike = 0
    for _ in range(500):
        ((by_hand[0] * t_un + by_hand[1] - t_c) ** 2).mean().backward()
        by_hand = (by_hand - 2**-7 * by_hand.grad).detach().requires_grad_()
        optimiser.zero_grad()
        ((params[0] * t_un + params[1] - t_c) ** 2).mean().backward()
        optimiser.step()
        alike += torch.equal(by_hand, params)
    return seen(alike=alike)


def same_as_sgd_jax() -> Evidence:
    import jax
    import jax.numpy as jnp
    import optax

    t_un, t_c = jnp.array(T_UN), jnp.array(T_C)
    gradient = jax.jit(jax.grad(lambda params: ((params[0] * t_un + params[1] - t_c) ** 2).mean()))
    by_hand = params = jnp.array([1.0, 0.0])
    optimiser = optax.sgd(2**-7)
    state, alike = optimiser.init(params), 0
    for _ in range(500):
        by_hand = by_hand - 2**-7 * gradient(by_hand)
        updates, state = optimiser.update(gradient(params), state)
        params = optax.apply_updates(params, updates)
        alike += bool((by_hand == params).all())
    return seen(alike=alike)


SAME_AS_SGD = Behaviour(
    name="training/same_as_sgd",
    statement="SGD follows the loop written by hand digit for digit where the product with the learning rate is exact",
    why="elsewhere it may be rounded once, fused with the subtraction, where the loop rounds it twice",
    rule=equals(alike=500),
    probes={"torch": same_as_sgd_torch, "jax": with_optax(same_as_sgd_jax)},
    source="T2",
)


def adam_raw_torch() -> Evidence:
    import torch

    t_u, t_c = torch.tensor(T_U, dtype=torch.float64), torch.tensor(T_C, dtype=torch.float64)
    params = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([params], lr=1e-1)
    for _ in range(EPOCHS):
        optimiser.zero_grad()
        loss = ((params[0] * t_u + params[1] - t_c) ** 2).mean()
        loss.backward()
        optimiser.step()
    return seen(loss=digits([loss])[0])


def adam_raw_jax() -> Evidence:
    import jax
    import jax.numpy as jnp
    import optax

    with jax.enable_x64(True):
        t_u, t_c = jnp.array(T_U), jnp.array(T_C)

        def loss(params):
            return ((params[0] * t_u + params[1] - t_c) ** 2).mean()

        def step(_, carried):
            params, state = carried
            updates, state = optimiser.update(jax.grad(loss)(params), state)
            return optax.apply_updates(params, updates), state

        optimiser = optax.adam(1e-1)
        params = jnp.array([1.0, 0.0])
        params, _ = jax.lax.fori_loop(0, EPOCHS, step, (params, optimiser.init(params)))
        return seen(loss=digits([loss(params)])[0])


ADAM_RAW = Behaviour(
    name="training/adam_raw",
    statement="Adam with learning rate 0.1 reaches the minimum from unscaled readings",
    why="it divides each gradient by its own size, so that one step size suits both parameters",
    rule=Rule(_at_minimum),
    probes={"torch": adam_raw_torch, "jax": with_optax(adam_raw_jax)},
    source="T2",
)


def adam_scaled_torch() -> Evidence:
    import torch

    t_u, t_c = torch.tensor(T_U, dtype=torch.float64), torch.tensor(T_C, dtype=torch.float64)
    losses = {}
    for name, readings in (("raw", t_u), ("scaled", 0.1 * t_u)):
        params = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
        optimiser = torch.optim.Adam([params], lr=1e-1)
        for epoch in range(2001):
            optimiser.zero_grad()
            loss = ((params[0] * readings + params[1] - t_c) ** 2).mean()
            losses[name, epoch] = digits([loss])[0]
            loss.backward()
            optimiser.step()
    same = {f"after {epoch} epochs": losses["raw", epoch] == losses["scaled", epoch] for epoch in (500, 2000)}
    return seen(raw=losses["raw", 500], scaled=losses["scaled", 500], same=same)


ADAM_SCALED = Behaviour(
    name="training/adam_scaled",
    statement="Adam with learning rate 0.1 comes to the same loss from raw readings as from scaled ones, but later",
    why="a step of the same size for every parameter is still a small one for the intercept",
    rule=equals(same={"after 500 epochs": False, "after 2000 epochs": True}),
    probes={"torch": adam_scaled_torch, "jax": Absent("optax follows the same formula, as optimisers/adam sees")},
    source="T2",
)


def sgd_raw_torch() -> Evidence:
    import torch

    t_u, t_c = torch.tensor(T_U), torch.tensor(T_C)
    params = torch.tensor([1.0, 0.0], requires_grad=True)
    optimiser = torch.optim.SGD([params], lr=1e-2)
    step = 0
    while params.isfinite().all():
        optimiser.zero_grad()
        ((params[0] * t_u + params[1] - t_c) ** 2).mean().backward()
        optimiser.step()
        step += 1
    return seen(step=step)


def sgd_raw_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    t_u, t_c = jnp.array(T_U), jnp.array(T_C)
    gradient = jax.jit(jax.grad(lambda params: ((params[0] * t_u + params[1] - t_c) ** 2).mean()))
    params = jnp.array([1.0, 0.0])
    step = 0
    while jnp.isfinite(params).all():
        params = params - 1e-2 * gradient(params)
        step += 1
    return seen(step=step)


SGD_RAW = Behaviour(
    name="training/sgd_raw",
    statement="SGD with learning rate 0.01 leaves float32 on unscaled readings at the step that the recursion predicts",
    why="the scale of an input decides which step sizes converge, and no gradient is wrong",
    rule=Rule(_overflow_of_readings),
    probes={"torch": sgd_raw_torch, "jax": sgd_raw_jax},
    source="T2",
)


def validation_torch() -> Evidence:
    import torch

    x, y = torch.tensor(X), torch.tensor(Y)
    w = torch.tensor(W, requires_grad=True)

    def loss(some):
        return ((x[some] @ w - y[some]) ** 2).sum()

    loss(slice(3)).backward()
    alone, w.grad = w.grad, None
    training, _validation = loss(slice(3)), loss(slice(3, 5))
    training.backward()
    return seen(alone=alone, beside=w.grad)


def validation_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x, y, w = jnp.array(X), jnp.array(Y), jnp.array(W)

    def losses(w):
        squares = (x @ w - y) ** 2
        return squares[:3].sum(), squares[3:].sum()

    alone = jax.grad(lambda w: losses(w)[0])(w)
    return seen(alone=alone, beside=jax.grad(losses, has_aux=True)(w)[0])


VALIDATION = Behaviour(
    name="training/validation",
    statement="A validation loss without a backward pass of its own does not touch the gradient",
    why="the model would be trained on what it is tested with",
    rule=both(equals(alone=[9.0, -23.75]), same("alone", "beside")),
    probes={"torch": validation_torch, "jax": validation_jax},
    source="T2",
)


def newton_torch() -> Evidence:
    import torch

    t_u, t_c = torch.tensor(T_U, dtype=torch.float64), torch.tensor(T_C, dtype=torch.float64)
    params = torch.tensor([1.0, 0.0], dtype=torch.float64)

    def loss(params):
        return ((params[0] * t_u + params[1] - t_c) ** 2).mean()

    step = torch.linalg.solve(torch.func.hessian(loss)(params), torch.func.grad(loss)(params))
    return seen(end=digits(params - step))


def newton_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        t_u, t_c, params = jnp.array(T_U), jnp.array(T_C), jnp.array([1.0, 0.0])

        def loss(params):
            return ((params[0] * t_u + params[1] - t_c) ** 2).mean()

        return seen(end=digits(params - jnp.linalg.solve(jax.hessian(loss)(params), jax.grad(loss)(params))))


NEWTON = Behaviour(
    name="training/newton",
    statement="One step of Newton's method with step size 1 lands on the exact minimiser of a quadratic loss",
    why="with any other step size it does not",
    rule=Rule(_at_minimiser),
    probes={"torch": newton_torch, "jax": newton_jax},
    source="T2, T3",
)


BEHAVIOURS = (BY_HAND, SGD, SAME_AS_SGD, ADAM_RAW, ADAM_SCALED, SGD_RAW, VALIDATION, NEWTON)
