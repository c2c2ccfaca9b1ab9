"""By which words a workload is shown: what its run's manifest says, or what a table says of runs of older versions."""

from __future__ import annotations

from bench.report.figures import NULL, Run
from bench.report.workloads import older
from bench.words import VIEW_WORDS


def views(run: Run, workload: str) -> tuple[str, ...]:
    """The words that a workload is shown by, in the order of VIEW_WORDS; those that this version does not know are left out."""
    said = run.manifest.about.get("views", {}).get(workload)
    words = older.VIEWS.get(workload, older.PLAIN) if said is None else said.split()
    return tuple(word for word in VIEW_WORDS if word in words)


def measured(run: Run, workload: str, *columns: str) -> bool:
    """Have all records of a workload these numbers? A manifest may ask for a view that there is nothing for."""
    if run.table.empty:
        return False
    rows = run.table[(run.table["workload"] == workload) & (run.table["suffix"] != NULL)]
    return all(column in rows and bool(rows[column].notna().all()) for column in columns)


def suffixes(run: Run, workload: str) -> list[str]:
    """The parameter sets of a workload's cells, in the order of their names; the null cells apart."""
    return sorted(set(run.table.loc[run.table["workload"] == workload, "suffix"]) - {NULL})
