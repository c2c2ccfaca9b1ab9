"""Dask's worker on a host: one task at a time, off the core that is measured, on loopback, behind TLS."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import tempfile
from typing import Any

from bench.fleet.tasks import CPUS, QUIET, RESOURCE
from bench.harness.pin import allowed_cpus
from bench.machine.orphans import die_with_parent
from bench.machine.topology import choose

CONNECT_S = 60
SETTINGS = {
    **QUIET,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.worker.http.routes": [],
}


def keep_off() -> None:
    """Leave the measured core. Tasks are told which CPUs there were: what they start is to have them all."""
    cores = choose(allowed_cpus())
    os.environ[CPUS] = ",".join(map(str, cores.allowed))
    os.sched_setaffinity(0, set(cores.allowed) - {cores.measured} or {cores.measured})


async def work(asked: dict[str, Any]) -> None:
    """Serve until the guard ends this process."""
    import dask
    from distributed import Worker
    from distributed.security import Security

    dask.config.set(SETTINGS)
    logging.getLogger("distributed").setLevel(logging.ERROR)
    worker = Worker(
        asked["scheduler"],
        host="127.0.0.1",
        port=asked["port"],
        protocol="tls",
        contact_address=asked["contact"],
        name=asked["name"],
        nthreads=1,
        resources={RESOURCE: 1},
        security=Security(require_encryption=True, **asked["tls"]),
        dashboard=False,
        dashboard_address="127.0.0.1:0",
        memory_limit=0,
        heartbeat_interval="5s",
        death_timeout=CONNECT_S,
        local_directory=tempfile.gettempdir(),
    )
    async with worker:
        await worker.finished()


if __name__ == "__main__":
    die_with_parent()
    text = sys.stdin.read()
    keep_off()
    asyncio.run(work(json.loads(text)))
