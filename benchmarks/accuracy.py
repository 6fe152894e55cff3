"""How far each framework's own functions and sums are from the true ones, measured on values; prints, or stores.

`python benchmarks/accuracy.py` measures, compares with what is stored and lists the findings;
`--write` stores the new accuracies in the package. About six minutes on two cores.

The points are those of `diffcheck.measuring.grid`, which no other benchmark, test or case uses; its
DESCRIPTION says how to build them. Every value is held against a ball. A framework is measured on
every path that may lead to other numbers (long arrays and single ones; eager, compiled, compiled for
single numbers), and under every SETTING: on this machine with the vector instructions that it has,
and with fewer. What is stored covers the worst of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from diffcheck.dtype import DTYPES, ORDINARY
from diffcheck.measuring import grid, sums
from diffcheck.measuring.compute import computed
from diffcheck.measuring.fit import LARGE, SAFETY
from diffcheck.measuring.measure import Measured, exact, measure, worse
from diffcheck.measuring.primitive import primitives
from diffcheck.measuring.result import Result
from diffcheck.reference import accuracies

STORED = Path(accuracies.__file__).with_name(accuracies.FILE)
PACKAGES = ("numpy", "scipy", "torch", "jax", "jaxlib", "python-flint")
SUMS = "sums"
WORKERS = 2
Rows = Mapping[str, Mapping[str, Any]]

UNITS = ("of u·abs(f)", "at", "of u·(abs(f) + Σ abs(x ∂f/∂x))", "at")


# ---- settings --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """A framework, and the environment it is started in.

    Attributes:
        framework: numpy, torch or jax.
        title: what the environment means.
        environment: variables that the framework reads when it is imported.
        dtypes: what is measured in it.
    """

    framework: str
    title: str
    environment: Mapping[str, str]
    dtypes: tuple[str, ...] = ORDINARY

    def values(self, folder: Path, number: int) -> Path:
        """Compute everything in a process of its own, and say where it put the values."""
        target = folder / f"{number}.npz"
        command = [sys.executable, __file__, "--compute", self.framework, "--into", str(target), *self.dtypes]
        quiet = {"JAX_PLATFORMS": "cpu", "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
        subprocess.run(command, check=True, env={**os.environ, **quiet, **self.environment})  # noqa: S603  # ourselves
        return target


def settings() -> tuple[Setting, ...]:
    """Each framework as it is, and with fewer vector instructions."""
    simd: Any = np.show_config("dicts")["SIMD Extensions"]
    fewer = " ".join(simd.get("found", ()))
    return (
        Setting("jax", "as it is", {}, DTYPES),
        Setting("torch", "as it is", {}, DTYPES),
        Setting("jax", "AVX2", {"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}),
        Setting("torch", "AVX2", {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}),
        Setting("torch", "no vectors", {"ATEN_CPU_CAPABILITY": "default", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}),
        Setting("numpy", "as it is", {}, DTYPES),
        Setting("numpy", "baseline", {"NPY_DISABLE_CPU_FEATURES": fewer}),
    )


def compute(framework: str, dtypes: tuple[str, ...], target: Path) -> None:
    """Compute every primitive by every path of a framework, in this process."""
    arrays = {}
    for dtype in dtypes:
        for primitive in primitives():
            for path, values in enumerate(computed(framework, primitive, dtype)):
                arrays[f"{dtype}/{primitive.name}/{path}"] = values
        if framework in sums.WAYS and dtype in ORDINARY:
            arrays[f"{dtype}/{SUMS}/0"] = np.array(list(sums.measured(framework, dtype)))
    np.savez(target, **arrays)  # type: ignore[arg-type]  # NumPy's annotation forgets that any name may be a keyword


# ---- results ---------------------------------------------------------------------------------


Loaded = Sequence[tuple[str, Mapping[str, np.ndarray]]]


@contextmanager
def all_values() -> Iterator[Loaded]:
    """What each framework computed in each setting."""
    chosen = settings()
    with TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        files = list(pool.map(lambda pair: pair[1].values(Path(folder), pair[0]), enumerate(chosen)))
        yield [(setting.framework, np.load(file)) for setting, file in zip(chosen, files, strict=True)]


def results(loaded: Loaded) -> Iterator[Result]:
    """Everything, primitive by primitive, in the worst of all paths and settings."""
    for primitive in primitives():
        for dtype in DTYPES:
            true = exact(primitive, dtype)
            worst: dict[str, Measured] = {}
            for framework, values in found_under(loaded, f"{dtype}/{primitive.name}"):
                worst[framework] = worse(worst.get(framework), measure(true, values))
            for framework, found in worst.items():
                yield Result(primitive, dtype, framework, true, found)


def rows_of_sums(loaded: Loaded) -> dict[str, dict[str, float]]:
    """What is stored under `dtype framework`: as how many additions sums err, and the most that was seen."""
    worst: dict[str, float] = {}
    for dtype in ORDINARY:
        for framework, found in found_under(loaded, f"{dtype}/{SUMS}"):
            key = f"{dtype} {framework}"
            worst[key] = max(worst.get(key, 0.0), float(found.max()))
    return {
        key: {"additions": sums.additions(found), "worst": float(f"{found:.3g}")}
        for key, found in sorted(worst.items())
    }


def found_under(loaded: Loaded, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """Framework and values, for every setting and path."""
    for framework, values in loaded:
        for key in values:
            if key.rpartition("/")[0] == name:
                yield framework, values[key]


def row_of(result: Result) -> dict[str, Any]:
    """What is stored under `function dtype framework`: constants, and the worst that was seen."""
    accuracy = result.accuracy
    row: dict[str, Any] = {"alpha": accuracy.alpha}
    row |= {"beta": accuracy.beta} if any(accuracy.beta) else {}
    row |= {"gamma": accuracy.gamma} if any(accuracy.gamma) else {}
    row |= {"edges": accuracy.edges} if accuracy.edges else {}
    row |= {"worst": float(f"{result.worst_units:.3g}"), "at": result.worst_point}
    wrong = {"missing": result.missing, "hopeless": result.hopeless}
    return row | {name: count for name, count in wrong.items() if count}


def document(rows: Rows, of_sums: Rows) -> str:
    """The file: one line for each row, so that its history can be read."""
    head = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {package: metadata.version(package) for package in PACKAGES},
        "settings": [f"{setting.framework}, {setting.title}" for setting in settings()],
        "grid": {"description": grid.DESCRIPTION, "sha256": grid.digest()},
        "safety": SAFETY,
        "sums of": sums.DESCRIPTION,
    }
    before = json.dumps(head, indent=2, ensure_ascii=False).removesuffix("\n}")
    return f'{before},\n  "sums": {_lines(of_sums)},\n  "accuracies": {_lines(rows)}\n}}\n'


def _lines(rows: Rows) -> str:
    lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(row)}" for key, row in rows.items())
    return f"{{\n{lines}\n  }}"


# ---- what is printed -------------------------------------------------------------------------


def print_findings(found: Iterable[Result]) -> None:
    """Where a framework is further off than LARGE units of round-off, or wrong."""
    print(f"\nFindings: more than {LARGE:g} units of round-off of |f|, or no rounding of f at all.\n")
    columns = ("function", "dtype", "framework", *UNITS, "not finite", "no rounding of f")
    print("|", " | ".join(columns), "|")
    print("|" + "---|" * len(columns))
    for result in found:
        if result.is_finding:
            print("|", " | ".join(result.cells), "|")


def print_changes(part: str, rows: Rows) -> None:
    """What is stored beside what was measured now."""
    before = accuracies.stored()[part]
    changed = 0
    for key in sorted({*before, *rows}):
        old, new = before.get(key), json.loads(json.dumps(rows.get(key)))
        if old != new:
            changed += 1
            print(f"{key}\n  stored   {old}\n  measured {new}")
    print(f"{changed} of {len(rows)} {part} differ from what is stored.")


def main() -> None:
    """Measure, compare, list the findings; with --write, store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help=f"store what was measured in {STORED.name}")
    parser.add_argument("--compute", metavar="FRAMEWORK", help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("dtypes", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.compute:
        compute(given.compute, tuple(given.dtypes), given.into)
        return
    with all_values() as loaded:
        found = list(results(loaded))
        of_sums = rows_of_sums(loaded)
    rows = {
        key: row_of(result)
        for key, result in sorted(((result.key, result) for result in found), key=lambda pair: pair[0])
    }
    if not given.write:
        print_changes("sums", of_sums)
        print_changes("accuracies", rows)
    print_findings(found)
    if given.write:
        STORED.write_text(document(rows, of_sums), encoding="utf-8")


if __name__ == "__main__":
    main()
