"""Making the document of a comparison: a pure function of the runs' manifests and records."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from bench.analysis.comparison import Change, Compared, compare, differing, other_work
from bench.analysis.statistics import Estimate, estimate
from bench.report.document import Comparison, Forest, Point, Table
from bench.report.figures import Run
from bench.report.tables import full_core_text
from bench.report.text import BLANK, with_interval
from bench.words import FIGURES, Finding, UserError

MOST_RUNS = 10  # more columns than that nobody compares by eye
ABSOLUTE = (("D", "CPU per op, µs", 1e6), ("T", "time T, s", 1.0))


def comparison(id_: str, runs: Sequence[Run]) -> Comparison:
    """Put runs side by side; raises UserError where they have nothing in common that could be compared."""
    letters = tuple(ascii_uppercase[: len(runs)])
    reference = reference_of(runs)
    excluded = other_work([run.table for run in runs])
    compared = compare([run.verdicts for run in runs], reference, excluded)
    if not compared:
        raise UserError(
            "these runs have no two models in common that were measured in the same blocks: nothing to compare"
        )
    return Comparison(
        title="Waiting on one core: "
        + (" and ".join(letters) if len(letters) < 3 else f"{len(letters)} runs")
        + " side by side",
        id=id_,
        letters=letters,
        runs=tuple((letter, facts(run)) for letter, run in zip(letters, runs, strict=True)),
        answer=answer(compared, letters),
        findings=tuple(findings(runs, excluded, letters)),
        differences=tuple(sentence(c, i, letters) for c in ranked(compared) for i in differing_runs(c)),
        forests=tuple(forest(figure, reference, compared, letters) for figure in FIGURES),
        ratios=tuple(ratio_table(figure, reference, compared, letters) for figure in FIGURES),
        absolute=absolute_tables(runs, letters, excluded),
        environment=environment_table(runs, letters),
        different=any(c.different for c in compared),
    )


def reference_of(runs: Sequence[Run]) -> str:
    """The first concurrent model that all runs have: models are compared with it."""
    common = [m for m in runs[0].models if all(m in run.models for run in runs)]
    return next((m for m in common if runs[0].manifest.about["kinds"][m] != "none"), common[0] if common else "")


def facts(run: Run) -> tuple[tuple[str, str], ...]:
    """What one run is, in a few lines."""
    m, env = run.manifest, run.manifest.environment
    return (
        ("machine", f"{env['machine']['CPU']} ({m.host})"),
        ("Python", f"{env['interpreter']['implementation']} {env['interpreter']['python']}"),
        ("run", f"{m.id}, {m.rounds} rounds, {m.state}"),
        ("when", f"{m.started_utc} UTC"),
    )


def ranked(compared: Sequence[Compared]) -> list[Compared]:
    """The order in which differences are told: what is reversed first, then D before T."""
    return sorted((c for c in compared if c.different), key=lambda c: (not c.reversed, list(FIGURES).index(c.figure)))


def differing_runs(c: Compared) -> list[int]:
    """The runs whose ratio is another than the first run's."""
    return [i for i, change in enumerate(c.changes) if change is not None and change.different]


def answer(compared: Sequence[Compared], letters: Sequence[str]) -> tuple[str, ...]:
    """The first sentences: did the ratios hold from run to run?"""
    judged = [change for c in compared for change in c.changes if change is not None]
    said = []
    if judged:
        others = " and ".join(letters[1:]) if len(letters) < 4 else f"the {len(letters) - 1} others"
        count = sum(change.different for change in judged)
        said.append(
            f"Of {len(judged)} ratios between models that could be judged in {letters[0]} and in {others}, "
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


def sentence(c: Compared, i: int, letters: Sequence[str]) -> str:
    """One difference in words, with direction and size."""
    first, other, change = c.ratios[0], c.ratios[i], c.changes[i]
    if first is None or other is None or change is None:
        raise ValueError("only a change that was judged can be told")
    what = f"{FIGURES[c.figure]} of {c.model} against {c.reference}"
    return (
        f"{c.block}, {what}: {first.value:.3f} times in {letters[0]}, {other.value:.3f} times in {letters[i]}, "
        f"so {change.value:.3f} times as much (95 % interval: {change.low:.3f} to {change.high:.3f})."
    )


def findings(runs: Sequence[Run], excluded: dict[str, str], letters: Sequence[str]) -> list[Finding]:
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
    for letter, run in zip(letters, runs, strict=True):
        if run.manifest.state != "complete":
            found.append(Finding("warning", f"{letter} is {run.manifest.state}", "go on with it: `run --resume`"))
    return found


def titled(figure: str) -> str:
    """A figure's name at the beginning of a title."""
    words = FIGURES[figure]
    return words[0].upper() + words[1:]


def forest(figure: str, reference: str, compared: Sequence[Compared], letters: tuple[str, ...]) -> Forest:
    """The ratios of one figure as a chart: a row per block and model, a point per run."""
    rows = [
        (f"{c.block} {c.model}", tuple(point(ratio) for ratio in c.ratios))
        for c in compared
        if c.figure == figure and any(ratio is not None and ratio.has_interval for ratio in c.ratios)
    ]
    return Forest(
        id=f"forest-{figure}",
        title=f"{titled(figure)}, as a multiple of {reference}'s, inside each run",
        x_label=f"{FIGURES[figure]}: how many times that of {reference}",
        rows=tuple(rows),
        runs=letters,
        how_to_read=(
            f"Each row is one model against {reference} in one block; each mark is one run, its line the 95 % interval. "
            f"Left of 1: less than {reference}. Marks of one row whose lines are far apart: the machine, the interpreter or "
            "the date changes the comparison."
        ),
    )


def point(ratio: Estimate | None) -> Point | None:
    """A ratio as a point of a chart."""
    return None if ratio is None else Point(ratio.value, 0.0, ratio.low, ratio.high)


def ratio_text(ratio: Estimate | None) -> str:
    """A ratio with its interval."""
    if ratio is None:
        return BLANK
    if not ratio.has_interval:
        return f"{ratio.value:.3f}"
    return f"{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"


def change_text(change: Change | None) -> str:
    """A change with its interval, and what was made of it."""
    if change is None:
        return BLANK
    mark = "differs" if change.different else "not shown to differ"
    return f"{change.value:.3f} ({change.low:.3f} to {change.high:.3f}), {mark}"


def ratio_table(figure: str, reference: str, compared: Sequence[Compared], letters: Sequence[str]) -> Table:
    """The ratios of one figure in every run, and how they changed from the first."""
    rows = [
        (c.block, c.model, *(ratio_text(r) for r in c.ratios), *(change_text(change) for change in c.changes[1:]))
        for c in compared
        if c.figure == figure
    ]
    head = ("block", "model", *letters, *(f"{letter} / {letters[0]}" for letter in letters[1:]))
    note = (
        f"Each model against {reference}, inside each round of each run, with 95 % intervals where there are six rounds. "
        "A change is called a difference where it stands out among all that were judged here (Benjamini & Hochberg 1995, 5 %)."
    )
    return Table(f"{titled(figure)}, ratio to {reference}", head, tuple(rows), note)


def absolute_tables(runs: Sequence[Run], letters: Sequence[str], excluded: dict[str, str]) -> tuple[Table, ...]:
    """The figures themselves, run beside run: a table per workload that at least two runs have."""
    tables = []
    for workload in dict.fromkeys(w for run in runs for w in run.manifest.workloads):
        if sum(bool(run.flows(workload)) for run in runs) < 2:
            continue
        rows = []
        for n in sorted({n for run in runs for n in run.flows(workload)}):
            for model in dict.fromkeys(m for run in runs for m in run.models):
                there = [run.rows(workload, model, n) for run in runs]
                blocks = {block for cell in there for block in cell.get("block", ())}
                if sum(not cell.empty for cell in there) > 1 and not blocks & excluded.keys():
                    found = [[estimate(c, f) if len(c) else None for c in there] for f, _, _ in ABSOLUTE]
                    texts = [
                        with_interval(e, scale)
                        for estimates, (_, _, scale) in zip(found, ABSOLUTE, strict=True)
                        for e in estimates
                    ]
                    if any(text != BLANK for text in texts):
                        rows.append((f"{n:,}", model, *texts))
        head = ("flows", "model", *(f"{letter}: {name}" for _, name, _ in ABSOLUTE for letter in letters))
        note = (
            "Medians over rounds; ± is half the 95 % interval. Of different machines, compare the ratios above instead."
        )
        tables.append(Table(workload + fitted_text(runs, letters, workload), head, tuple(rows), note))
    if any(block.startswith("http_get/") for block in excluded):
        return tuple(table for table in tables if table.rows)  # N* would hang on cells that did other work
    full = [
        (model, *(full_core_text(run, "http_get", model) for run in runs))
        for model in dict.fromkeys(m for run in runs for m in run.models)
    ]
    full = [row for row in full if any(text != BLANK for text in row[1:])]
    if full:
        tables.append(Table("http_get: one core is full at (N*), flows", ("model", *letters), tuple(full)))
    return tuple(table for table in tables if table.rows)


def fitted_text(runs: Sequence[Run], letters: Sequence[str], workload: str) -> str:
    """The parameters that each run fitted a workload to its machine with, where those are not the same."""
    sets = {
        letter: ", ".join(sorted({run.suffix(workload, model)[1:].replace("&", " ") for model in run.models} - {""}))
        for letter, run in zip(letters, runs, strict=True)
        if run.flows(workload)
    }
    if len(set(sets.values())) < 2:
        return ""
    return f", fitted to each machine ({'; '.join(f'{letter}: {text}' for letter, text in sets.items())})"


def environment_table(runs: Sequence[Run], letters: Sequence[str]) -> Table:
    """What differs between the environments of the runs."""
    rows = [(key, *(v or BLANK for v in values)) for key, values in differing([r.manifest.environment for r in runs])]
    note = "What is not in this table is the same in all of them." if rows else "Nothing that is recorded differs."
    return Table("What differs between the environments", ("", *letters), tuple(rows), note)
