"""Keeping the cores from sleeping between waits, to see what waking them costs.

A core with nothing to do is put to sleep, by the kernel and, in a virtual machine, by the host, which then may give it to
somebody else. After that it wakes late, and computes slowly for a while: its clock, its caches, its neighbours. So an
op that follows a wait takes more CPU time than the same op in a loop. The kernel can be asked for no latency at all for
as long as a file is open (PM QoS, Documentation/power/pm_qos_interface.rst of the kernel's sources): an idle core then
spins. That is for all cores of the machine, the server's too, and ends with the process, however that ends.
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
