"""Settings of the kernel that change what a wait or a message costs, and on whose account it is written.

They differ between machines that look alike, and no figure shows them: which congestion control sends paced packets, how
late a timer may be, for how long an idle core of a virtual machine polls before it sleeps, who pays for network work.
"""

from __future__ import annotations

import gzip
import platform
import re
from contextlib import suppress
from pathlib import Path

# What a reader sees -> the file below the root. What is not there is left out.
FILES = {
    "net.ipv4.tcp_congestion_control": "proc/sys/net/ipv4/tcp_congestion_control",
    "net.ipv4.tcp_allowed_congestion_control": "proc/sys/net/ipv4/tcp_allowed_congestion_control",
    "timer slack, ns": "proc/self/timerslack_ns",
    "idle governor": "sys/devices/system/cpu/cpuidle/current_governor",
    "guest_halt_poll_ns": "sys/module/haltpoll/parameters/guest_halt_poll_ns",
}
SOFTIRQS_APART = "CONFIG_IRQ_TIME_ACCOUNTING"  # y: network work after a packet is on no process's account


def settings(root: Path = Path("/"), release: str = platform.release()) -> dict[str, str]:
    """These settings by name, as far as the kernel tells them."""
    found = {}
    for name, file in FILES.items():
        with suppress(OSError):
            if text := (root / file).read_text().strip():
                found[name] = text
    if (value := configured(SOFTIRQS_APART, root, release)) is not None:
        found[SOFTIRQS_APART] = value
    return found


def configured(option: str, root: Path = Path("/"), release: str = platform.release()) -> str | None:
    """What the kernel was built with for an option: y, m or n; None where its configuration is not to be read."""
    for file, read in ((root / "proc/config.gz", gzip.open), (root / f"boot/config-{release}", open)):
        with suppress(OSError, EOFError), read(file, "rt", encoding="utf-8", errors="replace") as lines:
            match = re.search(rf"^{option}=(\S+)$", lines.read(), re.MULTILINE)
            return match[1] if match else "n"
    return None
