"""When all flows of a cell were running, and how much CPU had been used by then: from stamps, and from readings of clocks.

Strategy: pure arithmetic after the launch. Flows start; the instant at which the last of them has ended its first op is
*running*. Where fewer flows can be under way at once, as in a pool, it is that at which so many have. What was used up to an
instant is read off the clock of each process: at both ends its own readings, between them those of the watcher.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.harness.flow import Field, Flow

QUARTERS = 4
PARTS = 1 + QUARTERS  # of a body whose ops leave no stamp each: its first op, and the quarters of the others


def part_ends(ops: int) -> list[int]:
    """How many ops have been done at the end of each part. bench/native/flow.h has the same."""
    first = min(1, ops)
    return [first + (ops - first) * part // QUARTERS for part in range(PARTS)]


def op_ends(flow: Flow) -> Sequence[int]:
    """When each op of a flow ended, ns. Where only parts of its ops left a stamp, the ops of a part ended evenly in it."""
    if not flow.parts:
        return flow.stamps
    found: list[int] = []
    since = flow[Field.FIRST]
    for stamp, part in zip(flow.stamps, flow.parts, strict=True):
        found += [since + (stamp - since) * done // len(part) for done in range(1, len(part) + 1)]
        since = stamp
    return found


@dataclass(frozen=True)
class Progress:
    """When all flows were running, ns; the ops that ended after that; and when each quarter of those was over, ns."""

    running_ns: int
    ops: int
    quarters_ns: Sequence[int]


def progress(flows: Sequence[Flow], at_once: int | None = None) -> Progress | None:
    """Follow the flows of a launch; None where they left no stamps, or did nothing.

    `at_once`: how many can be under way at the same time. Quarters are those of at least half of all ops, else none.
    """
    if not flows or not all(flow.stamps and flow.stamps[0] for flow in flows):
        return None
    ends = [op_ends(flow) for flow in flows]
    if not all(ends):
        return None
    firsts = sorted(min(own) for own in ends)
    running_ns = firsts[min(at_once or len(flows), len(flows)) - 1]
    after = [end for own in ends for end in own if end > running_ns]
    if 2 * len(after) < sum(map(len, ends)) or len(after) < QUARTERS:
        return Progress(running_ns, len(after), ())
    after.sort()
    return Progress(
        running_ns, len(after), [after[len(after) * quarter // QUARTERS - 1] for quarter in range(1, QUARTERS + 1)]
    )


@dataclass(frozen=True)
class Clock:
    """The CPU clock of one process: when it showed what, ns. Between two such instants it went on evenly."""

    times_ns: Sequence[int]
    values_ns: Sequence[int]

    def used_by(self, at_ns: int) -> float:
        """How much of what it counts had been used at an instant, ns; 0 before its first reading."""
        after = bisect_right(self.times_ns, at_ns)
        if after == 0:
            return 0.0
        if after == len(self.times_ns):
            return float(self.values_ns[-1] - self.values_ns[0])
        (t0, t1), (v0, v1) = self.times_ns[after - 1 : after + 1], self.values_ns[after - 1 : after + 1]
        return v0 + (v1 - v0) * (at_ns - t0) / (t1 - t0) - self.values_ns[0]

    def unsure_by(self, at_ns: int) -> int:
        """How far off that can be at most, ns: between two instants it may have run at first, or at last."""
        after = bisect_right(self.times_ns, at_ns)
        if after in {0, len(self.times_ns)}:
            return 0
        (t0, t1), (v0, v1) = self.times_ns[after - 1 : after + 1], self.values_ns[after - 1 : after + 1]
        return max(0, min(v1 - v0, t1 - t0 - (v1 - v0)))


Mark = tuple[int, int]  # when (monotonic, ns), and what a CPU clock showed, ns
Seen = tuple[int, int, int]  # from outside: when it was looked at before and now, and what it shows now


def clock(start: Mark, end: Mark, between: Iterable[Seen]) -> Clock:
    """Make a clock of a process's own readings at both ends, and of readings from outside.

    Those may tell what was used before or after: they are kept between the two. What a reading says beyond the one before was
    used since the process was looked at before. Where it is more than fits in there, the process was running then, and the
    kernel had not yet added it: then it was used up to now without a pause.
    """
    (start_ns, least), (end_ns, most) = start, end
    inside = [(since, at, min(max(value, least), most)) for since, at, value in between if start_ns < at < end_ns]
    kept = [start]
    last_looked = max((at for _, at, _ in inside), default=start_ns)
    for since, at, value in [*inside, (last_looked, end_ns, most)] if end_ns > start_ns else ():
        last_at, last = kept[-1]
        began = min(since, at - (value - last))
        if last_at < began < at:
            kept.append((began, last))
        kept.append((at, value))
    return Clock([at for at, _ in kept], [value for _, value in kept])


def quarters(instants_ns: Sequence[int], running_ns: int, clocks: Sequence[Clock], ops: int) -> list[float]:
    """CPU per op of each quarter of the ops, ns."""
    if not instants_ns:
        return []
    used = [sum(one.used_by(at) for one in clocks) for at in (running_ns, *instants_ns)]
    counts = [ops * quarter // QUARTERS for quarter in range(QUARTERS + 1)]
    return [(b - a) / (m - n) for (a, b), (n, m) in zip(pairwise(used), pairwise(counts), strict=True)]


SURE = 0.05  # a share of the CPU after the start-up: the readings may be off by so much at most


def sure(instants_ns: Iterable[int], clocks: Sequence[Clock], used_ns: float) -> bool:
    """Were the clocks read often enough to say what had been used at each of these instants? `used_ns`: in all."""
    return all(sum(one.unsure_by(at) for one in clocks) <= SURE * used_ns for at in instants_ns)


def own_ends(flows: Sequence[Flow]) -> Mapping[int, tuple[Mark, Mark]]:
    """By process, what flows that are processes have read of their own clocks: at the first start and at the last end."""
    found: dict[int, tuple[Mark, Mark]] = {}
    for flow in flows:
        if flow[Field.PID] and flow[Field.CLOCK_AT_END]:
            start = flow[Field.FIRST], flow[Field.CLOCK_AT_START]
            end = flow[Field.END], flow[Field.CLOCK_AT_END]
            first, last = found.get(flow[Field.PID], (start, end))
            found[flow[Field.PID]] = min(start, first), max(end, last)
    return found
