"""A new run: its folder, its manifest, and the rows to measure."""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import cells
from bench.campaign import ladders, libraries, own_files, reports, templates
from bench.campaign.budget import Least, first_cells
from bench.campaign.options import Options
from bench.campaign.plan import Plan
from bench.campaign.runnable import runnable
from bench.machine import children, host, topology
from bench.machine.children import ROOT
from bench.machine.disk import disk_of
from bench.models import MODELS, load_model
from bench.own import contract
from bench.own.file import FILES
from bench.own.loops import LOOP_COST
from bench.presets import PRECISION, PRESETS
from bench.presets.choice import select, with_a_twin
from bench.presets.rows import Preset, Row
from bench.store import runs
from bench.store.manifest import Manifest, NotRun
from bench.words import BODY, WITH, Cell, Finding, UserError
from bench.workloads import all_workloads, load_workload, own_source

BODIES = ("blocking", "coroutine", "open_blocking", "open_coroutine")


def bodies(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """The source of what runs, by workload: both bodies, what opens their seats, and what models have of their own."""
    sources = {
        w: contract.sources(w) if w in FILES else {n: inspect.getsource(getattr(load_workload(w), n)) for n in BODIES}
        for w in names(rows)[0]
    }
    for row in rows:
        sources[row.workload] |= {m: text for m in row.models if (text := program(m, row.workload))}
    return sources


def program(model: str, workload: str) -> str:
    """The source of what a model runs instead of a workload's two bodies, or an empty string."""
    launcher = load_model(model)
    return launcher.program(workload) or own_source(workload, launcher.body)


def about(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """What the workloads and models of a run are, in their own words, for whoever reads the run later."""
    workloads = names(rows)[0]
    return {
        "workloads": {workload: load_workload(workload).about for workload in workloads},
        "shows": {workload: load_workload(workload).shows for workload in workloads},
        "unlike": {workload: load_workload(workload).unlike for workload in workloads},
        "views": {workload: " ".join(load_workload(workload).views) for workload in workloads},
        "models": {name: load_model(model).about for name, model in labels(rows).items()},
        "kinds": {name: load_model(model).kind for name, model in labels(rows).items()},
        "sides": {name: load_model(model).body for name, model in labels(rows).items()},
        "loop": {workload: LOOP_COST for workload in workloads if workload in FILES},
    }


def labels(rows: Sequence[Row]) -> dict[str, str]:
    """Each model of a run, by what it is called on the page: with the body of a user's file, where that names several."""
    found: dict[str, str] = {}
    for row in rows:
        for model in row.models:
            body = cells.parameters(Cell(row.workload, model, row.flows, row.parameters)).get(BODY)
            found[model if body is None else f"{model}{WITH}{body}"] = model
    order = [*MODELS]
    return dict(sorted(found.items(), key=lambda pair: order.index(pair[1])))


def names(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """The workloads and the models that rows have, in the order of their tables."""
    workloads, models = {row.workload for row in rows}, {model for row in rows for model in row.models}
    return [w for w in all_workloads() if w in workloads], [m for m in MODELS if m in models]


def surroundings(folder: Path, cores: topology.Cores) -> dict[str, Any]:
    """Facts about the machine, the interpreter, the disk, the code and the cores of a run."""
    disk = disk_of(folder)
    return {
        **host.environment(),
        "disk": {"file system": disk.filesystem, "device": disk.device},
        "suite": host.suite(ROOT),
        **({"environment variables": variables} if (variables := children.facts()) else {}),
        "cores": {"measured": cores.measured, "server and campaign": cores.other},
    }


def preset_of(options: Options) -> Preset:
    """The preset that the user named, or the default one. Raises UserError where there is none of that name."""
    return PRESETS[cells.known("preset", options.preset or "bench", PRESETS)]


def planned(options: Options) -> tuple[list[Row], list[NotRun]]:
    """What would be measured, and what cannot run here. Raises UserError where nothing can."""
    preset = preset_of(options)
    rows = select(preset, options.workloads, options.models, options.flows, options.rounds, settings=options.settings)
    able, unable = runnable(rows)
    if not able:
        raise UserError(f"nothing of this can run here: {unable[0].cell}: {unable[0].reason}")
    if preset.verdicts and not any(row.twins for row in able):  # the cells that were to have twins cannot run here
        able = list(with_a_twin(able))
    return able, unable


def new_manifest(options: Options, cores: topology.Cores) -> tuple[Path, Manifest, list[Row]]:
    """Plan a new run and make its folder. Raises UserError where nothing of it can run here."""
    preset, (able, unable) = preset_of(options), planned(options)
    label = options.host_label or host.host_label(host.cpu_model())
    first = first_cells(Plan(able, 0), ())
    Least(able, first, reports.here(label), ladders=0.0 if options.flows else ladders.share(preset)).check(
        options.budget_s
    )
    now = datetime.now(UTC)
    id_ = f"{now:%Y%m%dT%H%M%SZ}-{preset.name}"
    folder = runs.make_folder(options.out or runs.REPORTS / "runs" / label / id_)
    environment = surroundings(folder, cores)
    if kept := own_files.keep(folder, names(able)[0]):
        environment[own_files.FACT] = kept
    if installed := libraries.facts():
        environment[libraries.FACT] = installed
    environment["cells of"] = templates.facts(names(able)[1])
    findings = [*children.findings(), *cores.findings]
    if "uvloop" not in environment["interpreter"]:
        findings.append(
            Finding("warning", "uvloop is not installed: the http server runs on asyncio and is slower", "")
        )
    workloads, models = names(able)[0], [*labels(able)]
    manifest = Manifest(
        id=folder.name if options.out else id_,
        host=label,
        preset=preset.name,
        seed=options.seed if options.seed is not None else secrets.randbelow(10**6),
        budget_s=options.budget_s or preset.budget_s,
        started_utc=f"{now:%Y-%m-%d %H:%M:%S}",
        verdicts=preset.verdicts,
        precision=dict(options.precision or PRECISION),
        ladders=not options.flows,
        plan=[asdict(row) for row in able],
        environment=environment,
        workloads=workloads,
        models=models,
        bodies=bodies(able),
        about=about(able),
        not_run=unable,
        findings=findings,
    )
    return folder, manifest, able
