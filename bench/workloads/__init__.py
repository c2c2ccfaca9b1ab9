"""What a flow does: one file per workload, two bodies side by side in each.

A workload is a module with the names that `Workload` lists; what it does not say itself is as in `plain`. To add one:
write the file, add its name to WORKLOADS.
Workloads import no model; models import no workload.
"""

from __future__ import annotations

import importlib
import keyword
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order
    from bench.words import Body, Ledger, Value, Witness

WORKLOADS = (
    "countasync",
    "sleep",
    "http_get",
    "httpx_get",
    "postgres_sleep",
    "file_read",
    "file_read_inline",
    "two_flows",
    "brigade",
    "handoff",
    "switch",
    "yield",
    "create",
    "broadcast",
    "queue",
    "lock",
    "hog",
    "io_share",
    "tree",
    "park",
    "echo",
    "burst",
    "open_loop",
    "layers",
)

# trio has calls of its own where asyncio's loop is asked for something: there the body stands in a file of its own, in
# with_trio, with any of coroutine, open_coroutine and what they call; no other model's process imports it.
WITH_TRIO = ("countasync", "sleep", "http_get", "brigade", "handoff", "yield", "broadcast", "hog", "io_share", "park")
# Workloads whose coroutine has no word of asyncio's in it, so that it serves trio as it stands.
TRIO_AS_IT_STANDS = ("httpx_get", "create", "queue", "lock", "tree", "park")

Tally = tuple[int, int]  # what a body returns: bytes, and their CRC-32 in order


class Workload(Protocol):
    """The names a workload's module must have. Seconds and bytes throughout; `seat` is whatever open_* yields."""

    ABOUT: str  # one sentence: what every flow does
    SHOWS: str  # one sentence: what it shows
    WHY: str  # why models differ in it, as known of the code; empty if there is nothing to say
    VIEWS: tuple[str, ...]  # how its section of the page is made: words of bench.words.VIEW_WORDS
    MEASURE: str  # which figure it is about: "work" for most
    TARGETS: tuple[str, ...]  # what flows wait for, beside timers: "http", "postgres", "file"
    FLOWS: tuple[int, ...]  # the numbers of flows of its grid
    PARAMETERS: Mapping[str, Value]  # its own parameters, and the general ones it has other defaults for
    OPS: Mapping[int, int]  # ops of a flow by number of flows; none: as cells.OPS_BY_FLOWS
    OP_S: float  # about what an op takes of the core, s: time limits and budgets go by it
    STEPS: int  # ops that belong together: a warm-up, and the small check, do at least so many
    STAMPED: bool  # does each op leave a stamp? Hand-overs do not: it would be a part of what is measured
    NEEDS: tuple[str, ...]  # what it takes from the model's kit
    TOGETHER: bool  # do its flows wait for each other, so that all of them must be under way at once?
    CONTROL: bool  # such a workload: does sequential do the same work without the others?
    MARKS: int  # places for more stamps of a flow, beside one per op
    FAIR_FROM: int | None  # the flows from this one on want the same thing: how evenly do they get it?
    TIMELINE: bool  # does the record keep what each flow did when?

    def applies(self, model: str, parameters: Mapping[str, Value]) -> str:
        """Return the reason why this cannot run under a model with these parameters, or an empty string."""

    def prepare(self, order: Order) -> Any:
        """Make what all flows share, once, before any flow is born; flows reach it as `flow.shared`.

        If it has a `close`, that is called when all is over.
        """

    def waits(self, order: Order, index: int) -> list[float]:
        """Return the seconds that each op of a flow is asked to wait; 0 where nobody knows beforehand."""

    def takes_s(self, parameters: Mapping[str, Value], make_s: float) -> float:
        """Guess the seconds it takes beside its waits and ops, where its flows make flows, each in `make_s`, or await arrivals."""

    def tasks(self, flow: Flow) -> Sequence[Any]:
        """Say what each op of this flow is asked to do; element i is op i. Built before the flow is born."""

    def open_blocking(self, flow: Flow) -> AbstractContextManager[Any]:
        """Take the flow's seat."""

    def open_coroutine(self, flow: Flow) -> AbstractAsyncContextManager[Any]:
        """Take the flow's seat."""

    def blocking(self, flow: Flow, seat: Any) -> Tally | None:
        """Do the work with calls that block."""

    async def coroutine(self, flow: Flow, seat: Any) -> Tally | None:
        """Do the same work with calls that are awaited."""

    def expect(self, order: Order) -> Sequence[Ledger]:
        """Return the ledger that must come out, flow by flow."""

    def witness(self, order: Order) -> Witness:
        """Return what the targets must have seen."""

    def due(self, flows: Sequence[Flow], began_ns: int) -> Mapping[int, Sequence[int]]:
        """Return when each op of a flow was due, ns, by the flow's index, where that is not the op before plus a wait."""


@cache
def load_workload(name: str, body: Body = "coroutine") -> Workload:
    """Import one workload's module. What it does not say itself is taken from bench.workloads.plain.

    A name that is a word of Python's own has an underscore behind it as a file: `yield_.py`. With trio for a body, `coroutine` and what
    belongs to it are those for trio, where it has any.
    """
    parts = ["plain", file_of(name)]
    if body == "trio" and name in WITH_TRIO:
        parts.append(f"with_trio.{file_of(name)}")
    said: dict[str, Any] = {}
    for part in parts:
        said |= vars(importlib.import_module(f"bench.workloads.{part}"))
    return cast("Workload", SimpleNamespace(**said))


def file_of(name: str) -> str:
    """Return what a workload's file is called, less its ending."""
    return f"{name}_" if keyword.iskeyword(name) else name


def without_body(name: str, body: Body) -> str:
    """Return the reason why a workload has nothing that a model with such bodies could run, or an empty string."""
    lacks = body == "trio" and name not in {*WITH_TRIO, *TRIO_AS_IT_STANDS}
    return "there is no trio body for it" if lacks else ""


def own_source(name: str, body: Body) -> str:
    """Return the source of what runs instead of the two bodies that every workload has, or an empty string."""
    if body != "trio" or name not in WITH_TRIO:
        return ""
    return (Path(__file__).parent / "with_trio" / f"{file_of(name)}.py").read_text()
