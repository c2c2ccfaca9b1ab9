"""A flow awaits ten, each of those awaits ten, and so on: fan-out, and structured joining."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.harness.workload import Workload, no_waits
from bench.words import Ledger, Value

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order


FAN_OUT = 10


def takes_s(parameters: Mapping[str, Value], make_s: float) -> float:
    """All but the roots are made while it is timed."""
    return int(parameters["ops"]) * nodes_of(int(parameters["depth"])) * make_s


def tasks(flow: Flow) -> Sequence[int]:
    """The depth of each op's tree."""
    return [int(flow.parameters["depth"])] * len(flow.waits_s)


def grow_blocking(spawn: Callable[..., Any], depth: int) -> int:
    """Start ten children and add up what they are, oneself included; at the bottom there are none."""
    children = [spawn(grow_blocking, spawn, depth - 1) for _ in range(FAN_OUT)] if depth else []
    nodes = 1
    for child in children:
        nodes += child.result()
    return nodes


async def grow_coroutine(spawn: Callable[..., Any], depth: int) -> int:
    """Start ten children and add up what they are, oneself included; at the bottom there are none."""
    children = [spawn(grow_coroutine, spawn, depth - 1) for _ in range(FAN_OUT)] if depth else []
    nodes = 1
    for child in children:
        nodes += await child
    return nodes


def blocking(flow: Flow, _seat: None) -> tuple[int, int]:
    """Grow a tree; again."""
    done = nodes = 0
    for depth in flow.tasks:
        nodes += grow_blocking(flow.primitives.spawn, depth)
        done += 1
    return done, nodes


async def coroutine(flow: Flow, _seat: None) -> tuple[int, int]:
    """Grow a tree; again."""
    done = nodes = 0
    for depth in flow.tasks:
        nodes += await grow_coroutine(flow.primitives.spawn, depth)
        done += 1
    return done, nodes


def nodes_of(depth: int) -> int:
    """How many flows a tree has, its root included."""
    return sum(FAN_OUT**level for level in range(depth + 1))


def expect(order: Order) -> list[Ledger]:
    """K whole trees; the nodes stand where others have a checksum."""
    return [Ledger(order.ops, 0, order.ops * nodes_of(int(order.parameters["depth"])))] * order.flows


WORKLOAD = Workload(
    about="a flow starts ten and waits for them, each of which starts ten, down to a depth; k times",
    shows="fan-out and structured joining: what a child costs its parent, start and result included",
    views=("scaling", "figures", "variants", "floor"),
    needs=("spawn",),
    together=True,
    flows=(1,),
    parameters={"wait_ms": 0, "depth": 2},
    ops={1: 3},
    stamped=False,
    waits=no_waits,
    takes_s=takes_s,
    tasks=tasks,
    blocking=blocking,
    coroutine=coroutine,
    expect=expect,
)
