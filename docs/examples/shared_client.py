"""GET a page with one client that all flows share, and whose pool has fewer connections than there are flows.

Under threads and asyncio it is one client. Processes have one each, since sockets cannot be shared so.
"""

import threading
import time
from contextlib import asynccontextmanager, contextmanager

import httpx

PAGE = b"x" * 1024
FLOWS = (2, 10)
OPS = 30
PARAMETERS = {"connections": 2, "server_ms": 5}
UNLIKE = "httpx.Client takes a connection under a lock of threading, httpx.AsyncClient under one of its own"


def SERVE(port):
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            time.sleep(int(self.path[1:]) / 1000)
            self.send_response(200)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


class Shared:
    """The client, made by the first flow that needs it. A flow that is spawned gets one without a client."""

    def __init__(self, connections):
        self.connections, self.client, self.lock = connections, None, threading.Lock()

    def __reduce__(self):
        return Shared, (self.connections,)

    def take(self, kind):
        with self.lock:
            if self.client is None:
                limits = httpx.Limits(max_connections=self.connections)
                self.client = kind(limits=limits, timeout=30, trust_env=False, verify=False)
            return self.client

    def close(self):
        if isinstance(self.client, httpx.Client):
            self.client.close()


def prepare(order):
    return Shared(order.parameters["connections"])


def url(flow):
    return f"http://127.0.0.1:{flow.port}/{flow.parameters['server_ms']}"


@contextmanager
def open_blocking(flow):
    yield flow.shared.take(httpx.Client), url(flow)


@asynccontextmanager
async def open_coroutine(flow):
    yield flow.shared.take(httpx.AsyncClient), url(flow)


def op_blocking(seat, task):
    client, address = seat
    return client.get(address).content


async def op_coroutine(seat, task):
    client, address = seat
    return (await client.get(address)).content


def expect(task):
    return PAGE
