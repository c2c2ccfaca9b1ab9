"""Nothing outlives a run, and nothing recorded is lost: `python scripts/killtest.py [--times 5]`.

Starts small runs and kills (SIGKILL) the campaign, a cell, a template of cells, or the server at a random moment, so many times each.
After 2 s nothing of ours may be left (of a killed cell or template: nothing of that), every record must load, and `run
--resume` must complete the run. Prints a line per try; exit status 1 if anything does not hold. It ends only
processes that it started, by their process ids.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.store import manifest as manifests
from bench.store.records import read_all

SMALL = ["--preset", "quick", "--workload", "sleep,http_get", "--flows", "5,20", "--rounds", "2"]
# Those that make processes, each in its way, and two that do not; and time enough, on whatever machine it is.
SMALL += ["--model", "thread,asyncio,process,process_pool,process_forkserver", "--budget", "5m"]
GRACE_S = 2.0
TEMPLATE = "bench.worker.template"
RECOVERS = ("cell", "template")  # from whose end a run recovers by itself


def start(arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start a run with these arguments."""
    command = [sys.executable, "-m", "bench", "run", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def command_lines() -> dict[int, str]:
    """Every process and its command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
    return found


def parents() -> dict[int, int]:
    """The parent of every process."""
    found = {}
    for pid in command_lines():
        try:
            found[pid] = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return found


def tree(pid: int) -> set[int]:
    """A process and all its descendants."""
    above, found = parents(), {pid}
    while True:
        more = {child for child, parent in above.items() if parent in found} - found
        if not more:
            return found
        found |= more


def pick(victim: str, run: int) -> int | None:
    """The process to kill: the campaign itself, or its cell, template or server, if one is there now."""
    if victim == "campaign":
        return run
    wanted = {"cell": "bench.worker.main", "template": TEMPLATE, "server": "bench.targets.http_server"}[victim]
    lines, above = command_lines(), parents()
    children = {pid for pid, parent in above.items() if parent == run}
    found = [pid for pid in children if wanted in lines.get(pid, "")]
    if victim == "cell":  # or it was forked from a template
        found += [pid for pid, parent in above.items() if parent in children and TEMPLATE in lines.get(parent, "")]
    return random.choice(found) if found else None


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a zombie does not."""
    running = set()
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                running.add(pid)
        except OSError:
            continue
    return running


def kill_once(victim: str, folder: Path) -> str:
    """Kill a victim in a run; return what does not hold, or ''."""
    process = start([*SMALL, "--out", str(folder)])
    time.sleep(random.uniform(1.5, 5.0))
    end = time.monotonic() + 10
    while (pid := pick(victim, process.pid)) is None and time.monotonic() < end and process.poll() is None:
        time.sleep(0.01)
    if pid is None:
        process.kill()
        return f"found no {victim} to kill"
    mine = tree(pid) if victim in RECOVERS else tree(process.pid)
    os.kill(pid, signal.SIGKILL)
    time.sleep(GRACE_S)
    if victim == "server":
        process.wait(timeout=30)
        mine = {one for one in mine if one != process.pid}
    left = alive(mine)
    if left:
        return f"{len(left)} processes are left: {[command_lines().get(one, '')[:80] for one in left]}"
    process.wait(timeout=120)
    records = read_all(folder / manifests.RAW)
    if victim not in RECOVERS:
        resumed = start(["--resume", str(folder)])
        if resumed.wait(timeout=120) != 0:
            return f"resuming ended with status {resumed.returncode}"
    manifest = manifests.read_manifest(folder)
    valid = {(r.cell.name, r.round) for r in manifests.valid_records(folder, manifest)}
    cells = {
        (f"{row['workload']}/{model}/{row['flows']}", n + 1)
        for row in manifest.plan
        for model in row["models"]
        for n in range(row["rounds"])
    }
    if manifest.state != "complete" or valid != cells:
        return f"the run is {manifest.state} with {len(valid)} of {len(cells)} cells, {len(records)} records before"
    return ""


def main() -> int:
    """Kill each kind of victim so many times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    failed = 0
    for victim in ("campaign", "cell", "template", "server"):
        for number in range(1, options.times + 1):
            with tempfile.TemporaryDirectory() as folder:
                wrong = kill_once(victim, Path(folder) / "run")
            failed += bool(wrong)
            print(
                f"{victim} {number}: {wrong or 'nothing left, all records load, the run is complete'}",
                flush=True,
            )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
