"""How many answers a second can the http server give? `python scripts/server_capacity.py [RUN]`

A bare epoll loop is cheaper per request than any model's client. It keeps 2,000 connections asking for the default page
with a 10 ms delay, until the server is the bottleneck: its core is busy, and the client's is not. With a run, the figure is
shown beside the fastest client of that run's cells. The server should be able to answer 1.5 times as many, or more.
"""

from __future__ import annotations

import argparse
import select
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.harness.pin import allowed_cpus, pin
from bench.machine.limits import raise_files_limit
from bench.machine.topology import choose
from bench.store import records
from bench.targets.http_message import request, response
from bench.targets.http_referee import HttpReferee, http_server

CONNECTIONS = 2000
TOKEN = "capacity"  # noqa: S105 - of the account that this is written on


def ask(address: tuple[str, int], connections: int, seconds: float) -> float:
    """Keep `connections` asking for `seconds`; return the answers a second that came back whole."""
    get, length = request("/page", TOKEN, 0, 0.010, 1024), len(response("/page", 1024))
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    for _ in range(connections):
        one = socket.create_connection(address)
        sockets[one.fileno()] = one
        poll.register(one, select.EPOLLIN)
        one.send(get)
    received, start = 0, time.monotonic()
    while time.monotonic() < start + seconds:
        for fd, _ in poll.poll(1):
            one = sockets[fd]
            size = len(one.recv(65536))
            received += size
            if size >= length:
                one.send(get)
            else:
                raise ConnectionError("an answer came in pieces: this client is too simple for that")
    answers = received / length
    return answers / (time.monotonic() - start)


def main() -> int:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", type=Path, help="a run's folder, to compare with")
    options = parser.parse_args()
    raise_files_limit()
    cores = choose(allowed_cpus())
    with http_server(cores.other) as server:
        pin(cores.measured)
        referee = HttpReferee(server.address)
        referee.open(TOKEN)
        before, start, mine = referee.cpu_ns(), time.monotonic_ns(), time.process_time_ns()
        rate = ask(server.address, CONNECTIONS, 4)
        wall = time.monotonic_ns() - start
        print(f"the server answers {rate:,.0f} a second, its core {(referee.cpu_ns() - before) / wall:.0%} busy,")
        print(f"this client's core {(time.process_time_ns() - mine) / wall:.0%} busy")
    if options.run:
        found = [r for r in records.read_all(options.run / "raw") if r.cell.workload == "http_get"]
        fastest = max(found, key=lambda r: int(r.metadata["ops_done"]) / r.value_s)
        asked = int(fastest.metadata["ops_done"]) / fastest.value_s
        print(
            f"the fastest client, {fastest.id}, asked for {asked:,.0f} a second: "
            f"the server can answer {rate / asked:.2f} times that"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
