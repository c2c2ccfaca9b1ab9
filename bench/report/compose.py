"""Making the document: a pure function of the manifest and the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.report.document import Document
from bench.report.figures import Run
from bench.report.parts import PARTS
from bench.store.manifest import Manifest
from bench.store.records import Record


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


def document(manifest: Manifest, records: Sequence[Record]) -> Document:
    """Make the document of a run from its manifest and its valid records."""
    return document_of(Run(manifest, records))


def document_of(run: Run) -> Document:
    """Make the document of a run that was read."""
    parts = sorted(PARTS, key=lambda part: part.place)
    return Document(
        title="Waiting on one core: kernel threads, processes and coroutines",
        id=run.manifest.id,
        host=run.manifest.host,
        facts=facts(run),
        parts=tuple((part, part.make(run)) for part in parts),
    )
