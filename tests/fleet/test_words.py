"""What a user asks of a fleet: hosts, addresses, resumed fleets; and who imports Dask."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from bench.fleet import settle
from bench.fleet.command import OWN_FILES, Asked, begun, fleet, keep, resumed, way_of
from bench.fleet.engine import Certificate, check_address
from bench.fleet.hosts import read_hosts
from bench.fleet.screen import Screen
from bench.fleet.ship import bundle
from bench.fleet.state import Fleet, Outcome, read_fleet
from bench.fleet.tasks import NO_ID, machine_key
from bench.store import runs
from bench.store.border import StoreError
from bench.words import UserError

ROOT = Path(__file__).resolve().parents[2]
FILES = Certificate("ca", "cert", "key")


def test_hosts_of_a_line_and_a_file_are_each_taken_once(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("b\nuser@c  # the rack\n\n# d\n")
    assert read_hosts("a b, a", tmp_path / "hosts") == ["a", "b", "user@c"]


@pytest.mark.parametrize("name", ["-oProxyCommand=x", "a;b", "a/b", "a$(b)"])
def test_a_name_that_ssh_or_a_shell_would_read_otherwise_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="no host's name"):
        read_hosts(name, None)


def test_a_missing_hostfile_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="hosts: No such file"):
        read_hosts("", tmp_path / "hosts")


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "tcp://example.org:8786", "tcp://127.0.0.1.evil:1"])
def test_plain_tcp_beyond_loopback_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="not encrypted"):
        check_address(address, FILES)


@pytest.mark.parametrize("address", ["10.0.0.1:8786", "http://a:1", "tls://", "tls://a", "tls://a:99999999"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UserError, match="no scheduler's address"):
        check_address(address, FILES)


def test_tls_needs_a_certificate() -> None:
    check_address("tls://a:1", FILES)
    check_address("tcp://127.0.0.1:1", Certificate())
    with pytest.raises(UserError, match="--tls-ca"):
        check_address("tls://a:1", Certificate())


def test_a_fleet_is_read_as_it_was_written_and_only_the_rest_is_asked_again(tmp_path: Path) -> None:
    fleet = Fleet("20260101T000000Z-quick", "quick", 1, 60.0, ["--preset", "quick"], ["a", "b", "c", "d"])
    fleet.note(Outcome("a", "1" * 16, run=str(tmp_path)))
    fleet.note(Outcome("b", failed="it is gone"))
    fleet.note(Outcome("c", "1" * 16, same_as="a"))
    fleet.note(Outcome("d", "2" * 16, run=str(tmp_path / "removed since")))
    fleet.write(tmp_path)
    found = read_fleet(tmp_path)
    assert found == fleet
    assert found.settled() == {"a", "c"}


def test_outcomes_are_in_the_order_of_the_hosts_whoever_is_first() -> None:
    fleet = Fleet("x", "quick", 1, 60.0, [], ["a", "b", "c"])
    for host in "cab":
        fleet.note(Outcome(host))
    fleet.note(Outcome("c", failed="it is gone"))
    assert [(one.host, one.failed) for one in fleet.outcomes] == [("a", ""), ("b", ""), ("c", "it is gone")]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(runs, "REPORTS", tmp_path / "reports")
    (tmp_path / "mine.py").write_text("def op_blocking(seat, task):\n    return 1\n")
    return tmp_path


def test_a_fleet_that_goes_on_has_its_files_and_its_python(shelf: Path) -> None:
    mine = str(shelf / "mine.py")
    asked = Asked(hosts=["a"], workloads=[f"{mine}?x=1", "sleep"], models=["thread"], python="python3.13")
    state, folder, files = begun(asked)
    way_of(asked, state)
    keep(state, folder, files)
    (shelf / "mine.py").write_text("# changed since\n")
    again = Asked(resume=folder)
    found, where, kept = resumed(again)
    assert (found, where, kept) == (state, folder, files)
    assert found.arguments == [
        "--preset",
        "bench",
        "--workload",
        "{mine.py}?x=1",
        "--workload",
        "sleep",
        "--model",
        "thread",
    ]
    assert way_of(again, found).python == "python3.13"
    assert way_of(Asked(resume=folder, python="python3.12"), found).python == "python3.12"


def test_a_file_that_was_changed_in_a_fleet_s_folder_is_refused(shelf: Path) -> None:
    state, folder, files = begun(Asked(hosts=["a"], workloads=[str(shelf / "mine.py")]))
    keep(state, folder, files)
    (folder / OWN_FILES / "mine.py").write_text("# changed since\n")
    with pytest.raises(UserError, match="is not what this fleet began with: start a new one"):
        resumed(Asked(resume=folder))


@pytest.mark.parametrize(
    ("more", "named"),
    [({"budget_s": 60.0}, "--budget"), ({"workloads": ["sleep"]}, "--workload"), ({"preset": "quick"}, "--preset")],
)
def test_what_a_fleet_was_asked_cannot_be_changed(more: dict[str, Any], named: str, shelf: Path) -> None:
    state, folder, files = begun(Asked(hosts=["a"]))
    keep(state, folder, files)
    with pytest.raises(UserError, match=f"^{named}: a fleet that goes on keeps what it was asked"):
        resumed(Asked(resume=folder, **more))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"workloads": ["slep"]}, "did you mean 'sleep'"),
        ({"models": ["thred"]}, "did you mean 'thread'"),
        ({"workloads": ["mine.py"]}, r"mine\.py:2: SyntaxError: "),
    ],
)
def test_what_no_host_could_measure_is_refused_here(
    asked: dict[str, Any], words: str, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shelf / "mine.py").write_text("x = 1\ny = = 2\n")
    monkeypatch.chdir(shelf)
    with pytest.raises(UserError, match=words):
        begun(Asked(hosts=["a"], **asked))
    assert not runs.REPORTS.exists()


def test_a_fleet_that_cannot_begin_leaves_nothing(shelf: Path) -> None:
    with pytest.raises(UserError):
        fleet(Asked(hosts=["a"], wheels=shelf / "no-such-folder"))
    assert not runs.REPORTS.exists()


@pytest.mark.parametrize("filters", ["with filters", "without"])
def test_a_host_s_python_may_be_from_before_tar_files_were_filtered(
    filters: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if filters == "without":
        monkeypatch.delattr(tarfile, "data_filter")
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        tar.add(ROOT / "Makefile", "Makefile")
    settle.extract(content.getvalue(), str(tmp_path))
    assert (tmp_path / "Makefile").read_text() == (ROOT / "Makefile").read_text()


MAKES = """
import sys, tempfile
from bench.fleet import settle
with tempfile.TemporaryDirectory() as folder:
    print(settle.unless_the_client_goes([sys.executable, "-c", sys.argv[1]], {}, folder), flush=True)
"""


def test_an_environment_is_made_while_the_client_is_there() -> None:
    code = "import sys; print('said', file=sys.stderr); sys.exit(3)"
    with subprocess.Popen(
        [sys.executable, "-c", MAKES, code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "(3, b'said\\n')\n"


def test_what_makes_an_environment_ends_with_the_client(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(100)"
    with subprocess.Popen([sys.executable, "-c", MAKES, code], cwd=ROOT, stdin=subprocess.PIPE) as process:
        end = time.monotonic() + 60
        while not (mark.is_file() and mark.read_text()) and time.monotonic() < end:
            time.sleep(0.02)
        assert process.stdin is not None
        process.stdin.write(b"a sign of life\n")  # nobody reads it, and it is no end
        process.stdin.close()
        assert process.wait(timeout=60) == 1
    assert not Path("/proc", mark.read_text()).exists()


def test_machines_are_told_apart_without_giving_their_ids_away(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("a" * 32)
    other.write_text("b" * 32)
    assert machine_key(one) == machine_key(one) != machine_key(other)
    assert "aaaa" not in machine_key(one)
    assert machine_key(tmp_path / "none") == NO_ID


def test_a_bundle_has_code_and_locks_and_is_known_by_what_is_in_it() -> None:
    first = bundle()
    assert first.code == bundle().code
    assert len(first.content) < 8 * 2**20


def test_elsewhere_than_on_a_terminal_a_change_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(["a", "b"]).show("a", "measuring\x1b[2J")
    said = capsys.readouterr().err
    assert "a: measuring" in said
    assert "\x1b" not in said


def test_nothing_but_a_fleet_imports_dask() -> None:
    code = (
        "import sys\n"
        "from bench.commands import commands; commands()\n"
        "import bench.campaign.run, bench.worker.main, bench.report.report\n"
        "import bench.fleet.tasks, bench.fleet.host, bench.fleet.hosts, bench.fleet.ssh, bench.fleet.attempts\n"
        "print([name for name in ('distributed', 'dask', 'tornado', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
