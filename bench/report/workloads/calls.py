"""What each of asyncio's words costs: the table."""

from __future__ import annotations

from collections.abc import Mapping

from bench.report.document import Table
from bench.report.figures import Run
from bench.report.text import BLANK, with_interval

# What each word adds, in the order of the table.
ADDS: Mapping[str, tuple[str, str]] = {
    "function": ("f()", "a plain function: the floor of all that follows"),
    "call": ("coro().close()", "an object is made; it is closed unrun here, which costs more than running it"),
    "await": ("await coro()", "it runs at once, in the same task: no loop is asked, no task is made"),
    "nested": ("await of an await", "one more coroutine between is one more such call"),
    "eager": ("Task(…, eager_start=True)", "a Task is made, which has run before the loop hears of it"),
    "create_task": (
        "await create_task(coro())",
        "the loop is asked to run it, and asked again to wake who waits for it",
    ),
    "task_group": ("async with TaskGroup()", "a group that watches over the task and over its own"),
    "gather": ("await gather(coro())", "the task, and a future that collects results"),
    "wait": ("await wait([task])", "the task, a future, and two sets"),
    "to_thread": (
        "await to_thread(f)",
        "a thread of a pool runs it: two switches by the kernel, a wake-up of the loop",
    ),
    "run": ("asyncio.run(coro())", "a loop is made, with its epoll and socket pair, and taken down again"),
}
HEAD = ("word", "what it adds to the ones above", "without a loop, µs", "asyncio, µs", "uvloop, µs")
NOTE = (
    "CPU time per call, of a coroutine (or function) that does nothing and returns 1. Words that take more than one call are "
    "written as a coroutine of their own, as anybody would, and cost one call more."
)


def calls_table(run: Run, workload: str) -> tuple[Table, ...]:
    """What each word costs, those that were measured."""
    rows = []
    for api, (word, adds) in ADDS.items():
        suffix = "" if api == "await" else f"?api={api}"
        shown = [
            with_interval(run.figure(workload, model, 1, "D", suffix), 1e6)
            for model in ("sequential", "asyncio", "uvloop")
        ]
        if any(text != BLANK for text in shown):
            rows.append((word, adds, *shown))
    return (Table("What each of asyncio's words costs", HEAD, tuple(rows), NOTE),) if rows else ()
