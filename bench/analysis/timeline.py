"""Reading the timelines that records keep: what each flow did when."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

KINDS = ("work", "wait", "ready")
MOST_LANES = 32  # that are drawn; real cells have two flows
MOST_STRETCHES = 120  # of all lanes together; real ones have up to 16, and each takes a millisecond to draw


@dataclass(frozen=True)
class Segment:
    """A stretch of one flow: working, waiting, or ready and not running. Times in ms since the gate opened."""

    flow: int
    kind: str
    start_ms: float
    end_ms: float


def parse(text: str) -> list[Segment]:
    """Read `flow kind start end;…` (us); raises ValueError where it is something else."""
    found = []
    for part in text.split(";"):
        flow, kind, start, end = part.split(" ")
        if kind not in KINDS:
            raise ValueError(f"a timeline has no {kind!r}")
        found.append(Segment(int(flow), kind, int(start) / 1000, int(end) / 1000))
    return found


def bounded(found: list[Segment]) -> list[Segment]:
    """What of a timeline can be seen where it is long: the first lanes, and of each so many equal pieces of the whole time.

    A piece has the kind of what began in it last; neighbours of a kind are one. Whoever ends last is among the lanes, and the
    time at which it ends is kept. Shorter ones stay as they are.
    """
    flows = sorted({segment.flow for segment in found})
    if len(found) <= MOST_STRETCHES and len(flows) <= MOST_LANES:
        return found
    last = max(found, key=lambda segment: segment.end_ms)
    kept = sorted({*flows[: MOST_LANES - 1], last.flow})
    pieces = MOST_STRETCHES // len(kept)
    first = min(segment.start_ms for segment in found)
    piece_ms = (last.end_ms - first) / pieces or 1.0
    lanes: dict[int, dict[int, Segment]] = {flow: {} for flow in kept}
    for segment in found:
        if segment.flow in lanes:
            lanes[segment.flow][min(pieces - 1, int((segment.start_ms - first) / piece_ms))] = segment
    return [segment for flow in kept for segment in _joined([lanes[flow][at] for at in sorted(lanes[flow])])]


def _joined(lane: list[Segment]) -> list[Segment]:
    """A lane's stretches, each until the next one begins; neighbours of one kind are one."""
    found: list[Segment] = []
    for segment in lane:
        if found and found[-1].kind == segment.kind:
            found[-1] = replace(found[-1], end_ms=max(found[-1].end_ms, segment.end_ms))
        else:
            found.append(segment)
    return found


def typical(cell: pd.DataFrame) -> list[Segment]:
    """Return the timeline of the round whose T is nearest to the cell's median, as far as it can be drawn. Empty if no round kept one."""
    if "timeline" not in cell:
        return []
    there = cell["timeline"].notna()
    if not there.any():
        return []
    kept = cell[there]
    nearest = int((kept["T"] - kept["T"].median()).abs().to_numpy().argmin())
    return bounded(parse(str(kept["timeline"].iloc[nearest])))
