"""The file that `new` writes: the smallest one that works, with a comment on each thing that it may have."""

TEXT = """\
\"\"\"What one op of yours costs under threads and asyncio. Try it: bench try {name}. Measure it: bench run --workload {name}\"\"\"

import asyncio
import time

WAIT_MS = 5  # what each op waits at least; leave it out where you do not know: then there is no lateness and no N*
# PARAMETERS = {{"size": 1024}}  # numbers and texts; `--set size=2048` changes one; flow.parameters has them
# FLOWS = (1, 10, 100)  # the numbers of flows that are measured
# UNLIKE = "requests blocks, aiohttp awaits"  # how the bodies differ, where they are more than await apart


# What an op needs is opened once per flow, before the clock starts (from contextlib import contextmanager, asynccontextmanager):
# @contextmanager
# def open_blocking(flow): ...
# @asynccontextmanager
# async def open_coroutine(flow): ...


def op_blocking(seat, task):
    \"\"\"One op, for threads and processes. `seat`: what open_blocking yields, or None. `task`: the seconds to wait, or the op's number.\"\"\"
    time.sleep(task)
    return "done"


async def op_coroutine(seat, task):
    \"\"\"The same op, for asyncio. Return the same thing: `verify` compares what both return.\"\"\"
    await asyncio.sleep(task)
    return "done"


# def expect(task):  # what an op must return; without it, both bodies must return the same
#     return "done"
"""
