"""What a model is: what is said of it, what it needs, and how it runs a job.

Strategy: a launcher's file defines plain functions and ends with `MODELS = {"name": Model(...)}`, which names them. What it
does not name has a default here: the model is Python's own, needs nothing, and has no limit to its flows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.harness.flow import Primitives
from bench.words import Body, Kind, Value

if TYPE_CHECKING:
    from bench.harness.share import Launch


def every_python() -> str:
    """Every Python has it."""
    return ""


def runs_everything(_workload: str, _parameters: Mapping[str, Value]) -> str:
    """It runs every workload."""
    return ""


def no_limit(_parameters: Mapping[str, Value]) -> int | None:
    """Any number of flows can be under way at once."""
    return None


def own_body(_workload: str) -> str:
    """It runs the workload's own body."""
    return ""


def a_task_each(flows: int) -> tuple[int, int]:
    """Every flow is a task; the launcher opens no files for it."""
    return 0, flows


def no_facts() -> Mapping[str, Value]:
    """The interpreter's version says enough."""
    return {}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class Model:
    """How flows run: what starts them, releases them and joins them. It knows nothing of their work."""

    kind: Kind
    """What schedules the flows: the kernel, a library in user space, nothing (the control), or a program in C."""

    about: str
    """One sentence."""

    body: Body = "blocking"
    """Which of a workload's bodies it runs."""

    launch: Callable[[Launch], None]
    """Run the job: create the flows, release them, wait for them, join them; call the job's hooks on the way."""

    missing: Callable[[], str] = every_python
    """Return the reason why the model is not available here, or an empty string."""

    cannot: Callable[[str, Mapping[str, Value]], str] = runs_everything
    """Return the reason why it cannot run a workload with these parameters, or an empty string.

    This is for what only the model knows. A workload says itself what it needs.
    """

    at_once: Callable[[Mapping[str, Value]], int | None] = no_limit
    """Return how many flows can be under way at once, by the cell's parameters; None if there is no such limit."""

    footprint: Callable[[int], tuple[int, int]] = a_task_each
    """Return how many open files in one process, and how many tasks, the model needs for so many flows."""

    primitives: Callable[[], Primitives | None] = Primitives
    """Return what its flows can wait at; None if its flows never run at the same time."""

    program: Callable[[str], str] = own_body
    """Return the source that it runs instead of a workload's own body, or an empty string."""

    facts: Callable[[], Mapping[str, Value]] = no_facts
    """Return what a record must say of the model, such as a library's version. Called once the model has run."""
