"""The tape of a torch run.

Operations of torch's own pass by a mode. The `apply` of a `torch.autograd.Function` does not, and people bind it to
a name of theirs, so Python's profiler waits for its code. Adjoints come from hooks, in the one backward pass.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcheck.given import argument_names
from diffcheck.lift.line import own_line
from diffcheck.lift.primal import array_of, at_rest, numpy_of
from diffcheck.point import Point
from diffcheck.pytree import leaves, mapped
from diffcheck.subject import Call
from diffcheck.tape.step import Operation, Step, Stop, Tape, one_array

if TYPE_CHECKING:
    from torch import Tensor

_READ = frozenset("detach data".split())
_STOPS = _READ | frozenset("detach_ item tolist numpy __array__ __float__ tensor register_hook".split())
"""What keeps gradients from a tensor, or may change them; the lift reads the first as part of the function."""

_RUNNER = Call.__call__.__code__.co_filename


def torch_tape(call: Call, point: Point, wrt: tuple[str, ...]) -> Tape:
    """Run a torch function once, forwards and backwards, with somebody looking on."""
    import torch

    with at_rest("torch", point.dtype.name):
        tensors = {name: array_of("torch", array) for name, array in point.arguments.items()}
        inputs = [tensors[name].requires_grad_() for name in wrt]
        onlooker = _Onlooker(inputs)
        value = replace(call, function=onlooker.watching(call.function))(**tensors)
        if value.requires_grad:
            cotangent = array_of("torch", point.cotangent_for(tuple(value.shape)))
            torch.autograd.grad(value, inputs, cotangent, allow_unused=True)
        return Tape(onlooker.steps(), tuple(onlooker.stops), onlooker.is_whole)


@dataclass(eq=False)
class _Seen:
    """One call of an operation.

    Attributes:
        step: without its adjoint.
        before: the nodes that the tensors that it got came from.
        outputs: what of its outputs is left: their shapes and dtypes, and their adjoints as they come.
    """

    step: Step
    before: frozenset[Any]
    outputs: list[_Output] = field(default_factory=list)


@dataclass
class _Output:
    like: np.ndarray
    adjoint: np.ndarray | None = None

    def receive(self, gradient: Tensor) -> None:
        self.adjoint = numpy_of(gradient)


class _Onlooker:
    """Sees every operation on what moves with the inputs."""

    def __init__(self, inputs: list[Tensor]) -> None:
        self.inputs = inputs
        self.seen: list[_Seen] = []
        self.stops: list[Stop] = []
        self.is_whole = True
        self._depth = 0  # of calls of apply: what a forward computes is its own affair
        self._applied: _Seen | None = None
        self._leads: dict[Any, bool] = {}

    def steps(self) -> tuple[Step, ...]:
        """What the cotangent reached."""
        return tuple(
            replace(seen.step, adjoint=one_array([_or_zeros(output) for output in seen.outputs]))
            for seen in self.seen
            if any(output.adjoint is not None for output in seen.outputs)
        )

    def watching(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, under its eyes."""

        def watched(*arguments: Any) -> Any:
            with self._eyes():
                return function(*arguments)

        return watched

    @contextmanager
    def _eyes(self) -> Iterator[None]:
        profiler = sys.getprofile()
        if profiler is not None:  # somebody else's, which cannot always be put back
            self.is_whole = False
        with _mode(self):
            try:
                if profiler is None:
                    sys.setprofile(self._profile)
                yield
            finally:
                if profiler is None:
                    sys.setprofile(None)

    # ---- operations of torch's own ----

    def passed(self, function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Let a call pass by."""
        if self._depth:
            return function(*arguments, **options)
        seen = self._guarded(self._before, function, arguments, options, inspect.currentframe())
        result = function(*arguments, **options)
        if seen is not None:
            self._guarded(self._after, seen, arguments[0] if result is None and arguments else result)
        return result

    # ---- rules of the caller's own ----

    def _profile(self, frame: FrameType, event: str, result: Any) -> None:
        if event not in ("call", "return") or frame.f_code is not _apply_code():
            return
        if event == "call":
            if not self._depth:
                rule, arguments = frame.f_locals["cls"], frame.f_locals["args"]
                self._applied = self._guarded(self._before, rule.apply, arguments, {}, frame)
            self._depth += 1
            return
        self._depth -= 1
        if not self._depth and self._applied is not None and result is not None:
            self._depth = 1  # our own calls of torch pass by the mode, too
            self._guarded(self._after, self._applied, result)
            self._depth = 0

    # ---- both ----

    def _guarded(self, look: Callable[..., Any], *given: Any) -> Any:
        """Look at a call without disturbing it."""
        depth, self._depth = self._depth, 1
        try:
            return look(*given)
        except Exception:  # noqa: BLE001 - a tensor of another kind may refuse whatever is asked of it
            self.is_whole = False
            return None
        finally:
            self._depth = depth

    def _before(
        self, function: Callable[..., Any], positional: tuple[Any, ...], options: dict[str, Any], frame: FrameType
    ) -> _Seen | None:
        import torch

        if not any(self._moves(value) for _, value in leaves((positional, options))):
            return None
        line = own_line(frame, _RUNNER)
        name = _name(function)
        if (last := name.rpartition(".")[2]) in _STOPS:
            self.stops.append(Stop(name, line, last in _READ))
            return None
        arguments = (*positional, *options.values())
        names = (*argument_names(function, len(positional)), *options)
        tree = tuple(zip(names, arguments, strict=True))
        step = Step(
            name=name,
            line=line,
            operation=Operation(partial(_again, function, tuple(options)), names),
            arguments=mapped(_copy, arguments),
            wrt=tuple(leaf for name, value in tree for leaf, one in leaves(value, name) if self._moves(one)),
            adjoint=np.zeros(()),
            has_own_rule=_rule(function) is not None,
        )
        before = frozenset(value.grad_fn for _, value in leaves(arguments) if isinstance(value, torch.Tensor))
        return _Seen(step, before)

    def _after(self, seen: _Seen, result: Any) -> None:
        import torch

        outputs = _floating(result)
        if not torch.is_grad_enabled():
            if outputs:
                self.stops.append(Stop(f"no_grad around {seen.step.name}", seen.step.line, is_read=True))
            return
        if not any(output.grad_fn is not None and output.grad_fn not in seen.before for output in outputs):
            return
        for output in outputs:
            place = _Output(np.zeros_like(numpy_of(output)))
            seen.outputs.append(place)
            if output.requires_grad:
                output.register_hook(place.receive)  # type: ignore[no-untyped-call]  # torch's own
        self.seen.append(seen)

    def _moves(self, value: Any) -> bool:
        """Whether a value moves with the inputs: others that require gradients are not asked about."""
        import torch

        if not isinstance(value, torch.Tensor) or not value.requires_grad:
            return False
        if value.grad_fn is None:
            return any(value is one for one in self.inputs)
        if value.grad_fn not in self._leads:
            self._leads[value.grad_fn] = self._leads_to_inputs(value.grad_fn)
        return self._leads[value.grad_fn]

    def _leads_to_inputs(self, node: Any) -> bool:
        pending, visited = [node], set()
        while pending:
            one = pending.pop()
            if self._leads.get(one) or any(getattr(one, "variable", None) is known for known in self.inputs):
                return True
            if one not in visited and one not in self._leads:
                visited.add(one)
                pending += [following for following, _ in one.next_functions if following is not None]
        return False


def _mode(onlooker: _Onlooker) -> Any:
    """A mode under which every call of torch passes by."""
    from torch.overrides import TorchFunctionMode

    class Passing(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return onlooker.passed(function, args, kwargs or {})

    return Passing()


def _apply_code() -> Any:
    import torch

    return torch.autograd.Function.apply.__func__.__code__  # type: ignore[attr-defined]  # a class method


def _again(function: Callable[..., Any], keywords: tuple[str, ...], *arguments: Any) -> list[Tensor]:
    """The floating outputs of a call that is made again, on copies: it may write to what it is given."""
    copies = mapped(_copy_to_write, arguments)
    positional = len(copies) - len(keywords)
    result = function(*copies[:positional], **dict(zip(keywords, copies[positional:], strict=True)))
    return _floating(copies[0] if result is None else result)


def _floating(tree: Any) -> list[Tensor]:
    import torch

    found = [value for _, value in leaves(tree) if isinstance(value, torch.Tensor)]
    return [tensor for tensor in found if tensor.is_floating_point() or tensor.is_complex()]


def _copy(_: str, value: Any) -> Any:
    import torch

    return value.detach().clone() if isinstance(value, torch.Tensor) else value


def _copy_to_write(_: str, value: Any) -> Any:
    import torch

    return value.clone() if isinstance(value, torch.Tensor) else value


def _or_zeros(output: _Output) -> np.ndarray:
    return output.like if output.adjoint is None else output.adjoint


def _name(function: Any) -> str:
    """`Swish`, `torch.cat`, `torch.Tensor.T`."""
    from torch.overrides import resolve_name

    rule = _rule(function)
    if rule is not None:
        return rule.__name__
    known = resolve_name(function) or getattr(function, "__name__", "an operation")
    return str(known).removesuffix(".__get__")


def _rule(function: Any) -> type[Any] | None:
    """The `torch.autograd.Function` whose apply this is."""
    import torch

    owner = getattr(function, "__self__", None)
    return owner if isinstance(owner, type) and issubclass(owner, torch.autograd.Function) else None
