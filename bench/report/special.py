"""Tables that only some workloads have: variants of their parameters, lateness beside a hog, speed-up by share of CPU."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.laws import speed_up
from bench.analysis.statistics import Estimate, ratio
from bench.report.document import Table
from bench.report.figures import NULL, Run, pooled
from bench.report.layers import layers_table
from bench.report.loads import load_table
from bench.report.memory import memory_table
from bench.report.tables import COSTS, beside_reads
from bench.report.text import BLANK, digits, milliseconds, plain
from bench.store import histogram

# What a parameter changes, where its name does not say it.
MEANT = {
    "api=raw": "the socket's own calls, or the loop's for a socket, instead of a makefile or streams",
    "awake": "cores may not sleep between waits",
    "burst": "so many flows are answered at a time",
    "heap=trimmed": "no free memory where asyncio would put what it receives",
    "keepalive=0": "each op makes a connection of its own and closes it",
    "payload_bytes": "the size of what is sent and received",
    "phase=locked": "flows wait in step from the first op on",
    "pin=0": "all cores instead of one",
    "timeout_s": "each op has a limit, which blocking code tells the socket once and asyncio is told around each op",
    "via=pipe": "handing over through a pipe instead of a lock",
}
VARIANT_COLUMNS = tuple(column for column in COSTS if not column[0].startswith("T over"))


def special_tables(run: Run, workload: str) -> tuple[Table, ...]:
    """Every table of a workload beyond those that all have."""
    if run.table.empty:
        return ()
    makers = (memory_table, load_table, layers_table, beside_reads, hog_table, speed_up_table, variants_table)
    return tuple(table for make in makers if (table := make(run, workload)) is not None)


def suffixes(run: Run, workload: str) -> list[str]:
    """The parameter sets of a workload's cells, in the order of their names; the null cells apart."""
    return sorted(set(run.table.loc[run.table["workload"] == workload, "suffix"]) - {NULL})


def variants_table(run: Run, workload: str) -> Table | None:
    """Time and CPU of the cells that have parameters of their own, which the charts leave out."""
    others = [s for s in suffixes(run, workload) if s != run.suffix(workload) and "timer=1" not in s]
    if workload in {"hog", "io_share", "layers", "open_loop", "park"} or not others:
        return None
    rows = []
    for suffix in others:
        for n in run.flows(workload, suffix):
            for model in run.models:
                cell = run.rows(workload, model, n, suffix)
                if not cell.empty:
                    rows.append(
                        (suffix[1:].replace("&", ", "), f"{n:,}", model, *(show(cell) for _, show in VARIANT_COLUMNS))
                    )
    kept = [i for i in range(len(VARIANT_COLUMNS) + 3) if i < 3 or any(row[i] != BLANK for row in rows)]
    head = ("with", "flows", "model", *(name for name, _ in VARIANT_COLUMNS))
    return Table(
        f"{workload}, with other parameters",
        tuple(head[i] for i in kept),
        tuple(tuple(row[i] for i in kept) for row in rows),
        note_on(others),
    )


def note_on(suffixes_: Sequence[str]) -> str:
    """What these parameters mean, and what the cells that have them may be held against."""
    given = sorted({part for suffix in suffixes_ for part in suffix[1:].split("&")})
    known = [(name, MEANT.get(name) or MEANT.get(name.partition("=")[0])) for name in given]
    said = "; ".join(dict.fromkeys(f"{name}: {text}" for name, text in known if text))
    return (
        "Against the table above, where every parameter has its default. These cells had the same rounds, but were not next to those: "
        "of small differences some are the weather's." + (f" What they change: {said}." if said else "")
    )


def hog_table(run: Run, workload: str) -> Table | None:
    """How late the ticks were beside a flow that burns."""
    if workload != "hog":
        return None
    rows = []
    for suffix in suffixes(run, workload):
        for model in run.models:
            cell = run.rows(workload, model, 2, suffix)
            if not cell.empty:
                counts = pooled(cell, "late_histogram")
                late = (milliseconds(histogram.percentile_ns(counts, q)) for q in (0.5, 0.9, 0.99))
                first = cell.iloc[0]
                most = milliseconds(cell["late_max_s"].max() * 1e9)
                interval = f"{digits(first['switch_us'] / 1000)} ms" if model == "thread" else BLANK
                rows.append((plain(first["burn_ms"], "g"), interval, model, *late, most, f"{sum(counts.values()):,}"))
    head = ("burns of, ms", "switch interval", "model", "late p50, ms", "p90", "p99", "at most", "ticks")
    if not rows:
        return None
    ticks = digits(float(run.table.loc[run.table["workload"] == workload, "tick_ms"].iloc[0]))
    note = (
        f"A tick is due every {ticks} ms, on a schedule: a tick that is missed counts as late as it is. The switch interval is how "
        "long a Python thread may keep the GIL when another wants it (sys.setswitchinterval)."
    )
    return Table("How late a flow wakes beside one that burns the CPU", head, tuple(rows), note)


def speed_up_text(found: Estimate | None) -> str:
    """How many times as fast, with the interval where there is one."""
    if found is None:
        return BLANK
    text = f"{1 / found.value:.2f}"
    return f"{text} ({1 / found.high:.2f} to {1 / found.low:.2f})" if found.has_interval else text


def speed_up_table(run: Run, workload: str) -> Table | None:
    """How many times as fast as one flow after the other, by the share of CPU in each op, and the most there can be."""
    if workload != "io_share":
        return None
    models = [m for m in run.models if run.manifest.about["kinds"].get(m) != "none"]
    rows = []
    for suffix in suffixes(run, workload):
        cells = run.table[(run.table["workload"] == workload) & (run.table["suffix"] == suffix)]
        first = cells.iloc[0]
        block, n, share = str(first["block"]), int(first["flows"]), float(first["burn_pct"]) / 100
        shown = [speed_up_text(ratio(run.table, block, model, "sequential", "T")) for model in models]
        rows.append((share, (plain(share, ".0%").replace("%", " %"), plain(speed_up(n, share), ".2f"), *shown)))
    head = ("CPU's share of an op", "at most", *models)
    note = (
        "At most: N flows overlap until the core is full, min(N, 1 / share) (bench.analysis.laws). Waits of a flow's first op "
        "are cut to a random part, so a figure can be a little off the bound."
    )
    ordered = tuple(row for _, row in sorted(rows))
    return Table("How many times as fast as one after the other, 10 flows", head, ordered, note) if rows else None
