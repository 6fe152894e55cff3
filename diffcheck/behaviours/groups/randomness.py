"""Randomness: what is drawn once and used twice, and what of a sample can be differentiated."""

from __future__ import annotations

from diffcheck.behaviours.behaviour import Absent, Behaviour
from diffcheck.behaviours.evidence import Evidence, seen
from diffcheck.behaviours.rules import equals, raises

NO_LAYERS = Absent("jax has no layers, and so neither dropout nor modes of training")
KEYS = Absent("jax has no random state: the key is an argument like others")


def dropped_torch() -> Evidence:
    import torch

    x = torch.ones(100, requires_grad=True)
    y = torch.nn.functional.dropout(x, p=0.5)
    y.sum().backward()
    return seen(gradient_is_mask=torch.equal(x.grad, y), values=y.unique())


def dropped_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def dropout(x, key):
        return jnp.where(jax.random.bernoulli(key, 0.5, x.shape), x / 0.5, 0.0)

    x, key = jnp.ones(100), jax.random.key(0)
    y, pull_back = jax.vjp(lambda x: dropout(x, key), x)
    (gradient,) = pull_back(jnp.ones(100))
    return seen(gradient_is_mask=jnp.array_equal(gradient, y), values=jnp.unique(y))


DROPPED = Behaviour(
    name="randomness/dropped",
    statement="The gradient through dropout is zero just where its result was dropped, and 1/(1 − p) elsewhere",
    why="a backward pass that drew again would be that of another function",
    rule=equals(gradient_is_mask=True, values=[0.0, 2.0]),
    probes={"torch": dropped_torch, "jax": dropped_jax},
)


def all_dropped_torch() -> Evidence:
    import torch

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.nn.functional.dropout(x, p=1.0)
    y.sum().backward()
    return seen(value=y, gradient=x.grad)


ALL_DROPPED = Behaviour(
    name="randomness/all_dropped",
    statement="Where dropout drops everything, value and gradient are zero, not NaN",
    why="written out, its scale 1/(1 − p) is infinite",
    rule=equals(value=[0.0, 0.0], gradient=[0.0, 0.0]),
    probes={"torch": all_dropped_torch, "jax": NO_LAYERS},
)


def evaluation_torch() -> Evidence:
    import torch

    layer = torch.nn.Dropout(p=0.5).eval()
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = layer(x)
    y.sum().backward()
    return seen(value=y, gradient=x.grad)


EVALUATION = Behaviour(
    name="randomness/evaluation",
    statement="In evaluation mode dropout is the identity, and so is its derivative",
    why="a check of derivatives should switch to it first",
    rule=equals(value=[1.0, 2.0, 3.0], gradient=[1.0, 1.0, 1.0]),
    probes={"torch": evaluation_torch, "jax": NO_LAYERS},
)


def same_seed_torch() -> Evidence:
    import torch

    def gradient():
        torch.manual_seed(1)
        x = torch.ones(100, requires_grad=True)
        return torch.autograd.grad((x * torch.randn(100)).sum(), x)[0]

    return seen(equal=torch.equal(gradient(), gradient()))


def same_seed_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def gradient():
        key = jax.random.key(1)
        return jax.grad(lambda x: (x * jax.random.normal(key, (100,))).sum())(jnp.ones(100))

    return seen(equal=jnp.array_equal(gradient(), gradient()))


SAME_SEED = Behaviour(
    name="randomness/same_seed",
    statement="The same seed gives the same gradient, bit for bit",
    why="a finite difference of a random function makes sense only where every call draws the same numbers",
    rule=equals(equal=True),
    probes={"torch": same_seed_torch, "jax": same_seed_jax},
)


def drawn_again_torch() -> Evidence:
    import torch

    generator = torch.Generator().manual_seed(1)
    first, second = torch.randn(100, generator=generator), torch.randn(100, generator=generator)
    return seen(equal=torch.equal(first, second))


def drawn_again_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    key = jax.random.key(1)
    first, second = jax.random.normal(key, (100,)), jax.random.normal(key, (100,))
    return seen(equal=jnp.array_equal(first, second))


DRAWN_AGAIN = Behaviour(
    name="randomness/drawn_again",
    statement="The second draw from one source of random numbers differs from the first",
    why="where it does not, two layers that share a key drop the same entries",
    rule=equals(equal=False),
    probes={"torch": drawn_again_torch, "jax": drawn_again_jax},
)


def backward_draws_torch() -> Evidence:
    import torch

    x = torch.ones(100, requires_grad=True)
    y = torch.nn.functional.dropout(x, p=0.5).sum()
    state = torch.get_rng_state()
    y.backward()
    return seen(state_moved=not torch.equal(state, torch.get_rng_state()))


BACKWARD_DRAWS = Behaviour(
    name="randomness/backward_draws",
    statement="A backward pass through dropout draws no random numbers",
    why="otherwise data would be shuffled differently with and without training",
    rule=equals(state_moved=False),
    probes={"torch": backward_draws_torch, "jax": KEYS},
)


def replayed_torch() -> Evidence:
    import torch
    from torch.utils.checkpoint import checkpoint

    x = torch.ones(100, requires_grad=True)
    y = checkpoint(lambda x: torch.nn.functional.dropout(x, p=0.5) * x, x, use_reentrant=False)
    y.sum().backward()
    return seen(same_mask=torch.equal(x.grad == 0, y == 0))


def replayed_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def dropout(x, key):
        return jnp.where(jax.random.bernoulli(key, 0.5, x.shape), x / 0.5, 0.0) * x

    x, key = jnp.ones(100), jax.random.key(0)
    y, pull_back = jax.vjp(lambda x: jax.checkpoint(dropout)(x, key), x)
    return seen(same_mask=jnp.array_equal(pull_back(jnp.ones(100))[0] == 0, y == 0))


REPLAYED = Behaviour(
    name="randomness/replayed",
    statement="A checkpointed function draws the same numbers when it is computed again",
    why="the gradient must be that of the value that came out",
    rule=equals(same_mask=True),
    probes={"torch": replayed_torch, "jax": replayed_jax},
)


def not_replayed_torch() -> Evidence:
    import torch
    from torch.utils.checkpoint import checkpoint

    def dropout(x):
        return torch.nn.functional.dropout(x, p=0.5) * x

    x = torch.ones(100, requires_grad=True)
    y = checkpoint(dropout, x, use_reentrant=False, preserve_rng_state=False)
    y.sum().backward()
    return seen(same_mask=torch.equal(x.grad == 0, y == 0))


NOT_REPLAYED = Behaviour(
    name="randomness/not_replayed",
    statement="With preserve_rng_state=False the gradient is that of other random numbers than the value",
    why="the switch saves a little time, and nobody says what it costs",
    rule=equals(same_mask=False),
    probes={"torch": not_replayed_torch, "jax": KEYS},
)


def rows_share_torch() -> Evidence:
    import torch

    rows = torch.func.vmap(lambda x: x + torch.randn(()))(torch.zeros(2))
    return seen(equal=bool(rows[0] == rows[1]))


def rows_share_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    key = jax.random.key(0)
    rows = jax.vmap(lambda x: x + jax.random.normal(key))(jnp.zeros(2))
    return seen(equal=bool(rows[0] == rows[1]))


ROWS_SHARE = Behaviour(
    name="randomness/rows_share",
    statement="vmap refuses random numbers unless it is said whether the rows share them",
    why="a gradient of each example under shared noise is not the one of training",
    rule=raises("RuntimeError", "randomness"),
    probes={"torch": rows_share_torch, "jax": rows_share_jax},
)


def reparametrised_torch() -> Evidence:
    import torch

    mean, scale = torch.tensor(0.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    z = torch.distributions.Normal(mean, scale).rsample()
    by_mean, by_scale = torch.autograd.grad(z, (mean, scale))
    return seen(by_mean=by_mean, by_scale_is_noise=bool(by_scale == z / 2))


def reparametrised_jax() -> Evidence:
    import jax

    def sample(mean, scale):
        return mean + scale * jax.random.normal(jax.random.key(0))

    by_mean, by_scale = jax.grad(sample, argnums=(0, 1))(0.0, 2.0)
    return seen(by_mean=by_mean, by_scale_is_noise=bool(by_scale == sample(0.0, 2.0) / 2))


REPARAMETRISED = Behaviour(
    name="randomness/reparametrised",
    statement="A normal sample written as mean + scale · noise has the derivatives 1 and noise",
    why="this is how the parameters of a distribution are trained",
    rule=equals(by_mean=1.0, by_scale_is_noise=True),
    probes={"torch": reparametrised_torch, "jax": reparametrised_jax},
)


def sample_torch() -> Evidence:
    import torch

    mean = torch.tensor(0.0, requires_grad=True)
    z = torch.distributions.Normal(mean, 1.0).sample()
    z.backward()
    return seen(gradient=mean.grad)


SAMPLE = Behaviour(
    name="randomness/sample",
    statement="A derivative through sample, which is not rsample, is refused",
    why="one letter decides whether the parameters are trained",
    rule=raises("RuntimeError", "does not require grad"),
    probes={"torch": sample_torch, "jax": Absent("jax draws noise only; mean and scale are the user's own arithmetic")},
)


def gamma_torch() -> Evidence:
    import torch

    shape = torch.full((100,), 3.0, requires_grad=True)
    torch.distributions.Gamma(shape, 1.0).rsample().sum().backward()
    return seen(all_positive=bool((shape.grad > 0).all()))


def gamma_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    gradient = jax.grad(lambda shape: jax.random.gamma(jax.random.key(0), shape).sum())(jnp.full(100, 3.0))
    return seen(all_positive=bool((gradient > 0).all()))


GAMMA = Behaviour(
    name="randomness/gamma",
    statement="A gamma sample has a derivative with respect to its shape, and it is positive",
    why="the sampler rejects and tries again, so that this is implicit differentiation and not that of its code",
    rule=equals(all_positive=True),
    probes={"torch": gamma_torch, "jax": gamma_jax},
)


def discrete_torch() -> Evidence:
    import torch

    rate = torch.full((5,), 3.0, requires_grad=True)
    torch.poisson(rate).sum().backward()
    return seen(gradient=rate.grad)


def discrete_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    def total(rate):
        return jax.random.poisson(jax.random.key(0), rate).astype(float).sum()

    return seen(gradient=jax.grad(total)(jnp.full(5, 3.0)))


DISCRETE = Behaviour(
    name="randomness/discrete",
    statement="The gradient through a Poisson sample is zero, and nobody says so",
    why="the mean does depend on the rate, so that training stands still where it should not",
    rule=equals(gradient=[0.0, 0.0, 0.0, 0.0, 0.0]),
    probes={"torch": discrete_torch, "jax": discrete_jax},
)


def permuted_torch() -> Evidence:
    import torch

    x, weight = torch.zeros(100, requires_grad=True), torch.arange(100.0)
    order = torch.randperm(100)
    (x[order] * weight).sum().backward()
    return seen(gradient_goes_home=torch.equal(x.grad[order], weight))


def permuted_jax() -> Evidence:
    import jax
    import jax.numpy as jnp

    weight, key = jnp.arange(100.0), jax.random.key(0)
    gradient = jax.grad(lambda x: (jax.random.permutation(key, x) * weight).sum())(jnp.zeros(100))
    return seen(gradient_goes_home=jnp.array_equal(jax.random.permutation(key, gradient), weight))


PERMUTED = Behaviour(
    name="randomness/permuted",
    statement="Shuffled values get their gradients back in their own places",
    why="shuffling examples must not mix up whose gradient is whose",
    rule=equals(gradient_goes_home=True),
    probes={"torch": permuted_torch, "jax": permuted_jax},
)


BEHAVIOURS = (
    DROPPED,
    ALL_DROPPED,
    EVALUATION,
    SAME_SEED,
    DRAWN_AGAIN,
    BACKWARD_DRAWS,
    REPLAYED,
    NOT_REPLAYED,
    ROWS_SHARE,
    REPARAMETRISED,
    SAMPLE,
    GAMMA,
    DISCRETE,
    PERMUTED,
)
"""What is drawn once and used twice, and what of a sample can be differentiated."""
