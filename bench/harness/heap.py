"""The C library's heap before a job: in the same state for every cell, whatever was imported or compiled before.

Why it matters: asyncio's socket transport allocates 256 KiB for every receive and shrinks that to what came. The C
library maps a block of that size anew each time, and its first use is a page fault. That ends when the heap has as much room. It gets
room when a larger block was freed once, which raises the limit from which blocks are mapped (man 3 mallopt,
M_MMAP_THRESHOLD). Or it has a hole, as compiling a module leaves one. Small scripts lack the room; programs that have read
one larger file have it. Without it, asyncio's http_get costs a third more CPU. So each cell gets it, and its record
says which state it had.
"""

from __future__ import annotations

import ctypes

from bench.words import UserError

ROOMY, TRIMMED = "roomy", "trimmed"
STATES = (ROOMY, TRIMMED)
ROOM_BYTES = 1 << 20  # four times asyncio's buffer; what is freed at the heap's end stays ours up to twice this


def settle(state: str) -> None:
    """Give the heap room, as a program has that has read a file of 1 MiB; or give back all that the heap can spare."""
    if state == ROOMY:
        bytearray(ROOM_BYTES)
        return
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except AttributeError as error:
        raise UserError(f"heap={state}: this C library has no malloc_trim") from error
