"""Making the document of a comparison: a pure function of the runs' manifests and records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.analysis.comparison import Compared, compare, other_work
from bench.analysis.findings import worst_first
from bench.report.compare.names import names as names_of
from bench.report.compare.orders import order_sentence, order_table
from bench.report.compare.sides import against, has_gil, python, reference_of
from bench.report.compare.spread import listed as names_of_many
from bench.report.compare.spread import many
from bench.report.compare.tables import absolute_tables, environment_table, forest, ratio_table
from bench.report.compare.trend import trends
from bench.report.document import Chart, Dots, Table
from bench.report.figures import Run
from bench.report.machine.pooling import ratio_tables
from bench.words import FIGURES, WORST_FIRST, Finding, UserError, listed

MOST_RUNS = 100


@dataclass(frozen=True)
class Comparison:
    """What a page says about several runs side by side; `names`: what the runs are called throughout."""

    title: str
    id: str
    names: tuple[str, ...]
    runs: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]  # a name, where its page is, and facts
    answer: tuple[str, ...]
    findings: tuple[Finding, ...]
    differences: tuple[str, ...]
    orders: Table
    trends: tuple[tuple[Chart, tuple[str, ...]], ...]
    forests: tuple[Dots, ...]
    ratios: tuple[Table, ...]
    absolute: tuple[Table, ...]
    environment: Table
    compared: tuple[Compared, ...]  # what was judged

    @property
    def many(self) -> bool:
        """Are these too many to stand beside each other?"""
        return many(self.names)

    @property
    def different(self) -> bool:
        """Does any ratio differ between the runs?"""
        return any(c.different for c in self.compared)


def comparison(id_: str, runs: Sequence[Run], reference: str = "", pages: Sequence[str] = ()) -> Comparison:
    """Put runs side by side; raises UserError where they have nothing in common that could be compared.

    `reference`: the model that others are compared with; if empty, the first one that all runs have. `pages`: a link to each run's page.
    """
    names = names_of(runs)
    if reference and any(reference not in run.models for run in runs):
        raise UserError(f"--reference {reference[:40]}: not all of these runs have that model")
    reference = reference or reference_of(runs)
    excluded = other_work([run.table for run in runs])
    there = compare([against(run.verdicts, reference) for run in runs], reference, excluded)
    compared = [c for c in there if c.judged]
    if not there:
        raise UserError(
            "these runs have no two models in common that were measured in the same blocks: nothing to compare"
        )
    return Comparison(
        title="Waiting on one core: "
        + (" against ".join(names) if len(names) < 3 else f"{len(names)} runs side by side"),
        id=id_,
        names=names,
        runs=tuple(
            (name, page, facts(run)) for name, page, run in zip(names, pages or [""] * len(runs), runs, strict=True)
        ),
        answer=(
            *answer(compared, names),
            *order_sentence(reference, compared, names),
            *left_out(len(there) - len(compared)),
        ),
        orders=order_table(reference, compared, names),
        trends=trends(runs),
        findings=tuple(findings(runs, excluded, names)),
        differences=tuple(sentence(c, i, names) for c in ranked(compared) for i in differing_runs(c)),
        forests=tuple(forest(figure, reference, compared, names) for figure in FIGURES),
        ratios=(
            *(ratio_table(figure, reference, compared, names) for figure in FIGURES),
            *ratio_tables(runs, reference),
        ),
        absolute=absolute_tables(runs, names, excluded),
        environment=environment_table(runs, names),
        compared=tuple(compared),
    )


def facts(run: Run) -> tuple[tuple[str, str], ...]:
    """What one run is, in a few lines."""
    m, env = run.manifest, run.manifest.environment
    return (
        ("machine", f"{env['machine']['CPU']} ({m.host})"),
        ("Python", python(env["interpreter"])),
        ("run", f"{m.id}, {m.rounds} rounds, {m.state}"),
        ("when", f"{m.started_utc} UTC"),
    )


def left_out(count: int) -> tuple[str, ...]:
    """How many ratios are not shown, in a sentence."""
    if not count:
        return ()
    return (
        f"{count} ratio{'s are' if count > 1 else ' is'} left out: too few rounds in one of the runs for an interval.",
    )


def ranked(compared: Sequence[Compared]) -> list[Compared]:
    """The order in which differences are told: what is reversed first, then D before T."""
    return sorted((c for c in compared if c.different), key=lambda c: (not c.reversed, list(FIGURES).index(c.figure)))


def differing_runs(c: Compared) -> list[int]:
    """The runs whose ratio is another than the first run's."""
    return [i for i, change in enumerate(c.changes) if change is not None and change.different]


def answer(compared: Sequence[Compared], names: Sequence[str]) -> tuple[str, ...]:
    """The first sentences: did the ratios hold from run to run?"""
    judged = [change for c in compared for change in c.changes if change is not None]
    said = []
    if judged:
        others = " and ".join(names[1:]) if len(names) < 4 else f"the {len(names) - 1} others"
        count = sum(change.different for change in judged)
        said.append(
            f"Of {len(judged)} ratios between models that could be judged in {names[0]} and in {others}, "
            + (
                f"{count} {'differs' if count == 1 else 'differ'} between the runs."
                if count
                else "none was shown to differ."
            )
        )
    else:
        said.append("Too few rounds to judge whether ratios differ between these runs: six in each are needed.")
    turned = [c for c in compared if c.reversed]
    if turned:
        said.append(
            "The verdict is reversed in "
            + ", ".join(f"{c.block} ({FIGURES[c.figure]} of {c.model} against {c.reference})" for c in turned)
            + "."
        )
    elif judged:
        said.append("No verdict is reversed: where two runs both see a difference, they see it in the same direction.")
    return tuple(said)


def sentence(c: Compared, i: int, names: Sequence[str]) -> str:
    """One difference in words, with direction and size."""
    first, other, change = c.ratios[0], c.ratios[i], c.changes[i]
    if first is None or other is None or change is None:
        raise ValueError("only a change that was judged can be told")
    what = f"{FIGURES[c.figure]} of {c.model} against {c.reference}"
    return (
        f"{c.block}, {what}: {first.value:.3f} times in {names[0]}, {other.value:.3f} times in {names[i]}, "
        f"so {change.value:.3f} times as much (95 % interval: {change.low:.3f} to {change.high:.3f})."
    )


def findings(runs: Sequence[Run], excluded: dict[str, str], names: Sequence[str]) -> list[Finding]:
    """What the reader must know before believing a comparison."""
    found = []
    cpus = {str(run.manifest.environment["machine"]["CPU"]) for run in runs}
    if len(cpus) > 1:
        found.append(
            Finding(
                "warning",
                f"these are different CPUs ({'; '.join(sorted(cpus))}): absolute figures say which machine is faster, "
                "not which model",
                "compare the ratios",
            )
        )
    for workload in dict.fromkeys(w for run in runs for w in run.manifest.workloads):
        sources = [run.manifest.bodies[workload] for run in runs if workload in run.manifest.bodies]
        shared = set(sources[0]).intersection(*sources) if sources else set()  # not all have all models
        if any(source[part] != sources[0][part] for source in sources[1:] for part in shared):
            found.append(
                Finding("warning", f"the code of {workload} is not the same in all runs", "run them with one version")
            )
    found += [
        Finding("error", f"{block} is left out: {why}", "run it with one version of the suite")
        for block, why in excluded.items()
    ]
    alike: dict[Finding, list[str]] = {}  # what many runs say is said once, with their names
    for name, run in zip(names, runs, strict=True):
        for finding in worst_first(run.found):
            if finding.level != "hint":
                alike.setdefault(finding, []).append(name)
    found += [replace(finding, what=f"{names_of_many(who)}: {finding.what}") for finding, who in alike.items()]
    free = [name for name, run in zip(names, runs, strict=True) if not has_gil(run)]
    if 0 < len(free) < len(runs):
        found.append(
            Finding(
                "warning",
                f"{listed(free)} {'has' if len(free) == 1 else 'have'} no GIL (free-threaded), the others have one",
                "read ratios to a model that the GIL does not touch: --reference asyncio",
            )
        )
    return sorted(found, key=lambda finding: WORST_FIRST.index(finding.level))
