"""By which words a workload is shown: what its run's manifest says, or what this table says of runs of before they said so."""

from __future__ import annotations

from collections.abc import Mapping

from bench.report.figures import NULL, Run
from bench.words import VIEW_WORDS

PLAIN = ("scaling", "figures", "variants", "tasks", "floor")  # as in bench.workloads.plain
UNSAID: Mapping[str, tuple[str, ...]] = {
    "file_read": (*PLAIN, "reads"),
    "file_read_inline": (*PLAIN, "inline_reads"),
    "switch": ("figures", "variants", "tasks", "floor"),
    "hog": ("preemption", "tasks"),
    "io_share": ("figures", "speed_up", "tasks", "floor"),
    "tree": ("scaling", "figures", "variants", "floor"),
    "park": ("memory", "tasks"),
    "open_loop": ("latency", "floor"),
    "layers": ("calls", "tasks", "floor"),
}


def views(run: Run, workload: str) -> tuple[str, ...]:
    """The words that a workload is shown by, in the order of VIEW_WORDS; those that this version does not know are left out."""
    said = run.manifest.about.get("views", {}).get(workload)
    words = UNSAID.get(workload, PLAIN) if said is None else said.split()
    return tuple(word for word in VIEW_WORDS if word in words)


def measured(run: Run, workload: str, *columns: str) -> bool:
    """Have all records of a workload these numbers? A manifest may ask for a view that there is nothing for."""
    rows = run.table[(run.table["workload"] == workload) & (run.table["suffix"] != NULL)]
    return all(column in rows and bool(rows[column].notna().all()) for column in columns)


def suffixes(run: Run, workload: str) -> list[str]:
    """The parameter sets of a workload's cells, in the order of their names; the null cells apart."""
    return sorted(set(run.table.loc[run.table["workload"] == workload, "suffix"]) - {NULL})
