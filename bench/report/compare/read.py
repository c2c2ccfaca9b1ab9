"""Reading the runs of a comparison, many of them in several processes.

Strategy: what costs is what is made of each run alone: its frame, its verdicts, its findings. Those are made where the run is
read, and come back with it. The processes begin afresh: Dask, for one, leaves threads, and a process with threads is not forked.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import wait
from pathlib import Path

from bench.report.compare import spread
from bench.report.figures import Run
from bench.store import manifest as manifests


def read(folder: Path) -> Run:
    """One run, with its findings. Raises StoreError."""
    manifest = manifests.read_manifest(folder)
    run = Run(manifest, manifests.valid_records(folder, manifest))
    run.found  # noqa: B018 - it is kept
    return run


def alone(folder: Path) -> Run:
    """One run for another process: its records only by name and value, since all else of them is in its frame."""
    run = read(folder)
    run.records = [replace(record, metadata={}) for record in run.records]
    return run


def begin() -> None:
    """Leave Ctrl-C to the process that waits for the runs, and end when that ends, however it does.

    Without collections of garbage, which take a fifth of the time: this process lives for seconds, and keeps nothing.
    """
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        watched = parent.sentinel
        threading.Thread(target=lambda: (wait([watched]), os._exit(1)), daemon=True).start()


def read_all(folders: Sequence[Path]) -> list[Run]:
    """The runs of these folders, in their order. Raises StoreError."""
    processes = min(len(os.sched_getaffinity(0)), len(folders))
    if processes < 2 or not spread.many([str(folder) for folder in folders]):
        return [read(folder) for folder in folders]
    context = multiprocessing.get_context("spawn")
    with uncollected(), ProcessPoolExecutor(processes, context, begin) as pool:
        return list(pool.map(alone, folders))


@contextmanager
def uncollected() -> Iterator[None]:
    """Without collections of garbage meanwhile: what is read is kept, and is looked through in vain."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
