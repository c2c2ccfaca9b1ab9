"""What a workload is that says nothing else: no seat, no target, nothing shared, an op due a wait after the one before.

`load_workload` takes from here each name that a workload's own file does not have. Not a workload itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from bench.words import Value, Witness

if TYPE_CHECKING:
    from bench.harness.flow import Flow, Order

WHY = ""
MEASURE = "work"
VIEWS: tuple[str, ...] = ("scaling", "figures", "variants", "tasks", "floor")
TARGETS: tuple[str, ...] = ()
FLOWS = (1, 10, 100, 1000)
PARAMETERS: Mapping[str, Value] = {}
OPS: Mapping[int, int] = {}
OP_S = 60e-6
STEPS = 1
STAMPED = True
NEEDS: tuple[str, ...] = ()
TOGETHER = False
CONTROL = False
MARKS = 0
TIMELINE = False
FAIR_FROM: int | None = None


def applies(model: str, parameters: Mapping[str, Value]) -> str:  # noqa: ARG001
    """Every model can do it."""
    return ""


def prepare(order: Order) -> None:
    """Nothing is shared."""


def waits(order: Order, index: int) -> list[float]:
    """Each op waits Z, the first one a draw if flows are to be spread."""
    return order.waits_s(index)


def no_waits(order: Order, index: int) -> list[float]:  # noqa: ARG001
    """Nobody knows beforehand how long an op takes."""
    return [0.0] * order.ops


def takes_s(parameters: Mapping[str, Value], make_s: float) -> float:  # noqa: ARG001
    """It takes what its waits and its ops take."""
    return 0.0


def tasks(flow: Flow) -> Sequence[float]:
    """Each op waits this many seconds."""
    return flow.waits_s


def open_blocking(flow: Flow) -> nullcontext[None]:  # noqa: ARG001
    """No seat is needed."""
    return nullcontext()


def open_coroutine(flow: Flow) -> nullcontext[None]:  # noqa: ARG001
    """No seat is needed."""
    return nullcontext()


def witness(order: Order) -> Witness:  # noqa: ARG001
    """No target is asked."""
    return Witness()


def due(flows: Sequence[Flow], began_ns: int) -> Mapping[int, Sequence[int]]:  # noqa: ARG001
    """A chain: each op is due a wait after the end of the one before."""
    return {}
