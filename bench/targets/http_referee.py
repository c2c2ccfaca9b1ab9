"""Starting the http server, and asking it what it saw. The timed body has no part in this."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.targets import Referee
from bench.targets.http_door import HELLO, run_secret
from bench.targets.http_message import body_length, in_head
from bench.targets.http_place import HttpPlace
from bench.targets.program import program
from bench.words import Value

if TYPE_CHECKING:
    import subprocess

    from bench.harness.meters import Used

Address = tuple[str, int]


TRIES = (
    3  # a connection that has not asked yet is closed when another cell is announced first (bench.targets.http_door)
)


@dataclass(frozen=True)
class Seen:
    """What the server saw of one flow: connections and over what, answers, bytes of pages, the delays it gave, when it sent last."""

    connections: int
    requests: int
    bytes: int
    waited_ns: int
    longest_ns: int
    last_sent_ns: int
    unsent: int
    over: str = ""


class HttpReferee(Referee[dict[int, Seen]]):
    """A connection to the server's own counters. Raises ConnectionError where the server is gone, or of another run."""

    def __init__(self, address: Address, child: int = 0) -> None:
        self.child = child
        self._before = self._strangers = 0
        for tries_left in reversed(range(TRIES)):
            self._socket = socket.create_connection(address, timeout=30)
            self._reader = self._socket.makefile("rb")
            try:
                self._ask(f"{HELLO}?secret={run_secret()}")
            except ConnectionError:
                self.close()
                if not tries_left:
                    raise
            else:
                return

    def open(self, token: str) -> int:
        """Have the server serve the flows with this token; return how many strangers it has refused so far."""
        return int(self._ask(f"/open?cell={token}")["strangers"])

    def begin(self, token: str) -> None:
        """Announce the cell, and its untimed ops; strangers are counted from here on."""
        self.open(f"{token}-warm")
        self._before = self.open(token)

    def _ask(self, target: str) -> Any:
        self._socket.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = [self._reader.readline()]
        while in_head(head):
            head.append(self._reader.readline())
        return json.loads(self._reader.read(body_length(head)))

    def strangers(self) -> int:
        """How many strangers the server has refused so far."""
        return int(self._ask("/counters")["strangers"])

    def cpu_ns(self) -> int:
        """CPU time the server has used so far, ns."""
        return int(self._ask("/counters")["cpu_ns"])

    def process(self) -> int:
        """Return the server's process."""
        return int(self._ask("/counters")["process"])

    def take(self, token: str) -> dict[int, Seen]:
        """What the server saw of a cell, by flow. The server forgets it."""
        return {int(flow): Seen(**seen) for flow, seen in self._ask(f"/take?cell={token}").items()}

    def seen(self, token: str, used: Used) -> dict[int, Seen]:  # noqa: ARG002
        """Likewise; and what the untimed ops have left is forgotten."""
        found = self.take(token)
        self.take(f"{token}-warm")
        self._strangers = self.strangers() - self._before
        return found

    def facts(self) -> Mapping[str, Value]:
        """How many strangers asked the server during the cell that was seen last."""
        return {"strangers": self._strangers}

    def close(self) -> None:
        """Close the connection."""
        self._reader.close()
        self._socket.close()


@dataclass(frozen=True)
class HttpServer:
    """A running server: where it listens, and its process."""

    place: HttpPlace
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> Address:
        """Its port on loopback."""
        return self.place.address


@contextmanager
def http_server(cpu: int | None) -> Iterator[HttpServer]:
    """Start the server on a core, and end it afterwards. It ends by itself if this process dies.

    It finds the run's secret in its environment, and so do the cells that this process starts.
    """
    run_secret()
    with program("bench.targets.http_server", cpu, "--with-parent") as (said, process):
        if not said:
            raise ConnectionError("the http server did not start: see its message above")
        yield HttpServer(HttpPlace(int(said["port"]), int(said["reno"]), str(said["unix"])), process)
