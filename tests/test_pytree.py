"""Nested arguments: every leaf has a name, and takes its place again."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from diffcheck.pytree import leaves, mapped


class Pair(NamedTuple):
    low: Any
    high: Any


TREES = [
    (1, ["p"]),
    ({"dense": {"bias": 1, "w": [2, 3]}}, ["p['dense']['bias']", "p['dense']['w'][0]", "p['dense']['w'][1]"]),
    ((1, None), ["p[0]", "p[1]"]),
    (Pair(1, {"a": 2}), ["p.low", "p.high['a']"]),
    ([], []),
]


@pytest.mark.parametrize(("tree", "names"), TREES)
def test_leaves_have_the_names_that_reach_them(tree, names):
    """A leaf's name is what somebody types to get at it."""
    assert [name for name, _ in leaves(tree, "p")] == names
    for name, leaf in leaves(tree, "p"):
        assert eval(name, {"p": tree}) == leaf  # noqa: S307  # names of ours


@pytest.mark.parametrize(("tree", "names"), TREES)
def test_a_tree_keeps_its_structure(tree, names):
    """Other leaves change no kind of a tree; the change sees the same names."""
    seen = []

    def note(name, leaf):
        seen.append(name)
        return leaf

    changed = mapped(note, tree, "p")
    assert changed == tree
    assert type(changed) is type(tree)
    assert seen == names


def test_a_mapping_of_another_class_is_rebuilt():
    """A class that is made like a dictionary stays what it is."""
    frozen = MappingProxyType({"a": 1})
    assert mapped(lambda _, leaf: leaf + 1, frozen) == {"a": 2}
