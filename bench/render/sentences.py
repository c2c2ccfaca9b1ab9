"""What is put into words: the answer at the top, and the verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.verdicts import Verdict
from bench.render.document import Group
from bench.render.figures import Run
from bench.render.tables import HEADLINE_FLOWS
from bench.render.text import digits


def answer(run: Run) -> tuple[str, ...]:
    """The first sentences of the page: what a user would repeat to a colleague."""
    said: list[str] = []
    for n in (100, 1000):
        found = {m: run.figure("http_get", m, n, "D") for m in run.models}
        known = sorted(((e.value, m) for m, e in found.items() if e is not None))
        if len(known) > 1:
            listed = ", ".join(f"{m} {digits(value * 1e6)} µs" for value, m in known)
            said.append(f"CPU that one GET costs its client with {n:,} flows on the core: {listed}.")
    waits = run.flows("countasync")
    if waits:
        alone = run.figure("countasync", "sequential", waits[0], "T")
        others = [run.figure("countasync", m, waits[0], "T") for m in run.models if m != "sequential"]
        together = max((e.value for e in others if e is not None), default=None)
        if alone is not None and together is not None:
            said.append(
                f"Waits overlap whoever does the waiting: three waits of one second take {digits(alone.value)} s one "
                f"after the other, and at most {digits(together)} s together."
            )
    return tuple(said)


def headlines(run: Run) -> tuple[Group, ...]:
    """Verdicts on the blocks with many flows, against the first concurrent model."""
    reference = next((m for m in run.models if run.manifest.about["kinds"].get(m) != "none"), "")
    return grouped([v for v in chosen(run) if v.reference == reference])


def grouped(chosen: Sequence[Verdict]) -> tuple[Group, ...]:
    """Verdicts as sentences, a group per block that has any; D before T. Who had too few rounds is named once."""
    blocks: dict[str, list[Verdict]] = {}
    for v in chosen:
        blocks.setdefault(v.block, []).append(v)
    found = []
    for vs in blocks.values():
        judged = [v for v in vs if v.ratio.has_interval]
        unjudged = {v.model: v.ratio.rounds for v in vs if not v.ratio.has_interval}
        sentences = [f"{v.words}." for v in judged]
        if unjudged:
            listed = ", ".join(f"{model} ({rounds})" for model, rounds in unjudged.items())
            sentences.append(f"too few rounds to judge: {listed}.")
        if judged:
            rounds = max(v.ratio.rounds for v in judged)
            found.append(Group(f"{judged[0].place}, {rounds} rounds", tuple(sentences)))
    return tuple(found)


def chosen(run: Run) -> list[Verdict]:
    """Verdicts that are put into words: between concurrent models, at many flows."""
    if not run.manifest.verdicts:
        return []
    kinds = run.manifest.about["kinds"]
    return [
        v
        for v in run.verdicts
        if v.flows >= HEADLINE_FLOWS and kinds.get(v.model) != "none" and kinds.get(v.reference) != "none"
    ]
