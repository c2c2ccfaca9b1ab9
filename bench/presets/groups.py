"""Models and parameters that rows of several presets have in common."""

from __future__ import annotations

from bench.words import Value

ALL = ("sequential", "thread", "process", "asyncio", "uvloop")
FLOWS = ("thread", "process", "asyncio", "uvloop")
EAGER = ("thread", "process", "asyncio", "asyncio_eager", "uvloop")
LIGHT = ("thread", "asyncio", "uvloop")
ALSO = ("gevent", "trio")  # in `full`, beside asyncio where it says most
UNPINNED = ("thread", "process", "asyncio")
PAIR = ("thread", "asyncio")
POOLS = ("thread_pool", "process_pool")
STARTED = ("process_forkserver", "process_spawn", "subinterpreter")
CONSTANT: tuple[tuple[str, Value], ...] = (("wait", "constant"),)
NULL: tuple[tuple[str, Value], ...] = (("ops", 0),)
STALL: tuple[tuple[str, Value], ...] = (("ops", 10), ("read_kib", 65536), ("timer", 1))


def with_(**parameters_: Value) -> tuple[tuple[str, Value], ...]:
    """Parameters as a row has them."""
    return tuple(sorted(parameters_.items()))


WORDS = ("nested", "eager", "create_task", "gather", "task_group", "wait", "to_thread")
VARIANTS = tuple(
    with_(**{key: value})
    for key, value in (("api", "raw"), ("timeout_s", 1), ("keepalive", 0), ("heap", "trimmed"), ("wait", "constant"))
)
NETWORK = (with_(transport="unix"), with_(congestion="reno"))
# Who is parked, how many of them (four sizes give a slope), and how.
PARKED = (
    (("thread", "native_thread"), (100, 500, 1000, 2000), ((), with_(stack_kib=64), with_(seat="http"))),
    (("process",), (50, 100, 200, 500), ((), with_(stack_kib=64), with_(freeze=1), with_(seat="http"))),
    (("process_forkserver",), (50, 100, 200, 500), ((),)),
    (("subinterpreter",), (20, 40, 60, 80), ((),)),
    (("asyncio", "uvloop", *ALSO), (1000, 2500, 5000, 10000), ((), with_(seat="http"))),
)


GREENLET: tuple[tuple[str, Value], ...] = with_(api="greenlet")
