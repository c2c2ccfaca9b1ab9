"""GET a page through TLS, on a connection that each flow keeps. The certificate is made for the run, with the program openssl."""

import asyncio
import os
import socket
import ssl
import tempfile
from contextlib import asynccontextmanager, contextmanager

UNLIKE = "a TLS socket decrypts where it reads; asyncio's transport decrypts in memory, as data comes"
ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n" + b"x" * 1024


def folder(port):
    return os.path.join(tempfile.gettempdir(), f"tls_get-{port}")


def SERVE(port):
    import http.server
    import shutil
    import signal
    import subprocess
    import sys

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            self.wfile.write(ANSWER)

        def log_message(self, *_):
            pass

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # so that the folder goes
    os.mkdir(folder(port), 0o700)
    try:
        key, certificate = os.path.join(folder(port), "key.pem"), os.path.join(folder(port), "certificate.pem")
        kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
        name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        subprocess.run(
            ["openssl", "req", *kind, *name, "-keyout", key, "-out", certificate], check=True, capture_output=True
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        # The handshake is left to the connection's own thread: it must not hold up others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.serve_forever()
    finally:
        shutil.rmtree(folder(port))


def context_of(flow):
    return ssl.create_default_context(cafile=os.path.join(folder(flow.port), "certificate.pem"))


@contextmanager
def open_blocking(flow):
    with (
        socket.create_connection(("127.0.0.1", flow.port)) as plain,
        context_of(flow).wrap_socket(plain, server_hostname="localhost") as connection,
        connection.makefile("rwb") as stream,
    ):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield stream


@asynccontextmanager
async def open_coroutine(flow):
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", flow.port, ssl=context_of(flow), server_hostname="localhost"
    )
    yield reader, writer
    writer.close()
    await writer.wait_closed()


def op_blocking(seat, task):
    seat.write(ASK)
    seat.flush()
    return seat.read(len(ANSWER))


async def op_coroutine(seat, task):
    reader, writer = seat
    writer.write(ASK)
    await writer.drain()
    return await reader.readexactly(len(ANSWER))


def expect(task):
    return ANSWER
