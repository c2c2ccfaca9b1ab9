"""What a user asks of a fleet: hosts, addresses, resumed fleets; and who imports Dask."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.fleet.engine import Certificate, check_address
from bench.fleet.hosts import read_hosts
from bench.fleet.screen import Screen
from bench.fleet.ship import bundle
from bench.fleet.state import Fleet, Outcome, read_fleet
from bench.fleet.tasks import NO_ID, machine_key
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
