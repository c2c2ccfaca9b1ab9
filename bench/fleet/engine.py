"""Dask on the client's side: a scheduler of our own on loopback behind a certificate that lives for one call, or one that is there."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from bench.fleet.ssh import HostError
from bench.fleet.tasks import QUIET, RESOURCE
from bench.words import UserError, harmless

LOOPBACK = ("127.0.0.1", "localhost", "::1")
START_S = 90.0  # that a worker takes to start and to come
CONNECT = "20s"
LOOK_S = 0.1
SHOWN = 300
SETTINGS = {
    **QUIET,
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.http.routes": [],
}


@dataclass(frozen=True)
class Certificate:
    """Files of a cluster that is there."""

    authority: str = ""
    certificate: str = ""
    key: str = ""


@dataclass
class Engine:
    """A Dask client, the scheduler's address, and what workers are given to reach it."""

    client: Any
    address: str
    tls: dict[str, str]

    async def workers(self) -> dict[str, dict[str, Any]]:
        """The workers that are there, by name: what the scheduler says of each."""
        found = await self.client.scheduler.identity(n_workers=-1)
        return {str(info["name"]): info for info in found["workers"].values()}

    async def arrived(self, name: str) -> None:
        """Wait for a worker, for as long as the caller has patience."""
        while name not in await self.workers():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(LOOK_S)

    async def ask(self, name: str, function: Callable[..., object], *arguments: object) -> object:
        """Have one worker call a function of this package; return what it gives. Raises HostError."""
        future = self.client.submit(
            function,
            *arguments,
            key=f"{function.__name__}-{uuid.uuid4().hex}",
            workers=[name],
            allow_other_workers=False,
            resources={RESOURCE: 1},
            retries=0,
            pure=False,
        )
        try:
            return await future
        except asyncio.CancelledError:
            await asyncio.shield(future.cancel(force=True))
            raise
        except Exception as error:  # noqa: BLE001 - whatever a host raises, it is that host's failure, and is told
            raise HostError(
                harmless(f"{error}".splitlines()[0] if f"{error}" else type(error).__name__)[:SHOWN],
                final=isinstance(error, ValueError),  # it was asked for what cannot be
            ) from None
        finally:
            future.release()


@asynccontextmanager
async def own_scheduler() -> AsyncIterator[Engine]:
    """A scheduler on loopback that nobody enters without the certificate; both end with the context. No dashboard."""
    import dask
    from distributed import Client, Scheduler
    from distributed.security import Security

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what is worth saying, hosts are said to have done
    security = Security.temporary()
    tls = {name: getattr(security, name) for name in ("tls_ca_file", "tls_worker_cert", "tls_worker_key")}
    with dask.config.set(SETTINGS):
        async with (
            Scheduler(
                host="127.0.0.1",
                port=0,
                protocol="tls",
                security=security,
                dashboard=False,
                dashboard_address="127.0.0.1:0",  # its web server cannot be left out: it has no page, and listens on loopback
            ) as scheduler,
            Client(scheduler.address, asynchronous=True, security=security, set_as_default=False) as client,
        ):
            yield Engine(client, scheduler.address, tls)


def check_address(address: str, files: Certificate) -> None:
    """Raise UserError where a scheduler's address is no TLS address with a certificate, and leads beyond loopback."""
    parts = urlsplit(address)
    try:
        good = parts.scheme in {"tcp", "tls"} and bool(parts.hostname and parts.port)
    except ValueError:
        good = False
    if not good:
        raise UserError(f"{harmless(address)[:80]} is no scheduler's address: write tls://HOST:PORT")
    if parts.scheme == "tcp" and parts.hostname not in LOOPBACK:
        raise UserError(
            f"{harmless(address)[:80]} is not encrypted, and who reaches it may run code on every worker: use tls:// with a certificate"
        )
    if parts.scheme == "tls" and not (files.authority and files.certificate and files.key):
        raise UserError("tls:// needs a certificate: give --tls-ca, --tls-cert and --tls-key")


@asynccontextmanager
async def there(address: str, files: Certificate) -> AsyncIterator[Engine]:
    """A cluster that somebody else runs. Raises UserError where it cannot be used."""
    from distributed import Client
    from distributed.security import Security

    check_address(address, files)
    encrypted = address.startswith("tls://")
    given = {"tls_ca_file": files.authority, "tls_client_cert": files.certificate, "tls_client_key": files.key}
    try:
        security = Security(require_encryption=encrypted, **(given if encrypted else {}))
        client = await Client(address, asynchronous=True, security=security, set_as_default=False, timeout=CONNECT)
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        first = f"{error}".splitlines()[0] if f"{error}" else type(error).__name__
        raise UserError(
            f"{address}: no scheduler answers ({harmless(first)[:SHOWN]}): look at address and certificate"
        ) from error
    try:
        theirs = (await client.get_versions())["scheduler"]["packages"]["distributed"]
        if theirs != (mine := version("distributed")):
            raise UserError(
                f"{address} runs distributed {harmless(str(theirs))[:40]}, and this is {mine}: install the same version there"
            )
        yield Engine(client, address, {})
    finally:
        await client.close()
