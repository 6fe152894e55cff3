"""What somebody gives: names, domains and leaves."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from diffcheck.domain import Domain, real
from diffcheck.given import argument_names, give, names_of
from diffcheck.leaf import around, leaf_of
from diffcheck.module import module_leaves
from diffcheck.subject import CheckError, Slot


class Rule(torch.autograd.Function):
    @staticmethod
    def forward(ctx, image, kernel):
        return image * kernel


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.x = torch.nn.Parameter(torch.ones(2))
        self.register_buffer("mean", torch.zeros(2))

    def forward(self, x):
        return x * self.x + self.mean


def plain(a, b, *rest, scale=1):
    return a + b


@pytest.mark.parametrize(
    ("function", "number", "names"),
    [
        (plain, 2, ("a", "b")),
        (plain, 1, ("a",)),
        (plain, 3, ("x1", "x2", "x3")),
        (torch.tanh, 1, ("x",)),
        (Rule.apply, 2, ("image", "kernel")),
        (Layer(), 1, ("x",)),
    ],
)
def test_arguments_have_the_names_of_the_signature(function, number, names):
    """Made up only where nobody says them."""
    assert argument_names(function, number) == names


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (plain, ("test_given", "plain")),
        (partial(plain, 1), ("test_given", "plain")),
        (Rule.apply, ("test_given", "Rule")),
        (Layer(), ("test_given", "Layer")),
        (lambda x: x, ("test_given", "lambda")),
    ],
)
def test_functions_have_names(function, names):
    """The module's and its own."""
    assert names_of(function) == names


@pytest.mark.parametrize(
    ("numbers", "domain"),
    [
        ([1.0, 3.0], Domain((2,), low=0.0, high=3.0, open_low=True)),
        ([-1.0, -3.0], Domain((2,), low=-3.0, high=0.0, open_high=True)),
        ([-1.0, 3.0], Domain((2,), low=-3.0, high=3.0)),
        ([0.0, 3.0], Domain((2,), low=-3.0, high=3.0)),
        ([0.0], Domain((1,), low=-1.0, high=1.0)),
        ([], Domain((0,), low=-1.0, high=1.0)),
        (2.0, Domain((), low=0.0, high=2.0, open_low=True)),
    ],
)
def test_other_points_lie_around(numbers, domain):
    """Within the magnitude of what was given, and on its side of zero."""
    assert around(np.array(numbers)) == domain


def test_labels_stay_within_their_range_and_truth_values_stay():
    """An index that was not given may not exist."""
    leaf = leaf_of("k", torch.tensor([2, 5]))
    assert leaf is not None
    assert (leaf.domain, leaf.moves) == (Domain((2,), "integer", 2, 5), False)
    assert leaf_of("mask", torch.tensor([True])) is None
    assert leaf_of("name", "relu") is None


def test_arrays_take_their_places_again():
    """Everything else is handed on as it is."""
    x = torch.ones(2)
    given = give(plain, ({"w": x, "depth": 3}, real(2)))
    assert [leaf.name for leaf in given.leaves] == ["a['w']", "b"]
    assert given.arguments == ({"w": Slot("a['w']"), "depth": 3}, Slot("b"))
    assert (given.framework, given.dtype) == ("torch", "float32")
    assert give(plain, (real(), real())).dtype is None


def test_a_module_holds_leaves():
    """Parameters move, buffers do not; a name that an argument has gets the module's before it."""
    leaves = module_leaves(Layer(), ("x",))
    assert {name: leaf.name for name, leaf in leaves.items()} == {"x": "module.x", "mean": "mean"}
    assert {leaf.name: leaf.moves for leaf in leaves.values()} == {"module.x": True, "mean": False}
    given = give(Layer(), (torch.ones(2),))
    assert given.call(**{"x": torch.ones(2), "module.x": torch.zeros(2), "mean": torch.ones(2)}).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((torch.tensor([np.inf]),), "x holds a NaN or an infinity"),
        ((np.ones(2, complex),), "x has dtype complex128"),
        ((3,), "no array and no domain"),
    ],
)
def test_arguments_that_cannot_be_used_say_why(arguments, said):
    """One line."""
    with pytest.raises(CheckError, match=said):
        give(torch.tanh, arguments)
