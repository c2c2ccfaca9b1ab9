"""The two assumptions that everything rests on, and whether they held in this run: one core, and waits that give it
up.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.document import Part, Table
from bench.report.figures import Run, where
from bench.report.text import BLANK

ALONE = 1  # flows: with one, whatever the core does is the cost of that one waiting
TEMPLATE = """\
{% from "macros.html" import table %}
<section id="assumptions">
<h3>Did the two assumptions hold?</h3>
<p>Waits can overlap on one core only if it was one core, and if the waits really gave up the CPU.</p>
{% for sentence in content.sentences %}
<p>{{ sentence }}</p>
{% endfor %}
{% if content.idle.rows %}
<details><summary>Core idle by workload and number of flows</summary>{{ table(content.idle) }}</details>
{% endif %}
</section>
"""


@dataclass(frozen=True)
class Assumptions:
    """What was seen of each assumption, and the share of the time in which the core was idle."""

    sentences: tuple[str, ...]
    idle: Table


def make(run: Run) -> Assumptions:
    """Say whether the assumptions held in a run."""
    return Assumptions(assumptions(run), idle_table(run))


def assumptions(run: Run) -> tuple[str, ...]:
    """Say in words what was seen of each assumption."""
    if run.table.empty:
        return ()
    return tuple(sentence for sentence in (one_core(run), gave_up(run)) if sentence)


def one_core(run: Run) -> str:
    """Was it one core? Every flow noted where it started and ended."""
    t = run.table[run.table["pin"] == 1]
    elsewhere = t[t["cpus_seen"] != t["cpu_pinned"].astype(str)]
    cores = ", ".join(sorted(t["cpu_pinned"].astype(str).unique()))
    if elsewhere.empty:
        return (
            f"It was one core: in all {len(t):,} records of pinned cells every flow, {int(t['flows'].sum()):,} in all, "
            f"noted CPU {cores} at its start and at its end."
        )
    return f"It was not always one core: in {len(elsewhere):,} of {len(t):,} records a flow was seen elsewhere."


def gave_up(run: Run) -> str:
    """Did the waits give up the CPU? With one flow, the core should have nothing to do while it waits."""
    parts = []
    for workload in run.manifest.workloads:
        found = [e.value for m in run.models if (e := run.figure(workload, m, ALONE, "idle")) is not None]
        if found and waits_alone(run, workload):
            low, high = (f"{share * 100:.0f}" for share in (min(found), max(found)))
            parts.append(f"{low} to {high} % in {workload}" if low != high else f"{high} % in {workload}")
    if not parts:
        return ""
    return (
        f"Did the waits give up the CPU? With one flow the core was idle for {', '.join(parts)} of the work phase. "
        "Near 100 %: yes, the wait was all there was. Well below, as where a disk answers in microseconds: only in part; asking for it "
        "keeps the core busy for much of the time, and there is less to overlap. How the core fills with more flows:"
    )


def waits_alone(run: Run, workload: str) -> bool:
    """Do its flows wait for a timer, a page or a disk, and is one flow all there is? Requests that come when they like are
    many at a time.
    """
    rows = run.table[(run.table["workload"] == workload) & (run.table["flows"] == ALONE)]
    many = "load_pct" in rows and bool(rows["load_pct"].notna().any())
    return bool((rows["Z"] > 0).any() or rows["read_bytes"].notna().any()) and not many


def idle_table(run: Run) -> Table:
    """The share of the work phase in which the core was idle, per workload and number of flows."""
    rows = []
    for workload in run.manifest.workloads:
        for n in run.flows(workload):
            texts = []
            for model in run.models:
                e = run.figure(workload, model, n, "idle")
                texts.append(BLANK if e is None else f"{round(e.value * 100)} %")
            if any(text != BLANK for text in texts):
                rows.append((f"{workload}, {where(run, workload, n)}", *texts))
    note = (
        "1 − (CPU of the cell + what else ran on the core) / T. At 0 % the core is full: more flows only wait longer."
    )
    return Table("Core idle in the work phase", ("", *run.models), tuple(rows), note)


PART = Part("assumptions", "", 32, make, TEMPLATE)
