"""Evidence holds no array of any framework."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from diffcheck.behaviours.evidence import MOST_CHARACTERS, failed, plain, seen

PLAIN = {
    "a tensor": (torch.tensor([1.0, 2.0], requires_grad=True), [1.0, 2.0]),
    "an array of jax": (jnp.array([[1, 2]]), [[1, 2]]),
    "a number of NumPy": (np.float32(0.5), 0.5),
    "a table": ({"a": torch.tensor(True)}, {"a": True}),
    "a tuple": ((None, 1, "text"), [None, 1, "text"]),
    "a dtype of torch": (torch.float64, "float64"),
    "a dtype of jax": (jnp.float32, "float32"),
    "a device": (torch.device("cpu"), "cpu"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_values_are_without_any_framework(name):
    value, expected = PLAIN[name]
    assert plain(value) == expected


def test_an_exception_is_its_type_and_the_first_line_of_what_it_said():
    evidence = failed(RuntimeError("no\nadvice"))
    assert (evidence.raised, evidence.message) == ("RuntimeError", "no")
    assert evidence.as_text() == {"raised": "RuntimeError: no"}


def test_a_long_message_is_cut():
    assert len(failed(ValueError("x" * 1000)).exception) == MOST_CHARACTERS


def test_values_are_shown_as_python_writes_them():
    assert seen(a=[0.5], b=None).as_text() == {"a": "[0.5]", "b": "None"}
