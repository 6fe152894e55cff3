"""Code for the array API in a framework's words."""

from __future__ import annotations

from typing import Any

import pytest

from diffcheck import array_namespace, special
from diffcheck.script.own_source import own_source
from diffcheck.script.preamble import Preamble
from diffcheck.script.refusal import Unwritable
from diffcheck.special import relu


def smooth(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.sum(special.softmax(relu(x)))


def local(x: Any) -> Any:
    from jax.nn import relu

    return relu(x)


def written(function: Any, framework: str) -> str:
    preamble = Preamble(framework)
    preamble.written(function)
    return "\n".join([*preamble.imported, *preamble.defined])


def test_names_are_the_framework_s() -> None:
    """The namespace and the functions of `diffcheck.special`, with the defaults that they have there."""
    assert written(smooth, "jax").splitlines() == [
        "import jax",
        "import jax.numpy as jnp",
        "def smooth(x):",
        "    xp = jnp",
        "    return xp.sum(jax.nn.softmax(jax.nn.relu(x), axis=-1))",
    ]
    assert "scipy.special.softmax(relu(x), axis=-1)" in written(smooth, "numpy")
    assert "def relu(x):\n    return np.maximum(x, 0)" in written(smooth, "numpy")


def test_a_local_name_is_left_alone() -> None:
    """Its meaning is that of the function, whatever the module calls by it."""
    assert written(local, "jax").endswith("    from jax.nn import relu\n    return relu(x)")


def test_torch_has_no_namespace_of_its_own() -> None:
    """Functions for the array API are recorded there."""
    assert own_source(smooth).names() == ["array_namespace", "relu", "special"]
    with pytest.raises(Unwritable, match="array API"):
        written(smooth, "torch")
