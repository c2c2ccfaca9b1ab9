"""The nouns that every part of the suite uses, as docs/design.md defines them.

Strategy: plain frozen dataclasses with no behaviour beyond their own names and arithmetic. They import nothing from the
rest of the package, so the timed process, the campaign and the analysis can all share them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Value = int | float | str
Kind = Literal["kernel", "user", "none", "native"]
Body = Literal["blocking", "coroutine", "trio", "none"]  # which of a workload's bodies a model runs
Level = Literal["hint", "warning", "error"]
FIGURES = {"D": "CPU per op", "T": "time"}  # what models are judged by, in words
JUDGED: tuple[Kind, ...] = ("kernel", "user")  # the kinds of Python's models: neither the control nor the floor
WORST_FIRST: tuple[Level, ...] = ("error", "warning", "hint")

_NAME = re.compile(r"(?P<workload>\w+)/(?P<model>\w+)/(?P<flows>[1-9]\d{0,8})(?:\?(?P<parameters>.+))?", re.ASCII)
_PARAMETER = re.compile(r"(?P<key>[a-z][a-z0-9_]*)=(?P<value>[\w.+-]+)", re.ASCII)


BODY = "body"  # the parameter that says which body of a user's file a cell runs, where the file names several
WITH = " with "  # between a model and such a body, where both are named as one

SHOWN = 80  # characters of a value that a message repeats
NAME_LENGTH = (
    200  # characters of a cell's name: a record's file is called like it, with a little more, in at most 255 bytes
)


def shown(value: object) -> str:
    """A value as a message repeats it: on one line, and cut where it is long. What is nested too deep is not repeated."""
    try:
        text = repr(value[: SHOWN + 1] if isinstance(value, str | list) else value)
    except (RecursionError, ValueError):  # an int of thousands of digits has no text
        text = f"a {type(value).__name__}"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


class UserError(Exception):
    """An error that the user can fix: one line that says what is wrong and what to do; exit status 2."""


class RunFailedError(Exception):
    """A run failed, and the user made no error: one line that says what happened; exit status 1."""


class UnfitError(Exception):
    """A cell's parameters cannot be fitted to this machine; the text is the reason."""


class Fault(Exception):  # noqa: N818 - a fault voids a cell, it is a finding about work done, not a crash
    """The reason why a cell is void: it did other work than the workload asks for, or did not end."""


class KilledError(Exception):
    """What a cell cannot go on without was killed: it is void, and another try may help."""


def seed_of(run: int, round_: int) -> int:
    """The seed of a round's cells: what flows draw differs from round to round, and is the same for all models of one."""
    return run * 1000 + round_


def value_of(text: str) -> Value:
    """Read a parameter's value as it stands in a cell's name: an int, else a float, else a word."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def read_parameters(text: str, name: str) -> tuple[tuple[str, Value], ...]:
    """Read `key=value&key=value`, sorted by key; `name`: what it is part of. Raises UserError where it is none."""
    parameters: dict[str, Value] = {}
    for part in text.split("&") if text else ():
        pair = _PARAMETER.fullmatch(part)
        if pair is None:
            raise UserError(f"{shown(part)} in {shown(name)} is not a parameter: write key=value, as in wait_ms=5")
        value = value_of(pair["value"])
        if pair["key"] in parameters or not (
            isinstance(value, str) or (math.isfinite(value) if isinstance(value, float) else abs(value) < 2**63)
        ):
            raise UserError(f"{shown(part)} in {shown(name)} is given twice, or is no finite number")
        parameters[pair["key"]] = value
    return tuple(sorted(parameters.items()))


KILLED = "was killed"  # in the reason why a cell is void of which a process was: another try may help
NOT_ENDED = "it did not end"  # begins the reason why a cell is void that ran into its time limit
OUT_OF_TIME = ("time:", NOT_ENDED)  # begin what a ladder says where no limit of the machine's stopped it

# How a workload can be shown, in the order of its tables: it says so by these words (VIEWS in its module). A run's manifest keeps
# them, so that the page of a workload that this version does not know has what belongs there; a word that is not here is ignored.
VIEW_WORDS = (
    "scaling",  # charts over the number of flows; where there is one number only, of the time
    "figures",  # the tables that most have: time and CPU, lateness and phases
    "memory",  # what a parked flow costs, by regression over the number of flows
    "latency",  # latency against the load that was offered
    "calls",  # what each of a library's words costs
    "reads",  # what became of a timer beside reads of a disk
    "inline_reads",  # likewise, where the event loop itself reads
    "preemption",  # how late a flow wakes beside one that burns the CPU
    "speed_up",  # how many times as fast as one flow after the other
    "variants",  # the cells with parameters of their own
    "tasks",  # what the kernel sees at the gate is a cause: it is not where flows are made inside the clock
    "floor",  # CPU per op is what it is about: the same work in C says how much of it is the kernel's
)

NAMED = 6  # in a sentence


def listed(names: Iterable[str]) -> str:
    """Name the first few of these, in order, each once, and count the others."""
    ordered = sorted(set(names))
    more = f" and {len(ordered) - NAMED} more" if len(ordered) > NAMED else ""
    return ", ".join(ordered[:NAMED]) + more


@dataclass(frozen=True, order=True)
class Cell:
    """One thing that is measured. `parameters` holds only those that differ from the defaults, sorted by key."""

    workload: str
    model: str
    flows: int
    parameters: tuple[tuple[str, Value], ...] = ()

    @property
    def name(self) -> str:
        """The benchmark's name in every pyperf file: `workload/model/flows?parameter=value&…`."""
        return f"{self.workload}/{self.model}/{self.flows}" + self.suffix

    @property
    def suffix(self) -> str:
        """The parameters as they stand in the name, with their question mark; empty where there are none."""
        return "?" + "&".join(f"{key}={value}" for key, value in self.parameters) if self.parameters else ""

    @property
    def block(self) -> str:
        """The name of the block this cell is measured in: all models of one workload, flows and parameters, and twins; with every body of a file that has several."""
        plain = tuple(pair for pair in self.parameters if pair != ("twin", 1) and pair[0] != BODY)
        return f"{self.workload}/{self.flows}" + Cell("", "", 1, plain).suffix

    @classmethod
    def parse(cls, name: str) -> Cell:
        """Read a cell's name; raises UserError where it is not one."""
        match = _NAME.fullmatch(name) if len(name) <= NAME_LENGTH else None
        if match is None:
            raise UserError(f"{shown(name)} is not a cell: write workload/model/flows, as in http_get/asyncio/100")
        parameters = read_parameters(match["parameters"] or "", name)
        return cls(match["workload"], match["model"], int(match["flows"]), parameters)


class NoMoreFlowsError(Exception):
    """The machine has no room for another flow; `started` are there."""

    def __init__(self, started: int, error: BaseException) -> None:
        super().__init__(f"no more flows after {started}: {error}")
        self.started = started


UNKNOWN = -1  # in a ledger that must come out: nobody knows it beforehand


@dataclass(frozen=True)
class Ledger:
    """What one flow says that it did: whole ops, bytes that it read or wrote, and a CRC-32 over them in order."""

    ops: int
    bytes: int = 0
    checksum: int = 0


@dataclass(frozen=True)
class Finding:
    """Something that the reader must know about a run: how bad, what, and what to do about it.

    `cells`: all the cells that it is about, of which the text names a few; empty where it is about none in particular.
    """

    level: Level
    what: str
    remedy: str = ""
    cells: Sequence[str] = field(default=(), compare=False)


def harmless(text: str) -> str:
    """A run's files may be anybody's: what could steer the terminal is shown as a sign of its own."""
    return "".join(c if c == "\n" or c.isprintable() else "\ufffd" for c in text)
