"""Cells that shared the measured core with other programs."""

from __future__ import annotations

from bench.analysis.disturbance import subtract_page_faults
from bench.analysis.findings.facts import Facts, cells_where, name_cells
from bench.words import Finding

# A share of T. A twentieth is as much as the intervals of D are wide.
INTERFERENCE = 0.05
# The readings around the gates leave a rest of 0.2 to 0.8 ms. It is nobody else's, and much of a very short work phase.
LEFT_OVER_S = 0.002


def find(facts: Facts) -> list[Finding]:
    """Name the cells. Those that read a disk are left out: its interrupts take a tenth and more, and are part of reading."""
    others_s = subtract_page_faults(facts.medians("interference"), facts.medians("page_faults"))
    if "beside_s" in facts.table:  # another finding names those
        others_s = others_s - facts.medians("beside_s").fillna(0)
    allowed_s = (INTERFERENCE * facts.medians("T")).clip(lower=LEFT_OVER_S)
    return name_cells(
        cells_where((others_s > allowed_s) & facts.medians("read_bytes").isna()),
        "warning",
        "something else used the measured core for more than "
        f"{INTERFERENCE * 100:.0f} % of the time (interrupts count; cells that read a disk have many, and are not asked):",
        "stop other work on this machine, or isolate the core (`pyperf system tune`, isolcpus)",
    )
