"""The cells of a workload that have parameters of their own: what they took and cost."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.document import Table
from bench.report.figures import Run
from bench.report.tables import COSTS
from bench.report.text import BLANK
from bench.report.workloads.views import suffixes

# What a parameter changes, where its name does not say it.
MEANT = {
    "api=raw": "the socket's own calls, or the loop's for a socket, instead of a makefile or streams",
    "awake": "cores may not sleep between waits",
    "congestion=reno": "TCP without the timers with which another congestion control paces what is sent, at both ends",
    "burst": "so many flows are answered at a time",
    "heap=trimmed": "no free memory where asyncio would put what it receives",
    "keepalive=0": "each op makes a connection of its own and closes it",
    "payload_bytes": "the size of what is sent and received",
    "phase=locked": "all first waits begin when the gate opens",
    "wait=constant": "every wait is equally long, so flows fall into step",
    "pin=0": "all cores instead of one",
    "softirq": "the kernel's receiving is timed by its tracepoints, which costs time of its own",
    "transport=unix": "a Unix socket instead of TCP over loopback: no network work, so what is left is the control of it",
    "timeout_s": "each op has a limit, which blocking code tells the socket once and asyncio is told around each op",
    "via=pipe": "handing over through a pipe instead of a lock",
}
VARIANT_COLUMNS = tuple(column for column in COSTS if not column[0].startswith("T over"))


def variants_table(run: Run, workload: str) -> tuple[Table, ...]:
    """Time and CPU of the cells that have parameters of their own, which the charts leave out."""
    others = [s for s in suffixes(run, workload) if s != run.suffix(workload) and "timer=1" not in s]
    if not others:
        return ()
    rows = []
    for suffix in others:
        for n in run.flows(workload, suffix):
            for model in run.models:
                cell = run.rows(workload, model, n, suffix)
                if not cell.empty:
                    rows.append(
                        (model, f"{n:,}", suffix[1:].replace("&", ", "), *(show(cell) for _, show in VARIANT_COLUMNS))
                    )
    kept = [i for i in range(len(VARIANT_COLUMNS) + 3) if i < 3 or any(row[i] != BLANK for row in rows)]
    head = ("model", "flows", "with", *(name for name, _ in VARIANT_COLUMNS))
    cut = tuple(tuple(row[i] for i in kept) for row in rows)
    return (Table(f"{workload}, with other parameters", tuple(head[i] for i in kept), cut, note_on(others)),)


def note_on(suffixes_: Sequence[str]) -> str:
    """What these parameters mean, and what the cells that have them may be held against."""
    given = sorted({part for suffix in suffixes_ for part in suffix[1:].split("&")})
    known = [(name, MEANT.get(name) or MEANT.get(name.partition("=")[0])) for name in given]
    said = "; ".join(dict.fromkeys(f"{name}: {text}" for name, text in known if text))
    return (
        "Against the table above, where every parameter has its default. These cells had the same rounds, but were not next to those: "
        "of small differences some are the weather's." + (f" What they change: {said}." if said else "")
    )
