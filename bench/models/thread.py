"""One OS thread per flow: `threading.Thread`, which the kernel schedules."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bench.models import kernel

if TYPE_CHECKING:
    from bench.measure.job import Job

KIND = "kernel"
ABOUT = {"thread": "one threading.Thread per flow"}


def missing(model: str) -> str:  # noqa: ARG001
    """Every Python has threads."""
    return ""


def footprint(model: str, flows: int) -> tuple[int, int]:  # noqa: ARG001
    """Gates are shared; every flow is a task."""
    return 0, flows


def launch(job: Job) -> None:
    """Run the job, one thread per flow."""
    n = len(job.flows)
    gates = (kernel.Gate(n), kernel.Gate(n), kernel.Gate(n, on_full=job.end))
    threads = [threading.Thread(target=kernel.live, args=(job, flow, gates)) for flow in job.flows]
    kernel.launch(job, threads, gates)
