"""The accuracies of functions and sums that `benchmarks/accuracy.py` measured and wrote to `accuracies.json`."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from diffcheck.reference.accuracy import Accuracy, worst_of

FILE = "accuracies.json"

HIGHEST_ORDER = 4
"""Of the polygamma functions that are measured."""

LONGEST_SUM = 1_000_000
"""Terms of a sum that is measured."""


@cache
def accuracy_of(name: str, framework: str | None, dtype: str) -> Accuracy:
    """How far a framework's function may be off in a dtype.

    A framework that was not measured is as far off as the worst that was, and so is a dtype.

    Args:
        name: a row of the table of scalar functions, `polygamma1` to `polygamma4`, `sqrt`, `rsqrt` or `reciprocal`.
        framework: `numpy`, `torch` or `jax`; `None` for whichever is worst.
        dtype: the dtype's name.

    Raises:
        LookupError: the function was measured nowhere.
    """
    rows = _rows().get(name)
    if rows is None:
        raise LookupError(f"no accuracy of {name} is stored: python benchmarks/accuracy.py --write measures it")
    measured = [rows[dtype]] if dtype in rows else list(rows.values())
    of_framework = [found[framework] for found in measured if framework in found]
    return worst_of(of_framework or [accuracy for found in measured for accuracy in found.values()])


def additions_of(framework: str | None, dtype: str, terms: int) -> int:
    """As how many additions, one after another, a framework's sum along one axis errs.

    One that was not measured adds one term after another. A sum longer than those that were measured
    is taken for so many of them.

    Args:
        framework: `torch`, `jax` or another.
        dtype: the dtype's name.
        terms: of the sum.
    """
    row = stored()["sums"].get(f"{dtype} {framework}")
    one_after_another = max(terms - 1, 0)
    return min(one_after_another, row["additions"] * -(-terms // LONGEST_SUM)) if row else one_after_another


def header() -> dict[str, Any]:
    """When the accuracies were measured, with what, and where."""
    return {key: value for key, value in stored().items() if key not in {"accuracies", "sums"}}


@cache
def stored() -> dict[str, Any]:
    """What the file holds."""
    found: dict[str, Any] = json.loads(files("diffcheck.reference").joinpath(FILE).read_text(encoding="utf-8"))
    return found


@cache
def _rows() -> dict[str, dict[str, dict[str | None, Accuracy]]]:
    """Function → dtype → framework → accuracy."""
    rows: dict[str, dict[str, dict[str | None, Accuracy]]] = {}
    for key, row in stored()["accuracies"].items():
        name, dtype, framework = key.split()
        nothing = (0.0,) * len(row["alpha"])
        alpha, beta, gamma = (tuple(row.get(part, nothing)) for part in ("alpha", "beta", "gamma"))
        accuracy = Accuracy(alpha, beta, gamma, tuple(row.get("edges", ())))
        rows.setdefault(name, {}).setdefault(dtype, {})[framework] = accuracy
    return rows
