"""Reads CPU clocks of a cell's processes from another core: a small program of its own, which imports nothing of the suite.

`python -I -S watcher.py BOARD SERIES READY FIRST WIDTH PAUSE_US PARENT`. The first three are descriptors: the board, the memory for what is
read, and the pipe that says that it is ready. FIRST is the place of the first flow's process number on the board, WIDTH how far apart
these are. PAUSE_US says how long to rest. PARENT is the process that has started it, which may be gone before this one could ask.

Strategy: wait until the board says that the gate is open. Then read the clock of each process again and again, and write down
what differs from the reading before. A running thread's time is brought up to date only when the kernel switches or its clock
ticks. So a reading says how it was at some moment before, and only one that differs from the last is fresh. Flows are
asked for nothing: what an op is, and when one ended, is known from their stamps afterwards.

It rests for at least ten times as long as a look took of its own CPU, up to 20 ms, so that a thousand processes do not use up
its core. It ends with the process that has started it, or when told to.
"""

from __future__ import annotations

import mmap
import os
import sys
import time

# Words of the memory: end now; how many readings; the longest time between two looks, ns. Readings begin at HEAD.
STOP, COUNT, APART, HEAD = range(4)
WORDS = 4  # of a reading: the process, when it was looked at before and now (monotonic, ns), what its clock shows, ns
REST_TIMES, REST_MOST_S = 10, 0.02


def clock_of(process: int) -> int:
    """The CPU clock of a process, all its threads together (man 3 clock_getcpuclockid)."""
    return ~process << 3 | 2


def words_of(descriptor: int) -> memoryview:
    """All of a memory as int64."""
    return memoryview(mmap.mmap(descriptor, os.fstat(descriptor).st_size)).cast("q")


def wait_for_gate(board: memoryview, series: memoryview, parent: int, rest_s: float) -> bool:
    """Wait until the gate is open; False where nobody will open it any more."""
    while not board[-1]:
        if series[STOP] or os.getppid() != parent:
            return False
        time.sleep(rest_s)
    return True


def watch(series: memoryview, processes: list[int], parent: int, rest_s: float) -> None:
    """Write down each fresh reading, until told to stop or until there is no more room."""
    last = dict.fromkeys(processes, (0, -1))  # when it was looked at, and what its clock showed
    at, room, looked = HEAD, len(series) - WORDS, 0
    while not series[STOP] and os.getppid() == parent:
        began, used = time.monotonic_ns(), time.thread_time_ns()
        if looked:
            series[APART] = max(series[APART], began - looked)
        looked = began
        for process, (since, before) in list(last.items()):
            try:
                now, value = time.monotonic_ns(), time.clock_gettime_ns(clock_of(process))
            except OSError:  # it has ended
                del last[process]
                continue
            last[process] = now, value
            if value != before:
                if at > room:
                    return
                series[at], series[at + 1], series[at + 2], series[at + 3] = process, since, now, value
                at += WORDS
                series[COUNT] += 1
        time.sleep(max(rest_s, min(REST_MOST_S, (time.thread_time_ns() - used) * REST_TIMES / 1e9)))


def main() -> None:
    """Say that it is ready, and watch from the gate's opening on."""
    board_fd, series_fd, ready, first, width, pause_us, parent = map(int, sys.argv[1:])
    # An end of a pipe that stayed open here would keep others waiting.
    os.closerange(max(board_fd, series_fd, ready) + 1, os.sysconf("SC_OPEN_MAX"))
    board, series = words_of(board_fd), words_of(series_fd)
    os.write(ready, b".")
    os.close(ready)
    if wait_for_gate(board, series, parent, pause_us / 1e6):
        processes = {parent, *(board[place] for place in range(first, len(board) - 1, width))} - {0}
        watch(series, sorted(processes), parent, pause_us / 1e6)


if __name__ == "__main__":
    main()
