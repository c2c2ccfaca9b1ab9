"""A user's own server as a target: `SERVE` of the file, a command with {port} in it or a function of the port.

It is started once for a run, on the server's core, and is waited for until its port takes a connection. It leads a session, so that all
of it can be ended and its CPU be added up. It ends with the run; where it ends before, the run stops.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.harness.meters import cpu_clock_ns
from bench.machine.children import ROOT, environment
from bench.own.file import FILES, OwnFile, module_of
from bench.targets import NotHereError, Referee, Started, Target

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.meters import Used

START_S = 20.0  # until it takes a connection
END_S = 5.0  # from SIGTERM on
HOST = "127.0.0.1"
SAID = 300  # characters of what it complained of


@dataclass(frozen=True)
class Served:
    """Where a user's server is: its port on loopback, and the process that leads its session."""

    port: int
    pid: int


def cpu_ns(session: int) -> int | None:
    """The CPU time of all processes of a session, ns; None where it has none."""
    used = []
    for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()]:  # noqa: PTH208 - numbers, not paths
        with suppress(OSError):  # it has ended meanwhile
            if os.getsid(pid) == session:
                used.append(cpu_clock_ns(pid))
    known = [one for one in used if one is not None]
    return sum(known) if known else None


class ServeReferee(Referee[None]):
    """Who reads how much CPU the server has used; what it served, nobody can ask."""

    def __init__(self, place: Served, child: int) -> None:
        self._place, self.child = place, child

    def seen(self, token: str, used: Used) -> None:
        """Nothing."""

    def cpu_ns(self) -> int | None:
        """CPU time of the server's session so far, ns."""
        return cpu_ns(self._place.pid)


class Serve(Target[Served, None, None]):
    """The server of one file."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.title = f"the server of {name}.py"

    @contextmanager
    def start(self, cpu: int | None, folder: Path | None) -> Iterator[Started[Served]]:  # noqa: ARG002
        """Start it on a core and wait for it. Raises NotHereError where it does not start."""
        file, port = FILES[self._name], free_port()
        command = self.command(file, port)
        asked: dict[str, Any] = {"cpu": cpu, "port": port, "command": command, "file": file.to_text()}
        asked["folder"] = str(Path(file.shown).parent)
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.targets.serve_run", json.dumps(asked)],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self.wait_for(process, port)
            yield Started(Served(port, process.pid), process)
        finally:
            end(process)

    def command(self, file: OwnFile, port: int) -> list[str]:
        """The command of `SERVE` with the port in it; empty where it is a function. Raises NotHereError."""
        serve = module_of(file).SERVE
        if callable(serve):
            return []
        if not isinstance(serve, Sequence) or isinstance(serve, str) or not all(isinstance(w, str) for w in serve):
            raise NotHereError(
                f"{self._name}.py: SERVE is {serve!r:.40}: give a list of words, or a function of the port"
            )
        if not any("{port}" in word for word in serve):
            raise NotHereError(f"{self._name}.py: SERVE has no {{port}}: the suite chooses a port that is free")
        if shutil.which(serve[0]) is None:
            raise NotHereError(f"{self._name}.py: {serve[0]} is not installed: install it, or name another server")
        return [word.replace("{port}", str(port)) for word in serve]

    def wait_for(self, process: subprocess.Popen[bytes], port: int) -> None:
        """Wait until it takes a connection. Raises NotHereError where it ends, or never does."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if process.poll() is not None:
                said = (process.stderr.read() if process.stderr else b"").decode(errors="replace").split("\n")
                last = next((line for line in reversed(said) if line.strip()), "it said nothing")[:SAID]
                raise NotHereError(f"{self.title} ended with status {process.returncode}: {last}")
            with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
                return
            time.sleep(0.02)
        raise NotHereError(
            f"{self.title} did not answer at its port within {START_S:.0f} s: have it listen on {{port}} of {HOST}"
        )

    def to_text(self, place: Served) -> str:
        """Its port and its process."""
        return f"{place.port},{place.pid}"

    def from_text(self, text: str) -> Served:
        """Likewise."""
        port, pid = text.split(",")
        return Served(int(port), int(pid))

    def referee(self, place: Served, child: int) -> ServeReferee:
        """A reader of its CPU."""
        return ServeReferee(place, child)

    def check(self, flows: Sequence[Flow], expected: None, seen: None) -> None:
        """What it served is seen from the results only."""


def free_port() -> int:
    """A port that nobody listens at."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server and all of its session: kindly, then not."""
    for how, within_s in ((signal.SIGTERM, END_S), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(within_s)
    if process.stderr:
        process.stderr.close()
