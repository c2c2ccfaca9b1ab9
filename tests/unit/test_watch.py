"""The watcher ends with the process that has started it, whenever that goes."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.harness.flow import SharedMemory
from bench.harness.watch import BOARD_FD, READY_FD, SERIES_FD, start
from bench.harness.watcher import HEAD


def test_a_watcher_whose_parent_was_gone_before_it_could_ask_for_it_ends() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    board, series = SharedMemory.make(8), SharedMemory.make(8 * HEAD)  # the gate, which nobody will open
    ready, write = os.pipe()
    given = {BOARD_FD: board.fd, SERIES_FD: series.fd, READY_FD: write}
    watcher = start([*map(str, (*given, 0, 1, 500, gone.pid))], given)
    os.close(write)
    assert os.read(ready, 1) == b"."  # it has begun
    os.close(ready)
    assert os.waitpid(watcher, 0)[1] == 0
