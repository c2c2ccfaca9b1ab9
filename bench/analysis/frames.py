"""Records as one tidy frame: a row per record, a column per figure, units in the names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.figures import DERIVED, RECORDED
from bench.store.records import Record
from bench.words import BODY, WITH

MADE, MEMORY = "create + join", "memory"  # what cells measure that are about making flows, and about parked flows


TWIN = " (twin)"  # behind a model's name: the same cell once more, in the same block


def with_twins(table: pd.DataFrame) -> pd.DataFrame:
    """Put twins beside their cell, under a name of their own: no look-up by model finds them by accident."""
    is_twin = table["twin"] == 1
    table["suffix"] = table["suffix"].where(~is_twin, table["suffix"].map(without_twin))
    table["model"] = table["model"].where(~is_twin, table["model"] + TWIN)
    return table


def with_bodies(table: pd.DataFrame) -> pd.DataFrame:
    """Name a model together with the body that it ran, where a user's file names several: they are compared as models are."""
    has = table[BODY].notna()
    table["model"] = table["model"].where(~has, table["model"].astype(str) + WITH + table[BODY].astype(str))
    table["suffix"] = table["suffix"].where(~has, table["suffix"].map(without_body))
    return table


def without_body(name: str) -> str:
    """The parameters in a cell's name, without the one that names its body."""
    head, _, parameters = name.partition("?")
    rest = "&".join(part for part in parameters.split("&") if not part.startswith(f"{BODY}="))
    return f"{head}?{rest}" if rest else head


def without_twin(name: str) -> str:
    """A cell's name, or the parameters in it, without the one that makes it a twin."""
    head, _, parameters = name.partition("?")
    rest = "&".join(part for part in parameters.split("&") if part != "twin=1")
    return f"{head}?{rest}" if rest else head


def frame(records: Sequence[Record], measures: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return one row per record: its metadata, `cell`, `block`, `suffix`, and a column for each row of bench/figures.py.

    A figure that does not apply, or that a record does not have, is NaN. Of cells about creating flows, T is what it took to
    create and join them; of cells about memory, nothing; neither has CPU of a work phase. `measures`: what cells of a
    workload measure where their records are of an older version, which did not say it.
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
    if BODY in table:
        table = with_bodies(table)
    lacking = [row.name for row in RECORDED if row.name not in table]
    table = table.assign(**dict.fromkeys(lacking, np.nan))
    unsaid = table["workload"].map(measures or {})
    table["measure"] = table["measure"].where(table["measure"].notna(), unsaid)
    # What such cells are about lies outside the work phase, in which they do nothing.
    made, parked = table["measure"] == MADE, table["measure"] == MEMORY
    table["T"] = table["T"].where(~made, table["create_s"] + table["join_s"]).where(~parked)
    table["cpu_s"] = table["cpu_s"].where(~(made | parked))
    for name, of, derive in DERIVED:
        table[name] = [derive(*inputs) for inputs in zip(*(table[figure].tolist() for figure in of), strict=True)]
    # Added one by one, columns lie apart, and so does each column of pandas' own texts. Whoever takes rows takes them from each:
    # texts as plain objects in a copy lie together, and a comparison of many runs takes a third less time.
    texts: dict[str, type] = dict.fromkeys(table.select_dtypes("string").columns, object)
    return table.astype(texts).copy().sort_values(["cell", "round", "attempt"], ignore_index=True)
