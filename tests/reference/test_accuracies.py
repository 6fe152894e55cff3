"""The stored accuracies: they hold off the grid too, and cover every function in every dtype."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice

import numpy as np
import pytest

from diffcheck.dtype import DTYPES, ORDINARY, limits
from diffcheck.expression import heads
from diffcheck.expression.functions import FUNCTIONS
from diffcheck.measuring import compute, grid
from diffcheck.measuring.measure import Exact, enclose, measure, moved
from diffcheck.measuring.primitive import Primitive, primitives
from diffcheck.reference import accuracies
from diffcheck.reference.accuracies import LONGEST_SUM, accuracy_of, additions_of, header, stored
from diffcheck.reference.accuracy import Accuracy
from diffcheck.reference.enclosure import Enclosure

FRAMEWORKS = ("numpy", "torch", "jax")
KNOWN_WRONG = {name for name, row in stored()["accuracies"].items() if "hopeless" in row}

# Away from the grid: other numbers of ordinary size.
SAMPLE = np.concatenate([sign * np.geomspace(scale / 7, scale, 60) for sign in (-1, 1) for scale in (0.3, 1.9, 11.0)])


def test_every_smooth_function_is_stored_in_every_dtype() -> None:
    """A row that is added to the table is measured before it is used."""
    names = {row.name for row in FUNCTIONS.values() if row.analytic and row.head is not heads.frozen}
    names = (names - {"polygamma"}) | {f"polygamma{order}" for order in range(1, 5)} | {"sqrt", "rsqrt"}
    measured = {tuple(key.split()[:2]) for key in stored()["accuracies"]}
    assert {(name, dtype) for name in names for dtype in DTYPES} <= measured


def test_the_file_says_when_and_with_what_it_was_measured() -> None:
    """Date, versions, and a grid that can be built again."""
    head = header()
    assert {"date", "versions", "settings", "grid", "safety"} <= head.keys()
    assert {"numpy", "torch", "jax"} <= head["versions"].keys()
    assert head["grid"] == {"description": grid.DESCRIPTION, "sha256": grid.digest()}


def test_what_was_not_measured_is_as_bad_as_the_worst_that_was() -> None:
    """An unknown framework, an unknown dtype, a function that SciPy has not in float16."""
    worst = accuracy_of("exp", None, "float32")
    assert accuracy_of("exp", "sympy", "float32") == worst
    for framework in FRAMEWORKS:
        assert accuracy_of("exp", framework, "float32").bound(1.0, 50.0, 1.0, 50.0) <= worst.bound(1.0, 50.0, 1.0, 50.0)
    assert accuracy_of("ndtr", "numpy", "float16") == accuracy_of("ndtr", "torch", "float16")
    assert accuracy_of("exp", None, "float128").alpha[0] >= worst.alpha[0]


@pytest.mark.parametrize("framework", ["torch", "jax"])
@pytest.mark.parametrize("dtype", ORDINARY)
def test_a_long_sum_errs_like_the_additions_that_are_stored(framework: str, dtype: str) -> None:
    """A short one like its own; one beyond what was measured like several, and one that was not like all its terms."""
    stored_one = stored()["sums"][f"{dtype} {framework}"]["additions"]
    assert additions_of(framework, dtype, LONGEST_SUM) == stored_one < 10_000
    assert additions_of(framework, dtype, 3 * LONGEST_SUM) == 3 * stored_one
    assert [additions_of(framework, dtype, terms) for terms in (0, 1, 5)] == [0, 0, 4]
    for other in ("numpy", None):
        assert additions_of(other, dtype, LONGEST_SUM) == LONGEST_SUM - 1


def test_a_function_that_was_never_measured_says_so() -> None:
    """With the command that measures it."""
    with pytest.raises(LookupError, match=r"benchmarks/accuracy\.py --write"):
        accuracy_of("lambertw", None, "float64")


@pytest.mark.parametrize(
    ("name", "framework", "dtype", "x", "least"),
    [
        ("gammaln", "jax", "float32", 1.0001, 1e4),
        ("digamma", "torch", "float32", 1.4616, 1e4),
        ("logit", "torch", "float32", 0.5001, 1e3),
        ("log1p", "jax", "float64", -0.41, 100.0),
        ("ndtr", "torch", "float64", -7.0, 1e6),
    ],
)
def test_digits_that_are_lost_near_a_root_are_lost_there_only(
    name: str, framework: str, dtype: str, x: float, least: float
) -> None:
    """Many units of |f| near the root; at 30 or 0.9 as few as of any function."""
    [primitive] = [found for found in primitives() if found.name == name]
    accuracy = accuracy_of(name, framework, dtype)
    away = 0.9 if name == "logit" else 30.0
    assert units(primitive, accuracy, x) > least
    assert units(primitive, accuracy, away) < 40


def units(primitive: Primitive, accuracy: Accuracy, x: float) -> float:
    """The bound at a point, in units of round-off of |f|."""
    point = (np.array([x]),)
    value = float(enclose(primitive.ball, point)[0])
    return float(accuracy.bound(1.0, x, value, moved(primitive.expression, point, 1.0)[0])) / abs(value)


# --- off the grid ---------------------------------------------------------------------------------


def exact_at(primitive: Primitive, points: tuple[np.ndarray, ...], dtype: str) -> Exact:
    """The true values at some points."""
    row = limits(dtype)
    balls = enclose(primitive.ball, points)
    nowhere = np.zeros(balls.shape, bool)
    enclosure = Enclosure(balls, nowhere, nowhere)
    size = np.abs(enclosure.high)
    counts = (size >= 2 * row.smallest_normal) & (size <= row.largest / 2)
    return Exact(points, enclosure, row.unit * size, moved(primitive.expression, points, row.unit), counts, row)


def sample_of(primitive: Primitive, dtype: str) -> tuple[np.ndarray, ...]:
    own = SAMPLE.astype(dtype).astype(float)
    arity = len(primitive.points("float16"))
    return (own,) if arity == 1 else (np.repeat(own[::9], own[::7].size), np.tile(own[::7], own[::9].size))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_stored_accuracies_hold_off_the_grid(framework: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At points that no formula of the grid gives, no framework is further off than is stored for it."""
    beyond = []
    for primitive in primitives():
        if f"{primitive.name} {dtype} {framework}" in KNOWN_WRONG:
            continue
        points = sample_of(primitive, dtype)
        monkeypatch.setattr(Primitive, "points", lambda *_, own=points: own)
        true = exact_at(primitive, points, dtype)
        accuracy = accuracy_of(primitive.name, framework, dtype)
        bound = accuracy.bound(true.row.unit, points[-1], true.size / true.row.unit, true.moved)
        for values in islice(compute.computed(framework, primitive, dtype), 1):
            error = measure(true, values).error * true.ideal
            beyond += [(primitive.name, x) for x in points[-1][error > bound]]
        monkeypatch.undo()
    assert not beyond


def test_it_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of what is stored does not hold."""
    [primitive] = [found for found in primitives() if found.name == "digamma"]
    points = sample_of(primitive, "float32")
    monkeypatch.setattr(Primitive, "points", lambda *_: points)
    true = exact_at(primitive, points, "float32")
    bound = accuracy_of("digamma", "jax", "float32").bound(true.row.unit, points[-1], true.size, true.moved)
    [values, *_] = compute.computed("jax", primitive, "float32")
    assert np.any(measure(true, values).error * true.ideal > bound / 100)


def test_reading_is_light() -> None:
    """No framework is imported for it."""
    program = (
        "import sys; from diffcheck.reference.accuracies import accuracy_of; accuracy_of('exp', None, 'float64'); "
    )
    program += "print(sorted({'torch', 'jax'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_the_file_is_json_without_surprises() -> None:
    """Finite numbers only."""
    text = json.dumps(stored(), allow_nan=False)
    assert accuracies.FILE.endswith(".json")
    assert len(text) < 10**5
