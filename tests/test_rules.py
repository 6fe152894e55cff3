"""Each rule of judgement: a table of answers that trip it, and of answers about which it stays silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from diffcheck import rules
from diffcheck.backends.base import Derivative
from diffcheck.evidence import Evidence, gather
from diffcheck.judge import judge
from diffcheck.lift.program import NotLifted, Program
from diffcheck.namespace import array_namespace
from diffcheck.rules import RULES
from diffcheck.special import logsumexp, relu, softmax
from diffcheck.verdict import Cause, Verdict
from tests.judging import judged, referred

Function = Callable[..., Any]
Row = tuple[Function, Any, dict[str, Any], Verdict, Cause]
NAN, INF = float("nan"), float("inf")
E_EXACT = Fraction("2.7182818284590452353602874713526624977572470936999595749669676277")


def xp(x: Any) -> Any:
    return array_namespace(x)


def exp(x: Any) -> Any:
    return xp(x).exp(x)


def absolute(x: Any) -> Any:
    return xp(x).abs(x)


def root(x: Any) -> Any:
    return xp(x).sqrt(x)


def naive_softplus(x: Any) -> Any:
    return xp(x).log(1 + xp(x).exp(x))


def root_of_square(x: Any) -> Any:
    return xp(x).sqrt(x * x)


def tower(x: Any) -> Any:
    y = xp(x).exp(xp(x).exp(x))
    return y * x - y * x + x * (y - y)


def masked(x: Any) -> Any:
    scores = xp(x).where(xp(x).asarray(np.array([1.0, 0.0, 1.0])) > 0, x, -xp(x).inf)
    return xp(x).sum(softmax(scores) ** 2)


def shifted_relu(x: Any) -> Any:
    return relu(x - 0.1)


def difference_of_relus(x: Any) -> Any:
    return relu(x) - relu(-x)


def norm(x: Any) -> Any:
    return xp(x).linalg.vector_norm(x)


def two_slopes(x: Any) -> Any:
    return 2 * x if x > 0 else 3 * x


def branched(x: Any) -> Any:
    return 2 * x if x > 0.1 else x


def twice_branched(x: Any) -> Any:
    return branched(x) if x > 0.1 + 1e-10 else 3 * branched(x)


def broken(x: Any) -> Any:
    return 2 * x + 1 if x > 0 else 3 * x


def sinc(x: Any) -> Any:
    return xp(x).sin(x) / x


def step_up(x: Any) -> Any:
    return xp(x).where(x > 0, x + 1, x)


F32 = {"dtype": "float32"}

# rule → what trips it: function, answer, where and how, verdict, cause.
TRIPS: dict[str, list[Row]] = {
    "undefined": [
        (lambda x: xp(x).sign(x), 0.0, {"x": 0.0}, Verdict.UNDEFINED, Cause.JUMP),
        (lambda x: xp(x).floor(x), NAN, {"x": 2.0}, Verdict.UNDEFINED, Cause.JUMP),
        (step_up, 1.0, {"x": 0.0}, Verdict.UNDEFINED, Cause.JUMP),
        (lambda x: xp(x).log(x), -1.0, {"x": -1.0}, Verdict.UNDEFINED, Cause.DOMAIN),
        (lambda x: 1 / x, -INF, {"x": 0.0}, Verdict.UNDEFINED, Cause.DOMAIN),
        (broken, 3.0, {"x": 0.0}, Verdict.UNDEFINED, Cause.JUMP),
        (lambda x: root(absolute(x)), INF, {"x": 0.0}, Verdict.UNDEFINED, Cause.JUMP),
        (lambda x: x * xp(x).log(x), NAN, {"x": 0.0}, Verdict.UNDEFINED, Cause.HOLE),
        (sinc, NAN, {"x": 0.0}, Verdict.UNDEFINED, Cause.HOLE),
        (lambda x: root(relu(x)), 0.0, {"x": 0.0}, Verdict.UNDEFINED, Cause.JUMP),
    ],
    "infinite": [
        (root, INF, {"x": 0.0}, Verdict.AGREES, Cause.INFINITE),
        (root, -INF, {"x": 0.0}, Verdict.NOT_FINITE, Cause.INFINITE),
        (root, NAN, {"x": 0.0}, Verdict.NOT_FINITE, Cause.INFINITE),
        (root, 1e300, {"x": 0.0}, Verdict.WRONG, Cause.FORMULA),
        (root, 1e6, {"x": 0.0, "bound": INF}, Verdict.INCONCLUSIVE, Cause.NO_BOUND),
        (root, 1e6, {"x": 0.0, "bound": 1.0}, Verdict.WRONG, Cause.FORMULA),
        (lambda x: -(x**0.25), -INF, {"x": 0.0}, Verdict.AGREES, Cause.INFINITE),
    ],
    "too_wide": [(tower, answer, {"x": 12.0}, Verdict.INCONCLUSIVE, Cause.WIDE) for answer in (0.0, 1.0, NAN, INF)],
    "rounds_away": [
        (exp, INF, {"x": 800.0}, Verdict.AGREES, Cause.ROUNDS_AWAY),
        (exp, INF, {"x": 89.0, **F32}, Verdict.AGREES, Cause.ROUNDS_AWAY),
        (lambda x: -exp(x), -INF, {"x": 800.0}, Verdict.AGREES, Cause.ROUNDS_AWAY),
        (exp, 0.0, {"x": -120.0, **F32}, Verdict.AGREES, Cause.ROUNDS_AWAY),
        (exp, -0.0, {"x": -120.0, **F32}, Verdict.AGREES, Cause.ROUNDS_AWAY),
    ],
    "own_bound": [
        (exp, np.e, {"x": 1.0, "bound": 1e-15}, Verdict.AGREES, Cause.OWN_BOUND),
        (exp, 2.71, {"x": 1.0, "bound": 0.01}, Verdict.AGREES, Cause.OWN_BOUND),
        (exp, 2.71, {"x": 1.0, "bound": 0.001}, Verdict.WRONG, Cause.FORMULA),
        (exp, 2.71, {"x": 1.0, "bound": 3.0}, Verdict.INCONCLUSIVE, Cause.WEAK_BOUND),
        (exp, 2.71, {"x": 1.0, "bound": INF}, Verdict.INCONCLUSIVE, Cause.NO_BOUND),
        (exp, 2.71, {"x": 1.0, "bound": NAN}, Verdict.INCONCLUSIVE, Cause.NO_BOUND),
        (exp, -5.0, {"x": 1.0, "bound": 10.0}, Verdict.INCONCLUSIVE, Cause.WEAK_BOUND),
        (lambda x: x * x, 1e-9, {"x": 0.0, "bound": 1e-8}, Verdict.AGREES, Cause.OWN_BOUND),
        (lambda x: x * x, 1e-7, {"x": 0.0, "bound": 1e-8}, Verdict.WRONG, Cause.FORMULA),
        (exp, E_EXACT, {"x": 1.0, "bound": 1e-40}, Verdict.AGREES, Cause.OWN_BOUND),
        (exp, E_EXACT + Fraction(1, 10**30), {"x": 1.0, "bound": 1e-33}, Verdict.WRONG, Cause.FORMULA),
        (lambda x: x / 3, Fraction(1, 3), {"x": 1.0, "bound": 1e-38}, Verdict.AGREES, Cause.OWN_BOUND),
    ],
    "at_kink": [
        *((relu, slope, {"x": 0.0}, Verdict.CONVENTION, Cause.TIE) for slope in (0.0, 0.5, 1.0)),
        *((absolute, slope, {"x": 0.0}, Verdict.CONVENTION, Cause.TIE) for slope in (-1.0, 0.0, 1.0)),
        (relu, 1.1, {"x": 0.0}, Verdict.WRONG, Cause.BEYOND_KINK),
        (relu, -0.1, {"x": 0.0}, Verdict.WRONG, Cause.BEYOND_KINK),
        (relu, 1 + 1e-9, {"x": 0.0}, Verdict.WRONG, Cause.BEYOND_KINK),
        (relu, INF, {"x": 0.0}, Verdict.NOT_FINITE, Cause.TIE),
        (relu, NAN, {"x": 0.0}, Verdict.NOT_FINITE, Cause.TIE),
        (relu, 1.05, {"x": 0.0, "bound": 0.1}, Verdict.CONVENTION, Cause.TIE),
        (lambda x: xp(x).max(x), [0.5, 0.5], {"x": [2.0, 2.0]}, Verdict.CONVENTION, Cause.TIE),
        (lambda x: xp(x).max(x), [1.0, 0.0], {"x": [2.0, 2.0]}, Verdict.CONVENTION, Cause.TIE),
        (lambda x: xp(x).max(x), [1.0, 1.0], {"x": [2.0, 2.0]}, Verdict.WRONG, Cause.BEYOND_KINK),
        (lambda x: xp(x).max(x), [0.0, 0.0], {"x": [2.0, 2.0]}, Verdict.WRONG, Cause.BEYOND_KINK),
        *((difference_of_relus, slope, {"x": 0.0}, Verdict.SELECTION, Cause.CHOICES) for slope in (0.0, 0.5, 2.0)),
        (difference_of_relus, 1.0, {"x": 0.0}, Verdict.AGREES, Cause.ROUNDING),
        (difference_of_relus, 2.5, {"x": 0.0}, Verdict.WRONG, Cause.BEYOND_KINK),
        (norm, [0.0, 0.0], {"x": [0.0, 0.0]}, Verdict.CONVENTION, Cause.TIE),
        (norm, [0.6, -0.6], {"x": [0.0, 0.0]}, Verdict.CONVENTION, Cause.TIE),
        (norm, [0.0, 1 + 1e-12], {"x": [0.0, 0.0]}, Verdict.INCONCLUSIVE, Cause.TIE),
        (norm, [0.0, 1.1], {"x": [0.0, 0.0]}, Verdict.WRONG, Cause.BEYOND_KINK),
        (norm, [NAN, NAN], {"x": [0.0, 0.0]}, Verdict.NOT_FINITE, Cause.TIE),
        (root_of_square, -0.5, {"x": 0.0}, Verdict.CONVENTION, Cause.TIE),
        (root_of_square, 2.0, {"x": 0.0}, Verdict.WRONG, Cause.BEYOND_KINK),
        (lambda x: xp(x).sign(x) * x, 0.0, {"x": 0.0}, Verdict.CONVENTION, Cause.TIE),
        (two_slopes, 2.5, {"x": 0.0}, Verdict.CONVENTION, Cause.TIE),
        (two_slopes, 3.5, {"x": 0.0}, Verdict.WRONG, Cause.BEYOND_KINK),
    ],
    "agrees": [
        (exp, np.e, {"x": 1.0}, Verdict.AGREES, Cause.ROUNDING),
        (exp, np.e * (1 + 2**-51), {"x": 1.0}, Verdict.AGREES, Cause.ROUNDING),
        (exp, np.float32(np.e), {"x": 1.0, **F32}, Verdict.AGREES, Cause.ROUNDING),
        (lambda x: x * x, -0.0, {"x": 0.0}, Verdict.AGREES, Cause.ROUNDING),
        (lambda x: x * x, [0.0, 2.0], {"x": [0.0, 1.0]}, Verdict.AGREES, Cause.ROUNDING),
        (lambda x: xp(x).sum(softmax(x)), [1e-17, -2e-17, 0.0], {"x": [1.0, 2.0, 3.0]}, Verdict.AGREES, Cause.ROUNDING),
        (shifted_relu, 1.0, {"x": 0.1, **F32}, Verdict.AGREES, Cause.ROUNDING),
        *((shifted_relu, slope, {"x": 0.1, **F32}, Verdict.CONVENTION, Cause.NEAR_KINK) for slope in (0.0, 0.5)),
        (lambda x: x * xp(x).floor(10 * x), 7.0, {"x": 0.7, **F32}, Verdict.CONVENTION, Cause.NEAR_KINK),
        (branched, 1.0, {"x": 0.1, **F32}, Verdict.CONVENTION, Cause.NEAR_KINK),
        (twice_branched, 5.0, {"x": 0.1, **F32}, Verdict.INCONCLUSIVE, Cause.NEAR_KINK),
    ],
    "out_of_range": [
        (naive_softplus, NAN, {"x": 800.0}, Verdict.RANGE, Cause.OVERFLOW),
        (naive_softplus, NAN, {"x": 90.0, **F32}, Verdict.RANGE, Cause.OVERFLOW),
        (exp, NAN, {"x": 800.0}, Verdict.RANGE, Cause.OVERFLOW),
        (root_of_square, 0.0, {"x": 1e200}, Verdict.RANGE, Cause.OVERFLOW),
        (root_of_square, 0.0, {"x": 1e30, **F32}, Verdict.RANGE, Cause.OVERFLOW),
        (root_of_square, INF, {"x": 1e-200}, Verdict.RANGE, Cause.OVERFLOW),
        (root_of_square, 1.009684443473816, {"x": 1e-22, **F32}, Verdict.RANGE, Cause.UNDERFLOW),
        (exp, float(np.finfo(np.float64).max), {"x": 800.0}, Verdict.RANGE, Cause.OVERFLOW),
        (exp, float(np.finfo(np.float32).max), {"x": 89.0, **F32}, Verdict.RANGE, Cause.OVERFLOW),
    ],
    "not_finite": [
        (lambda x: xp(x).sin(x), NAN, {"x": 1.0}, Verdict.NOT_FINITE, Cause.NONE),
        (lambda x: xp(x).sin(x), INF, {"x": 1.0}, Verdict.NOT_FINITE, Cause.NONE),
        (lambda x: xp(x).where(x < 1, x, root(x)), NAN, {"x": 0.0}, Verdict.NOT_FINITE, Cause.NONE),
        (lambda x: xp(x).where(x < 1, x, root(x)), NAN, {"x": -1.0}, Verdict.NOT_FINITE, Cause.NONE),
        (logsumexp, [NAN, 1.0], {"x": [-200.0, 1.0]}, Verdict.NOT_FINITE, Cause.NONE),
        (masked, [NAN, 0.0, NAN], {"x": [1.0, 2.0, 3.0]}, Verdict.NOT_FINITE, Cause.NONE),
        (exp, -INF, {"x": 800.0}, Verdict.NOT_FINITE, Cause.NONE),
        (exp, NAN, {"x": 1.0, "bound": 1.0}, Verdict.NOT_FINITE, Cause.NONE),
    ],
    "wrong": [
        (root_of_square, -1.0, {"x": 1e200}, Verdict.INCONCLUSIVE, Cause.OVERFLOW),
        (exp, 5.0, {"x": 89.0, **F32}, Verdict.WRONG, Cause.FORMULA),
        (exp, 1e308, {"x": 800.0}, Verdict.WRONG, Cause.FORMULA),
        (branched, 1.5, {"x": 0.1, **F32}, Verdict.WRONG, Cause.FORMULA),
        (exp, -np.e, {"x": 1.0}, Verdict.WRONG, Cause.FORMULA),
        (exp, 2 * np.e, {"x": 1.0}, Verdict.WRONG, Cause.FORMULA),
        (exp, 0.0, {"x": 1.0}, Verdict.WRONG, Cause.FORMULA),
        (exp, np.e * (1 + 1e-9), {"x": 1.0}, Verdict.WRONG, Cause.FORMULA),
        (exp, np.e * (1 + 1e-4), {"x": 1.0, **F32}, Verdict.WRONG, Cause.FORMULA),
        (lambda x: 1e-6 * xp(x).sin(x), 0.0, {"x": 1.0}, Verdict.WRONG, Cause.FORMULA),
        (lambda x: xp(x).sum(x**3) / 3, [1.0, 4.0, 0.0], {"x": [1.0, 2.0, 3.0]}, Verdict.WRONG, Cause.FORMULA),
        (lambda x: xp(x).linalg.det(x), np.zeros((2, 2)), {"x": np.ones((2, 2))}, Verdict.WRONG, Cause.FORMULA),
        (logsumexp, [5e-88, 1.0], {"x": [-200.0, 1.0]}, Verdict.WRONG, Cause.FORMULA),
        (lambda x: x + 1e10, 1.0 + 1e-9, {"x": 1.0}, Verdict.WRONG, Cause.FORMULA),
        (lambda x: x * x, 1e-300, {"x": 0.0}, Verdict.WRONG, Cause.FORMULA),
        (lambda x: 1 / (1 + exp(-x)), 5.0, {"x": -800.0}, Verdict.INCONCLUSIVE, Cause.EXCESS),
    ],
}
# rule → about what it stays silent.
SILENT: dict[str, list[tuple[Function, Any, dict[str, Any]]]] = {
    "undefined": [
        (root, INF, {"x": 0.0}),
        (relu, 0.0, {"x": 0.0}),
        (exp, INF, {"x": 800.0}),
        (tower, 0.0, {"x": 12.0}),
    ],
    "infinite": [(exp, INF, {"x": 800.0}), (root, 1e150, {"x": 2.5e-301}), (relu, 0.0, {"x": 0.0})],
    "too_wide": [(exp, 1.0, {"x": 1.0}), (relu, 0.0, {"x": 0.0}), (root, INF, {"x": 0.0}), (exp, INF, {"x": 800.0})],
    "rounds_away": [
        (exp, -INF, {"x": 800.0}),
        (exp, 1e308, {"x": 800.0}),
        (exp, INF, {"x": 700.0}),
        (exp, 0.0, {"x": -80.0, **F32}),
        (exp, 1.0, {"x": -120.0, **F32}),
        (lambda x: 2.0**130 * relu(x), INF, {"x": 0.0, **F32}),
        (lambda x: x * x, 0.0, {"x": 0.0}),
    ],
    "own_bound": [(exp, np.e, {"x": 1.0}), (relu, 0.0, {"x": 0.0, "bound": 1.0}), (exp, NAN, {"x": 1.0, "bound": 1.0})],
    "at_kink": [(relu, 1.0, {"x": 1e-300}), (shifted_relu, 0.0, {"x": 0.1, **F32}), (exp, 1.0, {"x": 0.0})],
    "agrees": [
        (exp, np.e * (1 + 1e-9), {"x": 1.0}),
        (exp, NAN, {"x": 1.0}),
        (exp, INF, {"x": 1.0}),
        (exp, 5.0, {"x": 800.0}),
        (exp, 5.0, {"x": 89.0, **F32}),
        (root_of_square, 0.0, {"x": 1e200}),
        (shifted_relu, 0.5, {"x": 0.2, **F32}),
        (shifted_relu, -1.0, {"x": 0.1, **F32}),
    ],
    "out_of_range": [
        (exp, np.e, {"x": 1.0}),
        (exp, 2 * np.e, {"x": 1.0}),
        (exp, NAN, {"x": 1.0}),
        (exp, 1e308, {"x": 800.0}),
        (root_of_square, -1.0, {"x": 1e200}),
        (logsumexp, [NAN, 1.0], {"x": [-200.0, 1.0]}),
        (logsumexp, [5e-88, 1.0], {"x": [-200.0, 1.0]}),
        (masked, [NAN, 0.0, NAN], {"x": [1.0, 2.0, 3.0]}),
        (lambda x: xp(x).where(x > 1, x, exp(x)), NAN, {"x": 800.0}),
        (lambda x: x * x, 1e-30, {"x": 0.0}),
    ],
    "not_finite": [(exp, 5.0, {"x": 1.0}), (exp, 0.0, {"x": 1.0}), (exp, 1e308, {"x": 1.0})],
    "wrong": [],
}

NAMES = [rule.__name__ for rule in RULES]


def listed(table: Mapping[str, Sequence[Any]]) -> list[Any]:
    """The rows of a table, each with its rule."""
    return [pytest.param(rule, row, id=f"{rule}-{k}") for rule, rows in table.items() for k, row in enumerate(rows)]


def test_the_rules_stand_in_the_order_of_judgement() -> None:
    """No derivative, an infinite one, what cannot be told, what a dtype lacks; then kinks, rounding, range, errors."""
    assert NAMES == [
        "undefined", "infinite", "too_wide", "rounds_away", "own_bound",
        "at_kink", "agrees", "out_of_range", "not_finite", "wrong",
    ]  # fmt: skip


def test_every_rule_has_both_tables() -> None:
    """A new rule gets its rows here."""
    assert list(TRIPS) == list(SILENT) == NAMES
    assert all(TRIPS[name] for name in NAMES)


@pytest.mark.parametrize(
    ("rule", "row"),
    [pytest.param(rule, row, id=f"{rule}-{k}") for rule, rows in TRIPS.items() for k, row in enumerate(rows)],
)
def test_what_trips_a_rule(rule: str, row: Row) -> None:
    """The verdict and the cause, and that it was this rule which gave them."""
    function, answer, options, verdict, cause = row
    judgement = judged(function, answer, **options)
    assert (judgement.verdict, judgement.cause) == (verdict, cause)
    assert rule == _deciding_rule(function, answer, options, verdict)


@pytest.mark.parametrize(
    ("rule", "row"),
    [pytest.param(rule, row, id=f"{rule}-{k}") for rule, rows in SILENT.items() for k, row in enumerate(rows)],
)
def test_about_what_a_rule_is_silent(rule: str, row: tuple[Function, Any, dict[str, Any]]) -> None:
    """It decides no entry, so that a later rule is asked."""
    evidence = _evidence(*row)
    with np.errstate(all="ignore"):
        assert not any(mask.any() for _, _, mask in getattr(rules, rule)(evidence))


def _evidence(function: Function, answer: Any, options: dict[str, Any]) -> Evidence:
    arguments = {name: value for name, value in options.items() if name not in ("dtype", "bound")}
    reference = referred(function, arguments, options.get("dtype", "float64"))
    bound = None if "bound" not in options else {"x": np.full(reference.entries["x"].shape, options["bound"])}
    return gather({"x": np.array(answer)}, Derivative(None, {"x": np.array(answer)}, bound), reference)["x"]


def _deciding_rule(function: Function, answer: Any, options: dict[str, Any], verdict: Verdict) -> str:
    """The first rule that gives the verdict to an entry."""
    evidence = _evidence(function, answer, options)
    with np.errstate(all="ignore"):
        for rule in RULES:
            for given, _, mask in rule(evidence):
                if given is verdict and mask.any():
                    return rule.__name__
    raise AssertionError("no rule gives this verdict")


def test_more_than_likely_and_less_than_possible_is_undecided() -> None:
    """Between the spread and the bound an error is a suspicion."""

    def function(x: Any) -> Any:
        return exp(xp(x).sum(x))

    evidence = _evidence(function, np.full(1000, 0.5), {"x": np.full(1000, -1e-3)})
    assert (evidence.allowance < evidence.possible).all()
    between = evidence.enclosure.high + (evidence.allowance + evidence.possible) / 2
    judgement = judged(function, between, x=np.full(1000, -1e-3))
    assert (judgement.verdict, judgement.cause) == (Verdict.INCONCLUSIVE, Cause.EXCESS)
    beyond = judged(function, evidence.enclosure.high + 1.1 * evidence.possible, x=np.full(1000, -1e-3))
    assert beyond.verdict is Verdict.WRONG


def test_the_last_rule_decides_everything() -> None:
    """No entry is left without a verdict, whatever is answered."""
    evidence = _evidence(exp, np.e, {"x": 1.0})
    verdicts = list(rules.wrong(evidence))
    assert np.logical_or.reduce([mask for _, _, mask in verdicts]).all()


def _refused() -> Program:
    raise NotLifted("a kernel")


@pytest.mark.parametrize(
    ("off", "verdict"), [(0.0, Verdict.AGREES), (1e-12, Verdict.INCONCLUSIVE), (1.0, Verdict.WRONG)]
)
def test_a_careless_definition_excuses_no_kernel(off: float, verdict: Verdict) -> None:
    """(1 − cos x)/x² loses 13 digits at 1e-3, which its own derivative may, and a program that is not known may not."""
    reference = referred(lambda x: (1 - xp(x).cos(x)) / x**2, {"x": 1e-3})
    answer = np.asarray(reference.entries["x"].high * (1 + off))
    judged_kernel = judge(Derivative(None, {"x": answer}, program=_refused), reference)
    assert judged_kernel.verdict is verdict
    assert judge(Derivative(None, {"x": answer}), reference).verdict is (
        Verdict.AGREES if verdict is Verdict.INCONCLUSIVE else verdict
    )
