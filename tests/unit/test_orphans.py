"""Whoever adopts orphans is given them, and leaves none of them running."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A child with a child in a session of its own, which is killed: what it has started is then nobody's.
ADOPTS = """
import os, signal, subprocess, sys
from bench.machine.orphans import adopt, descendants, end_all
adopt()
start = "import subprocess, sys; print(subprocess.Popen(['sleep', '100'], start_new_session=True).pid, flush=True); sys.stdin.read()"
child = subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
orphan = int(child.stdout.readline())
child.kill()
child.wait()
print(descendants(os.getpid()) == [orphan])
end_all()
print(descendants(os.getpid()), os.path.exists(f"/proc/{orphan}"))
"""


def test_orphans_are_found_and_ended() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ADOPTS], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.split("\n"), done.stderr) == (0, ["True", "[] False", ""], "")
