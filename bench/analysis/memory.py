"""What a flow costs in memory: the slope of each part of the account over the number of flows.

Strategy: ordinary least squares over all records of a model and a parameter set, with at least four numbers of flows.
What exists once (a loop, the interpreter, the harness) is in the constant. What each flow adds is the slope.
The interval is that of the slope, from Student's t with n - 2 degrees of freedom (Draper & Smith, Applied Regression
Analysis, 3rd ed. 1998, section 1.4). It is wider where another program used memory at the same time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from bench.analysis import student
from bench.analysis.statistics import LEVEL, Estimate

LEAST_SIZES = 4  # different numbers of flows
PARTS = ("total", "pss", "pagetables", "kernel_stacks", "slab", "rss", "free_lost", "cgroup")


@dataclass(frozen=True)
class Parked:
    """What is parked: C stack that each flow has touched, KiB; its seat; was the heap frozen before the fork?"""

    stack_kib: int = 0
    seat: str = "none"
    freeze: int = 0


@dataclass(frozen=True)
class Cost:
    """What one flow of a model costs: bytes per flow of each part that was read, with intervals."""

    model: str
    parked: Parked
    bytes: Mapping[str, Estimate]


def slope(flows: Sequence[float], values: Sequence[float], rounds: int) -> Estimate | None:
    """Fit values = constant + slope * flows; return the slope. None with fewer than four numbers of flows."""
    if len(set(flows)) < LEAST_SIZES:
        return None
    x, y = np.asarray(flows, dtype=float), np.asarray(values, dtype=float)
    x -= x.mean()
    square = float(x @ x)
    found = float(x @ y) / square
    rest = y - y.mean() - found * x
    freedom = len(x) - 2
    half = student.quantile(LEVEL, freedom) * math.sqrt(float(rest @ rest) / freedom / square)
    return Estimate(found, found - half, found + half, rounds)


def costs(table: pd.DataFrame) -> list[Cost]:
    """Return the cost of every model and parameter set that has a total, in order of name. `table`: bench.analysis.frames."""
    if table.empty or "mem_total_bytes" not in table:
        return []
    t = table[table["mem_total_bytes"].notna()].copy()
    for name, default in (("stack_kib", 0), ("freeze", 0)):
        t[name] = pd.to_numeric(t[name], errors="coerce").fillna(0).astype(int) if name in t else default
    t["seat"] = t["seat"].fillna("none").astype(str) if "seat" in t else "none"
    found = []
    for key, rows in t.groupby(["stack_kib", "seat", "freeze", "model"]):
        stack_kib, seat, freeze, model = cast("tuple[int, str, int, str]", key)
        parts = {part: _part(rows, part) for part in PARTS}
        known = {part: estimate for part, estimate in parts.items() if estimate is not None}
        if "total" in known:
            found.append(Cost(str(model), Parked(int(stack_kib), str(seat), int(freeze)), known))
    return found


def _part(rows: pd.DataFrame, part: str) -> Estimate | None:
    column = f"mem_{part}_bytes"
    if column not in rows:
        return None
    there = rows[rows[column].notna()]
    return slope(there["flows"].tolist(), there[column].tolist(), there["round"].nunique())
