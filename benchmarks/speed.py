"""What certainty costs: beside gradcheck, in proportion to the work, and for small cases.

`python benchmarks/speed.py` prints three tables; `--quick` stops at a million parameters and times
fewer cases. Times are wall-clock, medians of repeats that alternate, on one thread for everybody.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.functions import two_layer_network
from diffcheck import registry
from diffcheck.backends import BACKENDS
from diffcheck.backends.base import PLAIN, REVERSE, Task
from diffcheck.case import Case
from diffcheck.dtype import ORDINARY
from diffcheck.effort import PROFILES
from diffcheck.example import example_point
from diffcheck.judge import judge
from diffcheck.point import Point
from diffcheck.record import Cell
from diffcheck.reference.reference import refer
from diffcheck.search import search
from diffcheck.strategy import is_small
from diffcheck.verdict import Verdict

WRT = ("weights", "weights_2")
CASE = Case("two_layer_network", "benchmarks", two_layer_network, {}, WRT, (), "benchmarks")

Sizes = tuple[int, int, int, int]
LARGE: Sizes = (100, 1_000, 100, 10)
"""Samples, inputs, hidden units and outputs of the network with 101,000 parameters."""

REPEATS = 5

METHODS = (("torch", PLAIN), ("jax", "jit"))


def network(sizes: Sizes, dtype: str = "float64") -> Point:
    """Standard normal data and weights, the weights divided by the root of what they add up."""
    samples, inputs, hidden, outputs = sizes
    random = np.random.default_rng(0)
    arrays = {
        "inputs": random.standard_normal((samples, inputs)),
        "weights": random.standard_normal((inputs, hidden)) / np.sqrt(inputs),
        "weights_2": random.standard_normal((hidden, outputs)) / np.sqrt(hidden),
        "targets": random.standard_normal((samples, outputs)),
    }
    return Point({name: array.astype(dtype) for name, array in arrays.items()})


def parameters(sizes: Sizes) -> int:
    """How many entries the gradient has."""
    _, inputs, hidden, outputs = sizes
    return inputs * hidden + hidden * outputs


def seconds(work: Callable[[], Any]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def certify_and_judge(point: Point) -> None:
    """The whole gradient: certified once, judged in torch and in jax."""
    reference = refer(two_layer_network, point, WRT)
    for name, transform in METHODS:
        derivative = BACKENDS[name].differentiate(Task(two_layer_network, point, WRT, REVERSE, transform, CASE))
        verdict = judge(derivative, reference).verdict
        assert verdict is Verdict.AGREES, (name, verdict)


def gradcheck(point: Point, fast_mode: bool) -> None:
    """The whole gradient, by torch alone."""
    import torch

    tensors = {name: torch.from_numpy(array) for name, array in point.arguments.items()}
    weights = tuple(tensors[name].clone().requires_grad_() for name in WRT)

    def function(*moving: torch.Tensor) -> Any:
        return two_layer_network(**{**tensors, **dict(zip(WRT, moving, strict=True))})

    torch.autograd.gradcheck(function, weights, fast_mode=fast_mode)


# ---- beside gradcheck ------------------------------------------------------------------------

SMALL: Sizes = (100, 1_000, 1, 1)
"""A network that slow gradcheck can finish, with the inputs of the large one."""


def beside_gradcheck() -> None:
    """The network with 101,000 parameters."""
    point = network(LARGE)
    first = seconds(lambda: certify_and_judge(point))
    seconds(lambda: gradcheck(point, fast_mode=True))
    pairs = [
        (seconds(lambda: certify_and_judge(point)), seconds(lambda: gradcheck(point, fast_mode=True)))
        for _ in range(REPEATS)
    ]
    ours, fast = (statistics.median(times) for times in zip(*pairs, strict=True))
    slow = _slow_gradcheck()
    print(f"Two-layer network, {parameters(LARGE):,} entries, float64:\n\n| what | seconds |\n|---|---|")
    print(f"| diffcheck, certified and judged in torch and jax, for the first time | {first:.3g} |")
    print(f"| diffcheck, again | {ours:.3g} |")
    print(f"| gradcheck, fast mode, torch alone | {fast:.3g} |")
    print(f"| gradcheck, torch alone, extrapolated from {parameters(SMALL):,} entries | {slow:.3g} |")
    print(f"\nOf gradcheck's fast mode {ours / fast:.2g} times the time, of gradcheck 1/{slow / ours:.3g}.\n")


def _slow_gradcheck() -> float:
    """Two runs of the function for each entry, as the small network shows, each as long as one of the large network."""
    small, large = network(SMALL), network(LARGE)
    runs = seconds(lambda: gradcheck(small, fast_mode=False)) / _one_run(small) / parameters(SMALL)
    return runs * parameters(LARGE) * _one_run(large)


def _one_run(point: Point) -> float:
    """One evaluation in torch."""
    import torch

    tensors = {name: torch.from_numpy(array) for name, array in point.arguments.items()}
    return statistics.median(seconds(lambda: two_layer_network(**tensors)) for _ in range(50))


# ---- the curve -------------------------------------------------------------------------------

CURVE: Mapping[int, Sizes] = {
    10_000: (100, 99, 100, 1),
    100_000: (100, 990, 100, 10),
    1_000_000: (100, 1_990, 500, 10),
    10_000_000: (100, 9_990, 1_000, 10),
}


def curve(largest: int) -> None:
    """Time and memory in proportion to the work, each size in a process of its own."""
    print("| entries | products | seconds | nanoseconds a product | of gradcheck's fast mode | peak memory |")
    print("|---|---|---|---|---|---|")
    for size, sizes in CURVE.items():
        if size <= largest:
            found = _measured(sizes)
            samples, *_ = sizes
            work = 3 * samples * parameters(sizes)  # forward, and back to either factor
            ours, fast = found["seconds"], found["fast"]
            print(
                f"| {size:,} | {work:,} | {ours:.3g} | {1e9 * ours / work:.2g} | {ours / fast:.2g} times "
                f"| {found['bytes'] / 2**30:.2f} GiB |"
            )
    print()


def _measured(sizes: Sizes) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", ",".join(map(str, sizes))]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603  # ourselves
    if done.returncode:
        return dict.fromkeys(("seconds", "fast", "bytes"), float("nan"))
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def one(sizes: Sizes) -> None:
    """Certify and judge one network in this process; print what it took when all was compiled, and gradcheck's time."""
    point = network(sizes)
    certify_and_judge(point)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    gradcheck(point, fast_mode=True)
    pairs = [
        (seconds(lambda: certify_and_judge(point)), seconds(lambda: gradcheck(point, fast_mode=True)))
        for _ in range(REPEATS if parameters(sizes) <= 10**6 else 1)
    ]
    ours, fast = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(json.dumps({"seconds": ours, "fast": fast, "bytes": kilobytes * 1024}))


# ---- small cases -----------------------------------------------------------------------------

EXAMPLES = 200

WARM_UP = 60
"""Points that are not timed: frameworks trace and compile for the first of each shape."""


def small_cases(names: Sequence[str]) -> None:
    """Points that Hypothesis draws, judged in both frameworks; one is counted when it was seen in both dtypes."""
    print("| case | points a second | in two processes, a dtype each |\n|---|---|---|")
    here: list[float] = []
    workers: list[float] = []
    with ProcessPoolExecutor(len(ORDINARY), get_context("spawn"), _on_one_core) as pool:
        for case in registry.select(registry.load(), names):
            here.append(_rate(map, case.id))
            workers.append(_rate(pool.map, case.id))
            print(f"| {case.id} | {here[-1]:.0f} | {workers[-1]:.0f} |")
    for what, rates in (("In one process", here), ("In two", workers)):
        print(f"\n{what}: median {statistics.median(rates):.0f}, least {min(rates):.0f} points a second.")


def _rate(mapped: Callable[..., Iterable[None]], name: str) -> float:
    """Points a second, searched in both dtypes, here or in workers."""
    list(mapped(partial(_search, name, WARM_UP), ORDINARY))
    return EXAMPLES / seconds(lambda: list(mapped(partial(_search, name, EXAMPLES), ORDINARY)))


def _on_one_core() -> None:
    """What a process that is timed does first."""
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")


def _search(name: str, examples: int, dtype: str) -> None:
    case = _small(name)
    effort = replace(PROFILES["quick"], examples=examples, shrink_tries=0)
    cells = [Cell(case.id, backend, REVERSE, transform, dtype) for backend, transform in METHODS]
    search(case, dtype, cells, effort, seed=0)


@cache
def _small(name: str) -> Case:
    """A case without its large examples."""
    [case] = registry.select(registry.load(), [name])
    return replace(
        case, examples=tuple(e for e in case.examples if is_small(example_point(case, e, "float64").arguments))
    )


QUICK_CASES = ("quadratic", "rosenbrock", "squared_norm", "logistic_regression", "two_layer_network", "logsumexp_naive")


ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def on_one_thread() -> None:
    """Start anew: libraries read how many threads they have when they are imported."""
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})  # noqa: S606  # ourselves


def main() -> None:
    """Time everything, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="up to a million parameters, few cases")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    on_one_thread()
    _on_one_core()
    if given.one:
        samples, inputs, hidden, outputs = map(int, given.one.split(","))
        one((samples, inputs, hidden, outputs))
        return
    beside_gradcheck()
    curve(1_000_000 if given.quick else 10_000_000)
    small_cases(QUICK_CASES if given.quick else ())


if __name__ == "__main__":
    main()
