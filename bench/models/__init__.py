"""How flows are run: one file per launcher, which knows how to start, release and join flows and nothing of their work.

A launcher is a module with the names that `Launcher` lists; what it does not say itself is as in `plain`. To add a
model: write the file (or a variant of one that is there), and add a line to MODELS. Models import no workload;
workloads import no model.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from bench.harness.flow import Kit
    from bench.harness.share import Launch
    from bench.words import Body, Kind, Value

# name -> the file of its launcher
MODELS: Mapping[str, str] = {
    "sequential": "sequential",
    "thread": "thread",
    "thread_pool": "pool",
    "process": "process",
    "process_pool": "pool",
    "process_forkserver": "started",
    "process_spawn": "started",
    "subinterpreter": "subinterpreter",
    "asyncio": "asyncio_",
    "asyncio_eager": "asyncio_",
    "uvloop": "asyncio_",
    "gevent": "gevent_",
    "trio": "trio_",
    "native_thread": "native",
    "native_epoll": "native",
}


class Launcher(Protocol):
    """The names a launcher's module must have."""

    KIND: Kind
    BODY: Body
    ABOUT: Mapping[str, str]  # each of its models, in a sentence

    def missing(self, model: str) -> str:
        """Return the reason why a model cannot run here, or an empty string."""

    def cannot(self, model: str, workload: str, parameters: Mapping[str, Value]) -> str:
        """Return the reason why a model that is here cannot run a workload with these parameters, or an empty string.

        For what only the launcher knows; the workload says itself what it needs.
        """

    def at_once(self, model: str, parameters: Mapping[str, Value]) -> int | None:
        """Return how many flows can be under way at the same time; None where there is no such limit."""

    def program(self, model: str, workload: str) -> str:
        """Return the source of what runs where that is not one of the workload's own bodies, or an empty string."""

    def footprint(self, model: str, flows: int) -> tuple[int, int]:
        """Return the open files in one process, and the tasks, that the launcher itself needs for so many flows."""

    def kit(self, model: str) -> Kit | None:
        """Return what flows of a model can wait at; None where flows never run at the same time."""

    def facts(self, model: str) -> Mapping[str, Value]:
        """Return what a record must say of the model, such as a library's version; asked once it has run."""

    def launch(self, job: Launch) -> None:
        """Run the job: create the flows, release them, wait for them, join them; call the job's hooks on the way."""


@cache
def load_model(name: str) -> Launcher:
    """Import one model's launcher. What it does not say itself is taken from bench.models.plain."""
    module = importlib.import_module(f"bench.models.{MODELS[name]}")
    plain = importlib.import_module("bench.models.plain")
    return cast("Launcher", SimpleNamespace(**{**vars(plain), **vars(module)}))
