"""How much of torch is lifted, by an inventory that is not ours: torch's own operator database.

`python benchmarks/coverage_torch.py` takes of each entry that torch differentiates in float64 on the CPU the
first sample input, lifts the function, and has torch's value and gradient judged by the lifted definition.
It prints how many entries are covered, of how many, and all others with the reason. `--only NAME` (a shell
pattern) measures some, `--store FILE` keeps answers, so that a run that was broken off goes on.

An entry is covered when its lifted value is torch's, within rounding, and torch's gradient was compared with
the certified one of the lifted function. Where they differ, the entry is not covered but a finding.

torch keeps the database beside its tests: it needs the package `expecttest`.
"""

from __future__ import annotations

import argparse
import json
import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from diffcheck.backends import BACKENDS
from diffcheck.backends.base import PLAIN, REVERSE, Task, first_line
from diffcheck.case import Case
from diffcheck.expression.elementwise import context_of
from diffcheck.expression.trace import Tracer
from diffcheck.judge import judge
from diffcheck.lift.aten import torch_primal
from diffcheck.lift.program import NotLifted
from diffcheck.point import Point
from diffcheck.reference.reference import refer
from diffcheck.verdict import Verdict
from diffcheck.workers import Died, Done, Event, Failed, TimedOut, run_jobs

SECONDS = 60.0
"""For one entry. Most take less than one."""

COMPARED = (Verdict.AGREES, Verdict.CONVENTION, Verdict.SELECTION, Verdict.RANGE)


@dataclass(frozen=True)
class Measured:
    """What became of one entry.

    Attributes:
        name: the entry, with its variant.
        stage: `COVERED`, or what it did not get beyond.
        reason: in one line; of an entry that is covered, the verdict on torch's gradient.
    """

    name: str
    stage: str
    reason: str = ""


COVERED = "covered"
NOT_LIFTED = "not lifted"
NO_REFERENCE = "lifted, but without a reference"
UNDECIDED = "lifted, but undecided"
FINDING = "a finding"
TOO_SLOW = "not finished"
STAGES = (COVERED, NOT_LIFTED, NO_REFERENCE, UNDECIDED, FINDING, TOO_SLOW)


# ---- the inventory ---------------------------------------------------------------------------


@cache
def inventory() -> dict[str, Any]:
    """The entries that torch differentiates in float64 on the CPU, by name."""
    import torch

    listed = {entry.formatted_name: entry for entry in database()}
    return {
        name: entry
        for name, entry in listed.items()
        if entry.supports_autograd and torch.float64 in entry.supported_backward_dtypes("cpu")
    }


def database() -> Sequence[Any]:
    """All entries."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db

    return list(op_db)


@dataclass(frozen=True, eq=False)
class Sample:
    """An entry's first sample input, as a function of the tensors in it.

    The database's own wrapper stays around it: a matrix that must be symmetric is made so within the function.

    Attributes:
        function: tensors by name in, one tensor out: all outputs with a gradient, in one row if there are several.
        point: the tensors of real numbers and of integers, and weights of both signs for the output.
        wrt: the tensors that torch gives a gradient.
    """

    function: Callable[..., Any]
    point: Point
    wrt: tuple[str, ...]


def first_sample(entry: Any) -> Sample:
    """The first sample input of an entry.

    Raises:
        NotLifted: there is no gradient of real numbers in it.
    """
    import torch
    from torch.utils import _pytree as tree

    _seed()
    given = next(iter(entry.sample_inputs("cpu", torch.float64, requires_grad=True)))
    leaves, shape = tree.tree_flatten((given.input, given.args, given.kwargs))
    places = {f"x{k}": k for k, leaf in enumerate(leaves) if _is_argument(leaf)}

    def outputs(tensors: Mapping[str, Any]) -> list[Any]:
        replaced = {places[name]: tensor for name, tensor in tensors.items()}
        first, rest, options = tree.tree_unflatten([replaced.get(k, leaf) for k, leaf in enumerate(leaves)], shape)
        answer = entry.gradcheck_wrapper(entry.get_op(), first, *rest, **options)
        return tree.tree_leaves(given.output_process_fn_grad(answer))

    answered = outputs({name: leaves[k] for name, k in places.items()})
    kept = [k for k, output in enumerate(answered) if isinstance(output, torch.Tensor) and output.requires_grad]
    if not kept or any(answered[k].is_complex() for k in kept):
        raise NotLifted("complex numbers" if kept else "no output has a gradient")

    def function(**tensors: Any) -> Any:
        found = outputs(tensors)
        return found[kept[0]] if len(kept) == 1 else torch.cat([found[k].reshape(-1) for k in kept])

    count = sum(answered[k].numel() for k in kept)
    weights = (np.arange(count) * 5 % 7 / 2 - 1.25).reshape(answered[kept[0]].shape if len(kept) == 1 else (-1,))
    arrays = {name: leaves[k].detach().numpy().copy() for name, k in places.items()}
    wrt = tuple(name for name, k in places.items() if leaves[k].requires_grad)
    return Sample(function, Point(arrays, cotangent=weights), wrt)


def _is_argument(leaf: Any) -> bool:
    """Whether a leaf is a tensor that a point can hold; any other belongs to the function."""
    import torch

    if not isinstance(leaf, torch.Tensor) or leaf.layout is not torch.strided:
        return False
    return leaf.dtype is torch.float64 or not (leaf.is_floating_point() or leaf.is_complex())


def _seed() -> None:
    import torch

    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - what the database itself draws from


# ---- one entry -------------------------------------------------------------------------------


def measure(name: str) -> Measured:
    """Lift one entry, and judge torch's value and gradient by it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            sample = first_sample(inventory()[name])
            node = torch_primal(sample.function, sample.point)
        except NotLifted as reason:
            return Measured(name, NOT_LIFTED, first_line(reason).partition(" (in `")[0])
        try:
            return _judged(name, sample, lambda **arrays: Tracer(node, context_of(*arrays.values())))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the entry's answer
            return Measured(name, NO_REFERENCE, f"{type(error).__name__}: {first_line(error)}")


def _judged(name: str, sample: Sample, lifted: Callable[..., Tracer]) -> Measured:
    """What becomes of torch's gradient."""
    case = Case(name, "op_db", sample.function, {}, sample.wrt, (), "")
    answer = BACKENDS["torch"].differentiate(Task(sample.function, sample.point, sample.wrt, REVERSE, PLAIN, case))
    judgement = judge(answer, refer(lifted, sample.point, sample.wrt, REVERSE))
    verdict = judgement.verdict
    if verdict in COMPARED:
        return Measured(name, COVERED, verdict.name)
    reason = f"{verdict.name}: {judgement.cause.value or judgement.message}"
    return Measured(name, FINDING if verdict.failure else UNDECIDED, reason)


def set_up() -> None:
    """One thread for each process."""
    import torch

    torch.set_num_threads(1)


def measured(names: Sequence[str], jobs: int = 1, seconds: float = SECONDS) -> Iterator[Measured]:
    """Entries as they are measured, each with a time limit, in processes of their own."""
    for event in run_jobs(measure, names, jobs, setup=set_up, timeout=seconds):
        yield _answer(event)


def _answer(event: Event) -> Measured:
    match event:
        case Done(result=result):
            return result
        case Failed(job=name, error=error):
            return Measured(name, NOT_LIFTED, error.splitlines()[0])
        case Died(job=name, exit_code=code):
            return Measured(name, TOO_SLOW, f"the process died with exit code {code}")
        case TimedOut(job=name, timeout=limit):
            return Measured(name, TOO_SLOW, f"takes more than {limit:.0f} s")


# ---- all of them -----------------------------------------------------------------------------


def summary(found: Sequence[Measured]) -> str:
    """How many entries got how far, and all that are not covered with the reason."""
    counts = Counter(entry.stage for entry in found)
    verdicts = Counter(entry.reason for entry in found if entry.stage == COVERED)
    lines = [
        f"entries in torch's operator database: {len(database())}",
        f"differentiable in float64 on the CPU: {len(inventory())}",
        f"measured: {len(found)}",
        f"covered: {counts[COVERED]} ({', '.join(f'{count} {verdict}' for verdict, count in verdicts.most_common())})",
    ]
    for stage in STAGES[1:]:
        lines += ["", f"{stage}: {counts[stage]}"]
        lines += [f"  {entry.name}: {entry.reason}" for entry in sorted(found, key=_order) if entry.stage == stage]
    return "\n".join(lines)


def _order(entry: Measured) -> tuple[str, str]:
    return entry.reason, entry.name


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="entries with this name; a shell pattern")
    parser.add_argument("--store", type=Path, metavar="FILE", help="answers, one a line; what it has is not measured")
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=SECONDS, help="seconds for one entry")
    options = parser.parse_args()
    asked = [name for name in inventory() if _is_asked(name, options.only)]
    known = _stored(options.store)
    found = [known[name] for name in asked if name in known]
    for entry in measured([name for name in asked if name not in known], options.jobs, options.timeout):
        found.append(entry)
        if options.store is not None:
            with options.store.open("a") as file:
                file.write(json.dumps(asdict(entry)) + "\n")
    print(summary(found))


def _is_asked(name: str, patterns: Sequence[str] | None) -> bool:
    return patterns is None or any(fnmatchcase(name, pattern) for pattern in patterns)


def _stored(file: Path | None) -> dict[str, Measured]:
    """The answers in a file, by name."""
    if file is None or not file.exists():
        return {}
    stored = [Measured(**json.loads(line)) for line in file.read_text().splitlines()]
    return {entry.name: entry for entry in stored}


if __name__ == "__main__":
    main()
