"""The guard on a host: starts the worker, and ends everything when the client is gone, silent, or out of time.

Strategy: it is the subreaper of all that is started below it (man 2 prctl). So a process that loses its parent becomes its child,
and can be found. Its standard input is the client's SSH connection: a line every few seconds is a sign of life. A link that
is down for less than SILENCE_S is borne. The certificate comes through that input and goes to the worker through a pipe.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from bench.machine.orphans import PARENT, adopt, die_with_parent, end_all

BEAT_S = 5.0  # between signs of life of the client
SILENCE_S = 40.0  # without one, after which the client counts as gone: a minute less what ending takes
SILENT = f"the client was silent for {SILENCE_S:.0f} s"


def watch(worker: subprocess.Popen[bytes], deadline: float) -> str:
    """Wait until the worker is to end; return why: one line."""
    heard = time.monotonic()
    while True:
        now = time.monotonic()
        if now >= deadline:
            return "its time is over"
        if now - heard >= SILENCE_S:
            return SILENT
        if worker.poll() is not None:
            return f"the worker ended with status {worker.returncode}"
        if select.select([0], [], [], 1.0)[0]:
            if not os.read(0, 4096):
                return ""  # the client wants the end, or has ended
            heard = time.monotonic()


def hang_up() -> None:
    """End our own connection: the link is down, and sshd would keep its process and its socket for as long as TCP tries, a quarter of an hour."""
    session = os.getppid()
    with suppress(OSError):
        if Path(f"/proc/{session}/comm").read_text(encoding="utf-8").startswith("sshd"):
            os.kill(session, signal.SIGTERM)


def main() -> int:
    """Run a worker until it is to end; leave nothing."""
    with open(0, "rb", buffering=0, closefd=False) as stream:
        line = stream.readline()
    if not line:
        return 0  # the client has gone
    asked = json.loads(line)
    adopt()
    for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(one, lambda *_: sys.exit(1))
    folder, why = Path(tempfile.mkdtemp(prefix="bench-fleet-")), ""
    try:
        worker = subprocess.Popen(
            [sys.executable, "-m", "bench.fleet.worker"],
            stdin=subprocess.PIPE,
            stdout=2,  # Dask may print; standard output is the client's
            env={**os.environ, "TMPDIR": str(folder), PARENT: str(os.getpid())},
            start_new_session=True,
        )
        if worker.stdin is not None:
            with suppress(BrokenPipeError), worker.stdin:
                worker.stdin.write(json.dumps(asked).encode())
        why = watch(worker, time.monotonic() + float(asked["limit_s"]))
        if why:
            with suppress(OSError):
                os.write(1, json.dumps({"failed": why}).encode() + b"\n")
        return 0
    finally:
        for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(one, signal.SIG_IGN)
        end_all()
        shutil.rmtree(folder, ignore_errors=True)
        if why == SILENT:
            hang_up()


if __name__ == "__main__":
    if PARENT in os.environ:
        del os.environ[PARENT]
    die_with_parent(os.getppid(), signal.SIGTERM)
    sys.exit(main())
