"""Why models differ on a workload: what its own file says of the cause, and what was counted in this run."""

from __future__ import annotations

from bench.render.clients import left_by_client
from bench.render.figures import Run
from bench.render.text import digits

# What is counted, in words; where each model's figure is, and from which on it is worth a word.
COUNTED = (
    ("switches by the kernel per op", "switches_per_op", 0.01),
    ("page faults per op", "faults_per_op", 0.1),
    ("tasks that the kernel sees", "kernel_tasks", 1.5),
)


def causes(run: Run, workload: str) -> tuple[str, ...]:
    """Return sentences: the cause as known of the code, the counts of this run at the largest common N, and what a
    real client leaves of it, where the workload is another one with a client on top.
    """
    why = run.manifest.about.get("why", {}).get(workload, "")
    said = [f"Known of the code: {why}."] if why else []
    concurrent = [m for m in run.models if run.manifest.about["kinds"].get(m) != "none"]
    for n in reversed(run.flows(workload)):
        there = [m for m in concurrent if not run.rows(workload, m, n).empty]
        if len(there) > 1:
            parts = [text for count in COUNTED if (text := counted(run, workload, n, count))]
            if parts:
                said.append(f"Counted in this run at {n:,} flow{'s' if n > 1 else ''}: {'; '.join(parts)}.")
            break
    return (*said, *left_by_client(run, workload))


def counted(run: Run, workload: str, n: int, count: tuple[str, str, float]) -> str:
    """One count of all models, in words; empty where it is next to nothing in all of them."""
    what, figure, least = count
    found = {m: e.value for m in run.models if (e := run.figure(workload, m, n, figure)) is not None}
    if max(found.values(), default=0) < least:
        return ""
    return f"{what}: " + ", ".join(f"{m} {digits(value) if value >= least else '0'}" for m, value in found.items())
