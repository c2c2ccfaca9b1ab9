"""What a real client on top of a wait leaves of the differences between models, in words."""

from __future__ import annotations

from collections.abc import Mapping

from bench.analysis.clients import left
from bench.analysis.statistics import Estimate
from bench.report.figures import Run
from bench.report.text import digits
from bench.words import JUDGED

# Of each workload that is another one with a client on top: which that is, and how to call the two ways.
BARE: Mapping[str, tuple[str, str, str]] = {
    "httpx_get": ("http_get", "through httpx", "over a bare connection"),
    "postgres_sleep": ("sleep", "through psycopg", "with a bare timer"),
}


def times(found: Estimate) -> str:
    """A ratio with its interval, where there is one."""
    if not found.has_interval:
        return f"about {digits(found.value, 2)} times"
    return f"{digits(found.value)} times ({digits(found.low)} to {digits(found.high)})"


def left_by_client(run: Run, workload: str) -> tuple[str, ...]:
    """Return sentences: every model against the first one with the client and without, and what the client itself costs.

    None where either workload was not measured.
    """
    if workload not in BARE:
        return ()
    bare, through, without = BARE[workload]
    found = left(run.table, workload, bare, [m for m in run.models if run.manifest.about["kinds"].get(m) in JUDGED])
    if not found:
        return ()
    n, reference = found[0].flows, found[0].reference
    parts = [
        f"{one.model}'s {'CPU per op is ' if i == 0 else ''}{times(one.client)} "
        f"{f'that of {reference} ' if i == 0 else ''}{through}, {times(one.bare)} {without}"
        for i, one in enumerate(found)
    ]
    place = f"At {n:,} flow{'s' if n > 1 else ''}"
    said = [f"What is left of it with a real client on top. {place}, {'; '.join(parts)}."]
    costs = [run.figure(w, reference, n, "D", "") for w in (workload, bare)]
    if costs[0] is not None and costs[1] is not None:
        said.append(
            f"What the client costs. {place}, an op takes {digits(costs[0].value * 1e6)} µs of CPU under {reference} {through}, "
            f"{digits(costs[1].value * 1e6)} {without}: {digits(costs[0].value / costs[1].value, 2)} times as much."
        )
    return tuple(said)
