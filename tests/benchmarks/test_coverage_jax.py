"""The coverage of jax: what counts as lifted, and what does not."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.coverage_jax import Answer, answer, report
from benchmarks.jax_samples import EXCLUDED, SIGNED, Entry, Sample, callables, entries


def _called(function: Any) -> Entry:
    return Entry("function", function, Sample(lambda f, x: f(x), (SIGNED,)))


@jax.custom_jvp
def wrong(x: Any) -> Any:
    """A square with a wrong rule."""
    return x * x


@wrong.defjvp
def _(primals: Any, tangents: Any) -> Any:
    [x], [tangent] = primals, tangents
    return x * x, 2.001 * x * tangent


def test_every_callable_has_a_sample_or_a_reason() -> None:
    """Nothing drops out of sight, and what is left out exists."""
    assert [entry.name for entry in entries() if entry.sample is None] == []
    names = {name.rpartition(".")[2] for name, _ in callables()}
    assert {name for listed in EXCLUDED.values() for name in listed.split()} <= names


def test_what_is_lifted_and_right_counts() -> None:
    """A function with a right derivative has no reason not to."""
    assert answer(_called(jnp.sin)).reason == ""


def test_a_wrong_rule_is_judged_by_what_is_lifted() -> None:
    """The function's own rule is not what it is held against."""
    assert answer(_called(wrong)).reason.startswith("WRONG")


def test_what_cannot_be_lifted_says_why() -> None:
    """By the first operation without a rule, or what the function is."""
    assert answer(_called(jnp.linalg.svdvals)).reason == "no rule for jax svd"
    assert answer(_called(lambda x: jnp.exp(1j * x))).reason == "complex numbers"
    assert answer(Entry("function", jnp.sin, None)).reason == "no sample call"


def test_the_report_counts() -> None:
    """Both denominators, and the rest by its reasons."""
    text = report([Answer("one"), Answer("two", "too slow"), Answer("three", "too slow")])
    assert "1 of 3 are lifted (33.3%)" in text
    assert "too slow: two, three" in text
    assert f"{len(list(callables()))} public callables" in text
