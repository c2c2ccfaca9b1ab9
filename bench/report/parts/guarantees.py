"""What holds of a workload that is the reader's own, and what does not: the suite's workloads have all of it, a user's file may not."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bench.report.document import Part, Table
from bench.report.figures import Run
from bench.report.questions.own import own

YES, NO, UNKNOWN = "yes", "no", "not known"
TEMPLATE = """\
{% from "macros.html" import table %}
<section id="guarantees">
<h2>What is sure about your code?</h2>
<p>All workloads of the suite have these properties. Of your own file, the suite checks what it can.</p>
{% for one in content %}
{{ table(one) }}
{% endfor %}
</section>
"""


@dataclass(frozen=True)
class Seen:
    """One workload of a run: its records, and the names of its cells in findings."""

    run: Run
    workload: str
    rows: pd.DataFrame

    def named(self, *findings: str) -> bool:
        """Does one of these findings name a cell of the workload?"""
        cells = {cell for name in findings for finding in self.run.found.get(name, ()) for cell in finding.cells}
        return bool(cells & set(self.rows["cell"]))


Answer = tuple[str, str]  # yes, no or not known; and what was seen


def same_results(seen: Seen) -> Answer:
    """Did ops return the same under every model?"""
    asked = int(seen.rows["results"].notna().sum()) if "results" in seen.rows else 0
    if not asked:
        return UNKNOWN, "no record says what its ops returned"
    if seen.named("unequal_results"):
        return NO, "for the same tasks, ops returned different results: see the findings"
    return YES, f"before each of {asked:,} timed cells, a small check found what the other models' ops return"


def same_size(seen: Seen) -> Answer:
    """Did the timed ops return as much data?"""
    each = seen.rows["bytes_done"] / seen.rows["ops_done"]
    if not (each > 0).any():
        return UNKNOWN, "its ops return nothing that has a length"
    apart = each.groupby(seen.rows["block"]).agg(lambda values: values.max() - values.min())
    if (apart > 0).any():
        return NO, f"{each.min():,.0f} to {each.max():,.0f} items or bytes an op"
    return YES, f"{each.iloc[0]:,.0f} items or bytes an op in the timed ops"


def same_bodies(seen: Seen) -> Answer:
    """Are the bodies the same but for await?"""
    unlike = seen.run.manifest.about.get("unlike", {}).get(seen.workload, "")
    return (
        (NO, f"{unlike.rstrip('.')}. So a difference between models is one between these, too") if unlike else (YES, "")
    )


def known_waits(seen: Seen) -> Answer:
    """Is it known how long each op had to wait?"""
    if not (seen.rows["late_samples"] > 0).any():
        return UNKNOWN, "the file has no WAIT_MS, so there is no lateness and no N*"
    return YES, "how late each op ended is in the tables"


def own_core(seen: Seen) -> Answer:
    """Was the measured core the flows' alone?"""
    moved = seen.rows["cpus_seen"] != seen.rows["cpu_pinned"].astype(str)
    if bool((moved & (seen.rows["pin"] == 1)).any()):
        return NO, "a flow was seen on another core"
    if seen.named("child_on_the_core"):
        return NO, "the cell has started a process that worked there: see the findings"
    if seen.named("interference"):
        return NO, "something else worked there: see the findings"
    return YES, "no flow was seen elsewhere, and no other process took 5 % of it"


def other_core(seen: Seen) -> Answer | None:
    """Was the server on another core? None where there is none."""
    busy = seen.rows["server_busy"].dropna()
    if busy.empty:
        return None
    used = f"it used {busy.min() * 100:.0f} to {busy.max() * 100:.0f} % of its core"
    cores = seen.run.manifest.environment.get("cores", {})
    if cores.get("measured") == cores.get("server and campaign"):
        return NO, f"this machine gives the suite one core; {used}"
    return YES, used


ASKED = {
    "All models return the same results": same_results,
    "All models return as much data": same_size,
    "The bodies are the same but for await": same_bodies,
    "Each op's wait is known": known_waits,
    "The measured core is the flows' alone": own_core,
    "The server is on another core": other_core,
}


def table(run: Run, workload: str) -> Table:
    """Ask all of one workload."""
    rows = run.table[(run.table["workload"] == workload) & (run.table["ops_done"] > 0)]
    seen = Seen(run, workload, rows)
    answers = [(what, answer) for what, ask in ASKED.items() if (answer := ask(seen)) is not None]
    return Table(workload, ("", "holds", "what was seen"), tuple((what, *answer) for what, answer in answers))


def make(run: Run) -> tuple[Table, ...] | None:
    """A table for each workload of the reader's own; None where there is none."""
    return tuple(table(run, workload) for workload in own(run)) or None


PART = Part("guarantees", "Your code", 29, make, TEMPLATE)
