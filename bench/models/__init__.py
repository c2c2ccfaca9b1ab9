"""How flows are run: one file per launcher, which knows how to start, release and join flows and nothing of their work.

A launcher is a module with the names that `Launcher` lists. To add a model: write the file (or a variant of one that
is there), and add a line to MODELS. Models import no workload; workloads import no model.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from bench.measure.flow import Kit
    from bench.measure.job import Job
    from bench.words import Kind

# name -> the file of its launcher
MODELS: Mapping[str, str] = {
    "sequential": "sequential",
    "thread": "thread",
    "process": "process",
    "asyncio": "asyncio_",
    "asyncio_eager": "asyncio_",
    "uvloop": "asyncio_",
}


class Launcher(Protocol):
    """The names a launcher's module must have."""

    KIND: Kind
    ABOUT: Mapping[str, str]  # each of its models, in a sentence

    def missing(self, model: str) -> str:
        """Return the reason why a model cannot run here, or an empty string."""

    def footprint(self, model: str, flows: int) -> tuple[int, int]:
        """Return the open files in one process, and the tasks, that the launcher itself needs for so many flows."""

    def kit(self, model: str) -> Kit | None:
        """Return what flows of a model can wait at; None where flows never run at the same time."""

    def launch(self, job: Job) -> None:
        """Run the job: create the flows, release them, wait for them, join them; call the job's hooks on the way."""


def load_model(name: str) -> Launcher:
    """Import one model's launcher."""
    return cast("Launcher", importlib.import_module(f"bench.models.{MODELS[name]}"))
