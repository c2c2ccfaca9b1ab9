"""What is put into words: the answer at the top, and the verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.statistics import Estimate
from bench.analysis.verdicts import Verdict
from bench.report.document import Group
from bench.report.figures import Run, starts_slowly
from bench.report.tables import shown
from bench.report.text import digits, with_interval
from bench.words import FIGURES, JUDGED


def answer(run: Run) -> tuple[str, ...]:
    """The first sentences of the page: what a user would repeat to a colleague."""
    said = [text for n in (100, 1000) if (text := cheapest(run, n))]
    waits = run.flows("countasync")
    if waits:
        alone = run.figure("countasync", "sequential", waits[0], "T")
        others = [run.figure("countasync", m, waits[0], "T") for m in run.models if m != "sequential"]
        together = max((e.value for e in others if e is not None), default=None)
        if alone is not None and together is not None:
            said.append(
                f"Timers overlap whoever does the waiting: three waits of one second take {digits(alone.value)} s one "
                f"after the other, and at most {digits(together)} s together."
            )
    return (*said, *noise_floor(run))


def noise_floor(run: Run) -> tuple[str, ...]:
    """By how much a cell and its twin differed in this run, in a sentence."""
    if not run.noise:
        return ()
    figures = sorted(run.noise.items(), reverse=True)
    sizes = sorted({pair.flows for _, found in figures for pair in found.pairs})
    parts = [
        " and ".join(f"{(found.at(n) - 1) * 100:.1f} % in {FIGURES[figure]}" for figure, found in figures)
        + f" at {n:,} flow{'s' if n > 1 else ''}"
        for n in sizes
    ]
    pairs = max(len(found.pairs) for _, found in figures)
    widest = max((p.ratio for _, f in figures for p in f.pairs if p.ratio.has_interval), key=width, default=None)
    known = (
        f" (a twin's ratio is known no better than others: {digits(widest.low)} to {digits(widest.high)} at worst)"
        if widest
        else ""
    )
    elsewhere = "; at other numbers of flows the largest of these counts" if len(sizes) > 1 else ""
    said = (
        f"The noise floor: {pairs} {'cell was' if pairs == 1 else 'cells were'} measured twice, side by side; over all rounds they differ from their twins by up to "
        f"{', '.join(parts)}{known}. A smaller difference between models is called none{elsewhere}."
    )
    return (said,)


def width(found: Estimate) -> float:
    """How wide an interval is, as a factor."""
    return found.high / found.low


def cheapest(run: Run, n: int) -> str:
    """What one GET costs at N flows: the first concurrent model's CPU per op, and the others as multiples of it."""
    known = [m for m in run.models if run.manifest.about["kinds"].get(m) in JUDGED]
    figures = {m: e for m in known if (e := run.figure("http_get", m, n, "D")) is not None}
    if len(figures) < 2:
        return ""
    reference, *others = figures
    parts, few = [], []
    for model in others:
        v = next((v for v in run.verdicts if v.place_of("http_get", n, "D", model, reference)), None)
        if v is None:
            continue
        r = v.ratio
        if r.has_interval:
            told = "" if v.different else "; no difference shown"
            parts.append((r.value, f"{model} {digits(r.value)} times that ({digits(r.low)} to {digits(r.high)}{told})"))
        elif run.manifest.verdicts:  # a ratio that nobody may bet on has no place beside those that are judged
            few.append(f"{model} ({r.rounds})")
        else:
            parts.append((r.value, f"{model} about {digits(r.value, 2)} times ({rounds_text(r.rounds)} only)"))
    base = with_interval(figures[reference], 1e6)
    listed = ", ".join(text for _, text in sorted(parts))
    unsaid = f"too few rounds to say of {', '.join(few)}" if few else ""
    said = f"With {n:,} flows on the core, one GET costs its client {base} µs of CPU under {reference}"
    said = "; ".join(part for part in (said, listed, unsaid) if part) + "."
    slow = [m for m in figures if starts_slowly(run, "http_get", m, n)]
    if not slow:
        return said
    return (
        f"{said} Under {' and '.join(slow)} most of the time had gone by when the last flow started: those that had started before kept the "
        "core busy. That is what so many at once make of each other, which need not be what a GET costs where they have been running for long."
    )


def rounds_text(rounds: int) -> str:
    """So many rounds, in words."""
    return "1 round" if rounds == 1 else f"{rounds} rounds"


def headlines(run: Run) -> tuple[Group, ...]:
    """Verdicts on the blocks with many flows, against the first concurrent model."""
    reference = next((m for m in run.models if run.manifest.about["kinds"].get(m) in JUDGED), "")
    return grouped([v for v in chosen(run) if v.reference == reference])


def grouped(chosen: Sequence[Verdict]) -> tuple[Group, ...]:
    """Verdicts as sentences, a group per block that has any; D before T. Who had too few rounds is named once."""
    blocks: dict[str, list[Verdict]] = {}
    for v in chosen:
        blocks.setdefault(v.block, []).append(v)
    found = []
    for vs in blocks.values():
        judged = [v for v in vs if v.ratio.has_interval]
        known = {m for v in judged for m in (v.model, v.reference)}
        unjudged = {
            m: v.ratio.rounds for v in vs if not v.ratio.has_interval for m in (v.model, v.reference) if m not in known
        }
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
        v for v in run.verdicts if shown(run, v) and kinds.get(v.model) in JUDGED and kinds.get(v.reference) in JUDGED
    ]
