"""The stored figures as text: the README's section, and everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import fill
from typing import Any

from benchmarks.alarms import OURS
from benchmarks.checkers import CHECKERS
from benchmarks.detection import DIFFCHECK, UNREAD
from benchmarks.structural import CAUGHT, DOUBTED, EQUIVALENT, ESCAPED, OUTCOMES, ROUNDING, SAME
from benchmarks.tables import table, threshold

Figures = Mapping[str, Any]

WIDTH = 120


# ---- the README's section --------------------------------------------------------------------


def summary(figures: Figures) -> str:
    """The README's section."""
    sentences = (_mutants(figures["mutants"]), _alarms(figures["alarms"]), _provenance(figures))
    return "\n".join([_planted(figures["planted"]), *(f"{fill(text, WIDTH)}\n" for text in sentences)])


def _planted(planted: Figures) -> str:
    """One line for each dtype and size, one column for each checker."""
    names = [DIFFCHECK, UNREAD, *(checker.name for checker in CHECKERS)]
    lines = []
    for (dtype, size), group in groupby(planted["rows"], lambda row: (row["dtype"], row["size"])):
        by_name = {row["checker"]: row for row in group}
        lines.append([dtype, size, *(_caught_from(by_name.get(name)) for name in names)])
    return table(["dtype", "entries", *names], lines)


def _caught_from(row: Figures | None) -> str:
    """From where on 99 % of the errors are caught, and in brackets the share of right gradients that are rejected."""
    if row is None:
        return "–"
    caught = threshold(float(row["most"]))
    return f"{caught} ({100 * row['rejected']:.0f} %)" if row["rejected"] else caught


def _mutants(mutants: Figures) -> str:
    known, unknown = (_counts(mutants["rows"], lifted) for lifted in (True, False))
    none = EQUIVALENT, SAME, ROUNDING
    shown = sum(known[name] for name in none)
    different = sum(known.values()) - shown
    return (
        f"Of {different + shown:,} structural mutants (a sign, a factor, a term, a mask …) {shown:,} are shown in "
        f"balls to be none, or nothing but rounding. Of the others {known[CAUGHT]:,} are caught, {known[DOUBTED]:,} "
        f"are in doubt, {known[ESCAPED]:,} escape; where the program is not known, {unknown[CAUGHT]:,}, "
        f"{unknown[DOUBTED]:,} and {unknown[ESCAPED]:,}."
    )


def _counts(rows: Sequence[Figures], lifted: bool) -> Counter[str]:
    """The outcomes of all trials: those of the mistakes, since each of them is counted by its kind of point, too."""
    total: Counter[str] = Counter()
    for row in rows:
        if row["lifted"] is lifted and row["is_mistake"]:
            total.update(row["counts"])
    return total


def _alarms(alarms: Figures) -> str:
    smooth = alarms["entries"]["smooth"]
    total = sum(smooth.values())
    ours = sum(row["times"] for row in alarms["alarms"] if row["fault"] == OURS and row["smooth"])
    theirs = {f"{row['method'].split()[0]} {row['case']}" for row in alarms["alarms"] if row["fault"] != OURS}
    shares = ", ".join(f"{count:,} {name}" for name, count in smooth.items() if name != "AGREES")
    defects = f"; what is theirs is none: {', '.join(sorted(theirs))}" if theirs else ""
    answers = sum(alarms["answers"]["smooth"].values())
    return (
        f"False alarms: {ours:,} in {total:,} comparisons ({answers:,} derivatives) of unmodified torch and jax at "
        f"smooth points of {alarms['compared']:,} functions at sizes{defects}. "
        f"{100 * smooth.get('AGREES', 0) / total:.4f} % are AGREES{', the others: ' + shares if shares else ''}."
    )


def _provenance(figures: Figures) -> str:
    versions = figures["environment"]
    named = ", ".join(f"{name} {versions[name]}" for name in ("diffcheck", "torch", "jax", "numpy") if name in versions)
    extent = "A quick run, a small part of the whole one," if figures["quick"] else "One run"
    return f"{extent} of `benchmarks/figures.py` on {figures['date']}, with {named}."


# ---- everything ------------------------------------------------------------------------------


def whole(figures: Figures) -> str:
    """All tables."""
    return "\n".join(_whole(figures))


def _whole(figures: Figures) -> Iterator[str]:
    yield f"{figures['date']}: " + ", ".join(f"{name} {version}" for name, version in figures["environment"].items())
    yield from _all_planted(figures["planted"])
    yield from _all_mutants(figures["mutants"])
    yield from _all_alarms(figures["alarms"])


def _all_planted(planted: Figures) -> Iterator[str]:
    yield "\nThe smallest planted error that is caught: the median, the 99 % quantile, the worst.\n"
    columns = ["checker", "dtype", "entries", "median", "99 %", "worst", "right ones rejected", "errors planted"]
    yield table(
        columns,
        [
            [
                *(row[name] for name in ("checker", "dtype", "size")),
                *(threshold(float(row[name])) for name in ("median", "most", "worst")),
                f"{row['rejected']:.0%}",
                row["count"],
            ]
            for row in planted["rows"]
        ],
    )
    for dtype, last in planted["last"].items():
        yield f"Caught last in {dtype}:"
        for one in last:
            where = "all entries" if one["everywhere"] else "one entry"
            yield f"  {float(one['delta']):.1e} {one['function']}, n = {one['size']:,}, {where}, {one['method']}"


def _all_mutants(mutants: Figures) -> Iterator[str]:
    for lifted in (True, False):
        yield f"\nStructural mutants, their program {'known' if lifted else 'unknown'}:\n"
        chosen = [row for row in mutants["rows"] if row["lifted"] is lifted]
        yield table(
            ["mistake, kind of point", *OUTCOMES],
            [[row["title"], *(row["counts"].get(name, 0) for name in OUTCOMES)] for row in chosen],
        )
    yield "In doubt, and escaped:"
    for one in mutants["missed"]:
        program = "program known" if one["lifted"] else "program unknown"
        what = f"{one['problem']}, {one['mistake']}, {one['place']}, {one['dtype']}, {program}"
        yield f"  {one['times']} × {one['verdict']} ({one['cause']}): {what}"


def _all_alarms(alarms: Figures) -> Iterator[str]:
    subjects, compared = alarms["subjects"], alarms["compared"]
    yield f"\nUnmodified frameworks on {subjects:,} functions at sizes, {compared:,} of them smooth somewhere:\n"
    for title, counts in (("numbers", alarms["entries"]), ("derivatives, by their worst number", alarms["answers"])):
        total = sum(counts["smooth"].values())
        names = list(dict.fromkeys([*counts["smooth"], *counts["elsewhere"]]))
        yield table(
            [title, "at smooth points", "share", "elsewhere"],
            [
                [name, here, f"{here / total:.4%}", counts["elsewhere"].get(name, 0)]
                for name in names
                for here in [counts["smooth"].get(name, 0)]
            ],
        )
    yield f"{sum(row['times'] for row in alarms['alarms']):,} alarms:"
    for row in alarms["alarms"]:
        where = "smooth" if row["smooth"] else "kinked"
        what = " ".join([where, row["verdict"], f"({row['cause']})", row["method"], row["dtype"], row["case"]])
        yield f"  {row['fault']}: {row['times']} × {what}\n    {row['text']}"
    yield "Not AGREES at smooth points, most often first:"
    for case, method, verdict, cause, times in alarms["undecided"]:
        yield f"  {times} × {verdict} ({cause}) {method} {case}"
