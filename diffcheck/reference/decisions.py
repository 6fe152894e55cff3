"""Decisions: the signs on which a function's branches, kinks and largest entries hang.

A decision is open where its kink argument is exactly zero, or where the precision or rounding leaves
the sign to chance. An open decision gives the hull of its branches; or the one that is chosen for it,
so that all derivatives that the branches make together can be told from those they cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from diffcheck.expression import balls, heads
from diffcheck.expression.functions import row_of
from diffcheck.expression.nodes import Node, Winner

Balls = np.ndarray

CONDITIONS = (heads.greater, heads.greater_equal, heads.equal)
DECIDED = (*heads.STEPS, *CONDITIONS)


@dataclass(frozen=True)
class Tie:
    """One open decision.

    Attributes:
        applied: what is decided, as a scalar expression of the slots; `None` for the largest of some entries.
        operands: the nodes that it is about.
        index: the flat index of the entry, or of the group of entries.
        rivals: the flat indices of the entries that may be the largest.
    """

    applied: sp.Expr | None
    operands: tuple[Node, ...]
    index: int
    rivals: tuple[int, ...] = ()

    @property
    def options(self) -> int:
        """How many answers there are: no and yes, or which of the rivals."""
        return len(self.rivals) or 2


def branches(ties: Iterable[Tie]) -> int:
    """How many ways there are to answer some open decisions."""
    return prod(tie.options for tie in ties)


def all_choices(ties: Sequence[Tie]) -> Iterator[dict[Tie, int]]:
    """Every way to answer some open decisions."""
    for answers in product(*(range(tie.options) for tie in ties)):
        yield dict(zip(ties, answers, strict=True))


@lru_cache(maxsize=4096)
def decisions_in(scalar: sp.Expr) -> tuple[sp.Expr, ...]:
    """The decisions in a scalar expression, those inside others first."""
    found = (part for part in sp.postorder_traversal(scalar) if part.func in DECIDED)
    return tuple(dict.fromkeys(found))


@dataclass
class Decisions:
    """How decisions are answered, and which were open.

    Attributes:
        open_ties: conditions among these nodes are open where both sides are exactly equal.
            Elsewhere a tie is decided as the program decides it.
        slack: node → how far each kink argument may be from where it is (rounding).
        choices: an open decision → its answer; of a step also a number between no and yes.
        tied: whether a kink argument was exactly zero.
        undecided: whether the precision did not suffice to decide a sign.
        found: the open decisions, in the order in which they were met.
    """

    open_ties: frozenset[Node] = frozenset()
    slack: Mapping[Node, np.ndarray] = field(default_factory=dict)
    choices: Mapping[Tie, float] = field(default_factory=dict)
    tied: bool = False
    undecided: bool = False
    found: dict[Tie, None] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether nothing is chosen, and rounding may push nothing."""
        return not (self.slack or self.choices)

    def moved(self, node: Node, kink: Balls) -> Balls:
        """A kink argument, as far around it as rounding may push it."""
        return kink + _around_zero(self.slack[node]) if node in self.slack else kink

    def sign(self, node: Node, operands: tuple[Node, ...], applied: sp.Expr, arguments: list[Any]) -> Balls:
        """A comparison or a step: one, zero, or what lies between."""
        row = row_of(applied)
        assert row.kink is not None
        kink = np.broadcast_to(self.moved(node, np.asarray(row.kink(*arguments), object)), node.shape)
        is_step = applied.func in heads.STEPS
        is_open = is_step or node in self.open_ties

        def answer(z: arb, index: int) -> arb:
            if not z.contains(0):
                return row.ball(z) if is_step else row.ball(z, arb(0))
            self._note(z, is_open)
            if is_open:
                return self._chosen(Tie(applied, operands, index))
            return row.ball(z, arb(0))

        return _by_entry(answer, kink)

    def winner(self, node: Winner, behind: Balls) -> Balls:
        """One for the only entry that may be the largest, zero for one that is not, else open.

        Args:
            node: what is asked.
            behind: how far each entry is behind the largest.
        """
        behind = self.moved(node, behind)
        may_win = np.asarray(np.frompyfunc(lambda z: not z < 0, 1, 1)(behind), dtype=bool)
        result = np.full(behind.shape, arb(0), object)
        result[may_win] = arb(1)
        rivals = np.asarray(may_win.sum(axis=node.axes, keepdims=True))
        for group in np.ndindex(*rivals.shape):
            if rivals[group] > 1:
                self._share(node, group, may_win, behind, result)
        return result

    def _share(self, node: Winner, group: tuple[int, ...], may_win: np.ndarray, behind: Balls, result: Balls) -> None:
        """Answer for one group of entries of which several may be the largest."""
        place = tuple(slice(None) if axis in node.axes else slice(k, k + 1) for axis, k in enumerate(group))
        mask = np.zeros(may_win.shape, dtype=bool)
        mask[place] = may_win[place]
        rivals = tuple(int(k) for k in np.flatnonzero(mask))
        for rival in rivals:
            self._note(behind.flat[rival], is_open=True)
        tie = Tie(None, (node,), rivals[0], rivals)
        self.found[tie] = None
        chosen = self.choices.get(tie)  # asked once: it goes through all rivals
        for k, rival in enumerate(rivals):
            result.flat[rival] = balls.either() if chosen is None else arb(int(k == chosen))

    def _note(self, kink: arb, is_open: bool) -> None:
        if kink.is_zero():
            self.tied = self.tied or is_open
        else:
            self.undecided = True

    def _chosen(self, tie: Tie) -> arb:
        self.found[tie] = None
        chosen = self.choices.get(tie)
        return balls.either() if chosen is None else arb(chosen)


def _by_entry(answer: Any, kink: Balls) -> Balls:
    positions = np.arange(kink.size).reshape(kink.shape)
    return np.frompyfunc(answer, 2, 1)(kink, positions)


def _around_zero(slack: np.ndarray) -> Balls:
    return np.frompyfunc(lambda width: arb(0, width), 1, 1)(slack)
