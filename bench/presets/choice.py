"""Which rows of a preset a run has: what the user named, and twins for what is judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bench.cells import known, not_here, parameters, takes
from bench.models import MODELS, load_model
from bench.presets.groups import ALL
from bench.presets.rows import Preset, Row
from bench.words import JUDGED, Cell, UserError
from bench.workloads import WORKLOADS, load_workload

# sequential needs N*k*Z seconds: beyond this many flows the page draws that product instead, and says so.
SEQUENTIAL_MOST_FLOWS = 10

# A forked process takes one to four ms to make and end: in `bench`, 1,000 of them are measured once, for http_get.
PROCESS_MOST_FLOWS = 100

# A new interpreter takes a tenth of a second.
INTERPRETER_MOST_FLOWS = 10

# Blocks with a twin, where the user's choice leaves the preset's out; and the rounds from which on a ratio is judged.
MOST_TWINS, LEAST_JUDGED = 3, 6


def select(
    preset: Preset,
    workloads: Iterable[str] = (),
    models: Iterable[str] = (),
    flows: Iterable[int] = (),
    rounds: int | None = None,
) -> tuple[Row, ...]:
    """The preset's rows, narrowed to what the user named; a number of flows the preset lacks makes a new row.

    Raises UserError for a name that does not exist, or where nothing is left to measure.
    """
    workloads = [known("workload", name, WORKLOADS) for name in dict.fromkeys(workloads)]
    models = [known("model", name, MODELS) for name in models]
    flows = list(flows)
    by_workload = {name: [row for row in preset.rows if row.workload == name] for name in WORKLOADS}
    rows: list[Row] = []
    for name in workloads or [name for name in WORKLOADS if by_workload[name]]:
        base = by_workload[name] or [Row(name, n, ALL, 3, 3) for n in load_workload(name).flows]
        wanted = [n for n in flows if takes(name, n)] if flows else [row.flows for row in base]
        for n in dict.fromkeys(wanted):
            there = [row for row in base if row.flows == n]
            if flows and all(row.parameters for row in there):
                able = tuple(m for m in MODELS if n <= most_flows(m))
                there.insert(0, Row(name, n, able, base[0].rounds, base[0].most))
            for row in there:
                # A model that is named is measured at any number of flows, but not with parameters it has no cell of.
                able = (
                    tuple(m for m in (row.models if row.parameters else MODELS) if m in models)
                    if models
                    else row.models
                )
                if able:
                    least, most = (rounds, rounds) if rounds is not None else (row.rounds, row.most)
                    rows.append(replace(row.of(able), rounds=least, most=most))
    if not rows:
        raise UserError("nothing is left to measure: ask for fewer restrictions, see `make list`")
    return tuple(rows) if not preset.verdicts or any(row.twins for row in rows) else with_a_twin(rows)


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
