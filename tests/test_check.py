"""The front door: wrong derivatives are found and made small, right ones pass, nothing of the caller's changes."""

from __future__ import annotations

import random
from importlib import import_module
from itertools import count
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import strategies
from hypothesis.extra.numpy import array_shapes, arrays

import diffcheck as dc
from diffcheck.reference.second_opinion import Disagreement
from diffcheck.run_file import read_run
from diffcheck.subject import Call, Definition, Slot, Subject
from diffcheck.verdict import Verdict

FEW: dict[str, Any] = {"max_examples": 5}


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return cotangent * (s + x * s * (1 - s))


class WrongSwish(Swish):
    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return cotangent * (s + x * s * (1 + s))


@jax.custom_vjp
def scaled_sine(x):
    return jnp.sin(x)


scaled_sine.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (1.001 * g * jnp.cos(x),))


def numbers(*shape):
    return torch.from_numpy(np.random.default_rng(0).standard_normal(shape))


# ---- what is right passes, what is wrong is found ----------------------------------------------


WEIGHTS = numbers(2, 3)

RIGHT = {
    "torch": (lambda a, b: torch.tanh(a @ b), (numbers(2, 3), numbers(3))),
    "tensors that it holds": (lambda b: torch.tanh(WEIGHTS @ b), (numbers(3),)),
    "jax, a dictionary": (lambda p: jnp.tanh(p["w"] @ p["w"]), ({"w": jnp.ones(3), "name": "relu"},)),
    "several outputs": (lambda a: (2 * a, {"sum": a.sum()}, a.argmax()), (numbers(2),)),
    "labels": (torch.nn.functional.cross_entropy, (numbers(2, 3), torch.tensor([2, 0]))),
    "no number at all": (lambda a: (a * a).sum(), (torch.zeros(0),)),
    "one number": (lambda a: a * a, (torch.tensor(2.0),)),
    "a stopped gradient": (lambda a: (a * a.detach()).sum(), (numbers(2),)),
    "a branch": (lambda a: a * a if a.sum() > 0 else 3 * a, (numbers(2),)),
    "it requires grad": (lambda a: a.exp().sum(), (numbers(2).requires_grad_() * 2,)),
}


@pytest.mark.parametrize(("function", "arguments"), RIGHT.values(), ids=RIGHT)
def test_right_functions_pass(function, arguments):
    """Frameworks differentiate these correctly."""
    report = dc.check(function, *arguments, **FEW)
    assert report.ok
    assert not report.findings
    assert {record.cell.mode for record in report.records} == {"R", "F"}


def test_a_right_rule_without_forward_mode_passes():
    """A refusal to perform a mode is no failure."""
    dc.assert_gradient(Swish.apply, dc.real(3, low=-50, high=50), definition=torch.nn.functional.silu, **FEW)


@pytest.mark.parametrize("definition", [None, torch.nn.functional.silu, jax.nn.silu, dc.special.silu])
def test_a_wrong_rule_is_found_and_made_small(definition):
    """One line, with a definition in any language or without one; the point is the smallest that shows it."""
    report = dc.check(
        WrongSwish.apply,
        dc.real(3, low=-50, high=50),
        backend="torch",
        definition=definition,
        dtypes=["float64"],
        **FEW,
    )
    [finding] = report.findings
    assert finding.verdict is Verdict.WRONG
    assert (finding.backend, finding.mode, finding.dtype, finding.argument) == ("torch", "R", "float64", "x")
    assert finding.point is not None
    assert abs(finding.point.arguments["x"]).max() <= 2
    assert finding.reference is not None
    assert finding.value is not None
    low, high = finding.reference
    assert not low <= finding.value <= high
    assert not report.ok


def test_a_failed_assertion_shows_the_example():
    """The error is pytest's kind, and its message has the numbers."""
    with pytest.raises(dc.GradientError) as raised:
        dc.assert_gradient(scaled_sine, jnp.ones(2), **FEW)
    assert isinstance(raised.value, AssertionError)
    for word in ("WRONG", "scaled_sine", "jax R", "x = ", "true"):
        assert word in str(raised.value)


def test_a_wrong_leaf_is_named():
    """A finding in nested arguments says which one it is."""

    def function(params):
        return params["dense"]["w"] * 2 + scaled_sine(params["dense"]["bias"][0])

    report = dc.check(function, {"dense": {"w": jnp.ones(2), "bias": [jnp.ones(2)]}}, **FEW)
    assert {finding.argument for finding in report.findings} == {"params['dense']['bias'][0]"}


def test_another_function_is_different():
    """Values are compared first: jax's gelu is the tanh approximation unless it is told otherwise."""
    report = dc.check(torch.nn.functional.gelu, dc.real(2), backend="torch", definition=jax.nn.gelu, **FEW)
    assert {finding.verdict for finding in report.findings} == {Verdict.DIFFERENT}


def test_points_that_were_given_are_the_only_ones():
    """points='given' judges the arrays: once as they are, once for each output."""
    [record] = dc.check(torch.tanh, numbers(3), points="given", modes=["R"]).records
    assert record.points == 1 + 3


def test_a_cotangent_weighs_the_outputs_everywhere():
    """At drawn points, too, and where findings are made small: the second output is never looked at."""

    def both(x):
        return torch.stack([Swish.apply(x).sum(), WrongSwish.apply(x).sum()])

    right, wrong = (dc.check(both, dc.real(2), cotangent=weights, **FEW) for weights in ([1.0, 0.0], [0.0, 1.0]))
    assert right.ok
    assert not wrong.ok
    point = wrong.findings[0].point
    assert point is not None
    assert point.cotangent is not None
    assert np.array_equal(point.cotangent, [0.0, 1.0])


def test_arrays_beside_domains_are_judged_first():
    """With the simplest array of every domain; other arrays are drawn as well."""
    (record, _) = dc.check(lambda a, b: a @ b, numbers(2, 3), dc.real(3), max_examples=3).records
    assert record.verdicts["AGREES"] > 3


def test_a_strategy_says_what_may_be_drawn():
    """Points, also small ones, are its own; it may draw other shapes, and numbers that are none are left out."""

    class WrongAboveSeven(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.sin(x)

        @staticmethod
        def backward(ctx, cotangent):
            (x,) = ctx.saved_tensors
            return cotangent * torch.cos(x) * torch.where(x > 7, 2.0, 1.0)

    elements = strategies.floats(6.5, 10) | strategies.just(float("nan"))
    shapes = array_shapes(max_dims=2, max_side=3)
    report = dc.check(WrongAboveSeven.apply, arrays(np.float64, shapes, elements=elements), max_examples=30)
    assert [finding.verdict for finding in report.findings] == [Verdict.WRONG] * 2
    shown = [finding.point.arguments["x"] for finding in report.findings if finding.point is not None]
    assert [(numbers >= 6.5).all() for numbers in shown] == [True] * 2
    labelled = dc.check(lambda x, k: x[k], numbers(4), strategies.integers(0, 3), **FEW)
    assert labelled.ok


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        (strategies.text(), "draws str, no array of numbers"),
        (strategies.nothing(), "draws nothing"),
        (strategies.lists(strategies.lists(strategies.floats(0, 1), min_size=1), min_size=2), "no array of numbers"),
    ],
)
def test_a_strategy_of_no_arrays_is_refused(strategy, said):
    """In one line, when it draws the first time or later."""
    with pytest.raises(dc.CheckError, match=said):
        dc.check(lambda x: x.sum(), strategy, backend="torch", max_examples=50)


def test_nothing_that_can_be_judged_is_no_success():
    """Without an expression there is no verdict, and no green test."""
    with pytest.raises(dc.GradientError, match="nothing could be judged"):
        dc.assert_gradient(torch.special.zeta, numbers(2).abs() + 2, numbers(2).abs() + 2, **FEW)


def test_a_kernel_that_nobody_can_look_into_needs_a_definition():
    """What NumPy computes is invisible: with a definition it is judged, without one nothing is made up."""

    class Kernel(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.from_numpy(np.sin(x.numpy()))

        @staticmethod
        def backward(ctx, cotangent):
            return cotangent * torch.cos(ctx.saved_tensors[0])

    with pytest.raises(dc.CheckError, match="definition="):
        dc.check(Kernel.apply, numbers(2))
    dc.assert_gradient(Kernel.apply, numbers(2), definition=torch.sin, modes=["R"], **FEW)


# ---- modules -----------------------------------------------------------------------------------


def test_a_module_is_a_function_of_its_parameters_and_keeps_its_state():
    """Every parameter is differentiated; running statistics and training mode are as before."""
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    report = dc.check(module, torch.ones(4, 3), modes=["R"], **FEW)
    assert not report.findings
    assert module.training
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_a_finding_names_a_parameter():
    """The module's own name for it."""

    class Scaled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(2))

        def forward(self, x):
            return x * WrongSwish.apply(self.scale)

    report = dc.check(Scaled(), torch.ones(2), modes=["R"], **FEW)
    assert {finding.argument for finding in report.findings} == {"scale"}


def test_dropout_is_refused():
    """A random function has no derivative to judge."""
    with pytest.raises(dc.CheckError, match=r"random: .*\.eval\(\)"):
        dc.check(torch.nn.Dropout(), torch.ones(8))


def test_a_function_that_seldom_gives_another_value_is_random_too():
    """Two equal values prove nothing, and diffcheck does not blame itself."""
    calls = count()

    def hesitant(x):
        return 2 * x if next(calls) % 3 == 2 else x

    with pytest.raises(dc.CheckError, match="random"):
        dc.check(hesitant, dc.real(2, low=1.0, high=2.0), backend="torch", **FEW)


# ---- bad input ---------------------------------------------------------------------------------


BAD = {
    "a Python float": (lambda a: a.sum().item(), (numbers(2),), "returns a Python float"),
    "integers": (lambda a: a.argmax(), (numbers(2),), "returns torch.int64"),
    "nothing": (lambda a: None, (numbers(2),), "returns nothing"),
    "no dependence": (lambda a: torch.ones(3, dtype=a.dtype), (numbers(2),), "does not depend on a"),
    "a NaN": (lambda a: a, (torch.tensor([np.nan]),), "a holds a NaN"),
    "no array": (lambda a: a, (2.0,), "no array and no domain"),
    "complex": (lambda a: a, (torch.ones(2, dtype=torch.complex64),), "a has dtype complex64"),
    "mixed dtypes": (lambda a, b: a + b, (numbers(2), numbers(2).float()), "a float64, b float32"),
    "two frameworks": (lambda a, b: a, (numbers(2), jnp.ones(2)), "arrays of jax and torch"),
    "it raises": (lambda a: a @ torch.ones(5), (numbers(2),), "the function raises RuntimeError"),
}


@pytest.mark.parametrize(("function", "arguments", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line(function, arguments, said):
    """What cannot be checked says why."""
    with pytest.raises(dc.CheckError) as raised:
        dc.check(function, *arguments)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backend": "sympy"}, "no backend 'sympy'"),
        ({"backend": "jax"}, "the arrays are torch's"),
        ({"modes": ["X"]}, "no mode 'X'"),
        ({"orders": [3]}, "no order 3"),
        ({"dtypes": ["float8"]}, "no dtype 'float8'"),
        ({"points": "all"}, "no points 'all'"),
        ({"wrt": "y"}, "wrt names 'y'; there are x"),
        ({"definition": len}, "the definition cannot be read"),
    ],
)
def test_bad_options_are_one_line(options, said):
    """Options are checked before anything runs."""
    with pytest.raises(dc.CheckError) as raised:
        dc.check(lambda x: x * x, numbers(2), **options)
    assert said in str(raised.value)


def test_a_failure_of_ours_is_no_traceback(monkeypatch):
    """It is a verdict, and the assertion fails."""

    def fail(*arguments, **options):
        raise LookupError("no such row")

    monkeypatch.setattr(import_module("diffcheck.check"), "search", fail)  # the name itself is the function's
    with pytest.raises(dc.GradientError, match="diffcheck failed here: LookupError: no such row"):
        dc.assert_gradient(torch.tanh, numbers(2))


def test_a_function_that_is_read_wrongly_stops_the_check(monkeypatch):
    """What is lifted has the function's own value, or diffcheck says that the mistake is its own."""
    sine = Definition(Call(torch.sin, (Slot("x"),)), "torch")

    def other(subject, point, beside=None):
        return sine.traced_at(point, beside)

    monkeypatch.setattr(Subject, "traced_at", other)
    with pytest.raises(Disagreement, match="reads this function wrongly"):
        dc.check(torch.tanh, numbers(2), **FEW)


# ---- manners -----------------------------------------------------------------------------------


def test_two_opinions_that_differ_stop_the_check(monkeypatch):
    """Then nothing that diffcheck says can be trusted."""

    def contradict(*_):
        raise Disagreement("one of them is wrong")

    monkeypatch.setattr("diffcheck.agreement.second_opinion", contradict)
    with pytest.raises(Disagreement, match="one of them is wrong"):
        dc.check(lambda x: x.sin(), numbers(2), **FEW)


def test_everything_of_the_callers_is_as_before():
    """Tensors, random numbers, default dtype, grad mode and jax's x64 switch."""
    x = torch.ones(2, requires_grad=True)
    config: Any = jax.config

    def states():
        yield torch.get_rng_state().tolist()
        yield str(np.random.get_state())  # noqa: NPY002  # the state that somebody else uses
        yield random.getstate()
        yield torch.get_default_dtype()
        yield torch.is_grad_enabled()
        yield config.jax_enable_x64
        yield (x.tolist(), x.grad, x.requires_grad)

    before = list(states())
    with torch.no_grad():
        dc.check(lambda x: x.mul_(2).exp(), x, dtypes=["float64"], **FEW)
        assert not torch.is_grad_enabled()
    dc.check(jnp.exp, jnp.ones(2), dtypes=["float64"], **FEW)
    assert list(states()) == before


# ---- what comes back ---------------------------------------------------------------------------


def test_a_report_is_saved_and_shown(tmp_path):
    """A run file with the same records; a table in a terminal and in a notebook."""
    report = dc.check(torch.tanh, numbers(2), **FEW)
    report.save(tmp_path / "run.jsonl")
    stored = read_run(tmp_path / "run.jsonl")
    assert stored.complete
    assert [record.cell for record in stored.records] == [record.cell for record in report.records]
    assert "torch" in str(report)
    assert report._repr_html_().startswith("<pre>")
    assert report.outcome == 0


def test_the_same_check_gives_the_same_report():
    """Nothing depends on the run."""
    first, second = (str(dc.check(torch.tanh, numbers(2), seed=3, **FEW)) for _ in range(2))
    assert first == second
