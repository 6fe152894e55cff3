"""Minibatches: T5's linear regression from scratch, held against the exact recursion on the same data."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from itertools import islice
from statistics import fmean, stdev

from flint import ctx

from diffcheck.behaviours.behaviour import Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.regression import BITS, W, X, Y, descent, digits, first_overflow, growth, synthetic
from diffcheck.behaviours.rules import Rule, Ruling, both, differ, equals, is_among, same

ROWS, BATCH, EPOCHS = 1000, 10, 3
FEATURES, TARGETS = synthetic(ROWS)
WITH_ONES = [[*row, 1.0] for row in FEATURES]


# ---- rules -----------------------------------------------------------------------------------


def trained(rate: str, least: float, most: float) -> Rule:
    """The loss after the last epoch is that of the exact recursion, and lies between two numbers."""

    def decide(evidence: Evidence) -> Ruling:
        loss = evidence.values["loss"]
        if not least <= float(loss) <= most:
            return Ruling(False, f"the loss is {loss}")
        return equals(loss=expected_loss(rate)).decide(evidence)

    return Rule(decide)


@cache
def expected_loss(rate: str) -> str:
    """The mean of r²/2 over all data after the last epoch, to six digits."""
    steps = EPOCHS * ROWS // BATCH
    with ctx.workprec(400):
        balls = descent(WITH_ONES, TARGETS, [0, 0, 0], rate, BATCH, halved=True)
        last = [Fraction(float(p)) for p in next(islice(balls, steps - 1, None))]
    residuals = [
        sum(Fraction(a) * p for a, p in zip(row, last, strict=True)) - Fraction(y)
        for row, y in zip(WITH_ONES, TARGETS, strict=True)
    ]
    return digits([sum(r * r for r in residuals) / 2 / ROWS])[0]


def _overflows(evidence: Evidence) -> Ruling:
    with ctx.workprec(BITS):
        steps = first_overflow(WITH_ONES, TARGETS, [0, 0, 0], "10", halved=True)
        before, after = islice(descent(WITH_ONES, TARGETS, [0, 0, 0], "10", ROWS, halved=True), 19, 21)
    ratio = math.hypot(*map(float, after)) / math.hypot(*map(float, before))
    assert 1 < ratio <= growth(WITH_ONES, 10) * (1 + 1e-9), "the largest eigenvalue bounds the growth"
    return both(equals(growth=f"{ratio:.4g}", divisors=[ROWS]), is_among("step", steps)).decide(evidence)


# ---- statements ------------------------------------------------------------------------------


def fitted_torch(rate: float) -> list[str]:
    """The loss over all data after three epochs of T5's loop, in torch."""
    import torch

    x, y = torch.tensor(FEATURES, dtype=torch.float64), torch.tensor(TARGETS, dtype=torch.float64).reshape(-1, 1)
    w = torch.zeros(2, 1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(EPOCHS):
        for some in range(0, ROWS, BATCH):
            part = slice(some, some + BATCH)
            ((x[part] @ w + b - y[part]) ** 2 / 2).sum().backward()
            with torch.no_grad():
                w -= rate * w.grad / BATCH
                b -= rate * b.grad / BATCH
                w.grad.zero_()
                b.grad.zero_()
    return digits([((x @ w + b - y) ** 2 / 2).mean()])


def fitted_jax(rate: float) -> list[str]:
    """The loss over all data after three epochs of T5's loop, in jax."""
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        x, y = jnp.array(FEATURES), jnp.array(TARGETS).reshape(-1, 1)

        def loss(parameters, x, y):
            w, b = parameters
            return ((x @ w + b - y) ** 2 / 2).sum()

        @jax.jit
        def step(parameters, x, y):
            gradients = jax.grad(loss)(parameters, x, y)
            return tuple(p - rate * g / BATCH for p, g in zip(parameters, gradients, strict=True))

        parameters = jnp.zeros((2, 1)), jnp.zeros(1)
        for _ in range(EPOCHS):
            for some in range(0, ROWS, BATCH):
                parameters = step(parameters, x[some : some + BATCH], y[some : some + BATCH])
        return digits([loss(parameters, x, y) / ROWS])


def converges_torch() -> Evidence:
    return seen(loss=fitted_torch(0.03)[0])


def converges_jax() -> Evidence:
    return seen(loss=fitted_jax(0.03)[0])


CONVERGES = Behaviour(
    name="batches/converges",
    statement="With learning rate 0.03, three epochs bring the loss below 1e-4, to what the exact recursion says",
    why="the loss that is left is that of the noise, 5e-5",
    rule=trained("0.03", 0, 1e-4),
    probes={"torch": converges_torch, "jax": converges_jax},
    source="T5",
)


def crawls_torch() -> Evidence:
    return seen(loss=fitted_torch(0.001)[0])


def crawls_jax() -> Evidence:
    return seen(loss=fitted_jax(0.001)[0])


CRAWLS = Behaviour(
    name="batches/crawls",
    statement="With learning rate 0.001, three epochs leave a loss between 8.6 and 9.5, as the exact recursion says",
    why="a loss that falls slowly looks like a wrong gradient, and is none",
    rule=trained("0.001", 8.6, 9.5),
    probes={"torch": crawls_torch, "jax": crawls_jax},
    source="T5",
)


def overflows_torch() -> Evidence:
    import torch

    x, y = torch.tensor(WITH_ONES), torch.tensor(TARGETS)
    w = torch.zeros(3, requires_grad=True)
    sizes, divisors = [], set()
    while w.isfinite().all():
        ((x @ w - y) ** 2 / 2).sum().backward()
        divisors.add(len(x))
        w = (w - 10 * w.grad / len(x)).detach().requires_grad_()
        sizes.append(math.hypot(*w.tolist()))
    growth = f"{sizes[20] / sizes[19]:.4g}"
    return seen(step=len(sizes), growth=growth, divisors=sorted(divisors), infinite=any(map(math.isinf, sizes)))


def overflows_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x, y, w = jnp.array(WITH_ONES), jnp.array(TARGETS), jnp.zeros(3)
    gradient = jax.jit(jax.grad(lambda w: ((x @ w - y) ** 2 / 2).sum()))
    sizes, divisors = [], set()
    while jnp.isfinite(w).all():
        divisors.add(len(x))
        w = w - 10 * gradient(w) / len(x)
        sizes.append(math.hypot(*w.tolist()))
    growth = f"{sizes[20] / sizes[19]:.4g}"
    return seen(step=len(sizes), growth=growth, divisors=sorted(divisors), infinite=any(map(math.isinf, sizes)))


# ---- other data ------------------------------------------------------------------------------

SEEDS = range(16)
PRINTED = (1, 2, 3, 10)
"""The epochs after which the tutorial prints the loss."""


def expected(epoch: int) -> float:
    """The mean loss over all data sets after some epochs with learning rate η = 0.001.

    Inputs are independent and standard normal, so that a step takes (1 − η)² of the squared error of every
    parameter, and η²/10 times the variance of z·zᵀ: 4 for a weight, 2 for the bias.
    """
    weights, bias, rate, steps = 2**2 + 3.4**2, 4.2**2, 0.001, epoch * ROWS // BATCH
    shrinks = [(1 - rate) ** 2 + rate**2 * variance / BATCH for variance in (4, 2)]
    return (weights * shrinks[0] ** steps + bias * shrinks[1] ** steps) / 2 + 0.01**2 / 2


def _is_as_expected(evidence: Evidence) -> Ruling:
    """The mean over the data sets is off by no more than three of its own standard deviations."""
    apart = []
    for epoch in PRINTED:
        least, most = map(float, evidence.values[f"likely_{epoch}"])
        mean, deviation = (least + most) / 2, (most - least) / 2 / math.sqrt(len(SEEDS))
        if abs(mean - expected(epoch)) > deviation:
            apart.append(f"after {epoch} epochs {mean:.4g}, expected {expected(epoch):.4g}")
    return Ruling(not apart, "; ".join(apart))


def likely(losses: list[dict[int, float]]) -> dict[str, list[str]]:
    """After each epoch, three standard deviations below and above the mean over the data sets."""
    found = {}
    for epoch in PRINTED:
        own = [one[epoch] for one in losses]
        mean, deviation = fmean(own), stdev(own)
        found[f"likely_{epoch}"] = [f"{mean - 3 * deviation:.4g}", f"{mean + 3 * deviation:.4g}"]
    return found


def by_chance_torch() -> Evidence:
    import torch

    losses = []
    for seed in SEEDS:
        x, y = (torch.tensor(part, dtype=torch.float64) for part in synthetic(ROWS, seed))
        w, b = (torch.zeros(size, dtype=torch.float64, requires_grad=True) for size in (2, 1))
        printed = {}
        for epoch in range(1, max(PRINTED) + 1):
            for some in range(0, ROWS, BATCH):
                part = slice(some, some + BATCH)
                ((x[part] @ w + b - y[part]) ** 2 / 2).sum().backward()
                with torch.no_grad():
                    for parameter in (w, b):
                        parameter.sub_(0.001 * parameter.grad / BATCH)
                        parameter.grad.zero_()
            printed[epoch] = ((x @ w + b - y) ** 2 / 2).mean().item()
        losses.append(printed)
    return seen(**likely(losses))


def by_chance_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    @jax.jit
    def trained_one_epoch(parameters, x, y):
        def step(parameters, batch):
            def loss(parameters):
                return ((batch[0] @ parameters[0] + parameters[1] - batch[1]) ** 2 / 2).sum()

            gradients = jax.grad(loss)(parameters)
            return jax.tree.map(lambda p, g: p - 0.001 * g / BATCH, parameters, gradients), None

        return jax.lax.scan(step, parameters, (x.reshape(-1, BATCH, 2), y.reshape(-1, BATCH)))[0]

    losses = []
    with jax.enable_x64(True):
        for seed in SEEDS:
            x, y = map(jnp.array, synthetic(ROWS, seed))
            parameters, printed = (jnp.zeros(2), jnp.zeros(1)), {}
            for epoch in range(1, max(PRINTED) + 1):
                parameters = trained_one_epoch(parameters, x, y)
                printed[epoch] = ((x @ parameters[0] + parameters[1] - y) ** 2 / 2).mean().item()
            losses.append(printed)
    return seen(**likely(losses))


BY_CHANCE = Behaviour(
    name="batches/by_chance",
    statement="With learning rate 0.001 the losses of sixteen data sets lie about the one that theory expects",
    why="a printed loss is that of one random data set: another run prints other digits",
    rule=Rule(_is_as_expected),
    probes={"torch": by_chance_torch, "jax": by_chance_jax},
    source="T5",
)


OVERFLOWS = Behaviour(
    name="batches/overflows",
    statement="With learning rate 10 the weights grow by up to |1 − η·λ| in each step until float32 cannot hold them",
    why="NaN comes from overflow here: the only divisor is the number of rows, and it is never zero",
    rule=Rule(_overflows),
    probes={"torch": overflows_torch, "jax": overflows_jax},
    source="T5",
)


def last_batch_torch() -> Evidence:
    import torch

    def gradient(some, reduce):
        x, y, w = torch.tensor(X)[some], torch.tensor(Y)[some], torch.tensor(W, requires_grad=True)
        reduce((x @ w - y) ** 2 / 2).backward()
        return w.grad

    full, last = slice(0, 4), slice(4, 5)
    return seen(
        same={
            "a full batch": torch.equal(gradient(full, torch.sum) / 4, gradient(full, torch.mean)),
            "a shorter last batch": torch.equal(gradient(last, torch.sum) / 4, gradient(last, torch.mean)),
        },
        full=gradient(full, torch.sum) / 4,
        mean_of_full=gradient(full, torch.mean),
        last=gradient(last, torch.sum) / 4,
        mean_of_last=gradient(last, torch.mean),
    )


def last_batch_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def gradient(some, reduce):
        x, y = jnp.array(X)[some], jnp.array(Y)[some]
        return jax.grad(lambda w: reduce((x @ w - y) ** 2 / 2))(jnp.array(W))

    full, last = slice(0, 4), slice(4, 5)
    return seen(
        same={
            "a full batch": jnp.array_equal(gradient(full, jnp.sum) / 4, gradient(full, jnp.mean)),
            "a shorter last batch": jnp.array_equal(gradient(last, jnp.sum) / 4, gradient(last, jnp.mean)),
        },
        full=gradient(full, jnp.sum) / 4,
        mean_of_full=gradient(full, jnp.mean),
        last=gradient(last, jnp.sum) / 4,
        mean_of_last=gradient(last, jnp.mean),
    )


LAST_BATCH = Behaviour(
    name="batches/last_batch",
    statement="A sum divided by the batch size is the mean's gradient for a full batch, and not for a shorter last one",
    why="the last rows of each epoch count for less",
    rule=both(
        same("full", "mean_of_full"),
        differ("last", "mean_of_last"),
        equals(mean_of_last=[-9.0, -4.5], same={"a full batch": True, "a shorter last batch": False}),
    ),
    probes={"torch": last_batch_torch, "jax": last_batch_jax},
    source="T5",
)


def accumulation_torch() -> Evidence:
    import torch

    x, y = torch.tensor(X), torch.tensor(Y)
    w = torch.tensor(W, requires_grad=True)
    ((x[:4] @ w - y[:4]) ** 2 / 2).mean().backward()
    whole, w.grad = w.grad, None
    for some in (slice(0, 2), slice(2, 4)):
        (((x[some] @ w - y[some]) ** 2 / 2).mean() / 2).backward()
    return seen(whole=whole, accumulated=w.grad)


def accumulation_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    x, y, w = jnp.array(X), jnp.array(Y), jnp.array(W)
    gradient = jax.grad(lambda w, some: ((x[some] @ w - y[some]) ** 2 / 2).mean())
    accumulated = sum(gradient(w, some) / 2 for some in (slice(0, 2), slice(2, 4)))
    return seen(whole=gradient(w, slice(0, 4)), accumulated=accumulated)


ACCUMULATION = Behaviour(
    name="batches/accumulation",
    statement="Gradients of micro-batches, each loss divided by their number, add up to that of the whole batch",
    why="a batch that does not fit into memory may be taken in parts",
    rule=same("whole", "accumulated"),
    probes={"torch": accumulation_torch, "jax": accumulation_jax},
    source="T5",
)


BEHAVIOURS = (CONVERGES, CRAWLS, BY_CHANCE, OVERFLOWS, LAST_BATCH, ACCUMULATION)
