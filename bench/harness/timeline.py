"""A timeline from real stamps: what each flow did when, for the few cells that keep it.

Strategy: a flow's ops are its segments work, wait, work. Inside work, the gaps that bench.targets.cpu.burn noted are
time in which the flow was ready and another one ran. A wait is over when the target has sent its answer, or else
when the read has returned. From then until its own stamp the flow was ready again. The text form, `flow kind start end` in
whole us since the gate opened, is what a record keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench.harness.flow import Field, Flow
from bench.harness.ledger import Given

Segment = tuple[int, str, int, int]  # flow, kind, start ns, end ns (monotonic)


def segments(flows: Sequence[Flow], given: Mapping[int, Given], began_ns: int) -> list[Segment]:
    """Return every flow's segments, in order, in ns since the gate opened."""
    found: list[Segment] = []
    for flow in flows:
        worked, waited, ended = flow.stamps
        over = given[flow.index].over_ns if flow.index in given else flow.marks[1]
        over = min(max(over, worked), waited)
        gaps = [(flow.marks[2 + 2 * i], flow.marks[3 + 2 * i]) for i in range(flow.marks[0])]
        parts = work(flow[Field.FIRST], worked, gaps)
        parts += [("wait", worked, over), ("ready", over, waited)]
        parts += work(waited, ended, gaps)
        found += [(flow.index, kind, start - began_ns, end - began_ns) for kind, start, end in parts if end > start]
    return found


def work(start: int, end: int, gaps: Iterable[tuple[int, int]]) -> list[tuple[str, int, int]]:
    """Split a piece of work at the gaps in which it did not run."""
    parts = []
    for gap_start, gap_end in gaps:
        if start <= gap_start and gap_end <= end:
            parts += [("work", start, gap_start), ("ready", gap_start, gap_end)]
            start = gap_end
    return [*parts, ("work", start, end)]


def to_text(found: Iterable[Segment]) -> str:
    """Write `flow kind start end;…` in whole us."""
    return ";".join(f"{flow} {kind} {start // 1000} {end // 1000}" for flow, kind, start, end in found)
