"""What disturbed a cell while it was measured. The campaign asks this after each cell, so nothing here imports pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bench.store.records import Record
from bench.store.waits import too_long

if TYPE_CHECKING:
    import pandas as pd

# No interrupt of the cell's own takes so large a share of its time and lasts so long. The network's interrupts take up to
# a twentieth of http_get, and a few ms around a gate are much of a short work phase. The kernel counts steal in ticks of
# 10 ms: two ticks are the least that can be told from one.
DISTURBED, DISTURBED_S = 0.15, 0.02
# A virtual machine books the time of page faults to nobody: 1.6 to 1.9 us each, where every request has its own process.
FAULT_S = 2e-6

Seconds = TypeVar("Seconds", float, "pd.Series")


def describe_disturbance(record: Record) -> str:
    """Say what disturbed a cell so much that it is worth measuring again; an empty string where nothing did.

    Waits that a server gave are compared with those asked for. How the core was shared is not judged of cells that read a
    disk, because its interrupts are part of reading. Nor of cells that were not pinned.
    """
    m, t = record.metadata, record.value_s
    if waited := too_long(m):
        return waited
    if "read_bytes" in m or not m["pin"]:
        return ""
    others_s = subtract_page_faults(float(m.get("interference", 0.0)), int(m.get("page_faults", 0)))
    stolen_s = float(m.get("steal", 0.0))
    throttled_s = float(m.get("throttled_s", 0.0))
    for seconds, what in (
        (others_s, "something else used the core"),
        (stolen_s, "the hypervisor had the core"),
        (throttled_s, "a cgroup's CPU limit stopped it"),
    ):
        if seconds > max(DISTURBED * t, DISTURBED_S):
            return f"{what} for {seconds / t * 100:.0f} % of the time"
    return ""


def subtract_page_faults(interference_s: Seconds, page_faults: Seconds) -> Seconds:
    """Return the time for which other programs used the core, in seconds.

    `interference_s` is the core's busy time that was not booked to the cell. The cell's own page faults are part of it.
    """
    return interference_s - FAULT_S * page_faults
