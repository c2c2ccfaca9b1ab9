"""The tables and charts of a comparison: ratios, absolute figures, environments, run beside run."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.comparison import Change, Compared, differing
from bench.analysis.statistics import Estimate
from bench.report.compare import spread
from bench.report.document import Dots, Point, Row, Table
from bench.report.figures import Run
from bench.report.parts.card import GET, full_core_text
from bench.report.text import BLANK, with_interval
from bench.words import FIGURES

ABSOLUTE = (("D", "CPU per op, µs", 1e6), ("T", "time T, s", 1.0))


def titled(figure: str) -> str:
    """A figure's name at the beginning of a title."""
    words = FIGURES[figure]
    return words[0].upper() + words[1:]


def forest(figure: str, reference: str, compared: Sequence[Compared], names: tuple[str, ...]) -> Dots:
    """The ratios of one figure as a picture: a row per block and model, a point per run."""
    groups: dict[str, list[Row]] = {}
    for c in compared:
        if c.figure == figure and any(ratio is not None and ratio.has_interval for ratio in c.ratios):
            groups.setdefault(c.block, []).append(Row(c.model, c.model, tuple(point(ratio) for ratio in c.ratios)))
    found = Dots(
        id=f"forest-{figure}",
        title=f"{titled(figure)}, as a multiple of {reference}'s, inside each run",
        x_label=FIGURES[figure],
        groups=tuple((block, tuple(rows)) for block, rows in groups.items()),
        kinds=names,
        reference=reference,
        by_run=True,
        how_to_read=(
            f"Each row is one model against {reference} in one block. Each mark is one run, its line the 95 % interval. "
            f"Left of the strong line: less than {reference}. Marks of one row whose lines are far apart: the machine, the interpreter "
            "or the date changes the comparison."
        ),
    )
    return spread.forest(found) if spread.many(names) else found


def point(ratio: Estimate | None) -> Point | None:
    """A ratio as a point of a chart."""
    return None if ratio is None else Point(ratio.value, 0, ratio.low, ratio.high)


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


def ratio_table(figure: str, reference: str, compared: Sequence[Compared], names: Sequence[str]) -> Table:
    """The ratios of one figure in every run, and how they changed from the first."""
    caption = f"{titled(figure)}, ratio to {reference}"
    if spread.many(names):
        rows_ = spread.ratio_rows(figure, compared, names)
        return Table(caption, ("block", "model", *spread.HEAD), rows_, spread.NOTE)
    rows = [
        (c.block, c.model, *(ratio_text(r) for r in c.ratios), *(change_text(change) for change in c.changes[1:]))
        for c in compared
        if c.figure == figure
    ]
    head = ("block", "model", *names, *(f"{name} / {names[0]}" for name in names[1:]))
    note = (
        f"Each model against {reference}, inside each round of each run, with 95 % intervals where there are six rounds. "
        "A change is called a difference where it stands out among all that were judged here (Benjamini & Hochberg 1995, 5 %)."
    )
    return Table(caption, head, tuple(rows), note)


def absolute_tables(runs: Sequence[Run], names: Sequence[str], excluded: dict[str, str]) -> tuple[Table, ...]:
    """The figures themselves, run beside run: a table per workload that at least two runs have. Of many runs, their quantiles."""
    head = ("flows", "model", *(f"{what}, {name}" for _, what, _ in ABSOLUTE for name in names))
    note = "Medians over rounds, with the ends of the 95 % interval. Of different machines, compare the ratios above instead."
    if spread.many(names):
        head, note = ("flows", "model", "figure", *spread.HEAD), spread.NOTE
    tables = []
    for workload in dict.fromkeys(w for run in runs for w in run.manifest.workloads):
        if sum(bool(run.flows(workload)) for run in runs) > 1:
            rows = absolute_rows(workload, runs, names, excluded)
            tables.append(Table(workload + fitted_text(runs, names, workload), head, tuple(rows), note))
    if not any(block.startswith(f"{GET}/") for block in excluded):  # else N* would hang on cells that did other work
        tables.append(full_core_table(runs, names))
    return tuple(table for table in tables if table.rows)


def absolute_rows(
    workload: str, runs: Sequence[Run], names: Sequence[str], excluded: dict[str, str]
) -> list[tuple[str, ...]]:
    """The figures of one workload: flows, model, and each run's figures, or the quantiles of one."""
    rows: list[tuple[str, ...]] = []
    for n in sorted({n for run in runs for n in run.flows(workload)}):
        for model in dict.fromkeys(m for run in runs for m in run.models):
            there = [run for run in runs if run.has(workload, model, n)]
            blocks = {str(run.rows(workload, model, n)["block"].iat[0]) for run in there} if excluded else set()
            if len(there) < 2 or blocks & excluded.keys():
                continue
            found = [
                (what, scale, [run.figure(workload, model, n, figure) for run in runs])
                for figure, what, scale in ABSOLUTE
            ]
            if spread.many(names):
                rows += [
                    (f"{n:,}", model, what, *spread.quantiles([e.value if e else None for e in each], names, scale))
                    for what, scale, each in found
                    if any(each)
                ]
                continue
            texts = [with_interval(e, scale) for _, scale, each in found for e in each]
            if any(text != BLANK for text in texts):
                rows.append((f"{n:,}", model, *texts))
    return rows


def full_core_table(runs: Sequence[Run], names: Sequence[str]) -> Table:
    """N* of each model in each run."""
    rows = [
        (model, *(full_core_text(run, GET, model) for run in runs))
        for model in dict.fromkeys(m for run in runs for m in run.models)
    ]
    rows = [row for row in rows if any(text != BLANK for text in row[1:])]
    caption = f"{GET}: one core is full at (N*), flows"
    if rows and spread.many(names):
        return spread.by_value(caption, rows, names, ("model", "N*"), "")
    return Table(caption, ("model", *names), tuple(rows))


def fitted_text(runs: Sequence[Run], names: Sequence[str], workload: str) -> str:
    """The parameters that each run fitted a workload to its machine with, where those are not the same."""
    sets = {
        name: ", ".join(sorted({run.suffix(workload, model)[1:].replace("&", " ") for model in run.models} - {""}))
        for name, run in zip(names, runs, strict=True)
        if run.flows(workload)
    }
    if len(set(sets.values())) < 2:
        return ""
    return f", fitted to each machine ({'; '.join(f'{name}: {text}' for name, text in sets.items())})"


def environment_table(runs: Sequence[Run], names: Sequence[str]) -> Table:
    """What differs between the environments of the runs."""
    rows = [(key, *(v or BLANK for v in values)) for key, values in differing([r.manifest.environment for r in runs])]
    note = "What is not in this table is the same in all of them." if rows else "Nothing that is recorded differs."
    caption = "What differs between the environments"
    if rows and spread.many(names):
        return spread.by_value(caption, rows, names, ("", "value"), note)
    return Table(caption, ("", *names), tuple(rows), note)
