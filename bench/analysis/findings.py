"""What the reader must know about a run: each threshold in one table, with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from bench.analysis.precision import FULL, HELD_BACK, too_wide, wanted, widths
from bench.analysis.statistics import LEAST_ROUNDS, UNSTEADY
from bench.analysis.verdicts import EARLY_SHARE
from bench.figures import FIGURES
from bench.machine.host import spoiled
from bench.store.manifest import Manifest, Void
from bench.store.records import Record
from bench.store.runs import name_of
from bench.words import OUT_OF_TIME, WORST_FIRST, Cell, Finding, listed

GATE_SHARE = 1 / 20  # a release of more than a twentieth of T shows in T's first digits
SERVER_BUSY = 0.7  # above, an answer waits noticeably for the one before it: queueing grows as 1 / (1 - busy)
# A twentieth of the core for somebody else is as much as the intervals of D are wide. Not asked of cells that read a
# disk: its own interrupts are a tenth and more there, and part of reading.
INTERFERENCE = 0.05
# What the readings around the gates leave over (0.2 to 0.8 ms seen) is not somebody else's; nor are page faults, whose
# time a virtual machine books to nobody (1.6 to 1.9 us each, where every request has a process of its own).
LEFT_OVER_S, FAULT_S = 0.002, 2e-6
SIBLINGS = 0.1  # of a physical core's time used by its other thread: units are shared, so a part of that is lost to us
FREQUENCY = (
    0.05  # as wide as D is asked to be known: so much faster a core takes so much less CPU time for the same work
)
# An empty loop beside the cells: between the tenth and the ninetieth of a hundred cells. A core that wakes from idle is up
# to a fifth slower than one that works; a busy neighbour on its other hardware thread makes it 1.7 times slower.
SPEED, SPEED_CELLS = 1.25, 20
STEAL = 0.01  # a hundredth of the core taken by the hypervisor is more than the intervals of T are wide
# So much, and at least so long, is no interrupt of the cell's own: the network's take up to a twentieth of http_get, and
# a few ms around a gate are much of a short work phase. Two ticks of the kernel's are the least that steal can be told in.
DISTURBED, DISTURBED_S = 0.15, 0.02
DRIFT, DRIFT_ROUNDS = 0.05, 6  # as wide as D is asked to be known; thirds of fewer rounds are single values
# Two groups of three rounds at least, further apart than rounds of one cell are (5 to 8 %), by more than half of all there is.
BIMODAL, BIMODAL_ROUNDS, BIMODAL_LEAST = 1.2, 8, 3
# Of the work phase, until the last flow had started: beyond half, the figures are about starting rather than working.
SLOW_START = 0.5
# How long to go on is advised in steps as rough as the guess; a run of many hours is no advice.
ADVISED_MINUTES, MOST_ADVISED_S = 5, 3 * 3600
RESUME_S = 40  # a run that goes on starts its servers, and keeps time back for its report

# What is asked of a cell's medians: every number but what it was given.
ASKED = tuple(row.name for row in FIGURES if row.numeric and row.kind != "given")
Seconds = TypeVar("Seconds", float, pd.Series)


@dataclass(frozen=True)
class Rule:
    """A finding over cells: which of them it is true of, what it says of them, and the remedy."""

    level: str
    holds: Callable[[pd.DataFrame], pd.Series]
    what: str
    remedy: str


RULES: Sequence[Rule] = (
    Rule(
        "warning",
        lambda cells: (cells["server_busy"] > SERVER_BUSY) & ~(cells["idle"] < 1 - FULL),
        f"the server was more than {SERVER_BUSY * 100:.0f} % busy, and the measured core was not, so these cells may be bounded by the "
        "server: {cells}",
        "compare their CPU per op, not their throughput; or give the server a faster core",
    ),
    Rule(
        "warning",
        lambda cells: (
            (foreign(cells["interference"], cells["page_faults"]) > (INTERFERENCE * cells["T"]).clip(lower=LEFT_OVER_S))
            & cells["read_bytes"].isna()
        ),
        "something else used the measured core for more than "
        f"{INTERFERENCE * 100:.0f} % of the time (interrupts count; cells that read a disk have many, and are not asked): {{cells}}",
        "stop other work on this machine, or isolate the core (`pyperf system tune`, isolcpus)",
    ),
    Rule(
        "warning",
        lambda cells: cells["steal"] / cells["T"] > STEAL,
        f"the hypervisor took more than {STEAL * 100:.0f} % of the measured core: {{cells}}",
        "measure on a quieter host",
    ),
    Rule(
        "warning",
        lambda cells: cells["throttled_s"] / cells["T"] > STEAL,
        f"a cgroup's CPU limit had these cells stand still for more than {STEAL * 100:.0f} % of the time: {{cells}}",
        "give the container more CPUs than it has cores, or no limit",
    ),
    Rule(
        "warning",
        lambda cells: cells["siblings_busy_s"] / cells["T"] > SIBLINGS,
        "the other hardware thread of the measured core was busy for more than "
        f"{SIBLINGS * 100:.0f} % of the time: {{cells}}",
        "keep it idle, choose another core with --cpu, or switch SMT off while measuring",
    ),
    Rule(
        "warning",
        lambda cells: cells["starting"] > SLOW_START,
        "their flows had not all started for more than half of the work phase, so their figures are about starting so many at once: {cells}",
        "do not read their CPU per op as the price of an op; with more ops each they would show it",
    ),
    Rule(
        "hint",
        lambda cells: cells["early_share"] > EARLY_SHARE,
        "these waited less than they were asked to, in part of their ops (early timers, see early_ops): {cells}",
        "where they are faster than others, a difference in time is claimed only beyond 1 ms an op",
    ),
)


def foreign(interference_s: Seconds, page_faults: Seconds) -> Seconds:
    """The part of the core's time that nobody of the cell's used, in seconds, which must be somebody else's."""
    return interference_s - FAULT_S * page_faults


def disturbance(record: Record) -> str:
    """What disturbed a cell so much that it is worth measuring again, or an empty string."""
    m, t = record.metadata, record.value_s
    if "read_bytes" in m or not m["pin"]:
        return ""
    used = foreign(float(m.get("interference", 0.0)), int(m.get("page_faults", 0)))
    stolen = float(m.get("steal", 0.0))
    stopped = float(m.get("throttled_s", 0.0))
    for seconds, what in (
        (used, "something else used the core"),
        (stolen, "the hypervisor had the core"),
        (stopped, "a cgroup's CPU limit stopped it"),
    ):
        if seconds > max(DISTURBED * t, DISTURBED_S):
            return f"{what} for {seconds / t * 100:.0f} % of the time"
    return ""


def _disturbed(table: pd.DataFrame, manifest: Manifest) -> list[Finding]:
    """Blocks that were disturbed, and what became of them."""
    if not manifest.disturbed:
        return []
    there = set() if table.empty else set(zip(table["block"], table["round"], strict=True))
    # One that is disturbed again and again has an entry for each time; what counts is what became of it in the end.
    last = {
        (entry.block, entry.round): entry.again for entry in sorted(manifest.disturbed, key=lambda one: not one.again)
    }
    count, again = len(last), sum(last.values())
    used = sum(place in there for place, repeated in last.items() if not repeated)
    became = {
        "measured again": again,
        "left out because there were quiet rounds enough": count - again - used,
        "used all the same": used,
    }
    return [
        Finding(
            "warning" if again < count else "hint",
            f"{count} {'block was' if count == 1 else 'blocks were'} disturbed while measured: "
            f"{', '.join(f'{number} {what}' for what, number in became.items() if number)} (disturbed attempts are kept in raw/): "
            f"{listed(entry.block for entry in manifest.disturbed)}; the first: {manifest.disturbed[0].why}",
            "stop other work on this machine",
        )
    ]


def findings(table: pd.DataFrame, manifest: Manifest) -> list[Finding]:
    """Every finding about a run, worst first: the campaign's own, and those that the records show."""
    found = list(manifest.findings)
    found += [
        Finding("error", f"{void.cell}, round {void.round}, is void: {void.reason}") for void in _standing(manifest)
    ]
    found += _disturbed(table, manifest)
    found += _limits(manifest)
    if manifest.state != "complete":
        found.append(
            Finding(
                "error",
                f"the run is {manifest.state}",
                f'go on with `make bench ARGS="--resume {name_of(manifest)}"`',
            )
        )
    if not table.empty:
        medians = table[table["ops_done"] > 0].groupby("cell")[list(ASKED)].median()
        for rule in RULES:
            named = medians.index[rule.holds(medians)]
            if len(named):
                found.append(Finding(rule.level, rule.what.format(cells=listed(named)), rule.remedy))  # type: ignore[arg-type]
        found += _gate_bound(table)
        found += _wide(table, manifest)
        found += _drift(table)
        found += _bimodal(table)
        found += _unsteady(table)
        found += _frequency(table)
        found += _cores(table)
    found += spoiled(manifest.environment.get("interpreter", {}))
    return sorted(found, key=lambda finding: WORST_FIRST.index(finding.level))


def _standing(manifest: Manifest) -> list[Void]:
    """Voids that no later attempt replaced."""
    superseded = set(manifest.superseded)
    return [void for void in manifest.void if void.id not in superseded]


def _gate_bound(table: pd.DataFrame) -> list[Finding]:
    """Cells whose T is less than 20 times what the null cell of their model and N needs to leave the gate."""
    null = table[table["ops_done"] == 0]
    # Without D it is about making flows, or parking them.
    worked = table[(table["ops_done"] > 0) & table["D"].notna()]
    release = {key: float(rows["T"].median()) for key, rows in null.groupby(["model", "flows"])}
    named = [
        str(cell)
        for (model, flows, cell), rows in worked.groupby(["model", "flows", "cell"])
        if release.get((model, flows), 0.0) > float(rows["T"].median()) * GATE_SHARE
    ]
    if not named:
        return []
    return [
        Finding(
            "hint",
            f"gate-bound: leaving the gate takes more than a twentieth of the work phase of {listed(named)}",
            "compare their CPU per op rather than their time, or ask for more ops",
        )
    ]


def _growing(manifest: Manifest) -> dict[str, int]:
    """The blocks of a plan that may have more rounds than they must, and how many; a plan that makes no sense has none."""
    found = {}
    with suppress(KeyError, TypeError, ValueError):
        for row in manifest.plan:
            if row["most"] > row["rounds"]:
                parameters = tuple((key, value) for key, value in row["parameters"])
                found[Cell(str(row["workload"]), "", int(row["flows"]), parameters).block] = int(row["most"])
    return found


def _wide(table: pd.DataFrame, manifest: Manifest) -> list[Finding]:
    """Headline ratios that are not known as well as was asked for."""
    if not manifest.verdicts or not manifest.precision:
        return []
    kinds = {model: manifest.about["kinds"][model] for model in manifest.models}
    blocks, asked = _growing(manifest), manifest.precision
    wide = too_wide(widths(table, blocks, kinds, asked), asked)
    if not wide:
        return []
    # A run that goes on measures what is too wide without the last rounds: no other would it help.
    open_ = too_wide(widths(table, blocks, kinds, asked, HELD_BACK), asked)
    worked_s = manifest.elapsed_s - sum(rung.seconds for rung in manifest.scale)
    need = wanted(table, {block: times for block, times in wide.items() if block in open_}, blocks, worked_s)
    never = f"{listed(need.never)} would take more rounds than they may have" if need.never else ""
    remedy = "give the run more time with --budget, or a quieter machine"
    if set(need.never) == set(wide):
        remedy = f"measure on a quieter machine: {never}; more time (--budget) narrows them, but not so far"
    elif need.seconds > 0 and need.seconds <= MOST_ADVISED_S:  # not where it is NaN
        minutes = math.ceil((need.seconds + RESUME_S) / 60 / ADVISED_MINUTES) * ADVISED_MINUTES
        remedy = (
            f'`make bench ARGS="--resume {name_of(manifest)} --budget {minutes}m"` goes on with this run; by what it has so far, that '
            f"should do{f', but not everywhere: {never}' if never else ''}; or measure on a quieter machine"
        )
    text = " and ".join(f"{share * 100:g} % in {figure}" for figure, share in asked.items())
    return [Finding("hint", f"not all ratios are known to within {text}: {listed(wide)}", remedy)]


def _drift(table: pd.DataFrame) -> list[Finding]:
    """Did CPU per op rise or fall over the run, in all cells alike? What drifts is lost in ratios, not in absolute figures."""
    rounds = table[(table["ops_done"] > 0)].groupby("cell")["round"].transform("nunique")
    kept = table[(table["ops_done"] > 0) & (rounds >= DRIFT_ROUNDS)]
    if kept.empty:
        return []
    residual = np.log(kept["D"]) - np.log(kept.groupby("cell")["D"].transform("median"))
    place = kept.groupby("cell")["round"].rank(pct=True)
    change = math.exp(residual[place > 2 / 3].median() - residual[place <= 1 / 3].median()) - 1
    if not abs(change) > DRIFT:
        return []
    return [
        Finding(
            "warning",
            f"CPU per op {'rose' if change > 0 else 'fell'} by {abs(change) * 100:.0f} % over the run, in all cells taken together",
            "trust ratios, which are taken inside a round; measure again for absolute figures",
        )
    ]


def _frequency(table: pd.DataFrame) -> list[Finding]:
    """Did the measured core keep its frequency? Its extremes are those of cells, each read before and after."""
    mhz = table["mhz"].dropna()
    if mhz.empty:
        return _speed(table["turn_ns"].dropna())
    if not mhz.max() / mhz.min() - 1 > FREQUENCY:
        return []
    return [
        Finding(
            "warning",
            f"the measured core's frequency moved: between {mhz.min():,.0f} and {mhz.max():,.0f} MHz",
            "trust ratios, which are taken inside a round; `pyperf system tune` fixes the frequency until the next start",
        )
    ]


def _speed(turn_ns: pd.Series) -> list[Finding]:
    """Was the core equally fast beside all cells? Asked by a loop where the kernel does not tell the frequency."""
    if len(turn_ns) < SPEED_CELLS:
        return []
    fast, slow = (float(turn_ns.quantile(q)) for q in (0.1, 0.9))
    if not slow / fast > SPEED:
        return []
    return [
        Finding(
            "warning",
            f"the measured core's own speed moved, which no counter here shows: the same empty loop took {fast:.0f} ns a turn beside "
            f"some cells and {slow:.0f} beside others (the tenth and the ninetieth of a hundred)",
            "trust ratios, which are taken inside a round; a neighbour on the core's other hardware thread does that: rent whole cores",
        )
    ]


def _bimodal(table: pd.DataFrame) -> list[Finding]:
    """Cells whose CPU per op falls into two groups with nothing between them: a median then stands for neither."""
    named = []
    for cell, rows in table[table["ops_done"] > 0].groupby("cell"):
        values = np.sort(np.log(rows["D"].dropna().to_numpy(dtype=float)))
        if len(values) < BIMODAL_ROUNDS:
            continue
        gaps = np.diff(values)[BIMODAL_LEAST - 1 : len(values) - BIMODAL_LEAST]  # with so many on either side at least
        widest = gaps.max(initial=0.0)
        if widest > math.log(BIMODAL) and widest > (values[-1] - values[0]) / 2:
            named.append(str(cell))
    if not named:
        return []
    return [
        Finding(
            "warning",
            f"bimodal: CPU per op of these cells falls into two groups, more than {BIMODAL * 100 - 100:.0f} % apart: {listed(named)}",
            "look at the rounds in raw/: something is in one of two states, such as the heap or a neighbour",
        )
    ]


def _unsteady(table: pd.DataFrame) -> list[Finding]:
    """Cells whose rounds are so far apart that a median says little of any of them."""
    rounds = table[table["ops_done"] > 0].groupby("cell")["D"]
    far = rounds.max() / rounds.min()
    named = far[(far > UNSTEADY) & (rounds.count() >= LEAST_ROUNDS)]
    if named.empty:
        return []
    return [
        Finding(
            "warning",
            f"unsteady: CPU per op of these cells is up to {named.max():.1f} times as much in one round as in another: {listed(named.index)}",
            "read their intervals, not their medians; the rounds are in raw/",
        )
    ]


def _limits(manifest: Manifest) -> list[Finding]:
    """What stopped a model when it was asked how many flows there can be; a fault is no limit, and told as a void cell."""
    faults = {void.cell for void in manifest.void}
    return [
        Finding(
            "hint", f"more flows would have taken too long: {rung.cell}: {rung.stopped}", "give it a larger --budget"
        )
        if rung.stopped.startswith(OUT_OF_TIME)
        else Finding("hint", f"a limit was reached: {rung.cell}: {rung.stopped}", "raise it to have more flows")
        for rung in manifest.scale
        if rung.stopped and rung.cell not in faults
    ]


def _cores(table: pd.DataFrame) -> list[Finding]:
    """One core is what the whole comparison rests on."""
    moved = table[(table["pin"] == 1) & (table["cpus_seen"] != table["cpu_pinned"].astype(str))]
    if moved.empty:
        return []
    return [Finding("error", f"flows were seen on another core than the pinned one: {listed(moved['cell'])}", "")]
