"""No concurrency at all, the control: one flow after the other, in the main thread."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.harness.share import Launch
    from bench.words import Value

KIND = "none"
ABOUT = {"sequential": "one flow after the other: the control"}


def at_once(model: str, parameters: Mapping[str, Value]) -> int:  # noqa: ARG001
    """One after the other."""
    return 1


def footprint(model: str, flows: int) -> tuple[int, int]:  # noqa: ARG001
    """One task, whatever the number of flows."""
    return 0, 1


def kit(model: str) -> None:
    """There is nobody to wait for."""


def launch(job: Launch) -> None:
    """Open all seats, start the clock, run the bodies in turn. No gate: nobody waits for anybody."""
    with ExitStack() as stack:
        seats = []
        for flow in job.flows:
            own = stack.enter_context(ExitStack())
            seat = own.enter_context(job.workload.open_blocking(flow))
            job.workload.blocking(flow.warm_up, seat)
            seats.append((seat, own))
        job.begin()
        for flow, (seat, _) in zip(job.flows, seats, strict=True):
            flow.enter()
            try:
                tally = job.workload.blocking(flow, seat)
            except Exception as error:  # noqa: BLE001 - whatever it is, it voids the cell and is reported
                job.faults.note(flow, error)
                tally = None
            flow.leave(tally)
        job.end()
        for flow, (_, own) in zip(job.flows, seats, strict=True):
            try:
                own.close()
            except Exception as error:  # noqa: BLE001 - likewise
                job.faults.note(flow, error)
