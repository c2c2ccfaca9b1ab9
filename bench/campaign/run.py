"""`run` and `verify`: everything around the loop, from the user's options to a finished run folder."""

from __future__ import annotations

import inspect
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench import cells
from bench.campaign.campaign import Campaign
from bench.campaign.lock import machine_lock
from bench.campaign.pilot import Capacities
from bench.campaign.progress import Progress
from bench.campaign.scale import Climb
from bench.campaign.subprocesses import ROOT, Attempt, Subprocesses
from bench.campaign.targets import TargetLostError, reachable, targets
from bench.harness.pin import allowed_cpus, pin
from bench.machine import host, limits, topology
from bench.machine.disk import disk_of
from bench.models import MODELS, load_model
from bench.presets import PRECISION, PRESETS
from bench.presets.choice import select, with_a_twin
from bench.presets.rows import Ladder, Row
from bench.store import manifest as manifests
from bench.store import runs
from bench.store.manifest import Manifest, NotRun
from bench.store.records import Record
from bench.targets.disk_file import DiskFile, size_that_takes
from bench.words import OUT_OF_TIME, Cell, Finding, UserError
from bench.workloads import WORKLOADS, load_workload, own_source
from bench.workloads.open_loop import loaded


@dataclass(frozen=True)
class Options:
    """What the user asked `run` for; None and empty mean the preset's own, and of the preset `bench`."""

    preset: str | None = None
    workloads: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    flows: tuple[int, ...] = ()
    rounds: int | None = None
    budget_s: float | None = None
    cpu: int | None = None
    seed: int | None = None
    out: Path | None = None
    resume: str | None = None
    host_label: str | None = None
    precision: Mapping[str, float] | None = None


def reason_not_to_run(cell: Cell) -> str:
    """Say why a cell cannot run on this machine, or return an empty string."""
    launcher, workload = load_model(cell.model), load_workload(cell.workload)
    reason = cells.not_here(cell)
    if reason:
        return reason
    files, tasks = launcher.footprint(cell.model, cell.flows)
    # The server has them all, whoever has the other ends; only some cells of a workload with seats (park) connect.
    connects = "http" in workload.TARGETS and cells.parameters(cell).get("seat", "http") == "http"
    connections = cell.flows if connects else 0
    backends = cell.flows if "postgres" in workload.TARGETS else 0  # a process for each connection
    short = limits.shortage(files=files + connections, tasks=tasks + backends)
    return str(short) if short else ""


def runnable(rows: Sequence[Row]) -> tuple[list[Row], list[NotRun]]:
    """Split rows into what can run here and what cannot, with the reason."""
    able, unable = [], []
    for row in rows:
        first = replace(row, twins=()).cells()
        reasons = {cell.model: (cell.name, reason_not_to_run(cell)) for cell in first}
        unable += [NotRun(name, reason) for name, reason in reasons.values() if reason]
        models = tuple(model for model, (_, reason) in reasons.items() if not reason)
        if models:
            able.append(row.of(models))
    return able, unable


MEMORY_SHARE = (
    0.02  # of a machine's memory: what firmware and kernel keep for themselves differs by less from boot to boot
)
BODIES = ("blocking", "coroutine", "open_blocking", "open_coroutine")


def bodies(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """The source of what runs, by workload: both bodies, what opens their seats, and what models have of their own."""
    found = {w: {n: inspect.getsource(getattr(load_workload(w), n)) for n in BODIES} for w in names(rows)[0]}
    for row in rows:
        own = {m: text for m in row.models if (text := program(m, row.workload))}
        found[row.workload] |= own
    return found


def program(model: str, workload: str) -> str:
    """The source of what a model runs instead of a workload's two bodies, or an empty string."""
    launcher = load_model(model)
    return launcher.program(model, workload) or own_source(workload, launcher.BODY)


def about(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """What the workloads and models of a run are, in their own words, for whoever reads the run later."""
    workloads, models = names(rows)
    return {
        "workloads": {workload: load_workload(workload).ABOUT for workload in workloads},
        "shows": {workload: load_workload(workload).SHOWS for workload in workloads},
        "why": {workload: load_workload(workload).WHY for workload in workloads},
        "views": {workload: " ".join(load_workload(workload).VIEWS) for workload in workloads},
        "models": {model: load_model(model).ABOUT[model] for model in models},
        "kinds": {model: load_model(model).KIND for model in models},
    }


def names(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """The workloads and the models that rows have, in the order of their tables."""
    workloads, models = {row.workload for row in rows}, {model for row in rows for model in row.models}
    return [w for w in WORKLOADS if w in workloads], [m for m in MODELS if m in models]


def new_manifest(options: Options, cores: topology.Cores) -> tuple[Path, Manifest, list[Row]]:
    """Plan a new run and make its folder."""
    preset = PRESETS[cells.known("preset", options.preset or "bench", PRESETS)]
    rows = select(preset, options.workloads, options.models, options.flows, options.rounds)
    able, unable = runnable(rows)
    if not able:
        raise UserError(f"nothing of this can run here: {unable[0].cell}: {unable[0].reason}")
    if preset.verdicts and not any(row.twins for row in able):  # those that were to have one cannot run here
        able = list(with_a_twin(able))
    now = datetime.now(UTC)
    label = options.host_label or host.host_label(host.cpu_model())
    id_ = f"{now:%Y%m%dT%H%M%SZ}-{preset.name}"
    folder = runs.make_folder(options.out or runs.REPORTS / "runs" / label / id_)
    findings = [*cores.findings]
    if "uvloop" not in host.interpreter():
        findings.append(
            Finding("warning", "uvloop is not installed: the http server runs on asyncio and is slower", "")
        )
    environment = host.environment()
    disk = disk_of(folder)
    environment["disk"] = {"file system": disk.filesystem, "device": disk.device}
    environment["suite"] = host.suite(ROOT)
    environment["cores"] = {"measured": cores.measured, "server and campaign": cores.other}
    seed = options.seed if options.seed is not None else secrets.randbelow(10**6)
    budget_s = options.budget_s or preset.budget_s
    workloads, models = names(able)
    manifest = Manifest(
        id=folder.name if options.out else id_,
        host=label,
        preset=preset.name,
        seed=seed,
        budget_s=budget_s,
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


def old_manifest(options: Options) -> tuple[Path, Manifest, list[Row]]:
    """Read what is left to do of an earlier run."""
    given = {
        "--preset": options.preset,
        "--workload": options.workloads,
        "--model": options.models,
        "--flows": options.flows,
        "--rounds": options.rounds,
        "--seed": options.seed,
        "--out": options.out,
        "--host-label": options.host_label,
    }
    if extra := [name for name, value in given.items() if value not in (None, ())]:
        raise UserError(f"{', '.join(extra)}: a run that goes on keeps what it was started with; start a new one")
    folder = runs.find(str(options.resume))
    runs.check_room(folder)
    manifest = manifests.read_manifest(folder)
    if manifest.preset not in PRESETS:
        raise UserError(f"{folder} was made with a preset {manifest.preset!r} that this version does not have")
    here = host.environment()
    for part in ("machine", "interpreter"):
        before = manifest.environment[part]
        for key in {**before, **here[part]}:
            if not same(key, before.get(key), here[part].get(key)):
                raise UserError(
                    f"{folder.name} was made with {key} {before.get(key)!r}, this is {here[part].get(key)!r}: start a new run"
                )
    other_code = Finding(
        "warning",
        "the suite's own code changed while this run was interrupted: its records are of more than one version",
        "start a new run",
    )
    manifest.findings = [f for f in manifest.findings if not f.what.startswith("the budget of") and f != other_code]
    code = manifest.environment.get("suite", {}).get("code")
    if code is not None and code != host.suite(ROOT)["code"]:
        manifest.findings.append(other_code)
    if (options.budget_s or 0) > manifest.budget_s:  # steps that took too long may have time now
        manifest.scale = [rung for rung in manifest.scale if not rung.stopped.startswith(OUT_OF_TIME)]
    manifest.budget_s = options.budget_s or manifest.budget_s
    manifest.precision = dict(options.precision or manifest.precision)
    manifest.state = "running"
    return folder, manifest, rows_of(folder, manifest)


def rows_of(folder: Path, manifest: Manifest) -> list[Row]:
    """The plan of an earlier run; raises UserError where this version cannot go on with it."""
    try:
        rows = [_row(entry) for entry in manifest.plan]
        for row in rows:
            known = row.workload in WORKLOADS and set(row.models) <= set(MODELS)
            if not known or not row.cells():
                raise ValueError(f"{row.workload} with {', '.join(row.models)}")
            for cell in row.cells():
                cells.parameters(cell)
    except (TypeError, ValueError, KeyError, AttributeError, UserError) as error:
        raise UserError(f"{folder.name}: this version cannot go on with its plan ({error}): start a new run") from error
    if not rows:
        raise UserError(f"{folder.name} has nothing in its plan: start a new run")
    return rows


def same_core(manifest: Manifest, wanted: int | None) -> int | None:
    """The core that a run goes on on: the one it was begun on, which is known of all but the first runs."""
    core = manifest.environment.get("cores", {}).get("measured", wanted)
    if wanted not in (None, core):
        raise UserError(f"{manifest.id} was measured on CPU {core}: go on without --cpu, or start a new run")
    return int(core) if core is not None else None


def same_cores(manifest: Manifest, cores: topology.Cores) -> None:
    """Raise UserError where the server would run on another core than it did: that is another machine, to the flows."""
    before = manifest.environment.get("cores", {}).get("server and campaign", cores.other)
    if before != cores.other:
        raise UserError(
            f"{manifest.id} had server and campaign on CPU {before}, now they would be on CPU {cores.other}: "
            "let it have the same CPUs as before, or start a new run"
        )


def same(key: str, before: object, now: object) -> bool:
    """Is this fact about the environment the same? After a reboot a machine may have a little less memory."""
    if key == "memory, bytes" and isinstance(before, int) and isinstance(now, int):
        return abs(before - now) <= MEMORY_SHARE * before
    return before == now


def _row(entry: dict[str, object]) -> Row:
    fields = {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items()}
    fields["parameters"] = tuple((key, value) for key, value in fields["parameters"])  # type: ignore[attr-defined]
    return Row(**fields)  # type: ignore[arg-type]


def fitted(
    rows: Sequence[Row], file: DiskFile | None, capacity: Callable[[str], float]
) -> tuple[list[Row], list[NotRun]]:
    """Fit cells to this machine; return the rows, and cells that it could not be done for.

    The read of `two_flows` shall take about as long as the other flow's GET; the arrivals of `open_loop` are a share of
    each model's own capacity, so its models part: a row for each.
    """
    found, unable = [], []
    for row in rows:
        cell = row.cells()[0]
        given = dict(row.parameters)
        if row.workload == "open_loop" and "load_pct" in given and "capacity" not in given:
            for model in row.models:
                if served := capacity(model):
                    found.append(replace(row.of((model,)), parameters=loaded(served, int(given["load_pct"]))))
                else:
                    why = "its capacity is not known: it did not do the work when all requests were there at once"
                    unable.append(NotRun(replace(cell, model=model).name, why))
            continue
        if file is not None and row.workload == "two_flows" and not row.parameters:
            size_kib = size_that_takes(file, float(cells.parameters(cell)["wait_ms"]) / 1000)
            if size_kib != cells.parameters(cell)["read_kib"]:
                found.append(replace(row, parameters=(("read_kib", size_kib),)))
                continue
        found.append(row)
    return found, unable


def with_tick(runner: Subprocesses, tick: Callable[[], None]) -> Subprocesses:
    """Return who runs cells, and calls this about once a second meanwhile."""
    return replace(runner, tick=tick)


def ladders(manifest: Manifest) -> list[Ladder]:
    """The preset's ladders, of what the user asked for; none where a number of flows was named."""
    found = PRESETS[manifest.preset].ladders if manifest.ladders else []
    return [one for one in found if one.workload in manifest.workloads and one.model in manifest.models]


def ladders_s(manifest: Manifest) -> float:
    """The seconds that ladders have: their share of the budget."""
    preset = PRESETS[manifest.preset]
    return preset.ladders_s * manifest.budget_s / preset.budget_s


Judge = Callable[[Path, Manifest, Collection[str]], Mapping[str, float]]


def run(options: Options, judge: Judge | None = None, disturbed: Callable[[Record], str] | None = None) -> Path:
    """Measure; return the run's folder. The report is somebody else's work. Raises KeyboardInterrupt after saving.

    `judge` says of a run so far which of these blocks have intervals that are wider than the manifest's precision, and by
    how many times; without it, blocks that may grow do so alike. `disturbed` says what disturbed a cell, if anything did.
    """
    with machine_lock(options.resume or options.preset or "bench"):
        if options.resume is not None:
            folder, manifest, rows = old_manifest(options)
            cores = topology.choose(allowed_cpus(), same_core(manifest, options.cpu))
            same_cores(manifest, cores)
        else:
            cores = topology.choose(allowed_cpus(), options.cpu)
            folder, manifest, rows = new_manifest(options, cores)
        manifest.write(folder)
        progress = Progress()
        progress.line(f"measuring on CPU {cores.measured}, server and campaign on CPU {cores.other}; run {folder}")
        limits.raise_files_limit()
        pin(cores.other)  # this process and the server stay off the measured core
        began = time.monotonic()
        with kept(folder, manifest, progress), targets(rows, cores.other, folder) as there:
            rows, unable = reachable(rows, there.lost)
            add_unable(manifest, unable)
            need_some(rows, unable, folder, manifest)
            runner = Subprocesses(
                cores.measured,
                cores.allowed,
                there.port,
                there.file,
                manifest.seed,
                manifest.host,
                progress.tick,
                postgres=there.postgres,
            )
            # What was measured before stays as it was fitted: another size would be another cell.
            begun = any((folder / manifests.RAW).iterdir())
            rows, unable = fitted(rows, None if begun else there.file, Capacities(runner, progress))
            add_unable(manifest, unable)
            need_some(rows, unable, folder, manifest)
            manifest.plan = [asdict(row) for row in rows]
            manifest.write(folder)  # whatever ends this, a run that goes on has the same cells
            stop_s = began + ladders_s(manifest)
            Climb(folder, manifest, partial(with_tick, runner), progress, reason_not_to_run, stop_s).run(
                ladders(manifest)
            )
            growing = {row.cells()[0].block for row in rows if row.most > row.rounds}
            Campaign(
                folder,
                manifest,
                rows,
                runner,
                progress,
                check_target=there.check,
                spent_s=time.monotonic() - began,
                too_wide=partial(judge, folder, manifest, growing) if judge else None,
                disturbed=disturbed,
            ).run()
        progress.line(f"measured {manifest.rounds} rounds in {manifest.elapsed_s:.0f} s")
    return folder


def need_some(rows: Sequence[Row], unable: Sequence[NotRun], folder: Path, manifest: Manifest) -> None:
    """Raise UserError where nothing is left to measure."""
    if not rows:
        manifest.state = "failed"
        manifest.write(folder)
        raise UserError(f"nothing of this can run here: {unable[0].cell}: {unable[0].reason}")


def add_unable(manifest: Manifest, unable: Sequence[NotRun]) -> None:
    """Note what cannot run, once."""
    manifest.not_run += [entry for entry in unable if entry not in manifest.not_run]


@contextmanager
def kept(folder: Path, manifest: Manifest, progress: Progress) -> Iterator[None]:
    """Whatever stops a run meanwhile, say that nothing is lost, and how to go on."""
    try:
        yield
    except (KeyboardInterrupt, TargetLostError, OSError):
        if manifest.state == "running":  # it fell before the first round
            manifest.state = "incomplete"
            with suppress(OSError):  # a full disk is what may have stopped it
                manifest.write(folder)
        progress.line(f'what was recorded is safe; go on with `make bench ARGS="--resume {folder}"`')
        raise


def flows_to_prove(workload: str) -> int:
    """The number of flows in the name of a cell that is proved: two are enough, but some workloads have their own."""
    fixed = load_workload(workload).FLOWS
    return fixed[0] if len(fixed) == 1 else cells.SMALL_FLOWS


def verify(workloads: Sequence[str], models: Sequence[str], cpu: int | None) -> list[tuple[str, str]]:
    """Prove small and untimed that every cell does the same work. Return (cell, reason) for each that does not."""
    cores = topology.choose(allowed_cpus(), cpu)
    bench = PRESETS["bench"]
    selected = select(bench, workloads or WORKLOADS, models or list(MODELS))
    # With so many flows as are proved: some models can have so many at once, and not as many as `bench` has.
    rows, unable = runnable([replace(row, flows=flows_to_prove(row.workload)) for row in selected])
    unable = list(dict.fromkeys(unable))
    for entry in unable:
        print(f"  not run  {entry.cell}: {entry.reason}")
    limits.raise_files_limit()
    failed = []
    with targets(rows, cores.other, runs.REPORTS) as there, tempfile.TemporaryDirectory() as folder:
        runner = Subprocesses(
            cores.measured, cores.allowed, there.port, there.file, 0, "here", verify=True, postgres=there.postgres
        )
        rows, unable = reachable(rows, there.lost)
        for entry in unable:
            print(f"  not run  {entry.cell}: {entry.reason}")
        proved = {
            (row.workload, model): Cell(row.workload, model, flows_to_prove(row.workload))
            for row in rows
            for model in row.models
        }
        for cell in proved.values():
            outcome = runner(Attempt(cell, 0, 1, Path(folder) / "unused.json", cells.time_limit_s(cell)))
            print(f"  {'WRONG' if outcome.void else 'ok':5}  {cell.name} {outcome.void}".rstrip(), flush=True)
            if outcome.void:
                failed.append((cell.name, outcome.void))
    if sys.stdout.isatty():
        print()
    return failed
