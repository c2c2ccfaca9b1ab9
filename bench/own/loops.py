"""The suite's own loop around a user's op: one clock read and one store per op, and the size of what the op returned.

In the small check the loop keeps every result in full, as a checksum over their texts; `expect` of the user's file, where there is one, is
asked of each. In the timed ops only sizes are added up: a checksum over large results would be a part of what is measured.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.workload import Tally

SIZED = frozenset((bytes, bytearray, str, list, tuple, dict, set))  # whose length costs next to nothing
# Measured with Python 3.11, paired: the same work in a body that has its own loop.
LOOP_COST = (
    "The suite's loop around an op of this file is a part of its CPU per op: about 0.1 µs where the op blocks, 0.2 µs where it "
    "awaits, more than a body with its own loop takes"
)
Expect = Callable[[Any], Any]
ADDRESS = " at 0x"  # in the text of an object that has none of its own: it differs from process to process


class WrongResultError(Exception):
    """An op returned something else than the file's `expect` says."""


def size_of(result: Any) -> int:
    """How much an op returned, as the timed loop counts it: the length of a text, bytes or a container, else 0."""
    return len(result) if type(result) in SIZED else 0


def place_of(op: Callable[..., Any]) -> str:
    """Where a function stands in its file, in words; empty where it is not written in Python."""
    code = getattr(inspect.unwrap(op), "__code__", None)
    return f" ({Path(code.co_filename).name}, line {code.co_firstlineno}, in {code.co_name})" if code else ""


def proved(op: Callable[..., Any], results: list[tuple[Any, Any]], expect: Expect | None) -> Tally:
    """The size and checksum of an op's results, each with its task. Raises WrongResultError."""
    size = checksum = 0
    for number, (task, result) in enumerate(results):
        if expect is not None and result != (wanted := expect(task)):
            raise WrongResultError(
                f"op {number} returned {result!r:.80}, expected {wanted!r:.80} for task {task!r:.40}{place_of(op)}"
            )
        text = repr(result)
        checksum = crc32((type(result).__name__ if ADDRESS in text else text).encode(errors="replace"), checksum)
        size += size_of(result)
    return size, checksum


def around_blocking(op: Callable[[Any, Any], Any], expect: Expect | None) -> Callable[[Flow, Any], Tally]:
    """A body that calls an op for each task."""

    def blocking(flow: Flow, seat: Any) -> Tally:
        if flow.proving:
            return proved(
                op, [(task, kept(flow, number, op(seat, task))) for number, task in enumerate(flow.tasks)], expect
            )
        stamps, sized, now = flow.stamps, SIZED, monotonic_ns
        size = 0
        for number, task in enumerate(flow.tasks):
            result = op(seat, task)
            stamps[number] = now()
            if type(result) in sized:
                size += len(result)
        return size, 0

    return blocking


def around_coroutine(
    op: Callable[[Any, Any], Coroutine[Any, Any, Any]], expect: Expect | None
) -> Callable[[Flow, Any], Coroutine[Any, Any, Tally]]:
    """A body that awaits an op for each task."""

    async def coroutine(flow: Flow, seat: Any) -> Tally:
        if flow.proving:
            return proved(
                op, [(task, kept(flow, number, await op(seat, task))) for number, task in enumerate(flow.tasks)], expect
            )
        stamps, sized, now = flow.stamps, SIZED, monotonic_ns
        size = 0
        for number, task in enumerate(flow.tasks):
            result = await op(seat, task)
            stamps[number] = now()
            if type(result) in sized:
                size += len(result)
        return size, 0

    return coroutine


def kept(flow: Flow, number: int, result: Any) -> Any:
    """Stamp an op of the small check, and pass its result on."""
    flow.stamps[number] = monotonic_ns()
    return result
