"""A cluster that is there: reached with a certificate, and its workers used where they have the resource."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs the packages of requirements-fleet.lock")

from bench.fleet.engine import Engine, own_scheduler

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own, at the end of a loop
ENVIRON = {**os.environ, "PYTHONPATH": str(ROOT)}


def certificate(folder: Path, engine: Engine) -> list[str]:
    """The scheduler's certificate as files; their paths: authority, certificate, key."""
    security = engine.client.security
    texts = {"ca": security.tls_ca_file, "cert": security.tls_client_cert, "key": security.tls_client_key}
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [str(folder / name) for name in texts]


@asynccontextmanager
async def worker(engine: Engine, files: Sequence[str], name: str, *more: str) -> AsyncIterator[None]:
    """A worker as docs/fleet.md starts it."""
    given = [part for pair in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), files, strict=True) for part in pair]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "distributed.cli.dask_worker", engine.address, "--name", name, "--nthreads", "1"),
        *("--no-nanny", "--no-dashboard", "--host", "127.0.0.1", *given, *more),
        cwd=ROOT,
        env=ENVIRON,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        await asyncio.wait_for(engine.arrived(name), 60)
        yield
    finally:
        process.kill()
        await process.wait()


async def fleet(engine: Engine, files: Sequence[str]) -> tuple[int | None, str]:
    """The exit status and the words of a look at the cluster."""
    given = [part for pair in zip(("--tls-ca", "--tls-cert", "--tls-key"), files, strict=True) for part in pair]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", "fleet", "--scheduler", engine.address, "--doctor", *given),
        cwd=ROOT,
        env=ENVIRON,
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, (out + err).decode()


@pytest.mark.long  # with the other long ones of a fleet, it takes a minute
def test_workers_with_the_resource_are_used_and_those_without_are_named(tmp_path: Path) -> None:
    async def look() -> tuple[int | None, str]:
        async with own_scheduler() as engine:
            files = certificate(tmp_path, engine)
            async with worker(engine, files, "able", "--resources", "bench=1"), worker(engine, files, "other"):
                return await fleet(engine, files)

    status, said = asyncio.run(look())
    assert status == 0, said
    assert "able: looked at" in said
    assert "other has no resource `bench`: start it with --resources bench=1" in said


def test_a_cluster_without_such_workers_is_one_line(tmp_path: Path) -> None:
    async def look() -> tuple[int | None, str]:
        async with own_scheduler() as engine:
            return await fleet(engine, certificate(tmp_path, engine))

    status, said = asyncio.run(look())
    assert (status, said.count("\n")) == (2, 1), said
    assert "has no worker with the resource `bench`" in said
