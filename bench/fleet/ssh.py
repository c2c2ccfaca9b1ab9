"""One SSH connection to a host: it starts the host's side, carries its tunnels both ways, and is its sign of life.

Strategy: the scheduler listens on the client's loopback only. `ssh -R` gives the host a port that leads to it, `ssh -L` gives the
client a port that leads to the worker. So nothing listens beyond loopback on either side. Whatever the host must know,
the certificate included, goes through standard input: a command line is shown to every user of the host.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import shlex
import socket
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.fleet.host import BEAT_S
from bench.fleet.ship import Bundle
from bench.words import RunFailedError, harmless

SETTLE = Path(__file__).with_name("settle.py")
CONNECT_S = 20
SETTLE_S = 900.0  # what making an environment may take
END_S = 15.0
CHUNK = 1 << 20  # bytes that are sent at a time
LINE = 1 << 16  # bytes of a line that a host may say
SHOWN = 300
OPTIONS = (
    *(
        "-T",
        "-x",
        "-a",
        "-oBatchMode=yes",
        "-oControlPath=none",
        "-oExitOnForwardFailure=yes",
        "-oLogLevel=INFO",
        f"-oConnectTimeout={CONNECT_S}",
    ),
    *("-oServerAliveInterval=10", "-oServerAliveCountMax=4"),
)
BOOT = "import sys;f=open(0,'rb',buffering=0,closefd=False);n=int(f.readline());b=b''\nwhile len(b)<n:\n c=f.read(n-len(b))\n if not c:sys.exit(1)\n b+=c\nexec(b)"
REMEDIES = (  # of what ssh says, what to do
    ("resolve hostname", "look at its name, and at your configuration of ssh"),
    ("Permission denied", "give it your key with ssh-copy-id, and try `ssh` by hand"),
    ("verification failed", "log in with `ssh` by hand once, to record its key"),
    ("refused", "see whether it runs sshd, and at which port"),
    ("timed out", "see whether it is up, and reached from here"),
    ("No route", "see whether it is up, and reached from here"),
    ("forwarding failed", "its sshd has to allow TCP forwarding (AllowTcpForwarding)"),
)
ALLOCATED = re.compile(r"Allocated port (\d+) for remote forward")
PORTS = (20_000, 32_000)  # below those that Linux gives to connections by itself


class HostError(RunFailedError):
    """Why a host gave no run. `final`: another try would end in the same way."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


@dataclass(frozen=True)
class Way:
    """How hosts are reached and what they start with."""

    bundle: Bundle
    python: str = "python3"
    wheels: bytes = b""  # a tar file of them, where the hosts reach no package index
    environment: str = ""  # a Python on the host that has the locks' packages, instead of one that is made there
    config: Path | None = None  # of ssh, instead of the user's


def free_port() -> int:
    """A port on this machine's loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Connection:
    """A host that is being used."""

    host: str
    process: Process
    local: int
    remote: int
    said: list[str] = field(default_factory=list)  # the last lines on standard error
    back: asyncio.Future[int] | None = None
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    async def listen(self) -> None:
        """Read what ssh and the host complain of; the port that leads back to the client is told there."""
        stream = self.process.stderr
        while stream is not None and (line := await _line(stream)):
            text = line.decode("utf-8", "replace").strip()
            if match := ALLOCATED.search(text):
                if self.back is not None and not self.back.done():
                    self.back.set_result(int(match[1]))
            elif text:
                self.said = [*self.said[-9:], harmless(text)[:SHOWN]]

    async def ended(self) -> HostError:
        """Wait until the host says that it failed, or is gone; return why."""
        stream = self.process.stdout
        while stream is not None and (line := await _line(stream)):
            with suppress(ValueError):
                told = json.loads(line)
                if isinstance(told, dict) and isinstance(told.get("failed"), str):
                    return HostError(harmless(told["failed"])[:SHOWN], final="is needed" in told["failed"])
        status = await self.process.wait()
        await asyncio.sleep(0)
        last = self.said[-1] if self.said else f"ssh ended with status {status}"
        if status == 127:
            return HostError(f"it has no such Python ({last}): install one, or name another with --python", final=True)
        remedy = next((what for text, what in REMEDIES if text in last), "")
        return HostError(f"{last}; {remedy}" if remedy else last)

    async def close(self) -> None:
        """End the host's side, by ending its standard input, and then the connection."""
        for task in self.tasks:
            task.cancel()
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), END_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def _line(stream: asyncio.StreamReader) -> bytes:
    """A line; nothing at the end. Of one that is too long, the rest is dropped."""
    try:
        return await stream.readline()
    except ValueError:
        return b"(a line that is too long)\n"


async def connect(host: str, way: Way, scheduler: str, tls: dict[str, str], limit_s: float) -> Connection:
    """Start ssh, send the suite and what the worker must know. `scheduler`: its address here; `limit_s`: how long it may be used.

    Whether it gets there is seen by `ended`. Raises HostError where ssh cannot be started.
    """
    local, remote = free_port(), random.randint(*PORTS)
    port = scheduler.rpartition(":")[2]
    config = ("-F", str(way.config)) if way.config else ()
    forwards = ("-L", f"127.0.0.1:{local}:127.0.0.1:{remote}", "-R", f"127.0.0.1:0:127.0.0.1:{port}")
    command = f"exec {shlex.quote(way.python)} -u -c {shlex.quote(BOOT)}"
    try:
        process = await asyncio.create_subprocess_exec(
            *("ssh", *OPTIONS, *config, *forwards, "--", host, command),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=LINE,
            start_new_session=True,  # Ctrl-C is for the client, which ends hosts in order
        )
    except OSError as error:
        raise HostError(f"cannot start ssh: {error.strerror}; install OpenSSH's client", final=True) from error
    found = Connection(host, process, local, remote, back=asyncio.get_running_loop().create_future())
    found.tasks = [asyncio.create_task(found.listen()), asyncio.create_task(_send(found, way, tls, limit_s))]
    return found


async def _send(found: Connection, way: Way, tls: dict[str, str], limit_s: float) -> None:
    """Send everything, then signs of life."""
    stream = found.process.stdin
    if stream is None or found.back is None:
        raise ValueError("a connection is made with pipes")
    asked = {
        "size": len(way.bundle.content),
        "code": way.bundle.code,
        "environment": way.environment,
        "wheels": len(way.wheels),
    }
    text = SETTLE.read_bytes()
    with suppress(OSError):  # the host has gone: `ended` says why
        stream.write(b"%d\n" % len(text) + text + json.dumps(asked).encode() + b"\n" + way.bundle.content)
        for at in range(0, len(way.wheels), CHUNK):
            stream.write(way.wheels[at : at + CHUNK])
            await stream.drain()  # many hosts: none has all of it in its buffer
        await stream.drain()
        worker = {
            "scheduler": f"tls://127.0.0.1:{await found.back}",
            "contact": f"tls://127.0.0.1:{found.local}",
            "port": found.remote,
            "name": found.host,
            "tls": tls,
            "limit_s": limit_s,
        }
        stream.write(json.dumps(worker).encode() + b"\n")
        while not stream.is_closing():
            await stream.drain()
            await asyncio.sleep(BEAT_S)
            stream.write(b"\n")
