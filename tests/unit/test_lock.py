"""One campaign at a time per machine; the lock touches nothing that is not ours."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path

import pytest

from bench.campaign import lock
from bench.machine.runtime import NAME, runtime_folder
from bench.words import UserError

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    """A clock that only runs while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def private(path: Path) -> str:
    """A socket's name that is this test's alone, and short: they have 107 bytes."""
    return f"{NAME}-test-{sha256(str(path).encode()).hexdigest()[:16]}"


def hold(path: Path, run: str, clock: Clock, name: str = "") -> AbstractContextManager[None]:
    """The machine of this test alone."""
    return lock.machine_lock(run, path, name or private(path), clock=clock, pause=clock.pause)


def refusal(path: Path, clock: Clock, name: str = "") -> str:
    with pytest.raises(UserError) as caught, hold(path, "second", clock, name):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_second_campaign_waits_five_seconds_and_is_told_who_holds_the_machine(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "lock"
    with hold(path, "20260101T000000Z-bench", clock):
        for _ in range(2):  # a refusal leaves the holder's line in place
            began = clock.now
            said = refusal(path, clock)
            assert lock.WAIT_S <= clock.now - began < lock.WAIT_S + 1
            assert re.search(
                rf"process {os.getpid()}, run 20260101T000000Z-bench, since 20\d\d-\d\d-\d\d [\d:]+ UTC", said
            )
            assert said.endswith("wait for it to end, or end it")


def test_one_that_ends_meanwhile_is_waited_for(tmp_path: Path, clock: Clock) -> None:
    first = hold(tmp_path / "lock", "first", clock)
    first.__enter__()

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        if clock.now > 2 and clock.now - seconds <= 2:
            first.__exit__(None, None, None)

    with lock.machine_lock("second", tmp_path / "lock", private(tmp_path / "lock"), clock=clock, pause=pause):
        assert 2 <= clock.now < lock.WAIT_S
        assert "run second" in (tmp_path / "lock").read_text()


def test_another_user_s_campaign_holds_the_machine_too(tmp_path: Path, clock: Clock) -> None:
    """Its file is in another folder; the socket's name is the machine's, and the kernel says whose it is."""
    with hold(tmp_path / "theirs", "first", clock, private(tmp_path)):
        said = refusal(tmp_path / "mine", clock, private(tmp_path))
    assert f"process {os.getpid()} of user {os.geteuid()}, " in said
    assert re.search(r"since 20\d\d-\d\d-\d\d [\d:]+ UTC", said)
    assert (tmp_path / "mine").read_text() == ""


def test_one_user_s_campaigns_exclude_each_other_in_other_network_namespaces(tmp_path: Path, clock: Clock) -> None:
    with hold(tmp_path / "lock", "first", clock, "one-namespace"):
        assert "run first" in refusal(tmp_path / "lock", clock, "another-namespace")


def test_the_machine_is_free_again_after_a_campaign_that_failed(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(KeyboardInterrupt), hold(tmp_path / "lock", "a run with a long name", clock):
        raise KeyboardInterrupt
    with hold(tmp_path / "lock", "b", clock):
        assert (tmp_path / "lock").read_text().startswith(f"process {os.getpid()}, run b, since ")
    assert (tmp_path / "lock").read_text() == ""
    assert clock.now == 0


def test_what_a_crash_left_holds_nobody_up(tmp_path: Path, clock: Clock) -> None:
    program = (
        "import os, sys; from pathlib import Path; from bench.campaign.lock import machine_lock\n"
        "with machine_lock('crashed', Path(sys.argv[1]), sys.argv[2]): os._exit(9)"
    )
    name = private(tmp_path / "lock")
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "lock", name], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert "run crashed" in (tmp_path / "lock").read_text()
    with hold(tmp_path / "lock", "a run", clock):
        assert "run a run" in (tmp_path / "lock").read_text()
    assert clock.now == 0


@pytest.mark.parametrize(
    "what", ["a link to a file", "a link to nowhere", "a second name", "a pipe", "a folder", "no folder"]
)
def test_what_is_not_ours_is_left_as_it_is(tmp_path: Path, clock: Clock, what: str) -> None:
    canary, path = tmp_path / "canary", tmp_path / "lock"
    canary.write_text("mine\n")
    if what == "a link to a file":
        path.symlink_to(canary)
    elif what == "a link to nowhere":
        path.symlink_to(tmp_path / "new")
    elif what == "a second name":
        os.link(canary, path)
    elif what == "a pipe":
        os.mkfifo(path)
    elif what == "a folder":
        path.mkdir()
    else:
        path = tmp_path / "no" / "lock"
    assert "remove it if no campaign runs" in refusal(path, clock)
    assert canary.read_text() == "mine\n"
    assert not (tmp_path / "new").exists()


def test_a_campaign_s_name_cannot_steer_the_terminal_nor_fill_it(tmp_path: Path, clock: Clock) -> None:
    with hold(tmp_path / "lock", "\x1b[2J" + "x" * 5000, clock):
        said = refusal(tmp_path / "lock", clock)
    assert "\x1b" not in said
    assert len(said) < 600


def test_a_name_that_somebody_only_bound_is_somebody(tmp_path: Path, clock: Clock) -> None:
    with socket.socket(socket.AF_UNIX) as squatter:
        squatter.bind(f"\0{private(tmp_path)}")
        assert "says nothing" in refusal(tmp_path / "lock", clock, private(tmp_path))


# The folder that only this user can write to.


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    before = os.umask(0)  # nobody's mask is to be relied on
    (tmp_path / "tmp").mkdir()
    yield tmp_path
    os.umask(before)


OWN = f"{NAME}-{os.geteuid()}"


def test_the_user_s_runtime_folder_is_taken_where_it_is_the_user_s_alone(root: Path) -> None:
    (root / "xdg").mkdir(mode=0o700)
    assert runtime_folder({"XDG_RUNTIME_DIR": str(root / "xdg")}, root) == root / "xdg"


@pytest.mark.parametrize("what", ["open to others", "a link", "not there", "relative", "a file"])
def test_one_that_others_could_write_to_is_not(root: Path, what: str) -> None:
    xdg = root / "xdg"
    if what == "open to others":
        xdg.mkdir(mode=0o770)
    elif what == "a link":
        (root / "real").mkdir(mode=0o700)
        xdg.symlink_to(root / "real")
    elif what == "a file":
        xdg.touch()
    given = "xdg" if what == "relative" else str(xdg)
    found = runtime_folder({"XDG_RUNTIME_DIR": given}, root)
    assert found == root / "tmp" / OWN
    assert stat.S_IMODE(found.stat().st_mode) == 0o700
    assert runtime_folder({}, root) == found  # and is found again


def test_without_a_variable_the_system_s_folder_is_found(root: Path) -> None:
    folder = root / "run/user" / str(os.geteuid())
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    assert runtime_folder({}, root) == folder


@pytest.mark.parametrize("what", ["a link", "open to others", "a file"])
def test_where_somebody_was_before_us_in_tmp_it_is_the_home_folder_s(root: Path, what: str) -> None:
    (root / "victim").mkdir(mode=0o700)
    there = root / "tmp" / OWN
    if what == "a link":
        there.symlink_to(root / "victim")
    elif what == "a file":
        there.touch()
    else:
        there.mkdir(mode=0o777)
    assert runtime_folder({"HOME": str(root / "home")}, root) == root / "home/.cache" / NAME
    assert list((root / "victim").iterdir()) == []
    with pytest.raises(UserError, match="make one with mode 700 and name it in XDG_RUNTIME_DIR"):
        runtime_folder({}, root)
