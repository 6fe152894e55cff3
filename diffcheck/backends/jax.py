"""jax: reverse mode through `jax.vjp`, forward mode through `jax.jvp`, once or twice, eager or compiled."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.backends.base import (
    FORWARD,
    PLAIN,
    REVERSE,
    SECOND_ORDER,
    SPELLING,
    Capabilities,
    Derivative,
    Task,
    Unsupported,
    check_output,
    first_line,
    function_of,
    plain_and_spelling,
)
from diffcheck.case import Case
from diffcheck.dtype import DTYPES, limits
from diffcheck.lift.jax_orders import entries_of_order
from diffcheck.lift.jaxpr import jax_program, switches
from diffcheck.lift.program import Program

if TYPE_CHECKING:
    import jax

    Arrays = Mapping[str, jax.Array]
    Directions = tuple[jax.Array | None, Arrays]

JIT = "jit"

Function = Callable[..., Any]

# How jax words its refusals of a mode or of a dtype. Other exceptions are the function's own.
_REFUSALS = (
    "can't apply forward-mode",
    "Reverse-mode differentiation does not work",
    "Differentiation rule for",
    "do not support JVP",
    "Unsupported dtype",
    "float16 is not supported",
)


class JaxBackend:
    """jax on the CPU, with the switches that lifting uses, too: set for each call and put back.

    float64 runs with x64 on. Other dtypes run with x64 off: that is what somebody who computes in
    float32 runs, and a float64 constant then cannot widen the function on its way.
    """

    name = "jax"
    capabilities = Capabilities(
        modes=(REVERSE, FORWARD, *SECOND_ORDER),
        transforms=(PLAIN, JIT, SPELLING),
        dtypes=DTYPES,
        requires="jax",
        one_line="JAX: jax.vjp and jax.jvp, once and twice, eager and compiled by jit",
    )

    def version(self) -> str:
        """The installed version of jax."""
        return version("jax")

    def transforms(self, case: Case) -> tuple[str, ...]:
        """Eager, compiled, and jax's own spelling (eager) where the case has one."""
        return plain_and_spelling(self, case)

    def differentiate(self, task: Task) -> Derivative:
        """Compute value and derivative in one run of the function.

        Raises:
            Unsupported: jax refuses the mode or the dtype, or cannot trace the function.
            BadOutput: the function does not return one array of the dtype under test.
        """
        function = function_of(self, task)
        compiled = task.transform == JIT
        program = _compiled if compiled else _program

        def lifted() -> Program:
            return jax_program(function, task.point, task.wrt, task.mode)

        with _own_state(task.point.dtype) as settings, _refusals(compiled):
            value, entries = program(function, task.mode)(*_operands(task))
            names = task.wrt if REVERSE in task.mode else entries
            arrays = {name: np.array(entries[name]) for name in names}
            return Derivative(np.array(value), arrays, settings=settings, program=lifted, framework=self.name)


def forget_compiled() -> None:
    """Drop every compiled program: jax keeps them all, which takes about 35 MB per case and dtype."""
    if "jax" in sys.modules:
        import jax

        _compiled.cache_clear()
        jax.clear_caches()


@lru_cache(maxsize=256)
def _compiled(function: Function, mode: str) -> Function:
    """The compiled program; jax itself keeps one per set of shapes, dtypes and switches."""
    import jax

    return jax.jit(_program(function, mode))


def _program(function: Function, mode: str) -> Function:
    """What runs, eager or compiled: inputs, constants and direction → value and entries."""
    if len(mode) > 1:
        return _of_order(function, mode)
    return _reverse(function) if mode == REVERSE else _forward(function)


def _reverse(function: Function) -> Function:
    import jax

    def run(primals: Arrays, constants: Arrays, cotangent: jax.Array | None) -> tuple[jax.Array, Arrays]:
        def of_inputs(inputs: Arrays) -> jax.Array:
            return _output(function, inputs, constants, cotangent)

        value, pull = jax.vjp(of_inputs, primals)
        (gradients,) = pull(_weights(cotangent, value))
        return value, gradients

    return run


def _forward(function: Function) -> Function:
    import jax

    def run(primals: Arrays, constants: Arrays, tangents: Arrays) -> tuple[jax.Array, Arrays]:
        def of_inputs(inputs: Arrays) -> jax.Array:
            return _output(function, inputs, constants)

        value, tangent = jax.jvp(of_inputs, (primals,), (tangents,))
        return value, {"output": tangent}

    return run


def _of_order(function: Function, mode: str) -> Function:
    def run(primals: Arrays, constants: Arrays, directions: Directions) -> tuple[jax.Array, Arrays]:
        cotangent, tangents = directions

        def of_inputs(inputs: Arrays) -> jax.Array:
            return _output(function, inputs, constants, cotangent)

        value = of_inputs(primals)
        found = entries_of_order(of_inputs, primals, mode, _weights(cotangent, value), tangents)
        return value, found if REVERSE in mode else {"output": found}

    return run


def _weights(cotangent: jax.Array | None, value: jax.Array) -> jax.Array:
    import jax

    given = np.ones((), value.dtype) if cotangent is None else cotangent
    return jax.numpy.broadcast_to(given, value.shape)


def _output(function: Function, inputs: Arrays, constants: Arrays, cotangent: jax.Array | None = None) -> jax.Array:
    import jax

    output = function(**inputs, **constants)
    dtype = next(iter(inputs.values())).dtype
    check_output(output, jax.Array, dtype, cotangent)
    return output


def _operands(task: Task) -> tuple[Arrays, Arrays, jax.Array | Arrays | Directions | None]:
    """Inputs, constants and direction, on the device where no compiled program puts them there; above order 1 both."""
    import jax.numpy as jnp

    place: Callable[[np.ndarray], Any] = np.asarray if task.transform == JIT else jnp.asarray
    point = task.point
    arrays = {name: place(array) for name, array in point.arguments.items()}
    primals = {name: arrays[name] for name in task.wrt}
    constants = {name: array for name, array in arrays.items() if name not in task.wrt}
    tangents = {name: place(point.tangent_for(name)) for name in task.wrt}
    cotangent = None if point.cotangent is None else place(point.cotangent)
    if len(task.mode) > 1:
        return primals, constants, (cotangent, tangents)
    return primals, constants, tangents if task.mode == FORWARD else cotangent


@contextmanager
def _own_state(dtype: np.dtype) -> Iterator[Mapping[str, str]]:
    """Set the switches for one dtype, and restore them on the way out.

    Yields:
        The switches in effect.
    """
    with switches(dtype):
        import jax

        config: Any = jax.config
        yield {
            "matmul_precision": config.jax_default_matmul_precision,
            "x64": "on" if dtype == np.float64 else "off",
            "subnormals": _subnormals(dtype.name),
        }


@lru_cache
def _subnormals(dtype: str) -> str:
    """Whether XLA keeps subnormal numbers, measured: on the CPU it computes with flush-to-zero."""
    import jax.numpy as jnp

    half = jnp.asarray(limits(dtype).smallest_normal, dtype) * jnp.asarray(0.5, dtype)
    return "kept" if half > 0 else "flushed"


@contextmanager
def _refusals(compiled: bool) -> Iterator[None]:
    """Turn jax's refusals into `Unsupported`; leave every other exception alone."""
    import jax

    try:
        yield
    except (
        jax.errors.ConcretizationTypeError,
        jax.errors.NonConcreteBooleanIndexError,
        jax.errors.TracerArrayConversionError,
        jax.errors.TracerIntegerConversionError,
    ) as error:
        if compiled:
            raise Unsupported("data-dependent control flow cannot be traced by jit") from error
        raise Unsupported("the function turns a traced array into a Python number or a NumPy array") from error
    except (NotImplementedError, TypeError, ValueError) as error:
        if any(refusal in str(error) for refusal in _REFUSALS):
            raise Unsupported(_own_words(error)) from error
        raise


def _own_words(error: Exception) -> str:
    """What an exception says, without the exception that some of jax's carry before their words."""
    words = [argument for argument in error.args if isinstance(argument, str)]
    return first_line(ValueError(words[-1])) if words else first_line(error)
