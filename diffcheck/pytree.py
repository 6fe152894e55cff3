"""Nested arguments and outputs: dictionaries, lists and tuples with arrays as their leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def leaves(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a tree, each with its name: `params['dense']['bias']`.

    Args:
        tree: dictionaries, lists, tuples and named tuples of anything; `None` is a leaf, too.
        name: of the tree itself.
    """
    if isinstance(tree, Mapping):
        for key in tree:
            yield from leaves(tree[key], f"{name}[{key!r}]")
    elif isinstance(tree, tuple) and hasattr(tree, "_fields"):
        for field in tree._fields:
            yield from leaves(getattr(tree, field), f"{name}.{field}")
    elif isinstance(tree, (list, tuple)):
        for number, branch in enumerate(tree):
            yield from leaves(branch, f"{name}[{number}]")
    else:
        yield name, tree


def mapped(change: Callable[[str, Any], Any], tree: Any, name: str = "") -> Any:
    """The same tree with other leaves.

    Args:
        change: a leaf's name and the leaf → what takes its place.
        tree: as `leaves` takes it.
        name: of the tree itself.
    """
    if isinstance(tree, Mapping):
        changed = {key: mapped(change, tree[key], f"{name}[{key!r}]") for key in tree}
        return changed if type(tree) is dict else type(tree)(changed)  # type: ignore[call-arg]  # as dict takes it
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(mapped(change, getattr(tree, field), f"{name}.{field}") for field in tree._fields))
    if isinstance(tree, (list, tuple)):
        return type(tree)(mapped(change, branch, f"{name}[{number}]") for number, branch in enumerate(tree))
    return change(name, tree)
