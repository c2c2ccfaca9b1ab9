"""Where the http server listens, and how flows connect: over TCP, over TCP with a congestion control of its own, or a Unix socket.

Strategy: one server, three listeners, one set of accounts. Accepted sockets inherit the congestion control of their
listener (tcp(7), TCP_CONGESTION), so both ends of a connection have it. The Unix socket has a name that the kernel chooses, and no file
(unix(7), autobind): nothing is left of it, however the server ends. Whoever connects there meets the same door
(bench.targets.http_door). The server writes on each account over which of them its flow came.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from bench.words import UserError, Value

LOOPBACK = "127.0.0.1"
TCP, RENO, UNIX = "tcp", "reno", "unix"  # over what a connection came
SYSTEM = "system"  # the congestion control that the kernel has as its default
ANY = {"transport": TCP, "congestion": SYSTEM}


@dataclass(frozen=True)
class Way:
    """How a flow connects: a port on loopback, or the name of a Unix socket; empty `congestion`: the kernel's default."""

    address: tuple[str, int] | str
    congestion: str = ""

    @property
    def usual(self) -> bool:
        """Is there nothing to choose?"""
        return isinstance(self.address, tuple) and not self.congestion

    def make(self) -> socket.socket:
        """A socket of that kind, which is not connected."""
        if isinstance(self.address, str):
            return socket.socket(socket.AF_UNIX)
        made = socket.socket()
        if self.congestion:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, self.congestion.encode())
        return made

    def send_at_once(self, connection: socket.socket) -> None:
        """Set TCP_NODELAY, as asyncio does on every connection; a Unix socket sends at once anyway."""
        if not isinstance(self.address, str):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@dataclass(frozen=True)
class HttpPlace:
    """Where one server listens. `reno`: a port, 0 where the kernel has not allowed it. `unix`: a name, without its first byte, which is 0."""

    port: int
    reno: int = 0
    unix: str = ""

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens for whoever has no choice."""
        return LOOPBACK, self.port

    def way(self, parameters: Mapping[str, Value] = ANY) -> Way:
        """How flows with these parameters connect. Raises UserError where the server that was named has no such listener."""
        over = over_what(parameters)
        if over == UNIX and self.unix:
            return Way(f"\0{self.unix}")
        if over == RENO and self.reno:
            return Way((LOOPBACK, self.reno), RENO)
        if over != TCP:
            raise UserError(f"the http server that was named by its port alone has no {over} listener: name none")
        return Way(self.address)


def over_what(parameters: Mapping[str, Value]) -> str:
    """Over which listener flows with these parameters come; a workload may lack such a parameter."""
    if parameters.get("transport", TCP) == UNIX:
        return UNIX
    return RENO if parameters.get("congestion", SYSTEM) == RENO else TCP


def cannot_connect(parameters: Mapping[str, Value]) -> str:
    """Return why flows cannot connect so, or an empty string."""
    transport, congestion = (str(parameters.get(key, usual)) for key, usual in ANY.items())
    if transport not in {TCP, UNIX}:
        return f"transport={transport}: it is {TCP} or {UNIX}"
    if congestion not in {SYSTEM, RENO}:
        return f"congestion={congestion}: it is {SYSTEM} or {RENO}"
    if congestion == RENO:
        return "congestion=reno is about TCP: a Unix socket has none" if transport == UNIX else congestion_refused(RENO)
    return ""


def congestion_refused(name: str) -> str:
    """Return why a socket may not have this congestion control here, or an empty string."""
    with socket.socket() as one:
        try:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, name.encode())
        except OSError as error:
            return (
                f"congestion={name}: the kernel does not allow it ({error.strerror}): "
                "net.ipv4.tcp_allowed_congestion_control lists what it allows"
            )
    return ""
