"""What a parked flow costs in memory: the table, and the figure on the card."""

from __future__ import annotations

from bench.analysis.memory import Cost, Parked
from bench.analysis.statistics import Estimate
from bench.report.document import Table
from bench.report.figures import Run
from bench.report.text import BLANK, digits, with_interval

KB = 1e-3
HEAD = (
    "model",
    "what is parked",
    "total per flow, kB",
    "user pages (PSS)",
    "page tables",
    "kernel stacks",
    "slab",
    "RSS says",
    "free memory lost per flow, kB",
)
NOTE = (
    "Slopes over the number of flows (least squares over all records, with the ends of the 95 % interval), 1 kB = 1,000 bytes, "
    "read by another process while all flows are parked. User pages are divided among the processes that share them "
    "(PSS); RSS counts a shared page in each of them, and nothing of what the kernel keeps. Kernel stacks and slab are "
    "differences of the whole system's. So is free memory: it knows nothing of processes, which makes it the witness. "
    "A part below half a per cent of the whole is 0. Of an open connection, slab holds both ends; what the server keeps "
    "in pages of its own only free memory shows."
)
LEAST_SHARE = 0.005  # of the whole: a part below that is 0


def parked_text(parked: Parked) -> str:
    """What is parked, in words."""
    words = [
        f"{parked.stack_kib} KiB of stack touched" if parked.stack_kib else "",
        {"none": "", "http": "an open connection"}.get(parked.seat, f"seat {parked.seat}"),
        "gc.freeze() before fork" if parked.freeze else "",
    ]
    return ", ".join(word for word in words if word) or "bare"


def kilobytes(cost: Cost, part: str) -> str:
    """One part, kB per flow."""
    found = cost.bytes.get(part)
    if found is None:
        return BLANK
    return "0" if abs(found.value) < LEAST_SHARE * abs(cost.bytes["total"].value) else digits(found.value * KB)


def row(cost: Cost) -> tuple[str, ...]:
    """One row of the table."""
    middle = (kilobytes(cost, part) for part in ("pss", "pagetables", "kernel_stacks", "slab", "rss"))
    ends = (with_interval(cost.bytes.get(part), KB) for part in ("total", "free_lost"))
    return cost.model, parked_text(cost.parked), next(ends), *middle, next(ends)


def measured(run: Run, workload: str) -> list[Cost]:
    """What was measured: bare flows first, the models in the run's order."""
    found = [cost for cost in run.costs(workload) if cost.model in run.models]
    return sorted(found, key=lambda cost: (parked_text(cost.parked) != "bare", run.models.index(cost.model)))


def memory_table(run: Run, workload: str) -> tuple[Table, ...]:
    """What a flow costs in memory; nothing where too little was measured."""
    rows = tuple(row(cost) for cost in measured(run, workload))
    return (Table("What a parked flow costs in memory", HEAD, rows, NOTE),) if rows else ()


def per_flow(run: Run, workload: str, model: str) -> Estimate | None:
    """The whole of what a bare flow costs, bytes; None where too little was measured."""
    bare = [cost for cost in measured(run, workload) if cost.model == model and cost.parked == Parked()]
    return bare[0].bytes["total"] if bare else None
