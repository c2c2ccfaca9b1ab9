"""Look up a name: getaddrinfo blocks, and the event loop asks it in a thread of its pool. No name server is asked for localhost."""

import asyncio
import socket

UNLIKE = "asyncio hands getaddrinfo to a pool of threads, because the C library has nothing to await"
FLOWS = (1, 10)


def addresses(found):
    return sorted({entry[4][0] for entry in found if entry[0] == socket.AF_INET})


def op_blocking(seat, task):
    return addresses(socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM))


async def op_coroutine(seat, task):
    loop = asyncio.get_running_loop()
    return addresses(await loop.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM))


def expect(task):
    return ["127.0.0.1"]
