"""What a timeout that fires costs: a lock that nobody releases, given up after 5 ms."""

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager

WAIT_MS = 5
UNLIKE = "a blocked acquire gives up by itself; asyncio.timeout cancels the task's wait, and the loop delivers that"


@contextmanager
def open_blocking(flow):
    lock = threading.Lock()
    lock.acquire()
    yield lock


@asynccontextmanager
async def open_coroutine(flow):
    lock = asyncio.Lock()
    await lock.acquire()
    yield lock


def op_blocking(seat, task):
    return "late" if not seat.acquire(timeout=task) else "in time"


async def op_coroutine(seat, task):
    try:
        async with asyncio.timeout(task):
            await seat.acquire()
    except TimeoutError:
        return "late"
    return "in time"


def expect(task):
    return "late"
