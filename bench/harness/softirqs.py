"""On whose account the kernel does a cell's network work.

A packet over loopback is received where it was sent: the kernel ends each send with what the receiver has to do, as a softirq
in the sender's context (net/core/dev.c: netif_rx, net_rx_action). So a part of a flow's CPU is the server's receiving, its
waking included, and the flow's own receiving is on the server's account. With `softirq=1` a cell has both timed, by the kernel's
tracepoints irq:softirq_entry and irq:softirq_exit. That costs time of its own, so it is done in cells of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from bench.machine.kernel import SOFTIRQS_APART, configured
from bench.words import UserError

if TYPE_CHECKING:
    from bench.machine.tracepoints import Span

TRACEPOINTS = ("irq/softirq_entry", "irq/softirq_exit")
RECEIVING = "vec==3"  # linux/interrupt.h: NET_RX_SOFTIRQ


def forbidden(pin: int = 1) -> str:
    """Return the reason why network work cannot be timed here, or an empty string. `pin`: is the cell on one core?"""
    if not pin:
        return "softirq=1: it is timed on one core, so pin must be 1"
    if configured(SOFTIRQS_APART) == "y":
        return f"softirq=1: this kernel has network work on an account of its own ({SOFTIRQS_APART}), so no CPU time has it"
    from bench.machine import tracepoints  # noqa: PLC0415 - only such cells need it

    try:
        tracepoints.numbers(*TRACEPOINTS)
    except OSError as error:
        return refused(error)
    return ""


def refused(error: OSError) -> str:
    """What a user reads of it."""
    return f"softirq=1: cannot read the kernel's tracepoints irq:softirq_*: {error.strerror}; root may, outside a container"


class NetworkWork:
    """Notes when the kernel received on one core, and in the context of the servers, from being made on.

    Raises UserError where the kernel does not allow it.
    """

    def __init__(self, cpu: int, servers: Collection[int]) -> None:
        from bench.machine import tracepoints  # noqa: PLC0415 - only such cells need it

        self._stack = ExitStack()
        try:
            first, second = tracepoints.numbers(*TRACEPOINTS)
            self._core = self._stack.enter_context(tracepoints.Spans(first, second, RECEIVING, cpu=cpu))
            self._servers = [
                self._stack.enter_context(tracepoints.Spans(first, second, RECEIVING, process=one)) for one in servers
            ]
        except OSError as error:
            self._stack.close()
            raise UserError(refused(error)) from error
        self.core: Sequence[Span] | None = None
        self.servers: Sequence[Span] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give everything back: what was noted stays."""
        self._stack.close()

    def stop(self) -> None:
        """Note no more."""
        self.core = self._core.stop()
        noted = [one.stop() for one in self._servers]
        if noted and None not in noted:
            self.servers = [span for one in noted if one is not None for span in one]


def time_ns(spans: Sequence[Span], began_ns: int, ended_ns: int, processes: Collection[int] | None = None) -> int:
    """How long spans took that began in a time, of these processes or of all, ns."""
    return sum(
        span.ended_ns - span.began_ns
        for span in spans
        if began_ns <= span.began_ns < ended_ns and (processes is None or span.process in processes)
    )
