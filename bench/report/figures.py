"""A run's frame with the look-ups that the parts of a document share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import cast

import pandas as pd

from bench.analysis.claims import CLAIMS
from bench.analysis.claims.claim import Told, told
from bench.analysis.findings import find_by_name
from bench.analysis.findings.facts import Facts
from bench.analysis.findings.slow_start import SLOW_START
from bench.analysis.frames import frame
from bench.analysis.memory import Cost, costs
from bench.analysis.noise import noise
from bench.analysis.percentiles import percentiles_of_texts
from bench.analysis.statistics import Estimate, estimate_of
from bench.analysis.trust import Trust, trust
from bench.analysis.verdicts import Verdict, verdicts
from bench.report.workloads import older
from bench.store import histogram
from bench.store.manifest import Manifest
from bench.store.records import Record
from bench.words import WITH, Finding

NULL = "?ops=0"  # in the names of null cells, which have no ops
LOAD_PCT = 80  # of loads that are shares of a model's own capacity, the one that stands for all
LOADED = f"load_pct={LOAD_PCT}"
CELL = ["workload", "model", "flows", "suffix"]  # what tells the rows of one cell from those of others
Key = tuple[str, str, int, str]


class Run:
    """A run's frame with the look-ups that the parts of a document share."""

    def __init__(self, manifest: Manifest, records: Sequence[Record]) -> None:
        self.manifest = manifest
        self.records = records
        asked = {rung.cell for rung in manifest.scale}  # cells that only ask how many flows there can be
        self.table = frame([record for record in records if record.cell.name not in asked], older.MEASURES)
        self.scale = frame([record for record in records if record.cell.name in asked], older.MEASURES)
        self.models = list(manifest.models)
        # A document asks for the same cells thousands of times: they are told apart once.
        self._keys: list[Key] = (
            list(zip(*(self.table[name].tolist() for name in CELL), strict=True)) if len(self.table) else []
        )
        self._none = self.table.iloc[:0]
        self._flows: dict[tuple[str, str], set[int]] = {}  # by workload and suffix
        self._at_once: dict[tuple[str, str], float] = {}  # by workload and model
        self._by_cell: dict[str, dict[Key, list[float]]] = {}  # of each figure, its values by cell
        self._there = dict.fromkeys(self._keys)
        for workload, _, flows, suffix in self._there:
            self._flows.setdefault((workload, suffix), set()).add(int(flows))
        if "at_once" in self.table:
            least = self.table.groupby(["workload", "model"])["at_once"].min().dropna()
            self._at_once = {cast("tuple[str, str]", key): float(number) for key, number in least.items()}
        self._verdicts: dict[tuple[str, str, str, str], Verdict] | None = None
        self._most_flows: dict[str, int] = {}
        for (name, _), there in self._flows.items():
            self._most_flows[name] = max(self._most_flows.get(name, 0), *there)
        self._suffixes: dict[tuple[str, str], str] = {}
        self._costs: dict[str, list[Cost]] = {}
        self._figures: dict[tuple[str, str, int, str, str], Estimate | None] = {}
        self.noise = noise(self.table)
        found = verdicts(self.table, self.models, floors=self.noise)
        self.verdicts = [
            replace(verdict, unlike=unlike, judged=judged) if unlike or not judged else verdict
            for verdict, unlike, judged in ((one, self.unlike(one), manifest.verdicts) for one in found)
        ]

    @cached_property
    def _cells(self) -> Mapping[Key, pd.DataFrame]:
        """The records of each cell."""
        if not self._keys:
            return {}
        return {cast("Key", key): rows for key, rows in self.table.groupby(CELL, sort=False)}

    def _values(self, name: str) -> Mapping[Key, Sequence[float]]:
        """One figure's value in each record, by cell."""
        if name not in self._by_cell:
            found = self._by_cell[name] = {}
            for key, value in zip(self._keys, self.table[name].tolist(), strict=True):
                found.setdefault(key, []).append(value)
        return self._by_cell[name]

    @cached_property
    def facts(self) -> Facts:
        """What findings and claims are made of."""
        return Facts(self.table, self.manifest)

    @cached_property
    def found(self) -> Mapping[str, Sequence[Finding]]:
        """The findings by the name of the file that found them."""
        return find_by_name(self.facts)

    @cached_property
    def trust(self) -> Trust:
        """How far the run can be trusted, and why not further."""
        return trust(self.facts, self.found)

    @cached_property
    def told(self) -> Mapping[str, Sequence[Told]]:
        """The claims about causes that hold in this run, by workload."""
        return {workload: told(CLAIMS, self.facts, workload) for workload in self.manifest.workloads}

    def unlike(self, verdict: Verdict) -> str:
        """How the bodies differ that two models ran, in the user's words; empty where they ran one, or are named with it."""
        said, sides = self.manifest.about.get("unlike", {}), self.manifest.about.get("sides", {})
        pair = (verdict.model, verdict.reference)
        if any(WITH in model for model in pair) or sides.get(pair[0]) == sides.get(pair[1]):
            return ""
        return said.get(verdict.workload, "").rstrip(".")

    def verdict(self, block: str, figure: str, model: str, reference: str) -> Verdict | None:
        """What was found of one model against another in a block."""
        if self._verdicts is None:
            self._verdicts = {(v.block, v.figure, v.model, v.reference): v for v in self.verdicts}
        return self._verdicts.get((block, figure, model, reference))

    def rows(self, workload: str, model: str, flows: int, suffix: str | None = None) -> pd.DataFrame:
        """The records of one cell."""
        suffix = self.suffix(workload, model) if suffix is None else suffix
        return self._cells.get((workload, model, flows, suffix), self._none)

    def has(self, workload: str, model: str, flows: int) -> bool:
        """Is there a record of one of a workload's main cells?"""
        return (workload, model, flows, self.suffix(workload, model)) in self._there

    def figure(self, workload: str, model: str, flows: int, name: str, suffix: str | None = None) -> Estimate | None:
        """Estimate one figure of one cell, or None."""
        suffix = self.suffix(workload, model) if suffix is None else suffix
        key = (workload, model, flows, suffix, name)
        if key not in self._figures:
            values = self._values(name).get(key[:4]) if self._keys else None
            self._figures[key] = estimate_of(values) if values is not None else None
        return self._figures[key]

    def flows(self, workload: str, suffix: str | None = None) -> list[int]:
        """The numbers of flows that a workload was measured at."""
        suffix = self.suffix(workload) if suffix is None else suffix
        return sorted(self._flows.get((workload, suffix), ()))

    def most_flows(self, workload: str) -> int:
        """The largest number of flows that a workload was measured at, whatever its parameters."""
        return self._most_flows[workload]

    def costs(self, workload: str) -> list[Cost]:
        """What a parked flow of each model costs in memory, where a workload measured that."""
        if workload not in self._costs:
            t = self.table
            self._costs[workload] = [] if t.empty else costs(t[t["workload"] == workload])
        return self._costs[workload]

    def suffix(self, workload: str, model: str = "") -> str:
        """The parameters that a workload's main cells have in their names: none, or those of a run that fitted them; of
        this model, where they were fitted to each.
        """
        if (workload, model) not in self._suffixes:
            there = {(m, suffix) for w, m, _, suffix in self._there if w == workload and suffix != NULL}
            all_ = {suffix for _, suffix in there}
            own = {suffix for m, suffix in there if m == model} or all_
            own = {suffix for suffix in own if LOADED in suffix} or own
            self._suffixes[workload, model] = "" if "" in all_ or not own else min(own)
        return self._suffixes[workload, model]

    def demand_s(self, workload: str, model: str, end: str = "value") -> dict[int, float]:
        """D by N, CPU seconds per op; `end`: value, or low or high, an end of its interval, where there is one."""
        found = {n: self.figure(workload, model, n, "D") for n in self.flows(workload)}
        return {n: getattr(e, end) if e.has_interval else e.value for n, e in found.items() if e is not None}

    def wait_s(self, workload: str, model: str) -> dict[int, float]:
        """Z by N, seconds of wait per op."""
        found = {n: self.figure(workload, model, n, "Z") for n in self.flows(workload)}
        return {n: e.value for n, e in found.items() if e is not None}

    def at_once(self, workload: str, model: str) -> float:
        """How many flows can be under way at the same time: the workers of a pool, infinity where nothing limits it."""
        return self._at_once.get((workload, model), math.inf)


def where(run: Run, workload: str, flows: int) -> str:
    """At which number of flows, or at which load, a workload's main cells were measured, in words."""
    if LOADED in run.suffix(workload):
        return f"{LOAD_PCT} % of each model's capacity"
    return f"{flows:,} flow{'s' if flows > 1 else ''}"


def starts_slowly(run: Run, workload: str, model: str, flows: int) -> bool:
    """Had most of the time of a cell gone by when its last flow started? Its figures are about starting so many."""
    e = run.figure(workload, model, flows, "starting")
    return e is not None and e.value > SLOW_START


def of_rounds(cell: pd.DataFrame, column: str, shares: Sequence[float]) -> list[Estimate | None]:
    """Percentiles of one kind of histogram of a cell's rounds, in ns, with intervals from drawing rounds again."""
    texts: Sequence[str] = cell[column].dropna().tolist() if column in cell else []
    return percentiles_of_texts(texts, shares)


def pooled(cell: pd.DataFrame, column: str) -> Mapping[int, int]:
    """Add up one kind of histogram (`late_histogram`, `op_histogram`) of a cell's rounds."""
    return histogram.pooled(cell[column].dropna() if column in cell else ())
