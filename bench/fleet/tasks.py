"""What a host can be asked for: functions of this package with plain arguments. Their answers are text or bytes, and data."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.store.packed import pack
from scripts.set_up.places import environments

QUIET = {
    "distributed.admin.tick.interval": "1s"
}  # of Dask: each 20 ms, its default, takes 2 % of a core, where our servers are
RESOURCE = "bench"  # of Dask: a worker has one of it, a task takes one
CPUS = "BENCH_FLEET_CPUS"  # those that the host has, the measured one included
TURNS = "BENCH_FLEET_TURNS"  # a file: hosts that share a core measure in turn, who holds it
KEY = b"kernel-user-threads-bench fleet"
MACHINE_ID = Path("/etc/machine-id")
NO_ID = "0" * 16
ASKED_WRONGLY = 2  # the status of a run that was asked for what cannot be
LAST = 400  # characters of the last line of a run that failed
FREED = "import os,sys;os.sched_setaffinity(0,map(int,sys.argv[1].split(',')));os.execv(sys.executable,[sys.executable,*sys.argv[2:]])"


def machine_key(path: Path = MACHINE_ID) -> str:
    """Sixteen characters that tell machines apart and do not give the id away (man 5 machine-id asks for a keyed hash)."""
    try:
        text = path.read_text().strip()
    except OSError:
        return NO_ID
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()[:16] if text else NO_ID


def look() -> str:
    """What the client asks first: which machine this is, and what its doctor says, as JSON."""
    done = _run(["doctor", "--json"], 60.0)
    found = json.loads(done.stdout) if done.returncode == 0 else []
    own = os.sched_getaffinity(0)
    cpus = os.environ.get(CPUS, "")
    return json.dumps(
        {
            "machine": machine_key(),
            "python": platform.python_version(),
            "off the core": not cpus or len(own) < len(cpus.split(",")),
            "findings": found,
        }
    )


def measure(id_: str, arguments: Sequence[str], files: Mapping[str, tuple[str, str]], limit_s: float) -> bytes:
    """Measure here; return the run as one packed file. Raises RuntimeError with one line that says what was wrong, ValueError where
    the run was asked for what cannot be.

    `files`: of a user, by name: text and its SHA-256. An argument `{NAME}` becomes the path of that file. `limit_s`: seconds.
    """
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as name, _turn(limit_s):
        folder = Path(name)
        for file, (text, sha256) in files.items():
            if Path(file).name != file or hashlib.sha256(text.encode()).hexdigest() != sha256:
                raise RuntimeError(f"{file} is not what was sent: try again")
            (folder / file).write_text(text)
        filled = [_filled(argument, folder, files) for argument in arguments]
        out = folder / id_
        done = _run(["run", *filled, "--out", str(out)], limit_s)
        if not (out / "run.json").is_file():
            lines = done.stderr.strip().splitlines()
            why = lines[-1][:LAST] if lines else f"the run ended with status {done.returncode}"
            raise (ValueError if done.returncode == ASKED_WRONGLY else RuntimeError)(why)
        pack(out, folder / "packed")
        return (folder / "packed").read_bytes()


def _filled(argument: str, folder: Path, files: Mapping[str, tuple[str, str]]) -> str:
    for file in files:
        argument = argument.replace(f"{{{file}}}", str(folder / file))
    return argument


@contextmanager
def _turn(limit_s: float) -> Iterator[None]:
    """Hold the file that hosts on one core share, where there is one. Raises RuntimeError where that takes too long."""
    path = os.environ.get(TURNS)
    if not path:
        yield
        return
    with Path(path).open("a") as file:
        end = time.monotonic() + limit_s
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if time.monotonic() > end:
                raise RuntimeError("its turn did not come")
            time.sleep(0.2)
        yield


def _run(arguments: Sequence[str], limit_s: float) -> subprocess.CompletedProcess[str]:
    """Run a command of the suite on all CPUs, in a process group of its own; nothing of that outlives the call."""
    command = [str(python()), "-m", "bench", *arguments]
    if cpus := os.environ.get(CPUS):
        command = [command[0], "-c", FREED, cpus, *command[1:]]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd=Path(__file__).resolve().parents[2],
        process_group=0,
    ) as process:
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # the run keeps what it has, and ends its cells
            try:
                out, err = process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                raise RuntimeError(f"the run did not end within {limit_s:.0f} s") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def python() -> Path:
    """The Python that measures: that of the environment beneath this one, which has nothing of Dask."""
    below = environments()[0]
    return below.python if below.is_finished() else Path(sys.executable)
