"""The first sentences of the page: what a GET costs, and the classic example of waits that overlap."""

from __future__ import annotations

from bench.report.figures import Run, starts_slowly
from bench.report.sentences import noise_floor
from bench.report.text import digits, with_interval
from bench.words import JUDGED


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
            told = "; no verdict" if v.withheld else "" if v.different else "; no difference shown"
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
