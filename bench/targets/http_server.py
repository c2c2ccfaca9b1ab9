"""The http server that flows wait for: `python -m bench.targets.http_server [--cpu N] [--with-parent]`.

Strategy: one process, one uvloop protocol, keep-alive. A request names the delay and the size of its answer, and the
account (cell and flow) it is written on; its whole text is the key of a cache, so that a request seen before costs a
dictionary look-up. Answers wait in one heap behind one timerfd: loops count timers in whole milliseconds (uvloop fires
them up to 1 ms early, asyncio up to 1 ms late), which would make answers leave in batches, epoll's best case; a timerfd
is exact to some 50 us. It is re-armed until an answer is really due, so no answer is ever early.
The server counts, per account, connections, requests, bytes and the delays it really gave: it is the referee.
It prints one JSON line with its port, and ends when its standard input does (`--with-parent`).
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from heapq import heappop, heappush
from itertools import count
from time import monotonic_ns

from bench.targets.http_message import MAX_PAGE_BYTES, read_request, response

BACKLOG = 16384  # above the connections of the largest cell; the kernel caps it at net.core.somaxconn
# Answers due within this time of the last tick leave together, as late as the kernel's own timer slack makes a sleep.
COALESCE_NS = 50_000
MAX_WAIT_US = 60_000_000
MAX_HEAD_BYTES = 4096


@dataclass(slots=True)
class Account:
    """What one flow of one cell asked for and got. Times in nanoseconds."""

    connections: int = 0
    requests: int = 0
    bytes: int = 0
    waited_ns: int = 0
    longest_ns: int = 0
    last_sent_ns: int = 0
    unsent: int = 0


class Timer:
    """A timerfd on CLOCK_MONOTONIC. (Python has os.timerfd_create only from 3.13 on.)"""

    class _Spec(ctypes.Structure):
        _fields_ = tuple((name, ctypes.c_long) for name in ("every_s", "every_ns", "at_s", "at_ns"))

    _ABSOLUTE = 1

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self._libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")

    def arm(self, due_ns: int) -> None:
        """Fire at this time (monotonic, ns), and no earlier."""
        spec = self._Spec(0, 0, *divmod(due_ns, 1_000_000_000))
        if self._libc.timerfd_settime(self.fd, self._ABSOLUTE, ctypes.byref(spec), None) != 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def fired(self) -> None:
        """Acknowledge that it fired."""
        try:
            os.read(self.fd, 8)
        except BlockingIOError:
            return


@dataclass(slots=True)
class Known:
    """A request seen before: whose it is, how long it waits, and its answer with `size` bytes of page."""

    account: Account
    wait_ns: int
    answer: bytes
    size: int


class Server:
    """The accounts, and the answers that are not due yet."""

    def __init__(self, timer: Timer) -> None:
        self.accounts: dict[str, dict[int, Account]] = {}
        self.known: dict[bytes, Known] = {}
        self.waiting: list[tuple[int, int, Connection, Known]] = []
        self.answered = 0
        self._order = count()
        self._timer = timer
        self._armed_ns = 0

    def serve(self, connection: Connection, head: bytes) -> None:
        """Answer one request: at once, or when it is due."""
        received_ns = monotonic_ns()
        known = self.known.get(head) or self._read(connection, head)
        if known is None:
            return
        if connection.account is not known.account:
            connection.account = known.account
            known.account.connections += 1
        due_ns = received_ns + known.wait_ns
        if known.wait_ns:
            heappush(self.waiting, (due_ns, next(self._order), connection, known))
            if due_ns < self._armed_ns or not self._armed_ns:
                self._armed_ns = due_ns
                self._timer.arm(due_ns)
        else:
            self._send(due_ns, connection, known)

    def tick(self) -> None:
        """Send what is due, and arm the timer for what comes next."""
        self._timer.fired()
        waiting, send, now_ns = self.waiting, self._send, monotonic_ns()
        while waiting and waiting[0][0] <= now_ns:
            due_ns, _, connection, known = heappop(waiting)
            now_ns = send(due_ns, connection, known)
        self._armed_ns = max(waiting[0][0], now_ns + COALESCE_NS) if waiting else 0
        if waiting:
            self._timer.arm(self._armed_ns)

    def _send(self, due_ns: int, connection: Connection, known: Known) -> int:
        account = known.account
        if connection.lost:
            account.unsent += 1
            return monotonic_ns()
        connection.transport.write(known.answer)
        now_ns = monotonic_ns()
        waited_ns = now_ns - due_ns + known.wait_ns
        self.answered += 1
        account.requests += 1
        account.bytes += known.size
        account.waited_ns += waited_ns
        account.last_sent_ns = now_ns
        account.longest_ns = max(account.longest_ns, waited_ns)
        return now_ns

    def _read(self, connection: Connection, head: bytes) -> Known | None:
        try:
            path, query = read_request(head)
            if path == "/counters":
                connection.reply({"cpu_ns": time.process_time_ns(), "answered": self.answered})
                return None
            if path == "/take":
                connection.reply(self._take(query["cell"]))
                return None
            wait_us, size = int(query["wait_us"]), int(query["bytes"])
            if not (0 <= wait_us <= MAX_WAIT_US and 0 <= size <= MAX_PAGE_BYTES):
                raise ValueError("wait_us or bytes out of range")
            account = self.accounts.setdefault(query["cell"], {}).setdefault(int(query["flow"]), Account())
        except (ValueError, KeyError) as error:
            connection.refuse(str(error))
            return None
        known = self.known[head] = Known(account, wait_us * 1000, response(path, size), size)
        return known

    def _take(self, token: str) -> dict[str, dict[str, int]]:
        """Return one cell's accounts, by flow, and forget them and the requests that led to them."""
        accounts = self.accounts.pop(token, {})
        mine = {id(account) for account in accounts.values()}
        self.known = {head: known for head, known in self.known.items() if id(known.account) not in mine}
        return {str(flow): asdict(account) for flow, account in accounts.items()}


class Connection(asyncio.Protocol):
    """One client. Requests may come in pieces or several at once."""

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self.server = server
        self.account: Account | None = None
        self.lost = False
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, _error: Exception | None) -> None:
        """Answers that are still waiting cannot be sent."""
        self.lost = True

    def data_received(self, data: bytes) -> None:
        """Serve every request that is whole."""
        if not self._rest and data.find(b"\r\n\r\n") == len(data) - 4:  # one whole request: nearly always
            self.server.serve(self, data)
            return
        data = self._rest + data
        self._rest = b""
        while data:
            end = data.find(b"\r\n\r\n") + 4
            if end == 3:
                if len(data) > MAX_HEAD_BYTES:
                    self.refuse("the request's head is too long")
                    return
                self._rest = data
                return
            head, data = data[:end], data[end:]
            self.server.serve(self, head)

    def reply(self, content: object) -> None:
        """Answer with JSON, at once."""
        body = json.dumps(content).encode()
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def refuse(self, why: str) -> None:
        """Answer that the request makes no sense, and close."""
        body = why.encode()
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
        )
        self.transport.close()


async def serve(*, with_parent: bool, make: Callable[[Timer], Server] = Server) -> None:
    """Listen on loopback at a port the kernel chooses, say which, and serve until told to end."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    timer = Timer()
    server = make(timer)
    loop.add_reader(timer.fd, server.tick)
    listener = await loop.create_server(lambda: Connection(server), "127.0.0.1", 0, backlog=BACKLOG)
    print(json.dumps({"port": listener.sockets[0].getsockname()[1], "pid": os.getpid()}), flush=True)
    if with_parent:
        # Nobody writes into this pipe: it becomes readable when the parent ends, however it ends.
        loop.add_reader(sys.stdin.fileno(), done.set)
    await done.wait()
    listener.close()


def main() -> int:
    """Parse the command line, pin, serve."""
    from bench.machine.limits import raise_files_limit  # noqa: PLC0415
    from bench.machine.orphans import die_with_parent  # noqa: PLC0415
    from bench.measure.pin import pin  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="python -m bench.targets.http_server", description=__doc__)
    parser.add_argument("--cpu", type=int, help="the core to run on")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    options = parser.parse_args()
    if options.with_parent:
        die_with_parent()
    if options.cpu is not None:
        pin(options.cpu)
    raise_files_limit()
    gc.freeze()
    factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    if importlib.util.find_spec("uvloop"):  # else the run's findings say that it is missing
        import uvloop  # noqa: PLC0415

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(with_parent=options.with_parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
