"""A subject: a function of arrays by name, what it is judged by, and what is refused."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from diffcheck import array_namespace
from diffcheck.expression.trace import trace
from diffcheck.point import Point
from diffcheck.subject import Call, CheckError, Definition, Slot, Subject, read, try_out

POINT = Point({"a": np.array([1.0, 2.0]), "b": np.array(3.0)})


def call(function):
    return Call(function, ({"w": Slot("a"), "power": 2}, Slot("b")))


def test_arrays_take_their_places():
    """By name; what is no slot is handed on."""
    assert call(lambda params, b: params["w"] ** params["power"] * b)(a=np.array(2.0), b=3.0 * np.ones(())) == 12.0


@pytest.mark.parametrize("make", [np.asarray, torch.tensor, jnp.asarray])
def test_several_outputs_become_one(make):
    """One after the other, in any framework; what has no derivative is left out, a single one stays as it is."""
    several = Call(lambda a: (a * 2, None, {"s": a.sum()}, a.argmax()), (Slot("a"),))
    assert np.asarray(several(a=make([1.0, 2.0]))).tolist() == [2.0, 4.0, 3.0]
    assert np.shape(Call(lambda a: [a], (Slot("a"),))(a=make([[1.0]]))) == (1, 1)


def test_several_outputs_of_a_trace_become_one():
    """An expression is joined as arrays are."""
    traced = trace(Call(lambda a: (a * 2, array_namespace(a).sum(a)), (Slot("a"),)), {"a": (2,)})
    assert traced.output.shape == (3,)


@pytest.mark.parametrize(
    ("function", "language"),
    [
        (lambda p, b: array_namespace(b).tanh(p["w"]) * b, "array API"),
        (lambda p, b: torch.tanh(p["w"]) * b, "torch"),
        (lambda p, b: jnp.tanh(p["w"]) * b, "jax"),
    ],
)
def test_a_definition_may_be_written_for_anything(function, language):
    """It is read in whatever language it is written, and runs on no other."""
    definition = read(function, call(None).arguments, "torch", POINT)
    assert definition.language == language
    assert set(definition.traced_at(POINT, None).inputs) == {"a", "b"}


def test_what_is_no_definition_says_why():
    """One line with a reason for each language."""
    with pytest.raises(CheckError) as raised:
        read(lambda p, b: np.sin(float(b)), call(None).arguments, "torch", POINT)
    for language in ("array API", "torch", "jax"):
        assert f"{language}: " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_subject_runs_on_its_framework():
    """NumPy's arrays are handed to the framework and come back."""
    function = call(lambda p, b: torch.tanh(p["w"]) * b)
    subject = Subject(function, Definition(function, "torch"), "torch")
    assert np.allclose(subject(**POINT.arguments), np.tanh([1.0, 2.0]) * 3)
    assert isinstance(subject(a=torch.ones(2), b=torch.ones(())), torch.Tensor)


def test_a_function_that_leaves_its_framework_is_noticed():
    """Neither a copy to NumPy nor a list of numbers escapes; jax refuses by itself."""
    assert try_out(call(lambda p, b: torch.tanh(p["w"]) * b), "torch", POINT)
    assert not try_out(call(lambda p, b: torch.from_numpy(np.sin(p["w"].numpy())) * b), "torch", POINT)
    assert not try_out(call(lambda p, b: b * sum(p["w"].tolist())), "torch", POINT)
    assert try_out(call(lambda p, b: jnp.tanh(p["w"]) * b), "jax", POINT)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda p, b: torch.rand(2) * b, "random: two calls"),
        (lambda p, b: b * torch.ones(int(torch.randint(1, 10**6, ()))), "random: one call gives the shape"),
        (lambda p, b: 1.0, "returns a Python float"),
        (lambda p, b: p["v"], "raises KeyError"),
        (lambda p, b: jnp.ones(2), "does not return torch's arrays"),
    ],
)
def test_what_has_no_derivative_is_refused(function, said):
    """One line, and the generator of random numbers is where it was."""
    before = torch.get_rng_state()
    with pytest.raises(CheckError, match=said):
        try_out(call(function), "torch", POINT)
    assert torch.equal(before, torch.get_rng_state())
