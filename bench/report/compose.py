"""Making the document: a pure function of the manifest and the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.analysis.findings import find_all
from bench.report.assumptions import assumptions, idle_table
from bench.report.document import Document
from bench.report.figures import Run
from bench.report.scale import scale_table
from bench.report.sections import sections
from bench.report.sentences import answer, headlines
from bench.report.tables import card, other_card, ratios
from bench.store.manifest import Manifest
from bench.store.records import Record
from bench.words import seed_of


def facts(run: Run) -> tuple[tuple[str, str], ...]:
    """What ran, where, when, how long: one line each."""
    m, env = run.manifest, run.manifest.environment
    cores = env.get("cores", {})
    shared = cores.get("measured") == cores.get("server and campaign")
    return (
        (
            "machine",
            machine(env["machine"]),
        ),
        (
            "core",
            f"every flow on CPU {cores.get('measured')}; server and campaign on "
            + ("the same one" if shared else f"CPU {cores.get('server and campaign')}"),
        ),
        (
            "Python",
            f"{env['interpreter']['implementation']} {env['interpreter']['python']}"
            + ("" if env["interpreter"].get("gil", True) else ", free-threaded"),
        ),
        *((("suite", suite(env["suite"])),) if "suite" in env else ()),
        ("run", f"{m.id}, preset {m.preset}, seed {m.seed}, {m.state}"),
        ("when", f"{m.started_utc} UTC, {m.rounds} rounds in {m.elapsed_s:.0f} s"),
    )


def suite(entries: Mapping[str, object]) -> str:
    """Which code measured."""
    revision = f"revision {entries['revision']}, " if "revision" in entries else ""
    return f"{revision}code {entries.get('code', 'unknown')}"


def machine(entries: Mapping[str, object]) -> str:
    """What machine it is, in a line: a virtual one does not see what its host does."""
    parts = [str(entries.get("CPU", "unknown")), f"CPUs {entries.get('CPUs online', '?')} online"]
    if "memory, bytes" in entries:
        parts.append(f"{float(str(entries['memory, bytes'])) / 2**30:.1f} GiB")
    if entries.get("virtual machine") == "yes":
        parts.append("a virtual machine: what its host does besides is not seen, and a disk may be cached there")
    return ", ".join(parts)


def commands(run: Run) -> tuple[tuple[str, str], ...]:
    """The command that measures each cell by itself."""
    if run.table.empty:
        return ()
    cores = run.manifest.environment.get("cores", {})
    where = f" --cpu {cores['measured']}" if "measured" in cores else ""
    seed = f" --seed {seed_of(run.manifest.seed, 1)}"  # as in the first round
    return tuple(
        (c, f"python3 scripts/environment.py -m bench.worker.main '{c}'{where}{seed}")
        for c in sorted(run.table["cell"].unique())
    )


def environment(manifest: Manifest) -> dict[str, tuple[tuple[str, str], ...]]:
    """The environment, as text."""
    return {
        group: tuple((str(key), str(value)) for key, value in entries.items())
        for group, entries in manifest.environment.items()
    }


def document(manifest: Manifest, records: Sequence[Record]) -> Document:
    """Make the document of a run from its manifest and its valid records."""
    return document_of(Run(manifest, records))


def document_of(run: Run) -> Document:
    """Make the document of a run that was read."""
    manifest = run.manifest
    superseded = set(manifest.superseded)
    return Document(
        title="Waiting on one core: kernel threads, processes and coroutines",
        id=manifest.id,
        host=manifest.host,
        facts=facts(run),
        answer=answer(run),
        card=card(run),
        other_card=other_card(run),
        assumptions=assumptions(run),
        idle=idle_table(run),
        headlines=headlines(run),
        ratios=ratios(run),
        findings=tuple(find_all(run.table, manifest)),
        sections=sections(run),
        scale=scale_table(run),
        models=tuple((m, manifest.about["kinds"][m], manifest.about["models"][m]) for m in manifest.models),
        environment=environment(manifest),
        commands=commands(run),
        not_run=tuple((entry.cell, entry.reason) for entry in manifest.not_run),
        void=tuple((v.cell, v.reason) for v in manifest.void if v.id not in superseded),
    )
