"""The figures: what is caught and what is a false alarm, found in one run with one build.

`make figures`, or `python benchmarks/figures.py --jobs 2`, does the whole run and stores its numbers in
`benchmarks/figures.json`; the README's table is made from that file. `--quick` does a small part of it and
stores the numbers in `reports/figures-quick.json`. Every part of a run is stored when it is done: a run that
was interrupted goes on where it was, unless the code has changed, and `--part 1/3` does a third of it.
`--print` shows the stored numbers again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import detection, figures_text
from benchmarks.alarms import merged
from benchmarks.detection import caught_last, rows
from benchmarks.parts import DIVISIONS, ROOT, Part, Results, build, done, plan, results
from benchmarks.structural import SEED, SIZE, escapes, mutant_rows
from diffcheck.dtype import ORDINARY
from diffcheck.environment import versions
from diffcheck.report.json import plain
from diffcheck.verdict import Verdict
from diffcheck.workers import Done, run_jobs

STORED = ROOT / "benchmarks" / "figures.json"
STORED_QUICK = ROOT / "reports" / "figures-quick.json"
PARTS = ROOT / "reports" / "figures"
README = ROOT / "README.md"


# ---- running ---------------------------------------------------------------------------------


def run(parts: Sequence[Part], folder: Path, jobs: int) -> None:
    """Do the parts that are not stored yet.

    Raises:
        SystemExit: a part cannot be done; those that can are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [part for part in parts if not (folder / part.file).exists()]
    failed = []
    for event in run_jobs(done, waiting, jobs, setup=_setup):
        if not isinstance(event, Done):
            failed.append(f"{event.job.file}: {event}")
            continue
        path = folder / event.job.file
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(event.result), encoding="utf-8")
        unfinished.rename(path)
        print(f"{time.strftime('%H:%M:%S')}  {event.job.file}", file=sys.stderr, flush=True)
    if failed:
        raise SystemExit("\n".join(failed))


def _setup() -> None:
    import torch

    torch.set_num_threads(1)


def read(parts: Sequence[Part], folder: Path) -> Results | None:
    """What all parts have found; nothing while one is missing."""
    missing = [part for part in parts if not (folder / part.file).exists()]
    if missing:
        print(f"{len(parts) - len(missing)} of {len(parts)} parts are done; {missing[0].file} is not.")
        return None
    return results({part: json.loads((folder / part.file).read_text(encoding="utf-8")) for part in parts})


# ---- storing ---------------------------------------------------------------------------------


def document(found: Results, of_build: str, *, quick: bool) -> dict[str, Any]:
    """The figures as they are stored."""
    effort = detection.QUICK if quick else detection.FULL
    findings = found.findings
    content = {
        "date": datetime.now(UTC).date().isoformat(),
        "environment": {**versions(), "build": of_build},
        "quick": quick,
        "planted": {
            "seeds": effort.seeds,
            "entries": effort.entries,
            "rows": rows(found.thresholds),
            "last": {dtype: caught_last(found.thresholds, dtype) for dtype in ORDINARY},
        },
        "mutants": {
            "size": SIZE,
            "seed": SEED,
            "trials": len(found.trials),
            "rows": mutant_rows(found.trials),
            "missed": [{**plain(trial), "times": times} for trial, times in escapes(found.trials)],
        },
        "alarms": {
            "divisions": DIVISIONS,
            "subjects": findings.subjects,
            "compared": findings.compared,
            "entries": _by_place(findings.entries),
            "answers": _by_place(findings.answers),
            "undecided": [[*key, times] for key, times in findings.undecided.most_common()],
            "alarms": sorted(merged(found.alarms), key=lambda row: (row.fault, row.group)),
        },
    }
    return plain(content)


def _by_place(counts: Mapping[tuple[bool, str], int]) -> dict[str, dict[str, int]]:
    """Where → verdict → how often, from harmless to worst."""
    return {
        where: {name: counts[smooth, name] for name in Verdict.__members__ if counts[smooth, name]}
        for where, smooth in (("smooth", True), ("elsewhere", False))
    }


# ---- the README ------------------------------------------------------------------------------

MARKS = ("<!-- detection -->\n", "<!-- /detection -->")


def with_table(readme: str, figures: Mapping[str, Any]) -> str:
    """The README with the table of these figures between its marks."""
    before, rest = readme.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    return "".join([before, MARKS[0], figures_text.summary(figures), MARKS[1], after])


# ---- the command -----------------------------------------------------------------------------


def main() -> None:
    """Run, store, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few functions, small sizes, one subject in forty")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--part", type=_part, default=(1, 1), metavar="K/N", help="the k-th of n parts of the run")
    parser.add_argument("--print", action="store_true", dest="only_print", help="the stored figures, without a run")
    given = parser.parse_args()
    stored = STORED_QUICK if given.quick else STORED
    if not given.only_print:
        _run(given.quick, given.jobs, given.part, stored)
    if stored.exists():
        print(figures_text.whole(json.loads(stored.read_text(encoding="utf-8"))))


def _run(quick: bool, jobs: int, part: tuple[int, int], stored: Path) -> None:
    of_build = build()
    parts = plan(quick=quick)
    number, count = part
    folder = PARTS / f"{of_build}{'-quick' if quick else ''}"
    run(parts[number - 1 :: count], folder, jobs)
    if build() != of_build:
        raise SystemExit("The code has changed during the run: its parts do not belong together.")
    found = read(parts, folder)
    if found is None:
        return
    figures = document(found, of_build, quick=quick)
    stored.parent.mkdir(exist_ok=True)
    stored.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if not quick:
        README.write_text(with_table(README.read_text(encoding="utf-8"), figures), encoding="utf-8")


def _part(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    return int(number), int(count)


if __name__ == "__main__":
    main()
