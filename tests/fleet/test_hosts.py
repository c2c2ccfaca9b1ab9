"""A fleet of hosts that are namespaces of this machine: what comes back, what is reported, and what is left on a host."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.fleet.state import FILE, Fleet, read_fleet
from bench.store import runs
from bench.store.manifest import read_manifest
from tests.fleet import namespaces
from tests.fleet.namespaces import Space, linked, spaces

pytest.importorskip("distributed", reason="needs the packages of requirements-fleet.lock")
pytestmark = [
    pytest.mark.skipif(bool(namespaces.why_not()), reason=namespaces.why_not() or "-"),
    pytest.mark.timeout(240),
]
ROOT = Path(__file__).resolve().parents[2]
SHORT = ("--preset", "quick", "--workload", "sleep", "--model", "thread,asyncio", "--flows", "10", "--rounds", "1")
BUDGET = ("--budget", "40s")
OLD = f"""#!/bin/sh
exec {sys.executable} -u -c "import sys; sys.version_info = (3, 9, 2); sys.version = '3.9.2 (old)'; $3"
"""
OWN_TMP = {
    "kernel-user-threads-bench-0",
    *Path(sys.prefix).parts,
}  # the suite's lock, which any run leaves; what is bound there


def command(config: Path, *arguments: str) -> list[str]:
    reached = ("--ssh-config", str(config), "--python", "/mnt/python", "--environment", sys.executable)
    return [sys.executable, "-m", "bench", "fleet", *reached, *arguments]


def start(config: Path, *arguments: str, within: int = 0) -> subprocess.Popen[str]:
    """Start the client; `within`: in the network of this process."""
    return subprocess.Popen(
        [*(("nsenter", "-t", str(within), "--net") if within else ()), *command(config, *arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    """Read what the user sees until a line has this."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"it never said {text!r}")


def fleet_of(out: str, err: str) -> tuple[Path, Fleet]:
    """The newest fleet, and what became of it."""
    folder = max((runs.REPORTS / "fleet").iterdir())
    assert (folder / FILE).is_file(), (out, err)
    return folder, read_fleet(folder)


def leftovers(space: Space) -> dict[str, object]:
    """What there is on a host that was not there before, once its processes had time to end."""
    end = time.monotonic() + 60
    while space.processes() and time.monotonic() < end:
        time.sleep(0.2)
    files = {path.name for path in (space.room / "tmp").iterdir()} - OWN_TMP
    found = {"processes": space.processes(), "sockets": space.sockets(), "files": files}
    return {what: things for what, things in found.items() if things}


def remove(folder: Path, fleet: Fleet) -> None:
    for outcome in fleet.outcomes:
        if outcome.run:
            shutil.rmtree(Path(outcome.run).parent)
    shutil.rmtree(folder)


def outcomes(fleet: Fleet, hosts: Sequence[str]) -> list[str]:
    by_host = {one.host: one for one in fleet.outcomes}
    return [by_host[host].failed or ("run" if by_host[host].run else by_host[host].same_as) for host in hosts]


def test_of_four_hosts_one_dies_and_one_has_an_old_python_and_the_others_stand(tmp_path: Path) -> None:
    with spaces(tmp_path / "lab", ["a", "b", "c", "d"], {"d": OLD}) as (found, config):
        process = start(config, "--hosts", "a b c d no-such-host.invalid", *SHORT, *BUDGET)
        wait_for(process, "c: measuring")
        found["c"].kill()
        out, err = process.communicate(timeout=200)
        folder, fleet = fleet_of(out, err)
        try:
            assert process.returncode == 1, err
            a, b, c, d, unknown = outcomes(fleet, ["a", "b", "c", "d", "no-such-host.invalid"])
            assert (a, b) == ("run", "run"), (fleet, err)
            assert c
            assert c != "run"
            assert "3.9.2" in d
            assert "--python" in d
            assert "resolve hostname" in unknown
            assert "look at its name" in unknown
            assert (folder / "compare" / "index.html").is_file()
            assert len({one.machine for one in fleet.outcomes if one.run}) == 2
            for outcome in fleet.outcomes:
                if outcome.run:
                    assert read_manifest(Path(outcome.run)).state == "complete"
            assert [leftovers(found[name]) for name in ("a", "b", "d")] == [{}, {}, {}]
        finally:
            remove(folder, fleet)


def test_two_names_of_one_machine_are_measured_once(tmp_path: Path) -> None:
    with spaces(tmp_path / "lab", ["a"]) as (_, config):
        config.write_text(config.read_text().replace("Host a\n", "Host a b\n"))
        process = start(config, "--hosts", "a b", *SHORT, *BUDGET)
        out, err = process.communicate(timeout=200)
        folder, fleet = fleet_of(out, err)
        try:
            assert process.returncode == 0, err
            assert sorted(outcomes(fleet, ["a", "b"]))[1] == "run"
            assert sum(bool(one.run) for one in fleet.outcomes) == 1
            assert "measured once" in out
        finally:
            remove(folder, fleet)


@pytest.mark.long  # with the other long ones of a fleet, it takes a minute
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_client_that_ends_leaves_nothing_on_a_host_and_the_rest_can_be_asked_for(
    how: signal.Signals, tmp_path: Path
) -> None:
    with spaces(tmp_path / "lab", ["a"]) as (found, config):
        process = start(config, "--hosts", "a", *SHORT, *BUDGET)
        wait_for(process, "a: measuring")
        process.send_signal(how)
        out, err = process.communicate(timeout=60)
        folder, fleet = fleet_of(out, err)
        try:
            assert process.returncode == (130 if how == signal.SIGINT else -how), err
            assert not any(one.run for one in fleet.outcomes)
            assert leftovers(found["a"]) == {}
            again = start(config, "--resume", str(folder))
            out, err = again.communicate(timeout=200)
            fleet = read_fleet(folder)
            assert again.returncode == 0, err
            assert outcomes(fleet, ["a"]) == ["run"]
            before = json.loads((folder / FILE).read_text())
            third = start(config, "--resume", str(folder))
            third.communicate(timeout=60)
            assert third.returncode == 0
            assert json.loads((folder / FILE).read_text()) == before  # what is complete is not measured again
        finally:
            remove(folder, fleet)


@pytest.mark.long  # with the other long ones of a fleet, it takes a minute
def test_a_worker_that_is_killed_takes_its_run_along_and_the_host_is_tried_once_more(tmp_path: Path) -> None:
    with spaces(tmp_path / "lab", ["a"]) as (found, config):
        process = start(config, "--hosts", "a", *SHORT, *BUDGET)
        wait_for(process, "a: measuring")
        inside = Path(f"/proc/{found['a'].init}/ns/pid").stat().st_ino
        for path in Path("/proc").glob("[0-9]*"):
            try:
                same = (path / "ns/pid").stat().st_ino == inside
                if same and b"bench.fleet.worker" in (path / "cmdline").read_bytes():
                    os.kill(int(path.name), signal.SIGKILL)
            except OSError:
                continue
        wait_for(process, "tried once more")
        out, err = process.communicate(timeout=200)
        folder, fleet = fleet_of(out, err)
        try:
            assert process.returncode == 0, err
            assert outcomes(fleet, ["a"]) == ["run"]
            assert leftovers(found["a"]) == {}
        finally:
            remove(folder, fleet)


@pytest.mark.long  # twenty seconds without a link, or as many as a host bears
@pytest.mark.parametrize("comes_back", [True, False])
def test_a_link_that_is_down_for_twenty_seconds_is_borne_and_one_that_stays_down_leaves_nothing(
    tmp_path: Path, *, comes_back: bool
) -> None:
    with spaces(tmp_path / "lab", ["a"]) as (found, config), linked(found["a"], config) as link:
        listening = found["a"].processes()  # its sshd
        process = start(config, "--hosts", "a", *SHORT, *BUDGET, within=link.client)
        wait_for(process, "a: measuring")
        link.set("down")
        if comes_back:
            time.sleep(20)
            link.set("up")
        out, err = process.communicate(timeout=200)
        folder, fleet = fleet_of(out, err)
        try:
            assert process.returncode == (0 if comes_back else 1), err
            assert outcomes(fleet, ["a"]) == ["run"] or not comes_back, err
            assert "tried once more" not in err or not comes_back, err
            end = time.monotonic() + 60
            # What has ended has no command line any more: the first process there is no init, and waits for nobody.
            while list(filter(None, found["a"].processes())) != listening and time.monotonic() < end:
                time.sleep(0.2)
            assert list(filter(None, found["a"].processes())) == listening
            assert [line for line in found["a"].sockets() if line.split()[3] == "01"] == []  # established
            assert {path.name for path in (found["a"].room / "tmp").iterdir()} <= OWN_TMP
            if not comes_back:
                link.set("up")
                again = start(config, "--resume", str(folder), within=link.client)
                out, err = again.communicate(timeout=200)
                fleet = read_fleet(folder)
                assert again.returncode == 0, err
                assert outcomes(fleet, ["a"]) == ["run"]
        finally:
            remove(folder, fleet)
