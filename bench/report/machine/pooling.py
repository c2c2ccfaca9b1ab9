"""What is pooled over the runs of one machine: ratios between models, and the figures themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.analysis.estimates import Estimate
from bench.analysis.frames import TWIN
from bench.analysis.pooled import LEAST_RUNS, Pooled, pool_all, sitting_of
from bench.analysis.statistics import LEVEL, benjamini_hochberg
from bench.report.compare.sides import against
from bench.report.document import Dots, Point, Row, Table
from bench.report.figures import Run
from bench.report.text import BLANK, digits
from bench.store.manifest import Manifest
from bench.words import FIGURES

Place = tuple[str, str, str]  # block, figure, model
UNITS: Mapping[str, tuple[str, float]] = {"D": ("CPU per op, µs", 1e6), "T": ("time T, s", 1.0)}
ANOTHER = "another run"
NOTE = (
    "The mean over runs has the 95 % interval of Hartung & Knapp (2001). Another run of this machine should lie inside the "
    "last interval in 95 of 100 cases: that of Higgins, Thompson & Spiegelhalter (2009), and what a run itself does not know. "
    "It takes four runs."
)


def alike(manifests: Sequence[Manifest]) -> list[list[int]]:
    """Which runs, by their places in this sequence, can be pooled: three and more each of one machine, plan and code.

    A copy of a run counts once.
    """
    groups: dict[str, list[int]] = {}
    seen = set()
    for i, m in enumerate(manifests):
        run, sitting = (m.id, m.seed, m.started_utc), sitting_of(m)
        if sitting and run not in seen:
            groups.setdefault(sitting, []).append(i)
        seen.add(run)
    return [group for group in groups.values() if len(group) >= LEAST_RUNS]


def ratios(runs: Sequence[Run], reference: str) -> dict[Place, Pooled]:
    """The ratios to a reference model that at least three runs have with an interval, pooled."""
    return pool_all(
        [
            {(v.block, v.figure, v.model): v.ratio for v in against(run.verdicts, reference) if not v.withheld}
            for run in runs
        ]
    )


def figures(runs: Sequence[Run]) -> dict[Place, Pooled]:
    """CPU per op and time of every cell that at least three runs have with an interval, pooled."""
    return pool_all([figures_of(run) for run in runs])


def figures_of(run: Run) -> dict[Place, Estimate]:
    """CPU per op and time of a run's cells; without twins, and cells that have no ops."""
    found = {}
    for workload in run.manifest.workloads if len(run.table) else ():
        cells = run.table[(run.table["workload"] == workload) & (run.table["ops_done"] > 0)]
        places = (
            cells[["flows", "suffix", "block", "model"]].drop_duplicates().sort_values(["flows", "suffix", "model"])
        )
        for flows, suffix, block, model in places.itertuples(index=False):
            for figure in FIGURES:
                e = run.figure(workload, str(model), int(str(flows)), figure, str(suffix))
                if e is not None and not str(model).endswith(TWIN):
                    found[str(block), figure, str(model)] = e
    return found


def differing(found: Mapping[Place, Pooled]) -> frozenset[Place]:
    """The ratios that are called different from 1 as a mean over runs, each as one of many."""
    adjusted = benjamini_hochberg([p.p for p in found.values()])
    return frozenset(place for place, q in zip(found, adjusted, strict=True) if q <= 1 - LEVEL)


def with_ends(value: float, low: float, high: float, scale: float = 1) -> str:
    """A value with the ends of an interval."""
    return f"{digits(value * scale)} ({ends(low, high, scale)})"


def ends(low: float, high: float, scale: float = 1) -> str:
    """The ends of an interval; a blank where there is none."""
    return BLANK if math.isnan(low) else f"{digits(low * scale)}–{digits(high * scale)}"


def ratio_table(figure: str, reference: str, found: Mapping[Place, Pooled]) -> Table:
    """The pooled ratios of one figure."""
    different = differing(found)
    rows = [
        (
            block,
            model,
            f"{p.runs}",
            with_ends(p.value, p.low, p.high),
            ends(p.other_low, p.other_high),
            f"{p.between * 100:.1f} %",
            "differs" if (block, figure, model) in different else "not shown to differ",
        )
        for (block, which, model), p in found.items()
        if which == figure
    ]
    head = ("block", "model", "runs", "mean over runs", ANOTHER, "between sittings", "")
    what = FIGURES[figure]
    return Table(f"{what[0].upper() + what[1:]}, ratio to {reference}, over runs", head, tuple(rows), NOTE)


def ratio_tables(runs: Sequence[Run], reference: str) -> tuple[Table, ...]:
    """The tables of pooled ratios of runs of one machine; none where they cannot be pooled."""
    groups = alike([run.manifest for run in runs])
    found = [(group, ratios([runs[i] for i in group], reference)) for group in groups]
    tables = (ratio_table(figure, reference, pooled) for _, pooled in found for figure in FIGURES)
    return tuple(table for table in tables if table.rows)


def figure_table(figure: str, found: Mapping[Place, Pooled]) -> Table:
    """The pooled figures themselves."""
    name, scale = UNITS[figure]
    rows = [
        (
            block,
            model,
            f"{p.runs}",
            with_ends(p.value, p.low, p.high, scale),
            ends(p.other_low, p.other_high, scale),
            f"{p.between * 100:.1f} %",
        )
        for (block, which, model), p in found.items()
        if which == figure
    ]
    return Table(name, ("block", "model", "runs", "mean over runs", ANOTHER, "between sittings"), tuple(rows), NOTE)


def picture(figure: str, reference: str, found: Mapping[Place, Pooled], id_: str) -> Dots:
    """The pooled ratios of one figure: for each model the mean, and what another run may find."""
    groups: dict[str, list[Row]] = {}
    for (block, which, model), p in found.items():
        if which == figure:
            points = (Point(p.value, 0, p.low, p.high), Point(p.value, 0, p.other_low, p.other_high))
            groups.setdefault(block, []).append(Row(model, model, points))
    what = FIGURES[figure]
    return Dots(
        id=id_,
        title=f"{what[0].upper() + what[1:]}, as a multiple of {reference}'s, over runs",
        x_label=what,
        groups=tuple((block, tuple(rows)) for block, rows in groups.items()),
        kinds=("mean over runs", ANOTHER),
        reference=reference,
        by_run=True,
        how_to_read=(
            f"Each row is one model against {reference} in one block. The upper line is the 95 % interval of the mean over runs, "
            "the lower one that for another run. Left of the strong line: less."
        ),
    )
