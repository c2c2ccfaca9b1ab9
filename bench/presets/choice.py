"""Which rows of a preset a run has: what the user named, and twins for what is judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bench.cells import differing, known, not_here, parameters, takes
from bench.models import MODELS, load_model
from bench.presets.groups import ALL
from bench.presets.rows import HEADLINE, Preset, Row
from bench.presets.wanted import Settings, Wanted
from bench.words import BODY, JUDGED, Cell, UserError
from bench.workloads import WORKLOADS, all_workloads, load_workload

# sequential needs N*k*Z seconds: beyond this many flows the page draws that product instead, and says so.
SEQUENTIAL_MOST_FLOWS = 10

# A forked process takes one to four ms to make and end: in `bench`, 1,000 of them are measured once, for http_get.
PROCESS_MOST_FLOWS = 100

# A new interpreter takes a tenth of a second.
INTERPRETER_MOST_FLOWS = 10

# Blocks with a twin, where the user's choice leaves the preset's out; and the rounds from which on a ratio is judged.
MOST_TWINS, LEAST_JUDGED = 3, 6


def select(  # noqa: PLR0913 - one for each way in which a user narrows a preset
    preset: Preset,
    workloads: Iterable[str] = (),
    models: Iterable[str] = (),
    flows: Iterable[int] = (),
    rounds: int | None = None,
    *,
    settings: Settings = (),
) -> tuple[Row, ...]:
    """The preset's rows, narrowed to what the user named; a number of flows the preset lacks makes a new row.

    `workloads`: as `Wanted` reads them. `settings`: parameters that hold for each of them. What has parameters is measured with
    these only: the preset's rows with others are left out. Raises UserError for a name or a parameter that does not exist, and where nothing is left to
    measure.
    """
    # What has parameters, or is the user's own, is what the user wants to know: it has rounds enough to be judged.
    named = [Wanted.parse(text) for text in dict.fromkeys(workloads)]
    for one in named:
        known("workload", one.workload, all_workloads())
    models = [known("model", name, MODELS) for name in models]
    by_workload = {name: [row for row in preset.rows if row.workload == name] for name in all_workloads()}
    wanted = named or [Wanted(name) for name in WORKLOADS if by_workload[name]]
    rows: list[Row] = []
    each = [of_each_body(one.with_(settings)) for one in wanted]
    for one in dict.fromkeys(body for bodies in each for body in bodies):
        base = by_workload[one.workload] or [Row(one.workload, n, ALL, 3, 3) for n in load_workload(one.workload).flows]
        these = [known("model", one.model, MODELS)] if one.model else models
        found = rows_of(one, base, these, [one.flows] if one.flows else list(flows))
        rows += (
            [enough_to_judge(row) for row in found]
            if preset.verdicts and (one.parameters or one.workload not in WORKLOADS)
            else found
        )
    if rounds is not None:
        rows = [replace(row, rounds=rounds, most=rounds) for row in rows]
    rows = list(dict.fromkeys(rows))
    if not rows:
        raise UserError("nothing is left to measure: ask for fewer restrictions, see `make list`")
    return tuple(rows) if not preset.verdicts or any(row.twins for row in rows) else with_a_twin(rows)


def of_each_body(one: Wanted) -> list[Wanted]:
    """What was named, once for each body of a user's file that has several, unless the user named one."""
    bodies = load_workload(one.workload).choices.get(BODY, ())
    return [one.with_(((BODY, body),)) for body in bodies if BODY not in dict(one.parameters)] or [one]


def enough_to_judge(row: Row) -> Row:
    """A row that the user made, with the rounds of one that is judged. `sequential`, which takes longest, has one."""
    slow = tuple(m for m in row.models if m == "sequential")
    return replace(row, rounds=max(row.rounds, LEAST_JUDGED), most=max(row.most, HEADLINE[1]), seldom=row.seldom + slow)


def rows_of(one: Wanted, base: list[Row], models: list[str], flows: list[int]) -> Iterable[Row]:
    """The rows of a preset that have what was named, and a new one for a number of flows that it lacks."""
    if one.parameters:
        plain = [row for row in base if not row.parameters] or base
        base = list({row.flows: replace(row, parameters=one.parameters) for row in reversed(plain)}.values())[::-1]
    wanted = [n for n in flows if takes(one.workload, n)] if flows else [row.flows for row in base]
    if one.workload not in WORKLOADS and (refused := sorted(set(flows) - set(wanted))):
        raise UserError(
            f"{one.workload}: FLOWS of the file has one number only, and {refused[0]} is another: give it more, or leave --flows out"
        )
    for n in dict.fromkeys(wanted):
        there = [row for row in base if row.flows == n]
        if flows and all(row.parameters for row in there) and not (one.parameters and there):
            able = tuple(m for m in MODELS if n <= most_flows(m))
            there.insert(0, Row(one.workload, n, able, base[0].rounds, base[0].most, one.parameters))
        for row in there:
            # A model that is named is measured at any number of flows, but not with parameters it has no cell of.
            any_model = not row.parameters or row.parameters == one.parameters
            able = tuple(m for m in (MODELS if any_model else row.models) if m in models) if models else row.models
            if able:
                own = differing(Cell(one.workload, able[0], n, row.parameters)) if one.parameters else row.parameters
                yield replace(row.of(able), parameters=own)


def with_a_twin(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows of which those that may have most rounds have a twin each, three at most: no verdict without a noise floor."""
    able = {
        row: [cell.model for cell in row.cells() if can_be_judged(cell) and cell.model not in row.seldom]
        for row in rows
    }
    compared = [row for row, models in able.items() if len(models) > 1 and parameters(row.cells()[0])["ops"]]
    chosen = sorted(
        (row for row in compared if row.most >= LEAST_JUDGED), key=lambda row: (-row.most, row.parameters != ())
    )[:MOST_TWINS]
    return tuple(replace(row, twins=tuple(models[-1:])) if row in chosen else row for row, models in able.items())


def can_be_judged(cell: Cell) -> bool:
    """Is a cell one of those that verdicts are about, and can it run with this interpreter?"""
    return load_model(cell.model).kind in JUDGED and not not_here(cell)


def most_flows(model: str) -> int:
    """The largest number of flows a model is measured at unless the user asks for it by name."""
    return {
        "sequential": SEQUENTIAL_MOST_FLOWS,
        "process": PROCESS_MOST_FLOWS,
        "process_forkserver": PROCESS_MOST_FLOWS,
        "process_spawn": INTERPRETER_MOST_FLOWS,
        "subinterpreter": INTERPRETER_MOST_FLOWS,
    }.get(model, 1000)
