"""The PostgreSQL of a run: found, started, asked what it saw, and gone with whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from bench.campaign.targets import reachable, targets
from bench.presets.rows import Row
from bench.targets import postgres_server as target
from bench.targets.postgres_referee import Committed, PostgresReferee, used_ns
from bench.targets.postgres_server import DSN, NOBODY, NOWHERE, NoPostgresError, Postgres, missing, postgres, programs
from bench.workloads import load_workload

ROOT = Path(__file__).resolve().parents[2]
NOT_HERE = load_workload("postgres_sleep").cannot("thread", {})
needed = pytest.mark.skipif(bool(NOT_HERE), reason=NOT_HERE)


@pytest.fixture(autouse=True)
def nobody_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DSN, raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(DSN, raising=False)
        with postgres(None) as there:
            yield there


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return True


def soon(what: object) -> bool:
    stop = monotonic() + 20
    while not what() and monotonic() < stop:  # type: ignore[operator]
        sleep(0.02)
    return bool(what())  # type: ignore[operator]


def programs_in(folder: Path, *names: str) -> Path:
    """Make programs that fail."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\necho it is broken >&2\nexit 1\n")
        (folder / name).chmod(0o755)
    return folder


@needed
def test_one_that_is_named_and_is_not_there_is_said_without_naming_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DSN, "host=/nowhere/secret user=somebody")
    with (
        pytest.raises(NoPostgresError, match=f"^the PostgreSQL that {DSN} names refused a connection$"),
        postgres(None),
    ):
        pass


def test_debian_s_newest_is_taken_where_path_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(target, "DEBIAN", tmp_path)
    assert programs() is None
    assert missing() == NOWHERE
    programs_in(tmp_path / "16" / "bin", "initdb")  # the server itself is missing
    nine = programs_in(tmp_path / "9.6" / "bin", "initdb", "postgres")
    assert programs() == nine
    fifteen = programs_in(tmp_path / "15" / "bin", "initdb", "postgres")
    assert programs() == fifteen
    on_path = programs_in(tmp_path / "own", "initdb", "postgres")
    monkeypatch.setenv("PATH", str(on_path))
    assert programs() == on_path.resolve()


def test_one_that_is_named_needs_no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(target, "DEBIAN", tmp_path)
    monkeypatch.setenv(DSN, "host=somewhere")
    monkeypatch.setattr(target, "look_for_it", lambda: None)
    assert missing() == ""
    with postgres(None) as there:
        assert (there.dsn(), there.dsn("other"), there.postmaster()) == ("host=somewhere", "host=somewhere", None)


def test_root_needs_somebody_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(target, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(programs_in(tmp_path / "own", "initdb", "postgres")))
    monkeypatch.setattr(target, "USERS", ("nobody-has-this-name",))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert missing() == NOBODY
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert missing() == ""


def test_one_that_does_not_start_is_a_reason_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # whoever runs it must get in, which pytest's own folders do not allow
        own = programs_in(Path(folder) / "own", "initdb", "postgres")
        monkeypatch.setenv("PATH", f"{own}:{os.environ['PATH']}")
        with pytest.raises(NoPostgresError) as caught:
            postgres(None).__enter__()
    assert str(caught.value) == "PostgreSQL did not start: initdb: it is broken"


def test_rows_whose_target_cannot_be_had_are_listed_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(target, "DEBIAN", tmp_path)
    rows = [Row("sleep", 10, ("thread",), 1, 1), Row("postgres_sleep", 10, ("thread", "asyncio"), 1, 1)]
    with targets(rows, 0, tmp_path) as there:
        assert (there.started, there.arguments, there.lost) == ({}, (), {"postgres": NOWHERE})
        able, unable = reachable(rows, there.lost)
    assert able == rows[:1]
    assert [(entry.cell, entry.reason) for entry in unable] == [
        ("postgres_sleep/thread/10", NOWHERE),
        ("postgres_sleep/asyncio/10", NOWHERE),
    ]


@needed
def test_it_is_on_its_core_and_leaves_nothing() -> None:
    cpu = min(os.sched_getaffinity(0))
    with postgres(cpu) as there:
        pid, folder = there.postmaster(), there.folder
        assert pid is not None
        assert folder is not None
        assert os.sched_getaffinity(pid) == {cpu}
        assert folder.is_dir()
        used = used_ns(pid)
        assert used is None or used > 0
    assert gone(pid)
    assert not folder.exists()


STARTS = """
import sys, time
from bench.targets.postgres_server import postgres
with postgres(None) as there:
    print(there.folder, there.postmaster(), there.process.pid, flush=True)
    time.sleep(100)
"""


@needed
@pytest.mark.parametrize("victim", ["who started it", "who looks after it"])
def test_it_ends_when_another_is_killed(victim: str) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTS], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert starter.stdout is not None
        folder, pid, keeper = starter.stdout.readline().split()
        os.kill(starter.pid if victim == "who started it" else int(keeper), signal.SIGKILL)
        assert soon(lambda: gone(int(pid)))
        if victim == "who started it":
            assert soon(lambda: gone(int(keeper)))
            assert not Path(folder).exists()
    finally:
        starter.kill()
        starter.communicate()
    if victim == "who looks after it":
        assert soon(lambda: not Path("/proc", keeper).exists())
        with postgres(None):  # the next start removes what was left
            assert not Path(folder).exists()


@needed
def test_the_referee_counts_what_was_asked_and_over_how_many_connections(server: Postgres) -> None:
    import psycopg  # noqa: PLC0415 - it may not be here

    referee = PostgresReferee(server)
    try:
        if referee.committed() is None:
            pytest.skip(f"PostgreSQL {referee.version} counts too late")
        for connections, statements in ((0, 0), (1, 0), (3, 4)):
            referee.begin()
            for _ in range(connections):
                with psycopg.connect(server.dsn(), autocommit=True, prepare_threshold=None) as connection:
                    for _ in range(statements):
                        connection.execute("select 1")
            assert referee.committed() == Committed(connections, connections * statements)
    finally:
        referee.close()


@needed
def test_a_server_that_is_named_is_waited_for_and_not_counted(server: Postgres) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.worker.main", "postgres_sleep/thread/2", "--verify"],
        cwd=ROOT,
        env={**os.environ, DSN: server.dsn()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr


@pytest.mark.parametrize("missing_file", ["stat", "schedstat"])
def test_what_a_kernel_does_not_tell_is_not_known(tmp_path: Path, missing_file: str) -> None:
    for pid, children in ((7, "8 9"), (8, "")):
        (tmp_path / str(pid) / "task" / str(pid)).mkdir(parents=True)
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a b) S " + " ".join(map(str, range(4, 40))))
        (tmp_path / str(pid) / "schedstat").write_text("5000 1 1\n")
        (tmp_path / str(pid) / "task" / str(pid) / "children").write_text(children)
    tick_ns = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    assert used_ns(7, tmp_path) == (16 + 17) * tick_ns + 2 * 5000  # 9 has ended
    (tmp_path / "7" / missing_file).unlink()
    assert used_ns(7, tmp_path) is None


@needed
def test_what_a_killed_keeper_could_not_remove_is_removed_by_who_started_it() -> None:
    with postgres(None) as there:
        pid, folder, keeper = there.postmaster(), there.folder, there.process
        assert pid is not None
        assert folder is not None
        assert keeper is not None
        keeper.kill()
    assert gone(pid)
    assert not folder.exists()


@needed
@pytest.mark.parametrize("victim", ["postmaster", "backend"])
def test_a_server_of_which_a_process_was_killed_is_no_longer_there_and_leaves_nothing(victim: str) -> None:
    import psycopg  # noqa: PLC0415 - it may not be here

    shared = set(Path("/dev/shm").iterdir())
    with postgres(None) as there:
        assert there.is_there()
        assert there.folder is not None
        connection = psycopg.connect(there.dsn())
        pid = there.postmaster() if victim == "postmaster" else connection.info.backend_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert soon(lambda: not there.is_there())
        assert there.process is not None
        assert there.process.wait(timeout=20) == 1
        connection.close()
    assert not there.folder.exists()
    assert {path for path in Path("/dev/shm").iterdir() if path.name.startswith("PostgreSQL")} <= shared


@needed
def test_only_its_own_folder_leads_to_it_and_nobody_else_may_enter_that(server: Postgres) -> None:
    assert server.folder is not None
    assert server.folder.stat().st_mode & 0o777 == 0o700
    assert (server.folder / ".s.PGSQL.5432").is_socket()
    assert server.postmaster() is not None
    held = {str(fd.readlink()) for fd in Path(f"/proc/{server.postmaster()}/fd").iterdir()}
    assert len([one for one in held if one.startswith("socket:")]) >= 1
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    assert not any(one.removeprefix("socket:[").rstrip("]") in listening.split() for one in held)
