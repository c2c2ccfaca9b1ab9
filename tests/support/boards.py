"""Flows whose stamps and tallies are written by hand."""

from __future__ import annotations

from collections.abc import Sequence

from bench.harness.flow import Field, Flow, Order, board
from bench.words import Cell

MS = 1_000_000


def make_order(
    flows: int = 2, ops: int = 3, seed: int = 1, wait_ms: float = 10, phase: str = "locked", wait: str = "constant"
) -> Order:
    """Return an order of so many flows and ops."""
    cell = Cell("sleep", "thread", max(1, flows))
    return Order(cell, {"wait_ms": wait_ms, "wait": wait, "phase": phase}, "token", seed=seed, flows=flows, ops=ops)


def make_flows(flows: int = 2, ops: int = 3, waits_s: Sequence[float] | None = None, marks: int = 0) -> list[Flow]:
    """Return flows that did all their ops, each after exactly the wait it was asked for, and nothing else."""
    order, found = make_order(flows, ops), []
    for index, row in enumerate(board(flows, ops, marks)):
        flow = Flow(order, index, order.waits_s(index) if waits_s is None else waits_s, row, None)
        now = flow[Field.FIRST] = (1000 + index) * MS
        for op, wait_s in enumerate(flow.waits_s):
            now += round(wait_s * 1e9)
            flow.stamps[op] = now
        flow[Field.END] = now
        found.append(flow)
    return found
