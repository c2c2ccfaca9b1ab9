"""What the http server answers in other ways than with a page after a delay: echoes, and so many answers at a time.

Strategy: special requests stand in a table of their own. It is asked only when the table of plain requests does not know a
request. So plain requests cost no more than without this file. Both kinds count on the same accounts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic_ns
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bench.targets.http_server import Connection, Known


class Special(Protocol):
    """A request seen before that is not just looked up: `known` is whose it is, and its answer."""

    known: Known

    def asked(self, connection: Connection, head: bytes) -> Known | None:
        """Return what is to be answered when it is due, or None if somebody else sees to that."""


@dataclass(slots=True)
class Echo:
    """A POST: its answer is the body that follows, once that is whole. `known.answer` is only the answer's head."""

    known: Known

    def asked(self, connection: Connection, head: bytes) -> Known | None:
        """Take the body and send it back; if a part is missing, the connection asks again when that is there."""
        body = connection.take_body(head, self.known.size)
        return None if body is None else replace(self.known, answer=self.known.answer + body)


@dataclass(slots=True)
class Crowd:
    """The flows of a cell that are answered `burst` at a time. `going`: how many have requests to come or pending."""

    burst: int
    going: int
    send: Callable[[int, Connection, Known], int]
    pending: deque[tuple[int, Connection, Member]] = field(default_factory=deque)
    answered: int = 0

    def release(self) -> None:
        """If everybody waits who can, answer the `burst` that have waited longest; again, if that was their last."""
        while self.pending and len(self.pending) >= self.going:
            for _ in range(min(self.burst, len(self.pending))):
                received_ns, connection, member = self.pending.popleft()
                member.served()
                self.answered += 1
                self.send(received_ns, connection, member.known)

    def over(self) -> bool:
        """Has every flow had its last answer?"""
        return not self.pending and self.going <= 0

    def give_up(self) -> None:
        """Somebody has not done what was said of him: wait for nobody any more who does not ask."""
        self.going = len(self.pending)
        self.release()


@dataclass(slots=True)
class Member:
    """One flow of a crowd: a GET that is held until all others are. `left`: how often it will yet be answered."""

    known: Known
    crowd: Crowd
    left: int

    def asked(self, connection: Connection, head: bytes) -> None:  # noqa: ARG002
        """Hold the answer until its turn comes."""
        if connection.account is not self.known.account:
            connection.begin(self.known.account)
            connection.member = self
        self.crowd.pending.append((monotonic_ns(), connection, self))
        self.crowd.release()

    def served(self) -> None:
        """Count an answer; nobody waits for a flow that has had its last."""
        self.left -= 1
        if self.left == 0:
            self.crowd.going -= 1

    def gone(self) -> None:
        """The flow has hung up: nobody may wait for it."""
        if self.left > 0:
            self.left = 0
            self.crowd.going -= 1
            self.crowd.release()
