"""Records as one tidy frame: a row per record, a column per figure, units in the names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.store.records import Record

# What cells measure that are about making flows, and about flows that are parked; and, of records of before they said so,
# which workloads those were.
MADE, MEMORY = "create + join", "memory"
UNSAID: Mapping[str, str] = {"create": MADE, "park": MEMORY}
NULL_OPS = 0  # a cell of no ops measures the gate


TWIN = " (twin)"  # behind a model's name: the same cell once more, in the same block


def with_twins(table: pd.DataFrame) -> pd.DataFrame:
    """Put twins beside their cell, under a name of their own: no look-up by model finds them by accident."""
    is_twin = table["twin"] == 1
    table["suffix"] = table["suffix"].where(~is_twin, table["suffix"].map(without_twin))
    table["model"] = table["model"].where(~is_twin, table["model"] + TWIN)
    return table


def without_twin(name: str) -> str:
    """A cell's name, or the parameters in it, without the one that makes it a twin."""
    head, _, parameters = name.partition("?")
    rest = "&".join(part for part in parameters.split("&") if part != "twin=1")
    return f"{head}?{rest}" if rest else head


def frame(records: Sequence[Record]) -> pd.DataFrame:
    """Return one row per record with its metadata and the derived figures.

    Columns, besides the metadata's own: `cell`, `block`, `round`, `T` (s; of cells about
    creating flows, what it took to create and join them; of cells about memory, nothing), `D` (CPU seconds per op: service demand),
    `X` (ops per s), `overhead` (T over the longest sum of one flow's waits), `Z` (s, the mean wait really given),
    `starting` (share of the work phase until the last flow had started),
    `idle` (share of the work phase in which the core had nothing to do), `others` (share in which it worked for others),
    `user_share` (of the CPU time, by ticks), `early_share` (of the ops), `switches_per_op`, `faults_per_op`,
    `create_per_flow_s`, `join_per_flow_s`. A figure that does not apply is NaN.
    """
    rows = [
        {
            **record.metadata,
            "id": record.id,
            "cell": record.cell.name,
            "block": record.cell.block,
            "suffix": record.cell.suffix,
            "T": record.value_s,
        }
        for record in records
    ]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    if "twin" in table and (table["twin"] == 1).any():
        table = with_twins(table)
    for column in (
        "wait_given_s",
        "wait_longest_s",
        "create_s",
        "join_s",
        "release_s",
        "server_busy",
        "interference",
        "steal",
        "siblings_busy_s",
        "mhz",
        "turn_ns",
        "throttled_s",
        "cpu_user_s",
        "cpu_system_s",
        "read_bytes",
    ):
        if column not in table:
            table[column] = np.nan
    unsaid = table["workload"].map(UNSAID)
    table["measure"] = table["measure"].fillna(unsaid) if "measure" in table else unsaid
    # What such cells are about lies outside the work phase, in which they do nothing.
    made, parked = table["measure"] == MADE, table["measure"] == MEMORY
    table["T"] = table["T"].where(~made, table["create_s"] + table["join_s"]).where(~parked)
    table["cpu_s"] = table["cpu_s"].where(~(made | parked))
    ops = table["ops_done"].where(table["ops_done"] > NULL_OPS)
    table["D"] = table["cpu_s"] / ops
    table["X"] = ops / table["T"]
    table["Z"] = table["wait_given_s"]
    table["overhead"] = table["T"] / table["wait_longest_s"]
    table["switches_per_op"] = (table["switches_voluntary"] + table["switches_involuntary"]) / ops
    table["voluntary_per_op"] = table["switches_voluntary"] / ops
    table["involuntary_per_op"] = table["switches_involuntary"] / ops
    table["user_share"] = table["cpu_user_s"] / (table["cpu_user_s"] + table["cpu_system_s"])
    work_s = table["T"].where(table["cpu_s"].notna())  # of cells about creating flows, T is of another window
    table["others"] = (table["interference"] / work_s).clip(lower=0)
    table["early_share"] = table["early_ops"] / table["late_samples"].where(table["late_samples"] > 0)
    table["idle"] = (1 - (table["cpu_s"] + table["interference"].clip(lower=0)) / work_s).clip(lower=0)
    table["starting"] = table["release_s"] / work_s
    table["gc_share"] = table["gc_s"] / work_s
    table["faults_per_op"] = table["page_faults"] / ops
    table["create_per_flow_s"] = table["create_s"] / table["flows"]
    table["join_per_flow_s"] = table["join_s"] / table["flows"]
    return table.sort_values(["cell", "round", "attempt"], ignore_index=True)
