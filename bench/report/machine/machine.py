"""Making the document of a machine: a pure function of the manifests and records of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.analysis.pooled import LEAST_TO_PREDICT, Pooled
from bench.report.compare.sides import python, reference_of
from bench.report.compose import machine as machine_text
from bench.report.document import Dots, Table
from bench.report.figures import Run
from bench.report.machine.pooling import (
    Place,
    differing,
    ends,
    figure_table,
    figures,
    picture,
    ratio_table,
    ratios,
    with_ends,
)
from bench.words import FIGURES


@dataclass(frozen=True)
class Sittings:
    """What runs of one plan say together."""

    title: str
    facts: tuple[tuple[str, str], ...]
    runs: tuple[tuple[str, str, str], ...]  # folder, start, trust
    answer: tuple[str, ...]
    pictures: tuple[Dots, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Machine:
    """What the page of a machine says: one part for each plan that was run three times and more."""

    title: str
    host: str
    facts: tuple[tuple[str, str], ...]
    sittings: tuple[Sittings, ...]


def machine(host: str, groups: Sequence[Mapping[str, Run]]) -> Machine:
    """Put together the runs of a machine, by the names of their folders, in groups of one machine, plan and code each."""
    first = next(iter(groups[0].values()))
    return Machine(
        title="Waiting on one core: a machine over its runs",
        host=host,
        facts=(
            ("machine", machine_text(first.manifest.environment["machine"])),
            ("runs", f"{sum(map(len, groups))}"),
        ),
        sittings=tuple(sittings(group, number) for number, group in enumerate(groups, start=1)),
    )


def sittings(named: Mapping[str, Run], number: int) -> Sittings:
    """Pool runs of one plan. `number`: which group of the page they are."""
    runs = list(named.values())
    manifest = runs[0].manifest
    reference = reference_of(runs)
    found = ratios(runs, reference)
    absolute = figures(runs)
    tables = (
        *(ratio_table(figure, reference, found) for figure in FIGURES),
        *(figure_table(figure, absolute) for figure in FIGURES),
    )
    pictures = (picture(figure, reference, found, f"pooled-{number}-{figure}") for figure in FIGURES)
    return Sittings(
        title=f"{len(runs)} runs of {manifest.preset}",
        facts=(
            ("Python", python(manifest.environment["interpreter"])),
            ("code", str(manifest.environment["suite"]["code"])),
            ("core", f"CPU {manifest.environment.get('cores', {}).get('measured', 'unknown')}"),
        ),
        runs=tuple((name, run.manifest.started_utc, run.trust.level) for name, run in named.items()),
        answer=answer(found, reference, len(runs)),
        pictures=tuple(one for one in pictures if one.groups),
        tables=tuple(table for table in tables if table.rows),
    )


def answer(found: Mapping[Place, Pooled], reference: str, runs: int) -> tuple[str, ...]:
    """The first sentences: which differences hold over the runs, and whether another run would show them."""
    if not found:
        return ("No ratio between models has an interval in three of these runs: each needs six rounds.",)
    different = differing(found)
    count = f"{len(different)} {'is' if len(different) == 1 else 'are'}"
    said = [f"Of {len(found)} ratios to {reference} over {runs} runs, {count} called different from 1."]
    unsure = [p for place, p in found.items() if place in different and p.other_low <= 1 <= p.other_high]
    if unsure:
        one = len(unsure) == 1
        said.append(
            f"{len(unsure)} of these {'is' if one else 'are'} so close to 1 that a single run may not show {'it' if one else 'them'}."
        )
    if different:
        place = max(different, key=lambda p: (abs(found[p].value - 1), p))
        p, (block, figure, model) = found[place], place
        said.append(
            f"The largest: in {block} {model} needs {with_ends(p.value, p.low, p.high)} times the {FIGURES[figure]} of {reference}"
            + (f"; another run may find {ends(p.other_low, p.other_high)}." if p.runs >= LEAST_TO_PREDICT else ".")
        )
    return tuple(said)
