"""How much of jax is lifted: every public callable that has a derivative, called once.

Run it with `python benchmarks/coverage_jax.py`, or for some of them with `--only NAME …`. A callable counts
if its own program, lifted from its jaxpr, has the value that jax computes, and the derivative of what was lifted,
in balls, is what jax answers.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.jax_samples import EXCLUDED, Entry, callables, entries
from diffcheck.backends.base import Derivative
from diffcheck.expression.nodes import Node
from diffcheck.expression.trace import Context, Tracer
from diffcheck.judge import judge
from diffcheck.lift.jaxpr import jax_program, jax_value, switches
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
from diffcheck.reference.reference import refer
from diffcheck.verdict import Verdict

Function = Callable[..., Any]

SECONDS = 60
"""For each callable."""

TARGET = 0.8


@dataclass(frozen=True)
class Answer:
    """What became of one callable.

    Attributes:
        name: of the callable.
        reason: why it does not count; nothing if it does.
    """

    name: str
    reason: str = ""


def main() -> int:
    """Measure; fail where too little is lifted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="callables, with or without their module")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="time limit for each callable")
    options = parser.parse_args()
    answers = []
    for entry in entries():
        if not options.only or {entry.name, entry.name.rpartition(".")[2]} & set(options.only):
            answers.append(answer(entry, options.seconds))
            print(f"{answers[-1].name}: {answers[-1].reason or 'lifted'}", file=sys.stderr, flush=True)
    print(report(answers))
    return 0 if sum(not found.reason for found in answers) >= TARGET * len(answers) else 1


def report(answers: Sequence[Answer]) -> str:
    """What is lifted of what there is, and the rest by its reasons."""
    excluded = {name: reason for reason, names in EXCLUDED.items() for name in names.split()}
    last = [name.rpartition(".")[2] for name, _ in callables()]
    counts = Counter(excluded[name] for name in last if name in excluded)
    lifted = sum(not found.reason for found in answers)
    rest: dict[str, list[str]] = {}
    for found in answers:
        if found.reason:
            rest.setdefault(found.reason, []).append(found.name)
    return "\n".join(
        [
            f"{len(last)} public callables, of which {counts.total()} are left out:",
            *(f"  {count:3} {reason}" for reason, count in counts.items()),
            f"{lifted} of {len(answers)} are lifted ({lifted / max(len(answers), 1):.1%}); the others:",
            *(f"  {reason}: {', '.join(names)}" for reason, names in sorted(rest.items())),
        ]
    )


# ---- one callable ------------------------------------------------------------------------------


class _TooSlow(BaseException):
    """No exception that code which answers one would catch."""


def answer(entry: Entry, seconds: int = SECONDS) -> Answer:
    """Lift a callable, and hold it against jax."""
    if entry.sample is None:
        return Answer(entry.name, "no sample call")
    try:
        with _limit(seconds):
            return Answer(entry.name, _disagreement(entry))
    except _TooSlow:
        return Answer(entry.name, f"takes more than {seconds} s")
    except NotLifted as reason:
        return Answer(entry.name, str(reason).partition(" (")[0])
    except Exception as error:  # noqa: BLE001  # one callable must not end the measurement
        lines = str(error).splitlines() or [""]
        return Answer(entry.name, f"{type(error).__name__}: {lines[0]}")


def _disagreement(entry: Entry) -> str:
    """How the lifted function and jax differ; nothing, if all is well."""
    function, point = _called(entry)
    reference = refer(_of_node(jax_value(function, point)), point, tuple(point.arguments))
    if (reference.value.open | reference.value.wide).any():
        return "the value is not certified"
    judgement = judge(_derivative(function, point), reference)
    fine = judgement.verdict in (Verdict.AGREES, Verdict.CONVENTION)
    return "" if fine else f"{judgement.verdict.name}: {judgement.message or judgement.cause.value}"


def _called(entry: Entry) -> tuple[Function, Point]:
    """The sample call as a function of named arrays with one array out, and where it is differentiated."""
    import jax

    assert entry.sample is not None
    call, target = entry.sample.call, entry.function
    arguments = {chr(ord("a") + k): np.asarray(array) for k, array in enumerate(entry.sample.arrays)}

    def function(**arrays: Any) -> Any:
        return _joined(call(target, *(arrays[name] for name in sorted(arrays))))

    with switches(np.dtype(np.float64)):
        try:
            shape = jax.eval_shape(function, **arguments).shape
        except NotLifted:
            raise
        except Exception as error:
            lines = str(error).splitlines() or [""]
            raise NotLifted(f"jax cannot trace it: {type(error).__name__}: {lines[0]}") from error
    cotangent = np.random.default_rng(0).uniform(0.5, 1.5, shape)
    return function, Point(arguments, cotangent=cotangent)


def _joined(outputs: Any) -> Any:
    """All real outputs, one after the other."""
    import jax
    import jax.numpy as jnp

    leaves = [jnp.asarray(leaf) for leaf in jax.tree.leaves(outputs)]
    if any(jnp.iscomplexobj(leaf) for leaf in leaves):
        raise NotLifted("complex numbers")
    moving = [leaf for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.floating)]
    return moving[0] if len(moving) == 1 else jnp.concatenate([leaf.ravel() for leaf in moving])


def _of_node(value: Node) -> Function:
    """The function that an expression is."""

    def function(**_: Tracer) -> Tracer:
        return Tracer(value, Context())

    return function


def _derivative(function: Function, point: Point) -> Derivative:
    """What jax answers."""
    import jax

    def run(arguments: Any) -> Any:
        value, pull = jax.vjp(lambda given: function(**given), arguments)
        return value, pull(point.cotangent)[0]

    names = tuple(point.arguments)
    with switches(point.dtype):
        value, gradients = jax.jit(run)(dict(point.arguments))
    entries = {name: np.asarray(gradients[name]) for name in names}
    return Derivative(
        np.asarray(value), entries, program=lambda: jax_program(function, point, names, "R"), framework="jax"
    )


@contextmanager
def _limit(seconds: int) -> Iterator[None]:
    """End what takes longer."""

    def end(*_: Any) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


if __name__ == "__main__":
    raise SystemExit(main())
