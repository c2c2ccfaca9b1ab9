"""Why models differ on a workload: the causes that passed, as the page's screens say them. The second page has all of them."""

from __future__ import annotations

from bench.report.figures import Run
from bench.report.workloads.causes import causes


def why(run: Run, workload: str) -> tuple[str, ...]:
    """Sentences on the cause, the shortest account there is."""
    return causes(run, workload)
