"""One host from the first connection to its run: looked at, measured, filed; tried once more where it is lost.

Strategy: what a host gives races with the end of its connection and with its time. Whichever is first decides. So a host
that dies is reported at once, and one that hangs when its budget and a minute are over.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.fleet import filing, ssh, tasks
from bench.fleet.ssh import HostError, Way
from bench.fleet.state import Fleet, Outcome
from bench.store.border import StoreError
from bench.words import RunFailedError, harmless

if TYPE_CHECKING:
    from bench.fleet.engine import Engine

TRIES = 2
GRACE_S = 60.0  # beyond a host's budget
RUN_GRACE_S = 20.0  # of that, what its run may take beyond the budget before it is interrupted
LOOK_S = 90.0
MOST_ANSWER = 1 << 20
KEY = re.compile(r"[0-9a-f]{16}")
MOST_HOSTS_AT_ONCE = 100
ONE_CPU = "warning: it has one CPU, so its worker runs on the core that is measured; give it a second one"


@dataclass
class Job:
    """What all hosts are asked."""

    fleet: Fleet
    engine: Engine
    way: Way | None  # None: workers of a cluster that is there
    budget_s: float
    files: dict[str, tuple[str, str]]
    show: Callable[[str, str], None]
    said: dict[str, list[str]] = field(default_factory=dict)  # of each host what is to be known, once it was looked at
    doctor: bool = False  # only look
    machines: dict[str, str] = field(default_factory=dict)  # of each machine the host that measures it
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_HOSTS_AT_ONCE))


async def outcome_of(job: Job, host: str) -> Outcome:
    """What became of a host, after at most two tries. Nothing that a host does raises."""
    outcome = Outcome(host)
    async with job.places:
        for attempt in range(TRIES):
            try:
                outcome = await _try(job, host)
            except (RunFailedError, StoreError, OSError) as error:
                why = harmless(str(error)) or type(error).__name__
                outcome.failed = why
                if attempt + 1 == TRIES or (isinstance(error, HostError) and error.final):
                    break
                job.show(host, f"tried once more: {why}")
            else:
                break
    outcome.said = job.said.get(host, [])
    job.show(host, told(outcome))
    return outcome


def told(outcome: Outcome) -> str:
    """What is said of a host at the end."""
    if outcome.failed:
        return f"failed: {outcome.failed}"
    if outcome.same_as:
        return f"the same machine as {outcome.same_as}, measured once"
    return f"done: {outcome.run}" if outcome.run else "looked at"


async def _try(job: Job, host: str) -> Outcome:
    job.show(host, "connecting; the first time, its environment is made")
    async with _connected(job, host) as lost:
        seen = _seen(await _first(lost, job.engine.ask(host, tasks.look), LOOK_S, "it did not say what it is"))
        machine = seen["machine"]
        findings = [one for one in seen["findings"] if one["level"] != "hint"]
        job.said[host] = [f"{one['level']}: {one['what']}; {one['remedy']}".rstrip("; ") for one in findings]
        if not seen["off the core"]:
            job.said[host].append(ONE_CPU)
        for text in job.said[host]:
            job.show(host, text)
        first = job.machines.setdefault(machine, host) if machine != tasks.NO_ID else host
        if first != host:
            return Outcome(host, machine, same_as=first)
        if job.doctor:
            return Outcome(host, machine)
        label = filing.label_of(host, machine)
        job.show(host, "measuring")
        arguments = [*job.fleet.arguments, "--seed", str(job.fleet.seed), "--host-label", label]
        limit_s = job.budget_s + RUN_GRACE_S
        asked = job.engine.ask(host, tasks.measure, job.fleet.id, arguments, job.files, limit_s)
        content = await _first(lost, asked, job.budget_s + GRACE_S, "it hung: its budget and a minute are over")
    expected = filing.Expected(job.fleet.id, label, job.fleet.preset, job.fleet.seed)
    folder = await asyncio.to_thread(filing.file_run, content, expected)
    return Outcome(host, machine, run=str(folder))


@asynccontextmanager
async def _connected(job: Job, host: str) -> AsyncIterator[asyncio.Task[HostError] | None]:
    """A host whose worker is there; the task ends when it is lost. On leaving, nothing of it stays."""
    if job.way is None:
        yield None
        return
    limit_s = LOOK_S + job.budget_s + GRACE_S
    connection = await ssh.connect(host, job.way, job.engine.address, job.engine.tls, limit_s)
    lost = asyncio.create_task(connection.ended())
    try:
        await _first(lost, job.engine.arrived(host), ssh.SETTLE_S, "its worker did not come")
        yield lost
    finally:
        lost.cancel()
        await asyncio.gather(lost, return_exceptions=True)
        await asyncio.shield(connection.close())


async def _first(
    lost: asyncio.Task[HostError] | None, wanted: Coroutine[Any, Any, Any], limit_s: float, hung: str
) -> object:
    """What is wanted, unless the host is lost first, or takes longer. Raises HostError."""
    task = asyncio.create_task(wanted)
    try:
        done, _ = await asyncio.wait(
            {task, *([lost] if lost else [])}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
        )
        if task in done:
            return task.result()
        if lost is not None and lost in done:
            raise lost.result()
        raise HostError(hung)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _seen(answer: object) -> dict[str, Any]:
    """What a host says of itself, checked. Raises HostError."""
    try:
        if type(answer) is not str or len(answer) > MOST_ANSWER:
            raise ValueError
        found = json.loads(answer)
        findings = [
            {key: harmless(str(one.get(key, "")))[:300] for key in ("level", "what", "remedy")}
            for one in found["findings"]
        ]
        if not KEY.fullmatch(found["machine"]) or type(found["off the core"]) is not bool:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise HostError("what it says of itself is no answer of this suite", final=True) from None
    return {"machine": found["machine"], "off the core": found["off the core"], "findings": findings[:20]}
