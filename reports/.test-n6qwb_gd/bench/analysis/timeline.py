"""Reading the timelines that records keep: what each flow did when."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

KINDS = ("work", "wait", "ready")


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


def typical(cell: pd.DataFrame) -> list[Segment]:
    """Return the timeline of the round whose T is nearest to the median of its cell; none where no round kept one."""
    if "timeline" not in cell:
        return []
    kept = cell.dropna(subset=["timeline"])
    if kept.empty:
        return []
    nearest = int((kept["T"] - kept["T"].median()).abs().to_numpy().argmin())
    return parse(str(kept["timeline"].iloc[nearest]))
