"""Ten waits at once in each op: threads that are started and joined, and tasks that are gathered."""

import asyncio
import threading
import time

WAIT_MS = 5
MANY = 10
FLOWS = (1, 10)
OPS = 10
UNLIKE = "a thread is made for each wait; asyncio.gather makes a task for each"


def op_blocking(seat, task):
    waits = [threading.Thread(target=time.sleep, args=(task,)) for _ in range(MANY)]
    for wait in waits:
        wait.start()
    for wait in waits:
        wait.join()
    return len(waits)


async def op_coroutine(seat, task):
    return len(await asyncio.gather(*[asyncio.sleep(task) for _ in range(MANY)]))


def expect(task):
    return MANY
