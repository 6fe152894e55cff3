"""Planted errors: each does what its sentence says, and leaves everything else right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from diffcheck import array_namespace
from diffcheck.backends import BACKENDS
from diffcheck.backends.base import Backend, Derivative, Task, Unsupported
from diffcheck.backends.handwritten import HandwrittenBackend
from diffcheck.backends.jax import JaxBackend
from diffcheck.backends.torch import TorchBackend
from diffcheck.backends.wrong import PLANTS, WrongBackend, changed, wrong_backends

MakeTask = Callable[..., Task]

TORCH = TorchBackend()
JAX = JaxBackend()
NAMES = [plant.name for plant in PLANTS]


def wrong(name: str, base: Backend = TORCH) -> WrongBackend:
    """The wrong backend of one plant."""
    return next(backend for backend in wrong_backends(base) if backend.plant.name == name)


def weighted_squares(x: Any, w: Any) -> Any:
    """y = w x²"""
    return w * x * x


def quadratic_form(a: Any) -> Any:
    """y = Σ A ∘ A, whose gradient is 2A"""
    return array_namespace(a).sum(a * a)


def entries_of(derivative: Derivative) -> dict[str, Any]:
    """The entries as lists, to be compared exactly."""
    return {name: None if entry is None else entry.tolist() for name, entry in derivative.entries.items()}


@pytest.mark.parametrize(
    ("name", "x", "w"),
    [
        ("sign flipped", [-12.0, -30.0], [-4.0, -9.0]),
        ("factor two", [24.0, 60.0], [8.0, 18.0]),
        ("one entry zeroed", [0.0, 30.0], [0.0, 9.0]),
        ("transposed", [30.0, 12.0], [9.0, 4.0]),
        ("a billionth", [12.0 * (1 + 1e-9), 30.0 * (1 + 1e-9)], [4.0 * (1 + 1e-9), 9.0 * (1 + 1e-9)]),
        ("wrong reduction", [24.0, 60.0], [8.0, 18.0]),
        ("term missing", [12.0, 0.0], [4.0, 0.0]),
        ("argument detached", None, [4.0, 9.0]),
        ("path detached", [6.0, 15.0], [4.0, 9.0]),
    ],
)
def test_a_plant_does_what_its_sentence_says(make_task: MakeTask, name: str, x: Any, w: Any) -> None:
    """For y = w x² at x = (2, 3), w = (3, 5) the right gradients are (12, 30) and (4, 9)."""
    task = make_task(weighted_squares, x=[2.0, 3.0], w=[3.0, 5.0])
    assert entries_of(wrong(name).differentiate(task)) == {"x": x, "w": w}


def test_a_stale_derivative_belongs_to_an_earlier_point(make_task: MakeTask) -> None:
    """The value is right, the gradient is that of 1023/1024 of the input."""
    derivative = wrong("stale value").differentiate(make_task(quadratic_form, a=[1024.0]))
    assert derivative.value == 1024.0**2
    assert entries_of(derivative) == {"a": [2046.0]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", ["R", "F"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_only_the_entries_are_wrong(make_task: MakeTask, name: str, mode: str, dtype: str) -> None:
    """The value, the names, the shapes, the dtype and the settings are the base's, and the change is seen."""
    task = make_task(weighted_squares, mode=mode, dtype=dtype, x=[2.0, 3.0], w=[3.0, 5.0])
    right = TORCH.differentiate(task)
    altered = wrong(name).differentiate(task)
    assert np.array_equal(altered.value, right.value)  # type: ignore[arg-type]  # torch always computes a value
    assert list(altered.entries) == list(right.entries)
    for entry in altered.entries.values():
        assert entry is None or (entry.shape == (2,) and entry.dtype.name == dtype)
    assert altered.settings == right.settings
    below_float32 = name == "a billionth" and dtype == "float32"
    assert changed(right, altered) is not below_float32


def test_a_transposed_matrix_is_read_in_its_old_shape(make_task: MakeTask) -> None:
    """A gradient of shape (2, 3) stays (2, 3), with its numbers in the wrong order."""
    task = make_task(quadratic_form, a=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert entries_of(wrong("transposed").differentiate(task)) == {"a": [[2.0, 8.0, 4.0], [10.0, 6.0, 12.0]]}


@pytest.mark.parametrize(
    ("name", "a"),
    [
        ("transposed", [[1.0, 2.0], [2.0, 3.0]]),
        ("transposed", 1.0),
        ("transposed", [1.0, 2.0, 1.0]),
        ("wrong reduction", 1.0),
        ("wrong reduction", [[1.0, 2.0]]),
        ("one entry zeroed", [0.0, 0.0]),
        ("sign flipped", [0.0, 0.0]),
        ("stale value", [0.0, 0.0]),
    ],
)
def test_a_plant_without_effect_is_told_from_one_with(make_task: MakeTask, name: str, a: Any) -> None:
    """A symmetric gradient is its own transpose: there is nothing to catch."""
    task = make_task(quadratic_form, a=a)
    assert not changed(TORCH.differentiate(task), wrong(name).differentiate(task))


def test_a_change_is_a_missing_entry_or_another_number() -> None:
    """NaN is NaN and −0 is 0; an entry that is gone or is NaN now has changed."""

    def derivative(entry: Any) -> Derivative:
        return Derivative(None, {"x": None if entry is None else np.array(entry)})

    for same in (None, [1.0], [np.nan]):
        assert not changed(derivative(same), derivative(same))
    assert not changed(derivative([0.0]), derivative([-0.0]))
    for left, right in ((None, [0.0]), ([0.0], None), ([1.0], [np.nan]), ([1.0], [1.0 + 2**-52])):
        assert changed(derivative(left), derivative(right))


def test_a_gradient_that_does_not_arrive_stays_missing(make_task: MakeTask) -> None:
    """There is nothing to alter in it."""
    task = make_task(lambda x, y: x * 1, x=1.0, y=2.0)
    assert entries_of(wrong("sign flipped").differentiate(task)) == {"x": -1.0, "y": None}


def test_a_path_is_detached_at_the_first_operation_only(make_task: MakeTask) -> None:
    """Asking for a shape is no operation; of two uses in one operation the first is cut off."""

    def used_twice(x: Any) -> Any:
        xp = array_namespace(x)
        assert x.shape == (2,)
        return xp.sum(x * x) + 5 * xp.sum(x)

    task = make_task(used_twice, x=[2.0, 3.0])
    assert entries_of(TORCH.differentiate(task)) == {"x": [9.0, 11.0]}
    assert entries_of(wrong("path detached").differentiate(task)) == {"x": [7.0, 8.0]}


def test_a_path_is_detached_in_a_spelling_too(make_task: MakeTask) -> None:
    """What is altered is the function that runs."""
    task = make_task(quadratic_form, transform="spelling", a=[2.0])
    task.case.spelling("torch")(lambda a: (a**3).sum())
    assert entries_of(wrong("path detached").differentiate(task)) == {"a": None}
    assert entries_of(wrong("argument detached").differentiate(task)) == {"a": None}


@pytest.mark.parametrize("transform", ["", "jit"])
def test_an_argument_detached_in_jax_has_zeros(make_task: MakeTask, transform: str) -> None:
    """jax knows no missing gradient, so this one is WRONG there and MISSING in torch."""
    task = make_task(weighted_squares, transform=transform, x=[2.0], w=[3.0])
    assert entries_of(wrong("argument detached", JAX).differentiate(task)) == {"x": [0.0], "w": [4.0]}


def test_a_single_path_is_detached_in_torch_only(make_task: MakeTask) -> None:
    """The other frameworks have no stray detach to make."""
    with pytest.raises(Unsupported, match="in torch only"):
        wrong("path detached", JAX).differentiate(make_task(weighted_squares, x=[2.0], w=[3.0]))


def test_a_wrong_backend_declares_what_its_base_does(make_task: MakeTask) -> None:
    """It stands wherever the base stands, under a name of its own, and cannot be altered."""
    backend = wrong("factor two")
    task = make_task(weighted_squares, x=[2.0], w=[3.0])
    assert backend.name == "torch, factor two"
    assert backend.capabilities is TORCH.capabilities
    assert backend.version() == TORCH.version()
    assert backend.transforms(task.case) == TORCH.transforms(task.case)
    with pytest.raises(FrozenInstanceError):
        backend.name = "right"  # type: ignore[misc]  # that is what is tested


def test_a_refusal_of_the_base_is_a_refusal(make_task: MakeTask) -> None:
    """A planted error does not turn what the base declines into an answer."""
    task = replace(make_task(weighted_squares, x=[2.0], w=[3.0]), mode="RRR")
    for backend in wrong_backends(TORCH):
        with pytest.raises(Unsupported):
            backend.differentiate(task)


def test_formulas_can_be_made_wrong_too(make_task: MakeTask) -> None:
    """A base is any backend."""
    task = make_task(quadratic_form, transform="formula", a=[2.0])
    task.case.handwritten("formula")(lambda a: {"a": 2 * a})
    assert entries_of(wrong("sign flipped", HandwrittenBackend()).differentiate(task)) == {"a": [-4.0]}


def test_every_plant_has_a_name_and_a_sentence() -> None:
    """The table is what a reader sees of them."""
    assert len(set(NAMES)) == len(PLANTS)
    assert all(plant.sentence.endswith(".") for plant in PLANTS)


def test_wrong_backends_are_never_registered() -> None:
    """No run can meet one."""
    assert not any(isinstance(BACKENDS[name], WrongBackend) for name in ("torch", "jax", "handwritten"))
    assert not any("," in name for name in BACKENDS)
