"""The questions of the page, one file each with its `QUESTION`. To add one: write the file, add its name to FILES.

These files name workloads, as those in bench/report/workloads do. A workload of the reader's own has its screen, too (own.py).
"""

from __future__ import annotations

from importlib import import_module

from bench.report.questions.question import Question

FILES = (
    "timers",
    "network",
    "disk",
    "overlap",
    "handover",
    "memory",
    "preemption",
    "load",
    "starting",
    "pinning",
    "kernel",
)

QUESTIONS: tuple[Question, ...] = tuple(import_module(f"{__name__}.{file}").QUESTION for file in FILES)
