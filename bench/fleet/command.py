"""From what the user asked to runs and a page: reads as a recipe."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import shutil
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.cells import known
from bench.fleet import attempts, engine
from bench.fleet.hosts import checked
from bench.fleet.screen import Screen
from bench.fleet.ship import bundle, wheels
from bench.fleet.ssh import Way
from bench.fleet.state import File, Fleet, Outcome, read_fleet
from bench.fleet.tasks import RESOURCE
from bench.models import MODELS
from bench.own.file import read
from bench.presets import PRESETS
from bench.report import report
from bench.report.compare.comparison import MOST_RUNS
from bench.store import runs
from bench.words import RunFailedError, UserError, harmless
from bench.workloads import WORKLOADS

SHELF, OWN_FILES = "fleet", "files"
Files = dict[str, tuple[str, str]]  # a user's own, by name: text and SHA-256
OWN = re.compile(r"(?P<path>[^?]*\.py)(?P<rest>.*)")
NAMED = re.compile(r"\{(\w+\.py)\}")


@dataclass(frozen=True)
class Asked:
    """What the user asked for."""

    hosts: Sequence[str] = ()
    scheduler: str = ""
    certificate: engine.Certificate = field(default_factory=engine.Certificate)
    preset: str = ""  # `bench` if empty
    budget_s: float | None = None
    workloads: Sequence[str] = ()
    models: Sequence[str] = ()
    rest: Sequence[str] = ()  # more options of `run`
    python: str = ""  # what the fleet that goes on had, or python3
    environment: str = ""
    wheels: Path | None = None
    ssh_config: Path | None = None
    resume: Path | None = None
    doctor: bool = False


@dataclass(frozen=True)
class Result:
    """What became of a fleet. `interrupted`: by the user; `folder` can be resumed."""

    folder: Path
    outcomes: Sequence[Outcome]
    page: Path | None
    interrupted: bool


def fleet(asked: Asked) -> Result:
    """Measure every host that is asked for; return what came. Raises UserError where nothing can be asked."""
    if asked.scheduler:
        engine.check_address(asked.scheduler, asked.certificate)
    state, folder, files = resumed(asked) if asked.resume else begun(asked)
    way = None if asked.scheduler else way_of(asked, state)
    keep(state, folder, files)
    interrupted = False
    try:
        asyncio.run(_all(asked, state, folder, way, files))
        state.write(folder)
    except KeyboardInterrupt:
        interrupted = True
        state.write(folder)
    finally:
        if asked.doctor or not (state.outcomes or interrupted):  # nothing that could be resumed
            shutil.rmtree(folder)
    page = None if asked.doctor else page_of(state, folder)
    return Result(folder, state.outcomes, page, interrupted)


def way_of(asked: Asked, state: Fleet) -> Way:
    """How hosts are reached: as the user says now, or else as the fleet was asked first. Raises UserError."""
    state.python, state.environment = asked.python or state.python, asked.environment or state.environment
    state.wheels = str(asked.wheels.resolve()) if asked.wheels else state.wheels
    sent = wheels(Path(state.wheels)) if state.wheels else b""
    return Way(bundle(), state.python, sent, state.environment, asked.ssh_config)


def begun(asked: Asked) -> tuple[Fleet, Path, Files]:
    """A new fleet, where its folder will be, and the user's files. Raises UserError for what no host could measure."""
    files, workloads = own_files(asked.workloads)
    preset = asked.preset or "bench"
    known("preset", preset, PRESETS)
    for name in workloads:
        if not NAMED.match(name):
            known("workload", name.partition("?")[0], WORKLOADS)
    for name in asked.models:
        known("model", name, MODELS)
    id_ = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{preset}"
    arguments = ["--preset", preset, *(("--budget", f"{asked.budget_s}s") if asked.budget_s else ()), *asked.rest]
    for option, names in (("--workload", workloads), ("--model", asked.models)):
        arguments += [word for name in names for word in (option, name)]
    budget_s = asked.budget_s or PRESETS[preset].budget_s
    state = Fleet(id_, preset, secrets.randbelow(10**6), budget_s, arguments, list(asked.hosts))
    state.files = [File(name, sha256) for name, (_, sha256) in files.items()]
    return state, runs.REPORTS / SHELF / id_, files


def keep(state: Fleet, folder: Path, files: Files) -> None:
    """Have on disk what a fleet needs to go on."""
    (folder / OWN_FILES).mkdir(parents=True, exist_ok=True)
    for name, (text, _) in files.items():
        (folder / OWN_FILES / name).write_text(text, encoding="utf-8")
    state.write(folder)


def resumed(asked: Asked) -> tuple[Fleet, Path, Files]:
    """A fleet that goes on, its folder, and the files that it began with. What it was asked stays. Raises UserError."""
    decided = {
        "--preset": asked.preset,
        "--budget": asked.budget_s,
        "--workload": asked.workloads,
        "--model": asked.models,
        "--flows or --rounds": asked.rest,
    }
    if extra := [name for name, value in decided.items() if value]:
        raise UserError(f"{', '.join(extra)}: a fleet that goes on keeps what it was asked; start a new one")
    folder = asked.resume if asked.resume is not None else Path()
    if not folder.is_dir() and (runs.REPORTS / SHELF / folder).is_dir():
        folder = runs.REPORTS / SHELF / folder
    state = read_fleet(folder)
    checked(state.hosts)
    files: Files = {}
    for file in state.files:
        path = folder / OWN_FILES / Path(file.name).name
        content = read(path)
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise UserError(f"{path} is not what this fleet began with: start a new one")
        files[file.name] = content.decode(), file.sha256
    if missing := [name for name in NAMED.findall(" ".join(state.arguments)) if name not in files]:
        raise UserError(f"{missing[0]} is not kept in {folder}: start a new fleet")
    return state, folder, files


def own_files(workloads: Sequence[str]) -> tuple[Files, list[str]]:
    """A user's files, by name with text and hash, and the workloads with `{NAME}` instead of their paths. Raises UserError."""
    files, named = dict[str, tuple[str, str]](), []
    for one in workloads:
        if match := OWN.fullmatch(one):
            path = Path(match["path"])
            try:
                text = read(path).decode()
                compile(text, str(path), "exec", dont_inherit=True)
            except UnicodeDecodeError as error:
                raise UserError(f"{path}: not UTF-8") from error
            except (SyntaxError, ValueError) as error:
                line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
                raise UserError(f"{path}{line}: {type(error).__name__}: {getattr(error, 'msg', error)}") from error
            files[path.name] = text, hashlib.sha256(text.encode()).hexdigest()
            one = f"{{{path.name}}}{match['rest']}"  # noqa: PLW2901 - the same workload in a host's words
        named.append(one)
    return files, named


async def _all(asked: Asked, state: Fleet, folder: Path, way: Way | None, files: Files) -> None:
    """Ask all hosts at once; keep each outcome as it comes."""
    using: AbstractAsyncContextManager[engine.Engine] = (
        engine.there(asked.scheduler, asked.certificate) if way is None else engine.own_scheduler()
    )
    async with using as engine_:
        if way is None and not state.hosts:
            state.hosts = await workers_of(engine_)
        todo = [host for host in state.hosts if host not in state.settled()]
        screen = Screen(todo)
        job = attempts.Job(state, engine_, way, state.budget_s, files, screen.show, doctor=asked.doctor)
        job.machines |= {one.machine: one.host for one in state.outcomes if one.run and one.host in state.settled()}

        async def one(host: str) -> None:
            state.note(await attempts.outcome_of(job, host))
            state.write(folder)

        await asyncio.gather(*map(one, todo))


async def workers_of(engine_: engine.Engine) -> list[str]:
    """The workers of a cluster that is there. Raises UserError where none can be used."""
    found = await engine_.workers()
    able = [name for name, info in found.items() if RESOURCE in (info.get("resources") or {})]
    for name in found.keys() - set(able):
        print(harmless(f"bench: {name} has no resource `{RESOURCE}`: start it with --resources {RESOURCE}=1"))
    if not able:
        raise UserError(f"{engine_.address} has no worker with the resource `{RESOURCE}`")
    return able


def page_of(state: Fleet, folder: Path) -> Path | None:
    """Render each run, and the comparison of them; None where fewer than two came. Others' faults do not stop it."""
    done = [Path(one.run) for one in state.outcomes if one.run and Path(one.run).is_dir()]
    for run in done:
        if not (run / "index.html").exists():
            report.write(run)
    if len(done) < 2:
        return None
    if len(done) > MOST_RUNS:
        print(f"bench: the comparison page shows {MOST_RUNS} of {len(done)} runs; `compare` takes others")
    try:
        return report.compare(done[:MOST_RUNS], folder / "compare")[1]
    except (UserError, RunFailedError) as error:
        print(f"bench: no comparison page: {harmless(str(error))}")
        return None
