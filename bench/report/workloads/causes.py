"""Why models differ on a workload: the claims whose controls agree in this run, and what was counted."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.other_end import TIMED, other_end
from bench.analysis.variants import AWAKE, CONSTANT, RENO, UNIX, UNPINNED, Variant, variants
from bench.report.figures import Run, starts_slowly, where
from bench.report.sentences import chosen
from bench.report.text import digits
from bench.report.workloads.clients import left_by_client, times
from bench.report.workloads.views import views

# What is counted, in words; where each model's figure is, and from which on it is worth a word.
SWITCHES = ("switches by the kernel per op", "switches_per_op", 0.01)
TASKS = ("tasks that the kernel sees", "kernel_tasks", 1.5)
GARBAGE = ("share of the time in garbage collections", "gc_share", 0.02)
MEANWHILE = ("share of the time in which other threads ran, or asked for the GIL, during one", "gc_others", 0.02)
SHARES = (GARBAGE[1], MEANWHILE[1])
COUNTED = (SWITCHES, ("page faults per op", "faults_per_op", 0.1), GARBAGE, MEANWHILE, TASKS)
UNKNOWN = "The cause is not known: no claim about one has a control that agrees in this run."


def causes(run: Run, workload: str) -> tuple[str, ...]:
    """Return sentences: the claims that hold, the counts of this run at the largest common N, and what a real client
    leaves of it, where the workload is another one with a client on top.
    """
    words = views(run, workload)
    said = [f"{one.words(digits)}." for one in run.told.get(workload, ())]
    if not said and any(v.workload == workload and v.different for v in chosen(run)):
        said = [UNKNOWN]
    concurrent = [m for m in run.models if run.manifest.about["kinds"].get(m) != "none"]
    for n in reversed(run.flows(workload)):
        there = [m for m in concurrent if not run.rows(workload, m, n).empty]
        if len(there) > 1:
            known = COUNTED if "tasks" in words else COUNTED[:-1]
            parts = [text for count in known if (text := counted(run, workload, n, count))]
            if parts:
                said.append(f"Counted in this run at {where(run, workload, n)}: {'; '.join(parts)}.")
            break
    if loop := run.manifest.about.get("loop", {}).get(workload, ""):
        said.append(f"{loop}.")
    if unlike := run.manifest.about.get("unlike", {}).get(workload, ""):
        both = f"The bodies are not the same but for await: {unlike.rstrip('.')}. A difference between models is one between these, too."
        return (both, *said)
    return (
        *said,
        *asleep(run, workload),
        *unpinned(run, workload),
        *network(run, workload),
        *in_step(run, workload),
        *(floors(run, workload) if "floor" in words else ()),
        *left_by_client(run, workload),
    )


def asleep(run: Run, workload: str) -> tuple[str, ...]:
    """Return a sentence on what it costs that the core sleeps between waits, where that was measured."""
    found = variants(run.table, workload, run.models, AWAKE)
    if not found:
        return ()
    parts = [f"{compared(one, i)} ({digits(one.demand_s * 1e6)} µs)" for i, one in enumerate(found)]
    said = f"Cost of CPU idle states: where the core may not sleep (awake=1), {an_op(found)} takes {', '.join(parts)}."
    return (said,)


def unpinned(run: Run, workload: str) -> tuple[str, ...]:
    """Return a sentence on what it costs, or saves, to have all cores instead of one, where that was measured."""
    found = variants(run.table, workload, run.models, UNPINNED)
    if not found:
        return ()
    parts = []
    for i, one in enumerate(found):
        before, after = one.switches
        switches = (
            f"; {digits(after)} switches instead of {digits(before)}" if max(before, after) >= SWITCHES[2] else ""
        )
        parts.append(f"{compared(one, i)} ({digits(one.demand_s * 1e6)} µs{switches})")
    said = f"What it costs not to be pinned to one core (pin=0): {an_op(found)} takes {', '.join(parts)}."
    return (said,)


# A control of network work: its parameter, and what it leaves out.
CONTROLS = (
    (UNIX, "How much of it is network work: over a Unix socket, which has none (transport=unix)"),
    (RENO, "How much of it is the kernel's pacing: with a congestion control that does not pace (congestion=reno)"),
)


def network(run: Run, workload: str) -> tuple[str, ...]:
    """Return a sentence for each control of network work that was measured: CPU per op as a multiple of the default's."""
    said = []
    for suffix, what in CONTROLS:
        if found := variants(run.table, workload, run.models, suffix):
            parts = [f"{compared(one, i)} ({digits(one.demand_s * 1e6)} µs)" for i, one in enumerate(found)]
            said.append(f"{what}, {an_op(found)} takes {', '.join(parts)}.")
    return (*said, *received(run, workload))


def received(run: Run, workload: str) -> tuple[str, ...]:
    """Say what of CPU per op is the other end's network work, where that was measured; or why it could not be."""
    found = other_end(run.table, workload, run.models)
    if not found:
        asked = (entry for entry in run.manifest.not_run if entry.cell.startswith(f"{workload}/"))
        why = next((entry.reason for entry in asked if entry.cell.endswith(TIMED)), "")
        return (f"What of it is the server's network work is not known in this run. {why}.",) if why else ()
    base, *others = found
    here = ", ".join(f"{digits(one.here_s * 1e6)} µs under {one.model}" for one in (base, *others))
    there = ", ".join(f"{digits(one.there_s * 1e6)} µs under {one.model}" for one in (base, *others))
    flows = f"{base.flows:,} flow{'s' if base.flows > 1 else ''}"
    said = (
        f"What of it is the server's, estimated by the kernel's tracepoints (softirq=1): {here}, of an op's CPU at {flows}. "
        f"In return the server receives for them: {there}."
    )
    ratios = [
        f"{one.model}'s CPU per op is {times(one.put_right)} that of {base.model}, instead of {times(one.accounted)}"
        for one in others
        if one.put_right is not None and one.accounted is not None
    ]
    return (f"{said} If each paid for its own, {'; '.join(ratios)}." if ratios else said,)


def in_step(run: Run, workload: str) -> tuple[str, ...]:
    """Return a sentence on what it is worth that flows fall into step, where waits of equal length were measured, too."""
    found = variants(run.table, workload, run.models, CONSTANT)
    if not found:
        return ()
    parts = [f"{compared(one, i)} ({digits(one.demand_s * 1e6)} µs)" for i, one in enumerate(found)]
    said = (
        f"What falling into step is worth: with waits that are all equally long (wait=constant), {an_op(found)} takes "
        f"{', '.join(parts)}."
    )
    return (said,)


def an_op(found: Sequence[Variant]) -> str:
    """The op that is compared, with its number of flows."""
    flows = found[0].flows
    return f"an op at {flows:,} flow{'s' if flows > 1 else ''}"


def compared(one: Variant, place: int) -> str:
    """How many times as much CPU a model takes; the first of a list says of what."""
    return f"{times(one.times)} {'as much CPU ' if place == 0 else ''}under {one.model}"


FLOORS = {"kernel": "native_thread", "user": "native_epoll"}  # what a model of a kind has beneath it


def floors(run: Run, workload: str) -> tuple[str, ...]:
    """Return a sentence on the floor: how much of each Python model's CPU per op the same work in C takes, at the
    largest N where both were measured.
    """
    for n in reversed(run.flows(workload)):
        found = {m: e.value for m in run.models if (e := run.figure(workload, m, n, "D")) is not None}
        parts = []
        for model, cost in found.items():
            floor = FLOORS.get(run.manifest.about["kinds"].get(model, ""), "")
            # A pool has fewer flows than the floor, and starting so many is not what an op takes in Python.
            like = run.at_once(workload, model) >= n and not starts_slowly(run, workload, model, n)
            if floor in found and like and found[floor] < cost:
                parts.append(f"{model} {found[floor] / cost * 100:.0f} % ({digits(cost * 1e6)} µs)")
        if parts:
            beneath = ", ".join(f"{m} {digits(found[m] * 1e6)} µs" for m in FLOORS.values() if m in found)
            flows = f"{n:,} flow{'s' if n > 1 else ''}"
            said = (
                f"The floor: of the CPU per op at {flows}, the same work in C ({beneath}) accounts for: {', '.join(parts)}. "
                "The rest is what doing it in Python adds, its share of the kernel's work included."
            )
            return (said,)
    return ()


def counted(run: Run, workload: str, n: int, count: tuple[str, str, float]) -> str:
    """One count of all models, in words; empty where it is next to nothing in all of them."""
    what, figure, least = count
    found = {m: e.value for m in run.models if (e := run.figure(workload, m, n, figure)) is not None}
    if max(found.values(), default=0) < least:
        return ""
    if figure in SHARES:
        shown = [f"{value * 100:.0f} %" for value in found.values()]
    elif figure == TASKS[1]:
        shown = [f"{value:,.0f}" for value in found.values()]
    else:
        shown = [digits(value) if value >= least else "0" for value in found.values()]
    return f"{what}: " + ", ".join(f"{m} {text}" for m, text in zip(found, shown, strict=True))
