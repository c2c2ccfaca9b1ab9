"""park under trio: its own connection, where a flow has one. The body is asyncio's, which has no word of asyncio's in it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.workloads import park
from bench.workloads.with_trio.http_get import connect_coroutine

if TYPE_CHECKING:
    from bench.harness.flow import Flow


def open_coroutine(flow: Flow) -> AbstractAsyncContextManager[Any]:
    """Connect, if asked to."""
    return connect_coroutine(flow.shared.way) if flow.parameters["seat"] == "http" else nullcontext()


WORKLOAD = replace(park.WORKLOAD, open_coroutine=open_coroutine)
