"""The timeline of a workload's models, from the round nearest to the median of each."""

from __future__ import annotations

from collections.abc import Mapping

from bench.analysis.timeline import Segment, typical
from bench.report.document import Lane, Timeline
from bench.report.figures import Run

HOW_TO_READ = (
    "One lane per flow; time runs to the right, the same scale for all. Filled: the flow works, it has the core. Open: it "
    "waits, for the page (until the server had sent it) or for the disk (until the read had returned; the kernel's own part "
    "of a read is in it). Hatched: it could go on, but another flow has the core. One core: nowhere are two lanes filled at "
    "the same time. Whatever one lane does while the other is open is gained; the best there is: the longer flow, and the "
    "other's work. Every edge is a real stamp, of the round nearest to the median."
)


def timeline(run: Run, workload: str) -> Timeline | None:
    """Make the timeline of a workload whose records keep one; None for the others."""
    rows, ends_ms = [], {}
    for model in run.models:
        for n in run.flows(workload):
            found = typical(run.rows(workload, model, n))
            if found:
                rows.append((model, lanes(found)))
                ends_ms[model] = max(segment.end_ms for segment in found)
    if not rows:
        return None
    title = f"{workload}: what each flow did when"
    return Timeline(f"{workload}-timeline", title, tuple(rows), ends_ms, gained(ends_ms), HOW_TO_READ)


def lanes(found: list[Segment]) -> tuple[Lane, ...]:
    """Sort segments into one lane per flow, named by what the flow waits for."""
    names = {0: "GET", 1: "read"}
    flows = sorted({segment.flow for segment in found})
    return tuple(
        Lane(
            names.get(flow, f"flow {flow + 1}"),
            tuple((s.kind, s.start_ms, s.end_ms) for s in found if s.flow == flow),
        )
        for flow in flows
    )


def gained(ends_ms: Mapping[str, float], control: str = "sequential") -> tuple[str, ...]:
    """Say each model's makespan, and what overlapping gained over one flow after the other."""
    alone = ends_ms.get(control)
    found = ["In the rounds that are drawn (the table has the medians of all):"]
    for model, end in ends_ms.items():
        gain = "" if alone is None or model == control else f", {alone - end:.1f} ms less than one after the other"
        found.append(f"{model}: both flows done after {end:.1f} ms{gain}.")
    return tuple(found)
