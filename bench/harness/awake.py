"""Keeping idle cores from sleeping between waits, to see what waking them costs.

The kernel puts a core with nothing to do to sleep. In a virtual machine the host may then give the core to somebody else.
After that it wakes late, and for a while it computes slowly: its clock is lower and its caches are cold. So an op that
follows a wait takes more CPU time than the same op in a loop.

A process can ask the kernel for a latency of 0: as long as it keeps a file open, idle cores spin. (That is PM QoS:
Documentation/power/pm_qos_interface.rst of the kernel's sources.) That holds for all cores of the machine, the server's
included. It ends with the process, however the process ends.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.words import UserError

DEVICE = Path("/dev/cpu_dma_latency")


def forbidden(device: Path = DEVICE) -> str:
    """Return the reason why cores cannot be kept awake here, or an empty string."""
    if not device.exists():
        return f"awake=1: there is no {device} here (in a container, the host's has to be let in)"
    if not os.access(device, os.W_OK):
        return f"awake=1: this user may not write to {device}; root may"
    return ""


@contextmanager
def kept_awake(device: Path = DEVICE) -> Iterator[None]:
    """Let no core sleep in here. Raises UserError where the kernel does not allow it."""
    try:
        file = os.open(device, os.O_WRONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UserError(f"awake=1: cannot open {device}: {error.strerror}") from error
    try:
        os.write(file, struct.pack("i", 0))  # the longest wake-up that we would put up with, us
        yield
    finally:
        os.close(file)
