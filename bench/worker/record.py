"""What one launch gave, as a record's metadata: every figure of docs/design.md, section 6, and every constant."""

from __future__ import annotations

import os
import sys
from zlib import crc32

from bench.figures import COUNTED
from bench.harness import ledger, memory, softirqs, timeline
from bench.harness.draws import SPREAD
from bench.harness.flow import Field, Order
from bench.harness.ledger import Given
from bench.harness.meters import Used
from bench.harness.pin import timer_slack_ns
from bench.harness.running import progress, quarters, sure
from bench.models import load_model
from bench.store import histogram
from bench.store.schema import SCHEMA
from bench.words import Value
from bench.worker.imports import imported
from bench.worker.launch import UNWATCHED, Job
from bench.workloads import load_workload

USER_SYSTEM_FROM_S = 0.5  # below, ticks decide how CPU is split between user and system
EARLY_SLACK_NS = 1_000


def time_s(job: Job) -> float:
    """T: from the gate's opening to the last flow's own end stamp, seconds."""
    return (max(flow[Field.END] for flow in job.flows) - job.began_ns) / 1e9


def of_the_core(job: Job) -> dict[str, Value]:
    """What the core did meanwhile, as far as the kernel tells: for others, for the hypervisor, how fast."""
    found: dict[str, Value] = {}
    before, after = job.window
    if before.idle_us is not None and after.idle_us is not None and job.order.parameters["pin"]:
        window_ns = after.at_ns - before.at_ns
        found["interference"] = (window_ns - job.window_cpu_ns) / 1e9 - (after.idle_us - before.idle_us) / 1e6
    if before.steal_s is not None and after.steal_s is not None:
        found["steal"] = after.steal_s - before.steal_s
    if before.siblings_s is not None and after.siblings_s is not None:
        found["siblings_busy_s"] = after.siblings_s - before.siblings_s
    if before.mhz is not None and after.mhz is not None:
        found["mhz"] = (before.mhz + after.mhz) / 2
    if job.order.parameters["pin"]:
        found["turn_ns"] = sum(job.turns_ns) / len(job.turns_ns)
    if job.throttled_us:
        found["throttled_s"] = job.throttled_us / 1e6
    return found


def started(job: Job, ops: int, used: Used, at_once: int | None) -> dict[str, Value]:
    """How long all flows took to run, the CPU of that, and CPU per op by quarters of the ops after that.

    What children have used is known only when they are gone: it is shared out evenly over the ops. What clocks were read too rarely
    for is left out.
    """
    if job.workload.timeline or job.workload.measure in UNWATCHED:  # ops that are unlike each other; flows that do none
        return {}
    made = progress(job.flows, at_once)
    if made is None:
        return {}
    found: dict[str, Value] = {
        "start_s": (made.running_ns - job.began_ns) / 1e9,
        "running_ops": made.ops,
        "response_s": sum(max(flow.stamps) - flow[Field.FIRST] for flow in job.flows) / ops / 1e9,
    }
    all_ns = used["cpu_ns"]  # children's share of it is known to the tick: what is unsure is a part of the whole
    if job.clocks:
        found["looks_apart_s"] = job.apart_ns / 1e9
    if job.clocks and sure([made.running_ns], job.clocks, all_ns):
        children_ns = used["children_ns"] / ops
        start_ns = sum(one.used_by(made.running_ns) for one in job.clocks) + children_ns * (ops - made.ops)
        found["start_cpu_s"] = start_ns / 1e9
    if "start_cpu_s" in found and sure(made.quarters_ns, job.clocks, all_ns):
        by_quarter = quarters(made.quarters_ns, made.running_ns, job.clocks, made.ops)
        found |= {f"D{i}": (ns + children_ns) / 1e9 for i, ns in enumerate(by_quarter, 1)}
    return found | received(job, made.running_ns)


def received(job: Job, running_ns: int) -> dict[str, Value]:
    """How long the kernel was receiving on the cell's account, and on the servers', once all flows were running."""
    work = job.network_work
    if work is None:
        return {}
    ended_ns = max(flow[Field.END] for flow in job.flows)
    found: dict[str, Value] = {}
    if work.core is not None:
        ours = {os.getpid(), *(flow[Field.PID] for flow in job.flows)} - {0}
        found["received_here_s"] = softirqs.time_ns(work.core, running_ns, ended_ns, ours) / 1e9
    if work.servers is not None:
        found["received_there_s"] = softirqs.time_ns(work.servers, running_ns, ended_ns) / 1e9
    return found


def counted(used: Used) -> dict[str, Value]:
    """What the meters counted, in the units of bench/figures.py."""
    by_ticks = used["cpu_ns"] < USER_SYSTEM_FROM_S * 1e9
    found: dict[str, Value] = {}
    for name, counter in COUNTED:
        count = used[counter.name]
        if not (counter.left_out == "zero" and not count) and not (counter.left_out == "ticks" and by_ticks):
            found[name] = count if counter.per == 1 else count / counter.per
    return found


def figures(job: Job, given: dict[int, Given]) -> dict[str, Value]:
    """Every figure of docs/design.md, section 6, that one launch gives. What does not apply is left out."""
    order, flows = job.order, job.flows
    ledgers = [ledger.written(flow, stamped=job.workload.stamped) for flow in flows]
    used = job.total_used()
    found: dict[str, Value] = {
        "ops_done": sum(entry.ops for entry in ledgers),
        "bytes_done": sum(entry.bytes for entry in ledgers),
        "checksum": crc32(b"".join(entry.checksum.to_bytes(4, "little") for entry in ledgers)),
        **counted(used),
        "kernel_tasks": job.kernel_tasks,
        "processes": len({flow[Field.PID] for flow in flows} - {0}) + 1,
        "cpus_seen": ",".join(
            map(
                str,
                sorted({flow[field] for flow in flows for field in (Field.CPU_AT_START, Field.CPU_AT_END)}),
            )
        ),
    }
    found["read_late_s"] = max(0, job.ended_ns - max(flow[Field.END] for flow in flows)) / 1e9
    found |= {f"{phase}_s": seconds for phase, seconds in job.seconds.items()}
    most = load_model(order.cell.model).at_once(order.parameters)
    if most is None or most >= len(flows):  # flows that start when others have ended do not leave a gate
        found["release_s"] = (max(flow[Field.FIRST] for flow in flows) - job.began_ns) / 1e9
    found |= of_the_core(job) | started(job, sum(entry.ops for entry in ledgers), used, most)
    if len(job.target_cpu_ns) == 2:
        (then_ns, then_cpu), (now_ns, now_cpu) = job.target_cpu_ns
        found["server_busy"] = (now_cpu - then_cpu) / (now_ns - then_ns)
    names, beside_s = job.beside()
    if names and order.parameters["pin"]:
        found |= {"beside": ", ".join(names), "beside_s": beside_s}
    if order.ops and job.workload.fair_from is not None and len(flows) > job.workload.fair_from + 1:
        found["fairness"] = ledger.fairness(flows[job.workload.fair_from :])
    if order.ops and job.workload.timeline:
        found["timeline"] = timeline.to_text(timeline.segments(flows, given, job.began_ns))
    if len(job.memory) == 2 and None not in job.memory:
        found |= memory.between(job.memory).figures()
    return found | waits(job, given)


def waits(job: Job, by_target: dict[int, Given]) -> dict[str, Value]:
    """What was waited: Z really given, the longest sum of waits of one flow, and how late each op was.

    An op is due its wait after the end of the one before (a chain), or when the workload says (a schedule). Where the
    target gave the waits, what it gave too much counts as asked for. Of a flow's first wait with phase=spread only a part
    is left, so that op has no lateness. Where nobody is asked to wait so and so long, an op's own duration takes its place.
    """
    first = 1 if job.order.parameters["phase"] == SPREAD else 0
    asked = {flow.index: sum(flow.waits_s) for flow in job.flows}
    given = {i: by_target[i].waited_ns / 1e9 if i in by_target else wait_s for i, wait_s in asked.items()}
    ops = sum(1 for flow in job.flows for wait_s in flow.waits_s if wait_s)
    if not job.workload.stamped:
        return {"early_ops": 0, "late_samples": 0}
    schedule = job.workload.due(job.flows, job.began_ns)
    if not ops and not schedule:
        took = [duration_ns for flow in job.flows for duration_ns in ledger.durations_ns(flow)]
        return {"early_ops": 0, "late_samples": 0} | distribution("op", took)
    excess_ns = round((sum(given.values()) - sum(asked.values())) / ops * 1e9) if ops else 0
    late, early = [], 0
    for flow in job.flows:
        if flow.index in schedule:
            late += [stamp - due for stamp, due in zip(flow.stamps, schedule[flow.index], strict=True)]
            continue
        took = ledger.durations_ns(flow)
        for duration_ns, wait_s in zip(took[first:], flow.waits_s[first:], strict=True):
            if wait_s:
                late.append(duration_ns - round(wait_s * 1e9) - excess_ns)
                early += duration_ns < wait_s * 1e9 - EARLY_SLACK_NS
    free = [
        duration_ns
        for flow in job.flows
        if flow.index not in schedule
        for duration_ns, wait_s in zip(ledger.durations_ns(flow), flow.waits_s, strict=True)
        if not wait_s
    ]
    found: dict[str, Value] = {"early_ops": early, "late_samples": len(late)}
    if ops:
        found["wait_asked_s"] = sum(asked.values()) / ops
        found |= {"wait_given_s": sum(given.values()) / ops, "wait_longest_s": max(given.values())}
    return found | distribution("late", late) | distribution("op", free)


def distribution(name: str, values_ns: list[int]) -> dict[str, Value]:
    """Return percentiles (those with ten samples beyond them), the maximum and the histogram, under this name."""
    if not values_ns:
        return {}
    values_ns = sorted(values_ns)
    found: dict[str, Value] = {
        f"{name}_max_s": values_ns[-1] / 1e9,
        f"{name}_histogram": histogram.to_text(histogram.histogram(values_ns)),
    }
    for percentile, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)):
        if len(values_ns) * (1 - q) >= histogram.BEYOND - 1e-9:
            found[f"{name}_{percentile}_s"] = values_ns[min(len(values_ns) - 1, int(q * len(values_ns)))] / 1e9
    return found


def constants(order: Order, cpu: int, round_: int, attempt: int) -> dict[str, Value]:
    """What is known before the launch: the cell, every parameter, the core, the interpreter's own settings."""
    p = dict(order.parameters)
    del p["ops"]
    found: dict[str, Value] = {
        "schema": SCHEMA,
        "cell": order.cell.name,
        "workload": order.cell.workload,
        "model": order.cell.model,
        "kind": load_model(order.cell.model).kind,
        "measure": load_workload(order.cell.workload).measure,
        "flows": order.flows,
        "ops_per_flow": order.ops,
        "wait_s": float(p.pop("wait_ms")) / 1000,
        **p,
        "cpu_pinned": cpu,
        "timer_slack_ns": timer_slack_ns(),
        "switch_interval_s": sys.getswitchinterval(),
        "gil": int(getattr(sys, "_is_gil_enabled", lambda: True)()),
        "round": round_,
        "attempt": attempt,
        "seed": order.seed,
    }
    most = load_model(order.cell.model).at_once(order.parameters)
    if most is not None:
        found["at_once"] = most
    return {**found, **imported(), **load_model(order.cell.model).facts()}
