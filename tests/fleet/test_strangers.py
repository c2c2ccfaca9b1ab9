"""Who has no certificate of this call's, or a wrong one, gets nothing of its scheduler."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs the packages of requirements-fleet.lock")
import dask
from distributed import Client
from distributed.security import Security

from bench.fleet.engine import Certificate, Engine, own_scheduler, there
from bench.words import UserError

pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own, at the end of a loop


def with_scheduler(look: Callable[[Engine], Awaitable[None]]) -> None:
    async def main() -> None:
        async with own_scheduler() as engine:
            await look(engine)

    with dask.config.set({"distributed.comm.timeouts.connect": "3s"}):
        asyncio.run(main())


def port_of(engine: Engine) -> int:
    return int(engine.address.rpartition(":")[2])


def files(folder: Path, security: Security, key: Security | None = None) -> Certificate:
    """A certificate as files; `key`: whose key goes with it, if not its own."""
    parts = {
        "ca": security.tls_ca_file,
        "cert": security.tls_client_cert,
        "key": (key or security).tls_client_key,
    }
    for name, text in parts.items():
        (folder / name).write_text(text)
    return Certificate(*(str(folder / name) for name in ("ca", "cert", "key")))


def test_a_plain_client_gets_no_byte_of_the_protocol() -> None:
    async def look(engine: Engine) -> None:
        with pytest.raises((OSError, TimeoutError)):
            await Client(engine.address.replace("tls://", "tcp://"), asynchronous=True, timeout="3s")
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(engine))
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        try:
            answer = await asyncio.wait_for(reader.read(), 10)
        except ConnectionResetError:
            answer = b""
        assert b"dask" not in answer.lower()
        assert len(answer) <= 7  # at most an alert of TLS (RFC 8446, section 6)
        writer.close()

    with_scheduler(look)


def test_one_without_a_certificate_gets_nothing() -> None:
    async def look(engine: Engine) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        def ask() -> bytes:
            with (
                socket.create_connection(("127.0.0.1", port_of(engine)), 10) as plain,
                context.wrap_socket(plain) as encrypted,
            ):
                return encrypted.recv(100)

        try:
            answer = await asyncio.to_thread(ask)
        except (ssl.SSLError, OSError):
            answer = b""
        assert answer == b""

    with_scheduler(look)


def test_one_with_anothers_certificate_gets_nothing(tmp_path: Path) -> None:
    async def look(engine: Engine) -> None:
        with pytest.raises(UserError, match="look at address and certificate"):
            async with there(engine.address, files(tmp_path, Security.temporary())):
                pass

    with_scheduler(look)


def test_one_with_a_key_that_is_not_the_certificates_gets_nothing(tmp_path: Path) -> None:
    async def look(engine: Engine) -> None:
        given = files(tmp_path, engine.client.security, key=Security.temporary())
        with pytest.raises(UserError, match="look at address and certificate"):
            async with there(engine.address, given):
                pass

    with_scheduler(look)


def test_one_with_the_certificate_is_let_in(tmp_path: Path) -> None:
    async def look(engine: Engine) -> None:
        async with there(engine.address, files(tmp_path, engine.client.security)) as other:
            assert await other.workers() == {}

    with_scheduler(look)


def listening() -> list[str]:
    """The addresses at which this process listens, as proc(5) writes them."""
    links = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    ours = {link[8:-1] for link in links if link.startswith("socket:[")}
    lines = [
        line.split() for file in ("tcp", "tcp6") for line in Path(f"/proc/self/net/{file}").read_text().splitlines()
    ]
    return [line[1].partition(":")[0] for line in lines if line[3] == "0A" and line[9] in ours]


def test_everything_that_listens_does_so_on_loopback() -> None:
    async def look(engine: Engine) -> None:
        assert set(await asyncio.to_thread(listening)) == {"0100007F"}

    with_scheduler(look)
