"""How much memory does a waiting flow take?"""

from __future__ import annotations

from bench.analysis.memory import Cost, Parked
from bench.report.document import Screen, Stack, Table
from bench.report.figures import Run
from bench.report.questions.question import Question, joined, one_of
from bench.report.quotes import Quotes
from bench.report.text import digits
from bench.report.workloads.causes import causes
from bench.report.workloads.memory import measured
from bench.words import JUDGED

PARKED = "park"
MANY = 10_000
PARTS = {
    "pss": "user pages",
    "pagetables": "page tables",
    "kernel_stacks": "kernel stacks",
    "slab": "other kernel memory",
}
HIDDEN = ("page tables", "kernel stacks", "other kernel memory")
READ = (
    "Each bar is one waiting flow, all of it, cut into what it is made of. RSS, the figure that most tools show, leaves out the hatched "
    "parts, and counts pages that processes share once for each of them. The figure at the right is the whole."
)


def bare(run: Run) -> list[Cost]:
    """What a flow that holds nothing costs, the models that are judged."""
    kinds = run.manifest.about["kinds"]
    return [cost for cost in measured(run, PARKED) if cost.parked == Parked() and kinds.get(cost.model) in JUDGED]


def most_measured(run: Run, model: str) -> int:
    """The largest number of flows of a model that were parked."""
    return max((n for n in run.flows(PARKED) if not run.rows(PARKED, model, n).empty), default=0)


def make(run: Run, q: Quotes) -> Screen | None:
    """Say what a flow takes, and what many would."""
    found = bare(run)
    if not found:
        return None
    each = [
        f"{one_of(cost.model)} {q.value(f'memory per flow, {cost.model}', cost.bytes['total'], 'kB', 1e-3)} kB"
        for cost in found
    ]
    many = [f"{cost.model} {many_text(q, cost)}" for cost in found]
    said = (
        f"Waiting, with the kernel's share: {joined(each)}.",
        f"{MANY:,} flows would take: {', '.join(many)}. More than the table says were not measured: that is by the slope.",
    )
    rows = tuple(
        (
            cost.model,
            f"{digits(cost.bytes['total'].value * 1e-3)} kB",
            tuple(max(0.0, cost.bytes[part].value) if part in cost.bytes else 0.0 for part in PARTS),
        )
        for cost in found
    )
    return Screen(
        id="memory",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=said,
        picture=Stack(
            "memory-parts",
            "What a waiting flow's memory is made of",
            "share of the whole",
            tuple(PARTS.values()),
            rows,
            HIDDEN,
            "not in RSS",
            READ,
        ),
        table=table(run, q, found),
        why=causes(run, PARKED),
        details=(PARKED,),
        numbers=tuple(q.numbers),
    )


def many_text(q: Quotes, cost: Cost) -> str:
    """What many flows would take."""
    bytes_ = cost.bytes["total"].value * MANY
    unit, scale = ("GB", 1e9) if bytes_ >= 1e9 else ("MB", 1e6)
    return f"{q.keep(f'memory of {MANY:,} flows, {cost.model}', digits(bytes_ / scale), unit, cost.bytes['total'], MANY / scale)} {unit}"


def table(run: Run, q: Quotes, found: list[Cost]) -> Table:
    """Memory per flow with its ends, what RSS says, and how far it was measured."""
    rows = []
    for cost in found:
        name = f"memory per flow, {cost.model}"
        rss = cost.bytes.get("rss")
        most = q.given(f"flows parked at most, {cost.model}", f"{most_measured(run, cost.model):,}")
        rows.append(
            (
                cost.model,
                *q.ends(name, cost.bytes["total"], "kB", 1e-3),
                q.value(f"{name}, by RSS", rss, "kB", 1e-3),
                most,
            )
        )
    head = ("model", "kB per flow", "lower", "upper", "RSS says, kB", "measured up to")
    return Table("Memory per waiting flow, and up to how many flows it was measured", head, tuple(rows))


QUESTION = Question("memory", "How much memory does a waiting flow take?", "Memory", (PARKED,), make)
