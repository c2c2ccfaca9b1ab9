"""Tokens of cells that the http server serves: each is announced when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count

from bench.targets.http_referee import Address, HttpReferee


def announced(referee: HttpReferee, name: str) -> Iterator[str]:
    """Tokens without end."""
    for number in count():
        referee.open(f"{name}{number}")
        yield f"{name}{number}"


@contextmanager
def announced_tokens(address: Address, name: str) -> Iterator[Iterator[str]]:
    """Tokens of this server, which serves them until this is left."""
    with closing(HttpReferee(address)) as referee:
        yield announced(referee, name)
