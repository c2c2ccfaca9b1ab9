"""No concurrency at all, the control: one flow after the other, in the main thread."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bench.models.model import Model

if TYPE_CHECKING:
    from bench.harness.share import Launch
    from bench.words import Value


def at_once(_parameters: Mapping[str, Value]) -> int:
    """One after the other."""
    return 1


def footprint(_flows: int) -> tuple[int, int]:
    """One task, whatever the number of flows."""
    return 0, 1


def primitives() -> None:
    """Flows never run at the same time, so there is no flow to wait for."""


def launch(job: Launch) -> None:
    """Open all seats, start the clock, run the bodies in turn. No gate: nobody waits for anybody."""
    body = job.workload.blocking
    with ExitStack() as stack:
        seats = []
        for flow in job.flows:
            own = stack.enter_context(ExitStack())
            seat = own.enter_context(job.workload.open_blocking(flow))
            flow.warm_up.enter()
            flow.warm_up.leave(body(flow.warm_up, seat))
            seats.append((seat, own))
        job.begin()
        for flow, (seat, _) in zip(job.flows, seats, strict=True):
            flow.enter()
            try:
                tally = body(flow, seat)
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


MODELS = {
    "sequential": Model(
        kind="none",
        about="one flow after the other: the control",
        at_once=at_once,
        footprint=footprint,
        primitives=primitives,
        launch=launch,
    )
}
