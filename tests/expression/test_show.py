"""Formulas for a reader: the function and its closed form, equal to what the graph computes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings

from diffcheck.case import Case
from diffcheck.expression import nodes
from diffcheck.expression.derive import pullback
from diffcheck.expression.explicit import entry_symbol, explicit
from diffcheck.expression.indexed import Names, affine_index, entry, largest, letters_for, position
from diffcheck.expression.nodes import Node
from diffcheck.expression.show import NotForReading, closed_form, formula
from diffcheck.expression.trace import trace
from diffcheck.namespace import array_namespace
from diffcheck.registry import load
from diffcheck.special import softmax
from tests.programs import Program, programs

CASES = load()
N = sp.Symbol("n", integer=True, positive=True)
SIZE = 2


# --- exact texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "shapes", "text"),
    [
        (lambda x: 5 * x**2 - 4 * x, {}, ["f = 5*x**2 - 4*x", "∂f/∂x = 10*x - 4"]),
        (
            lambda x: 2 * array_namespace(x).vecdot(x, x),
            {"x": "n"},
            ["f = 2*Σ(x[i]**2, i=0..n - 1)", "∂f/∂x[i] = 4*x[i]"],
        ),
        (lambda x: x * x, {"x": "n"}, ["f[i] = x[i]**2", "∂⟨c, f⟩/∂x[i] = 2*c[i]*x[i]"]),
        (
            lambda a, x: a @ x,
            {"a": ("m", "n"), "x": "n"},
            [
                "f[i] = Σ(a[i, j]*x[j], j=0..n - 1)",
                "∂⟨c, f⟩/∂a[i, j] = c[i]*x[j]",
                "∂⟨c, f⟩/∂x[i] = Σ(a[j, i]*c[j], j=0..m - 1)",
            ],
        ),
        (
            lambda x: array_namespace(x).mean(x),
            {"x": ("m", "n")},
            ["f = Σ(x[i, j], i=0..m - 1, j=0..n - 1)/(m*n)", "∂f/∂x[i, j] = 1/(m*n)"],
        ),
        (
            lambda x: array_namespace(x).max(x),
            {"x": "n"},
            ["f = max over i of x[i]", "∂f/∂x[i] = [x[i] = max over j of x[j]]"],
        ),
        (lambda x: array_namespace(x).prod(x), {"x": 2}, ["f = x[0]*x[1]", "∂f/∂x[i] = δ(0, i)*x[1] + δ(1, i)*x[0]"]),
        (
            lambda x: array_namespace(x).where(x < 0, -x, x),
            {},
            ["f = (-x if 0 > x else x)", "∂f/∂x = (-1 if 0 > x else 1)"],
        ),
        (
            lambda i, j: i @ j,
            {"i": "k", "j": "k"},
            ["f = Σ(i[l]*j[l], l=0..k - 1)", "∂f/∂i[l] = j[l]", "∂f/∂j[l] = i[l]"],
        ),
        (lambda x: x * np.array([1.0, 3.0]), {"x": 2}, ["f[i] = constant[i]*x[i]", "∂⟨c, f⟩/∂x[i] = c[i]*constant[i]"]),
        (lambda x, y: x, {}, ["f = x", "∂f/∂x = 1", "∂f/∂y = 0"]),
        (lambda x: 0.1 * x, {}, ["f = 0.1*x", "∂f/∂x = 0.1"]),
        (
            lambda x: x[::-1][1:],
            {"x": 3},
            ["f[i] = x[1 - i]", "∂⟨c, f⟩/∂x[i] = Σ(δ(i, 1 - j)*c[j], j=0..1)"],
        ),
    ],
)
def test_a_formula_reads_as_a_textbook_prints_it(function: Any, shapes: Any, text: list[str]) -> None:
    """Named dimensions stay names, letters avoid arguments, a cotangent weighs an output that is no scalar."""
    assert str(closed_form(function, **shapes)).splitlines() == text


@pytest.mark.parametrize(
    ("function", "latex"),
    [
        (lambda x: x**2 / 3, r"f = \frac{x^{2}}{3}"),
        (lambda x: array_namespace(x).relu(x), r"f = \max\left(x, 0\right)"),
        (lambda x: abs(x) ** 2, r"f = \left(\left|x\right|\right)^{2}"),
        (lambda x: array_namespace(x).floor(x), r"f = \left\lfloor x \right\rfloor"),
        (
            lambda x: array_namespace(x).where(x > 0, x, 0),
            r"f = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        ),
    ],
)
def test_latex_is_the_same_formula(function: Any, latex: str) -> None:
    """Kinks in the notation of a textbook."""
    assert formula(function) == latex


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_case_is_written_or_says_why_not(case: Case) -> None:
    """Balanced LaTeX without a word of ours in it; too long a formula is refused, never cut in the middle."""
    try:
        written = closed_form(case)
    except NotForReading:
        return
    assert set(written.entries) == set(case.wrt)
    for latex in (written.latex, *(part.latex for part in written.entries.values())):
        assert latex.count("{") == latex.count("}")
        assert latex.count(r"\left") == latex.count(r"\right")
        assert latex.count(r"\begin") == latex.count(r"\end")
        assert not any(word in latex for word in ("step", "larger", "choose", "frozen", "expit", "impulse", "gathered"))
    assert not any(word in written.text for word in ("step(", "larger(", "choose(", "frozen(", "expit(", "impulse("))


def test_most_cases_can_be_read() -> None:
    """Few are too long: the collection is made for reading."""
    outcomes = Counter(_readable(case) for case in CASES)
    assert outcomes[True] > 5 * outcomes[False]


def _readable(case: Case) -> bool:
    try:
        closed_form(case)
    except NotForReading:
        return False
    return True


# --- what cannot be read --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "shapes", "message"),
    [
        (lambda x: x if x > 0 else -x, {}, "branches on its data"),
        (lambda x: array_namespace(x).prod(x), {"x": 700}, "too (long|many)"),
        (lambda x: sum(array_namespace(x).sin(x) ** k for k in range(200)), {}, "operations: too long to read"),
        (lambda x: array_namespace(x).linalg.inv(x), {"x": (6, 6)}, "too (long|many)"),
    ],
)
def test_a_formula_that_nobody_reads_is_refused(function: Any, shapes: Any, message: str) -> None:
    """At once, and with the reason."""
    with pytest.raises(NotForReading, match=message):
        closed_form(function, **shapes)


def test_only_what_is_asked_for_is_differentiated() -> None:
    """By name, or several names; a notebook shows LaTeX."""
    product = closed_form(lambda x, y: x * y, wrt="y")
    assert list(product.entries) == ["y"]
    assert product.entries["y"].text == "∂f/∂y = x"
    assert product._repr_latex_().startswith("$$")
    assert product.latex in product._repr_latex_()
    assert list(closed_form(lambda x, y: x * y, wrt=("y", "x")).entries) == ["y", "x"]


# --- the same function as the graph ---------------------------------------------------------------


@settings(max_examples=60)
@given(program=programs(longest=3))
def test_sums_over_indices_are_the_entries(program: Program) -> None:
    """Σ-formulas with n = 2 put in are, entry by entry, what the graph of size 2 says; of gradients too."""
    sizes = {"x": (N, N), "y": (N, N)}
    try:
        general = trace(program, sizes)
    except (TypeError, IndexError):
        return  # this program needs sizes that are numbers
    small = trace(program, {"x": (SIZE, SIZE), "y": (SIZE, SIZE)})
    pairs: list[tuple[Node | None, Node | None]] = [(general.output, small.output)]
    pulled = (pullback(t.output, nodes.filled(1, t.output.shape), t.inputs.values()) for t in (general, small))
    pairs.extend(zip(*(found.values() for found in pulled), strict=True))
    for there, here in pairs:
        assert (there is None) is (here is None)
        if there is not None and here is not None and len(nodes.topological([there])) < 20:
            _compare(there, here)


def _compare(general: Node, small: Node) -> None:
    names = Names({"x", "y", "n"})
    letters = letters_for(general, names)
    written = entry(general, letters, names)
    [entries] = explicit([small])
    if written.has(position, largest) or entries[0, 0].has(sp.Function("frozen")) or "frozen" in str(entries[0, 0]):
        return  # no formula for positions; a maximum over indices stays one; a stable softmax is written plainly
    for index in ((0, 0), (1, 0)):
        instance = written.subs({N: SIZE, **dict(zip(letters, index, strict=True))}).doit()
        named = instance.replace(sp.Indexed, lambda base, *at: entry_symbol(str(base), [int(k) for k in at]))
        assert sp.expand(named - entries[index]) == 0


def test_a_stable_softmax_is_written_without_its_shift() -> None:
    """The largest entry cancels: a reader sees exp(x)/Σexp(x)."""
    assert closed_form(softmax, x="n").function.text == "f[i] = exp(x[i])/Σ(exp(x[j]), j=0..n - 1)"


# --- positions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        (np.arange(6).reshape(2, 3), ["i", "j"]),
        (np.arange(6).reshape(2, 3)[::-1], ["1 - i", "j"]),
        (np.arange(6).reshape(2, 3)[:, 1:2], ["i", "1"]),
        (np.array(4), ["1", "1"]),
        (np.array([0, 5]), ["i", "2*i"]),
        (np.array([0, 3, 1]), None),
        (np.array([0, -1]), None),
        (np.zeros((0,), int), None),
    ],
)
def test_positions_are_a_formula_where_they_follow_one(positions: np.ndarray, expected: list[str] | None) -> None:
    """Integers plus multiples of the letters, or nothing."""
    letters = sp.symbols("i j", integer=True)[: positions.ndim]
    found = affine_index(positions, (2, 3), letters)
    assert (found and [str(part) for part in found]) == expected


def test_letters_never_run_into_names() -> None:
    """What an argument or a dimension is called is no index, however many are needed."""
    names = Names({"i", "k", "n"})
    letters = [str(names.next()) for _ in range(60)]
    assert len(set(letters)) == 60
    assert not {"i", "k", "n"} & set(letters)
