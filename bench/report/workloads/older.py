"""What runs of older versions did not say of their workloads: how they are shown, and what their cells are about."""

from __future__ import annotations

from collections.abc import Mapping

from bench.analysis.frames import MADE, MEMORY

PLAIN = ("scaling", "figures", "variants", "tasks", "floor")  # the default of bench.harness.workload
VIEWS: Mapping[str, tuple[str, ...]] = {
    "file_read": (*PLAIN, "reads"),
    "file_read_inline": (*PLAIN, "inline_reads"),
    "switch": ("figures", "variants", "tasks", "floor"),
    "hog": ("preemption", "tasks"),
    "io_share": ("figures", "speed_up", "tasks", "floor"),
    "tree": ("scaling", "figures", "variants", "floor"),
    "park": ("memory", "tasks"),
    "open_loop": ("latency", "floor"),
    "layers": ("calls", "tasks", "floor"),
    "brigade_protocol": ("figures", "tasks"),
}
MEASURES: Mapping[str, str] = {"create": MADE, "park": MEMORY}
# The suite's own workloads: every other one is the reader's, and has a screen of its own.
KNOWN = frozenset(
    [
        "countasync",
        "sleep",
        "http_get",
        "httpx_get",
        "postgres_sleep",
        "file_read",
        "file_read_inline",
        "two_flows",
        "open_loop",
        "echo",
        "burst",
        "brigade",
        "brigade_protocol",
        "handoff",
        "switch",
        "yield",
        "create",
        "park",
        "broadcast",
        "queue",
        "lock",
        "hog",
        "io_share",
        "tree",
        "layers",
    ]
)
