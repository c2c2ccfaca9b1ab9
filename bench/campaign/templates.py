"""Which cells are forked from a template (bench.worker.template), and the templates of a round.

Strategy: a cell that starts from nothing spends three quarters of its overhead on imports that are the same for all. A template has done
them. A cell must not carry more than it would have imported itself, since each fork copies what the cell carries. So there are
two templates, with and without asyncio. Each is started when it is first needed in a round. Whatever goes wrong with a
template, it is killed, and the cells with it; the next cell gets a new one.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from bench.machine.children import environment
from bench.models import load_model
from bench.words import Cell
from bench.workloads import load_workload, module_of

START_S = 30.0  # for a template to import everything, on a machine that is busy
LARGEST_BYTES = 1 << 16

# Models whose cells bear it; the flows of the native ones are C, and touch nothing that is shared with the template. A model
# that is in neither table starts from nothing.
FORKED = (
    *("sequential", "thread", "thread_pool", "asyncio", "asyncio_eager", "uvloop", "trio"),
    *("native_thread", "native_epoll"),
)
FRESH: Mapping[str, str] = {
    "gevent": "it replaces names of the standard library, and must be there before anything else is imported",
    "process_spawn": "multiprocessing tells its flows the main program, which would be the template",
    "process_forkserver": "multiprocessing tells its server the main program, which would be the template",
    "process": "its flows would share pages with the template: in a first proof of five pairs each, CPU per op was 0.84 to 0.99 of a fresh cell's",
    "process_pool": "it was not shown to bear it, as process was not",
    "subinterpreter": "each flow imports anew beside what the process has; it was not shown to bear it",
}


class TemplateLostError(Exception):
    """A template has ended, or did not start."""


def is_forked(cell: Cell) -> bool:
    """Is a cell forked from a template? Cells about memory are not: they would share pages with it."""
    return cell.model in FORKED and load_workload(cell.workload).measure != "memory"


def facts(models: Iterable[str]) -> dict[str, str]:
    """How the cells of these models start, for a run's manifest."""
    how = {"forked from a template of their round": FORKED, "started as a new interpreter": tuple(FRESH)}
    return {said: ", ".join(there) for said, some in how.items() if (there := [m for m in models if m in some])}


def preloaded(cell: Cell) -> tuple[str, ...]:
    """What the template of a cell has imported beside the worker, as the cell would itself."""
    return (
        ("asyncio", "bench.models.asyncio_")
        if load_model(cell.model).body == "coroutine" or imports_asyncio(cell.workload)
        else ()
    )


@cache
def imports_asyncio(workload: str) -> bool:
    """Does importing a workload import asyncio? It, or a module of ours that it takes names from."""
    load_workload(workload)
    todo, seen = [sys.modules[module_of(workload)]], set[str]()
    while todo:
        module = todo.pop()
        seen.add(module.__name__)
        for value in vars(module).values():
            name = value.__name__ if isinstance(value, ModuleType) else str(getattr(value, "__module__", ""))
            if isinstance(value, ModuleType) and name.startswith(f"{module.__name__}."):
                continue  # a package has whatever of it anybody has imported
            if name.partition(".")[0] == "asyncio":
                return True
            if name.startswith("bench.") and name not in seen and name in sys.modules:
                todo.append(sys.modules[name])
    return False


class Template:
    """A running template, and the cell that it has forked."""

    def __init__(self, root: Path, modules: Sequence[str]) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bench.worker.template", str(theirs.fileno()), *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=root,
                env=environment(),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.cell = 0  # its process; 0 where there is none

    def fork(self, words: Sequence[str], errors: int, answer: int) -> None:
        """Start a cell with these arguments. Raises TemplateLostError."""
        try:
            socket.send_fds(self._connection, [json.dumps(words).encode()], [errors, answer])
        except OSError as error:
            raise TemplateLostError from error
        self.cell = self._said(START_S)["pid"]

    def wait(self, within_s: float) -> int | None:
        """The exit status of the cell, as Popen has it; None where it does not end in time. Raises TemplateLostError."""
        if not select.select([self._connection], [], [], within_s)[0]:
            return None
        status = self._said(0.0)["status"]
        self.cell = 0
        return int(status)

    @property
    def is_idle(self) -> bool:
        """Has every cell that it has forked ended?"""
        return self.cell == 0

    def _said(self, within_s: float) -> Mapping[str, Any]:
        if not select.select([self._connection], [], [], within_s)[0]:
            raise TemplateLostError
        try:
            message = self._connection.recv(LARGEST_BYTES)
        except OSError as error:
            raise TemplateLostError from error
        if not message:
            raise TemplateLostError
        said: Mapping[str, Any] = json.loads(message)
        return said

    def close(self) -> None:
        """End it, and its cell with all that is in the cell's group."""
        if self.cell:
            with suppress(ProcessLookupError):
                os.killpg(self.cell, signal.SIGKILL)
        self.process.kill()  # the kernel kills the cell with it, even where that leads no group yet
        self.process.wait()
        self._connection.close()


class Templates:
    """The templates of one round after the other; they end when this is left."""

    def __init__(self) -> None:
        self._round = -1
        self._templates: dict[tuple[Path, tuple[str, ...]], Template] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_all()

    def of(self, cell: Cell, round_: int, root: Path) -> Template:
        """The template of a cell in a round, started if need be."""
        if round_ != self._round:
            self._end_all()
            self._round = round_
        key = (root, preloaded(cell))
        if key in self._templates and self._templates[key].process.poll() is not None:
            self.drop(self._templates[key])
        if key not in self._templates:
            self._templates[key] = Template(*key)
        return self._templates[key]

    def drop(self, template: Template) -> None:
        """End one that cannot be trusted any more."""
        self._templates = {key: one for key, one in self._templates.items() if one is not template}
        template.close()

    def _end_all(self) -> None:
        for template in [*self._templates.values()]:
            self.drop(template)
