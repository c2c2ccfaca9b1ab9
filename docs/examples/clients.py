"""GET a page with several http libraries: what is the library's, and what is the model's? Those that are not installed are left out."""

from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec

PAGE = b"x" * 1024
FLOWS = (1, 10)
OPS = 20


def SERVE(port):
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_):
            pass

    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def url(flow):
    return f"http://127.0.0.1:{flow.port}/"


@contextmanager
def open_http_client(flow):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", flow.port)
    yield connection
    connection.close()


def get_http_client(seat, task):
    seat.request("GET", "/")
    return seat.getresponse().read()


@contextmanager
def open_urllib3(flow):
    import urllib3

    with urllib3.PoolManager() as pool:
        yield pool, url(flow)


def get_urllib3(seat, task):
    pool, address = seat
    return pool.request("GET", address).data


@contextmanager
def open_requests(flow):
    import requests

    with requests.Session() as session:
        session.trust_env = False
        yield session, url(flow)


def get_requests(seat, task):
    session, address = seat
    return session.get(address).content


@contextmanager
def open_httpx_blocking(flow):
    import httpx

    with httpx.Client(trust_env=False, verify=False) as client:
        yield client, url(flow)


@asynccontextmanager
async def open_httpx_coroutine(flow):
    import httpx

    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        yield client, url(flow)


def get_httpx(seat, task):
    client, address = seat
    return client.get(address).content


async def get_httpx_async(seat, task):
    client, address = seat
    return (await client.get(address)).content


@asynccontextmanager
async def open_aiohttp(flow):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        yield session, url(flow)


async def get_aiohttp(seat, task):
    session, address = seat
    async with session.get(address) as response:
        return await response.read()


BODIES = {
    "http.client": get_http_client,
    "urllib3": get_urllib3,
    "requests": get_requests,
    "httpx": (get_httpx, get_httpx_async),
    "aiohttp": get_aiohttp,
}
BODIES = {name: body for name, body in BODIES.items() if find_spec(name)}


def expect(task):
    return PAGE
