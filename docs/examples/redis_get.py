"""GET a key of redis, spoken as its protocol is: no client library, so what differs is how a socket is waited for."""

import asyncio
import socket
from contextlib import asynccontextmanager, contextmanager

SERVE = ["redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
UNLIKE = "a socket's makefile against asyncio's streams"
SET, GET, VALUE = b"SET key 0123456789\r\n", b"GET key\r\n", b"$10\r\n0123456789\r\n"


@contextmanager
def open_blocking(flow):
    with socket.create_connection(("127.0.0.1", flow.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection.makefile("rwb") as stream:
            stream.write(SET)
            stream.flush()
            stream.readline()
            yield stream


@asynccontextmanager
async def open_coroutine(flow):
    reader, writer = await asyncio.open_connection("127.0.0.1", flow.port)
    writer.write(SET)
    await writer.drain()
    await reader.readline()
    yield reader, writer
    writer.close()
    await writer.wait_closed()


def op_blocking(seat, task):
    seat.write(GET)
    seat.flush()
    return seat.read(len(VALUE))


async def op_coroutine(seat, task):
    reader, writer = seat
    writer.write(GET)
    await writer.drain()
    return await reader.readexactly(len(VALUE))


def expect(task):
    return VALUE
