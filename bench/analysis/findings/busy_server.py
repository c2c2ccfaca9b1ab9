"""Cells whose throughput the http server may have limited, rather than the measured core."""

from __future__ import annotations

from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.analysis.precision import FULL
from bench.store.waits import SERVER_BUSY
from bench.words import Finding

# SERVER_BUSY is a share of the server's core. Above it, an answer waits noticeably for the one before it: queueing grows
# as 1 / (1 - busy).


def find(facts: Facts) -> list[Finding]:
    """Name the cells with a busy server whose own core was not full."""
    busy, idle = facts.medians("server_busy"), facts.medians("idle")
    return name_cells(
        cells_where((busy > SERVER_BUSY) & ~(idle < 1 - FULL)),
        "warning",
        f"the server was more than {SERVER_BUSY * 100:.0f} % busy, and the measured core was not, so these cells may be bounded by the "
        "server:",
        "compare their CPU per op, not their throughput; or give the server a faster core",
    )
