"""`verify`: prove that every cell does the same work, small and untimed."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench import cells
from bench.campaign.runnable import runnable
from bench.campaign.subprocesses import Attempt, Outcome, Subprocesses
from bench.campaign.targets import TargetLostError, Targets, reachable, targets
from bench.campaign.templates import Templates
from bench.harness.pin import allowed_cpus
from bench.machine import limits, topology
from bench.models import MODELS
from bench.own.contract import one_sided, places
from bench.own.file import FILES
from bench.presets import PRESETS
from bench.presets.choice import select
from bench.presets.wanted import Settings, Wanted
from bench.store import runs
from bench.words import BODY, Cell
from bench.workloads import WORKLOADS, load_workload


def flows_to_prove(workload: str) -> int:
    """The number of flows in the name of a cell that is proved: two are enough, but some workloads have their own."""
    fixed = load_workload(workload).flows
    return fixed[0] if len(fixed) == 1 else cells.SMALL_FLOWS


def less_body(parameters: Settings) -> Settings:
    """Parameters, but not which body: all bodies of a file do the same work."""
    return tuple(pair for pair in parameters if pair[0] != BODY)


def like(workload: str) -> str:
    """Whether the bodies of a workload are the same, in words; of a user's file with one body, which one it has not."""
    if workload in FILES and (said := one_sided(FILES[workload])):
        return said
    unlike = load_workload(workload).unlike
    return f"its bodies differ: {unlike}" if unlike else "its bodies are the same but for await"


def with_target(started: Targets, void: str) -> str:
    """Why a cell is void; where its server is gone, that first."""
    try:
        started.check()
    except TargetLostError as lost:
        return f"{lost}; {void}"
    return void


def compared(
    cell: Cell, outcome: Outcome, started: Targets, results: dict[tuple[str, Settings], tuple[str, str]]
) -> Outcome:
    """What became of a cell, void where its ops return something else than those of the first cell of its workload.

    `results`: of that, its model and what its ops returned; the cell is entered where it is the first.
    """
    if outcome.void:
        return replace(outcome, void=with_target(started, outcome.void))
    first, theirs = results.setdefault((cell.workload, less_body(cell.parameters)), (cell.model, outcome.results))
    if outcome.results == theirs:
        return outcome
    where = f" ({places(cell.workload)})" if cell.workload in FILES else ""
    said = f"its ops return something else than under {first}: return what is the same, or nothing{where}"
    return replace(outcome, void=said)


def verify(
    workloads: Sequence[str], models: Sequence[str], cpu: int | None, settings: Settings = (), *, debug: bool = False
) -> list[tuple[str, str]]:
    """Prove small and untimed that every cell does the same work. Return (cell, reason) for each that does not.

    `workloads`, `settings`: as for a run (bench.presets.choice.select). `debug`: show the tracebacks of cells.
    """
    cores = topology.choose(allowed_cpus(), cpu)
    selected = select(PRESETS["bench"], workloads or WORKLOADS, models or list(MODELS), settings=settings)
    named = {less_body(one.with_(settings).parameters) for one in map(Wanted.parse, workloads)} | {settings}
    # A preset's own rows with other parameters do the same work as the plain ones.
    selected = tuple(row for row in selected if not row.parameters or less_body(row.parameters) in named)
    # With so many flows as are proved: some models can have so many at once, and not as many as `bench` has.
    rows, unable = runnable([replace(row, flows=flows_to_prove(row.workload)) for row in selected])
    unable = list(dict.fromkeys(unable))
    for entry in unable:
        print(f"  not run  {entry.cell}: {entry.reason}")
    limits.raise_files_limit()
    failed = []
    with (
        targets(rows, cores.other, runs.REPORTS) as started,
        tempfile.TemporaryDirectory() as folder,
        Templates() as templates,
    ):
        runner = Subprocesses(
            *(cores.measured, cores.allowed, 0, "here", started.arguments),
            verify=True,
            debug=debug,
            templates=templates,
        )
        rows, unable = reachable(rows, started.lost)
        for entry in unable:
            print(f"  not run  {entry.cell}: {entry.reason}")
        proved = {
            (row.workload, model, row.parameters): Cell(
                row.workload, model, flows_to_prove(row.workload), row.parameters
            )
            for row in rows
            for model in row.models
        }
        for name in dict.fromkeys(row.workload for row in rows):
            if name in FILES or load_workload(name).unlike:
                print(f"  {name}: {like(name)}")
        results: dict[tuple[str, Settings], tuple[str, str]] = {}  # of a workload: a cell, and what its ops returned
        for cell in proved.values():
            outcome = runner(Attempt(cell, 0, 1, Path(folder) / "unused.json", cells.time_limit_s(cell)))
            outcome = compared(cell, outcome, started, results)
            print(f"  {'WRONG' if outcome.void else 'ok':5}  {cell.name} {outcome.void}".rstrip(), flush=True)
            if outcome.beside:
                print(
                    f"  warning  {cell.name} has started {outcome.beside}, which works on the measured core: use SERVE"
                )
            if outcome.void:
                failed.append((cell.name, outcome.void))
    if sys.stdout.isatty():
        print()
    return failed
