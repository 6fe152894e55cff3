"""Second derivatives from end to end: what torch and jax answer, smooth and at kinks, and what is made of it.

The numbers are those of each framework's spelling of the same function; a framework that changes its
mind shows here first.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffcheck import cli
from diffcheck.backends.base import SECOND_ORDER
from diffcheck.report.convention import conventions
from diffcheck.run_file import read_run
from diffcheck.special import relu
from diffcheck.verdict import Cause, Verdict
from tests.judging import asked, judged
from tests.spelled import absolute, xp

V, C = Verdict, Cause
Function = Callable[..., Any]
Expected = tuple[float, Verdict]


def huber(x: Any) -> Any:
    return xp(x).where(absolute(x) <= 1, x**2 / 2, absolute(x) - 0.5)


def elu(x: Any) -> Any:
    return xp(x).where(x > 0, x, xp(x).expm1(x))


def clipped_square(x: Any) -> Any:
    return xp(x).clip(x, 0, 1) ** 2


def cosine(x: Any) -> Any:
    return xp(x).cos(absolute(x))


# function, where → what torch answers, what jax answers, in every mode of order 2.
TABLE: list[tuple[str, Function, float, Expected, Expected]] = [
    ("relu", relu, 0.0, (0.0, V.UNDEFINED), (0.0, V.UNDEFINED)),
    ("abs", absolute, 0.0, (0.0, V.UNDEFINED), (0.0, V.UNDEFINED)),
    ("relu, beside", relu, 1e-300, (0.0, V.AGREES), (0.0, V.AGREES)),
    ("relu²", lambda x: relu(x) ** 2, 0.0, (0.0, V.CONVENTION), (0.0, V.CONVENTION)),
    ("x·|x|", lambda x: x * absolute(x), 0.0, (0.0, V.CONVENTION), (2.0, V.CONVENTION)),
    ("relu³", lambda x: relu(x) ** 3, 0.0, (0.0, V.AGREES), (0.0, V.AGREES)),
    ("relu(x) − relu(−x)", lambda x: relu(x) - relu(-x), 0.0, (0.0, V.AGREES), (0.0, V.AGREES)),
    ("Huber", huber, 1.0, (1.0, V.CONVENTION), (1.0, V.CONVENTION)),
    ("elu", elu, 0.0, (1.0, V.CONVENTION), (1.0, V.CONVENTION)),
    ("clip(x, 0, 1)²", clipped_square, 0.0, (2.0, V.CONVENTION), (0.5, V.CONVENTION)),
    ("cos|x|", cosine, 0.0, (0.0, V.SELECTION), (-1.0, V.AGREES)),
    ("x³", lambda x: x**3, 2.0, (12.0, V.AGREES), (12.0, V.AGREES)),
]


@pytest.mark.parametrize(("name", "function", "x", "torch", "jax"), TABLE)
@pytest.mark.parametrize("mode", ["FR", "FF"])
def test_what_frameworks_answer(
    name: str, function: Function, x: float, torch: Expected, jax: Expected, mode: str
) -> None:
    """Where the first derivative jumps there is nothing to judge; where it has a kink, any number between is right."""
    assert name
    for backend, (answer, verdict) in (("torch", torch), ("jax", jax)):
        found = asked(function, backend, mode=mode, x=x)
        assert found.verdict is verdict, backend
        assert found.value in (answer, None), backend


@pytest.mark.parametrize("mode", ["FR", "RR", "RF"])
def test_a_wrong_second_derivative_is_wrong(mode: str) -> None:
    """That of x³ at 2 is 12: the sign, the factor 2, one part in 10¹², and zero are not."""
    for answer in (-12.0, 24.0, 6.0, 12.0 * (1 + 1e-12), 0.0):
        assert judged(lambda x: x**3, answer, mode=mode, x=2.0).verdict is V.WRONG
    assert judged(lambda x: x**3, None, mode=mode, x=2.0).verdict is V.MISSING


def test_no_gradient_arrives_rightly_where_the_function_is_linear() -> None:
    """torch's double backward has nothing to go through there."""
    assert asked(lambda x: 3 * x, "torch", mode="RR", x=[1.0, 2.0]).verdict is V.AGREES


@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize(
    ("mode", "dtype"), [("RR", "float64"), ("FR", "float32"), ("RF", "float32"), ("FF", "float64")]
)
def test_smooth_functions_are_silent(backend: str, mode: str, dtype: str) -> None:
    """Sums, products and quotients of several entries agree."""

    def function(x: Any, y: Any) -> Any:
        return xp(x).sum(xp(x).exp(x * y) / (2 + y * y))

    x, y = np.array([0.3, -1.2, 2.5]), np.array([1.5, 0.2, -0.7])
    assert asked(function, backend, mode=mode, dtype=dtype, x=x, y=y).verdict is V.AGREES


@pytest.mark.parametrize("mode", ["RF", "FF"])
def test_what_torch_loses_of_a_system_of_equations_is_found(mode: str) -> None:
    """The forward derivative of `solve`, differentiated again, gives half of 2/x³ for 1/x."""

    def inverse(x: Any) -> Any:
        return xp(x).linalg.solve(xp(x).reshape(x, (1, 1)), xp(x).ones((1, 1), dtype=x.dtype))[0, 0]

    assert asked(inverse, "torch", mode=mode, x=4.0).verdict is V.WRONG
    assert asked(inverse, "torch", mode="RR", x=4.0).verdict is V.AGREES
    assert asked(inverse, "jax", mode=mode, x=4.0).verdict is V.AGREES


def test_rounding_at_a_kink_is_that_of_the_program_that_ran() -> None:
    """A tie of the definition, far from 0: torch's own logsumexp takes the logarithm from −800 off again."""

    def stable(x: Any) -> Any:
        largest = xp(x).max(x)
        return largest + xp(x).log(xp(x).sum(xp(x).exp(x - largest)))

    def by_torch(x: Any) -> Any:
        import torch

        return torch.logsumexp(x, 0) if isinstance(x, torch.Tensor) else stable(x)

    found = asked(by_torch, "torch", mode="RR", x=[-800.0, -800.0])
    assert found.value != 0
    assert (found.verdict, found.cause) == (V.AGREES, C.ROUNDING)


# --- the command line -----------------------------------------------------------------------------

CASES = '''
from diffcheck import array_namespace, case, real


@case(x=real(low=-2, high=2), examples=[{"x": 0.0}], source="none")
def signed_square(x):
    """y = x·|x|"""
    return x * array_namespace(x).abs(x)


@case(x=real(low=-2, high=2), examples=[{"x": 0.0}], source="none")
def distance(x):
    """y = |x|"""
    return array_namespace(x).abs(x)
'''

RUN = ["run", "--cases", "kinks.py", "--order", "2", "-d", "float64", "-t", "plain", "-n", "2", "-j", "1"]


def test_a_run_of_order_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Columns for every mode of that order, what is picked at its kinks, and a record that can be replayed."""
    (tmp_path / "kinks.py").write_text(CASES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert cli.main(RUN) == 0
    printed = capsys.readouterr().out
    assert "x = 0, order 2: torch picks 0 · jax picks 2 · sympy gives none; admissible [-2, 2]" in printed
    finished = read_run(Path("reports/run.jsonl"))
    assert {record.cell.method for record in finished.records} == {
        "sympy RF",
        *(f"{backend} {mode}" for backend in ("torch", "jax") for mode in SECOND_ORDER),
    }
    assert finished.settings["orders"] == "2"
    assert {found.kink.case for found in conventions(finished.records)} == {"kinks/signed_square"}
    kinked = next(record for record in finished.records if record.judgement.verdict is V.CONVENTION)
    assert cli.main(["replay", kinked.id, "--cases", "kinks.py"]) == 0
    assert "recorded CONVENTION, now CONVENTION" in capsys.readouterr().out
