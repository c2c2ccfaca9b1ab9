"""What a workload is: what is said of it, its sizes, and the functions that do it.

Strategy: a workload's file defines plain functions and ends with `WORKLOAD = Workload(...)`, which names them. What it
does not name has a default here. So mypy checks each file where it makes its object, and whoever uses a workload has an
object with types. The class stands with the flow, because launchers run workloads and know none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.words import Value

if TYPE_CHECKING:
    from bench.harness.fitting import Machine
    from bench.harness.flow import Flow, Order
    from bench.words import Cell, Ledger

Tally = tuple[int, int]  # what a body returns: bytes, and their CRC-32 in order


def runs_everywhere(_model: str, _parameters: Mapping[str, Value]) -> str:
    """Every model can run it."""
    return ""


def fits_as_it_is(cell: Cell, _parameters: Mapping[str, Value], _machine: Machine) -> tuple[tuple[str, Value], ...]:
    """It is the same on every machine."""
    return cell.parameters


def nothing_shared(_order: Order) -> None:
    """Flows share nothing."""


def usual_waits(order: Order, index: int) -> list[float]:
    """Each op waits as the cell's parameters say: bench/harness/draws.py."""
    return order.waits_s(index)


def no_waits(order: Order, _index: int) -> list[float]:
    """No op has a wait that is known beforehand."""
    return [0.0] * order.ops


def no_more_s(_parameters: Mapping[str, Value], _make_s: float) -> float:
    """It takes what its waits and its ops take."""
    return 0.0


def waits_as_tasks(flow: Flow) -> Sequence[float]:
    """Each op waits this many seconds."""
    return flow.waits_s


def no_seat(_flow: Flow) -> nullcontext[None]:
    """No seat is needed."""
    return nullcontext()


def no_witness(_order: Order) -> Mapping[str, Any]:
    """No target is asked."""
    return {}


def nothing_counted(_order: Order) -> int:
    """Flows share no counter."""
    return 0


def chain(_flows: Sequence[Flow], _began_ns: int) -> Mapping[int, Sequence[int]]:
    """Each op is due a wait after the end of the op before it."""
    return {}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Workload:
    """What every flow of a cell does, for every model. Seconds and bytes throughout.

    `seat` is what the flow's `open_blocking` or `open_coroutine` yields: a connection, a file, or None.
    """

    about: str
    """One sentence: what every flow does."""

    shows: str
    """One sentence: what it shows."""

    unlike: str = ""
    """How the two bodies differ beside `await`, in one sentence; empty where they do not. The page says it with every comparison."""

    views: tuple[str, ...] = ("scaling", "figures", "variants", "tasks", "floor")
    """How its section of the page is made: words of bench.words.VIEW_WORDS."""

    measure: str = "work"
    """Which figure it is about."""

    targets: tuple[str, ...] = ()
    """What flows wait for, beside timers: names in bench.targets.TARGETS, found in `order.targets`."""

    needs: tuple[str, ...] = ()
    """Which of the model's primitives it uses: the names of fields of `Primitives`."""

    together: bool = False
    """Flows wait for each other, so all of them must be under way at once."""

    control: bool = False
    """Flows wait for each other, but sequential does the same work without that."""

    flows: tuple[int, ...] = (1, 10, 100, 1000)
    """The numbers of flows of its grid. If it is a single number, each flow has a part of its own."""

    parameters: Mapping[str, Value] = field(default_factory=dict)
    """Its own parameters, and the general ones for which it has another default (bench.cells.DEFAULTS)."""

    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The words that a parameter can be, where only some make sense."""

    named: tuple[str, ...] = ()
    """The parameters that a benchmark's name in a pyperf file always has: an earlier version had other defaults."""

    ops: Mapping[int, int] = field(default_factory=dict)
    """Ops of a flow, by number of flows; if empty, bench.cells.OPS_BY_FLOWS."""

    op_s: float = 60e-6
    """About how long an op takes on the core, s. Time limits and budgets use it."""

    steps: int = 1
    """How many ops belong together. A warm-up and the small check do at least so many."""

    stamped: bool = True
    """Each op leaves a stamp. Hand-overs leave none: reading the clock would be a part of what is measured.

    Their bodies go by `flow.parts`, and each part leaves one: its first op, and the quarters of the others.
    """

    marks: int = 0
    """Places for more stamps of a flow, beside the one for each op."""

    fair_from: int | None = None
    """The flows from this one on want the same thing, and the record says how evenly they get it."""

    timeline: bool = False
    """The record keeps what each flow did when."""

    blocking: Callable[[Flow, Any], Tally | None]
    """Do the flow's work with calls that block. Arguments: the flow and its seat."""

    coroutine: Callable[[Flow, Any], Coroutine[Any, Any, Tally | None]]
    """Do the same work with calls that are awaited. Arguments: the flow and its seat."""

    expect: Callable[[Order], Sequence[Ledger]]
    """Return the ledger that must come out, flow by flow."""

    cannot: Callable[[str, Mapping[str, Value]], str] = runs_everywhere
    """Return the reason why a model cannot run it with these parameters, or an empty string."""

    fit: Callable[[Cell, Mapping[str, Value], Machine], tuple[tuple[str, Value], ...]] = fits_as_it_is
    """Return what a cell's own parameters are on this machine. Raises UnfitError where that cannot be known.

    Arguments: the cell, all parameters that it has now with their defaults, and whom to ask about the machine.
    """

    prepare: Callable[[Order], Any] = nothing_shared
    """Make what all flows share, once, before any flow is made; flows reach it as `flow.shared`.

    If it has a method `close`, that is called at the end.
    """

    waits: Callable[[Order, int], Sequence[float]] = usual_waits
    """Return the seconds that each op of a flow is asked to wait; 0 where they are not known beforehand."""

    tasks: Callable[[Flow], Sequence[Any]] = waits_as_tasks
    """Return what each op of this flow is asked to do; element i is op i. Called before the flow is made."""

    open_blocking: Callable[[Flow], AbstractContextManager[Any]] = no_seat
    """Take the seat of a flow that blocks."""

    open_coroutine: Callable[[Flow], AbstractAsyncContextManager[Any]] = no_seat
    """Take the seat of a flow that awaits."""

    witness: Callable[[Order], Mapping[str, Any]] = no_witness
    """Return what each target must have seen, by its name, in the target's own type; targets that flows do not ask are left out."""

    counted: Callable[[Order], int] = nothing_counted
    """Return what all flows together must have counted in `shared.counter`, the untimed ops included."""

    due: Callable[[Sequence[Flow], int], Mapping[int, Sequence[int]]] = chain
    """Return when each op was due, ns, by the flow's index, for flows whose ops are no chain.

    Arguments: the flows, and when the gate opened, ns.
    """

    takes_s: Callable[[Mapping[str, Value], float], float] = no_more_s
    """Guess the seconds that a cell takes beside its waits and ops.

    Arguments: the parameters, and how long it takes to make a flow, s.
    """
