"""The http server as a target: each flow has an account with it, which must say what the flow's ledger says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness.ledger import Given
from bench.targets import Started, Target
from bench.targets.http_message import Answers
from bench.targets.http_place import HttpPlace
from bench.targets.http_referee import HttpReferee, Seen, http_server
from bench.words import Fault, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow


class Http(Target[HttpPlace, Answers, dict[int, Seen]]):
    """The http server: where it listens, and its accounts."""

    title = "the http server"

    @contextmanager
    def start(self, cpu: int | None, folder: Path | None) -> Iterator[Started[HttpPlace]]:  # noqa: ARG002
        """Start it on a core. Raises ConnectionError where it does not start, which is no reason to go on without."""
        with http_server(cpu) as server:
            yield Started(server.place, server.process)

    def to_text(self, place: HttpPlace) -> str:
        """Its port on loopback, that for reno, and the name of its Unix socket."""
        return f"{place.port},{place.reno},{place.unix}"

    def from_text(self, text: str) -> HttpPlace:
        """Likewise; by hand, the port alone will do."""
        port, reno, unix = text.split(",", 2) if "," in text else (text, "0", "")
        return HttpPlace(int(port), int(reno), unix)

    def referee(self, place: HttpPlace, child: int) -> HttpReferee:
        """A connection of its own."""
        return HttpReferee(place.address, child)

    def check(self, flows: Sequence[Flow], expected: Answers | None, seen: dict[int, Seen]) -> None:
        """Every flow that asks has its answers and their bytes, over its connections, and was made to wait as asked."""
        wanted = expected or Answers()
        for flow in flows:
            answers, size = wanted.of_flow.get(flow.index, (0, 0))
            if answers == 0:
                continue
            account = seen.get(flow.index)
            if account is None:
                raise Fault(f"the server saw nothing of flow {flow.index}")
            for what, theirs, ours in (
                ("answers", account.requests, answers),
                ("bytes", account.bytes, size),
                ("connections", account.connections, wanted.connections),
                ("answers it could not send", account.unsent, 0),
                ("the transport", account.over, wanted.over),
            ):
                if theirs != ours:
                    raise Fault(f"the server counts {what} of flow {flow.index}: {theirs}, expected {ours}")
            asked_ns = sum(flow.waits_s) * 1e9
            if account.waited_ns < asked_ns - 1000 * answers:  # a request asks in whole microseconds
                raise Fault(
                    f"the server made flow {flow.index} wait {account.waited_ns / 1e6:.3f} ms, "
                    f"asked for {asked_ns / 1e6:.3f} ms"
                )
        for index in seen.keys() - wanted.of_flow.keys():
            raise Fault(f"the server saw a flow {index} that asks it nothing")

    def given(self, seen: dict[int, Seen]) -> Mapping[int, Given]:
        """It keeps the time."""
        return {index: Given(account.waited_ns, account.last_sent_ns) for index, account in seen.items()}

    def footprint(self, flows: int, parameters: Mapping[str, Value]) -> tuple[int, int]:
        """It has the other end of every connection. Of a workload with a choice of seats, only some cells connect."""
        return flows if parameters.get("seat", "http") == "http" else 0, 0


TARGET = Http()
