"""What a fleet was asked and what became of each host, in one file, written after every change: `--resume` reads it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.store.atomic import write_json
from bench.store.border import read_json
from bench.store.forms import AMOUNT, COUNT, NAME, PROSE, Fields, Form, ListOf, MisfitError, Text
from bench.words import UserError

FILE = "fleet.json"


@dataclass
class Outcome:
    """What became of one host: a run's folder, or why there is none, or the host that is the same machine.

    `said`: what its doctor says.
    """

    host: str
    machine: str = ""
    run: str = ""
    failed: str = ""
    same_as: str = ""
    said: list[str] = field(default_factory=list)


@dataclass
class File:
    """A file of the user's that went to the hosts; a copy is in the fleet's folder, under its name."""

    name: str
    sha256: str


@dataclass
class Fleet:
    """A fleet: its hosts with their outcomes, the arguments that `run` gets on each, and how hosts were reached.

    `python`, `environment`, `wheels`: as the user said them; a fleet that goes on uses them again.
    """

    id: str
    preset: str
    seed: int
    budget_s: float
    arguments: list[str]
    hosts: list[str]
    outcomes: list[Outcome] = field(default_factory=list)  # in the order of hosts
    files: list[File] = field(default_factory=list)  # a user's own
    python: str = "python3"
    environment: str = ""
    wheels: str = ""

    def write(self, folder: Path) -> None:
        """Write it, atomically."""
        write_json(folder / FILE, asdict(self))

    def settled(self) -> set[str]:
        """The hosts that need not be asked again: their runs are here, or they are one with a host whose run is."""
        with_run = {one.host for one in self.outcomes if one.run and Path(one.run).is_dir()}
        return with_run | {one.host for one in self.outcomes if one.same_as in with_run}

    def note(self, outcome: Outcome) -> None:
        """Keep what became of a host, instead of what was known of it before."""
        found = {one.host: one for one in [*self.outcomes, outcome]}
        self.outcomes = [found[host] for host in dict.fromkeys([*self.hosts, *found]) if host in found]


OUTCOME: dict[str, Form] = {
    "host": NAME,
    "machine": Text(64),
    "run": PROSE,
    "failed": PROSE,
    "same_as": Text(300),
    "said": ListOf(PROSE, 100),
}
OWN: dict[str, Form] = {"name": NAME, "sha256": Text(64)}
LATER = frozenset({"files", "python", "environment", "wheels"})  # not in fleets of before they were kept
FLEET: dict[str, Form] = {
    "id": NAME,
    "preset": NAME,
    "seed": COUNT,
    "budget_s": AMOUNT,
    "arguments": ListOf(PROSE, 1_000),
    "hosts": ListOf(NAME, 1_000, distinct=True),
    "outcomes": ListOf(Fields(OUTCOME, frozenset({"said"}), make=Outcome), 1_000),
    "files": ListOf(Fields(OWN, make=File), 100),
    "python": PROSE,
    "environment": PROSE,
    "wheels": PROSE,
}


def read_fleet(folder: Path) -> Fleet:
    """Read what was written. Raises UserError, StoreError."""
    content: Any = read_json(folder / FILE)
    try:
        found: Fleet = Fields(FLEET, LATER, make=Fleet).read(content, "it")
    except MisfitError as error:
        raise UserError(f"{folder / FILE}: no fleet of this suite ({error})") from error
    return found
