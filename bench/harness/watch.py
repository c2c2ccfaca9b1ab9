"""What the CPU clocks of a cell's processes showed while it ran, read from another core (bench/harness/watcher.py).

Strategy: the watcher is started before the clock, and says when it is ready. It maps the board, and memory that this process
reads afterwards. It is started without a fork of Python's: a fork would make this process copy each page that it writes to.
"""

from __future__ import annotations

import fcntl
import os
import posix  # its functions are the kernel's own, whatever a library has put in the place of os's
import signal
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from bench.harness.flow import HEAD as FLOW_HEAD
from bench.harness.flow import Field, Flow, SharedMemory
from bench.harness.running import Seen
from bench.harness.watcher import APART, COUNT, HEAD, STOP, WORDS

PROGRAM = Path(__file__).with_name("watcher.py")
ROOM = 1 << 21  # words: 700,000 readings, of which only what is written takes memory
REST_US, REST_ON_ITS_CORE_US = 500, 5000  # between two looks; where it has no core but the cell's, it looks rarely
NICE = -10
BOARD_FD, SERIES_FD, READY_FD = 3, 4, 5
Reading = tuple[int, Seen]  # the process, and what was seen of it


class Watch:
    """The watcher of one launch."""

    def __init__(self, flows: Sequence[Flow], cpu: int, cpus: Collection[int]) -> None:
        self._memory = SharedMemory.make(ROOM * 8)
        self._words = self._memory.words()
        self._ready, write = os.pipe()
        board = flows[0].gate.obj
        if not isinstance(board, SharedMemory):
            raise TypeError("a watcher needs a board that it can map: bench.harness.flow.board makes such")
        width = len(flows[0].stamps) + FLOW_HEAD + len(flows[0].marks)
        others = [one for one in cpus if one != cpu]
        rest_us = REST_US if others else REST_ON_ITS_CORE_US
        numbers = [len(flows[0].stamps) + Field.PID, width, rest_us, os.getpid()]
        given = {BOARD_FD: board.fd, SERIES_FD: self._memory.fd, READY_FD: write}
        self.process = start([*map(str, (*given, *numbers))], given)
        os.close(write)
        with suppress(OSError):  # it has ended at once, which `wait_ready` tells
            os.sched_setaffinity(self.process, others or [cpu])
            # It takes little, and a look that comes late tells less. Where that is not allowed, it stays as it is.
            if others:
                os.setpriority(os.PRIO_PROCESS, self.process, NICE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it: what it has read is here."""
        with suppress(OSError):
            posix.kill(self.process, signal.SIGKILL)
        with suppress(ChildProcessError):  # a library's event loop may have waited for it
            posix.waitpid(self.process, 0)
        os.close(self._ready)

    def wait_ready(self) -> None:
        """Wait until it is ready, or gone: then nothing is read."""
        posix.read(self._ready, 1)

    def stop(self) -> None:
        """Nothing that comes now matters."""
        self._words[STOP] = 1

    @property
    def apart_ns(self) -> int:
        """The longest time between two looks."""
        return self._words[APART]

    def readings(self) -> list[Reading]:
        """What was read, in order."""
        words = self._words[HEAD : HEAD + self._words[COUNT] * WORDS].tolist()
        seen = zip(words[1::WORDS], words[2::WORDS], words[3::WORDS], strict=True)
        return list(zip(words[::WORDS], seen, strict=True))


def start(arguments: Sequence[str], descriptors: dict[int, int]) -> int:
    """Start the program with these descriptors under the numbers that it expects; return its process number."""
    # Under high numbers first: one of ours may have a number that another is to get.
    moved = [fcntl.fcntl(ours, fcntl.F_DUPFD_CLOEXEC, READY_FD + 1) for ours in descriptors.values()]
    actions = [(os.POSIX_SPAWN_DUP2, source, number) for source, number in zip(moved, descriptors, strict=True)]
    command = [sys.executable, "-I", "-S", str(PROGRAM), *arguments]
    try:
        return posix.posix_spawn(sys.executable, command, os.environ, file_actions=actions)
    finally:
        for one in moved:
            os.close(one)
