"""PostgreSQL as a target: it counts statements and connections of all flows together, where nobody else is counted with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.targets import Started, Target
from bench.targets.postgres_referee import Committed, PostgresReferee
from bench.targets.postgres_server import Postgres, postgres
from bench.words import Fault, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow


@dataclass(frozen=True)
class Statements:
    """What PostgreSQL must have done for all flows together, the untimed ops included; over how many connections of each flow."""

    statements: int = 0
    connections: int = 1


class Database(Target[Postgres, Statements, "Committed | None"]):
    """PostgreSQL: how to connect, and its statistics."""

    title = "PostgreSQL"

    @contextmanager
    def start(self, cpu: int | None, folder: Path | None) -> Iterator[Started[Postgres]]:  # noqa: ARG002
        """Start our own on a core, or take the one that the environment names."""
        with postgres(cpu) as server:
            yield Started(server, server.process)

    def to_text(self, place: Postgres) -> str:
        """The folder with its socket; nothing of one that the environment names, which a cell has too."""
        return str(place.folder or "")

    def from_text(self, text: str) -> Postgres:
        """Likewise."""
        return Postgres(Path(text) if text else None)

    def referee(self, place: Postgres, child: int) -> PostgresReferee:
        """A connection to another database of the same server."""
        return PostgresReferee(place, child)

    def is_there(self, place: Postgres) -> bool:
        """Does our own server still run? The process that looks after it takes a while to notice its end."""
        return place.is_there()

    def check(self, flows: Sequence[Flow], expected: Statements | None, seen: Committed | None) -> None:
        """It has done what all flows together must have asked of it; None: nobody can know."""
        if seen is None:
            return
        wanted = expected or Statements(connections=0)
        for what, theirs, ours in (
            ("connections", seen.connections, len(flows) * wanted.connections),
            ("statements", seen.statements, wanted.statements),
        ):
            if theirs != ours:
                raise Fault(f"PostgreSQL counts {what} of all flows together: {theirs}, expected {ours}")

    def footprint(self, flows: int, parameters: Mapping[str, Value]) -> tuple[int, int]:  # noqa: ARG002
        """It has a process for each connection."""
        return 0, flows


TARGET = Database()
