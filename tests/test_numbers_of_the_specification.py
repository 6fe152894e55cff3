"""The numbers that the mathematics of a verdict and the design rest on, computed again.

Where an experiment gives another number than was written down, the test holds the one that was measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb
from scipy.optimize import linprog

from diffcheck import array_namespace as xp
from diffcheck import case, real
from diffcheck.backends import BACKENDS
from diffcheck.backends.base import Derivative, Task
from diffcheck.case import Case
from diffcheck.confirm import confirm
from diffcheck.dtype import ulp
from diffcheck.evidence import gather
from diffcheck.judge import judge
from diffcheck.ran import Ran, what_ran
from diffcheck.record import Cell, Judgement
from diffcheck.reference.conditioning import conditioning
from diffcheck.reference.reference import Reference, refer
from diffcheck.reference.rounded import SIGMAS
from diffcheck.reference.rounding_of_sums import summation_error
from diffcheck.special import expit, gelu, logsumexp, relu, softplus
from diffcheck.taylor_remainder import taylor_remainder
from diffcheck.verdict import Cause, Verdict
from tests.judging import asked, judged, point_of, referred

Function = Callable[..., Any]
V, C = Verdict, Cause
U32 = 2.0**-24
NAN = float("nan")
frameworks = pytest.mark.parametrize("backend", ["torch", "jax"])


# ---- the verdicts ----------------------------------------------------------------------------


def test_another_gelu() -> None:
    """jax.nn.gelu is the tanh form: its value at 1 is 1.5e-4 off, and its derivative is not judged."""
    import jax

    value = float(jax.nn.gelu(1.0))
    assert value - float(sp.erfc(-1 / sp.sqrt(2)) / 2) == pytest.approx(-1.5e-4, rel=0.02)
    assert judged(gelu, 1.0, dtype="float32", value=value, x=1.0).verdict is V.DIFFERENT


@pytest.mark.parametrize(("backend", "picked"), [("torch", 2.0), ("jax", 1.0)])
def test_two_clamps(backend: str, picked: float) -> None:
    """clamp(x, 0) − clamp(−x, 0) is x: torch answers 2 at 0, as the chain rule may, and jax 1."""
    judgement = asked(lambda x: xp(x).clip(x, 0, None) - xp(x).clip(-x, 0, None), backend, x=0.0)
    assert judgement.value == picked
    assert judgement.verdict is (V.AGREES if picked == 1 else V.SELECTION)


@frameworks
def test_two_rectifiers(backend: str) -> None:
    """relu(x) − relu(−x) is x, too, and both answer 0."""
    judgement = asked(lambda x: relu(x) - relu(-x), backend, x=0.0)
    assert (judgement.verdict, judgement.value) == (V.SELECTION, 0.0)


def test_rectified_networks_without_biases() -> None:
    """At x = 0, 0 is what AD answers; in about half of all networks of 2 inputs and 8 neurons it is no subgradient."""

    def verdict(seed: int) -> Verdict:
        random = np.random.default_rng(seed)
        inner, outer = random.standard_normal((2, 8)), random.standard_normal(8)
        return judged(lambda x: relu(x @ xp(x).asarray(inner)) @ xp(x).asarray(outer), [0, 0], x=[0.0, 0.0]).verdict

    verdicts = [verdict(seed) for seed in range(8)]
    assert set(verdicts) == {V.CONVENTION, V.SELECTION}
    assert 2 <= verdicts.count(V.SELECTION) <= 6


# ---- the order of judgement ------------------------------------------------------------------


@frameworks
def test_a_stable_logsumexp_underflows_without_harm(backend: str) -> None:
    """At [−200, 1] the right answer agrees, and the underflow of exp(−201)/… explains no NaN, nor another number."""
    assert asked(logsumexp, backend, dtype="float32", x=[-200.0, 1.0]).verdict is V.AGREES
    for answer, verdict in (([NAN, 1.0], V.NOT_FINITE), ([1e-30, 1.0], V.WRONG), ([0.0, 0.5], V.WRONG)):
        assert judged(logsumexp, answer, dtype="float32", x=[-200.0, 1.0]).verdict is verdict


# ---- rounding --------------------------------------------------------------------------------


def logistic(x: Any) -> Any:
    """The logistic function, spelled so that its closed form is SymPy's: e⁻ˣ/(1 + e⁻ˣ)²."""
    return 1 / (1 + xp(x).exp(-x))


def of_output(x: float) -> np.float32:
    """y(1 − y) in float32: what torch and jax compute of a saved output."""
    y = np.float32(1) / (np.float32(1) + np.exp(np.float32(-x)))
    return np.float32(y * (1 - y))


def test_the_slope_of_a_logistic_function_is_judged_by_the_program_that_ran() -> None:
    """At 15 y(1 − y) is further off than 5.6e4 times what SymPy's formula allows, measured 1.3e5 times."""
    by_formula = judged(logistic, of_output(15.0), dtype="float32", x=15.0)
    assert by_formula.verdict is V.WRONG
    assert 5.6e4 < by_formula.ratio < 5e5
    assert judged(expit, of_output(15.0), dtype="float32", x=15.0).verdict is V.AGREES


@frameworks
@pytest.mark.parametrize(("x", "answer"), [(15.0, float(of_output(15.0))), (20.0, 0.0)])
def test_frameworks_differentiate_the_saved_output(x: float, answer: float, backend: str) -> None:
    """They answer y(1 − y), and 0 at 20, where the slope is 2e-9: digits lost, and no error."""
    judgement = asked(expit, backend, dtype="float32", x=x)
    assert (judgement.verdict, judgement.value) == (V.AGREES, answer)


def one_by_one(numbers: np.ndarray) -> float:
    """How far a float32 sum, added up one by one, is off: in units of round-off of the sum."""
    total = float(np.cumsum(numbers, dtype=np.float32)[-1])
    exact = float(np.sum(numbers, dtype=np.longdouble))
    return abs(total - exact) / (U32 * exact)


@pytest.mark.parametrize(("size", "error"), [(10**3, 160), (10**6, 1.6e5)])
def test_constant_data_round_with_a_bias(size: int, error: float) -> None:
    """A sum of 0.1 errs by 160u for a thousand terms and by 1.6e5 u for a million, far beyond 6σ: a suspicion."""
    tenths = np.full(size, 0.1, np.float32)
    assert one_by_one(tenths) == pytest.approx(error, rel=0.01)
    sigma = summation_error(size, size * 0.01, 0.1 * size, U32) / (U32 * 0.1 * size)
    assert SIGMAS * sigma < error < size


def test_both_terms_of_the_error_of_a_sum_matter() -> None:
    """Of sums of a thousand numbers of one sign a third err by more than 6.8u, what the first term allows, some by 11u.

    The first term alone gives 6σ = 2.8u, and 2 ulp are at most 4u. With both terms 6σ is 63u.
    """
    terms = 1000
    samples = np.random.default_rng(0).random((100, terms)).astype(np.float32)
    errors = np.array([one_by_one(numbers) for numbers in samples])
    squares, total = float((samples.astype(float) ** 2).sum(1).mean()), float(samples.astype(float).sum(1).mean())
    first = SIGMAS * summation_error(terms, squares, 0.0, U32) / (U32 * total)
    assert first + 4 == pytest.approx(6.8, abs=0.05)
    assert np.mean(errors > 6.8) > 0.2
    assert np.mean(errors > 11) > 0.05
    assert errors.max() < SIGMAS * summation_error(terms, squares, total, U32) / (U32 * total)


def furthest(function: Function, exact: Callable[[arb], arb], points: np.ndarray) -> float:
    """The largest error of a float32 function, in ulp."""
    numbers = np.asarray(function(points), float)
    truth = [exact(arb(x)) for x in points.astype(float).tolist()]
    return max(
        abs(float(arb(number) - true)) / float(ulp(float(true.mid()), "float32"))
        for number, true in zip(numbers.tolist(), truth, strict=True)
    )


ROOT_OF_DIGAMMA = 1.4616321449683623


@pytest.mark.parametrize(
    ("backend", "name", "exact", "place", "error"),
    [
        ("jax", "gammaln", arb.lgamma, 1.0, 3.7e5),
        ("jax", "digamma", arb.digamma, ROOT_OF_DIGAMMA, 3.3e5),
        ("torch", "digamma", arb.digamma, ROOT_OF_DIGAMMA, 1.9e5),
        ("jax", "logit", lambda x: (x / (1 - x)).log(), 0.5, 1.8e3),
        ("torch", "logit", lambda x: (x / (1 - x)).log(), 0.5, 1.8e3),
    ],
)
def test_one_number_for_each_primitive_would_not_do(
    backend: str, name: str, exact: Callable[[arb], arb], place: float, error: float
) -> None:
    """Near its root a function is off by up to 3.7e5 ulp, at a distance of 2⁻¹² to 2⁻¹⁷; elsewhere by a few."""
    distances = np.outer([1, -1], [m * 2.0**-k for k in range(12, 17) for m in (1, 1.25, 1.5, 1.75)]).ravel()
    near = (place * (1 + distances)).astype(np.float32)
    first, last = (1.6, 1.9) if name == "logit" else (4.0, 8.0)
    far = (place * np.linspace(first, last, 20)).astype(np.float32)
    function = primitive(backend, name)
    assert furthest(function, exact, near) == pytest.approx(error, rel=0.2)
    assert furthest(function, exact, far) < 10


def primitive(backend: str, name: str) -> Function:
    """A framework's own function, of NumPy arrays."""
    if backend == "jax":
        import jax.scipy.special

        return getattr(jax.scipy.special, name)
    import torch

    return lambda points: getattr(torch.special, name)(torch.from_numpy(points)).numpy()


def test_the_allowance() -> None:
    """The smaller of 6σ and the worst case, and 2 ulp."""
    for numbers in (np.ones(3), np.random.default_rng(0).random(1000)):
        reference = referred(lambda s, x: xp(x).sum(s * x), {"s": 1.0, "x": numbers}, "float32")
        evidence = gather({"s": np.asarray(0.0)}, Derivative(None, {"s": np.asarray(0.0)}), reference)["s"]
        rounded = reference.rounded["s"]
        smaller = min(SIGMAS * float(rounded.sigma), float(rounded.worst))
        expected = smaller + 2 * ulp(evidence.enclosure.high, "float32") + evidence.enclosure.radius
        assert evidence.allowance == pytest.approx(float(expected))


@case(x=real(), source="none")
def square(x):
    """x²"""
    return x * x


@pytest.mark.parametrize(("bits", "verdict"), [(19.9, V.WRONG), (20.1, V.INCONCLUSIVE)])
def test_an_error_that_shrinks_by_less_than_2_to_the_20_is_the_formulas(bits: float, verdict: Verdict) -> None:
    """From float32 to float64; roundings shrink by 2²⁹."""

    def answer(case: Case, cell: Cell, at: Any) -> Derivative:
        error = 1e-3 if at.dtype == np.float32 else 1e-3 * 2**-bits
        return Derivative(None, {"x": np.asarray(6.0 + error)})

    def reference_at(case: Case, at: Any, mode: str) -> Reference:
        return refer(case.function, at, ("x",), mode)

    suspicion = Judgement(V.INCONCLUSIVE, C.EXCESS, argument="x", value=6.001)
    cell = Cell(square.id, "torch", "R", "", "float64")
    assert confirm(square, cell, point_of({"x": 3.0}, "float64"), suspicion, answer, reference_at).verdict is verdict


def careless(x: Any) -> Any:
    return (1 - xp(x).cos(x)) / x**2


@frameworks
def test_a_careless_formula_is_no_wrong_derivative(backend: str) -> None:
    """(1 − cos x)/x² at 1e-3 is differentiated rightly and 1.2e12 ulp off, where the problem itself moves by an ulp."""
    judgement = asked(careless, backend, x=1e-3)
    assert judgement.verdict is V.AGREES
    assert judgement.ulps == pytest.approx(1.16e12, rel=0.01)
    reference = referred(careless, {"x": 1e-3})
    node = reference.closed_form.entries["x"]
    assert node is not None
    arguments = tuple(reference.closed_form.traced.inputs.values())
    sensitivity = conditioning(node, (), arguments, reference.inputs, reference.dtype)
    assert sensitivity is not None
    assert sensitivity < float(ulp(reference.entries["x"].high, "float64"))


# ---- kinks -----------------------------------------------------------------------------------


@frameworks
def test_a_rectifier_near_its_kink(backend: str) -> None:
    """relu(x − 0.1) at float32(0.1) has the argument +1.5e-9, and both frameworks return 0."""
    assert float(np.float32(0.1)) - 0.1 == pytest.approx(1.5e-9, rel=0.01)
    judgement = asked(lambda x: relu(x - 0.1), backend, dtype="float32", x=0.1)
    assert (judgement.verdict, judgement.cause, judgement.value) == (V.CONVENTION, C.NEAR_KINK, 0.0)


@pytest.mark.parametrize(
    ("answer", "verdict"), [(-1.0, V.CONVENTION), (1.0, V.CONVENTION), (50.0, V.WRONG), (101.0, V.WRONG)]
)
def test_a_step_of_2_to_the_minus_500_is_not_small(answer: float, verdict: Verdict) -> None:
    """Beside 1e-200, where another kink lies: the slope beyond it is no limit."""
    assert judged(lambda x: xp(x).abs(x) + 100 * relu(x - 1e-200), answer, x=0.0).verdict is verdict


@pytest.mark.parametrize(("answer", "verdict"), [(1.0, V.AGREES), (0.0, V.WRONG), (2.0, V.WRONG)])
def test_a_tie_that_persists(answer: float, verdict: Verdict) -> None:
    """max(a, 2(a/2)) is a: a tie on every way, and one slope."""
    assert judged(lambda a: xp(a).maximum(a, 2 * (a / 2)), answer, a=1.0).verdict is verdict


@pytest.mark.parametrize(("size", "inside"), [(16, True), (32, False)])
def test_sampled_directions_alone_are_unsound(size: int, inside: bool) -> None:
    """For Σ|x| at 0, 0 lies outside the hull of 48 sampled gradients from 32 dimensions on."""
    gradients = np.sign(np.random.default_rng(0).standard_normal((48, size)))
    equations = np.vstack([gradients.T, np.ones(48)])
    found = linprog(np.zeros(48), A_eq=equations, b_eq=np.append(np.zeros(size), 1.0))
    assert (found.status == 0) is inside


@pytest.mark.parametrize(("planted", "verdict"), [(None, V.CONVENTION), (0.9, V.CONVENTION), (1.01, V.WRONG)])
def test_cutting_planes_find_out(planted: float | None, verdict: Verdict) -> None:
    """In 100 dimensions: the centre, a point inside, and one that is 1 % outside in one entry."""
    answer = np.zeros(100)
    if planted is not None:
        answer = np.random.default_rng(0).uniform(-0.9, 0.9, 100)
        answer[3] = planted
    assert judged(lambda x: xp(x).sum(xp(x).abs(x)), answer, x=np.zeros(100)).verdict is verdict


# ---- finite differences ----------------------------------------------------------------------


@pytest.mark.parametrize(("slope", "rate"), [(np.cos(1.0), 2.0), (np.cos(1.0) * 1.001, 1.0), (0.0, 1.0)])
def test_the_rate_of_a_taylor_remainder(slope: float, rate: float) -> None:
    """It is 2 if a slope is right, and 1 if it is wrong."""
    found = taylor_remainder(lambda t: (float(np.sin(1 + t)), t * slope), slope).rate
    assert found == pytest.approx(rate, abs=0.05)


# ---- lifted graphs ---------------------------------------------------------------------------


def ran(function: Function, definition: Function, **x: Any) -> tuple[Ran, Judgement]:
    """What torch ran for a function, held against a definition, and its judgement."""
    point = point_of(x, "float64")
    one = Case("function", "tests", function, {}, tuple(x), (), "tests")
    derivative = BACKENDS["torch"].differentiate(Task(function, point, tuple(x), "R", "", one))
    reference = refer(definition, point, tuple(x))
    found = what_ran(derivative, reference)
    assert found is not None
    return found, judge(derivative, reference)


def with_backward(forward: Function, backward: Function) -> Function:
    """A torch function of one tensor with a backward pass of its own."""
    import torch

    class Own(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, cotangent):
            (x,) = ctx.saved_tensors
            return cotangent * backward(x)

    return Own.apply


def cubes(x: Any) -> Any:
    return xp(x).sum(x**3)


@pytest.mark.parametrize(("factor", "excluded"), [(1.0, False), (1 + 1e-13, True), (1 - 1e-13, True)])
def test_a_backward_off_by_1e_13_is_told_from_rounding(factor: float, excluded: bool) -> None:
    """In balls it computes another number than the derivative, whatever the rounding."""
    found, judgement = ran(with_backward(cubes, lambda x: 3 * x**2 * factor), cubes, x=[1.3, -0.7, 100.0])
    assert found.excludes("x").tolist() == [excluded] * 3
    assert (judgement.verdict, judgement.cause) == ((V.WRONG, C.GRAPH) if excluded else (V.AGREES, C.ROUNDING))


@pytest.mark.parametrize(("literal", "excluded"), [(0.2, False), (0.2 * (1 + 1e-13), True)])
def test_a_literal_stands_for_the_number_that_was_meant(literal: float, excluded: bool) -> None:
    """0.2 for 1/5 is no other formula."""
    found, judgement = ran(with_backward(lambda x: x / 5, lambda x: literal), lambda x: x / 5, x=1.3)
    assert found.excludes("x").tolist() is excluded
    assert judgement.verdict is (V.WRONG if excluded else V.AGREES)


def above_its_asymptote(x: Any) -> Any:
    return softplus(x) - x


def test_a_threshold_below_rounding_is_no_other_formula() -> None:
    """Beyond 40 torch's slope of softplus is 1. Less 1 the true one is −1e−57, and 0 is what rounding leaves of it."""
    found, judgement = ran(above_its_asymptote, above_its_asymptote, x=131.0)
    assert found.reference.entries["x"].high.item() == pytest.approx(-1.28e-57, rel=0.01)
    assert not found.excludes("x").item()
    assert judgement.verdict is V.AGREES


@pytest.mark.parametrize(
    ("backward", "expected"),
    [
        (lambda x: x.exp() / (1 + x.exp()), (V.RANGE, C.OVERFLOW)),
        (lambda x: x.exp(), (V.WRONG, C.GRAPH)),
    ],
    ids=["overflows on the way", "is beyond the range itself"],
)
def test_an_overflow_excuses_no_other_formula(backward: Function, expected: Any) -> None:
    """The slope of softplus at 800 is 1: exp(x)/(1 + exp(x)) is, too, but for its infinities, and exp(x) is not."""
    import torch

    soft = with_backward(torch.nn.functional.softplus, backward)
    found, judgement = ran(soft, softplus, x=800.0)
    assert found.leads_beyond_range("x").item() is (expected[0] is V.WRONG)
    assert (judgement.verdict, judgement.cause) == expected


def variance(x: Any) -> Any:
    return xp(x).mean(x * x) - xp(x).mean(x) ** 2


def test_a_variance_with_a_large_mean_is_not_accused() -> None:
    """E[x²] − E[x]² at 1e8 has lost half of its digits; its graph has a literal, 0.2 for the mean of five."""
    found, judgement = ran(variance, variance, x=1e8 + np.arange(5.0))
    assert not found.excludes("x").any()
    assert judgement.verdict is V.AGREES


# ---- what the usual checkers do --------------------------------------------------------------


def test_the_fast_mode_of_gradcheck_passes_a_zeroed_entry() -> None:
    """One of 1,000, in 20 runs of 20; here it is wrong."""
    import torch
    from torch.autograd import gradcheck

    keep = torch.ones(1000, dtype=torch.float64)
    keep[0] = 0
    function = with_backward(lambda x: (x**3).sum() / 3, lambda x: x**2 * keep)
    numbers = np.linspace(0.5, 2.5, 1000)
    x = torch.from_numpy(numbers).requires_grad_()
    assert all(gradcheck(function, (x,), fast_mode=True) for _ in range(20))
    answer = numbers**2 * keep.numpy()
    assert judged(lambda x: xp(x).sum(x**3) / 3, answer, x=numbers).verdict is V.WRONG


@pytest.mark.parametrize(("size", "passes"), [(100, False), (1000, True)])
def test_check_grads_passes_zero_where_there_are_a_thousand_outputs(size: int, passes: bool) -> None:
    """In float32 and forward mode, because its tolerance is multiplied by the size of the array."""
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    @jax.custom_jvp
    def cube(x):
        return x**3 / 3

    cube.defjvp(lambda primals, tangents: (cube(*primals), 0 * tangents[0]))
    numbers = jnp.linspace(0.5, 2.5, size, dtype=jnp.float32)
    assert accepts(lambda: check_grads(cube, (numbers,), 1, modes=("fwd",))) is passes
    assert judged(lambda x: x**3 / 3, 0 * numbers, dtype="float32", mode="F", x=numbers).verdict is V.WRONG


def accepts(check: Callable[[], Any]) -> bool:
    """Whether a checker has nothing to complain about."""
    try:
        check()
    except (AssertionError, RuntimeError):
        return False
    return True


def test_both_checkers_pass_zero_for_a_faint_sine() -> None:
    """1e-6·sin x: its slope is smaller than their tolerance."""
    import jax
    import jax.numpy as jnp
    import torch
    from jax.test_util import check_grads
    from torch.autograd import gradcheck

    @jax.custom_jvp
    def faint(x):
        return 1e-6 * jnp.sin(x)

    faint.defjvp(lambda primals, tangents: (faint(*primals), 0 * tangents[0]))
    function = with_backward(lambda x: 1e-6 * torch.sin(x), lambda x: 0 * x)
    assert accepts(lambda: gradcheck(function, (torch.ones((), dtype=torch.float64, requires_grad=True),)))
    assert accepts(lambda: check_grads(faint, (jnp.float32(1),), 1, modes=("fwd",)))
    assert judged(lambda x: 1e-6 * xp(x).sin(x), 0.0, x=1.0).verdict is V.WRONG


@pytest.mark.parametrize(
    ("function", "x", "dtype"),
    [
        (lambda x: x + 1e10, 1.0, "float64"),
        (lambda x: x**2, 1e12, "float64"),
        (lambda x: xp(x).sin(x), 1.0, "float32"),
        (lambda x: xp(x).sqrt(x), 1e-7, "float64"),
    ],
    ids=["x + 1e10", "x² at 1e12", "a sine in float32", "a root near its edge"],
)
@pytest.mark.filterwarnings("ignore:Input #0 requires gradient and is not a double precision")
def test_gradcheck_fails_right_gradients(function: Function, x: float, dtype: str) -> None:
    """Far away, near the edge of the domain, and in float32; here they agree."""
    import torch
    from torch.autograd import gradcheck

    tensor = torch.tensor(x, dtype=getattr(torch, dtype), requires_grad=True)
    assert not gradcheck(function, (tensor,), raise_exception=False)
    assert asked(function, "torch", dtype=dtype, x=x).verdict is V.AGREES


@pytest.mark.parametrize(
    ("function", "x"),
    [(lambda x: x + 1e10, 1.0), (lambda x: x**2, 1000.0), (lambda x: xp(x).sin(1e4 * x), 1.0)],
    ids=["x + 1e10", "x² at 1000", "a fast sine"],
)
def test_check_grads_fails_right_gradients(function: Function, x: float) -> None:
    """In float32; here they agree."""
    import jax.numpy as jnp
    from jax.test_util import check_grads

    assert not accepts(lambda: check_grads(function, (jnp.float32(x),), 1, modes=("rev",)))
    assert asked(function, "jax", dtype="float32", x=x).verdict is V.AGREES


def test_at_kinks_their_verdict_is_luck() -> None:
    """gradcheck passes abs and maximum at 0 and fails relu; SciPy finds the derivative 0 of abs, without an error."""
    import torch
    from scipy.differentiate import derivative
    from torch.autograd import gradcheck

    kinked = {"abs": torch.abs, "maximum": lambda x: torch.maximum(x, 0 * x), "relu": torch.relu}
    zero = torch.zeros((), dtype=torch.float64, requires_grad=True)
    passed = [name for name, function in kinked.items() if gradcheck(function, (zero,), raise_exception=False)]
    assert passed == ["abs", "maximum"]
    found = derivative(np.abs, 0.0)
    assert (found.df, found.error, found.success) == (0.0, 0.0, True)


# ---- what the design avoids in the libraries it stands on ------------------------------------


def test_why_sympy_is_not_the_array_engine() -> None:
    """It differentiates log(tr X) to 0."""
    matrix = sp.MatrixSymbol("X", 3, 3)
    assert str(sp.diff(sp.log(sp.Trace(matrix)), matrix)) == "0"


def test_why_sympy_prints_no_balls_and_simplifies_no_program() -> None:
    """Its printer makes a jump of a sign, and x/x loses its hole."""
    x = sp.Symbol("x", real=True)
    assert "copysign" in sp.pycode(sp.sign(x))
    assert (x / x, sp.sqrt(x**2)) == (1, sp.Abs(x))
    assert judged(lambda x: x / x, 0.0, x=0.0).verdict is V.AGREES
    assert judged(lambda x: x / x, NAN, x=0.0).cause is C.HOLE
