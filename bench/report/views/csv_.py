"""Every figure of every record, for a spreadsheet or a script: one row per cell and round, tidy, units in the headings.

The numbers are those that the page is made of, before any median is taken. A heading without a unit is that of a count or
of a number that has none.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

from bench.report.document import Document
from bench.report.figures import Run
from bench.report.views.view import View

FILE = "records.csv"
# What a row is of; all other columns are numbers.
PLACE: Mapping[str, str] = {
    "cell": "cell",
    "block": "block",
    "workload": "workload",
    "model": "model",
    "kind": "kind",
    "flows": "flows",
    "suffix": "parameters",
    "measure": "measure",
    "round": "round",
    "attempt": "attempt",
}
# Headings of figures whose names have no unit.
HEADINGS: Mapping[str, str] = {
    "T": "T_s",
    "D": "D_s_per_op",
    "X": "X_ops_per_s",
    "Z": "Z_s",
    "duration": "duration_s",
    "early_share": "early_share_of_ops",
    "gc_share": "gc_share_of_T",
    "gc_others": "gc_others_share_of_T",
    "idle": "idle_share_of_T",
    "interference": "interference_s",
    "mem_max_rss": "mem_max_rss_bytes",
    "others": "others_share_of_T",
    "overhead": "T_over_longest_wait",
    "server_busy": "server_busy_share",
    "starting": "starting_share_of_T",
    "steal": "steal_s",
    "uptime": "uptime_s",
    "user_share": "user_share_of_cpu",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a text that begins so would be run by a spreadsheet


def harmless_text(text: str) -> str:
    """A text as a spreadsheet may have it: what it would take for a formula begins with an apostrophe."""
    return f"'{text}" if text.startswith(FORMULA) else text


def field(value: object) -> str:
    """A value as it stands in the file: numbers with all their digits, nothing where there is none."""
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value) if isinstance(value, int) else harmless_text(str(value))


def table(run: Run) -> str:
    """The records of a run, those of its ladders included, as one table."""
    rows = [row for frame in (run.table, run.scale) for row in frame.to_dict("records")]
    numbers = {name for row in rows for name, value in row.items() if is_number(value)} - PLACE.keys()
    columns = [*PLACE, *sorted(map(str, numbers))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless_text(PLACE.get(name, HEADINGS.get(name, name))) for name in columns])
    for row in rows:
        shown = [row.get(name, math.nan) for name in columns]
        writer.writerow(
            [field(v) if name in PLACE or is_number(v) else "" for name, v in zip(columns, shown, strict=True)]
        )
    return out.getvalue()


def is_number(value: object) -> bool:
    """Return whether a value is a number that a record has."""
    return isinstance(value, int | float) and not math.isnan(value)


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The records, as CSV."""
    return table(run)


VIEW = View("csv", FILE, render)
