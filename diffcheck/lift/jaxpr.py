"""jax: the program that runs for a derivative, from its jaxpr.

The jaxpr is made of the value and its `jax.vjp` pullback (mode R) or of `jax.jvp` (mode F), or of one
around the other (longer words), so that rules of the function's own (`jax.custom_vjp`, `jax.custom_jvp`)
have been applied: it is what ran.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from diffcheck.dtype import is_floating
from diffcheck.expression import nodes
from diffcheck.expression.closed_form import COTANGENT, OUTPUT, tangent_name
from diffcheck.expression.nodes import Node
from diffcheck.lift.jax_orders import entries_of_order
from diffcheck.lift.jaxpr_interpreter import lift_jaxpr
from diffcheck.lift.program import NotLifted, Program
from diffcheck.point import Point

Function = Callable[..., Any]
Shapes = Mapping[str, tuple[int, ...]]

REVERSE = "R"


@dataclass(frozen=True)
class _Signature:
    """What a program depends on besides its function: everything about a point but its real numbers.

    Attributes:
        dtype: of the floating arguments.
        floating: the floating arguments and their shapes, by name.
        integers: the integer arguments, by name: shape, dtype and content.
        unit_cotangent: whether ones are pulled back.
    """

    dtype: np.dtype
    floating: tuple[tuple[str, tuple[int, ...]], ...]
    integers: tuple[tuple[str, tuple[int, ...], str, bytes], ...]
    unit_cotangent: bool

    @classmethod
    def of(cls, point: Point) -> _Signature:
        """The signature of a point."""
        arrays = sorted(point.arguments.items())
        return cls(
            point.dtype,
            tuple((name, array.shape) for name, array in arrays if is_floating(array.dtype)),
            tuple((name, a.shape, a.dtype.str, a.tobytes()) for name, a in arrays if not is_floating(a.dtype)),
            point.cotangent is None,
        )

    @property
    def shapes(self) -> Shapes:
        """Floating argument → shape."""
        return dict(self.floating)

    def constants(self) -> dict[str, np.ndarray]:
        """Integer argument → array."""
        return {name: np.frombuffer(content, dtype).reshape(shape) for name, shape, dtype, content in self.integers}


def jax_program(function: Function, point: Point, wrt: tuple[str, ...], mode: str) -> Program:
    """Lift what jax runs to differentiate a function at a point, in the point's dtype.

    Floating arguments become inputs of their names; integer arguments are constants. The cotangent is
    the input `cotangent`, unless the point has none: then it is the number one. A program serves
    every point of the same shapes, dtype and integer arguments, and is kept.

    Args:
        function: arrays of jax in (keyword arguments), one array out.
        point: where; only its shapes, dtype and integer arguments matter.
        wrt: the arguments to differentiate with respect to.
        mode: R, value and `jax.vjp`; F, `jax.jvp`; or a longer word over both.

    Raises:
        NotLifted: jax cannot trace the function, or an operation has no rule; the message names it.
    """
    return _or_raise(_lifted(function, _Signature.of(point), wrt, mode))


def jax_value(function: Function, point: Point) -> Node:
    """Lift a jax function itself: its value as an expression of its floating arguments.

    Raises:
        NotLifted: as `jax_program`.
    """
    return _or_raise(_lifted(function, _Signature.of(point), (), "")).value


@contextmanager
def switches(dtype: np.dtype) -> Iterator[None]:
    """jax as it computes in one dtype: x64 for float64 only, matrix products at the highest precision.

    A number that float16 cannot hold becomes an infinity, and NumPy would warn.
    """
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax

    precision = jax.default_matmul_precision("highest")
    with jax.enable_x64(dtype == np.float64), precision, np.errstate(over="ignore"):
        yield


# ---- keeping ---------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _lifted(function: Function, signature: _Signature, wrt: tuple[str, ...], mode: str) -> Program | NotLifted:
    """The program, or why there is none: both take a trace to find out."""
    try:
        with switches(signature.dtype):
            return _Trace(function, signature, wrt).program(mode)
    except NotLifted as reason:
        return reason.with_traceback(None)


def _or_raise(found: Program | NotLifted) -> Program:
    if isinstance(found, NotLifted):
        raise NotLifted(*found.args)
    return found


# ---- tracing ---------------------------------------------------------------------------------


class _Trace:
    """One trace of one function."""

    def __init__(self, function: Function, signature: _Signature, wrt: tuple[str, ...]) -> None:
        import jax.numpy as jnp

        self.function = function
        self.signature = signature
        self.wrt = wrt
        self.integers = {name: jnp.asarray(array) for name, array in signature.constants().items()}

    def program(self, mode: str) -> Program:
        """Trace and lift."""
        shapes = self.signature.shapes
        inputs = {name: nodes.variable(name, shape) for name, shape in shapes.items()}
        if mode == "":
            [value] = self._run(self._value, inputs)
            return Program(value, {})
        if mode == REVERSE:
            cotangent = {} if self.signature.unit_cotangent else {COTANGENT: self._cotangent(inputs)}
            value, *gradients = self._run(self._reverse, inputs, cotangent)
            return Program(value, dict(zip(self.wrt, gradients, strict=True)))
        tangents = {name: nodes.variable(tangent_name(name), shapes[name]) for name in self.wrt}
        if len(mode) > 1:
            cotangent = {} if self.signature.unit_cotangent else {COTANGENT: self._cotangent(inputs)}
            value, *entries = self._run(partial(self._of_order, mode), inputs, tangents, cotangent)
            return Program(value, dict(zip(self.wrt if REVERSE in mode else (OUTPUT,), entries, strict=True)))
        value, tangent = self._run(self._forward, inputs, tangents)
        return Program(value, {OUTPUT: tangent})

    def _run(self, program: Function, *inputs: Mapping[str, Node]) -> list[Node]:
        """The outputs of a function of arrays by name, as nodes."""
        import jax

        given = [{name: self._abstract(node.shape) for name, node in group.items()} for group in inputs]
        jaxpr = _traced(lambda: jax.make_jaxpr(program)(*given))
        # jax flattens a mapping in the order of its keys.
        operands = [group[name] for group in inputs for name in sorted(group)]
        return lift_jaxpr(jaxpr, operands, self.signature.dtype)

    def _abstract(self, shape: Sequence[int]) -> Any:
        import jax

        return jax.ShapeDtypeStruct(tuple(shape), self.signature.dtype)

    def _cotangent(self, inputs: Mapping[str, Node]) -> Node:
        """The input of the output's shape."""
        import jax

        given = {name: self._abstract(node.shape) for name, node in inputs.items()}
        output = _traced(lambda: jax.eval_shape(self._value, given))
        return nodes.variable(COTANGENT, output.shape)

    # ---- what jax runs ----

    def _value(self, floating: Mapping[str, Any]) -> Any:
        import jax

        output = self.function(**floating, **self.integers)
        if not isinstance(output, jax.Array) or output.dtype != self.signature.dtype:
            raise NotLifted(f"the function does not return one array of {self.signature.dtype}")
        return output

    def _of_inputs(self, floating: Mapping[str, Any]) -> tuple[Function, dict[str, Any]]:
        """The function of what is differentiated, and where."""
        rest = {name: array for name, array in floating.items() if name not in self.wrt}
        primals = {name: floating[name] for name in self.wrt}
        return (lambda inputs: self._value({**inputs, **rest})), primals

    def _reverse(self, floating: Mapping[str, Any], cotangent: Mapping[str, Any] | None = None) -> list[Any]:
        import jax

        of_inputs, primals = self._of_inputs(floating)
        value, pull = jax.vjp(of_inputs, primals)
        (gradients,) = pull(self._weights(cotangent or {}, value))
        return [value, *[gradients[name] for name in self.wrt]]

    def _of_order(
        self, mode: str, floating: Mapping[str, Any], tangents: Mapping[str, Any], cotangent: Mapping[str, Any]
    ) -> list[Any]:
        of_inputs, primals = self._of_inputs(floating)
        value = of_inputs(primals)
        weights = self._weights(cotangent, value)
        found = entries_of_order(of_inputs, primals, mode, weights, dict(tangents))
        return [value, *([found[name] for name in self.wrt] if REVERSE in mode else [found])]

    @staticmethod
    def _weights(cotangent: Mapping[str, Any], value: Any) -> Any:
        import jax

        given = cotangent[COTANGENT] if cotangent else np.ones((), value.dtype)
        return jax.numpy.broadcast_to(given, value.shape)

    def _forward(self, floating: Mapping[str, Any], tangents: Mapping[str, Any]) -> list[Any]:
        import jax

        of_inputs, primals = self._of_inputs(floating)
        return list(jax.jvp(of_inputs, (primals,), (dict(tangents),)))


def _traced(trace: Callable[[], Any]) -> Any:
    """What a trace gives, or the reason for which there is none.

    The function itself runs here, on arrays without numbers: whatever it raises only says that it
    has no jaxpr.
    """
    import jax
    from jax.extend.source_info_util import register_exclusion

    register_exclusion(__file__)  # the lines of source that messages name are the user's
    try:
        return trace()
    except NotLifted:
        raise
    except jax.errors.ConcretizationTypeError as error:
        raise NotLifted("the function branches on its data: it has no jaxpr that serves every point") from error
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise NotLifted(f"jax cannot trace the function: {type(error).__name__}: {lines[0]}") from error
