"""What a flow does: one file per workload, two bodies side by side in each, and at its end the object that names them.

To add one: write the file, which ends with `WORKLOAD = Workload(...)` (bench.harness.workload), and add its name to
WORKLOADS. Workloads import no model; models import no workload.
"""

from __future__ import annotations

import importlib
import keyword
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

from bench.harness.workload import Workload
from bench.own.file import FILES, OwnFile
from bench.words import Body

WORKLOADS = (
    "countasync",
    "sleep",
    "http_get",
    "httpx_get",
    "postgres_sleep",
    "file_read",
    "file_read_inline",
    "two_flows",
    "brigade",
    "brigade_protocol",
    "handoff",
    "switch",
    "yield",
    "create",
    "broadcast",
    "queue",
    "lock",
    "hog",
    "io_share",
    "tree",
    "park",
    "echo",
    "burst",
    "open_loop",
    "layers",
)

# trio has calls of its own where asyncio's loop is asked for something: there the body stands in a file of its own, in
# with_trio, with any of coroutine, open_coroutine and what they call; no other model's process imports it.
WITH_TRIO = ("countasync", "sleep", "http_get", "brigade", "handoff", "yield", "broadcast", "hog", "io_share", "park")
# Workloads whose coroutine has no word of asyncio's in it, so that it serves trio as it stands.
TRIO_AS_IT_STANDS = ("httpx_get", "create", "queue", "lock", "tree", "park")


def load_workload(name: str, body: Body = "coroutine") -> Workload:
    """Import one workload. With trio for a body, it is the one with the bodies for trio, if it has any."""
    if name in FILES:
        return load_own(FILES[name])
    return declared(importlib.import_module(module_of(name, body)))


def load_own(file: OwnFile) -> Workload:
    """The workload that a user's file makes."""
    from bench.own.contract import workload_of  # noqa: PLC0415 - only where there is such a file

    return workload_of(file)


def loader(name: str) -> Callable[[], Workload]:
    """What finds a workload again in a process that starts from nothing."""
    return partial(load_own, FILES[name]) if name in FILES else partial(load_workload, name)


def all_workloads() -> tuple[str, ...]:
    """The suite's workloads, and those of users' files that this process knows."""
    return (*WORKLOADS, *FILES)


def declared(module: ModuleType) -> Workload:
    """Return the workload that a module declares. Raises TypeError where it declares none."""
    workload = getattr(module, "WORKLOAD", None)
    if not isinstance(workload, Workload):
        raise TypeError(f"{module.__name__} declares no workload: it must end with WORKLOAD = Workload(...)")
    return workload


def module_of(name: str, body: Body = "coroutine") -> str:
    """Return the name of the module that declares a workload."""
    if name in FILES:
        return FILES[name].module
    folder = "with_trio." if body == "trio" and name in WITH_TRIO else ""
    return f"bench.workloads.{folder}{file_of(name)}"


def file_of(name: str) -> str:
    """Return the name of a workload's file, without its ending: if the name is a keyword of Python's, with an underscore."""
    return f"{name}_" if keyword.iskeyword(name) else name


def without_body(name: str, body: Body) -> str:
    """Return the reason why a workload has no body that a model can run, or an empty string."""
    if name in FILES:
        from bench.own import contract  # noqa: PLC0415 - likewise

        return contract.without_body(name, body)
    lacks = body == "trio" and name not in {*WITH_TRIO, *TRIO_AS_IT_STANDS}
    return "there is no trio body for it" if lacks else ""


def own_source(name: str, body: Body) -> str:
    """Return the source that runs instead of the two bodies that every workload has, or an empty string."""
    if body != "trio" or name not in WITH_TRIO:
        return ""
    return (
        Path(__file__).parent / "with_trio" / f"{file_of(name)}.py"
    ).read_text()  # not imported: trio may be missing
