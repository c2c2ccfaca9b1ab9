"""A run that goes on: it keeps what was decided when it was started, and goes on only on the machine where it began."""

from __future__ import annotations

from pathlib import Path

from bench import cells
from bench.campaign import libraries, own_files
from bench.campaign.options import Options
from bench.machine import children, host, topology
from bench.machine.children import ROOT
from bench.models import MODELS
from bench.presets import PRESETS
from bench.presets.rows import Row
from bench.store import atomic, runs
from bench.store import manifest as manifests
from bench.store.manifest import Manifest
from bench.store.schema import SCHEMA
from bench.words import OUT_OF_TIME, Finding, UserError
from bench.workloads import all_workloads

# Of a machine's memory: what firmware and kernel keep for themselves differs by less from boot to boot.
MEMORY_SHARE = 0.02
OTHER_CODE = Finding(
    "warning",
    "the suite's own code changed while this run was interrupted: its records are of more than one version",
    "start a new run",
)


def old_manifest(options: Options) -> tuple[Path, Manifest, list[Row]]:
    """Read what is left to do of an earlier run. Raises UserError where it cannot go on here, or not as asked."""
    refuse_changes(options)
    folder = runs.find(str(options.resume))
    runs.check_room(folder)
    for written in (folder, folder / manifests.RAW):
        atomic.sweep(written)  # what writers that were killed have left
    manifest = manifests.read_manifest(folder)
    if manifest.schema != SCHEMA:
        raise UserError(
            f"{folder} is of schema {manifest.schema}, this version measures schema {SCHEMA}: start a new run"
        )
    if manifest.preset not in PRESETS:
        raise UserError(f"{folder} was made with a preset {manifest.preset!r} that this version does not have")
    same_machine(folder, manifest)
    same_libraries(manifest)
    manifest.findings = [f for f in manifest.findings if not f.what.startswith("the budget of") and f != OTHER_CODE]
    code = manifest.environment.get("suite", {}).get("code")
    if code is not None and code != host.suite(ROOT)["code"]:
        manifest.findings.append(OTHER_CODE)
    manifest.findings += [f for f in children.findings() if f not in manifest.findings]
    if (options.budget_s or 0) > manifest.budget_s:  # steps that took too long may have time now
        manifest.scale = [rung for rung in manifest.scale if not rung.stopped.startswith(OUT_OF_TIME)]
    manifest.budget_s = options.budget_s or manifest.budget_s
    manifest.precision = dict(options.precision or manifest.precision)
    manifest.state = "running"
    own_files.restore(folder, manifest)
    return folder, manifest, rows_of(folder, manifest)


def same_libraries(manifest: Manifest) -> None:
    """Raise UserError where a library that was installed for a run's files is another one here, or is not there."""
    recorded = manifest.environment.get(libraries.FACT, {})
    if name := libraries.unlike_here(recorded):
        raise UserError(
            f"{manifest.id} was measured with {name} {recorded.get(name, 'of the suite, or without it')}: "
            "go on with the same --with as before, or start a new run"
        )


def refuse_changes(options: Options) -> None:
    """Raise UserError where the user asks for what was decided when the run was started."""
    decided = {
        "--preset": options.preset,
        "--workload": options.workloads,
        "--set": options.settings,
        "--model": options.models,
        "--flows": options.flows,
        "--rounds": options.rounds,
        "--seed": options.seed,
        "--out": options.out,
        "--host-label": options.host_label,
    }
    if extra := [name for name, value in decided.items() if value not in (None, ())]:
        raise UserError(f"{', '.join(extra)}: a run that goes on keeps what it was started with; start a new one")


def same_machine(folder: Path, manifest: Manifest) -> None:
    """Raise UserError where a run began on another machine or with another interpreter."""
    here = host.environment()
    for part in ("machine", "interpreter"):
        before = manifest.environment[part]
        for key in {**before, **here[part]}:
            if not same(key, before.get(key), here[part].get(key)):
                raise UserError(
                    f"{folder.name} was made with {key} {before.get(key)!r}, this is {here[part].get(key)!r}: start a new run"
                )


def rows_of(folder: Path, manifest: Manifest) -> list[Row]:
    """The plan of an earlier run; raises UserError where this version cannot go on with it."""
    try:
        rows = [_row(entry) for entry in manifest.plan]
        for row in rows:
            known = row.workload in all_workloads() and set(row.models) <= set(MODELS)
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
    """The core to measure on: the one the run began on, which all but the oldest runs name. Raises UserError if another is wanted."""
    core = manifest.environment.get("cores", {}).get("measured", wanted)
    if wanted not in (None, core):
        raise UserError(f"{manifest.id} was measured on CPU {core}: go on without --cpu, or start a new run")
    return int(core) if core is not None else None


def same_cores(manifest: Manifest, cores: topology.Cores) -> None:
    """Raise UserError where the server would run on another core than before: to the flows, that is another machine."""
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
