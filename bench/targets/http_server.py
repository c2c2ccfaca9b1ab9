"""The http server that flows wait for: `python -m bench.targets.http_server [--cpu N] [--with-parent]`.

Strategy: one process, one uvloop protocol, keep-alive. A request names the delay and the size of its answer, and the
account (cell and flow) it counts on. Its whole text is the key of a cache, so that a request seen before costs a
dictionary look-up. Answers wait in one heap behind one timerfd. Loops count timers in whole milliseconds: uvloop fires
them up to 1 ms early, asyncio up to 1 ms late. Answers would leave in batches, which is epoll's best case. A timerfd is
exact to some 50 us. It is re-armed until an answer is really due, so no answer is ever early.
The server counts, per account, connections, requests, bytes and the delays it really gave: it is the referee.
Besides pages after a delay it sends bodies back (POST /echo), and answers so many flows of
a cell at a time (GET /burst): bench.targets.http_special. It announces random arrivals (GET /arrivals).
It serves the cells that a referee has announced, and no others (bench.targets.http_door); what it keeps is bounded.
It listens at two ports of loopback and at a Unix socket (bench.targets.http_place).
It says where in one line of JSON, and ends when its standard input does (`--with-parent`).
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import importlib.util
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from functools import partial
from heapq import heappop, heappush
from itertools import count
from time import monotonic_ns

from bench.targets.arrivals import MAX_ARRIVALS, MESSAGE_BYTES, offsets_ns
from bench.targets.http_door import HELLO, MAX_SILENT, Door, run_secret
from bench.targets.http_message import (
    ARRIVALS,
    BURST,
    MAX_ECHO_BYTES,
    MAX_PAGE_BYTES,
    content_length,
    is_echo,
    read_request,
    response,
    response_head,
)
from bench.targets.http_place import LOOPBACK, RENO, TCP, UNIX, congestion_refused
from bench.targets.http_special import Crowd, Echo, Member, Special

BACKLOG = MAX_SILENT  # above the connections of the largest cell; the kernel caps it at net.core.somaxconn
# Answers due within this time of the last tick leave together, as late as the kernel's own timer slack makes a sleep.
COALESCE_NS = 50_000
MAX_WAIT_US = 60_000_000
MAX_HEAD_BYTES = 4096
TOO_LONG = "the request's head is too long"
NOT_OURS = "this server serves the cells of its own run"
MAX_KNOWN = 2**18  # requests that are remembered: far above the flows of the largest cell, each with a few waits
MAX_PAGES_BYTES = 256 * 2**20  # of all pages that are kept for the cells that are announced
MAX_UNREAD_BYTES = 2 * MAX_PAGE_BYTES  # that one client may leave unread before it is cut off
STALL_S = 1.0  # after so long without an answer, a crowd waits no more for flows that do not ask


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
    over: str = ""


class RefusedError(Exception):
    """A stranger's request: whose it is must not be found out by what it is answered."""


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
        self.special: dict[bytes, Special] = {}
        self.crowds: dict[str, Crowd] = {}
        self.door = Door(run_secret())
        self.waiting: list[tuple[int, int, Connection, Known]] = []
        self.answered = 0
        self._order = count()
        self._timer = timer
        self._armed_ns = 0
        self._pages: dict[tuple[str, int], bytes] = {}  # whole answers, each made once for all flows that ask for it
        self._of_referees = {"/counters": self._count, "/open": self._open, "/take": self._take}

    def serve(self, connection: Connection, head: bytes) -> None:
        """Answer one request: at once, or when it is due."""
        received_ns = monotonic_ns()
        known = self.known.get(head) or self._read(connection, head)
        if known is None:
            return
        if connection.account is not known.account:
            connection.begin(known.account)
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
            found = self.special.get(head) or self._understand(connection, head)
        except RefusedError:
            self.door.refuse(connection, NOT_OURS, "403 Forbidden")
            return None
        except (ValueError, KeyError) as error:
            self.door.refuse(connection, str(error), "400 Bad Request")
            return None
        return found if found is None or isinstance(found, Known) else found.asked(connection, head)

    def _understand(self, connection: Connection, head: bytes) -> Known | Special | None:
        """Return what is asked for the first time, None where that was seen to.

        Raises RefusedError for a stranger, and ValueError or KeyError where it makes no sense.
        """
        if len(head) > MAX_HEAD_BYTES:
            raise ValueError(TOO_LONG)
        path, query = read_request(head)
        if path in self._of_referees and connection.trusted:
            self._of_referees[path](connection, query)
            return None
        if path == HELLO and self.door.knows(query["secret"]):
            connection.trust()
            return None
        accounts = self.accounts.get(query.get("cell", ""))
        if accounts is None or path in self._of_referees:
            raise RefusedError
        if path == ARRIVALS:
            self._announce(connection, query, accounts)
            return None
        return self._new(head, path, query, accounts)

    def _new(self, head: bytes, path: str, query: dict[str, str], accounts: dict[int, Account]) -> Known | Special:
        """Keep what a cell asks for the first time; raises ValueError or KeyError where it makes no sense."""
        echo = is_echo(head)
        wait_us, size = int(query["wait_us"]), content_length(head.split(b"\r\n")) if echo else int(query["bytes"])
        if size is None:
            raise ValueError("an echo needs a Content-Length")
        if not (0 <= wait_us <= MAX_WAIT_US and 0 <= size <= (MAX_ECHO_BYTES if echo else MAX_PAGE_BYTES)):
            raise ValueError("wait_us or bytes out of range")
        flow = int(query["flow"])
        crowd = self._crowd(query) if path == BURST else None
        answer = response_head(size) if echo else self._page(path, size)
        known = Known(accounts.setdefault(flow, Account()), wait_us * 1000, answer, size)
        if not echo and crowd is None:
            if len(self.known) < MAX_KNOWN:
                self.known[head] = known
            return known
        special = self.special[head] = Member(known, crowd, int(query["ops"])) if crowd else Echo(known)
        return special

    def _page(self, path: str, size: int) -> bytes:
        """Return a whole answer, the same for all who ask; raises ValueError where pages would take too much memory."""
        answer = self._pages.get((path, size))
        if answer is None:
            if sum(map(len, self._pages.values())) + size > MAX_PAGES_BYTES:
                raise ValueError(f"all pages together are larger than {MAX_PAGES_BYTES} bytes")
            answer = self._pages[path, size] = response(path, size)
        return answer

    def _announce(self, connection: Connection, query: dict[str, str], accounts: dict[int, Account]) -> None:
        """Say when each arrival is due, when it is; raises ValueError or KeyError where the request makes no sense."""
        begin_ns, rate, count = int(query["begin_ns"]), float(query["rate"]), int(query["count"])
        if not (0 <= count <= MAX_ARRIVALS and rate >= 0):
            raise ValueError("count or rate out of range")
        dues = [begin_ns + ns for ns in offsets_ns(query["seed"], rate, count)]
        if begin_ns < 0 or (dues and dues[-1] > monotonic_ns() + MAX_WAIT_US * 1000):
            raise ValueError("begin_ns or rate out of range")
        account = accounts.setdefault(int(query["flow"]), Account())
        self.door.silent.discard(connection)
        connection.transport.write(response_head(count * MESSAGE_BYTES))
        for due_ns in dues:
            message = Known(account, 0, due_ns.to_bytes(MESSAGE_BYTES, "little"), 0)
            heappush(self.waiting, (due_ns, next(self._order), connection, message))
        if self.waiting:
            self._armed_ns = self.waiting[0][0]
            self._timer.arm(self._armed_ns)

    def _crowd(self, query: dict[str, str]) -> Crowd:
        """Return the crowd that a request belongs to; raises ValueError or KeyError where it makes no sense."""
        burst, flows, ops = (int(query[key]) for key in ("burst", "flows", "ops"))
        if min(burst, flows, ops) < 1:
            raise ValueError("burst, flows or ops out of range")
        token = query["cell"]
        if token not in self.crowds:
            self.crowds[token] = Crowd(burst, flows, self._send)
            asyncio.get_running_loop().call_later(STALL_S, self._watch, token, 0)
        return self.crowds[token]

    def _watch(self, token: str, answered: int) -> None:
        """See to it that a crowd in which a flow ends too early is not left waiting: its cell is void, but it ends."""
        crowd = self.crowds.get(token)
        if crowd is None or crowd.over():
            return
        if crowd.pending and crowd.answered == answered:
            crowd.give_up()
        asyncio.get_running_loop().call_later(STALL_S, self._watch, token, crowd.answered)

    def _count(self, connection: Connection, _query: dict[str, str]) -> None:
        """Answer with what was used and done so far."""
        cpu_ns, strangers = time.process_time_ns(), self.door.strangers
        connection.reply({"cpu_ns": cpu_ns, "answered": self.answered, "strangers": strangers, "process": os.getpid()})

    def _open(self, connection: Connection, query: dict[str, str]) -> None:
        """Serve a cell from now on, until its accounts are taken or its referee has hung up."""
        token = query["cell"]
        if not self.accounts:
            self.door.clear()
        self.accounts.setdefault(token, {})
        connection.opened.add(token)
        connection.reply({"strangers": self.door.strangers})

    def _take(self, connection: Connection, query: dict[str, str]) -> None:
        """Answer with one cell's accounts, by flow, and forget it."""
        accounts = self.forget([query["cell"]])
        connection.opened.discard(query["cell"])
        connection.reply({str(flow): asdict(account) for flow, account in accounts.items()})

    def forget(self, tokens: Collection[str]) -> dict[int, Account]:
        """Forget cells and the requests that led to their accounts; return the accounts of all of them, by flow."""
        accounts: dict[int, Account] = {}
        mine: set[int] = set()
        for token in tokens:
            found = self.accounts.pop(token, {})
            accounts |= found
            mine |= {id(account) for account in found.values()}
            self.crowds.pop(token, None)
        self.known = {head: known for head, known in self.known.items() if id(known.account) not in mine}
        self.special = {head: it for head, it in self.special.items() if id(it.known.account) not in mine}
        if not self.accounts:
            self._pages.clear()
        return accounts


class Connection(asyncio.Protocol):
    """One client. Requests may come in pieces or several at once."""

    transport: asyncio.Transport

    def __init__(self, server: Server, over: str = TCP) -> None:
        self.server = server
        self.over = over  # which listener it came to
        self.account: Account | None = None
        self.lost = False
        self.member: Member | None = None
        self.trusted = False  # a referee's
        self.opened: set[str] = set()  # the cells that it has announced
        self._rest = b""
        self._lacks_body = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]
        self.transport.set_write_buffer_limits(high=MAX_UNREAD_BYTES)
        if not self.server.door.enter(self, cells=bool(self.server.accounts)):
            self.cut()

    def pause_writing(self) -> None:
        """More waits to be read than anybody needs: cut it off."""
        self.cut()

    def begin(self, account: Account) -> None:
        """What follows is written on this account."""
        self.account = account
        account.connections += 1
        account.over = self.over
        self.server.door.silent.discard(self)

    def trust(self) -> None:
        """Whoever asks here knows the run's secret."""
        self.trusted = True
        self.server.door.silent.discard(self)
        self.reply({})

    def connection_lost(self, _error: Exception | None) -> None:
        """Answers that are still waiting cannot be sent."""
        self.lost = True
        self.server.door.silent.discard(self)
        if self.member is not None:
            self.member.gone()
        if self.opened:  # the cell was killed
            self.server.forget(self.opened)

    def data_received(self, data: bytes) -> None:
        """Serve every request that is whole."""
        if not self._rest and 0 < len(data) - 4 == data.find(b"\r\n\r\n"):  # one whole request: nearly always
            self.server.serve(self, data)
            return
        self._rest += data
        self._lacks_body = False
        while self._rest and not self._lacks_body:
            end = self._rest.find(b"\r\n\r\n") + 4
            if end == 3:
                if len(self._rest) > MAX_HEAD_BYTES:
                    self.server.door.refuse(self, TOO_LONG, "400 Bad Request")
                return
            head, self._rest = self._rest[:end], self._rest[end:]
            self.server.serve(self, head)

    def take_body(self, head: bytes, size: int) -> bytes | None:
        """Return the body that follows a head; None, and the head is put back, while a part of it is missing."""
        if len(self._rest) < size:
            self._rest = head + self._rest
            self._lacks_body = True
            return None
        body, self._rest = self._rest[:size], self._rest[size:]
        return body

    def reply(self, content: object) -> None:
        """Answer with JSON, at once."""
        body = json.dumps(content).encode()
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def refuse(self, why: str, status: str) -> None:
        """Say why a request is not served, and close."""
        body = why.encode()
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode() + body)
        self._rest = b""
        self.transport.close()

    def cut(self) -> None:
        """Close without a word."""
        self._rest = b""
        self.transport.abort()


async def serve(*, with_parent: bool, make: Callable[[Timer], Server] = Server) -> None:
    """Listen on loopback where the kernel chooses, say where, and serve until told to end."""
    from bench.machine.answer import say  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    timer = Timer()
    server = make(timer)
    loop.add_reader(timer.fd, server.tick)
    listening = listeners()
    servers = []  # kept: uvloop closes the Unix socket of a server that nobody holds when garbage is collected
    for over, listener in listening.items():
        make_server = loop.create_unix_server if over == UNIX else loop.create_server
        servers.append(await make_server(partial(Connection, server, over), sock=listener, backlog=BACKLOG))
    reno = listening[RENO].getsockname()[1] if RENO in listening else 0
    unix = listening[UNIX].getsockname()[1:].decode()
    say({"port": listening[TCP].getsockname()[1], "reno": reno, "unix": unix, "pid": os.getpid()})
    if with_parent:
        # Nobody writes into this pipe: it becomes readable when the parent ends, however it ends.
        loop.add_reader(sys.stdin.fileno(), done.set)
    await done.wait()
    for one in servers:
        one.close()


def listeners() -> dict[str, socket.socket]:
    """Bind a socket for each way to connect, where the kernel chooses; that for reno only where it is allowed."""
    found = {TCP: socket.socket(), UNIX: socket.socket(socket.AF_UNIX)}
    found[UNIX].bind("")
    if not congestion_refused(RENO):
        found[RENO] = socket.socket()
        found[RENO].setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, RENO.encode())
    for over, one in found.items():
        if over != UNIX:
            one.bind((LOOPBACK, 0))
    return found


def main() -> int:
    """Parse the command line, pin, serve."""
    from bench.harness.pin import pin  # noqa: PLC0415
    from bench.machine.limits import raise_files_limit  # noqa: PLC0415
    from bench.machine.orphans import die_with_parent  # noqa: PLC0415

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
