"""The PostgreSQL that flows wait for: the one that BENCH_POSTGRES_DSN names, or one of our own for as long as a run takes.

Strategy: our own is made by `initdb` in a temporary folder and listens on a Unix socket in there. A small process
(`python -m bench.targets.postgres_server`) pins itself and starts the server. When its standard input ends, it ends the
server and removes the folder. Nobody writes into that pipe, so that happens however its parent ends. Should that process
itself be killed, the kernel tells the server to shut down. Its folder is removed by the process that started it, or at the
next start.
`postgres` refuses to run as root: for root it runs as another user.
Nothing that it stores is worth anything, so it never waits for a disk.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from bench.machine.leftovers import remove_left_over
from bench.targets import NotHereError
from bench.targets.program import program

DSN = "BENCH_POSTGRES_DSN"
CONNECT_S = 10
PREFIX = "bench-postgres-"
DEBIAN = Path("/usr/lib/postgresql")  # Debian keeps every version's programs in a folder of its own, off PATH
USERS = ("postgres", "nobody")  # who runs it instead of root
ROLE, DATABASE, APART = "bench", "postgres", "template1"  # who asks; where flows ask, and where the referee does
START_S, STOP_S = 60.0, 5.0
IPC_RMID = 0  # man 2 shmctl
NOWHERE = f"no PostgreSQL: {DSN} names none, and no initdb with postgres beside it is on PATH or in {DEBIAN}"
NOBODY = "postgres refuses to run as root, and this system has no user " + " or ".join(USERS)
PORT = 5432  # it names the socket: said at both ends, or libpq takes what PGPORT says
SETTINGS = {
    "port": str(PORT),
    "listen_addresses": "",
    "max_connections": "1100",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # What works beside the flows' own backends would take turns with them on their core.
    "autovacuum": "off",
    # A backend that was killed takes the server along: flows whose connections were cut must not look like flows that failed.
    "restart_after_crash": "off",
    # Nothing of it lies outside its folder, which goes with it however it ends.
    "dynamic_shared_memory_type": "mmap",
    "jit": "off",
    "max_parallel_workers": "0",
    "checkpoint_timeout": "1d",
    "bgwriter_delay": "10s",
    "wal_writer_delay": "10s",
}


class NoPostgresError(NotHereError):
    """There is no PostgreSQL here to wait for: one line that says why."""


@dataclass(frozen=True)
class Postgres:
    """A server: our own has a folder, and the process that looks after it where this process has started that."""

    folder: Path | None
    process: subprocess.Popen[bytes] | None = None

    def __reduce__(self) -> tuple[type[Postgres], tuple[Path | None]]:
        """A flow that is sent elsewhere takes the server along, and not the process that looks after it."""
        return Postgres, (self.folder,)

    def dsn(self, database: str = DATABASE) -> str:
        """How to connect, as libpq has it."""
        if self.folder is None:
            return os.environ[DSN]
        return f"host='{self.folder}' port={PORT} dbname={database} user={ROLE}"

    def postmaster(self) -> int | None:
        """The first process of our own server, whose children serve one connection each."""
        return None if self.folder is None else int(status_file(self.folder).read_text().split("\n", 1)[0])

    def is_there(self) -> bool:
        """Is our own server still there, and not on its way out? Of another nobody knows before asking."""
        if self.folder is None:
            return True
        try:
            state = Path(f"/proc/{self.postmaster()}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return False
        lines = status_file(self.folder).read_text().split("\n")
        return state != "Z" and lines[7:8] != [] and lines[7].strip() == "ready"


def missing() -> str:
    """Return the reason why there can be no PostgreSQL here, or an empty string."""
    if os.environ.get(DSN):
        return ""
    if programs() is None:
        return NOWHERE
    return NOBODY if os.geteuid() == 0 and other_user() is None else ""


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`: that on PATH, or Debian's newest."""
    found = shutil.which("initdb")
    versions = sorted(DEBIAN.glob("*/bin"), key=lambda path: [int(n) for n in re.findall(r"\d+", path.parent.name)])
    folders = [Path(found).resolve().parent] if found else []
    for folder in [*folders, *reversed(versions)]:
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    return None


def other_user() -> pwd.struct_passwd | None:
    """Somebody who is not root."""
    for name in USERS:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def status_file(folder: Path) -> Path:
    """Where the server says its number, and in the eighth line whether it is ready."""
    return folder / "data" / "postmaster.pid"


def look_for_it() -> None:
    """Connect to the one that the environment names; raise NoPostgresError where it refuses.

    Not with libpq's words, which name hosts, users and folders: what is said goes into the run's files.
    """
    import psycopg  # noqa: PLC0415 - only where it is used

    try:
        psycopg.connect(os.environ[DSN], connect_timeout=CONNECT_S).close()
    except psycopg.Error as error:
        state = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
        raise NoPostgresError(f"the PostgreSQL that {DSN} names refused a connection{state}") from None


@contextmanager
def postgres(cpu: int | None) -> Iterator[Postgres]:
    """Start our own server on a core unless the environment names one, and end it afterwards.

    Raises NoPostgresError if no server can be had.
    """
    if os.environ.get(DSN):
        look_for_it()
        yield Postgres(None)
        return
    if reason := missing():
        raise NoPostgresError(reason)
    keeper: subprocess.Popen[bytes] | None = None
    postmaster: int | None = None
    try:
        with program("bench.targets.postgres_server", cpu, stop_s=2 * STOP_S) as (said, keeper):
            if "folder" not in said:
                raise NoPostgresError(f"PostgreSQL did not start: {said.get('failed', 'see its message above')}")
            server = Postgres(Path(said["folder"]), keeper)
            postmaster = server.postmaster()
            yield server
    finally:
        if keeper is not None and keeper.returncode not in {0, 1}:  # it was killed, and could not tidy up
            remove_what_is_left(postmaster)


def remove_what_is_left(postmaster: int | None) -> None:
    """Wait until a server is gone that was told to shut down, and remove its folder."""
    import tempfile  # noqa: PLC0415 - only where it is needed

    until = monotonic() + STOP_S
    while Path(f"/proc/{postmaster}").exists() and monotonic() < until:
        sleep(0.02)
    remove_left_over(Path(tempfile.gettempdir()), PREFIX)


def told_to_end(within_s: float) -> bool:
    """Wait so long for the end of standard input; has it come?"""
    return bool(select.select([sys.stdin], [], [], within_s)[0])


class Server:
    """Our own server in a folder: made, started, ended. The process that runs this looks after nothing else."""

    def __init__(self, folder: Path, programs_: Path) -> None:
        self.folder, self.programs = folder, programs_
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        user = other_user() if os.geteuid() == 0 else None
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        from bench.machine.orphans import die_with_parent  # noqa: PLC0415

        with self.log.open("ab") as log:
            return subprocess.Popen(
                [self.programs / command[0], *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                process_group=0,
                # Called after the user was changed, which would undo it. SIGINT: fast shutdown (its manual).
                preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGINT),  # noqa: PLW1509 - no other thread runs here
                **self._as,
            )

    def start(self) -> bool:
        """Make it and start it; False if it was told to end first. Raises NoPostgresError where it does not work."""
        make = self._run("initdb", "-D", "data", "-U", ROLE, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        while make.poll() is None:
            if told_to_end(0.02):
                os.killpg(make.pid, signal.SIGKILL)
                make.wait()
                return False
        if make.returncode != 0:
            raise NoPostgresError(f"initdb: {self._last_words()}")
        settings = [f"{key}={value}" for key, value in SETTINGS.items()]
        where = ("-D", "data", "-k", str(self.folder))
        self.process = self._run("postgres", *where, *(word for setting in settings for word in ("-c", setting)))
        until = monotonic() + START_S
        while not self.is_ready():
            if told_to_end(0.02):
                return False
            if self.process.poll() is not None or monotonic() > until:
                raise NoPostgresError(self._last_words())
        return True

    def is_ready(self) -> bool:
        """Does it take connections?"""
        try:
            lines = status_file(self.folder).read_text().split("\n")
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def told_to_end_or_gone(self) -> bool:
        """Wait until standard input ends; False where the server ended first."""
        if self.process is None:
            return False
        watched = os.pidfd_open(self.process.pid)
        try:
            return sys.stdin in select.select([sys.stdin, watched], [], [])[0]
        finally:
            os.close(watched)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it said nothing"

    def stop(self) -> None:
        """Shut it down: connections are cut. What does not end is killed."""
        if self.process is None:
            return
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, and no answer at all
            self.process.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=STOP_S)
                break


def remove_segment(folder: Path) -> None:
    """Remove the shared memory of a server that was killed, which names it in its status file; it has removed its own otherwise."""
    with suppress(OSError, ValueError, IndexError):
        number = int(status_file(folder).read_text().split("\n")[6].split()[1])
        ctypes.CDLL(None).shmctl(number, IPC_RMID, None)


def look_after(folder: Path, programs_: Path) -> int:
    """Start a server in this folder, say where, and end it when told to; 1 if it ended by itself."""
    from bench.machine.answer import say  # noqa: PLC0415
    from bench.machine.orphans import adopt, end_all  # noqa: PLC0415

    server = Server(folder, programs_)
    adopt()
    try:
        if not server.start():
            return 0
        say({"folder": str(folder)})
        if not server.told_to_end_or_gone():
            return 1
    finally:
        server.stop()
        # Of one that was killed, others are left for a moment, and would still write while the folder is removed.
        end_all()
        remove_segment(folder)
    return 0


def main() -> int:
    """Parse the command line, pin, look after a server."""
    import tempfile  # noqa: PLC0415 - a cell whose campaign started the server starts without it

    from bench.harness.pin import pin  # noqa: PLC0415
    from bench.machine.answer import say  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="python -m bench.targets.postgres_server", description=__doc__)
    parser.add_argument("--cpu", type=int, help="the core to run on")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through the `finally`s
    if options.cpu is not None:
        pin(options.cpu)
    remove_left_over(Path(tempfile.gettempdir()), PREFIX)
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        try:
            if (reason := missing()) or (found := programs()) is None:
                raise NoPostgresError(reason or NOWHERE)
            return look_after(Path(folder), found)
        except NoPostgresError as error:
            say({"failed": str(error)})
            return 1


if __name__ == "__main__":
    sys.exit(main())
