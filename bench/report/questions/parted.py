"""What is the library's part and what the model's, where a user's file names several bodies: pairs that differ in one of the two only."""

from __future__ import annotations

from itertools import combinations

from bench.analysis.verdicts import Verdict
from bench.report.figures import Run
from bench.report.questions.question import first_upper, joined, models
from bench.report.quotes import Quotes
from bench.words import WITH


def parted(run: Run, q: Quotes, workload: str, flows: int) -> tuple[str, ...]:
    """A sentence for each library that several models ran, and one for each model that ran several libraries."""
    there = [name for name in models(run, workload, [flows]) if WITH in name]
    first_of: dict[str, str] = {}  # of each model, the library that its others are compared with
    for name in there:
        first_of.setdefault(name.partition(WITH)[0], name.partition(WITH)[2])
    pairs = [
        (v, first.partition(WITH), second.partition(WITH))
        for first, second in combinations(there, 2)
        if (v := run.verdict(f"{workload}/{flows}{run.suffix(workload)}", "D", second, first)) is not None
    ]
    said: dict[str, list[str]] = {}
    for v, (model, _, library), (other_model, _, other_library) in pairs:
        if library == other_library:
            start = f"model's part at {flows:,} flows, with {library} under both"
            said.setdefault(start, []).append(described(q, v, other_model, model))
        elif model == other_model and first_of[model] == library:
            start = f"library's part at {flows:,} flows, under {model}"
            said.setdefault(start, []).append(described(q, v, other_library, library))
    return tuple(first_upper(f"the {start}: {joined(parts)}.") for start, parts in sorted(said.items(), reverse=True))


def described(q: Quotes, v: Verdict, one: str, other: str) -> str:
    """A ratio in words, with its interval; or that no difference was shown."""
    if v.withheld:
        return f"no verdict on {one} and {other}"
    if v.ratio.has_interval and v.judged and not v.different:
        return f"no difference shown between {one} and {other}"
    few = "" if v.ratio.has_interval else ", too few rounds for an interval"
    return f"{one} against {other} {q.change(f'{v.block}: CPU per op, {v.model} against {v.reference}', v.ratio)}{few}"
