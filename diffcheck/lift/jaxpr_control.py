"""Calls, branches and loops of a jaxpr, written out.

A rule takes the interpreter's `run` (a jaxpr and its operands → its outputs) besides the equation
and its operands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.expression import elementwise, heads, nodes
from diffcheck.expression.heads import SLOTS
from diffcheck.expression.nodes import Node
from diffcheck.expression.rebuilt import rebuilt
from diffcheck.lift.jaxpr_comparison import compared
from diffcheck.lift.jaxpr_elementwise import applied
from diffcheck.lift.jaxpr_known import Value, aval, node_of
from diffcheck.lift.jaxpr_rearrangement import joined, slice_along
from diffcheck.lift.program import NotLifted

if TYPE_CHECKING:
    from jax.extend.core import JaxprEqn

Run = Callable[[Any, Sequence[Value]], list[Value]]
Rule = Callable[..., Sequence[Value]]


def _call(run: Run, equation: JaxprEqn, *operands: Value) -> Sequence[Value]:
    """A function called: compiled, checkpointed, or one that brings its own derivative along."""
    for name in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
        if name in equation.params:
            return run(equation.params[name], operands)
    raise NotLifted(f"jax {equation.primitive.name} calls something without a jaxpr")


def _linear_solve(run: Run, equation: JaxprEqn, *operands: Value) -> Sequence[Value]:
    """The solver that ran.

    jax differentiates what is solved instead, and freezes its coefficients for the solver: they move again.
    """
    lengths = equation.params["const_lengths"]
    before = int(lengths.matvec + lengths.vecmat)
    after = before + int(lengths.solve)
    right_hand_side = operands[after + int(lengths.transpose_solve) :]
    for_solver = _thawed(operands[before:after], operands[: int(lengths.matvec)])
    return run(equation.params["jaxprs"].solve, [*for_solver, *right_hand_side])


def _thawed(values: Sequence[Value], coefficients: Sequence[Value]) -> list[Value]:
    """Values in which the coefficients move that are frozen; what was frozen before stays so."""
    known = {applied(heads.frozen(SLOTS[0]), value): value for value in coefficients if isinstance(value, Node)}
    for node in nodes.topological(value for value in values if isinstance(value, Node)):
        if node not in known:
            known[node] = rebuilt(node, [known[operand] for operand in node.operands])
    return [known[value] if isinstance(value, Node) else value for value in values]


# ---- branches --------------------------------------------------------------------------------


def _cond(run: Run, equation: JaxprEqn, index: Value, *operands: Value) -> Sequence[Value]:
    """The branch that is taken; all of them, and a selection, where that depends on the data."""
    branches = equation.params["branches"]
    if isinstance(index, np.ndarray):
        return run(branches[int(np.clip(index, 0, len(branches) - 1))], operands)
    results = [[node_of(value) for value in run(branch, operands)] for branch in branches]
    return [_selected(index, list(choices)) for choices in zip(*results, strict=True)]


def _selected(index: Node, choices: list[Node]) -> Node:
    """The choice of this number; the last one beyond the others, the first one before them."""
    result = choices[0]
    for number, choice in enumerate(choices[1:], 1):
        reached = compared(heads.greater_equal, index, nodes.filled(number), True)
        result = nodes.select(elementwise.broadcast(reached, choice.shape), choice, result)
    return result


# ---- loops -----------------------------------------------------------------------------------


def _while(run: Run, equation: JaxprEqn, *operands: Value) -> Sequence[Value]:
    """A loop whose condition is known at every turn."""
    parameters = equation.params
    split = parameters["cond_nconsts"], parameters["cond_nconsts"] + parameters["body_nconsts"]
    for_condition, for_body, state = operands[: split[0]], operands[split[0] : split[1]], operands[split[1] :]
    while True:
        [goes_on] = run(parameters["cond_jaxpr"], [*for_condition, *state])
        if not isinstance(goes_on, np.ndarray):
            raise NotLifted("jax while ends on its data")
        if not goes_on:
            return list(state)
        state = tuple(run(parameters["body_jaxpr"], [*for_body, *state]))


def _scan(run: Run, equation: JaxprEqn, *operands: Value) -> Sequence[Value]:
    """A loop along the first axis of some arrays."""
    parameters = equation.params
    constants = operands[: parameters["num_consts"]]
    state = operands[len(constants) : len(constants) + parameters["num_carry"]]
    sequences = operands[len(constants) + len(state) :]
    length, carried = parameters["length"], len(state)
    turns = reversed(range(length)) if parameters["reverse"] else range(length)
    collected: dict[int, list[Value]] = {}
    for turn in turns:
        entries = [_entry(sequence, turn) for sequence in sequences]
        results = run(parameters["jaxpr"], [*constants, *state, *entries])
        state, collected[turn] = tuple(results[:carried]), results[carried:]
    shapes = [aval(variable).shape for variable in equation.outvars[carried:]]
    columns = [[collected[turn][place] for turn in range(length)] for place in range(len(shapes))]
    return [*state, *map(_stacked, columns, shapes)]


def _entry(sequence: Value, turn: int) -> Value:
    if isinstance(sequence, np.ndarray):
        return np.asarray(sequence[turn])
    return slice_along(sequence, 0, turn)


def _stacked(entries: Sequence[Value], shape: Sequence[int]) -> Value:
    """Entries along a new first axis."""
    if entries and all(isinstance(entry, np.ndarray) for entry in entries):
        return np.stack([np.asarray(entry) for entry in entries])
    parts = [node_of(entry) for entry in entries]
    return joined(parts, nodes.positions_of(shape))


_CALLS = (
    "jit pjit closed_call core_call checkpoint remat remat2 custom_jvp_call custom_vjp_call custom_vjp_call_jaxpr"
).split()

RULES: dict[str, Rule] = {
    **dict.fromkeys(_CALLS, _call),
    "custom_linear_solve": _linear_solve,
    "cond": _cond,
    "while": _while,
    "scan": _scan,
}
