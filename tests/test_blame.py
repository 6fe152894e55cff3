"""Blame: of a wrong composite function the first wrong backward is named, with its line; nothing else changes."""

from __future__ import annotations

import math
import sys
from typing import Any

import jax
import jax.numpy as jnp
import pytest
import torch

import diffcheck as dc
from diffcheck.blame import Search
from diffcheck.tape import TAPES
from diffcheck.verdict import Verdict

GIVEN: dict[str, Any] = {"points": "given", "modes": ["R"]}


class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return 2 * cotangent * x.cos()


class Right(Wrong):
    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return cotangent * x.cos()


class WrongProduct(torch.autograd.Function):
    """With setup_context, an argument that is no tensor, and no gradient for its second one."""

    @staticmethod
    def forward(x, y, power=2):
        return x * y**power, x + y

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs[:2])

    @staticmethod
    def backward(ctx, first, second):
        _, y = ctx.saved_tensors
        return first * y**2 + second, None, None


class NotFinite(Wrong):
    @staticmethod
    def backward(ctx, cotangent):
        return cotangent / 0


wrong, right = Wrong.apply, Right.apply


@jax.custom_vjp
def wrong_sine(x):
    return jnp.sin(x)


wrong_sine.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (2 * g * jnp.cos(x),))


@jax.custom_jvp
def wrong_cosine(x):
    return jnp.cos(x)


@wrong_cosine.defjvp
def _(primals, tangents):
    return jnp.cos(primals[0]), tangents[0] * jnp.sin(primals[0])


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2, dtype=torch.float64)
        self.norm = torch.nn.BatchNorm1d(2, dtype=torch.float64)

    def forward(self, x):
        return self.norm(wrong(self.linear(x)))


def numbers(*shape):
    return (0.3 + 0.2 * torch.arange(math.prod(shape), dtype=torch.float64)).reshape(shape)


def blame(function, *arguments, **options):
    """The culprit of the one finding."""
    [finding] = dc.check(function, *arguments, **GIVEN, **options).findings
    assert finding.message.endswith(finding.record.judgement.culprit)
    return finding.record.judgement.culprit


# ---- torch -------------------------------------------------------------------------------------


def test_the_last_of_three():
    """Nothing comes after it, and nothing is said of that."""
    said = blame(lambda x: wrong(x.exp() * 2), numbers(2))
    assert said.startswith("going back from the output, the first wrong backward is that of Wrong (in `said = blame(")
    assert "test_blame.py:" in said
    assert "after" not in said


def test_the_middle_of_three():
    """What the cotangent passed before is right."""

    def function(x):
        h = right(x)
        h = wrong(h)
        return h.sum()

    said = blame(function, numbers(2))
    assert "that of Wrong (in `h = wrong(h)`" in said
    assert "twice the truth" in said
    assert said.endswith("all that comes after it is right")


def test_of_two_the_later_one_is_named():
    """The way goes back from the output."""

    def function(x):
        first = wrong(x)
        second = wrong(first.exp())
        return second.sum()

    assert "`second = wrong(first.exp())`" in blame(function, numbers(2))


def test_within_a_module():
    """Parameters take part, buffers are written to, and the module stays as it was."""
    torch.manual_seed(0)
    module = Layer().train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    assert "that of Wrong (in `return self.norm(wrong(self.linear(x)))`" in blame(module, numbers(4, 3))
    assert module.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


def test_several_outputs_and_a_missing_gradient():
    """A gradient that is not there is told from a wrong one; the argument has the name that the rule gives it."""

    def function(x):
        product, total = WrongProduct.apply(x, x.exp(), 2)
        return product.sum() + total.sum()

    assert "that of WrongProduct (in `product, total" in (said := blame(function, numbers(2)))
    assert "it gives no gradient (None) to y" in said


def test_a_gradient_that_is_not_finite():
    """An infinity is no number, and needs no distance."""
    assert "is inf, not " in blame(lambda x: NotFinite.apply(x).exp().sum(), numbers(2))


AWKWARD = {
    "a list of tensors": lambda x: torch.cat([wrong(x), x, torch.ones(1, dtype=x.dtype)]).exp(),
    "in place": lambda x: wrong(x.clone().mul_(2).add_(1)).mul_(x).exp_(),
    "an entry that is written": lambda x: _written(wrong(x)),
    "views": lambda x: wrong(x).reshape(1, -1).T[0:, [0]].expand(-1, 3).exp(),
    "keywords": lambda x: torch.clamp(wrong(x).sum(dim=0, keepdim=True), min=0.0),
    "tuples": lambda x: sum(part.exp().sum() for part in wrong(x).unbind()),
    "several outputs": lambda x: (wrong(x), {"more": x.exp()}),
    "whole numbers": lambda x: wrong(x)[torch.tensor([1, 0])].exp(),
    "a parameter that nobody asks about": lambda x: wrong(x) @ torch.ones(2, dtype=x.dtype, requires_grad=True),
    "a checkpoint": lambda x: torch.utils.checkpoint.checkpoint(wrong, x, use_reentrant=False).exp(),
}


def _written(x):
    y = 2 * x
    y[0] = 3 * x[1]
    return y * y


@pytest.mark.parametrize("function", AWKWARD.values(), ids=AWKWARD)
def test_awkward_programs(function):
    """Whatever else a function does, its wrong rule is found."""
    assert "that of Wrong (in `" in blame(function, numbers(2))


def test_hooks_are_named():
    """Every operation may be right, and the gradient is changed on its way."""

    def function(x):
        h = x.exp()
        if h.requires_grad:
            h.register_hook(lambda gradient: gradient / 2)
        return h.sin()

    said = blame(function, numbers(2))
    assert said.startswith("every operation is right on its own, but gradients are cut off or changed at ")
    assert "`h.register_hook(lambda gradient: gradient / 2)`" in said


def _in_no_grad(x):
    with torch.no_grad():
        scale = x.exp()
    return x * scale


STOPPED = {
    "detach": (lambda x: x * x.detach().exp(), "torch.Tensor.detach (in `"),
    "data": (lambda x: x * x.data.exp(), "torch.Tensor.data (in `"),
    "no_grad": (_in_no_grad, "no_grad around torch.Tensor.exp (in `scale = x.exp()`"),
    "item": (lambda x: x * torch.stack([torch.tensor(one.exp().item()) for one in x]), "torch.Tensor.item (in `"),
}


@pytest.mark.parametrize(("function", "named"), STOPPED.values(), ids=STOPPED)
def test_stopped_gradients_are_named(function, named):
    """Where a definition says that there is a derivative, what keeps it away is to blame."""
    assert named in blame(function, numbers(2), definition=lambda x: x * torch.exp(x))


def test_a_gradient_that_never_starts():
    """Nothing arrives, so there is no step to judge: what stops it is named alone."""
    said = blame(lambda x: x.detach().exp(), numbers(2), definition=torch.exp)
    assert said.startswith("gradients are cut off or changed at torch.Tensor.detach")


def test_another_function_than_its_definition():
    """Its value is the same where it was asked, and every operation is right."""
    said = blame(lambda x: (x * 2).relu() / 2, torch.tensor([1.0]), definition=lambda x: x * 2 - 1)
    assert said == "every operation is right on its own: is its definition another function?"


# ---- jax ---------------------------------------------------------------------------------------


@jax.jit
def compiled(x):
    h = jnp.tanh(x)
    return wrong_sine(h)


def _scanned(x):
    last, _ = jax.lax.scan(lambda carry, one: (jnp.tanh(carry) * wrong_sine(one), carry), 1.0, x)
    return last


IN_JAX = {
    "plain": (lambda x: wrong_sine(jnp.exp(x)).sum(), "wrong_sine (in `"),
    "within jit": (lambda x: compiled(2 * x).sum(), "wrong_sine (in `return wrong_sine(h)`"),
    "all within jit": (jax.jit(lambda x: wrong_sine(2 * x).sum()), "wrong_sine (in `"),
    "custom_jvp": (lambda x: jax.nn.silu(wrong_cosine(x)), "wrong_cosine (in `"),
    "scan": (_scanned, "wrong_sine (in `last, _ ="),
    "cond": (lambda x: jax.lax.cond(True, wrong_sine, jnp.exp, 2 * x), "wrong_sine (in `"),
    "checkpoint": (lambda x: jax.checkpoint(lambda y: wrong_sine(y) * y)(2 * x), "wrong_sine (in `"),
    "several outputs": (lambda x: (wrong_sine(x), {"more": jnp.argmax(x), "most": x.max()}), "wrong_sine (in `"),
    "random numbers": (lambda x: wrong_sine(x) * jax.random.normal(jax.random.key(0), (2,)), "wrong_sine (in `"),
}


@pytest.mark.parametrize(("function", "named"), IN_JAX.values(), ids=IN_JAX)
def test_jax(function, named):
    """A rule is found among equations, and in the programs that they call."""
    assert f"that of {named}" in blame(function, jnp.array([0.3, 0.5]))


def test_jax_names_what_stops_a_gradient():
    """Also where jit hides it."""
    function = jax.jit(lambda x: x * jnp.exp(jax.lax.stop_gradient(x)))
    said = blame(function, jnp.array([0.3, 0.5]), definition=lambda x: x * jnp.exp(x))
    assert "cut off or changed at stop_gradient (in `function = jax.jit(" in said


# ---- silence -----------------------------------------------------------------------------------


def test_one_operation_has_nobody_else_to_blame():
    """The finding says it all."""
    assert blame(wrong, numbers(2)) == ""


RIGHT_ONES = {
    "torch": lambda x: (right(x.exp()) * x.detach()).sum(),
    "torch, at a kink": lambda x: torch.relu(x - x).sum() + x.abs().max(),
}


@pytest.mark.parametrize("function", RIGHT_ONES.values(), ids=RIGHT_ONES)
def test_right_functions_have_no_wrong_step(function):
    """Nothing is found in what is right; and a check of it does not even look."""
    from diffcheck.given import give
    from diffcheck.own_case import first_point, own_case

    given = give(function, (numbers(2),))
    case = own_case(function, given, None, "torch", "float64", None, None)
    tape = TAPES["torch"](case.function.call, first_point(given.leaves, "float64"), case.wrt)  # type: ignore[attr-defined]  # a subject has it
    assert len(tape.steps) > 1
    assert Search("torch").first_wrong(tape) is None
    [record] = dc.check(function, numbers(2), **GIVEN).records
    assert record.judgement.verdict in (Verdict.AGREES, Verdict.CONVENTION)
    assert record.judgement.culprit == ""


def test_nothing_is_left_behind():
    """Random numbers, the grad mode, the profiler and the caller's tensors are as they were."""
    x = numbers(2).requires_grad_()
    before = torch.get_rng_state()
    with torch.no_grad():
        blame(lambda x: wrong(x.exp()).sum(), x)
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), before)
    assert x.grad is None
    assert sys.getprofile() is None


def test_somebody_elses_profiler_is_left_alone():
    """Rules are not seen then, so nothing is claimed about what is."""
    calls = []

    def profile(frame, event, argument):
        calls.append(event)

    sys.setprofile(profile)
    try:
        said = blame(lambda x: wrong(x.exp()).sum(), numbers(2))
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(None)
    assert calls
    assert said == ""
