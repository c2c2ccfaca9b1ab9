"""Burning CPU, so much and no more: what flows do between their waits."""

from __future__ import annotations

from time import monotonic_ns, thread_time_ns

GAP_NS = 100_000  # a longer time between two looks at the clock is time in which somebody else ran


def burn(cpu_ns: int, marks: memoryview) -> None:
    """Use so much CPU of the calling thread, ns, and note the times in between when it did not run.

    `marks` is int64: [0] counts the gaps that follow from [2] on, as pairs of monotonic times in ns ([1] is free for
    the caller). Gaps that do not fit are not noted.
    """
    until = thread_time_ns() + cpu_ns
    last = monotonic_ns()
    while thread_time_ns() < until:
        now = monotonic_ns()
        if now - last > GAP_NS and 2 * marks[0] + 3 < len(marks):
            at = 2 + 2 * marks[0]
            marks[at], marks[at + 1] = last, now
            marks[0] += 1
        last = now
