"""What is put into words: the verdicts, and by how much a cell differs from itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.analysis.noise import Regime, largest
from bench.analysis.statistics import Estimate
from bench.analysis.verdicts import Verdict
from bench.report.document import Group
from bench.report.figures import Run
from bench.report.text import digits
from bench.words import FIGURES, JUDGED

WHERE: Mapping[Regime, str] = {"waiting": "where flows mostly wait", "core full": "where the core is full"}
HEADLINE_FLOWS = 100  # ratios are shown from this many flows on: below, a wait is all there is to see


def noise_floor(run: Run) -> tuple[str, ...]:
    """By how much a cell and its twin differed in this run, in a sentence."""
    if not run.noise:
        return ()
    figures = sorted(run.noise.items(), reverse=True)
    regimes = sorted({pair.regime for _, found in figures for pair in found.pairs}, reverse=True)
    parts = [
        " and ".join(
            f"{(largest(there) - 1) * 100:.1f} % in {FIGURES[figure]}"
            for figure, found in figures
            if (there := [pair for pair in found.pairs if pair.regime == regime])
        )
        + f" {WHERE[regime]}"
        for regime in regimes
    ]
    pairs = max(len(found.pairs) for _, found in figures)
    widest = max((p.ratio for _, f in figures for p in f.pairs if p.ratio.has_interval), key=width, default=None)
    known = (
        f" (a twin's ratio is known no better than others: {digits(widest.low)} to {digits(widest.high)} at worst)"
        if widest
        else ""
    )
    unknown = "" if len(regimes) > 1 else f" No floor is known {next(WHERE[r] for r in WHERE if r not in regimes)}."
    said = (
        f"The noise floor: {pairs} {'cell was' if pairs == 1 else 'cells were'} measured twice, side by side; over all rounds they differ from their twins by up to "
        f'{", ".join(parts)}{known}. Smaller differences there are reported as "no difference shown".{unknown}'
    )
    return (said,)


def width(found: Estimate) -> float:
    """How wide an interval is, as a factor."""
    return found.high / found.low


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
        sentences = [f"{v.words}{v.of_bodies}." for v in judged]
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


def shown(run: Run, v: Verdict) -> bool:
    """Is a verdict one of those that the page shows: with many flows, or with as many as the workload ever has?"""
    return v.flows >= min(HEADLINE_FLOWS, run.most_flows(v.workload))


MOST_PAIRED = 4  # models of which every pair is put into words: six pairs, of two figures each


def readable(found: Sequence[Verdict]) -> list[Verdict]:
    """Every pair of a few models; of many, each against the first of its block only. The table of ratios has them all."""
    models: dict[str, dict[str, None]] = {}
    for v in found:
        models.setdefault(v.block, {}).update({v.reference: None, v.model: None})
    return [v for v in found if len(models[v.block]) <= MOST_PAIRED or v.reference == next(iter(models[v.block]))]
