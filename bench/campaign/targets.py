"""What flows wait for, started once for a whole run, on the core that is not measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.presets.rows import Row
from bench.store.manifest import NotRun
from bench.targets.disk_file import NO_WAY, DiskFile, NoWayPastCacheError, disk_file
from bench.targets.http_referee import HttpServer, http_server
from bench.targets.postgres import NoPostgresError, Postgres, postgres
from bench.words import RunFailedError
from bench.workloads import load_workload


class TargetLostError(RunFailedError):
    """A server is gone: the run stops, and can be resumed."""


@dataclass(frozen=True)
class Targets:
    """What flows wait for, as far as a run needs it."""

    http: HttpServer | None
    file: DiskFile | None
    postgres: Postgres | None = None
    lost: Mapping[str, str] = field(default_factory=dict)  # those that cannot be had here, with the reason

    @property
    def port(self) -> int | None:
        """The http server's port."""
        return self.http.address[1] if self.http else None

    def check(self) -> None:
        """Raise TargetLostError where a server has ended."""
        if self.http is not None and self.http.process.poll() is not None:
            raise TargetLostError(f"the http server ended with status {self.http.process.returncode}")
        if self.postgres is not None and self.postgres.process is not None and self.postgres.process.poll() is not None:
            raise TargetLostError("PostgreSQL ended")


@contextmanager
def targets(rows: Sequence[Row], cpu: int, folder: Path) -> Iterator[Targets]:
    """Start the servers and make the file, if rows need them; `folder` is on the disk that is to be read."""
    needed = {target for row in rows for target in load_workload(row.workload).TARGETS}
    lost: dict[str, str] = {}  # the rows that need those are then listed as not run
    with ExitStack() as stack:
        http = stack.enter_context(http_server(cpu)) if "http" in needed else None
        file = database = None
        if "postgres" in needed:
            try:
                database = stack.enter_context(postgres(cpu))
            except NoPostgresError as error:
                lost["postgres"] = str(error)
        if "file" in needed:
            try:
                file = stack.enter_context(disk_file(folder))
            except NoWayPastCacheError:
                lost["file"] = NO_WAY
        yield Targets(http, file, database, lost)


def reachable(rows: Sequence[Row], lost: Mapping[str, str]) -> tuple[list[Row], list[NotRun]]:
    """Split rows into those whose targets are there, and those that need one that cannot be had here."""
    reasons = [next((lost[t] for t in load_workload(row.workload).TARGETS if t in lost), "") for row in rows]
    able = [row for row, reason in zip(rows, reasons, strict=True) if not reason]
    unable = [(row, reason) for row, reason in zip(rows, reasons, strict=True) if reason]
    return able, [NotRun(cell.name, reason) for row, reason in unable for cell in row.cells()]
