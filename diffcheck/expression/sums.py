"""Building sums of products: what changes no rounding is simplified, so that equal sums are one node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sympy as sp

from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Delta, Einsum, Filled, Label, Node, Size, filled, interned, mapped

Factor = tuple[Node, Sequence[Label]]
Term = tuple[Node, tuple[Label, ...]]


def einsum(
    factors: Iterable[Factor],
    output: Sequence[Label],
    sizes: Mapping[Label, Size] | None = None,
    *,
    in_blocks: bool = False,
) -> Node:
    """A sum of products over every label that is not in `output`.

    Views among the factors are read through, deltas with a free label rename it, and factors
    of one are dropped: none of this changes a single rounding.

    Args:
        factors: nodes, with a label for each axis.
        output: the labels that are kept.
        sizes: of labels that no factor carries.
        in_blocks: whether a framework's own sum adds up one factor.

    Raises:
        ValueError: a label has two sizes.
    """
    known: dict[Label, Size] = dict(sizes or {})
    listed = [(node, tuple(labels)) for node, labels in factors]
    for node, labels in listed:
        for label, size in zip(labels, node.shape, strict=True):
            if known.setdefault(label, size) != size:
                raise ValueError(f"sizes {known[label]} and {size} of a common axis do not fit")
    listed = _without_deltas(_through_views(listed, known), tuple(output), known)
    number, listed = _without_numbers(listed)
    shape = tuple(known[label] for label in output)
    if not listed:
        count = sp.Mul(*[known[label] for label in known if label not in output])
        return filled(number * count, shape)
    if len(listed) == 1 and listed[0][1] == tuple(output) and not _repeats(known, output):
        result = listed[0][0]
    else:
        result = _canonical_einsum(listed, tuple(output), known, in_blocks)
    return result if number == 1 else mapped(number * SLOTS[0], result)


def _through_views(factors: list[Term], sizes: dict[Label, Size]) -> list[Term]:
    """Replace each factor that is a view by what it views."""
    result: list[Term] = []
    for term in factors:
        while isinstance(term[0], Einsum) and term[0].is_view:
            term = _seen_through(term[0], term[1], sizes)  # noqa: PLW2901  # a view of a view is looked through again
        result.append(term)
    return result


def _seen_through(view: Einsum, labels: tuple[Label, ...], sizes: dict[Label, Size]) -> Term:
    """What a view shows, under the labels of the view; labels that it sums get new names."""
    renamed = dict(zip(view.output, labels, strict=True))
    for label, size in view.sizes:
        if label not in renamed:
            renamed[label] = max(sizes, default=0) + 1
            sizes[renamed[label]] = size
    source, own = view.factors[0]
    return source, tuple(renamed[label] for label in own)


def _without_deltas(listed: list[Term], output: tuple[Label, ...], sizes: dict[Label, Size]) -> list[Term]:
    """Rename a summed label of a delta to the delta's other label."""
    for k, (node, labels) in enumerate(listed):
        free = [label for label in labels if label not in output]
        if not isinstance(node, Delta) or len(listed) == 1 or not free:
            continue
        drop = free[-1]
        keep = labels[0] if labels[1] == drop else labels[1]
        if keep != drop:
            del sizes[drop]
        rest = listed[:k] + listed[k + 1 :]
        renamed = [(other, tuple(keep if x == drop else x for x in theirs)) for other, theirs in rest]
        return _without_deltas(renamed, output, sizes)
    return listed


def _without_numbers(factors: list[Term]) -> tuple[sp.Expr, list[Term]]:
    """Split the factors that hold one number from the others."""
    number = sp.Mul(*[node.number for node, _ in factors if isinstance(node, Filled)])
    return number, [(node, labels) for node, labels in factors if not isinstance(node, Filled)]


def _repeats(sizes: Mapping[Label, Size], output: Sequence[Label]) -> bool:
    """Whether a label beyond the output adds equal entries up."""
    return any(label not in output and size != 1 for label, size in sizes.items())


def _canonical_einsum(
    factors: list[Term], output: tuple[Label, ...], sizes: Mapping[Label, Size], in_blocks: bool
) -> Node:
    """Number the labels in order of appearance, so that equal sums become the same node."""
    carried = {label for _, labels in factors for label in labels}
    repeated = [label for label in sizes if label not in carried and label not in output and sizes[label] != 1]
    ordered = dict.fromkeys([*output, *(label for _, labels in factors for label in labels), *repeated])
    number = {label: k for k, label in enumerate(ordered)}
    return interned(
        Einsum,
        tuple(sizes[label] for label in output),
        tuple((node, tuple(number[label] for label in labels)) for node, labels in factors),
        tuple(number[label] for label in output),
        tuple((number[label], sizes[label]) for label in ordered),
        in_blocks,
    )
