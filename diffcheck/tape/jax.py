"""The tape of a jax run: its jaxpr, equation after equation.

Every result that moves has a nudge added to it, of minus zero, which changes no number; the adjoints of all
results are the derivatives by the nudges, in the one backward pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.given import argument_names
from diffcheck.lift.line import Line, is_own
from diffcheck.lift.primal import array_of, at_rest, numpy_of
from diffcheck.point import Point
from diffcheck.pytree import leaves
from diffcheck.subject import Call
from diffcheck.tape.step import Operation, Step, Stop, Tape, one_array

if TYPE_CHECKING:
    from jax import Array
    from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn

_STOP = "stop_gradient"

_CALLS = ("jit", "pjit", "closed_call", "core_call", "checkpoint", "remat", "remat2")
"""Programs whose derivative is that of their equations."""


def jax_tape(call: Call, point: Point, wrt: tuple[str, ...]) -> Tape:
    """Trace a jax function, and run it equation by equation, forwards and backwards."""
    import jax

    dtype = point.dtype
    with at_rest("jax", dtype.name):
        arrays = {name: array_of("jax", array) for name, array in point.arguments.items()}

        def outputs(*moving: Array) -> list[Array]:
            given = call.given({**arrays, **dict(zip(wrt, moving, strict=True))})
            return [value for _, value in leaves(call.function(*given)) if _is_floating(value)]

        moving = [arrays[name] for name in wrt]
        jaxpr = jax.make_jaxpr(outputs)(*moving)
        cotangent = point.cotangent_for(jax.eval_shape(lambda: call(**arrays)).shape)
        parts = _parted(cotangent, [atom.aval.shape for atom in jaxpr.jaxpr.outvars])

    def program(walk: _Walk, operands: Sequence[_Value]) -> list[_Value]:
        return walk.run(jaxpr, operands)

    return _tape(program, [_Value(array, moves=True) for array in moving], parts, dtype.name)


@dataclass(frozen=True, eq=False)
class _Value:
    """An array on the way, and whether it moves with what is differentiated."""

    array: Any
    moves: bool


Program = Callable[["_Walk", Sequence[_Value]], Sequence[_Value]]
"""What is run: a walk and the operands → the outputs."""


@dataclass(eq=False)
class _Walk:
    """One run of a program.

    Attributes:
        nudges: what is added to the results that move, in their order; without them, nothing is.
        equations: those whose results move, each with its operands and results.
        stops: the equations that stop gradients.
    """

    nudges: Sequence[Array] | None = None
    equations: list[tuple[JaxprEqn, list[_Value], list[_Value]]] = field(default_factory=list)
    stops: list[JaxprEqn] = field(default_factory=list)
    _nudged: int = 0

    def run(self, called: ClosedJaxpr | Jaxpr, operands: Sequence[_Value]) -> list[_Value]:
        """The outputs of a jaxpr, open or closed."""
        jaxpr: Any = getattr(called, "jaxpr", called)
        constants = [_Value(constant, moves=False) for constant in getattr(called, "consts", ())]
        known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *operands], strict=True))
        for equation in jaxpr.eqns:
            given = [known[variable] for variable in _variables(equation)]
            known.update(zip(equation.outvars, self._results(equation, given), strict=True))
        return [_literal(atom.val) if hasattr(atom, "val") else known[atom] for atom in jaxpr.outvars]

    def _results(self, equation: JaxprEqn, given: list[_Value]) -> list[_Value]:
        moves = any(value.moves for value in given)
        if moves and equation.primitive.name == _STOP:
            self.stops.append(equation)
            moves = False
        arrays = _alone(equation)(*[value.array for value in given])
        results = [_Value(array, moves and _is_floating(array)) for array in arrays]
        if any(value.moves for value in results):
            results = [self._nudge(value) if value.moves else value for value in results]
            self.equations.append((equation, given, results))
        return results

    def _nudge(self, value: _Value) -> _Value:
        if self.nudges is None:
            return value
        nudge = self.nudges[self._nudged]
        self._nudged += 1
        return _Value(value.array + nudge, moves=True)


def _tape(program: Program, operands: Sequence[_Value], cotangents: Sequence[Array], dtype: str) -> Tape:
    """Run a program twice: for its numbers, then for their adjoints."""
    import jax
    import jax.numpy as jnp

    with at_rest("jax", dtype):
        plain = _Walk()
        program(plain, operands)
        moving = [value.array for _, _, results in plain.equations for value in results if value.moves]

        def nudged(nudges: Sequence[Array]) -> list[Array]:
            return [value.array for value in program(_Walk(nudges), operands) if _is_floating(value.array)]

        _, pull = jax.vjp(nudged, [jnp.full_like(array, -0.0) for array in moving])
        [found] = pull(list(cotangents))
        adjoints = iter(found)
        steps = []
        for equation, given, results in plain.equations:
            floating = [value for value in results if _is_floating(value.array)]
            own = [next(adjoints) if value.moves else jnp.zeros_like(value.array) for value in floating]
            steps.append(_step(equation, given, own, dtype))
        return Tape(tuple(steps), tuple(Stop(_STOP, _line(equation), is_read=True) for equation in plain.stops))


def _step(equation: JaxprEqn, given: Sequence[_Value], adjoints: Sequence[Array], dtype: str) -> Step:
    operation = _alone(equation)
    names = argument_names(operation, len(given))
    program = _program(equation)
    return Step(
        name=_name(equation),
        line=_line(equation),
        operation=Operation(partial(_floating_results, operation), names),
        arguments=tuple(value.array for value in given),
        wrt=tuple(name for name, value in zip(names, given, strict=True) if value.moves),
        adjoint=one_array([numpy_of(adjoint) for adjoint in adjoints]),
        has_own_rule=equation.primitive.name.startswith("custom_"),
        within=None if program is None else partial(_tape, program, given, adjoints, dtype),
    )


# ---- one equation ------------------------------------------------------------------------------


def _variables(equation: JaxprEqn) -> list[Any]:
    """What an equation takes, each once, without its literals."""
    return list(dict.fromkeys(atom for atom in equation.invars if not hasattr(atom, "val")))


def _read(equation: JaxprEqn, given: Sequence[Any], literal: Callable[[Any], Any]) -> list[Any]:
    """All that an equation takes, in its order."""
    known = dict(zip(_variables(equation), given, strict=True))
    return [literal(atom.val) if hasattr(atom, "val") else known[atom] for atom in equation.invars]


def _alone(equation: JaxprEqn) -> Callable[..., Sequence[Any]]:
    """An equation as a function of its variables; a rule of its own stays with it."""

    def run(*given: Any) -> Sequence[Any]:
        operands = _read(equation, given, literal=lambda value: value)
        bound: Any = equation.primitive.get_bind_params(equation.params)
        functions, options = bound if isinstance(bound, tuple) else ((), bound)
        with equation.ctx.manager:
            results = equation.primitive.bind(*functions, *operands, **options)
        return results if equation.primitive.multiple_results else [results]

    return run


def _floating_results(operation: Callable[..., Sequence[Any]], *given: Any) -> list[Array]:
    return [result for result in operation(*given) if _is_floating(result)]


def _is_floating(value: Any) -> bool:
    import jax

    return isinstance(value, jax.Array) and jax.numpy.issubdtype(value.dtype, np.inexact)


def _literal(value: Any) -> _Value:
    import jax.numpy as jnp

    return _Value(jnp.asarray(value), moves=False)


def _parted(cotangent: np.ndarray, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """The part of the cotangent that belongs to each output."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    parts = np.split(np.ravel(cotangent), ends[:-1])
    return [array_of("jax", part.reshape(shape)) for part, shape in zip(parts, shapes, strict=True)]


def _name(equation: JaxprEqn) -> str:
    """What the caller calls it, where it has a name."""
    parameters: Any = equation.params
    if equation.primitive.name in _CALLS:
        return str(parameters.get("name", equation.primitive.name))
    called = parameters.get("call_jaxpr")
    about = getattr(getattr(called, "jaxpr", called), "debug_info", None)
    return str(getattr(about, "func_name", None) or equation.primitive.name)


def _line(equation: JaxprEqn) -> Line | None:
    """Where the caller wrote it, as far as jax knows."""
    from jax.extend.source_info_util import summarize

    found = re.match(r"(.+?):(\d+)", summarize(equation.source_info))
    return Line(found[1], int(found[2])) if found and is_own(found[1]) else None


# ---- programs within a program -----------------------------------------------------------------


def _program(equation: JaxprEqn) -> Program | None:
    """What an equation runs, equation by equation; `None` for what stands for itself."""
    name = equation.primitive.name
    written_out = _call if name in _CALLS else {"cond": _branch, "scan": _turns}.get(name)
    if written_out is None:
        return None
    return lambda walk, given: written_out(walk, equation, _read(equation, given, _literal))


def _call(walk: _Walk, equation: JaxprEqn, operands: Sequence[_Value]) -> Sequence[_Value]:
    return walk.run(equation.params["jaxpr" if "jaxpr" in equation.params else "call_jaxpr"], operands)


def _branch(walk: _Walk, equation: JaxprEqn, operands: Sequence[_Value]) -> Sequence[_Value]:
    """The branch that is taken."""
    index, *rest = operands
    branches = equation.params["branches"]
    return walk.run(branches[int(np.clip(int(index.array), 0, len(branches) - 1))], rest)


def _turns(walk: _Walk, equation: JaxprEqn, operands: Sequence[_Value]) -> Sequence[_Value]:
    """A loop, turn by turn."""
    import jax.numpy as jnp

    parameters = equation.params
    start = parameters["num_consts"] + parameters["num_carry"]
    constants, carried = operands[: parameters["num_consts"]], operands[parameters["num_consts"] : start]
    collected: dict[int, Sequence[_Value]] = {}
    turns = range(parameters["length"])
    for turn in reversed(turns) if parameters["reverse"] else turns:
        entries = [_Value(sequence.array[turn], sequence.moves) for sequence in operands[start:]]
        results = walk.run(parameters["jaxpr"], [*constants, *carried, *entries])
        carried, collected[turn] = results[: len(carried)], results[len(carried) :]
    columns = [[collected[turn][place] for turn in turns] for place in range(len(equation.outvars) - len(carried))]
    stacked = [_Value(jnp.stack([one.array for one in column]), any(one.moves for one in column)) for column in columns]
    return [*carried, *stacked]
