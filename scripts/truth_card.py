"""The card of a report, computed again from raw records: medians, percentiles, where a core is full, memory, an open loop.

Strategy: each row of the card has a function here that makes its text of the records of one run. Percentiles have intervals
from drawing rounds again, 400 times. Other draws give other ends, so these are not compared to the digit. The 2.5 % end of 400
draws is the tenth smallest, give or take three (one standard deviation, of a binomial): the first to the twentieth. So it must lie
between the least of a thousand draws of our own and a place where 7 % of them are, and the other end likewise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from scripts.truth_numbers import FEW, NAN, by_order, counts_of, digits, drawn, line, percentile, together

Row = dict[str, Any]
END = 0.07  # of the draws, below or above which an end of 95 % may lie
NO = ("–", "")
NEAR, KEEPS_UP, SLOW_START, LATE_BY_ALL = 0.1, 0.9, 0.5, 0.95
LOAD = 80


class Records:
    """The records of a run, and what its manifest says of models."""

    def __init__(self, rows: Sequence[Row], kinds: Mapping[str, str]) -> None:
        self.rows, self.kinds = rows, kinds

    def cell(self, block: str, model: str) -> list[Row]:
        """The records of one model in a block, by round."""
        return [row for row in self.rows if row["block"] == block and row["who"] == model]

    def flows(self, workload: str) -> list[int]:
        """The numbers of flows that a workload's plain cells were measured at."""
        return sorted({row["flows"] for row in self.rows if row["block"] == f"{workload}/{row['flows']}"})


def known(rows: Sequence[Row], figure: str) -> list[float]:
    """A figure of those records that have it."""
    values = [row.get(figure) for row in rows]
    return [value for value in values if isinstance(value, int | float) and not math.isnan(value)]


def with_rounds(text: str, rounds: int) -> str:
    """A figure, with the number of its rounds where those are too few for an interval."""
    return text if rounds >= FEW or text in NO else f"{text} (n={rounds})"


def of_median(values: Sequence[float], scale: float = 1.0) -> str:
    """A median over rounds with its interval, as the card has it."""
    if not values:
        return "–"
    middle, low, high, n, _ = by_order(values)
    ends = f" ({digits(low * scale)}–{digits(high * scale)})" if n >= FEW else ""
    return with_rounds(digits(middle * scale) + ends, n)


def ms(ns: float) -> str:
    """Nanoseconds as ms: two decimals, one from 10 on, none from 100 on."""
    value = ns / 1e6
    places = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return "–" if math.isnan(ns) else f"{value:,.{places}f}"


def histograms(rows: Sequence[Row]) -> list[dict[int, int]]:
    """How late the ops of each record were."""
    return [counts_of(row["late_histogram"]) for row in rows if isinstance(row.get("late_histogram"), str)]


class Resampled(str):
    """The text of a percentile, and where the ends of its interval may lie, ms."""

    __slots__ = ("high", "low")
    low: tuple[float, float]
    high: tuple[float, float]

    def same(self, said: str) -> bool:
        """Is that what the report says, to the digit, and its ends where they may lie?"""
        found = re.fullmatch(r"(\S+) \((-?[\d.,]+)–(-?[\d.,]+)\)(.*)", said)
        value, _, rest = self.partition("|")
        if found is None or found[1] != value or found[4] != rest:
            return False
        ends = (float(found[i].replace(",", "")) for i in (2, 3))
        return all(low - half(text) <= end <= high + half(text) for end, (low, high), text in
                   zip(ends, (self.low, self.high), (found[2], found[3]), strict=True))  # fmt: skip


def half(text: str) -> float:
    """Half of the last digit of a number."""
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) * 1.001


def late(rows: Sequence[Row], rest: str = "") -> str:
    """The 99th percentile of lateness over all rounds. `rest`: what stands behind it."""
    rounds = histograms(rows)
    value = percentile(together(rounds), 0.99)
    if len(rounds) < FEW or math.isnan(value):
        return with_rounds(ms(value), len(rows)) + rest
    draws = drawn(rounds, 0.99)
    found = Resampled(f"{ms(value)}|{rest}")
    place = int(END * len(draws))
    found.low = (min(draws[0], value) / 1e6, min(draws[place], value) / 1e6)
    found.high = (max(draws[-1 - place], value) / 1e6, max(draws[-1], value) / 1e6)
    return found


def late_get(flows: int) -> Callable[[Records, str], str]:
    """How late GETs were at so many flows."""

    def text(records: Records, model: str) -> str:
        cell = records.cell(f"http_get/{flows}", model)
        return late(cell) if cell else "–"

    return text


def beside_hog(records: Records, model: str) -> str:
    """How late a flow wakes beside one that burns."""
    cell = records.cell("hog/2", model)
    counts = together(histograms(cell))
    if not counts:
        return "–"
    text = with_rounds(ms(percentile(counts, 0.99)), len(cell))
    return f"more than {text}" if any(row["late_max_s"] > LATE_BY_ALL * row["T"] for row in cell) else text


def of_line(records: Records, model: str) -> str:
    """Memory of a parked flow: a line through at least four numbers of flows."""
    bare = [
        row for row in records.rows
        if row["workload"] == "park" and row["who"] == model and not row.get("stack_kib") and not row.get("freeze")
        and row.get("seat", "none") == "none" and known([row], "mem_total_bytes")
    ]  # fmt: skip
    if len({row["flows"] for row in bare}) < 4:
        return "–"
    value, low, high = line([row["flows"] for row in bare], [row["mem_total_bytes"] for row in bare])
    return f"{digits(value / 1e3)} ({digits(low / 1e3)}–{digits(high / 1e3)})"


class Curve:
    """CPU per op and the wait of one op, by number of flows, of the cells of a model that have both."""

    def __init__(self, records: Records, model: str) -> None:
        self.d: dict[int, float] = {}
        self.z: dict[int, float] = {}
        self.low: dict[int, float] = {}
        self.high: dict[int, float] = {}
        self.rounds: dict[int, int] = {}
        for n in records.flows("http_get"):
            cell = records.cell(f"http_get/{n}", model)
            values, waits = known(cell, "D"), known(cell, "wait_given_s")
            if values and waits:
                middle, low, high, self.rounds[n], _ = by_order(values)
                self.d[n], self.z[n] = middle, median(waits)
                self.low[n], self.high[n] = (middle, middle) if math.isnan(low) else (low, high)
        mine = [row for row in records.rows if row["workload"] == "http_get" and row["who"] == model]
        self.most: float = min(known(mine, "at_once"), default=math.inf)
        self.flows = sorted(self.d)

    def is_full(self, n: int, demand: Mapping[int, float]) -> bool:
        """Is a core full at so many flows, if an op takes this?"""
        return min(n, self.most) * demand[n] >= self.z[n] + demand[n]

    def pair(self, demand: Mapping[int, float]) -> tuple[int, int] | None:
        """The two neighbours between which a core gets full; None where it never does."""
        return next((two for two in pairwise(self.flows) if self.is_full(two[1], demand)), None)

    def end(self, *, least: bool) -> float:
        """The least or the most that N* can be: between two N, D and Z are taken at their worst, or at their best."""
        demand, extreme, other = (self.high, max, min) if least else (self.low, min, max)
        first = self.flows[0]
        if first * demand[first] >= self.z[first] + demand[first]:
            return first
        if (two := self.pair(demand)) is None:
            return math.inf
        there = 1 + other(self.z[n] for n in two) / extreme(demand[n] for n in two)
        return min(max(there, two[0]), two[1])


def core_full(records: Records, model: str) -> str:
    """N*, where N times D is Z + D: between two numbers of flows that were measured, linear in the logs."""
    curve = Curve(records, model)
    if len(curve.flows) < 2 or records.kinds.get(model) == "none":
        return "–"
    if curve.is_full(curve.flows[0], curve.d):
        return f"less than {digits(curve.flows[0], 2)}"
    two = curve.pair(curve.d)
    if two is None:
        return "never" if curve.flows[-1] > curve.most else f"more than {digits(curve.flows[-1], 2)}"
    return between(curve, two, records.cell(f"http_get/{two[1]}", model))


def between(curve: Curve, two: tuple[int, int], upper: Sequence[Row]) -> str:
    """N* between two numbers of flows; `upper`: the records of the larger, in which starting may have taken most of the time."""
    middle = digits(crossing(two, curve.d, curve.z, curve.most), 2)
    slow = [row["release_s"] / row["T"] for row in upper if known([row], "release_s") and known([row], "cpu_s")]
    if slow and median(slow) > SLOW_START:
        return f"at least {middle}"
    few = min(curve.rounds[n] for n in two)
    if few < FEW:
        return with_rounds(middle, few)
    least, most = curve.end(least=True), curve.end(least=False)
    return (
        f"{middle} (at least {digits(least, 2)})"
        if math.isinf(most)
        else f"{middle} ({digits(least, 2)}–{digits(most, 2)})"
    )


def crossing(pair: tuple[int, int], d: Mapping[int, float], z: Mapping[int, float], most: float) -> float:
    """Where N D = Z + D between two N: D is a power of N there, Z is linear in its log."""
    a, b = pair
    low, high = 0.0, 1.0
    for _ in range(100):
        share = (low + high) / 2
        n = a * (b / a) ** share
        demand, wait = d[a] * (d[b] / d[a]) ** share, z[a] + (z[b] - z[a]) * share
        low, high = (share, high) if min(n, most) * demand < wait + demand else (low, share)
    return float(a * (b / a) ** ((low + high) / 2))


def loaded(records: Records, model: str) -> dict[float, list[Row]]:
    """The records of an open loop by load, per cent of the capacity."""
    found: dict[float, list[Row]] = {}
    for row in records.rows:
        if row["workload"] == "open_loop" and row["who"] == model and known([row], "load_pct") and row["load_pct"] > 0:
            found.setdefault(row["load_pct"], []).append(row)
    return found


def requests(records: Records, model: str) -> str:
    """How many requests a second that load is."""
    cell = loaded(records, model).get(LOAD)
    return digits(median(row["capacity"] for row in cell) * LOAD / 100, 2) if cell else "–"


def latency(records: Records, model: str) -> str:
    """The 99th percentile of latency where the core is so busy: read in each round on the line through its cells."""
    cells = loaded(records, model)
    cell = cells.get(LOAD)
    if not cell:
        return "–"
    served = median(row["ops_done"] / row["T"] / (row["capacity"] * LOAD / 100) for row in cell)
    rounds: dict[int, list[tuple[float, float]]] = {}
    for row in (row for several in cells.values() for row in several):
        found, busy = histograms([row]), row["cpu_s"] / row["T"]
        p99 = percentile(found[0], 0.99) / 1e6 if found else NAN
        if not math.isnan(p99) and not math.isnan(busy):
            rounds.setdefault(row["round"], []).append((busy, p99))
    read = [value for there in rounds.values() if (value := at_load(there)) is not None]
    named = [row for row in cell if histograms([row]) and not math.isnan(percentile(histograms([row])[0], 0.99))]
    if served >= KEEPS_UP and read and named:
        return of_median(read)
    busy = median(row["cpu_s"] / row["T"] for row in cell)
    return late(cell, ", fell behind" if served < KEEPS_UP else f", core {100 * busy:.0f} % busy")


def at_load(there: Sequence[tuple[float, float]], at: float = LOAD / 100) -> float | None:
    """The latency of one round at a utilisation; None where no cell of it came near."""
    ordered = sorted((one for one in there if one[1] > 0), key=lambda one: abs(one[0] - at))
    if not ordered or abs(ordered[0][0] - at) > NEAR:
        return None
    busy, value = ordered[0]
    for other, latency_ms in ordered[1:]:
        if abs(other - busy) > NEAR:
            slope = max(0.0, math.log(value / latency_ms) / (busy - other))
            return float(value * math.exp(slope * (at - busy)))
    return value


def tasks(records: Records, model: str) -> str:
    """How many tasks the kernel sees for a thousand flows."""
    values = known(records.cell("http_get/1000", model), "kernel_tasks")
    return f"{median(values):,.0f}" if values else "–"


def median_of(block: str, figure: str, scale: float) -> Callable[[Records, str], str]:
    """A row that is a median over rounds."""
    return lambda records, model: of_median(known(records.cell(block, model), figure), scale)


CARD: Mapping[str, Callable[[Records, str], str]] = {
    "three flows wait 1 s each: time, s": median_of("countasync/3", "T", 1.0),
    "create a flow, one of 100, µs": median_of("create/100", "create_per_flow_s", 1e6),
    "hand over to another flow, µs of CPU": median_of("handoff/2", "D", 1e6),
    "hand over by IO, in a ring of 100, µs of CPU": median_of("brigade/100", "D", 1e6),
    "CPU per http_get at 1 flow, µs": median_of("http_get/1", "D", 1e6),
    "CPU per http_get at 100 flows, µs": median_of("http_get/100", "D", 1e6),
    "the same, not pinned to one core, µs": median_of("http_get/100?pin=0", "D", 1e6),
    "the same, on a core that may not sleep, µs": median_of("http_get/100?awake=1", "D", 1e6),
    "CPU per http_get at 1,000 flows, µs": median_of("http_get/1000", "D", 1e6),
    "http_get at 100 flows: late by (p99), ms": late_get(100),
    "http_get at 1,000 flows: late by (p99), ms": late_get(1000),
    "http_get: one core is full at (N*), flows": core_full,
    "memory per flow, the kernel's share included, kB": of_line,
    "wake-up p99 beside a 50 ms CPU hog, ms": beside_hog,
    "open loop at 80 % of its capacity, requests/s": requests,
    "open loop: latency (p99) when the core is 80 % busy, ms": latency,
    "http_get: tasks that the kernel sees for 1,000 flows": tasks,
}


def agrees(said: str, found: str) -> bool:
    """Is a text of the card what the records give?"""
    return found.same(said) if isinstance(found, Resampled) else said == found
