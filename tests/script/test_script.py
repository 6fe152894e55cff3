"""Scripts of findings: every one is executed, and gives the number of the finding, bit for bit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import diffcheck as dc
from diffcheck.case import Case
from diffcheck.cell import differentiate, judge_cell, reference_or_judgement
from diffcheck.checked import Finding
from diffcheck.known import known_points, read_known
from diffcheck.point import Point
from diffcheck.record import Cell, Judgement, Record
from diffcheck.registry import load
from diffcheck.script.refusal import NoScript
from diffcheck.script.script import MOST_LINES, script
from diffcheck.verdict import Cause, Verdict

executed = import_module("tests.script.executed")

HALF = 0.5


class Doubled(torch.autograd.Function):
    """Twice the derivative of x·|x|, and NaN beyond 4."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x.abs()

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return torch.where(x > 4, x * math.nan, cotangent * 4 * x.abs())


class Raising(Doubled):
    @staticmethod
    def backward(ctx, cotangent):
        raise RuntimeError("no backward")


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, x):
        return (self.layer(x) * self.layer(x).detach()).sum()


class RightNet(Net):
    def forward(self, x):
        return (self.layer(x) ** 2).sum()


@jax.custom_vjp
def halved(x: Any) -> Any:
    """With a rule for half its derivative."""
    return jnp.sin(x) * x


def halved_forward(x):
    return halved(x), x


def halved_backward(x, cotangent):
    return (HALF * cotangent * (jnp.cos(x) * x + jnp.sin(x)),)


halved.defvjp(halved_forward, halved_backward)


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def power(x, exponent):
    return x**exponent


@power.defjvp
def power_rule(exponent, primals, tangents):
    return power(primals[0], exponent), tangents[0] * primals[0] ** (exponent - 1)


def scaled(x):
    return HALF * x


def layer(params, x):
    hidden = scaled(x) @ params["dense"]["weight"] + params["dense"]["bias"]
    return {"hidden": hidden, "size": 3}, (hidden * jax.lax.stop_gradient(hidden)).sum()


def right_layer(params, x):
    hidden = x @ params["dense"]["weight"] / 2 + params["dense"]["bias"]
    return hidden, (hidden * hidden).sum()


def detached(scale: float) -> Any:
    return lambda x: scale * x * x.detach()


def found(function: Any, *arguments: Any, mode: str = "R", **options: Any) -> Finding:
    """What a check finds at the point that is given."""
    return dc.check(function, *arguments, points="given", modes=[mode], **options).findings[0]


PARAMS = {"dense": {"weight": jnp.ones((2, 1)), "bias": jnp.ones(1)}}

TORCH = {
    "a Function": lambda: found(Doubled.apply, torch.tensor([0.1, 2.0], dtype=torch.float64)),
    "a Function in bfloat16": lambda: found(Doubled.apply, torch.tensor([0.1, 2.0], dtype=torch.bfloat16)),
    "NaN": lambda: found(Doubled.apply, torch.tensor(5.0)),
    "twice": lambda: found(Doubled.apply, torch.tensor([0.1, 2.0]), mode="RR"),
    "a module": lambda: found(Net().double(), torch.ones(3, 2, dtype=torch.float64), definition=RightNet().double()),
    "a lambda": lambda: found(lambda x: x * x.detach(), torch.ones(2), definition=lambda x: x * x),
    "a closure": lambda: found(detached(0.25), torch.tensor(3.0), definition=lambda x: x * x / 4, mode="F"),
    "an empty argument": lambda: found(
        lambda x, e: x * x.detach() + e.sum(),
        torch.tensor(2.0),
        torch.zeros(0, 3),
        definition=lambda x, e: x * x + e.sum(),
    ),
    "many numbers": lambda: found(Doubled.apply, torch.linspace(0.1, 1, 81), cotangent=torch.linspace(1, 2, 81)),
    "another value": lambda: found(lambda x: 2 * x, torch.ones(2), definition=lambda x: 3 * x),
}
JAX = {
    "a custom_vjp": lambda: found(halved, jnp.array([0.1, 2.0])),
    "a custom_vjp in bfloat16": lambda: found(halved, jnp.array([0.1, 2.0], dtype=jnp.bfloat16)),
    "a custom_vjp in jit": lambda: found(jax.jit(halved), jnp.array(2.0)),
    "a custom_jvp": lambda: found(power, jnp.array([1.5, 2.0]), 3, mode="F"),
    "twice": lambda: found(power, jnp.array([1.5, 2.0]), 3, mode="FR"),
    "a tree": lambda: found(layer, PARAMS, jnp.ones((3, 2)), definition=right_layer),
}


@cache
def cases() -> Mapping[str, Case]:
    return {case.id: case for case in load([])}


KNOWN = [
    ("vector/determinant", "torch", "R", "", "float64"),
    ("vector/determinant", "torch", "F", "", "float32"),
    ("vector/linear_solve", "torch", "RF", "", "float64"),
    ("special/gamma_entropy", "torch", "R", "", "float64"),
    ("special/gamma_log_likelihood", "torch", "RR", "", "float64"),
    ("network/layer_norm", "torch", "FF", "spelling", "float64"),
    ("piecewise/square_root_above_one", "torch", "R", "", "float32"),
    ("special/gaussian_error_unit", "jax", "R", "spelling", "float64"),
    ("piecewise/square_root_above_one", "jax", "R", "jit", "float32"),
    ("piecewise/euclidean_norm", "jax", "F", "", "float64"),
    ("network/two_layer_network", "handwritten", "R", "tutorial", "float32"),
]


@cache
def known_finding(cell: Cell) -> Finding:
    """The first point of the file of known findings at which a cell shows one."""
    case = cases()[cell.case]
    entries = [entry for entry in read_known(Path(__file__).parents[2] / "cases/known.toml") if entry.names(cell)]
    for point in known_points(entries, case, cell.dtype):
        judgement = judge_cell(case, cell, point, reference_or_judgement(case, point, cell.mode))
        if judgement.verdict.failure:
            return Finding(Record("", cell, judgement, point), case)
    raise AssertionError(f"nothing is found at {cell}")


def shown(case: Case, cell: Cell, argument: str, index: tuple[int, ...], point: Point) -> Finding:
    """A finding made up: what a script has to reproduce is the same whether it is right or wrong."""
    value = float(np.asarray(differentiate(case, cell, point).entries[argument])[index])
    judgement = Judgement(Verdict.WRONG, Cause.FORMULA, 9.0, 9.0, argument, index, value, value, value)
    return Finding(Record("", cell, judgement, point), case)


def quotient(rule: str, dtype: str) -> Finding:
    case = cases()["special/sigmoid_linear_unit"]
    point = Point({"x": np.array([0.7, -2.0], dtype)}, np.array([1.0, 0.3], dtype))
    return shown(case, Cell(case.id, "finite_difference", "R", rule, dtype), "x", (1,), point)


QUOTIENTS = [("forward", "float64"), ("central", "float32"), ("five-point", "float64"), ("richardson", "float32")]


@pytest.fixture(scope="module")
def torch_findings() -> list[Finding]:
    torch.manual_seed(0)
    return [*(make() for make in TORCH.values()), *known("torch")]


def known(backend: str) -> list[Finding]:
    return [known_finding(Cell(*names)) for names in KNOWN if names[1] == backend]


def compare(findings: list[Finding]) -> None:
    """Each script is short and needs nothing of ours, and its number is that of its finding."""
    scripts = [finding.script() for finding in findings]
    assert not [text for text in scripts if "own module" in text]
    for finding, text, printed in zip(findings, scripts, executed.printed_by(scripts), strict=True):
        assert len(text.splitlines()) <= MOST_LINES, text
        assert "diffcheck" not in text
        assert finding.value is not None
        np.testing.assert_equal(executed.number_in(printed), finding.value, err_msg=text)


def test_torch_gives_the_same_bits(torch_findings: list[Finding]) -> None:
    """Custom rules, modules, lambdas and known findings, in every dtype and mode."""
    compare(torch_findings)


def test_jax_gives_the_same_bits() -> None:
    """Custom rules, trees, compiled functions and known findings."""
    compare([*(make() for make in JAX.values()), *known("jax")])


def test_numpy_gives_the_same_bits() -> None:
    """Formulas written by hand, and difference quotients."""
    compare([*known("handwritten"), *(quotient(*names) for names in QUOTIENTS)])


def test_nothing_that_comes_is_said_too() -> None:
    """An exception and a gradient that does not arrive are what a script ends with."""
    raising = found(Raising.apply, torch.ones(2))
    missing = found(lambda x, w: x.detach() * w, torch.ones(2), torch.ones(2), definition=lambda x, w: x * w)
    nowhere = found(lambda x: x.detach() * 2, torch.ones(2), definition=lambda x: x * 2)
    scripts = [finding.script() for finding in (raising, missing, nowhere)]
    assert executed.printed_by(scripts) == [
        "raises RuntimeError: no backward; a derivative exists here\n",
        "x.grad is None: no gradient arrives at x, whose derivative is not zero by construction\n",
        "x.grad is None: no gradient arrives at x, whose derivative is not zero by construction\n",
    ]


def test_a_script_says_what_is_true_and_how_that_is_known() -> None:
    """The header holds verdict, enclosure, definition and likely cause; the last line the comparison."""
    finding = found(lambda x: x * x.detach(), torch.ones(2), definition=lambda x: x * x)
    text = finding.script()
    assert text.splitlines()[:4] == [
        f"# test_script/lambda · torch R · float32: WRONG, {Verdict.WRONG.value.message}",
        "# certified by ball arithmetic: exactly 2.0",
        "# judged by its definition: lambda x: x * x",
        "# likely: half the truth: is the 2 of a square missing?",
    ]
    assert text.splitlines()[-1] == 'print(f"x.grad[0] = {x.grad[0].item()!r}, true value 2.0, 4e6 ulp apart")'


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        (0.1, 0.10000000000000002, "to 60 bits at least: between 0.1 and 0.10000000000000002"),
        (-1.0, 1.0, "at this kink every number between -1.0 and 1.0 is right"),
    ],
)
def test_an_enclosure_is_a_number_or_a_range(lower: float, upper: float, said: str) -> None:
    """What is certified at a kink is no number."""
    finding = quotient("central", "float64")
    judgement = replace(finding.record.judgement, lower=lower, upper=upper)
    text = script(replace(finding.record, judgement=judgement), cases()["special/sigmoid_linear_unit"])
    assert f"# certified by ball arithmetic{':' if lower < 0 else ','} {said}\n" in text


def without_source() -> Any:
    """What a notebook leaves behind whose cells are gone."""
    names: dict[str, Any] = {"__name__": "__main__", "torch": torch}
    code = """
class Lost(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * x
    @staticmethod
    def backward(ctx, cotangent):
        return cotangent
"""
    exec(compile(code, "<cell>", "exec"), names)  # noqa: S102  # that is how a notebook does it
    return names["Lost"], code


def test_a_function_without_source_leaves_a_line_to_fill_in() -> None:
    """The script says what is missing; with it, it runs."""
    lost, code = without_source()
    finding = found(lost.apply, torch.ones(2))
    line = "# paste the definition of Lost here: its source cannot be found"
    assert line in finding.script().splitlines()
    [printed] = executed.printed_by([finding.script().replace(line, code)])
    assert executed.number_in(printed) == finding.value


def test_a_module_that_takes_arguments_leaves_a_line_to_fill_in() -> None:
    """Nobody else knows what a class was called with."""

    class Wide(torch.nn.Module):
        def __init__(self, width):
            super().__init__()
            self.layer = torch.nn.Linear(width, 1)

        def forward(self, x):
            return Doubled.apply(self.layer(x))

    text = found(Wide(2), torch.ones(3, 2)).script()
    assert "# write here how it is built: module = Wide(…)" in text
    assert "functional_call(module, {'layer.weight': layer_weight, 'layer.bias': layer_bias}, (x,))" in text


def test_a_long_function_comes_from_its_module() -> None:
    """Where the source does not fit, and a module holds it."""
    text = found(long_function, torch.ones(2), definition=lambda x: 16 * x * x).script()
    assert f"from {__name__} import long_function  # your own module" in text
    assert len(text.splitlines()) <= MOST_LINES


def long_function(x):
    a = x * x.detach()
    b = a + a
    c = b + b
    d = c + c
    e = d + d
    a1 = e * 1
    b1 = a1 * 1
    c1 = b1 * 1
    d1 = c1 * 1
    e1 = d1 * 1
    a2 = e1 * 1
    b2 = a2 * 1
    c2 = b2 * 1
    d2 = c2 * 1
    e2 = d2 * 1
    return e2 * 1


def test_what_has_no_script_is_told_in_one_line() -> None:
    """A record without a point, a backend without scripts, a point with too many numbers, a record from a file."""
    finding = quotient("central", "float64")
    assert finding.case is not None
    record = finding.record
    large = replace(record, point=Point({"x": np.random.default_rng(0).standard_normal(9000)}))
    refused = [
        (replace(record, point=None, judgement=Judgement(Verdict.CRASHED, message="it died")), "nothing ran: it died"),
        (replace(record, cell=replace(record.cell, backend="sympy")), "not for sympy"),
        (replace(record, cell=replace(record.cell, transform="complex-step")), "diffcheck's own"),
        (replace(large, cell=replace(record.cell, backend="torch", transform="")), "too many numbers"),
    ]
    for refusing, message in refused:
        with pytest.raises(NoScript, match=message):
            script(refusing, finding.case)
    with pytest.raises(NoScript, match="check it again"):
        Finding(record).script()
