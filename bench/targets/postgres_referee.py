"""Asking PostgreSQL what it saw. The timed body has no part in this."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.targets import Referee
from bench.targets.postgres_server import APART, DATABASE, Postgres
from bench.words import Value

if TYPE_CHECKING:
    from bench.harness.meters import Used

COUNTED_FROM = 150000  # before version 15 a collector of its own heard of what was done at some later time
SETTLE_S = 5.0
COUNTS = "select sessions, xact_commit from pg_stat_database where datname = %s"
CONNECTED = "select count(*) from pg_stat_activity where datname = %s"


@dataclass(frozen=True)
class Committed:
    """What the server saw of all flows of a cell together: connections, and transactions beside those that open one."""

    connections: int
    statements: int


class PostgresReferee(Referee["Committed | None"]):
    """A connection to the server's own counters. They are those of a whole database: the flows' own, where no one else is.

    `child` is the process that looks after the server. Of a server that is not ours, nobody knows who else uses it, nor its
    processes: then nothing is counted.
    """

    def __init__(self, server: Postgres, child: int = 0) -> None:
        import psycopg  # noqa: PLC0415 - only where it is used: other workloads must not carry it

        self.child = child
        self._postmaster = server.postmaster()
        self._connection = psycopg.connect(server.dsn(APART), autocommit=True)
        number = self._connection.info.server_version
        self.version = f"{number // 10000}.{number % 10000}"
        self._counts = self._postmaster is not None and number >= COUNTED_FROM
        self._before, self._opening = (0, 0), 0
        if self._counts:
            self.begin()
            psycopg.connect(server.dsn(), autocommit=True).close()
            (was, committed_then), (is_, committed_now) = self._before, self._counted()
            self._opening = (committed_now - committed_then) // max(1, is_ - was)

    def begin(self, token: str = "") -> None:  # noqa: ARG002
        """From here on, what is seen is the cell's: it is the only one."""
        if self._counts:
            self._before = self._counted()

    def committed(self) -> Committed | None:
        """What was done since, once all who did it are gone; None where nobody can know."""
        if not self._counts:
            return None
        connections, transactions = (now - then for now, then in zip(self._counted(), self._before, strict=True))
        return Committed(connections, transactions - connections * self._opening)

    def seen(self, token: str, used: Used) -> Committed | None:  # noqa: ARG002
        """Likewise, whatever the token: it is the only cell."""
        return self.committed()

    def facts(self) -> Mapping[str, Value]:
        """Which version it is."""
        return {"postgres_version": self.version}

    def _counted(self) -> tuple[int, int]:
        """Connections and transactions so far. A backend adds its own when it ends, which is soon after its client."""
        until = time.monotonic() + SETTLE_S
        while self._ask(CONNECTED)[0] and time.monotonic() < until:
            time.sleep(0.002)
        connections, transactions = self._ask(COUNTS)
        return connections, transactions

    def _ask(self, question: str) -> tuple[int, ...]:
        row = self._connection.execute(question, (DATABASE,)).fetchone()
        return tuple(map(int, row or ()))

    def cpu_ns(self) -> int | None:
        """CPU time that our own server has used so far, ns, of backends that have ended in whole ticks; None: nobody knows."""
        return None if self._postmaster is None else used_ns(self._postmaster)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def used_ns(pid: int, root: Path = Path("/proc")) -> int | None:
    """CPU time of a process and its children, ns, ended ones included; None where the kernel does not tell."""
    try:
        process = root / str(pid)
        ended = (process / "stat").read_text().rpartition(")")[2].split()[13:15]
        total = sum(map(int, ended)) * 1_000_000_000 // os.sysconf("SC_CLK_TCK") + scheduled_ns(process)
        children = (process / "task" / str(pid) / "children").read_text().split()
    except (OSError, ValueError):
        return None
    for child in children:
        try:
            total += scheduled_ns(root / child)
        except (OSError, ValueError):  # it ended meanwhile
            continue
    return total


def scheduled_ns(process: Path) -> int:
    """CPU time of one process, ns, as the scheduler counts it."""
    return int((process / "schedstat").read_text().split()[0])
