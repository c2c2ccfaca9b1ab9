"""Who can reach the suite's servers, and whom the suite reaches: this machine, and nobody else."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bench.targets.http_referee import http_server
from bench.targets.postgres_server import missing, postgres

ROOT = Path(__file__).resolve().parents[2]
LISTENING = "0A"  # in /proc/net/tcp
GALLERY = min((ROOT / "reports" / "gallery").glob("*/2*/run.json")).parent

# Runs a module and says at its end to whom this process connected, and what names it looked up.
WATCH = """
import json, runpy, sys
met = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        met.append(arguments[1])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        met.append([arguments[0]])
sys.addaudithook(hook)
module, *sys.argv[1:] = sys.argv[1:]
try:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
finally:
    print(json.dumps(met, default=repr), file=sys.stderr)
"""


def met(*command: str) -> list[object]:
    """Whom a module of the suite connects to, as first part of an address."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *command], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return [who[0] if isinstance(who, list) else who for who in json.loads(done.stderr.splitlines()[-1])]


def listening(pid: int) -> list[str]:
    """The addresses on which a process listens, as the kernel writes them."""
    own = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        if found := re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink())):
            own.add(found[1])
    rows = [
        line.split()
        for kind in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]
    ]
    return [row[1].partition(":")[0] for row in rows if row[3] == LISTENING and row[9] in own]


def test_the_http_server_listens_on_loopback_only() -> None:
    with http_server(None) as server:
        assert {*listening(server.process.pid)} == {"0100007F"}  # 127.0.0.1, its bytes as the machine has them


@pytest.mark.skipif(bool(missing()), reason="no PostgreSQL here")
def test_our_postgresql_listens_in_a_private_folder_only() -> None:
    with postgres(None) as there:
        pid = there.postmaster()
        assert pid is not None
        assert there.folder is not None
        assert listening(pid) == []
        assert stat.S_IMODE(there.folder.stat().st_mode) & 0o077 == 0
        assert [path.name for path in there.folder.glob(".s.PGSQL.*") if path.is_socket()]


@pytest.mark.parametrize("cell", ["http_get/thread/3", "http_get/asyncio/3", "two_flows/asyncio/2", "brigade/thread/3"])
def test_a_cell_connects_to_this_machine_only(cell: str) -> None:
    found = met("bench.worker.main", cell)
    assert {*found} <= {"127.0.0.1"}
    assert bool(found) is not cell.startswith("brigade")


@pytest.mark.parametrize("command", ["doctor", "list", "report --format json"])
def test_commands_that_measure_nothing_connect_to_nobody(command: str, tmp_path: Path) -> None:
    run = shutil.copytree(GALLERY, tmp_path / "run")
    assert met("bench", *command.split(), *([str(run)] if "report" in command else [])) == []
